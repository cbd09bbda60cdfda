import type { Backend } from "../../model/toolchain.ts";
import { NETFILTER_LIBRARIES } from "../file-names.ts";
import { createTextSearch } from "../find-text.ts";
import type { ElfDynamic } from "./elf.ts";
import { type LibraryRange, libraryRange } from "./library-range.ts";

/** What the bytes of a program or library say it is. */
export interface Identity {
  /** `iptables` (a multi-call binary), `arptables`, `ebtables`, `busybox`, `ipvsadm`, `nft`, `ipset`, `conntrack`,
   * `conntrackd`, or the name of a library (`libnftnl`). */
  tool: string;
  /** Exact version in the bytes; null when they don't tell, or hold several candidates. */
  version: string | null;
  backend?: Backend;
  /** Present for libraries. */
  library?: LibraryRange;
  /** The version stands in this shared library (`libipset.so`), which the file asks for. */
  versionIn?: string;
  /** nft and libnftables: JSON support is compiled in; undefined when that is the other one's matter. */
  json?: boolean;
  /** libxtables: the folder in which it looks for extensions. */
  extensionDirectory?: string;
  /** Versions found when there was more than one. */
  candidates?: string[];
  /** The bytes that decided, quoted for a reader; absent when no text of theirs did. */
  evidence?: string;
}

export interface IdentifyInput {
  /** Base name of the file. */
  name: string;
  /** The whole file, an ELF file. */
  bytes: Buffer;
  /** Undefined for static files. */
  dynamic: ElfDynamic | undefined;
}

/** NUL on both sides and at least three parts: looser patterns hit machine code and addresses. */
const TRIPLE = /\0(\d+\.\d+\.\d+(?:\.\d+)?)(?=\0)/g;
const NO_VERSION = /^(?:0\.0\.0|127\.|10\.|192\.|172\.|224\.|255\.)/;
const TOOL_NAME = /tables|^nft$|^ipset$|^conntrackd?$|^ipvsadm$|^busybox/;

/**
 * Tells a netfilter tool or library and its version from its bytes. The rules were checked on 242 files of five Debian
 * releases for amd64, arm64 and armhf and on builds of iptables 1.8.2 and 1.8.4: 139 exact versions, none wrong.
 * A version is never guessed: with none or several candidates it stays null.
 * @returns undefined when the file is none of them
 */
export function identify(input: IdentifyInput): Identity | undefined {
  const search = createSearch(input.bytes);
  if (!mayBeTool(input, search)) return undefined;
  for (const rule of RULES) {
    const identity = rule(input, search);
    if (identity) return identity;
  }
  return undefined;
}

/** What decided, as a clause about the file: `its bytes hold: 1.8.9 (nf_tables)`. */
export function describeIdentity({ tool, versionIn, candidates, evidence }: Identity): string {
  if (versionIn !== undefined) return `it needs ${versionIn}, which has its version`;
  if (candidates) return `its bytes hold several versions: ${candidates.join(", ")}`;
  return evidence === undefined ? `its bytes are those of ${tool}, without a version` : `its bytes hold: ${evidence}`;
}

type Rule = (input: IdentifyInput, search: Search) => Identity | undefined;

/** In this order; the first that hits decides. */
const RULES: Rule[] = [
  iptablesWithBackendText,
  arptablesLegacy,
  iptablesWithFormat,
  iptablesBefore18,
  ebtablesLegacy,
  busybox,
  ipvsadm,
  libnftnl,
  libipset,
  libnftables,
  nft,
  conntrack,
  otherLibrary,
  ipset,
];

/**
 * Spares the many programs that have nothing to do with netfilter all searching, as far as it can: a program of any name may
 * be a renamed or static copy, but then it asks for a netfilter library, or for the C library alone, or for none.
 */
function mayBeTool({ name, dynamic }: IdentifyInput, search: Search): boolean {
  if (TOOL_NAME.test(name) || dynamic?.soname !== undefined) return true;
  if (dynamic?.needed.some((library) => NETFILTER_LIBRARY.test(library))) return true;
  if (dynamic && !dynamic.needed.every((library) => C_LIBRARY.test(library))) return false;
  return search.has(STATIC_IPSET) || (search.has("tables") && TABLES_MARKS.some(search.has));
}

const NETFILTER_LIBRARY = new RegExp(`^${NETFILTER_LIBRARIES}`);
const C_LIBRARY = /^(?:ld-|lib(?:c|m|dl|rt|pthread|resolv|gcc_s)\.)/;
/** Each of the rules for tools whose name does not matter needs one of these. */
const TABLES_MARKS = [" (nf_tables)", " (legacy)", "includepath", "\0ebtables v"];

function iptablesWithBackendText(_: IdentifyInput, search: Search): Identity | undefined {
  if (!search.has(" (nf_tables)\0") && !search.has(" (legacy)\0")) return undefined;
  const nft = versionOf("nf_tables", search);
  const legacy = versionOf("legacy", search);
  if (nft === undefined && legacy === undefined) return undefined;
  if (nft !== undefined && legacy !== undefined) return decide("iptables", [...new Set([nft, legacy])]);
  const version = nft ?? legacy ?? null;
  const backend = nft === undefined ? "legacy" : "nft";
  return { tool: "iptables", version, backend, evidence: `${version} (${nft === undefined ? "legacy" : "nf_tables"})` };
}

function versionOf(backend: "nf_tables" | "legacy", search: Search): string | undefined {
  const pattern = {
    nf_tables: /\0(\d+\.\d+\.\d+(?:\.\d+)?) \(nf_tables\)(?=\0)/,
    legacy: /\0(\d+\.\d+\.\d+(?:\.\d+)?) \(legacy\)(?=\0)/,
  };
  return pattern[backend].exec(search.text())?.[1];
}

function arptablesLegacy({ name }: IdentifyInput, search: Search): Identity | undefined {
  if (!name.startsWith("arptables") || !search.has("arp_tables")) return undefined;
  const versions = search.triples().filter((version) => /^0\.0\.[3-5]$/.test(version));
  if (versions.length !== 1) return undefined;
  return { ...decide("arptables", versions), backend: "legacy" };
}

function iptablesWithFormat(_: IdentifyInput, search: Search): Identity | undefined {
  const isNft = search.has("%s v%s (nf_tables)");
  const isLegacy = search.has("%s v%s (legacy)");
  if (!isNft && !isLegacy) return undefined;
  const versions = search.triples().filter((version) => version.startsWith("1."));
  if (versions.length === 0) return undefined;
  const identity = decide("iptables", versions);
  return isNft && isLegacy ? identity : { ...identity, backend: isNft ? "nft" : "legacy" };
}

/** Up to 1.6 the backend is in no text; the multi-call binaries' names were fixed (`xtables-compat-multi` came with 1.6). */
function iptablesBefore18({ name, dynamic }: IdentifyInput, search: Search): Identity | undefined {
  if (name !== "xtables-multi" && name !== "xtables-compat-multi") return undefined;
  if (!needs(dynamic, "libxtables.so") && !search.has("iptables-restore")) return undefined;
  const versions = search.triples().filter((version) => /^1\.[46]\./.test(version));
  return { ...decide("iptables", versions), backend: name === "xtables-multi" ? "legacy" : "nft" };
}

/** From 2.0.11 the version stands in libebtc and the program is a front end of it. */
function ebtablesLegacy({ dynamic }: IdentifyInput, search: Search): Identity | undefined {
  if (search.has("\0ebtables v")) {
    const match = /\0ebtables v(\d+\.\d+\.\d+)(?: \(legacy\))? \(/.exec(search.text());
    if (match?.[1]) {
      const identity: Identity = {
        tool: "ebtables",
        version: match[1],
        backend: "legacy",
        evidence: match[0].slice(1).replace(/ \($/, ""),
      };
      return dynamic?.soname?.startsWith("libebtc.so") ? asLibrary("libebtc", match[1], dynamic, identity) : identity;
    }
  }
  if (!needs(dynamic, "libebtc.so")) return undefined;
  return {
    tool: "ebtables",
    version: null,
    backend: "legacy",
    versionIn: "libebtc.so",
  };
}

function busybox(_: IdentifyInput, search: Search): Identity | undefined {
  return search.has("BusyBox v") ? match("busybox", /BusyBox v(\d+\.\d+\.\d+)/, search) : undefined;
}

function ipvsadm(_: IdentifyInput, search: Search): Identity | undefined {
  return search.has("ipvsadm v") ? match("ipvsadm", /ipvsadm v(\d+\.\d+(?:\.\d+)?)/, search) : undefined;
}

function libnftnl({ dynamic }: IdentifyInput, search: Search): Identity | undefined {
  if (!dynamic?.soname?.startsWith("libnftnl.so")) return undefined;
  return rangeOf("libnftnl", dynamic, search);
}

const STATIC_IPSET = "Kernel and userspace incompatible: settype";

function libipset({ dynamic }: IdentifyInput, search: Search): Identity | undefined {
  const isLibrary = dynamic?.soname?.startsWith("libipset.so") === true;
  if (!isLibrary && !(dynamic?.soname === undefined && search.has(STATIC_IPSET))) return undefined;
  const text = search.text();
  const beside = /\0(\d+\.\d+)\0+ipset\0/.exec(text) ?? /\0ipset\0+(\d+\.\d+)\0/.exec(text);
  const versions = beside?.[1] ? [beside[1]] : distinct(text, /\0(\d+\.\d+)(?=\0)/g);
  const identity = decide("ipset", versions);
  return isLibrary ? asLibrary("libipset", identity.version, dynamic, identity) : identity;
}

function libnftables({ dynamic }: IdentifyInput, search: Search): Identity | undefined {
  if (!dynamic?.soname?.startsWith("libnftables.so")) return undefined;
  const identity = decide("libnftables", search.triples());
  const json = needs(dynamic, "libjansson.so") || search.has(JSON_WRITTEN);
  return { ...asLibrary("libnftables", identity.version, dynamic, identity), json };
}

/** nftables src/json.c, which is only compiled with JSON support; and src/main.c, where it is not. */
const JSON_WRITTEN = "json_schema_version";
const JSON_REFUSED = "JSON support not compiled-in";

function nft({ dynamic }: IdentifyInput, search: Search): Identity | undefined {
  if (dynamic?.soname !== undefined || !search.has("includepath")) return undefined;
  const usesLibrary = needs(dynamic, "libnftables.so") && search.has("nftables");
  if (!usesLibrary && !search.has("%s v%s (%s)")) return undefined;
  const identity: Identity = { ...decide("nft", search.triples()), backend: "nft" };
  if (search.has(JSON_REFUSED)) return { ...identity, json: false };
  return search.has(JSON_WRITTEN) ? { ...identity, json: true } : identity;
}

function conntrack({ name, dynamic }: IdentifyInput, search: Search): Identity | undefined {
  if (dynamic?.soname !== undefined) return undefined;
  const named = name === "conntrack" || name === "conntrackd";
  if (!named && !search.has("%s v%s (conntrack-tools)")) return undefined;
  return decide(name === "conntrackd" ? "conntrackd" : "conntrack", search.triples());
}

const OTHER_LIBRARIES = [
  "libxtables",
  "libmnl",
  "libip4tc",
  "libip6tc",
  "libnetfilter_conntrack",
  "libnfnetlink",
  "libebtc",
];

function otherLibrary({ dynamic }: IdentifyInput, search: Search): Identity | undefined {
  const library = OTHER_LIBRARIES.find((name) => dynamic?.soname?.startsWith(`${name}.so`));
  if (!library || !dynamic) return undefined;
  const identity = rangeOf(library, dynamic, search);
  const directory = library === "libxtables" ? /\0(\/[\w.+/-]{1,200}\/xtables)\0/.exec(search.text())?.[1] : undefined;
  return directory === undefined ? identity : { ...identity, extensionDirectory: directory };
}

/** The program is a thin front end; its version is that of the library. */
function ipset({ name, dynamic }: IdentifyInput): Identity | undefined {
  if (dynamic?.soname !== undefined || (name !== "ipset" && !needs(dynamic, "libipset.so"))) return undefined;
  // Other programs use the library too; the front end is known by its name, a renamed copy by asking for nothing else.
  const own = dynamic?.needed.every((library) => /^(?:libipset|libmnl|libc|ld-)/.test(library)) === true;
  if (name !== "ipset" && !own) return undefined;
  if (name === "ipset" && !needs(dynamic, "libipset.so")) return undefined;
  return { tool: "ipset", version: null, versionIn: "libipset.so" };
}

function needs(dynamic: ElfDynamic | undefined, prefix: string): boolean {
  return dynamic?.needed.some((library) => library.startsWith(prefix)) === true;
}

function match(tool: string, pattern: RegExp, search: Search): Identity | undefined {
  const found = pattern.exec(search.text());
  return found?.[1] ? { tool, version: found[1], evidence: found[0] } : undefined;
}

function decide(tool: string, versions: string[]): Identity {
  const [version] = versions;
  if (versions.length === 1 && version !== undefined) return { tool, version, evidence: version };
  return versions.length === 0
    ? { tool, version: null }
    : { tool, version: null, candidates: versions.slice(0, MAX_TOLD) };
}

function rangeOf(library: string, dynamic: ElfDynamic, search: Search): Identity {
  const range = libraryRange(library, undefined, dynamic, search.has);
  return { tool: library, version: null, library: range, evidence: range.evidence };
}

function asLibrary(library: string, version: string | null, dynamic: ElfDynamic, found: Identity): Identity {
  const range = libraryRange(library, version ?? undefined, dynamic, () => false);
  const identity: Identity = { tool: library, version, library: range };
  if (found.evidence !== undefined) identity.evidence = found.evidence;
  if (found.candidates) identity.candidates = found.candidates;
  return identity;
}

interface Search {
  has(text: string): boolean;
  text(): string;
  /** Distinct NUL-bounded versions of three or four parts. */
  triples(): string[];
}

/** Literal searches run on the bytes; the text for patterns is only made once one of them hit. */
function createSearch(bytes: Buffer): Search {
  let text: string | undefined;
  let triples: string[] | undefined;
  const search: Search = {
    has: createTextSearch(bytes),
    text: () => (text ??= bytes.toString("latin1")),
    triples: () => (triples ??= distinct(search.text(), TRIPLE).filter((version) => !NO_VERSION.test(version))),
  };
  return search;
}

const MAX_CANDIDATES = 64;
const MAX_TOLD = 8;

function distinct(text: string, pattern: RegExp): string[] {
  const found = new Set<string>();
  for (const hit of text.matchAll(pattern)) {
    if (hit[1] !== undefined) found.add(hit[1]);
    if (found.size >= MAX_CANDIDATES) break;
  }
  return [...found];
}
