import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addBlob, addImage, addIndex, buildLayer, type Files, finishLayout, json } from "../support/image-writer.ts";
import { scratchFolder } from "../support/scratch.ts";
import { encodeEntry, encodePax, type TarEntry } from "../support/tar-writer.ts";
import {
  claimLayout,
  expectLimit,
  gzipBomb,
  HUNDRED_GIB,
  hugeHeader,
  inspect,
  madeUp,
  manyEntries,
  PEAK,
  writeBlob,
  writeHollowBlob,
  writeLayer,
  zstdBomb,
} from "./bombs.ts";

/**
 * Images made to cost: each ends with a limit's message, in bounded memory. The built command line runs as a process of its
 * own, whose peak is read when it exits. Bounds are generous: a bomb that gets through takes gigabytes, or for ever.
 */

const scratch = scratchFolder("bombs");

const MIB = 2 ** 20;

function folderOf(name: string): string {
  const folder = join(scratch.path, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A layout of one layer made of entries. */
function layerOf(name: string, count: number, entryOf: (index: number) => TarEntry[]): string {
  const folder = folderOf(name);
  return claimLayout(folder, [{ digest: writeLayer(folder, manyEntries(count, entryOf)) }]);
}

describe("a hundred gigabytes", () => {
  const zeros = hugeHeader({ name: "zeros" }, HUNDRED_GIB);
  // Of a tool's name: a probe asks for its content.
  const tool = hugeHeader({ name: "usr/sbin/nft", mode: 0o755 }, HUNDRED_GIB);

  test.each([
    ["nobody wants", zeros],
    ["named like a tool", tool],
  ])("of zstd, %s", (name, header) => {
    const folder = folderOf(`zstd ${name}`);
    const bomb = zstdBomb(header, HUNDRED_GIB);
    expect(bomb.length).toBeLessThan(4 * MIB);
    const digest = madeUp(name);
    writeBlob(folder, digest, [bomb]);
    expectLimit(inspect(claimLayout(folder, [{ digest }]), "layer-size=256MiB"), "layer-size");
  });

  test("of gzip, in 1600 members", () => {
    const folder = folderOf("gzip");
    const digest = madeUp("gzip");
    writeBlob(folder, digest, gzipBomb(zeros, HUNDRED_GIB));
    expectLimit(inspect(claimLayout(folder, [{ digest }]), "layer-size=256MiB"), "layer-size");
  });

  test("of tar, most of it a hole", () => {
    const folder = folderOf("tar");
    const digest = madeUp("tar");
    writeHollowBlob(folder, digest, zeros, HUNDRED_GIB);
    expectLimit(inspect(claimLayout(folder, [{ digest }]), "layer-size=256MiB"), "layer-size");
  });

  test("as an archive that is compressed as a whole", () => {
    const path = scratch.write("whole.tar.zst", zstdBomb(zeros, HUNDRED_GIB));
    expectLimit(inspect(path, "image-size=256MiB"), "image-size");
  });

  test("in a layer of an archive that is compressed as a whole, twice compressed", () => {
    const bomb = zstdBomb(zeros, HUNDRED_GIB);
    const [header, content, padding] = encodeEntry({ name: "x/layer.tar", content: bomb });
    const whole = Buffer.concat([header, content, padding, Buffer.alloc(1024)].filter((piece) => piece !== undefined));
    // A raw block at most as large as a block may be, then the rest.
    const path = scratch.write("twice.tar.zst", zstdStored(whole));
    expectLimit(inspect(path, "layer-size=256MiB"), "layer-size");
  });

  test("of 20 layers, none of which is too large", () => {
    const folder = folderOf("many");
    const layers = Array.from({ length: 20 }, (_, i) => {
      const digest = madeUp(`many ${i}`);
      writeBlob(folder, digest, [zstdBomb(hugeHeader({ name: `zeros${i}` }, HUNDRED_GIB / 20), HUNDRED_GIB / 20)]);
      return { digest };
    });
    expectLimit(inspect(claimLayout(folder, layers), "image-size=256MiB"), "image-size");
  });

  test("of holes in sparse files of 10 GB", () => {
    const path = layerOf("sparse", 12, (i) => [
      {
        name: `usr/sbin/nft${i}`,
        mode: 0o755,
        content: "\x7fELF",
        pax: { "GNU.sparse.map": "0,4", "GNU.sparse.size": String(10 * 2 ** 30), "GNU.sparse.numblocks": "1" },
      },
    ]);
    const { status, peak, stderr } = inspect(path);
    // None of them is an ELF file beyond its first bytes: the probe wants no more.
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(peak).toBeLessThan(PEAK);
  });
});

/** A zstd frame that stores what it is given. */
function zstdStored(data: Buffer): Buffer {
  const size = 128 * 1024;
  const pieces: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])];
  for (let at = 0; at < data.length; at += size) {
    const piece = data.subarray(at, at + size);
    const header = Buffer.alloc(3);
    header.writeUIntLE((piece.length << 3) | (at + size >= data.length ? 1 : 0), 0, 3);
    pieces.push(header, piece);
  }
  return Buffer.concat(pieces);
}

describe("headers and names", () => {
  test("a PAX header of 1 GB", () => {
    const folder = folderOf("pax");
    const digest = madeUp("pax");
    writeHollowBlob(folder, digest, hugeHeader({ name: "h", flag: "x" }, 2 ** 30), 2 ** 30 + 2048);
    const outcome = inspect(claimLayout(folder, [{ digest }]));
    expectLimit(outcome, "header-size", 250);
  });

  test("a GNU long name of 1 GB", () => {
    const folder = folderOf("gnu");
    const digest = madeUp("gnu");
    writeHollowBlob(folder, digest, hugeHeader({ name: "h", flag: "L", format: "gnu" }, 2 ** 30), 2 ** 30 + 2048);
    expectLimit(inspect(claimLayout(folder, [{ digest }])), "header-size", 250);
  });

  test("very many PAX headers for one file", () => {
    const records = encodePax(Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`comment${i}`, "x"])));
    const path = layerOf("headers", 80, () => [{ name: "h", flag: "x", content: records }]);
    expectLimit(inspect(path, "headers-size=32MiB"), "headers-size");
  });

  test("attributes of a megabyte for each file", () => {
    const path = layerOf("xattrs", 80, (i) => [
      { name: `f${i}`, pax: { "SCHILY.xattr.user.x": "x".repeat(1_000_000) } },
    ]);
    expectLimit(inspect(path, "names-size=64MiB"), "names-size", 900);
  });

  test("records for all files are not multiplied by the files", () => {
    const many = encodePax(Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`comment${i}`, "x"])));
    const { status, stderr, peak } = inspect(
      layerOf("global", 20_000, (i) =>
        i === 0 ? [{ name: "g", flag: "g", content: many }] : [{ name: `f${i}`, pax: { uid: "1" } }],
      ),
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(peak).toBeLessThan(PEAK);
  });

  test("directories 2000 deep, each file in its own", () => {
    const path = layerOf("deep", 5000, (i) => [{ name: "x", pax: { path: `${i}/${"a/".repeat(2000)}x` } }]);
    expectLimit(inspect(path, "tree-entries=100000"), "tree-entries");
    expectLimit(inspect(path, "names-size=16MiB"), "names-size");
  });

  test("links whose targets go up and down for ever", () => {
    const target = `${"../".repeat(1300)}l`;
    const links = Array.from({ length: 39 }, (_, i) => ({ name: `l${i}`, flag: "2", linkname: "x" }));
    const path = layerOf("links", 100_000, (i) =>
      i > 0
        ? [{ name: `l38/${i}` }]
        : [
            { name: "real/", flag: "5" },
            ...links.map(({ name, flag }, n) => ({
              name,
              flag,
              linkname: "x",
              pax: { linkpath: n === 0 ? "real" : `${target}${n - 1}` },
            })),
          ],
    );
    // Each way to a file is 50,000 steps long, and remembered for the next one; whiteouts are not.
    const { status, stderr } = inspect(path);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const folder = folderOf("links and whiteouts");
    const first = writeLayer(
      folder,
      manyEntries(1, () => [
        { name: "real/", flag: "5" },
        ...links.map(({ name, flag }, n) => ({
          name,
          flag,
          linkname: "x",
          pax: { linkpath: n === 0 ? "real" : `${target}${n - 1}` },
        })),
      ]),
    );
    const second = writeLayer(
      folder,
      manyEntries(50_000, (i) => [{ name: `l38/.wh.${i}` }]),
    );
    expectLimit(
      inspect(claimLayout(folder, [{ digest: first }, { digest: second }]), "path-steps=10000000"),
      "path-steps",
    );
  });

  test("whiteouts of long paths", () => {
    const path = layerOf("whiteouts", 3000, (i) => [{ name: "x", pax: { path: `${"a/".repeat(1900)}.wh.${i}` } }]);
    const { status, peak } = inspect(path);
    expect(status).toBe(0);
    expect(peak).toBeLessThan(PEAK);
    const folder = folderOf("long whiteouts");
    const below = writeLayer(
      folder,
      manyEntries(1, () => [{ name: "x", pax: { path: `${"a/".repeat(1900)}x` } }]),
    );
    const above = writeLayer(
      folder,
      manyEntries(2000, (i) => [{ name: "x", pax: { path: `${"a/".repeat(1900)}.wh.${i}` } }]),
    );
    const outcome = inspect(claimLayout(folder, [{ digest: below }, { digest: above }]), "path-steps=1000000");
    expectLimit(outcome, "path-steps");
  });
});

describe("what is kept", () => {
  test("os-release files of a megabyte, each in a root of its own", () => {
    const text = Buffer.alloc(1_000_000, "ID=x\n");
    const path = layerOf("kept", 80, (i) => [{ name: `${i}/etc/os-release`, content: text }]);
    expectLimit(inspect(path, "kept-size=64MiB"), "kept-size");
  });

  test("package databases of which next to nothing is kept hold on to all of their text", () => {
    const text = Buffer.alloc(2_000_000, "# nothing of use in this line\n");
    const database = Buffer.concat([Buffer.from("P:a-name-that-is-long-enough-to-be-a-slice\nV:1-r0\n\n"), text]);
    const path = layerOf("slices", 60, (i) => [{ name: `${i}/lib/apk/db/installed`, content: database }]);
    expectLimit(inspect(path, "kept-size=64MiB"), "kept-size");
  });
});

describe("documents", () => {
  const plain = buildLayer([{ name: "a" }], "none");
  const write = (name: string, files: Files) => scratch.write(name, files);

  test("indexes nested 1,000 deep", () => {
    const files: Files = new Map();
    let descriptor = addImage(files, [plain]);
    for (let i = 0; i < 1000; i++) descriptor = addIndex(files, [descriptor]);
    const path = write("nested", finishLayout(files, [descriptor]));
    expectLimit(inspect(path), "index-depth");
    expect(inspect(path, "index-depth=1000").status).toBe(0);
  });

  test("a JSON document of 100 MB", () => {
    const folder = folderOf("large-json");
    writeFileSync(
      join(folder, "index.json"),
      Buffer.concat([Buffer.from('{"manifests":['), Buffer.alloc(100 * MIB, "[")]),
    );
    expectLimit(inspect(folder), "document-size", 250);
  });

  test.each([
    ["lists", `${"[".repeat(2 * MIB - 1)}`],
    ["lists that end", `${"[".repeat(MIB)}${"]".repeat(MIB)}`],
    ["mappings", `${'{"a":'.repeat(500_000)}1${"}".repeat(500_000)}`],
  ])("JSON of deep %s", (name, text) => {
    const folder = folderOf(`deep ${name}`);
    for (const [file, data] of [
      ["index.json", text],
      ["oci-layout", "{}"],
    ] as const)
      writeFileSync(join(folder, file), data);
    const { status, stderr } = inspect(folder);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^netfilter-compat: .*(index\.json|it lists no image).*\n$/);
    expect(stderr).not.toMatch(/unexpected|call stack/);
    // The same inside a document that is otherwise in order: no runtime reads it either.
    if (name === "lists") return;
    const files: Files = new Map();
    const descriptor = addImage(files, [plain]);
    const nested = Buffer.from(`{"manifests":[${JSON.stringify(descriptor)}],"other":${text}}`);
    const path = write(`deep inside ${name}`, finishLayout(files, []).set("index.json", nested));
    const inside = inspect(path);
    expect(inside.status).toBe(2);
    expect(inside.stderr).toMatch(/: index\.json is nested more than 10000 deep\n$/);
  });

  test("__proto__ means nothing more than in JSON, repeated keys are refused", () => {
    const files: Files = new Map();
    const { digest } = addImage(files, [plain]);
    const written = (name: string, text: string) =>
      write(name, finishLayout(files, []).set("index.json", Buffer.from(text)));
    const manifests = `"manifests":[{"digest":"${digest}","annotations":{"__proto__":"x","toString":"y"}}]`;
    const proto = written("proto", `{"__proto__":{"manifests":[]},"constructor":1,${manifests}}`);
    expect(inspect(proto)).toMatchObject({ status: 0, stderr: "" });
    const { status, stderr } = inspect(written("repeated", `{"manifests":[],${manifests}}`));
    expect(status).toBe(2);
    expect(stderr).toMatch(/: index\.json has the key "manifests" twice in one object\n$/);
  });

  test("a config with 100,000 diffIDs, and as many layers", () => {
    const files: Files = new Map();
    const diffIds = Array.from({ length: 100_000 }, () => `sha256:${"0".repeat(64)}`);
    const config = addBlob(files, json({ os: "linux", architecture: "amd64", rootfs: { diff_ids: diffIds } }));
    const few = addBlob(files, json({ config, layers: [] }));
    const path = write("diff-ids", finishLayout(files, [few]));
    expectLimit(inspect(path), "document-size");
    const { status, stderr } = inspect(path, "document-size=64MiB");
    expect(status).toBe(2);
    expect(stderr).toContain("lists 0 layers, its config 100000");
  });

  test("one layer 1,000 times, and 1,025 times", () => {
    const layout = (count: number) => {
      const files: Files = new Map();
      return write(
        `times-${count}`,
        finishLayout(files, [
          addImage(
            files,
            Array.from({ length: count }, () => plain),
          ),
        ]),
      );
    };
    expect(inspect(layout(1000))).toMatchObject({ status: 0, stderr: "" });
    expectLimit(inspect(layout(1025)), "layers");
  });

  test("a layer of 20,000 files listed 300 times is laid no more often than is allowed", () => {
    const folder = folderOf("laid");
    const digest = writeLayer(
      folder,
      manyEntries(20_000, (i) => [{ name: `d/${i}` }]),
    );
    const path = claimLayout(
      folder,
      Array.from({ length: 300 }, () => ({ digest })),
    );
    expectLimit(inspect(path), "tree-entries");
  });

  test("6,000 manifests of one layer", () => {
    const files: Files = new Map();
    const images = Array.from({ length: 6000 }, (_, i) => ({ digest: madeUp(`missing ${i}`), size: 1 }));
    const path = write("manifests", finishLayout(files, [addIndex(files, images)]));
    expectLimit(inspect(path), "manifests");
  });
});

describe("very many files", () => {
  test("100,000 are read", () => {
    const path = layerOf("entries", 100_000, (i) => [{ name: `usr/share/${i % 1000}/file-${i}` }]);
    const { status, stderr, peak } = inspect(path);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(peak).toBeLessThan(PEAK);
    expectLimit(inspect(path, "layer-entries=99999"), "layer-entries");
  });

  test("150,000 members of an archive", () => {
    const pieces = [...manyEntries(150_000, (i) => [{ name: `${i}` }])];
    expectLimit(inspect(scratch.write("members.tar", Buffer.concat(pieces))), "archive-files");
  });
});
