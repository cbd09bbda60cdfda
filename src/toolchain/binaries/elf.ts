import { withinBounds } from "../bounds.ts";

/** Reads what the loader reads of an ELF file: header and program headers, never section headers (stripped and packed files
 * have none). Field layout: elf(5). Every offset comes from the file, so every read is bounds-checked and every loop bounded. */

export interface ElfSegment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
}

export interface ElfHeader {
  bits: 32 | 64;
  littleEndian: boolean;
  machine: number;
  /** GOARCH-like name: `amd64`, `arm64`, `arm`; undefined for machines not known here. */
  architecture: string | undefined;
  segments: ElfSegment[];
}

export interface ElfDynamic {
  needed: string[];
  soname: string | undefined;
  /** RUNPATH, or RPATH where there is none. */
  runpath: string[];
  /** The paths are an RPATH: they also hold for the libraries of its libraries. */
  isRpath: boolean;
  /** Read when asked for: an image has thousands of programs of which nobody wants to know. */
  versions(): ElfVersions;
}

export interface ElfVersions {
  /** Names of the version definitions, the base entry (the so-name itself) left out. */
  definitions: string[];
  /** Versions it asks of other libraries: `LIBNFTNL_16` of `libnftnl.so.11`. Weak ones, which may be absent, are left out. */
  needs: VersionNeed[];
}

export interface VersionNeed {
  library: string;
  version: string;
}

/** Parts of a file for those who read further than its dynamic section. */
export interface ElfView {
  header: ElfHeader;
  read: Reader;
  /** Where in the file a memory address comes from; undefined when from nowhere. */
  offsetOf(address: number): number | undefined;
  /** Value of the first dynamic entry with this tag. */
  dynamicValue(tag: number): number | undefined;
  /** The NUL-terminated text at an offset of the file. Throws RangeError outside of it. */
  text(offset: number): string;
}

/** @param bytes the whole file */
export function viewElf(bytes: Buffer, header: ElfHeader): ElfView {
  const read = reader(bytes, header.bits, header.littleEndian);
  const segment = header.segments.find((entry) => entry.type === PT_DYNAMIC);
  const entries = (segment && withinBounds(() => dynamicEntries(read, header.bits, segment))) ?? [];
  return {
    header,
    read,
    offsetOf: (address) => fileOffset(header, address),
    dynamicValue: (tag) => entries.find((entry) => entry.tag === tag)?.value,
    text: (offset) => stringAt(bytes, offset),
  };
}

export const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
export const PF_W = 2;
export const PF_X = 1;

const VER_FLG_WEAK = 2;

const MAX_SEGMENTS = 256;
const MAX_DYNAMIC_ENTRIES = 2048;
const MAX_VERSIONS = 1024;
const MAX_NAME_LENGTH = 1024;

/** True when the bytes begin with the ELF magic. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * @param bytes the file, or at least its header and program headers (in practice in the first 4 KiB)
 * @returns undefined when it is no ELF file or its headers lie outside the bytes
 */
export function readElfHeader(bytes: Buffer): ElfHeader | undefined {
  if (!isElf(bytes) || bytes.length < 52) return undefined;
  const bits = bytes[4] === 2 ? 64 : 32;
  const littleEndian = bytes[5] !== 2;
  return withinBounds(() => {
    const read = reader(bytes, bits, littleEndian);
    const machine = read.u16(18);
    const table = bits === 64 ? read.word(32) : read.word(28);
    const entrySize = read.u16(bits === 64 ? 54 : 42);
    const count = Math.min(read.u16(bits === 64 ? 56 : 44), MAX_SEGMENTS);
    const segments: ElfSegment[] = [];
    for (let i = 0; i < count; i++) segments.push(readSegment(read, bits, table + i * entrySize));
    return { bits, littleEndian, machine, architecture: architectureOf(machine, bits, littleEndian), segments };
  });
}

/** Path of the program interpreter; undefined for static files. */
export function readInterpreter(bytes: Buffer, header: ElfHeader): string | undefined {
  const segment = header.segments.find((entry) => entry.type === PT_INTERP);
  return segment && withinBounds(() => stringAt(bytes, segment.offset));
}

/**
 * The dynamic section.
 * @param bytes the whole file
 * @returns undefined for static files; throws nothing: a damaged section gives what could be read before the damage
 */
export function readElfDynamic(bytes: Buffer, header: ElfHeader): ElfDynamic | undefined {
  const segment = header.segments.find((entry) => entry.type === PT_DYNAMIC);
  if (!segment) return undefined;
  const versions: ElfVersions = { definitions: [], needs: [] };
  const dynamic: ElfDynamic = {
    needed: [],
    soname: undefined,
    runpath: [],
    isRpath: false,
    versions: () => versions,
  };
  withinBounds(() => fillDynamic(dynamic, bytes, header, segment));
  return dynamic;
}

const DT = {
  NEEDED: 1,
  STRTAB: 5,
  SONAME: 14,
  RPATH: 15,
  RUNPATH: 29,
  VERDEF: 0x6ffffffc,
  VERDEFNUM: 0x6ffffffd,
  VERNEED: 0x6ffffffe,
  VERNEEDNUM: 0x6fffffff,
} as const;

function fillDynamic(dynamic: ElfDynamic, bytes: Buffer, header: ElfHeader, segment: ElfSegment): void {
  const read = reader(bytes, header.bits, header.littleEndian);
  const entries = dynamicEntries(read, header.bits, segment);
  const valuesOf = (tag: number) => entries.filter((entry) => entry.tag === tag).map((entry) => entry.value);
  const strings = fileOffset(header, valuesOf(DT.STRTAB)[0]);
  if (strings === undefined) return;
  const name = (offset: number) => stringAt(bytes, strings + offset);
  for (const offset of valuesOf(DT.NEEDED)) dynamic.needed.push(name(offset));
  const soname = valuesOf(DT.SONAME)[0];
  if (soname !== undefined) dynamic.soname = name(soname);
  const own = valuesOf(DT.RUNPATH)[0];
  const runpath = own ?? valuesOf(DT.RPATH)[0];
  dynamic.isRpath = own === undefined && runpath !== undefined;
  if (runpath !== undefined) dynamic.runpath = name(runpath).split(":");
  dynamic.versions = () => readVersions(read, header, valuesOf, name);
}

function readVersions(
  read: Reader,
  header: ElfHeader,
  valuesOf: (tag: number) => number[],
  name: (offset: number) => string,
): ElfVersions {
  const versions: ElfVersions = { definitions: [], needs: [] };
  withinBounds(() => {
    const tableAt = (start: number, number: number): VersionTable | undefined => {
      const at = fileOffset(header, valuesOf(start)[0]);
      return at === undefined ? undefined : { read, at, count: Math.min(valuesOf(number)[0] ?? 0, MAX_VERSIONS), name };
    };
    const definitions = tableAt(DT.VERDEF, DT.VERDEFNUM);
    if (definitions) readVersionDefinitions(definitions, versions.definitions);
    const needs = tableAt(DT.VERNEED, DT.VERNEEDNUM);
    if (needs) readVersionNeeds(needs, versions.needs);
  });
  return versions;
}

function dynamicEntries(read: Reader, bits: 32 | 64, segment: ElfSegment): { tag: number; value: number }[] {
  const size = bits / 4;
  const count = Math.min(Math.floor(segment.fileSize / size), MAX_DYNAMIC_ENTRIES);
  const entries: { tag: number; value: number }[] = [];
  for (let i = 0; i < count; i++) {
    const tag = read.word(segment.offset + i * size);
    if (tag === 0) break;
    entries.push({ tag, value: read.word(segment.offset + i * size + size / 2) });
  }
  return entries;
}

/** A chain of version records, which have one layout in both classes. */
interface VersionTable {
  read: Reader;
  /** Where the first one is in the file. */
  at: number;
  count: number;
  name(offset: number): string;
}

function readVersionDefinitions({ read, at: start, count, name }: VersionTable, into: string[]): void {
  let at = start;
  for (let i = 0; i < count; i++) {
    const isBase = (read.u16(at + 2) & 1) === 1;
    if (!isBase) into.push(name(read.u32(at + read.u32(at + 12))));
    const next = read.u32(at + 16);
    if (next === 0) return;
    at += next;
  }
}

function readVersionNeeds({ read, at: start, count, name }: VersionTable, into: VersionNeed[]): void {
  let at = start;
  let left = MAX_VERSIONS;
  for (let i = 0; i < count; i++) {
    const library = name(read.u32(at + 4));
    let auxiliary = at + read.u32(at + 8);
    for (let j = read.u16(at + 2); j > 0; j--) {
      if (left-- === 0) return;
      const isWeak = (read.u16(auxiliary + 4) & VER_FLG_WEAK) !== 0;
      if (!isWeak) into.push({ library, version: name(read.u32(auxiliary + 8)) });
      const next = read.u32(auxiliary + 12);
      if (next === 0) break;
      auxiliary += next;
    }
    const next = read.u32(at + 12);
    if (next === 0) return;
    at += next;
  }
}

function readSegment(read: Reader, bits: 32 | 64, at: number): ElfSegment {
  return bits === 64
    ? {
        type: read.u32(at),
        flags: read.u32(at + 4),
        offset: read.word(at + 8),
        address: read.word(at + 16),
        fileSize: read.word(at + 32),
      }
    : {
        type: read.u32(at),
        flags: read.u32(at + 24),
        offset: read.u32(at + 4),
        address: read.u32(at + 8),
        fileSize: read.u32(at + 16),
      };
}

/** Where in the file a memory address comes from. */
function fileOffset(header: ElfHeader, address: number | undefined): number | undefined {
  if (address === undefined) return undefined;
  const segment = header.segments.find(
    (entry) => entry.type === PT_LOAD && address >= entry.address && address < entry.address + entry.fileSize,
  );
  return segment && address - segment.address + segment.offset;
}

interface Reader {
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  /** A pointer-wide unsigned number. Beyond 2^53 it loses precision, which no offset that lies in a file does. */
  word(at: number): number;
}

function reader(bytes: Buffer, bits: 32 | 64, littleEndian: boolean): Reader {
  // Part of the engine, which Buffer's own readers are not: those are slow until they have been compiled.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u8 = (at: number) => view.getUint8(at);
  const u16 = (at: number) => view.getUint16(at, littleEndian);
  const u32 = (at: number) => view.getUint32(at, littleEndian);
  const u64 = (at: number) => u32(littleEndian ? at : at + 4) + u32(littleEndian ? at + 4 : at) * 2 ** 32;
  return { u8, u16, u32, word: bits === 64 ? u64 : u32 };
}

function stringAt(bytes: Buffer, at: number): string {
  if (!Number.isSafeInteger(at) || at < 0 || at >= bytes.length) throw new RangeError("string outside the file");
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, Math.min(end < 0 ? bytes.length : end, at + MAX_NAME_LENGTH));
}

/** e_machine values: elf.h of glibc; names as in Go's GOARCH and in image platforms. */
function architectureOf(machine: number, bits: 32 | 64, littleEndian: boolean): string | undefined {
  switch (machine) {
    case 3:
      return "386";
    case 8:
      return `mips${bits === 64 ? "64" : ""}${littleEndian ? "le" : ""}`;
    case 20:
      return "ppc";
    case 21:
      return littleEndian ? "ppc64le" : "ppc64";
    case 22:
      return "s390x";
    case 40:
      return "arm";
    case 62:
      return "amd64";
    case 183:
      return "arm64";
    case 243:
      return bits === 64 ? "riscv64" : "riscv32";
    case 258:
      return "loong64";
    default:
      return undefined;
  }
}
