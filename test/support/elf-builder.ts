/**
 * Makes small ELF files that loaders and readers accept, with the texts that a test or a sample needs in them. They do not
 * run anything. No imports, so that scripts can use it too.
 */

export interface ElfRecipe {
  /** Default amd64. `arm` and `386` are 32-bit, `s390x` is big-endian. */
  architecture?: "amd64" | "arm64" | "arm" | "386" | "s390x" | "riscv64";
  /** NUL-bounded texts, in this order. */
  strings?: string[];
  needed?: string[];
  soname?: string;
  runpath?: string;
  /** Version definitions besides the base entry. */
  definitions?: string[];
  /** Versions asked of a library. */
  needs?: { file: string; versions: string[] }[];
  interpreter?: string;
  /** Go build information; see {@link goModuleText}. */
  go?: { version: string; modules: string; pointerFormat?: boolean };
  /** Matches and targets that it registers; see {@link RegisteredExtension}. */
  extensions?: RegisteredExtension[];
  /** How their pointers are relocated: by a table with addends (default), or by what stands in their place. */
  relocations?: "rela" | "in-place";
  /** Bytes added at the end. */
  padding?: number;
}

export interface RegisteredExtension {
  name: string;
  realName?: string;
  revision: number;
  /** The kernel's number. */
  family: number;
}

/** `relative` is the number of the relocation that adds the load address. */
const MACHINES = {
  amd64: { machine: 62, bits: 64, little: true, relative: 8 },
  arm64: { machine: 183, bits: 64, little: true, relative: 1027 },
  arm: { machine: 40, bits: 32, little: true, relative: 23 },
  "386": { machine: 3, bits: 32, little: true, relative: 8 },
  s390x: { machine: 22, bits: 64, little: false, relative: 12 },
  riscv64: { machine: 243, bits: 64, little: true, relative: 3 },
} as const;

/** Address of the file's first byte. */
const BASE = 0x10000;

/** The ELF file of a recipe. The same recipe gives the same bytes. */
export function buildElf(recipe: ElfRecipe): Buffer {
  const { machine, bits, little, relative } = MACHINES[recipe.architecture ?? "amd64"];
  const out = createWriter(bits, little);
  const isDynamic = recipe.needed !== undefined || recipe.soname !== undefined || recipe.definitions !== undefined;
  const headerSize = bits === 64 ? 64 : 52;
  const segmentSize = bits === 64 ? 56 : 32;
  out.zeros(headerSize + segmentSize * 5);

  const interpreter = recipe.interpreter && out.block(Buffer.from(`${recipe.interpreter}\0`, "latin1"));
  const strings = createStringTable();
  const entries: [tag: number, value: number][] = [];
  for (const name of recipe.needed ?? []) entries.push([1, strings.add(name)]);
  if (recipe.soname !== undefined) entries.push([14, strings.add(recipe.soname)]);
  if (recipe.runpath !== undefined) entries.push([29, strings.add(recipe.runpath)]);
  const definitions = recipe.definitions && out.block(versionDefinitions(recipe, strings, little));
  if (definitions) entries.push([0x6ffffffc, BASE + definitions.offset], [0x6ffffffd, recipe.definitions!.length + 1]);
  const needs = recipe.needs && out.block(versionNeeds(recipe.needs, strings, little));
  if (needs) entries.push([0x6ffffffe, BASE + needs.offset], [0x6fffffff, recipe.needs!.length]);
  const names = recipe.extensions && out.block(extensionNames(recipe.extensions));
  const data = names && extensionData(recipe.extensions ?? [], BASE + names.offset, bits / 8, little);
  const hasTable = recipe.relocations !== "in-place";
  const structures = data && out.block(data.bytes(hasTable));
  if (data && structures && hasTable && isDynamic) {
    const rela = data.pointers.flatMap(([at, target]) => [BASE + structures.offset + at, relative, target]);
    const relocations = out.block(out.words(rela));
    entries.push([7, BASE + relocations.offset], [8, relocations.size], [9, (bits / 8) * 3]);
  }
  const table = out.block(strings.bytes());
  entries.push([5, BASE + table.offset], [10, table.size], [0, 0]);
  const dynamic = isDynamic ? out.block(out.words(entries.flat())) : undefined;
  out.block(Buffer.from(`\0${(recipe.strings ?? []).join("\0")}\0`, "latin1"));
  const go = recipe.go && out.block(goBuildInfo(recipe.go));
  out.zeros(recipe.padding ?? 0);

  const bytes = out.bytes();
  const segments = [
    { type: 1, flags: 5, offset: 0, size: bytes.length },
    ...(dynamic ? [{ type: 2, flags: 6, ...dynamic }] : []),
    ...(interpreter ? [{ type: 3, flags: 4, ...interpreter }] : []),
    ...(go ? [{ type: 1, flags: 6, ...go }] : []),
    ...(structures ? [{ type: 1, flags: 6, ...structures }] : []),
  ];
  writeHeader(bytes, { machine, bits, little, headerSize, segmentSize, segments });
  return bytes;
}

const LIBXTABLES = "libxtables.so.12";

function extensionNames(extensions: RegisteredExtension[]): Buffer {
  const names = extensions.flatMap(({ name, realName }) => [name, realName ?? ""]);
  return Buffer.from(`${[LIBXTABLES, ...names].join("\0")}\0`, "latin1");
}

/** One structure each: version, next, name, real name, revision, flags, family, and 68 more bytes. */
function extensionData(extensions: RegisteredExtension[], start: number, word: number, little: boolean) {
  const size = 4 * word + 8 + 64;
  const bytes = Buffer.alloc(extensions.length * size);
  const pointers: [at: number, target: number][] = [];
  let text = start + LIBXTABLES.length + 1;
  for (const [i, { name, realName, revision, family }] of extensions.entries()) {
    const at = i * size;
    pointers.push([at, start], [at + 2 * word, text]);
    text += name.length + 1;
    if (realName !== undefined) pointers.push([at + 3 * word, text]);
    text += (realName?.length ?? 0) + 1;
    bytes[at + 4 * word] = revision;
    if (little) bytes.writeUInt16LE(family, at + 4 * word + 2);
    else bytes.writeUInt16BE(family, at + 4 * word + 2);
  }
  return {
    pointers,
    bytes(hasTable: boolean): Buffer {
      if (!hasTable) for (const [at, target] of pointers) writeWord(bytes, at, target, word === 8 ? 64 : 32, little);
      return bytes;
    },
  };
}

/** Text of Go's module list: `path`, `mod`, `dep` and `build` lines. */
export function goModuleText(program: {
  path: string;
  module?: string;
  version?: string;
  dependencies?: [path: string, version: string][];
  settings?: string[];
}): string {
  const lines = [`path\t${program.path}`];
  if (program.module !== undefined) lines.push(`mod\t${program.module}\t${program.version ?? "(devel)"}\t`);
  for (const [path, version] of program.dependencies ?? []) lines.push(`dep\t${path}\t${version}\th1:sum=`);
  for (const setting of program.settings ?? []) lines.push(`build\t${setting}`);
  return `${lines.join("\n")}\n`;
}

function goBuildInfo(go: NonNullable<ElfRecipe["go"]>): Buffer {
  const header = Buffer.alloc(32);
  header.write("\xff Go buildinf:", "latin1");
  header[14] = 8;
  header[15] = go.pointerFormat ? 0 : 2;
  const mark = Buffer.from("0123456789abcdef");
  const modules = Buffer.concat([mark, Buffer.from(go.modules, "latin1"), mark]);
  const version = Buffer.from(go.version, "latin1");
  return Buffer.concat([header, varint(version.length), version, varint(modules.length), modules]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function versionDefinitions(recipe: ElfRecipe, strings: StringTable, little: boolean): Buffer {
  const names = [recipe.soname ?? "lib.so", ...(recipe.definitions ?? [])];
  const u = unsignedWriter(little);
  return Buffer.concat(
    names.map((name, i) =>
      Buffer.concat([
        ...[1, i === 0 ? 1 : 0, i + 1, 1].map(u.u16),
        ...[0, 20, i === names.length - 1 ? 0 : 28, strings.add(name), 0].map(u.u32),
      ]),
    ),
  );
}

function versionNeeds(needs: NonNullable<ElfRecipe["needs"]>, strings: StringTable, little: boolean): Buffer {
  const u = unsignedWriter(little);
  return Buffer.concat(
    needs.map(({ file, versions }, i) => {
      const size = 16 + versions.length * 16;
      const head = [...[1, versions.length].map(u.u16), ...[strings.add(file), 16].map(u.u32)];
      const next = u.u32(i === needs.length - 1 ? 0 : size);
      const names = versions.map((name, j) =>
        Buffer.concat([
          u.u32(0),
          ...[0, j + 2].map(u.u16),
          ...[strings.add(name), j === versions.length - 1 ? 0 : 16].map(u.u32),
        ]),
      );
      return Buffer.concat([...head, next, ...names]);
    }),
  );
}

interface StringTable {
  add(text: string): number;
  bytes(): Buffer;
}

function createStringTable(): StringTable {
  let text = "\0";
  return {
    add(name) {
      const at = text.length;
      text += `${name}\0`;
      return at;
    },
    bytes: () => Buffer.from(text, "latin1"),
  };
}

function unsignedWriter(little: boolean) {
  const write = (size: 2 | 4, value: number) => {
    const bytes = Buffer.alloc(size);
    if (little) bytes.writeUIntLE(value, 0, size);
    else bytes.writeUIntBE(value, 0, size);
    return bytes;
  };
  return { u16: (value: number) => write(2, value), u32: (value: number) => write(4, value) };
}

function createWriter(bits: 32 | 64, little: boolean) {
  const pieces: Buffer[] = [];
  let size = 0;
  const push = (piece: Buffer) => {
    pieces.push(piece);
    size += piece.length;
  };
  return {
    zeros: (count: number) => push(Buffer.alloc(count)),
    /** Appends at a 16-byte boundary, where Go looks for its data. */
    block(piece: Buffer): { offset: number; size: number } {
      push(Buffer.alloc((16 - (size % 16)) % 16));
      const offset = size;
      push(piece);
      return { offset, size: piece.length };
    },
    /** Pointer-wide numbers. */
    words(values: number[]): Buffer {
      const width = bits / 8;
      const bytes = Buffer.alloc(values.length * width);
      for (const [i, value] of values.entries()) writeWord(bytes, i * width, value, bits, little);
      return bytes;
    },
    bytes: () => Buffer.concat(pieces),
  };
}

function writeWord(bytes: Buffer, at: number, value: number, bits: 32 | 64, little: boolean): void {
  if (bits === 64) {
    if (little) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeBigUInt64BE(BigInt(value), at);
  } else if (little) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
}

interface HeaderFacts {
  machine: number;
  bits: 32 | 64;
  little: boolean;
  headerSize: number;
  segmentSize: number;
  segments: { type: number; flags: number; offset: number; size: number }[];
}

function writeHeader(bytes: Buffer, facts: HeaderFacts): void {
  const { machine, bits, little, headerSize, segmentSize, segments } = facts;
  const half = (at: number, value: number) =>
    little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const full = (at: number, value: number) =>
    little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  const word = (at: number, value: number) => writeWord(bytes, at, value, bits, little);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, little ? 1 : 2, 1], 0);
  half(16, 3);
  half(18, machine);
  full(20, 1);
  word(bits === 64 ? 32 : 28, headerSize);
  half(bits === 64 ? 52 : 40, headerSize);
  half(bits === 64 ? 54 : 42, segmentSize);
  half(bits === 64 ? 56 : 44, segments.length);
  for (const [i, { type, flags, offset, size }] of segments.entries()) {
    const at = headerSize + i * segmentSize;
    full(at, type);
    full(at + (bits === 64 ? 4 : 24), flags);
    const fields = [offset, BASE + offset, BASE + offset, size, size];
    const start = at + (bits === 64 ? 8 : 4);
    for (const [j, value] of fields.entries()) word(start + (j * bits) / 8, value);
  }
}
