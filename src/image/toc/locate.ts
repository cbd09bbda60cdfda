import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { digestOf, requireDigest } from "../digest.ts";
import type { ReadLimits } from "../limits.ts";
import { createTarReader } from "../tar/reader.ts";
import type { TocPointer } from "./pointer.ts";
import { TocProblem, UselessToc } from "./problem.ts";

/** Gives a part of a layer. Throws when it cannot be had exactly. */
export type RangeReader = (from: number, length: number) => Promise<Buffer>;

/** Bytes of a table as stored, and of its JSON: some 100,000 files. */
export const MAX_STORED = 16 * 2 ** 20;
const MAX_JSON = 40 * 2 ** 20;
const FOOTER_BYTES = 51;
/** The header of the skippable frame that holds the table. */
const SKIPPABLE_HEADER = 8;

/**
 * Fetches the table of contents and compares its digest.
 * @param size bytes of the layer
 * @returns the JSON, and where the layer's files end
 * @throws TocProblem when it is not there, or is not the one that the manifest names
 */
export async function fetchToc(
  pointer: TocPointer,
  size: number,
  read: RangeReader,
  limits: ReadLimits,
): Promise<{ json: Buffer; dataEnd: number }> {
  return pointer.format === "eStargz" ? fetchGzip(pointer, size, read, limits) : fetchZstd(pointer, size, read);
}

async function fetchGzip(
  { digest }: TocPointer,
  size: number,
  read: RangeReader,
  limits: ReadLimits,
): Promise<{ json: Buffer; dataEnd: number }> {
  if (size <= FOOTER_BYTES) throw new UselessToc("it has no footer");
  const dataEnd = parseFooter(await read(size - FOOTER_BYTES, FOOTER_BYTES));
  const length = size - FOOTER_BYTES - dataEnd;
  if (length <= 0) throw new UselessToc("its footer leads nowhere");
  const stored = await readBounded(read, dataEnd, length);
  const tar = unpack(() => gunzipSync(stored, { maxOutputLength: MAX_JSON }));
  const json = extractIndex(tar, limits);
  requireSame(digest, json);
  return { json, dataEnd };
}

/** An empty gzip member whose extra field holds the offset (RFC 1952, section 2.3.1.1). */
function parseFooter(footer: Buffer): number {
  if (footer.includes("STARGZEXTERNALTOC")) throw new TocProblem("its table of contents is in another image");
  const isMember = footer.readUInt32BE(0) === 0x1f8b0804 && footer.readUInt16LE(10) === 26;
  const isField = footer.toString("latin1", 12, 14) === "SG" && footer.readUInt16LE(14) === 22;
  const [, hex] = /^([0-9a-f]{16})STARGZ$/.exec(footer.toString("latin1", 16, 38)) ?? [];
  const offset = Number.parseInt(hex ?? "", 16);
  if (!isMember || !isField || !Number.isSafeInteger(offset)) throw new UselessToc("it has no footer of eStargz");
  return offset;
}

function extractIndex(tar: Buffer, limits: ReadLimits): Buffer {
  const pieces: Buffer[] = [];
  const reader = createTarReader((member) => {
    if (member.name !== "stargz.index.json") return undefined;
    return {
      write: (chunk) => pieces.push(Buffer.from(chunk)) > 0,
      end() {},
    };
  }, limits);
  reader.push(tar);
  reader.end();
  return Buffer.concat(pieces);
}

async function fetchZstd(
  { digest, offset, length, jsonLength }: TocPointer & { format: "zstd:chunked" },
  size: number,
  read: RangeReader,
): Promise<{ json: Buffer; dataEnd: number }> {
  if (offset < SKIPPABLE_HEADER || offset + length > size)
    throw new UselessToc("its table of contents lies outside of it");
  if (jsonLength > MAX_JSON) throw new TocProblem("its table of contents is too large");
  const stored = await readBounded(read, offset, length);
  requireSame(digest, stored);
  const json = unpack(() => zstdDecompressSync(stored, { maxOutputLength: MAX_JSON }));
  if (json.length !== jsonLength)
    throw new TocProblem("its table of contents has another length than the manifest says");
  return { json, dataEnd: offset - SKIPPABLE_HEADER };
}

async function readBounded(read: RangeReader, from: number, length: number): Promise<Buffer> {
  if (length > MAX_STORED) throw new TocProblem("its table of contents is too large");
  return read(from, length);
}

function unpack(work: () => Buffer): Buffer {
  try {
    return work();
  } catch (error) {
    throw new TocProblem("its table of contents cannot be unpacked", { cause: error });
  }
}

function requireSame(digest: string, data: Buffer): void {
  if (digestOf(data, requireDigest(digest).algorithm) !== digest)
    throw new UselessToc("its table of contents has another digest than the manifest says");
}
