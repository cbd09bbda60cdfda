import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Real programs as parts: files of a folder that fuzz.test.ts fills, named by FUZZ_BINARIES. */

export interface Binary {
  name: string;
  bytes: Buffer;
  /** Where changes mean something: headers, tables of sections and symbols, what Go says of the build. */
  windows: [number, number][];
}

/** Sections that the inspection looks into. */
const READ =
  /^\.(dynamic|dynstr|dynsym|gnu\.version(_[rd])?|interp|go\.buildinfo|data\.rel\.ro|rela\.dyn|relr\.dyn|symtab)$/;
/** Bytes at the beginning of a section. */
const WINDOW = 6000;

let binaries: Binary[] | undefined;

/** The programs, read once. */
export function realBinaries(): Binary[] {
  const folder = process.env.FUZZ_BINARIES ?? "";
  binaries ??= readdirSync(folder).map((name) => {
    const bytes = readFileSync(join(folder, name));
    return { name, bytes, windows: findWindows(bytes) };
  });
  return binaries;
}

/** Of 64-bit little-endian ELF files. */
function findWindows(bytes: Buffer): [number, number][] {
  const table = Number(bytes.readBigUInt64LE(40));
  const [size, count, names] = [58, 60, 62].map((at) => bytes.readUInt16LE(at)) as [number, number, number];
  const section = (index: number) => table + index * size;
  const offset = (index: number) => Number(bytes.readBigUInt64LE(section(index) + 24));
  const windows: [number, number][] = [
    [0, 1024],
    [table, table + size * count],
  ];
  for (let i = 0; i < count; i++) {
    const at = offset(names) + bytes.readUInt32LE(section(i));
    const name = bytes.toString("latin1", at, bytes.indexOf(0, at));
    const length = Number(bytes.readBigUInt64LE(section(i) + 32));
    if (READ.test(name)) windows.push([offset(i), offset(i) + Math.min(length, WINDOW)]);
  }
  // What Go says of the build lies behind its mark, in the data.
  const built = bytes.indexOf("\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6", 0, "latin1");
  if (built >= 0) windows.push([built, built + WINDOW]);
  return windows;
}
