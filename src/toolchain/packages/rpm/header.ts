import { withinBounds } from "../../bounds.ts";
import { isWorthOwning, MAX_FILES_OF_PACKAGE, type PackageEntry, type PackageFile } from "../types.ts";

/**
 * Reads the header of an installed package as rpm databases of every format hold it: a count of index entries, the size of
 * the data, the entries (tag, type, offset, count), the data; all numbers big-endian
 * (https://rpm-software-management.github.io/rpm/manual/format_header.html).
 */

/** Tags and types: https://rpm-software-management.github.io/rpm/manual/tags.html */
const TAG = {
  NAME: 1000,
  VERSION: 1001,
  RELEASE: 1002,
  EPOCH: 1003,
  FILESTATES: 1029,
  FILEDIGESTS: 1035,
  DIRINDEXES: 1116,
  BASENAMES: 1117,
  DIRNAMES: 1118,
  FILEDIGESTALGO: 5011,
} as const;
const INT32 = 4;
const CHAR = 1;
const INT8 = 2;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

const ENTRY_SIZE = 16;
/** rpm's own limit (HEADER_TAGS_MAX). */
const MAX_ENTRIES = 0xffff;
/** PATH_MAX of Linux: a longer name is no file's. */
const MAX_NAME = 4096;
/** States of a file that the package states and that isn't its file on disk: replaced by another package's, not installed. */
const NOT_ITS_FILE = new Set([1, 2]);
/** OpenPGP's numbers, as FILEDIGESTALGO has them; without that tag it is MD5. */
const DIGEST_NAMES: Record<number, string> = { 1: "md5", 2: "sha1", 8: "sha256" };

/**
 * @param blob one header, without the magic that package files have before it
 * @returns undefined when it is no header or names no package
 */
export function readRpmHeader(blob: Buffer): PackageEntry | undefined {
  return withinBounds(() => {
    const tags = indexTags(blob);
    if (!tags) return undefined;
    const name = tags.text(TAG.NAME);
    const version = tags.text(TAG.VERSION);
    if (!name || !version) return undefined;
    const epoch = tags.numbers(TAG.EPOCH)[0];
    const release = tags.text(TAG.RELEASE);
    const full = `${epoch ? `${epoch}:` : ""}${version}${release ? `-${release}` : ""}`;
    return { name, version: full, files: listFiles(tags) };
  });
}

interface Tags {
  text(tag: number): string | undefined;
  texts(tag: number): Generator<string | undefined>;
  numbers(tag: number): number[];
}

interface TagEntry {
  type: number;
  offset: number;
  count: number;
}

/** The first entry of each wanted tag: rpm writes a tag once. */
function indexTags(blob: Buffer): Tags | undefined {
  const count = blob.readUInt32BE(0);
  const size = blob.readUInt32BE(4);
  const start = 8 + count * ENTRY_SIZE;
  if (count === 0 || count > MAX_ENTRIES || start + size > blob.length) return undefined;
  const data = blob.subarray(start, start + size);
  const wanted = new Set<number>(Object.values(TAG));
  const entries = new Map<number, TagEntry>();
  for (let i = 0; i < count; i++) {
    const at = 8 + i * ENTRY_SIZE;
    const tag = blob.readUInt32BE(at);
    if (!wanted.has(tag) || entries.has(tag)) continue;
    entries.set(tag, {
      type: blob.readUInt32BE(at + 4),
      offset: blob.readUInt32BE(at + 8),
      count: blob.readUInt32BE(at + 12),
    });
  }
  return {
    text(tag) {
      const entry = entries.get(tag);
      if (entry?.type !== STRING && entry?.type !== I18N_STRING) return undefined;
      return strings(data, { ...entry, count: 1 }).next().value ?? undefined;
    },
    texts: (tag) => strings(data, entries.get(tag)),
    numbers: (tag) => numbers(data, entries.get(tag)),
  };
}

/** NUL-ended texts one after the other; undefined for one longer than any name. */
function* strings(data: Buffer, entry: TagEntry | undefined): Generator<string | undefined> {
  if (entry?.type !== STRING && entry?.type !== STRING_ARRAY && entry?.type !== I18N_STRING) return;
  let at = entry.offset;
  for (let i = 0; i < entry.count; i++) {
    const end = data.indexOf(0, at);
    if (at > data.length || end < 0) throw new RangeError("text outside the header");
    yield end - at > MAX_NAME ? undefined : data.toString("utf8", at, end);
    at = end + 1;
  }
}

function numbers(data: Buffer, entry: TagEntry | undefined): number[] {
  if (!entry) return [];
  const width = entry.type === INT32 ? 4 : entry.type === CHAR || entry.type === INT8 ? 1 : 0;
  if (width === 0) return [];
  if (entry.offset + entry.count * width > data.length) throw new RangeError("numbers outside the header");
  const read = (i: number) =>
    width === 4 ? data.readUInt32BE(entry.offset + i * 4) : data.readUInt8(entry.offset + i);
  return Array.from({ length: entry.count }, (_, i) => read(i));
}

/** The package's files that matter. Those without digest among digests are links, directories and ghosts. */
function listFiles(tags: Tags): PackageFile[] {
  const directories = [...tags.texts(TAG.DIRNAMES)];
  const indexes = tags.numbers(TAG.DIRINDEXES);
  const states = tags.numbers(TAG.FILESTATES);
  const algorithm = DIGEST_NAMES[tags.numbers(TAG.FILEDIGESTALGO)[0] ?? 1];
  const digests = tags.texts(TAG.FILEDIGESTS);
  const files: PackageFile[] = [];
  let i = 0;
  for (const base of tags.texts(TAG.BASENAMES)) {
    const directory = directories[indexes[i] ?? -1];
    const digest = digests.next();
    const state = states[i];
    i++;
    if (base === undefined || directory === undefined || digest.value === "") continue;
    if (state !== undefined && NOT_ITS_FILE.has(state)) continue;
    const path = `${directory}${base}`;
    if (!path.startsWith("/") || !isWorthOwning(path) || files.length >= MAX_FILES_OF_PACKAGE) continue;
    const known = algorithm !== undefined && typeof digest.value === "string";
    files.push(known ? { path, digest: `${algorithm}:${digest.value.toLowerCase()}` } : { path });
  }
  return files;
}
