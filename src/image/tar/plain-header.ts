import type { TarHeader } from "./header.ts";

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
  const prefix = format === USTAR ? readText(block, 345, 500) : "";
  const base = readText(block, 0, 100);
  const name = prefix === "" ? base : `${prefix}/${base}`;
  const flag = block[156] === 0 ? 0x30 : (block[156] ?? 0);
  return {
    name,
    linkname: readText(block, 157, 257),
    flag: flag === 0x30 && name.endsWith("/") ? "5" : String.fromCharCode(flag),
    mode: mode & 0o7777,
    uid,
    gid,
    size,
  };
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
