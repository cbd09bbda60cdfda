import { basename, dirname } from "node:path/posix";
import type { FileTree } from "../model/image.ts";
import { compareText } from "../model/text.ts";
import type { Tool, Untold } from "../model/toolchain.ts";
import { upstreamVersion } from "../model/version.ts";
import { describeIdentity } from "./binaries/identify.ts";
import type { Loader } from "./binaries/loader.ts";
import { type CommandFinder, followLink } from "./commands.ts";
import type { BinaryContent } from "./content.ts";
import { describeFormer, describeOwner, type Ownership } from "./packages/ownership.ts";
import { inDirectory } from "./paths.ts";
import { evidence, type Found, type Survey } from "./survey.ts";

export interface ListedTools {
  tools: Tool[];
  missing: Untold[];
}

export interface ToolContext {
  tree: FileTree;
  survey: Survey;
  ownership: Ownership;
  find: CommandFinder;
  directories: string[];
  /** A command may reach files in this folder. */
  mayHold: (folder: string) => boolean;
  loader: Loader;
}

/** Programs that one multi-call binary of iptables provides. */
const FAMILY = ["iptables", "ip6tables", "ebtables", "arptables"];
const LISTED = new Set(["iptables", "nft", "ipset", "conntrack", "ebtables", "arptables"]);
/** Names looked for in PATH besides, so that a program which could not be identified is not lost. */
const NAMES = [...FAMILY.flatMap((name) => [name, `${name}-nft`, `${name}-legacy`]), "nft", "ipset", "conntrack"];

/**
 * Lists the tools: one entry for each program and binary that provides it.
 *
 * Version: the bytes describe what runs, so they win where they differ from the package record; the record then is in
 * `package`, the bytes in `byteVersion`, and a rule can tell. Without a version in the bytes the record of the package that
 * owns the file is used. os-release is never asked.
 */
export function listTools(context: ToolContext): ListedTools {
  const links = findLinks(context);
  const listing: Listing = { ...context, links, tools: [], missing: [] };
  const { tools, missing } = listing;
  const identified = context.survey.binaries.filter(({ content }) => LISTED.has(content.identity?.tool ?? ""));
  const named = identified.flatMap((found) => namedPrograms(found, links).map((name) => ({ found, name })));
  const unnamed = identified
    // Of a file with several names (hard links) what is kept is the same.
    .filter((found) => !named.some((entry) => entry.found.content === found.content))
    .flatMap((found) => impliedPrograms(found).map((name) => ({ found, name })));
  for (const { found, name } of named) addTool(listing, found, name);
  for (const { found, name } of unnamed) {
    // A copy under a further name (`iptables-save`, a hard link of the multi-call binary) is no second tool, nor are the
    // helpers that come from the same build (`ebtablesd`, `ebtables-legacy-restore`).
    const same = tools.some((tool) => tool.name === name && isSameTool(context, tool, found));
    if (!same) addTool(listing, found, name);
  }
  for (const found of unidentified(context, links)) addUnidentified(listing, found);
  return { tools: tools.sort(byNameAndPath(context.directories)), missing };
}

/** The lists as they grow. */
interface Listing extends ToolContext, ListedTools {
  links: Links;
}

/** Paths by which each file can be reached under a name of {@link NAMES}, in PATH order within a name. */
type Links = Map<string, { name: string; path: string; via: string[] }[]>;

function findLinks({ tree, directories }: ToolContext): Links {
  const links: Links = new Map();
  for (const name of NAMES) {
    for (const directory of directories) {
      const path = inDirectory(directory, name);
      const hit = followLink(tree, path);
      if (!hit?.target) continue;
      const known = links.get(hit.target.path) ?? [];
      links.set(hit.target.path, [...known, { name, path, via: hit.via }]);
    }
  }
  return links;
}

/** The program behind a command name: `iptables` of `iptables-nft`. */
function programOf(name: string): string {
  return name.replace(/-(?:nft|legacy)$/, "");
}

function namedPrograms({ path, content }: Found<BinaryContent>, links: Links): string[] {
  const tool = content.identity?.tool ?? "";
  const names = new Set((links.get(path) ?? []).map((link) => programOf(link.name)));
  if (tool !== "iptables") return names.has(tool) ? [tool] : [];
  const programs = FAMILY.filter((name) => names.has(name));
  // The multi-call binary itself serves both families, whichever links an image keeps.
  if (programs.length > 0 && isMultiCall(path)) for (const name of ["iptables", "ip6tables"]) names.add(name);
  return FAMILY.filter((name) => names.has(name));
}

function isMultiCall(path: string): boolean {
  return /^xtables-.*multi$/.test(basename(path));
}

/** What a binary provides that no command of PATH reaches. */
function impliedPrograms({ path, content }: Found<BinaryContent>): string[] {
  const tool = content.identity?.tool ?? "";
  if (tool !== "iptables") return [tool];
  const own = /^(ip6?tables|ebtables|arptables)(?:-|$)/.exec(basename(path))?.[1];
  return own === undefined ? ["iptables", "ip6tables"] : [own];
}

function isSameTool(context: ToolContext, tool: Tool, found: Found<BinaryContent>): boolean {
  return (
    tool.backend === found.content.identity?.backend &&
    (tool.byteVersion ?? null) === readByteVersion(context, found).version &&
    tool.architecture === found.content.architecture
  );
}

/** Files at a tool's name that are programs, but none that could be identified. */
function unidentified({ survey }: ToolContext, links: Links): Found<BinaryContent>[] {
  return survey.binaries.filter(
    (found) =>
      (links.has(found.path) || hidesTool(found)) &&
      !found.content.identity &&
      !found.content.wrapper &&
      !found.content.go,
  );
}

/** Named like a tool and closed to reading: it may be that tool, whether or not a command of PATH leads to it. */
function hidesTool({ path, content }: Found<BinaryContent>): boolean {
  return (content.packed === true || content.problem !== undefined) && namedAs(path).length > 0;
}

/** Programs that a file provides if it is what its own name says. */
function namedAs(path: string): string[] {
  if (isMultiCall(path)) return ["iptables", "ip6tables"];
  const name = programOf(basename(path));
  return LISTED.has(name) || FAMILY.includes(name) ? [name] : [];
}

function addTool(listing: Listing, found: Found<BinaryContent>, name: string): void {
  const identity = found.content.identity;
  const bytes = readByteVersion(listing, found);
  const tool = createTool(listing, found, name, bytes.version);
  if (identity?.backend) tool.backend = identity.backend;
  if (bytes.version !== null) tool.byteVersion = bytes.version;
  if (identity?.tool === "nft") addJsonSupport(listing, found, tool);
  if (identity) tool.evidence.push(evidence(describeIdentity(identity), found.path, found.node));
  tool.evidence.push(...bytes.evidence);
  if (tool.version === null) listing.missing.push({ fact: `version of ${found.path}`, reason: bytes.reason });
  listing.tools.push(tool);
}

function addUnidentified(listing: Listing, found: Found<BinaryContent>): void {
  const { links, tools, missing } = listing;
  const { packed, problem } = found.content;
  const reason = packed ? "packed by UPX" : (problem ?? "its bytes don't tell what it is");
  const linked = (links.get(found.path) ?? []).map((link) => programOf(link.name));
  for (const name of new Set(linked.length > 0 ? linked : namedAs(found.path))) {
    const tool = createTool(listing, found, name, null);
    tool.evidence.push(evidence(reason, found.path, found.node));
    tools.push(tool);
    if (tool.version === null) missing.push({ fact: `version of ${found.path}`, reason });
    if (FAMILY.includes(name)) missing.push({ fact: `backend of ${found.path}`, reason });
  }
}

function createTool(listing: Listing, found: Found<BinaryContent>, name: string, byteVersion: string | null): Tool {
  const { ownership } = listing;
  const { owner, former } = ownership.tie(found.path, found.content.digests, name);
  const { path, via } = choosePath(listing, found, name);
  const tool: Tool = {
    name,
    version: byteVersion ?? (owner && upstreamVersion(owner.record.version)) ?? null,
    path,
    target: found.path,
    via,
    evidence: [],
  };
  if (!listing.links.has(found.path) && !listing.mayHold(dirname(found.path))) tool.outsidePath = true;
  if (found.content.architecture !== undefined) tool.architecture = found.content.architecture;
  if (owner) {
    tool.package = owner.record;
    tool.evidence.push({ fact: describeOwner(owner, found.path), source: owner.source });
  }
  if (former) {
    tool.replacedPackage = former.record;
    tool.evidence.push({ fact: describeFormer(former, found.path), source: former.source });
  }
  if (!owner) tool.evidence.push(...ownership.claims(name));
  if (hasFileCapabilities(found)) {
    tool.fileCapabilities = true;
    tool.evidence.push(evidence("it carries security.capability", found.path, found.node));
  }
  return tool;
}

/** The plain command when it leads here, else the first name in PATH that does, else the file itself. */
function choosePath(
  { find, links }: Listing,
  found: Found<BinaryContent>,
  name: string,
): { path: string; via: string[] } {
  const plain = find(name);
  if (plain?.target?.path === found.path && plain.via[0] !== undefined) return { path: plain.via[0], via: plain.via };
  const link = (links.get(found.path) ?? []).find((entry) => programOf(entry.name) === name);
  return link ? { path: link.path, via: link.via } : { path: found.path, via: [found.path] };
}

function hasFileCapabilities({ node }: Found): boolean {
  return Object.keys(node.xattrs).some((key) => key.endsWith("security.capability"));
}

/** Whether `nft -j` works: the program itself may say so, else its library. */
function addJsonSupport(context: ToolContext, found: Found<BinaryContent>, tool: Tool): void {
  const own = found.content.identity?.json;
  const soname = found.content.needed.find((name) => name.startsWith("libnftables.so"));
  const library = own !== undefined || soname === undefined ? undefined : context.loader.find(found, soname);
  const json = own ?? library?.content?.identity?.json;
  if (json === undefined) return;
  tool.json = json;
  const at = library ?? found;
  tool.evidence.push(evidence(`it is built ${json ? "with" : "without"} JSON support`, at.path, at.node));
}

interface ByteVersion {
  version: string | null;
  reason: string;
  evidence: Tool["evidence"];
}

/** Version in the bytes of the file, or of the library that it takes its version from (ipset, ebtables). */
function readByteVersion(context: ToolContext, found: Found<BinaryContent>): ByteVersion {
  const identity = found.content.identity;
  if (identity?.version) return { version: identity.version, reason: "", evidence: [] };
  if (identity?.candidates) return { version: null, reason: describeIdentity(identity), evidence: [] };
  const prefix = identity?.versionIn;
  if (prefix === undefined) return { version: null, reason: "its bytes hold no version", evidence: [] };
  const soname = found.content.needed.find((name) => name.startsWith(prefix));
  const library = soname === undefined ? undefined : context.loader.find(found, soname);
  const version = library?.content?.identity?.version ?? null;
  if (!library || version === null)
    return {
      version: null,
      reason: library ? `${library.path} holds no version` : `its ${prefix} was not found`,
      evidence: [],
    };
  const fact = `its library holds: ${library.content?.identity?.evidence ?? version}`;
  return { version, reason: "", evidence: [evidence(fact, library.path, library.node)] };
}

/** By program, and the file that PATH reaches first in front: a wrapper's `iptables-nft` is that one. */
function byNameAndPath(directories: readonly string[]): (a: Tool, b: Tool) => number {
  const order = [...FAMILY, "nft", "ipset", "conntrack"];
  const rank = (tool: Tool) => {
    const index = directories.indexOf(dirname(tool.path));
    return index < 0 ? directories.length : index;
  };
  return (a, b) =>
    order.indexOf(a.name) - order.indexOf(b.name) ||
    rank(a) - rank(b) ||
    compareText(a.path, b.path) ||
    compareText(a.target, b.target);
}
