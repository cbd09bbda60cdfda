import { withinBounds } from "../../bounds.ts";
import { collectPackages } from "../collect.ts";
import type { ParsedPackages } from "../types.ts";
import { readRpmHeader } from "./header.ts";

/**
 * Reads the Berkeley DB hash file `Packages` (RHEL up to 8, Amazon Linux 2, CentOS): every hash page holds pairs of key and
 * value; a value too large for it lies on a chain of overflow pages. Numbers have the byte order of the machine that wrote
 * them. Layout: src/dbinc/db_page.h of Berkeley DB 5.3.
 */

const HASH_MAGIC = 0x00061561;
const PAGE_HEADER = 26;
const META_HASH = 8;
const HASH_UNSORTED = 2;
const OVERFLOW = 7;
const HASH = 13;
/** Kinds of an item on a hash page. */
const INLINE = 1;
const OFF_PAGE = 3;
/** A header takes more; the value of key 0 is the next free number. */
const SMALLEST_HEADER = 16;

/** True for the first bytes of a Berkeley DB hash file. */
export function isBerkeleyHash(bytes: Buffer): boolean {
  return bytes.length >= 72 && (bytes.readUInt32LE(12) === HASH_MAGIC || bytes.readUInt32BE(12) === HASH_MAGIC);
}

/** The packages of a Berkeley DB hash file. Never throws. */
export function readBerkeleyHash(bytes: Buffer): ParsedPackages {
  const { parsed, add, report } = collectPackages();
  const pages = withinBounds(() => createPages(bytes));
  if (typeof pages !== "object") {
    report(pages ?? "its header cannot be read");
    return parsed;
  }
  if (pages.stated > pages.count) report("it ends before its last page");
  else if (pages.stated < pages.count) report("it goes on behind its last page");
  let overflow = 0;
  for (let number = 1; number < pages.count; number++) {
    const page = pages.at(number);
    const type = page.readUInt8(25);
    // A page holds its own number; one of a group of buckets that nothing was put into yet holds nothing at all.
    if (pages.u32(page, 8) !== number && page.some((byte) => byte !== 0)) report(`page ${number} is damaged`);
    if (type === OVERFLOW) overflow++;
    if (type !== HASH && type !== HASH_UNSORTED) continue;
    const values = withinBounds(() => valuesOf(pages, page));
    if (!values) report(`page ${number} cannot be read`);
    else if (withinBounds(() => lowestItem(pages, page)) !== pages.u16(page, 22)) report(`page ${number} is damaged`);
    for (const value of values ?? []) {
      if (value !== undefined && value.length < SMALLEST_HEADER) continue;
      const entry = value && readRpmHeader(value);
      if (!entry) report(`a package on page ${number} cannot be read`);
      else add(entry);
    }
  }
  // A page that is no longer used loses this type: the page that should speak of these is damaged.
  if (overflow > pages.taken.size) report(`${overflow - pages.taken.size} pages belong to no package`);
  return parsed;
}

interface Pages {
  size: number;
  /** Whole pages in the file. */
  count: number;
  /** Pages that the header speaks of. */
  stated: number;
  at(number: number): Buffer;
  u16(page: Buffer, at: number): number;
  u32(page: Buffer, at: number): number;
  /** Overflow pages that were read: each belongs to one value. */
  taken: Set<number>;
}

/** @returns a text that says why the file is none that can be read */
function createPages(bytes: Buffer): Pages | string {
  const little = bytes.readUInt32LE(12) === HASH_MAGIC;
  const u16 = (page: Buffer, at: number) => (little ? page.readUInt16LE(at) : page.readUInt16BE(at));
  const u32 = (page: Buffer, at: number) => (little ? page.readUInt32LE(at) : page.readUInt32BE(at));
  const size = u32(bytes, 20);
  if (bytes.readUInt8(25) !== META_HASH) return "it is no hash database";
  if (bytes.readUInt8(24) !== 0) return "it is encrypted";
  if (size < 512 || size > 65536 || (size & (size - 1)) !== 0) return "its page size is none";
  const count = Math.floor(bytes.length / size);
  const at = (number: number) => {
    if (number < 1 || number >= count) throw new RangeError("page outside the file");
    return bytes.subarray(number * size, (number + 1) * size);
  };
  return { size, count, stated: u32(bytes, 32) + 1, at, u16, u32, taken: new Set() };
}

/** The values of a hash page; undefined for one that cannot be read. Items lie from the end of the page on, downwards. */
function valuesOf(pages: Pages, page: Buffer): (Buffer | undefined)[] {
  const items = pages.u16(page, 20);
  if (items % 2 !== 0 || PAGE_HEADER + items * 2 > pages.size) throw new RangeError("items outside the page");
  const values: (Buffer | undefined)[] = [];
  for (let i = 1; i < items; i += 2) {
    const start = pages.u16(page, PAGE_HEADER + i * 2);
    const end = pages.u16(page, PAGE_HEADER + (i - 1) * 2);
    values.push(withinBounds(() => valueAt(pages, page, start, end)));
  }
  return values;
}

/** Where the last item begins; the page's header says it too (`hf_offset`), in 16 bits. */
function lowestItem(pages: Pages, page: Buffer): number {
  const items = pages.u16(page, 20);
  return items === 0 ? pages.size & 0xffff : pages.u16(page, PAGE_HEADER + (items - 1) * 2);
}

function valueAt(pages: Pages, page: Buffer, start: number, end: number): Buffer | undefined {
  const kind = page.readUInt8(start);
  if (kind === INLINE) return end > start && end <= page.length ? page.subarray(start + 1, end) : undefined;
  if (kind !== OFF_PAGE) return undefined;
  return readOverflow(pages, pages.u32(page, start + 4), pages.u32(page, start + 8));
}

function readOverflow(pages: Pages, first: number, length: number): Buffer | undefined {
  const parts: Buffer[] = [];
  let size = 0;
  for (let number = first; number !== 0 && size < length; ) {
    const page = pages.at(number);
    if (pages.taken.has(number) || page.readUInt8(25) !== OVERFLOW) return undefined;
    pages.taken.add(number);
    const part = page.subarray(PAGE_HEADER, PAGE_HEADER + pages.u16(page, 22));
    parts.push(part);
    size += part.length;
    number = pages.u32(page, 16);
  }
  return size === length ? Buffer.concat(parts) : undefined;
}
