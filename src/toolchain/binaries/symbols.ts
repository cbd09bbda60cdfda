import { withinBounds } from "../bounds.ts";
import { type ElfHeader, type ElfView, viewElf } from "./elf.ts";

/**
 * The names by which programs and the netfilter libraries call each other, read as the loader does: what is asked for from
 * the relocations, what is defined from the hash table over the symbols (elf(5); the GNU table as in glibc's
 * elf/dl-lookup.c). A library of another release has the same so-name and may lack some of them:
 * `symbol lookup error: undefined symbol: xt_xlate_set_get`.
 */

export interface NetfilterSymbols {
  /** Asked for, and without them the program does not start or ends when it calls them. */
  imports: string[];
  /** Undefined where the file does not tell. */
  exports: string[] | undefined;
}

/** The beginnings of the names that each library defines, seen in all releases of Debian 11 to 14. */
const LIBRARY_OF: readonly (readonly [prefix: string, library: string])[] = [
  ["xtables_", "libxtables"],
  ["xt_", "libxtables"],
  ["nftnl_", "libnftnl"],
  ["mnl_", "libmnl"],
  ["nft_", "libnftables"],
  ["ipset_", "libipset"],
  ["iptc_", "libip4tc"],
  ["ip6tc_", "libip6tc"],
];

const DT = {
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  REL: 17,
  RELSZ: 18,
  PLTREL: 20,
  JMPREL: 23,
  PLTRELSZ: 2,
  GNU_HASH: 0x6ffffef5,
} as const;

const STB_GLOBAL = 1;
/** libnftnl, the largest, has some 600. */
const MAX_SYMBOLS = 16 * 1024;
/** What is kept of one file. The longest name has 47 bytes. */
const MAX_NAMES = 4096;
const MAX_NAME_LENGTH = 128;
const MAX_RELOCATIONS = 256 * 1024;

/** The beginning of the so-name of the library that defines a name; undefined for names of other libraries. */
export function libraryOfSymbol(name: string): string | undefined {
  return LIBRARY_OF.find(([prefix]) => name.startsWith(prefix))?.[1];
}

/** @param bytes the whole file */
export function readNetfilterSymbols(bytes: Buffer, header: ElfHeader): NetfilterSymbols {
  const view = viewElf(bytes, header);
  const symbols = openSymbols(view);
  if (symbols === undefined) return { imports: [], exports: undefined };
  const imports = withinBounds(() => readImports(view, symbols)) ?? [];
  return { imports, exports: withinBounds(() => readExports(view, symbols)) };
}

interface Symbols {
  /** Name of a defined symbol, or of one that is asked for and must be there; undefined for others. */
  name(index: number, wanted: "defined" | "asked"): string | undefined;
}

function openSymbols(view: ElfView): Symbols | undefined {
  const at = (tag: number) => {
    const address = view.dynamicValue(tag);
    return address === undefined ? undefined : view.offsetOf(address);
  };
  const table = at(DT.SYMTAB);
  const strings = at(DT.STRTAB);
  if (table === undefined || strings === undefined) return undefined;
  const [size, info, section] = view.header.bits === 64 ? [24, 4, 6] : [16, 12, 14];
  return {
    name(index, wanted) {
      const entry = table + index * size;
      const isDefined = view.read.u16(entry + section) !== 0;
      const binding = view.read.u8(entry + info) >> 4;
      // Weak ones may be absent.
      const fits = wanted === "defined" ? isDefined && binding !== 0 : !isDefined && binding === STB_GLOBAL;
      return fits ? view.text(strings + view.read.u32(entry)) : undefined;
    },
  };
}

/** Symbols that relocations name: those of the table that nothing refers to are not looked up. */
function readImports(view: ElfView, symbols: Symbols): string[] {
  const word = view.header.bits / 8;
  const pltEntry = view.dynamicValue(DT.PLTREL) === DT.RELA ? 3 * word : 2 * word;
  const indices = new Set([
    ...symbolIndices(view, DT.RELA, DT.RELASZ, 3 * word),
    ...symbolIndices(view, DT.REL, DT.RELSZ, 2 * word),
    ...symbolIndices(view, DT.JMPREL, DT.PLTRELSZ, pltEntry),
  ]);
  return [...indices]
    .flatMap((index) => symbols.name(index, "asked") ?? [])
    .filter(isOfNetfilter)
    .slice(0, MAX_NAMES);
}

function symbolIndices(view: ElfView, tag: number, sizeTag: number, entry: number): Set<number> {
  const indices = new Set<number>();
  const address = view.dynamicValue(tag);
  const start = address === undefined ? undefined : view.offsetOf(address);
  if (start === undefined) return indices;
  const { bits, littleEndian } = view.header;
  const count = Math.min(Math.floor((view.dynamicValue(sizeTag) ?? 0) / entry), MAX_RELOCATIONS);
  for (let i = 0; i < count; i++) {
    const at = start + i * entry;
    // The symbol is the upper half of r_info in 64-bit files, the upper 24 bits in others.
    const index = bits === 64 ? view.read.u32(at + (littleEndian ? 12 : 8)) : view.read.u32(at + 4) >>> 8;
    if (index !== 0) indices.add(index);
  }
  return indices;
}

function readExports(view: ElfView, symbols: Symbols): string[] | undefined {
  const range = gnuHashRange(view) ?? hashRange(view);
  if (range === undefined || range.end - range.start > MAX_SYMBOLS) return undefined;
  const names: string[] = [];
  for (let index = range.start; index < range.end; index++) {
    const name = symbols.name(index, "defined");
    if (name !== undefined && isOfNetfilter(name)) names.push(name);
  }
  // A list that is cut would call absent what is there.
  return names.length <= MAX_NAMES ? names : undefined;
}

interface Range {
  start: number;
  /** One behind the last. */
  end: number;
}

/** The GNU table has the defined symbols at the end of all; where it ends its last chain tells. */
function gnuHashRange(view: ElfView): Range | undefined {
  const address = view.dynamicValue(DT.GNU_HASH);
  const at = address === undefined ? undefined : view.offsetOf(address);
  if (at === undefined) return undefined;
  const { u32 } = view.read;
  const [buckets, start, bloom] = [u32(at), u32(at + 4), u32(at + 8)];
  const table = at + 16 + bloom * (view.header.bits / 8);
  if (buckets > MAX_SYMBOLS) return undefined;
  let last = 0;
  for (let i = 0; i < buckets; i++) last = Math.max(last, u32(table + 4 * i));
  if (last < start) return { start, end: start };
  const chains = table + 4 * buckets;
  while (last - start < MAX_SYMBOLS && (u32(chains + 4 * (last - start)) & 1) === 0) last++;
  return { start, end: last + 1 };
}

/** The older table counts all symbols. Its words have 64 bits on s390x. */
function hashRange(view: ElfView): Range | undefined {
  const address = view.dynamicValue(DT.HASH);
  const at = address === undefined ? undefined : view.offsetOf(address);
  if (at === undefined || view.header.architecture === "s390x") return undefined;
  return { start: 1, end: view.read.u32(at + 4) };
}

function isOfNetfilter(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && libraryOfSymbol(name) !== undefined;
}
