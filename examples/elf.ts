/**
 * Tiny ELF files that carry what a reader of bytes looks at: machine, interpreter, libraries asked for, own name, symbol
 * versions, strings, Go build information. They hold no code and cannot be run.
 */

type Architecture = "amd64" | "arm64";

export interface ElfSpec {
  architecture: Architecture;
  /** PT_INTERP; without one the file is a library or static. */
  interpreter?: string;
  /** DT_NEEDED, in order. */
  needed?: string[];
  soname?: string;
  /** Version definitions besides the base one: `LIBNFTNL_11`, ... */
  versions?: string[];
  /** Functions defined for others, by name. */
  exports?: string[];
  /** Laid into the read-only data, each between NUL bytes. */
  strings?: string[];
  /** Matches or targets that an extension of iptables registers, each with its highest revision; in a writable segment. */
  registers?: Registration[];
  /** Go build information, as {@link goBuildInfo} makes it; in a writable segment, where Go keeps it. */
  goBuildInfo?: Buffer;
}

export interface Registration {
  name: string;
  revision: number;
  /** NFPROTO_UNSPEC for all (default), NFPROTO_IPV4 and NFPROTO_IPV6 for one. */
  family?: 0 | 2 | 10;
}

const machines = { amd64: 62, arm64: 183 };
const headerSize = 64;
const programHeaderSize = 56;
const DT = {
  needed: 1,
  hash: 4,
  strtab: 5,
  rela: 7,
  relasz: 8,
  relaent: 9,
  symtab: 6,
  strsz: 10,
  syment: 11,
  soname: 14,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
};
const PT = { load: 1, dynamic: 2, interp: 3 };
const readable = 4;
const writable = 2;

interface Segment {
  type: number;
  flags: number;
  offset: number;
  size: number;
  align: number;
}

/** A 64-bit little-endian ELF file; addresses equal file offsets, and there are no sections, as in a stripped file. */
export function buildElf(spec: ElfSpec): Buffer {
  const dynamic = spec.needed !== undefined || spec.soname !== undefined;
  const parts = [dynamic, spec.interpreter !== undefined, spec.registers !== undefined, spec.goBuildInfo !== undefined];
  const count = 1 + parts.filter(Boolean).length;
  const body = createBody(headerSize + count * programHeaderSize);
  const segments: Segment[] = [];
  if (spec.interpreter !== undefined) {
    const text = Buffer.from(`${spec.interpreter}\0`);
    segments.push({ type: PT.interp, flags: readable, offset: body.add(text), size: text.length, align: 1 });
  }
  if (spec.strings) body.add(Buffer.from(`\0${spec.strings.join("\0")}\0`));
  const registered = spec.registers && addRegistrations(body, spec.registers, spec.architecture);
  if (registered) segments.push(registered.segment);
  if (dynamic) segments.push(addDynamic(body, spec, registered?.entries ?? []));
  const whole = { type: PT.load, flags: readable, offset: 0, size: 0, align: 16 };
  segments.unshift(whole);
  if (spec.goBuildInfo) {
    const offset = body.add(spec.goBuildInfo, 16);
    segments.push({ type: PT.load, flags: readable | writable, offset, size: spec.goBuildInfo.length, align: 16 });
  }
  whole.size = body.length();
  return Buffer.concat([fileHeader(spec, segments), ...segments.map(programHeader), body.bytes()]);
}

/** Bytes after the headers; `add` returns the file offset of what was added. */
function createBody(start: number) {
  const parts: Buffer[] = [];
  let length = start;
  const push = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  return {
    add(part: Buffer, align = 8): number {
      push(Buffer.alloc((align - (length % align)) % align));
      const offset = length;
      push(part);
      return offset;
    },
    length: () => length,
    bytes: () => Buffer.concat(parts),
  };
}

function addDynamic(body: ReturnType<typeof createBody>, spec: ElfSpec, further: [number, number][]): Segment {
  const names = stringTable();
  const entries: [number, number][] = (spec.needed ?? []).map((name) => [DT.needed, names.add(name)]);
  entries.push(...further);
  if (spec.soname !== undefined) entries.push([DT.soname, names.add(spec.soname)]);
  if (spec.versions && spec.soname !== undefined) {
    const versions = [spec.soname, ...spec.versions];
    entries.push([DT.verdef, body.add(versionDefinitions(versions, names.add))], [DT.verdefnum, versions.length]);
  }
  const symbols = ["", ...(spec.exports ?? [])];
  entries.push([DT.hash, body.add(symbolHash(symbols.length))]);
  entries.push([DT.symtab, body.add(symbolTable(symbols, names.add))], [DT.syment, symbolSize]);
  const table = names.bytes();
  entries.push([DT.strtab, body.add(table)], [DT.strsz, table.length], [0, 0]);
  const bytes = Buffer.alloc(entries.length * 16);
  for (const [index, [tag, value]] of entries.entries()) {
    bytes.writeBigUInt64LE(BigInt(tag), index * 16);
    bytes.writeBigUInt64LE(BigInt(value), index * 16 + 8);
  }
  return { type: PT.dynamic, flags: readable | writable, offset: body.add(bytes), size: bytes.length, align: 8 };
}

/** Size of `struct xtables_match` and of `struct xtables_target` (iptables, include/xtables.h). */
const registrationSize = 240;
/** R_X86_64_RELATIVE, R_AARCH64_RELATIVE. */
const relative = { amd64: 8, arm64: 1027 };

/** The beginning of each structure: version, next, name, real name, revision, flags, family; the pointers by relocations. */
function addRegistrations(body: ReturnType<typeof createBody>, list: Registration[], architecture: Architecture) {
  const version = body.add(Buffer.from("libxtables.so.12\0"));
  const names = list.map(({ name }) => body.add(Buffer.from(`${name}\0`)));
  const bytes = Buffer.alloc(list.length * registrationSize);
  for (const [index, { revision, family = 0 }] of list.entries()) {
    bytes.writeUInt8(revision, index * registrationSize + 32);
    bytes.writeUInt16LE(family, index * registrationSize + 34);
  }
  const offset = body.add(bytes);
  const pointers = names.flatMap((name, index) => {
    const at = offset + index * registrationSize;
    return [at, relative[architecture], version, at + 16, relative[architecture], name];
  });
  const table = Buffer.alloc(pointers.length * 8);
  for (const [index, value] of pointers.entries()) table.writeBigUInt64LE(BigInt(value), index * 8);
  const entries: [number, number][] = [
    [DT.rela, body.add(table)],
    [DT.relasz, table.length],
    [DT.relaent, 24],
  ];
  const segment = { type: PT.load, flags: readable | writable, offset, size: bytes.length, align: 16 };
  return { segment, entries };
}

function stringTable() {
  const parts = ["\0"];
  const add = (text: string): number => {
    const offset = Buffer.byteLength(parts.join(""));
    parts.push(`${text}\0`);
    return offset;
  };
  return { add, bytes: () => Buffer.from(parts.join("")) };
}

const symbolSize = 24;

/** Elf64_Sym records, the empty one first; the others are global functions at address 0 of no section. */
function symbolTable(names: string[], addName: (name: string) => number): Buffer {
  const bytes = Buffer.alloc(names.length * symbolSize);
  for (const [index, name] of names.entries()) {
    if (name === "") continue;
    bytes.writeUInt32LE(addName(name), index * symbolSize);
    bytes[index * symbolSize + 4] = 0x12; // STB_GLOBAL, STT_FUNC
    bytes.writeUInt16LE(0xfff1, index * symbolSize + 6); // SHN_ABS
  }
  return bytes;
}

/** DT_HASH with one bucket that chains all symbols: the only place that says how many symbols there are. */
function symbolHash(count: number): Buffer {
  const chain = Array.from({ length: count }, (_, index) => (index === 0 || index === count - 1 ? 0 : index + 1));
  const words = [1, count, count > 1 ? 1 : 0, ...chain];
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4);
  return bytes;
}

/** Elf64_Verdef records (20 bytes) with one Elf64_Verdaux (8 bytes) each; the first names the file itself. */
function versionDefinitions(names: string[], addName: (name: string) => number): Buffer {
  const bytes = Buffer.alloc(names.length * 28);
  for (const [index, name] of names.entries()) {
    const at = index * 28;
    bytes.writeUInt16LE(1, at); // vd_version
    bytes.writeUInt16LE(index === 0 ? 1 : 0, at + 2); // vd_flags: VER_FLG_BASE
    bytes.writeUInt16LE(index + 1, at + 4); // vd_ndx
    bytes.writeUInt16LE(1, at + 6); // vd_cnt
    bytes.writeUInt32LE(elfHash(name), at + 8);
    bytes.writeUInt32LE(20, at + 12); // vd_aux
    bytes.writeUInt32LE(index === names.length - 1 ? 0 : 28, at + 16); // vd_next
    bytes.writeUInt32LE(addName(name), at + 20); // vda_name
  }
  return bytes;
}

/** The hash of the System V ABI for symbol and version names. */
function elfHash(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name)) {
    hash = ((hash << 4) + byte) >>> 0;
    hash = (hash ^ ((hash & 0xf0000000) >>> 24)) & 0x0fffffff;
  }
  return hash;
}

function fileHeader(spec: ElfSpec, segments: Segment[]): Buffer {
  const header = Buffer.alloc(headerSize);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian, version 1
  // ET_EXEC for a static program, ET_DYN for everything else.
  header.writeUInt16LE(spec.interpreter === undefined && spec.soname === undefined ? 2 : 3, 16);
  header.writeUInt16LE(machines[spec.architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(headerSize), 32); // e_phoff
  header.writeUInt16LE(headerSize, 52);
  header.writeUInt16LE(programHeaderSize, 54);
  header.writeUInt16LE(segments.length, 56);
  header.writeUInt16LE(64, 58); // e_shentsize, with no sections
  return header;
}

function programHeader({ type, flags, offset, size, align }: Segment): Buffer {
  const header = Buffer.alloc(programHeaderSize);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(flags, 4);
  for (const [index, value] of [offset, offset, offset, size, size, align].entries())
    header.writeBigUInt64LE(BigInt(value), 8 + index * 8);
  return header;
}

export interface GoModule {
  path: string;
  version: string;
}

/**
 * Go's build information in the form that Go 1.18 and later write (`debug/buildinfo`): a 32-byte header whose flags say
 * that both strings follow inline, the Go version, the module text between its two markers.
 */
export function goBuildInfo(build: {
  go: string;
  /** Import path of the main package. */
  path: string;
  main: GoModule;
  dependencies: GoModule[];
  /** Build settings, e.g. `-ldflags`. */
  settings: Record<string, string>;
}): Buffer {
  const lines = [
    `path\t${build.path}`,
    `mod\t${build.main.path}\t${build.main.version}\t`,
    ...build.dependencies.map(({ path, version }) => `dep\t${path}\t${version}\t`),
    ...Object.entries(build.settings).map(
      ([key, value]) => `build\t${key}=${/[ "]/.test(value) ? JSON.stringify(value) : value}`,
    ),
  ];
  const header = Buffer.alloc(32);
  header.write("\xff Go buildinf:", "latin1");
  header[15] = 2; // flags: strings inline
  const start = Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex");
  const end = Buffer.from("f932433186182072008242104116d8f2", "hex");
  const modules = Buffer.concat([start, Buffer.from(`${lines.join("\n")}\n`), end]);
  return Buffer.concat([header, counted(Buffer.from(build.go)), counted(modules)]);
}

/** A byte string behind its length as an unsigned varint. */
function counted(bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
