import type { ExtensionFamily } from "../../model/toolchain.ts";
import { withinBounds } from "../bounds.ts";
import { findText } from "../find-text.ts";
import { type ElfHeader, type ElfView, PF_W, PT_LOAD, viewElf } from "./elf.ts";

/**
 * The matches and targets that an iptables extension registers, read from its file. Each is a `struct xtables_match` or
 * `struct xtables_target` in writable data. Both begin alike (iptables, include/xtables.h): four pointers (`version`, `next`,
 * `name`, `real_name`), one byte `revision`, one byte of flags, two bytes `family`, and a size. `version` points to the text
 * `libxtables.so.N`, by which they are found.
 */

export interface Registration {
  name: string;
  /** Undefined where the file does not tell: in programs that hold their extensions. */
  kind: "match" | "target" | undefined;
  family: ExtensionFamily;
  revision: number;
  /** The kernel's extension behind it, when it has another name. */
  realName: string | undefined;
}

export interface ReadExtensions {
  registrations: Registration[];
  /** Why there may be more, or other ones. */
  problem?: string;
}

/** NFPROTO_* of linux/netfilter.h. */
const FAMILIES: Record<number, ExtensionFamily> = { 0: "any", 2: "ipv4", 3: "arp", 7: "bridge", 10: "ipv6" };
/** `real_name` came with iptables 1.4.13; libxtables.so.10 is of 1.4.17 and later. */
const OLDEST_LAYOUT = 10;
/** XT_EXTENSION_MAXNAMELEN, its NUL included. */
const NAME = /^[A-Za-z0-9_-]{1,28}$/;
/** All extensions of iptables 1.8 register some 200. */
const MAX_REGISTRATIONS = 2048;
const MAX_MARKS = 16;
/** A statically linked program has some 10,000. */
const MAX_RELOCATIONS = 256 * 1024;

const DT_RELA = 7;
const DT_RELASZ = 8;

/** Number of the machine's relocation that adds the load address to a known one (elf.h of glibc), by e_machine. */
const RELATIVE: Record<number, number> = { 3: 8, 20: 22, 21: 22, 22: 12, 40: 23, 62: 8, 183: 1027, 243: 3, 258: 3 };

/**
 * @param bytes the whole file, a loadable extension or a program that holds its extensions
 * @returns no registrations and a problem when none can be told: never an empty list as if there were none
 */
export function readExtensions(bytes: Buffer, header: ElfHeader): ReadExtensions {
  const marks = findMarks(bytes);
  if (marks.length === 0) return { registrations: [], problem: "it names no libxtables" };
  if (marks.some(({ version }) => version < OLDEST_LAYOUT))
    return { registrations: [], problem: "it is of iptables before 1.4.17, whose layout is not read" };
  const view = viewElf(bytes, header);
  const addresses = new Set(marks.flatMap(({ offset }) => addressOf(header, offset) ?? []));
  const pointers = readRelocations(bytes, view);
  const kind = registeredKind(bytes);
  const found: Registration[] = [];
  for (const address of findSlots(bytes, view, pointers, addresses)) {
    const registration = withinBounds(() => readRegistration(view, pointers, address, kind));
    if (registration) found.push(registration);
    if (found.length === MAX_REGISTRATIONS) return { registrations: found, problem: "it holds too many" };
  }
  return found.length > 0 ? { registrations: found } : { registrations: [], problem: "its bytes show none" };
}

/** Offsets of the texts `libxtables.so.N`. */
function findMarks(bytes: Buffer): { offset: number; version: number }[] {
  const text = "libxtables.so.";
  const marks: { offset: number; version: number }[] = [];
  for (let at = findText(bytes, text); at >= 0 && marks.length < MAX_MARKS; at = findText(bytes, text, at + 1)) {
    const version = /^(\d{1,3})\0/.exec(bytes.toString("latin1", at + text.length, at + text.length + 4))?.[1];
    if (version !== undefined) marks.push({ offset: at, version: Number(version) });
  }
  return marks;
}

function addressOf(header: ElfHeader, offset: number): number | undefined {
  const segment = header.segments.find(
    (entry) => entry.type === PT_LOAD && offset >= entry.offset && offset < entry.offset + entry.fileSize,
  );
  return segment && offset - segment.offset + segment.address;
}

/**
 * What the relocations with an addend of their own (RELA) will put at each address. REL and RELR add to what stands at the
 * place itself, as do files that are not relocated at all: there the bytes are the pointer.
 */
function readRelocations(bytes: Buffer, view: ElfView): Map<number, number> {
  const pointers = new Map<number, number>();
  const { bits, machine } = view.header;
  const table = view.dynamicValue(DT_RELA);
  const start = table === undefined ? undefined : view.offsetOf(table);
  if (start === undefined) return pointers;
  const word = bits / 8;
  const claimed = Math.floor((view.dynamicValue(DT_RELASZ) ?? 0) / (3 * word));
  const count = Math.min(claimed, Math.floor(bytes.length / (3 * word)), MAX_RELOCATIONS);
  withinBounds(() => {
    for (let i = 0; i < count; i++) {
      const at = start + i * 3 * word;
      const type = bits === 64 ? view.read.u32(typeOffset(at, view)) : view.read.u32(at + word) & 0xff;
      if (type === RELATIVE[machine]) pointers.set(view.read.word(at), view.read.word(at + 2 * word));
    }
  });
  return pointers;
}

/** The type is the lower half of r_info. */
function typeOffset(at: number, { header }: ElfView): number {
  return at + 8 + (header.littleEndian ? 0 : 4);
}

/** Addresses of pointers to one of the addresses, each once, in order. */
function findSlots(
  bytes: Buffer,
  { header, read }: ElfView,
  pointers: Map<number, number>,
  targets: Set<number>,
): number[] {
  const slots = new Set<number>();
  for (const [address, target] of pointers) if (targets.has(target)) slots.add(address);
  const word = header.bits / 8;
  const writable = header.segments.filter((entry) => entry.type === PT_LOAD && (entry.flags & PF_W) !== 0);
  let left = Math.ceil(bytes.length / word);
  for (const { offset, address, fileSize } of writable)
    withinBounds(() => {
      for (let at = -address & (word - 1); at + word <= fileSize && left > 0; at += word, left--)
        if (targets.has(read.word(offset + at))) slots.add(address + at);
    });
  return [...slots].sort((a, b) => a - b);
}

function readRegistration(
  view: ElfView,
  pointers: Map<number, number>,
  address: number,
  kind: Registration["kind"],
): Registration | undefined {
  const word = view.header.bits / 8;
  const pointer = (index: number) => {
    const place = address + index * word;
    const offset = view.offsetOf(place);
    return pointers.get(place) ?? (offset === undefined ? undefined : view.read.word(offset));
  };
  const name = nameAt(view, pointer(2));
  const real = pointer(3);
  const realName = real === 0 ? undefined : nameAt(view, real);
  const at = view.offsetOf(address + 4 * word);
  if (name === undefined || at === undefined || (real !== 0 && realName === undefined)) return undefined;
  const family = FAMILIES[view.read.u16(at + 2)];
  if (family === undefined) return undefined;
  return { name, kind, family, revision: view.read.u8(at), realName };
}

function nameAt(view: ElfView, address: number | undefined): string | undefined {
  const offset = address === undefined ? undefined : view.offsetOf(address);
  const text = offset === undefined ? undefined : view.text(offset);
  return text !== undefined && NAME.test(text) ? text : undefined;
}

/** By the function of libxtables that it asks for; no extension of iptables registers both. */
function registeredKind(bytes: Buffer): Registration["kind"] {
  const match = findText(bytes, "\0xtables_register_match") >= 0;
  const target = findText(bytes, "\0xtables_register_target") >= 0;
  return match === target ? undefined : match ? "match" : "target";
}
