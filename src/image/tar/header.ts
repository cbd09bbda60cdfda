import tarStream from "../../../node_modules/tar-stream/headers.js";
import { UserError } from "../../model/error.ts";
import { decodePlainHeader, readName, type TarHeader } from "./plain-header.ts";

/**
 * One header block. tar-stream's decoder reads it and checks its checksum; here stands what it is lenient or silent about.
 * Its stream interface is not used: it makes a stream per entry, which costs more than decompressing small files, and it
 * stops at a link whose size field is not zero. Since its decoder too makes a dozen objects per header, plain headers, which
 * nearly all are, take a short way (`plain-header.ts`) with the same result.
 */

export const BLOCK = 512;

/**
 * @param block 512 bytes
 * @param offset where it stands, for errors
 * @returns null for a block of zeros
 */
export function decodeHeader(block: Buffer, offset: number): TarHeader | null {
  return decodePlainHeader(block) ?? decodeAnyHeader(block, offset);
}

/** The long way: any header that tar-stream reads. */
export function decodeAnyHeader(block: Buffer, offset: number): TarHeader | null {
  const header = decodeFields(block, offset);
  if (header === null) {
    // tar-stream takes any block for an empty one whose bytes outside the checksum field are zero.
    if (block.some((byte) => byte !== 0)) throw invalid(offset, "wrong checksum");
    return null;
  }
  return {
    name: readName(block),
    linkname: header.linkname ?? "",
    flag: String.fromCharCode(block[156] ?? 0),
    mode: (header.mode || 0) & 0o7777,
    uid: header.uid || 0,
    gid: header.gid || 0,
    size: checkSize(block, header.size, offset),
  };
}

function decodeFields(block: Buffer, offset: number) {
  try {
    return tarStream.decode(block, "latin1", true);
  } catch {
    if (!hasSignedChecksum(block)) throw invalid(offset, "wrong checksum");
    return tarStream.decode(withUnsignedChecksum(block), "latin1", true);
  }
}

/** tar-stream reads as many octal digits as there are; a size must be all digits, or the entries after it are lost. */
function checkSize(block: Buffer, size: number | null, offset: number): number {
  const isBinary = ((block[SIZE] ?? 0) & 0x80) !== 0;
  if (!isBinary && !isOctal(block, SIZE, SIZE + 12)) throw invalid(offset, "its size is not a number");
  // tar-stream reads -1 as 0.
  if ((isBinary && block[SIZE] !== 0x80) || size === null || !Number.isSafeInteger(size) || size < 0)
    throw invalid(offset, "impossible size");
  return size;
}

const SIZE = 124;

/** Blanks or zeros, octal digits, and nothing else up to a blank or zero. */
function isOctal(block: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  while (at < end && (block[at] ?? 0) >= 0x30 && (block[at] ?? 0) <= 0x37) at++;
  return at === end || block[at] === 0x20 || block[at] === 0;
}

function sum(block: Buffer, signed: boolean): number {
  let total = 0;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) total += 0x20;
    else total += signed ? block.readInt8(i) : block.readUInt8(i);
  }
  return total;
}

/** False for 512 bytes that no reader of tar takes for a header: their checksum is of nothing. */
export function mayBeHeader(block: Buffer): boolean {
  const stated = Number.parseInt(block.toString("latin1", 148, 156).replace(/^[ \0]+/, ""), 8);
  return stated === sum(block, false) || stated === sum(block, true);
}

/** Some old writers summed the bytes as signed characters, which differs for names outside ASCII. */
function hasSignedChecksum(block: Buffer): boolean {
  return Number.parseInt(block.toString("latin1", 148, 156).replace(/^[ \0]+/, ""), 8) === sum(block, true);
}

function withUnsignedChecksum(block: Buffer): Buffer {
  const copy = Buffer.from(block);
  copy.write(`${sum(block, false).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

function invalid(offset: number, why: string): UserError {
  if (offset === 0) return new UserError(`it is no tar archive (its first block: ${why})`);
  return new UserError(`invalid tar header at byte ${offset}: ${why}`);
}
