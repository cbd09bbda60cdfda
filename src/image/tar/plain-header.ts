/** What one header block says. */
export interface TarHeader {
  /** latin1: one character a byte. */
  name: string;
  linkname: string;
  /** The type flag's character; NUL in old archives. */
  flag: string;
  mode: number;
  uid: number;
  gid: number;
  /** Value of the size field. */
  size: number;
}

const USTAR = 0x00;
const GNU = 0x20;

/**
 * The fields of a plain header: ustar or GNU magic, right checksum, all numbers in octal digits. Anything else gives
 * undefined and is left to the decoder that knows all forms.
 * @param block 512 bytes
 */
export function decodePlainHeader(block: Buffer): TarHeader | undefined {
  // "ustar", then the byte in which the formats differ
  if (block.readUInt32BE(257) !== 0x75737461 || block[261] !== 0x72) return undefined;
  const format = block[262];
  if (format !== USTAR && !(format === GNU && block[263] === 0x20 && block[264] === 0)) return undefined;
  const mode = readOctal(block, 100, 108);
  const uid = readOctal(block, 108, 116);
  const gid = readOctal(block, 116, 124);
  const size = readOctal(block, 124, 136);
  if (mode < 0 || uid < 0 || gid < 0 || size < 0 || readOctal(block, 148, 156) !== sumBytes(block)) return undefined;
  return {
    name: readName(block),
    linkname: readText(block, 157, 257),
    flag: String.fromCharCode(block[156] ?? 0),
    mode: mode & 0o7777,
    uid,
    gid,
    size,
  };
}

/**
 * The name in a header, what stands in front of it included, as Go's reader has it: star's prefix is shorter than that of
 * ustar, and where GNU has times there is a prefix when they are none (an old writer's mistake, golang.org/issue/12594).
 * @param block 512 bytes
 */
export function readName(block: Buffer): string {
  const base = readText(block, 0, 100);
  const magic = block.toString("latin1", 257, 265);
  let prefix = "";
  if (magic.startsWith("ustar\0"))
    prefix = readText(block, 345, block.toString("latin1", 508, 512) === "tar\0" ? 476 : 500);
  else if (magic === "ustar  \0" && !(isTime(block, 345) && isTime(block, 357))) {
    const text = readText(block, 345, 500);
    if (/^[\x01-\x7f]*$/.test(text)) prefix = text;
  }
  return prefix === "" ? base : `${prefix}/${base}`;
}

/** True for a number of twelve characters, and for none. */
function isTime(block: Buffer, from: number): boolean {
  const first = block[from] ?? 0;
  if (first === 0) return true;
  if ((first & 0x80) !== 0) return isSmall(block.subarray(from, from + 12));
  // Blanks and zeros around it are no part of it; within, a zero ends it.
  const digits = block
    .toString("latin1", from, from + 12)
    .replace(/^[ \0]+|[ \0]+$/g, "")
    .replace(/\0.*$/s, "");
  return digits === "" || /^[0-7]+$/.test(digits);
}

/** A number in base 256 that fits into 63 bits. */
function isSmall(field: Buffer): boolean {
  const inverted = ((field[0] ?? 0) & 0x40) !== 0 ? 0xff : 0;
  const bytes = [...field].map((byte, i) => (byte ^ inverted) & (i === 0 ? 0x7f : 0xff));
  return bytes.slice(0, 4).every((byte) => byte === 0) && (bytes[4] ?? 0) < 0x80;
}

/** -1 when the field holds anything but blanks or zeros in front, octal digits, and a blank or zero behind. */
function readOctal(block: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  return at === end || block[at] === 0x20 || block[at] === 0 ? value : -1;
}

function readText(block: Buffer, from: number, limit: number): string {
  let end = from;
  while (end < limit && block[end] !== 0) end++;
  return end === from ? "" : block.toString("latin1", from, end);
}

/** The checksum: its own field counts as blanks. */
function sumBytes(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += block[i] ?? 0;
  for (let i = 156; i < 512; i++) sum += block[i] ?? 0;
  return sum;
}
