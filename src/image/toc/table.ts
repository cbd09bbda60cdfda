import { quote } from "../errors.ts";
import { findDoubleMeaning, findExcess, fold } from "../go-json.ts";
import type { TarMember } from "../tar/members.ts";
import { TocProblem } from "./problem.ts";

/** A part of a file's content that was compressed on its own. */
export interface Chunk {
  /** Where its gzip member or zstd frame begins in the layer, and where the next one does. */
  offset: number;
  end: number;
  /** Bytes of what is unpacked that come before the chunk's. */
  inner: number;
  /** Its bytes, unpacked. */
  size: number;
  /** Of these bytes. */
  digest: string;
  /** Nothing but zero bytes: need not be fetched. */
  zeros: boolean;
}

export interface TocFile {
  member: TarMember;
  /** Of the whole content; "" where the table has none. */
  digest: string;
  /** In order; together they are the whole content. */
  chunks: Chunk[];
}

/** An entry as the JSON has it; both formats inherit it from stargz. */
interface RawEntry {
  name: string;
  type: string;
  linkName: string;
  mode: number;
  size: number;
  uid: number;
  gid: number;
  xattrs: Readonly<Record<string, string>>;
  offset: number;
  endOffset: number;
  innerOffset: number;
  chunkOffset: number;
  chunkSize: number;
  chunkDigest: string;
  chunkType: string;
  digest: string;
}

const KEYS = new Set([
  ...["version", "entries", "name", "type", "linkName", "mode", "size", "uid", "gid", "xattrs", "offset", "endOffset"],
  ...["innerOffset", "chunkOffset", "chunkSize", "chunkDigest", "chunkType", "digest"],
]);
const FOLDED = new Set([...KEYS].map(fold));

/** Objects, lists and fields of a table together: a bound on the memory that parsing takes. */
const MAX_PARTS = 2_500_000;

const TYPES: Readonly<Record<string, TarMember["type"]>> = {
  dir: "directory",
  reg: "file",
  symlink: "symlink",
  hardlink: "hardlink",
  char: "device",
  block: "device",
  fifo: "fifo",
};

const NO_XATTRS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

/**
 * Parses the JSON of a table of contents.
 * @param dataEnd where the layer's files end, and its own parts (the table) begin
 * @param options.anyName also names that are not UTF-8, which JSON cannot say, are let through
 * @throws TocProblem for what is not understood, or leaves open what a file's content is
 */
export function parseToc(json: Buffer, dataEnd: number, { anyName = false } = {}): TocFile[] {
  const entries = parseEntries(json).map(toRawEntry);
  if (!anyName) for (const entry of entries) requireUtf8(entry);
  const ends = findEnds(entries, dataEnd);
  const files: TocFile[] = [];
  for (let i = 0; i < entries.length; ) {
    const first = entries[i] as RawEntry;
    const parts = [first];
    for (i++; entries[i]?.type === "chunk"; i++) parts.push(entries[i] as RawEntry);
    files.push({ member: toMember(first), digest: first.digest, chunks: toChunks(first, parts, ends, dataEnd) });
  }
  return files;
}

function parseEntries(json: Buffer): unknown[] {
  const text = json.toString("utf8");
  const excess = findExcess(text, MAX_PARTS);
  if (excess !== undefined) throw new TocProblem(`its table of contents ${excess}`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new TocProblem("its table of contents is not valid JSON");
  }
  const doubled = findDoubleMeaning(text);
  if (doubled !== undefined) throw new TocProblem(`its table of contents ${doubled}`);
  const { version, entries } = requireOwnKeys(toObject(document));
  if (version !== 1 || !Array.isArray(entries)) throw new TocProblem("its table of contents is of an unknown version");
  return entries;
}

function toObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new TocProblem("its table of contents is malformed");
  return value as Record<string, unknown>;
}

/** Snapshotters take a key in other letters for the one that is meant, and of two such keys the last. */
function requireOwnKeys(fields: Record<string, unknown>): Record<string, unknown> {
  for (const key in fields)
    if (!KEYS.has(key) && FOLDED.has(fold(key)))
      throw new TocProblem(`its table of contents has the key ${quote(key)}, which Go reads as another`);
  return fields;
}

function toRawEntry(value: unknown): RawEntry {
  const entry = requireOwnKeys(toObject(value));
  const text = (key: string) => {
    const found = entry[key] ?? "";
    if (typeof found !== "string") throw new TocProblem(`its table of contents has a ${key} that is no text`);
    return found;
  };
  const count = (key: string) => {
    const found = entry[key] ?? 0;
    if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 0)
      throw new TocProblem(`its table of contents has a ${key} that is no number`);
    return found;
  };
  return {
    name: requireText(text("name")),
    type: text("type"),
    linkName: requireText(text("linkName")),
    mode: count("mode"),
    size: count("size"),
    uid: count("uid"),
    gid: count("gid"),
    xattrs: toXattrs(entry.xattrs),
    offset: count("offset"),
    endOffset: count("endOffset"),
    innerOffset: count("innerOffset"),
    chunkOffset: count("chunkOffset"),
    chunkSize: count("chunkSize"),
    chunkDigest: text("chunkDigest"),
    chunkType: text("chunkType"),
    digest: text("digest"),
  };
}

/** JSON cannot say names that are not UTF-8: writers put something else in their place. */
function requireUtf8({ name, linkName, xattrs }: RawEntry): void {
  if ([name, linkName, ...Object.keys(xattrs)].some((text) => text.includes("\ufffd"))) throw notUtf8();
}

function requireText(text: string): string {
  if (text.includes("\0") || !text.isWellFormed()) throw notUtf8();
  return text;
}

function notUtf8(): TocProblem {
  return new TocProblem("it has names that are not UTF-8");
}

function toXattrs(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return NO_XATTRS;
  const xattrs = Object.create(null) as Record<string, string>;
  for (const [key, data] of Object.entries(toObject(value))) {
    if (typeof data !== "string")
      throw new TocProblem("its table of contents has an extended attribute that is no text");
    xattrs[requireText(key)] = Buffer.from(data, "base64").toString("latin1");
  }
  return xattrs;
}

/** Where the member or frame ends that begins at an offset: where the next one that the table knows begins. */
function findEnds(entries: readonly RawEntry[], dataEnd: number): Map<number, number> {
  const offsets = [...new Set(entries.filter(hasData).map((entry) => entry.offset))].sort((a, b) => a - b);
  return new Map(offsets.map((offset, i) => [offset, offsets[i + 1] ?? dataEnd]));
}

function hasData({ type, size }: RawEntry): boolean {
  return type === "chunk" || (type === "reg" && size > 0);
}

function toMember({ name, type, linkName, mode, size, uid, gid, xattrs }: RawEntry): TarMember {
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (known === undefined) throw new TocProblem("its table of contents has an entry of an unknown type");
  const isFile = known === "file";
  const form = { name, type: known, linkname: linkName, size: isFile ? size : 0 };
  return { ...form, mode: mode & 0o7777, uid, gid, xattrs, offset: 0, sparse: false };
}

function toChunks(
  file: RawEntry,
  parts: readonly RawEntry[],
  ends: ReadonlyMap<number, number>,
  dataEnd: number,
): Chunk[] {
  if (file.type !== "reg" || file.size === 0) {
    if (parts.length > 1) throw new TocProblem("its table of contents has chunks that belong to no file");
    return [];
  }
  let position = 0;
  const chunks = parts.map((part, i): Chunk => {
    const isLast = i === parts.length - 1;
    // A size of 0 means up to the end of the file.
    const size = part.chunkSize === 0 && isLast ? file.size - position : part.chunkSize;
    const chunk = {
      offset: part.offset,
      end: isLast && file.endOffset > part.offset ? file.endOffset : (ends.get(part.offset) ?? 0),
      inner: part.innerOffset,
      size,
      digest: part.chunkDigest || (parts.length === 1 ? file.digest : ""),
      zeros: part.chunkType === "zeros",
    };
    const isPlaced = chunk.offset > 0 && chunk.end > chunk.offset && chunk.end <= dataEnd;
    if (!isPlaced || part.chunkOffset !== position || size <= 0)
      throw new TocProblem("its table of contents has a file whose chunks do not fit together");
    if (chunk.digest === "") throw new TocProblem("its table of contents has a chunk without a digest");
    position += size;
    return chunk;
  });
  if (position !== file.size) throw new TocProblem("its table of contents has a file whose chunks do not fit together");
  return chunks;
}
