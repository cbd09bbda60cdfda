import * as fc from "fast-check";

/**
 * Inputs that are real parts with a few changes. A change is plain data, so what fast-check finds and shrinks can be kept as
 * a case.
 */

/** One change of bytes. Places are taken modulo the length, so every number fits every part. */
export type Edit =
  | { kind: "byte"; at: number; value: number }
  | { kind: "number"; at: number; width: 2 | 4 | 8; big: boolean; value: number }
  | { kind: "cut"; at: number }
  | { kind: "remove"; at: number; length: number }
  | { kind: "repeat"; at: number; length: number; times: number }
  | { kind: "insert"; at: number; text: string }
  | { kind: "replace"; at: number; text: string };

export interface Mutant {
  /** Name of the part. */
  base: string;
  edits: Edit[];
}

const place = fc.nat(2 ** 30);
const wild = fc.oneof(
  fc.constantFrom(0, 1, -1, 127, 128, 255, 256, 511, 512, 513, 65_535, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 2 ** 52),
  fc.integer({ min: -100_000, max: 100_000 }),
);

/**
 * @param bases names of the parts
 * @param words text that means something in them
 */
export function mutants(bases: readonly string[], words: readonly string[]): fc.Arbitrary<Mutant> {
  const text = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12, unit: "binary" }));
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    fc.record({ kind: fc.constant("byte" as const), at: place, value: fc.nat(255) }),
    fc.record({
      kind: fc.constant("number" as const),
      at: place,
      width: fc.constantFrom(2 as const, 4 as const, 8 as const),
      big: fc.boolean(),
      value: wild,
    }),
    fc.record({ kind: fc.constant("cut" as const), at: place }),
    fc.record({ kind: fc.constant("remove" as const), at: place, length: fc.nat(700) }),
    fc.record({
      kind: fc.constant("repeat" as const),
      at: place,
      length: fc.nat(700),
      times: fc.integer({ min: 2, max: 300 }),
    }),
    fc.record({ kind: fc.constant("insert" as const), at: place, text }),
    fc.record({ kind: fc.constant("replace" as const), at: place, text }),
  );
  return fc.record({ base: fc.constantFrom(...bases), edits: fc.array(edit, { maxLength: 6 }) });
}

/** The part with its changes. */
export function mutate(base: Buffer, edits: readonly Edit[]): Buffer {
  let data = Buffer.from(base);
  for (const edit of edits) if (data.length > 0) data = apply(data, edit);
  return data;
}

function apply(data: Buffer<ArrayBuffer>, edit: Edit): Buffer<ArrayBuffer> {
  const at = edit.at % data.length;
  switch (edit.kind) {
    case "byte":
      data[at] = edit.value;
      return data;
    case "number": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(edit.value));
      const value = bytes.subarray(0, edit.width);
      (edit.big ? value.reverse() : value).copy(data, at);
      return data;
    }
    case "cut":
      return data.subarray(0, at);
    case "remove":
      return Buffer.concat([data.subarray(0, at), data.subarray(at + edit.length)]);
    case "repeat": {
      const piece = data.subarray(at, at + edit.length);
      return Buffer.concat([
        data.subarray(0, at),
        ...Array.from({ length: edit.times }, () => piece),
        data.subarray(at),
      ]);
    }
    case "insert":
      return Buffer.concat([data.subarray(0, at), Buffer.from(edit.text), data.subarray(at)]);
    case "replace":
      Buffer.from(edit.text).copy(data, at);
      return data;
  }
}

/** Sets the checksum of each block that still looks like a tar header: without that few changes get past the first look. */
export function repairChecksums(tar: Buffer): Buffer {
  const data = Buffer.from(tar);
  for (let at = 0; at + 512 <= data.length; at += 512) {
    const block = data.subarray(at, at + 512);
    if (block.toString("latin1", 257, 262) !== "ustar") continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
  return data;
}

/** One change of a JSON document: what stands at a place becomes something else. */
export interface JsonEdit {
  at: number;
  change: { kind: "value"; value: unknown } | { kind: "drop" } | { kind: "twice" } | { kind: "key"; name: string };
}

export interface JsonMutant {
  base: string;
  edits: JsonEdit[];
}

/** @param words strings that mean something in the documents */
export function jsonMutants(bases: readonly string[], words: readonly string[]): fc.Arbitrary<JsonMutant> {
  const value = fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e300, "", [], {}, [[]], [null], ...words),
    wild,
    fc.string({ maxLength: 30, unit: "binary" }),
    fc.constantFrom("x".repeat(5000), "\u001b[31m", "\u202e", "::error::", "|\n\n# x", "<!-- x -->"),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const change = fc.oneof(
    fc.record({ kind: fc.constant("value" as const), value }),
    fc.constant({ kind: "drop" as const }),
    fc.constant({ kind: "twice" as const }),
    fc.record({
      kind: fc.constant("key" as const),
      name: fc.oneof(
        fc.constantFrom("__proto__", "constructor", "toString", "length", ""),
        fc.string({ maxLength: 8 }),
      ),
    }),
  );
  return fc.record({
    base: fc.constantFrom(...bases),
    edits: fc.array(fc.record({ at: place, change }), { maxLength: 5 }),
  });
}

type Container = Record<string, unknown> | unknown[];

/** The document with its changes, as text. */
export function mutateJson(base: unknown, edits: readonly JsonEdit[]): string {
  const document = { root: structuredClone(base) };
  for (const { at, change } of edits) {
    const places = listPlaces(document);
    const [container, key] = places[at % places.length] ?? [document, "root"];
    if (change.kind === "value") set(container, key, structuredClone(change.value));
    else if (change.kind === "drop") drop(container, key);
    else if (change.kind === "key") rename(container, key, change.name);
    else if (Array.isArray(container)) container.push(structuredClone(get(container, key)));
  }
  return JSON.stringify(document.root) ?? "";
}

/** Every place of a document, a few thousand at most. */
function listPlaces(root: Container): [Container, string][] {
  const places: [Container, string][] = [];
  const pending: Container[] = [root];
  for (let at = 0; at < pending.length && places.length < 5000; at++) {
    const container = pending[at] as Container;
    for (const key of Object.keys(container)) {
      places.push([container, key]);
      const value = get(container, key);
      if (typeof value === "object" && value !== null) pending.push(value as Container);
    }
  }
  return places;
}

function get(container: Container, key: string): unknown {
  return (container as Record<string, unknown>)[key];
}

/** Own properties only, `__proto__` too: as JSON.parse makes them. */
function set(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

function drop(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete container[key];
}

function rename(container: Container, key: string, name: string): void {
  if (Array.isArray(container)) return;
  const value = container[key];
  delete container[key];
  set(container, name, value);
}
