import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEntryList } from "../../src/image/entry-list.ts";
import { createFileSpace } from "../../src/image/file-space.ts";
import { createFileTable } from "../../src/image/file-table.ts";
import { gather } from "../../src/image/gather.ts";

test("pieces of any size come out whole and in order, to a reader that holds one while it asks for the next", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 12 }), async (sizes) => {
      const bytes = sizes.map((size, i) => Buffer.alloc(size, i + 1));
      async function* source(): AsyncGenerator<Buffer> {
        for (const piece of bytes) {
          const lent = Buffer.from(piece);
          yield lent;
          // Overwritten as soon as the next piece is asked for, as a socket's buffer may be.
          lent.fill(0xff);
        }
      }
      const read: Buffer[] = [];
      let count = 0;
      let held: { piece: Buffer; copy: Buffer } | undefined;
      for await (const piece of gather(source())) {
        count++;
        // What is in gather's own buffers lasts a turn longer than what it is given.
        if (held !== undefined) expect(held.piece.equals(held.copy)).toBe(true);
        const copy = Buffer.from(piece);
        held = sizes.every((size) => size < 128 * 1024) ? { piece, copy } : undefined;
        read.push(copy);
      }
      expect(Buffer.concat(read).equals(Buffer.concat(bytes))).toBe(true);
      expect(count).toBeLessThanOrEqual(sizes.length);
    }),
    { numRuns: 60 },
  );
});

test("entries come back with their directories and names, however they are mixed", () => {
  const name = fc.constantFrom("a", "b", "a name of some length", "über die Länge", "\ud800 lone surrogate");
  const path = fc.array(name, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const list = createEntryList();
      for (const [i, one] of paths.entries()) list.add(one, i);
      const back: string[] = [];
      list.forEach((directory, last, value) => {
        expect(value).toBe(back.length);
        back.push(`${directory}/${last}`);
      });
      expect(back).toEqual(paths);
      expect(list.length).toBe(paths.length);
    }),
  );
});

test("a long list, whose names are copied, reads like a short one", () => {
  const list = createEntryList();
  const paths = Array.from({ length: 40_000 }, (_, i) => `/usr/share/directory-${i >> 5}/größe-of-file-${i}`);
  for (const path of paths) list.add(path, 0);
  const back: string[] = [];
  list.forEach((directory, name) => {
    back.push(`${directory}/${name}`);
  });
  expect(back).toEqual(paths);
});

test("files of several layers, some of them empty, keep their own figures under one numbering", () => {
  const file = (size: number) => ({ size, mode: 0o644, uid: size, gid: 0, xattrs: {} });
  const tables = [0, 3, 0, 0, 300, 0].map((count, layer) => {
    const table = createFileTable();
    table.layer = `layer ${layer}`;
    for (let i = 0; i < count; i++) table.add(file(layer * 1000 + i));
    return table;
  });
  const space = createFileSpace(tables);
  for (const [layer, table] of tables.entries()) {
    for (let i = 0; i < table.length; i++) {
      const number = space.numberOf(layer, i);
      expect(space.find(number)).toEqual({ files: table, file: i });
      const expected = { type: "file", ...file(layer * 1000 + i), layer: `layer ${layer}`, content: undefined };
      expect(space.peek(number)).toEqual(expected);
    }
  }
});

test("a node is the same each time it is asked for, and gets content that is set later", () => {
  const table = createFileTable();
  const number = table.add({ size: 6 * 2 ** 40, mode: 0o4755, uid: 2 ** 31, gid: 7, xattrs: { "user.x": "1" } });
  const node = table.node(number);
  expect(table.isShown(number)).toBe(false);
  table.markShown(number);
  table.setContent(number, { kept: true });
  expect([table.isShown(number), table.isShown(number, true)]).toEqual([true, false]);
  table.markShown(number, true);
  expect([table.isShown(number), table.isShown(number, true)]).toEqual([true, true]);
  expect(table.node(number)).toBe(node);
  expect(table.peek(number)).toBe(node);
  expect(node).toMatchObject({ size: 6 * 2 ** 40, mode: 0o4755, uid: 2 ** 31, gid: 7, xattrs: { "user.x": "1" } });
  expect(node.content).toEqual({ kept: true });
});
