import { withinBounds } from "../../bounds.ts";
import { collectPackages } from "../collect.ts";
import type { PackageEntry, ParsedPackages } from "../types.ts";
import { readRpmHeader } from "./header.ts";

/**
 * Reads the table `Packages` of `rpmdb.sqlite`, and of the write-ahead log that may lie beside it, by the file format
 * (https://www.sqlite.org/fileformat2.html). A file and its log can come in any order, and in different layers, so each is
 * first summarised by itself, page by page; {@link readSqlitePackages} lays the log's pages over the file's and walks the
 * table. A summary keeps package entries and page numbers, never a page.
 */
export interface SqlitePages {
  /** Root page of the table `Packages`, where a page that says so is among these. */
  root?: number;
  pages: Map<number, PageSummary>;
  problems: string[];
}

export type PageSummary = ({ children: number[] } | { rows: RowSummary[] }) & {
  /** Cells, free blocks and fragments don't make up the page: some cells are not told of. */
  isDamaged?: boolean;
};

export interface RowSummary {
  id: number;
  /** Undefined when its header cannot be read, or lies on pages that aren't among these. */
  entry?: PackageEntry;
  /** Pages behind the row's own that hold the rest of it. */
  overflow: number[];
}

/** Gives the bytes of a page; undefined for one that is not there. */
type PageSource = (number: number) => Buffer | undefined;

const MAGIC = "SQLite format 3\0";
const TABLE_INTERIOR = 5;
const TABLE_LEAF = 13;

/** True for the first bytes of an SQLite file. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.toString("latin1", 0, 16) === MAGIC;
}

/** Summarises the pages of the table `Packages` in a database file. Never throws. */
export function summariseSqlite(bytes: Buffer): SqlitePages {
  const summary: SqlitePages = { pages: new Map(), problems: [] };
  // Created and never checkpointed: all of it is in the log.
  if (bytes.length === 0) return summary;
  const size = withinBounds(() => pageSizes(bytes));
  if (!size || !isSqlite(bytes)) return { ...summary, problems: ["it is no SQLite file"] };
  const { pageSize, usable } = size;
  if (bytes.length % pageSize !== 0) summary.problems.push("it ends in the middle of a page");
  const pages: PageSource = (number) => {
    const start = (number - 1) * pageSize;
    return number >= 1 && start + pageSize <= bytes.length ? bytes.subarray(start, start + pageSize) : undefined;
  };
  const reader = createPageReader(pages, usable, bytes.length);
  const root = findRoot(reader);
  if (root === undefined) return summary;
  summary.root = root;
  summariseTable(reader, root, summary);
  return summary;
}

function pageSizes(bytes: Buffer): { pageSize: number; usable: number } {
  const stated = bytes.readUInt16BE(16);
  const pageSize = stated === 1 ? 65536 : stated;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) throw new RangeError("no page size");
  return { pageSize, usable: pageSize - bytes.readUInt8(20) };
}

const LOG_HEADER = 32;
const FRAME_HEADER = 24;

/** Summarises the committed pages of a write-ahead log (`rpmdb.sqlite-wal`). Never throws. */
export function summariseSqliteLog(bytes: Buffer): SqlitePages {
  const summary: SqlitePages = { pages: new Map(), problems: [] };
  if (bytes.length === 0) return summary;
  const committed = withinBounds(() => committedFrames(bytes));
  if (!committed) return { ...summary, problems: ["it is no write-ahead log of SQLite"] };
  const { frames, pageSize } = committed;
  if (frames.size === 0) return summary;
  const pages: PageSource = (number) => {
    const start = frames.get(number);
    return start === undefined ? undefined : bytes.subarray(start, start + pageSize);
  };
  const first = pages(1);
  const reader = createPageReader(pages, pageSize - (first?.readUInt8(20) ?? 0), bytes.length);
  for (const number of frames.keys()) {
    const page = withinBounds(() => reader.table(number));
    if (!page) continue;
    // Which table a page belongs to only its parents say, which may be in the file alone: the rows themselves tell.
    if ("children" in page) summary.pages.set(number, summariseInterior(page));
    else {
      const root = page.cells.map((cell) => rootOfSchemaRow(reader, cell)).find((found) => found !== undefined);
      if (root !== undefined) summary.root = root;
      if (page.cells.length > 0 && page.cells.every((cell) => withinBounds(() => isPackageRow(cell.local)) !== true))
        continue;
      summary.pages.set(number, summariseLeaf(reader, page));
    }
  }
  return summary;
}

/** Offset of the last committed content of each page. A frame counts when salt and running checksum fit; the first that
 * doesn't ends the log: what follows is left of an earlier use. */
function committedFrames(bytes: Buffer): { frames: Map<number, number>; pageSize: number } {
  const magic = bytes.readUInt32BE(0);
  if (magic !== 0x377f0682 && magic !== 0x377f0683) throw new RangeError("no log");
  const little = magic === 0x377f0682;
  const pageSize = bytes.readUInt32BE(8);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) throw new RangeError("no page size");
  const sum = createChecksum(little);
  sum.add(bytes.subarray(0, 24));
  if (!sum.equals(bytes, 24)) throw new RangeError("damaged header");
  const frames = new Map<number, number>();
  let open = new Map<number, number>();
  for (let at = LOG_HEADER; at + FRAME_HEADER + pageSize <= bytes.length; at += FRAME_HEADER + pageSize) {
    if (bytes.compare(bytes, 16, 24, at + 8, at + 16) !== 0) break;
    sum.add(bytes.subarray(at, at + 8));
    sum.add(bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + pageSize));
    if (!sum.equals(bytes, at + 16)) break;
    open.set(bytes.readUInt32BE(at), at + FRAME_HEADER);
    if (bytes.readUInt32BE(at + 4) === 0) continue;
    for (const [number, start] of open) frames.set(number, start);
    open = new Map();
  }
  return { frames, pageSize };
}

function createChecksum(little: boolean) {
  let first = 0;
  let second = 0;
  return {
    add(bytes: Buffer): void {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let i = 0; i < bytes.length; i += 8) {
        first = (first + view.getUint32(i, little) + second) >>> 0;
        second = (second + view.getUint32(i + 4, little) + first) >>> 0;
      }
    },
    equals: (bytes: Buffer, at: number) => bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second,
  };
}

interface Cell {
  id: number;
  /** Bytes of the row, the overflowing ones included. */
  size: number;
  local: Buffer;
  /** First overflow page; 0 when the row is all here. */
  next: number;
  /** Where it lies on the page. */
  start: number;
  end: number;
}

type TablePage = ({ children: number[] } | { cells: Cell[] }) & { isDamaged: boolean };

interface PageReader {
  /** A page of a table; undefined for any other page. Throws RangeError for a damaged one. */
  table(number: number): TablePage | undefined;
  /** The whole row, or how far it could be read. */
  row(cell: Cell): { bytes?: Buffer; overflow: number[] };
}

function createPageReader(pages: PageSource, usable: number, total: number): PageReader {
  // A page belongs to one row: seen twice, the chain loops. This also bounds the work by the size of the file.
  const taken = new Set<number>();
  return {
    table(number) {
      const page = pages(number);
      if (!page) throw new RangeError(`page ${number} is not there`);
      return readTablePage(page, number === 1 ? 100 : 0, usable);
    },
    row(cell) {
      const parts = [cell.local];
      const overflow: number[] = [];
      let rest = cell.size - cell.local.length;
      let next = cell.next;
      if (cell.size > total) return { overflow: next === 0 ? [] : [next] };
      while (rest > 0) {
        if (next === 0) return { overflow };
        overflow.push(next);
        const page = pages(next);
        if (!page || taken.has(next)) return { overflow };
        taken.add(next);
        const part = page.subarray(4, Math.min(4 + rest, usable));
        parts.push(part);
        rest -= part.length;
        next = page.readUInt32BE(0);
      }
      return { bytes: parts.length === 1 ? cell.local : Buffer.concat(parts), overflow };
    },
  };
}

function readTablePage(page: Buffer, start: number, usable: number): TablePage | undefined {
  const type = page.readUInt8(start);
  if (type !== TABLE_INTERIOR && type !== TABLE_LEAF) return undefined;
  const count = page.readUInt16BE(start + 3);
  const array = start + (type === TABLE_INTERIOR ? 12 : 8);
  const offsets = Array.from({ length: count }, (_, i) => page.readUInt16BE(array + i * 2));
  const taken = usable - (page.readUInt16BE(start + 5) || 65536) - unusedBytes(page, start);
  if (type === TABLE_INTERIOR) {
    const size = offsets.reduce((sum, at) => sum + readVarint(page, at + 4).next - at, 0);
    const children = [...offsets.map((at) => page.readUInt32BE(at)), page.readUInt32BE(start + 8)];
    return { children, isDamaged: size !== taken };
  }
  const cells = offsets.map((at) => readCell(page, at, usable));
  // A cell takes no less than a free block would.
  const size = cells.reduce((sum, cell) => sum + Math.max(4, cell.end - cell.start), 0);
  return { cells, isDamaged: size !== taken };
}

/** Bytes of the free blocks, which are a chain in order of offsets, and of the fragments too small to be one. */
function unusedBytes(page: Buffer, start: number): number {
  let unused = page.readUInt8(start + 7);
  let last = 0;
  for (let at = page.readUInt16BE(start + 1); at > last; at = page.readUInt16BE(at)) {
    unused += page.readUInt16BE(at + 2);
    last = at;
  }
  return unused;
}

function readCell(page: Buffer, at: number, usable: number): Cell {
  const size = readVarint(page, at);
  const id = readVarint(page, size.next);
  const start = id.next;
  const most = usable - 35;
  let here = size.value;
  if (here > most) {
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const fitting = least + ((size.value - least) % (usable - 4));
    here = fitting <= most ? fitting : least;
  }
  if (start + here > page.length) throw new RangeError("row outside the page");
  const isWhole = here === size.value;
  const next = isWhole ? 0 : page.readUInt32BE(start + here);
  const end = start + here + (isWhole ? 0 : 4);
  return { id: id.value, size: size.value, local: page.subarray(start, start + here), next, start: at, end };
}

/** Big-endian, seven bits a byte, at most nine bytes; beyond 2^53 it loses precision, which no size or row here does. */
function readVarint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes.readUInt8(start + i);
    if (i === 8) return { value: value * 256 + byte, next: start + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  throw new RangeError("no number");
}

/** Columns of a record: kind and where its content lies. */
function readRecord(bytes: Buffer, most: number): { type: number; start: number; size: number }[] {
  const header = readVarint(bytes, 0);
  const columns: { type: number; start: number; size: number }[] = [];
  let start = header.value;
  for (let at = header.next; at < header.value && columns.length < most; ) {
    const { value: type, next } = readVarint(bytes, at);
    const size = columnSize(type);
    columns.push({ type, start, size });
    start += size;
    at = next;
  }
  return columns;
}

function columnSize(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}

/** `Packages` has two columns: the number, which is the row's own and stored as NULL, and the header. */
function isPackageRow(local: Buffer): boolean {
  const [id, header, more] = readRecord(local, 3);
  return id?.type === 0 && header !== undefined && header.type >= 12 && header.type % 2 === 0 && more === undefined;
}

/** The schema table: type, name, table name, root page, SQL. The root page of `Packages`, when this row is about it. */
function rootOfSchemaRow(reader: PageReader, cell: Cell): number | undefined {
  return withinBounds(() => {
    if (cell.size > 4096) return undefined;
    const columns = readRecord(cell.local, 6);
    const [type, name, , root] = columns;
    if (columns.length !== 5 || !type || !name || !root) return undefined;
    const bytes = reader.row(cell).bytes;
    const text = (column: { start: number; size: number }) =>
      bytes?.toString("latin1", column.start, column.start + column.size);
    if (!bytes || text(type) !== "table" || text(name) !== "Packages") return undefined;
    return root.size >= 1 && root.size <= 6 ? bytes.readUIntBE(root.start, root.size) : undefined;
  });
}

function findRoot(reader: PageReader): number | undefined {
  let root: number | undefined;
  walkTable(1, (number) => {
    const page = withinBounds(() => reader.table(number));
    if (!page || "children" in page) return page?.children ?? [];
    for (const cell of page.cells) root ??= rootOfSchemaRow(reader, cell);
    return [];
  });
  return root;
}

/** Visits each page of a table once, in order. `visit` gives a page's children. */
function walkTable(root: number, visit: (number: number) => number[]): void {
  const seen = new Set<number>();
  const stack = [root];
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    if (seen.has(number)) continue;
    seen.add(number);
    for (const child of visit(number).toReversed()) stack.push(child);
  }
}

function summariseTable(reader: PageReader, root: number, summary: SqlitePages): void {
  walkTable(root, (number) => {
    const page = withinBounds(() => reader.table(number));
    if (!page) return [];
    if ("children" in page) {
      summary.pages.set(number, summariseInterior(page));
      return page.children;
    }
    summary.pages.set(number, summariseLeaf(reader, page));
    return [];
  });
}

function summariseInterior({ children, isDamaged }: { children: number[]; isDamaged: boolean }): PageSummary {
  return isDamaged ? { children, isDamaged } : { children };
}

function summariseLeaf(reader: PageReader, { cells, isDamaged }: { cells: Cell[]; isDamaged: boolean }): PageSummary {
  const rows = cells.map((cell) => summariseRow(reader, cell));
  return isDamaged ? { rows, isDamaged } : { rows };
}

function summariseRow(reader: PageReader, cell: Cell): RowSummary {
  const { bytes, overflow } = withinBounds(() => reader.row(cell)) ?? { overflow: [] };
  const entry = bytes && withinBounds(() => readPackageRow(bytes));
  return entry ? { id: cell.id, overflow, entry } : { id: cell.id, overflow };
}

function readPackageRow(bytes: Buffer): PackageEntry | undefined {
  if (!isPackageRow(bytes)) return undefined;
  const header = readRecord(bytes, 2)[1];
  return header && readRpmHeader(bytes.subarray(header.start, header.start + header.size));
}

/**
 * The packages of a database file with its write-ahead log laid over it.
 * @param log absent when there is none
 */
export function readSqlitePackages(file: SqlitePages, log?: SqlitePages): ParsedPackages {
  const { parsed, add, report } = collectPackages([...file.problems, ...(log?.problems ?? [])]);
  const root = log?.root ?? file.root;
  if (root === undefined) {
    report("it has no table Packages");
    return parsed;
  }
  const rest = log && rowsByOverflow(file);
  walkTable(root, (number) => {
    const page = log?.pages.get(number) ?? file.pages.get(number);
    if (page?.isDamaged) report(`page ${number} is damaged`);
    if (!page) report(`page ${number} cannot be read`);
    else if ("children" in page) return page.children;
    else
      for (const row of page.rows) {
        const entry = row.entry ?? rest?.(row);
        if (!entry) report(`record ${row.id} cannot be read`);
        else add(entry);
      }
    return [];
  });
  return parsed;
}

/** A page in the log repeats rows that did not change; their overflow pages stay in the file. */
function rowsByOverflow(file: SqlitePages): (row: RowSummary) => PackageEntry | undefined {
  const rows = new Map<number, RowSummary>();
  for (const page of file.pages.values())
    if ("rows" in page) for (const row of page.rows) if (row.overflow[0] !== undefined) rows.set(row.overflow[0], row);
  return (row) => {
    const same = row.overflow[0] === undefined ? undefined : rows.get(row.overflow[0]);
    return same?.id === row.id ? same.entry : undefined;
  };
}
