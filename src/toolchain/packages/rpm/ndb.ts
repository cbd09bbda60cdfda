import { withinBounds } from "../../bounds.ts";
import { collectPackages } from "../collect.ts";
import type { ParsedPackages } from "../types.ts";
import { readRpmHeader } from "./header.ts";

/**
 * Reads rpm's own `Packages.db` (ndb; openSUSE and SLES): pages of slots that say where each package's block lies, and the
 * blocks, marked at both ends, with a checksum. Numbers are little-endian. Layout: lib/backend/ndb/rpmpkg.c of rpm.
 */

const MAGIC = "RpmP";
const PAGE_SIZE = 4096;
const SLOT_SIZE = 16;
/** The first slots' place holds the file's header. */
const FIRST_SLOT = 2;
const UNIT = 16;
const BLOCK_HEAD = 16;
const BLOCK_TAIL = 12;

/** True for the first bytes of an ndb file. */
export function isNdb(bytes: Buffer): boolean {
  return bytes.toString("latin1", 0, 4) === MAGIC;
}

/** The packages of an ndb file. Never throws. */
export function readNdb(bytes: Buffer): ParsedPackages {
  const { parsed, add, report } = collectPackages();
  const slotPages = withinBounds(() => bytes.readUInt32LE(12));
  if (slotPages === undefined || slotPages === 0 || slotPages * PAGE_SIZE > bytes.length) {
    report("its table of packages lies outside the file");
    return parsed;
  }
  // Blocks don't overlap; so many bytes of them as the file has is all there can be.
  let left = bytes.length;
  for (let slot = FIRST_SLOT; slot < (slotPages * PAGE_SIZE) / SLOT_SIZE; slot++) {
    const at = slot * SLOT_SIZE;
    if (bytes.toString("latin1", at, at + 4) !== "Slot") {
      report(`slot ${slot} is none`);
      continue;
    }
    const index = bytes.readUInt32LE(at + 4);
    if (index === 0) {
      // rpm clears a slot whole.
      if (bytes.readUInt32LE(at + 8) !== 0 || bytes.readUInt32LE(at + 12) !== 0) report(`slot ${slot} is damaged`);
      continue;
    }
    const blob = withinBounds(() => readBlock(bytes, index, at));
    left -= blob?.length ?? 0;
    if (left < 0) {
      report("its packages are larger than the file");
      return parsed;
    }
    const entry = blob && readRpmHeader(blob);
    if (!entry) report(`package ${index} cannot be read`);
    else add(entry);
  }
  return parsed;
}

function readBlock(bytes: Buffer, index: number, slot: number): Buffer {
  const start = bytes.readUInt32LE(slot + 8) * UNIT;
  const size = bytes.readUInt32LE(slot + 12) * UNIT;
  const length = bytes.readUInt32LE(start + 12);
  const tail = start + size - BLOCK_TAIL;
  const isWhole =
    bytes.toString("latin1", start, start + 4) === "BlbS" &&
    bytes.readUInt32LE(start + 4) === index &&
    start + BLOCK_HEAD + length <= tail &&
    bytes.readUInt32LE(tail + 4) === length &&
    bytes.toString("latin1", tail + 8, tail + 12) === "BlbE";
  if (!isWhole || adler32(bytes.subarray(start, tail)) !== bytes.readUInt32LE(tail)) throw new RangeError("no block");
  return bytes.subarray(start + BLOCK_HEAD, start + BLOCK_HEAD + length);
}

/** RFC 1950, section 8.2. */
function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; ) {
    // So many sums fit into 32 bits before they have to be reduced.
    const end = Math.min(at + 3800, bytes.length);
    for (; at < end; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
