import { atPath, type ConfigPath, UserError } from "../model/error.ts";
import { globMatches } from "../model/glob.ts";
import type { CatalogueHost, Host } from "../model/host.ts";
import { didYouMean } from "../model/suggest.ts";
import { compareVersions } from "../model/version.ts";
import { type Catalogue, catalogue, findHost, toHost } from "./catalogue.ts";
import { readCollected } from "./collected.ts";
import { contradictions } from "./contradictions.ts";
import { findKernels } from "./kernels.ts";
import { readNodes } from "./nodes.ts";
import { buildOwnHost } from "./own.ts";
import { alike, type CollectedNode } from "./refine.ts";
import type { FactsEntry, HostEntry, NodesEntry, OwnHost, Selection } from "./types.ts";

/** More entries, own hosts and selected hosts than any report can show; bounds on what a pull request's config can make us
 * hold. */
const MAX_ENTRIES = 5000;
const MAX_OWN_HOSTS = 2000;
const MAX_SELECTED = 5000;

/** Splits what an input or an option holds: hosts by comma or line, empty ones left out. */
export function splitHostList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/**
 * The hosts that the entries mean, in their order, none twice. No entry at all means `default`.
 *
 * A text entry is `default`, `maintained`, `eks`, `gke` or `aks`; a catalogue id (its default kernel), `id@kernel` (a kernel's
 * id or the beginning of its release), `id@*`; a glob (`talos-*`); a comparison (`ubuntu >= 20.04`); or `not` before one of
 * these, which takes hosts away again. Collected facts of a node that a list of nodes names go into that node's host.
 * @param configured own hosts of the config that the entries may name by id, and that own hosts among them may extend
 * @param at where the config lists the entries; undefined when they come from elsewhere
 * @throws UserError for a name that means nothing (with the nearest ones), a broken own host, and when nothing is left
 */
export function selectHosts(
  entries: readonly HostEntry[],
  known: Catalogue = catalogue,
  configured: readonly OwnHost[] = [],
  at?: ConfigPath,
): Selection {
  return atPath(at, () => select(entries, known, configured, at));
}

function select(
  entries: readonly HostEntry[],
  known: Catalogue,
  configured: readonly OwnHost[],
  at: ConfigPath | undefined,
): Selection {
  const own = entries.filter(isOwnHost);
  checkCount(entries.length, MAX_ENTRIES, "entries");
  checkCount(Math.max(own.length, configured.length), MAX_OWN_HOSTS, "hosts of the config's own");
  checkOwnIds(own);
  own.push(...configured.filter((host) => !own.some((listed) => listed.id === host.id)));
  const choice: Choice = { chosen: new Map(), notes: [], unmatched: [], own, configured, known };
  const all = entries.length === 0 ? ["default"] : entries;
  const place = (index: number) => (at === undefined ? undefined : [...at, index]);
  const { collected, listed } = readFiles(all, known, place);
  // What lists of nodes took of the collected facts is no host by itself.
  const used = new Set(listed.flatMap((found) => [...(found?.used ?? [])]));
  all.forEach((entry, index) => {
    atPath(place(index), () => {
      const facts = collected[index];
      const nodes = listed[index];
      if (facts !== undefined && !used.has(facts)) addCollected(facts, choice);
      if (nodes !== undefined) addNodes(nodes, choice);
      if (!isFacts(entry) && !isNodes(entry)) addNamed(entry, choice);
      checkCount(choice.chosen.size, MAX_SELECTED, "selected hosts");
    });
  });
  const { chosen, notes, unmatched } = choice;
  if (chosen.size === 0)
    throw new UserError(
      [`hosts: nothing is left of the selection "${describe(entries)}"`, ...notes.slice(0, 3)].join("; "),
    );
  return { hosts: [...chosen.values()], notes, unmatched };
}

/** What the entries that are files say, each at its entry's place; lists of nodes take of all facts what is theirs. */
function readFiles(entries: readonly HostEntry[], known: Catalogue, place: (index: number) => ConfigPath | undefined) {
  const collected = entries.map((entry, index) =>
    isFacts(entry) ? atPath(place(index), () => readFacts(entry)) : undefined,
  );
  const facts = collected.filter((node) => node !== undefined);
  const listed = entries.map((entry, index) =>
    isNodes(entry) ? atPath(place(index), () => readNodes(entry, known, facts)) : undefined,
  );
  return { collected, listed };
}

/** A selection while it is made. */
interface Choice {
  chosen: Map<string, Host>;
  notes: string[];
  unmatched: string[];
  /** Own hosts that others may extend. */
  own: readonly OwnHost[];
  configured: readonly OwnHost[];
  known: Catalogue;
}

function addNamed(written: string | OwnHost, { chosen, notes, own, configured, known }: Choice): void {
  const entry = ownHostNamed(written, configured) ?? written;
  if (typeof entry === "string") {
    applyText(entry, chosen, known, notes);
    return;
  }
  const built = buildOwnHost(entry, own, known);
  chosen.set(entry.id, built.host);
  notes.push(...built.notes.map((note) => `host ${entry.id}: ${note}`));
}

/** A cluster's host of the id of another one is only the same where its facts are. */
function addNodes(found: Selection, { chosen, notes, unmatched, own }: Choice): void {
  for (const host of found.hosts) {
    const known = chosen.get(host.id);
    const isOwn = own.some(({ id }) => id === host.id);
    if (known !== undefined && !isOwn && alike(known, host)) {
      chosen.set(known.id, withArchitecturesOf(known, host));
      continue;
    }
    const id = known === undefined && !isOwn ? host.id : freeId(host, (taken) => chosen.has(taken));
    chosen.set(id, { ...host, id });
  }
  notes.push(...found.notes);
  unmatched.push(...found.unmatched);
}

/** The one host for both: it stands for the machines of both. */
function withArchitecturesOf(known: Host, { kernel: other }: Host): Host {
  const { architectures, ...kernel } = known.kernel;
  if (architectures === undefined || other.architectures === undefined) return { ...known, kernel };
  const value = [...new Set([...architectures.value, ...other.architectures.value])].sort();
  return { ...known, kernel: { ...kernel, architectures: { ...architectures, value } } };
}

/** With the kernel in it, and a number if need be. */
function freeId({ id, kernel }: Host, isTaken: (id: string) => boolean): string {
  const whole = id.includes("@") ? id : `${id}@${kernel.release.value}`;
  let free = whole;
  for (let copy = 2; isTaken(free); copy++) free = `${whole}-${copy}`;
  return free;
}

function readFacts(entry: FactsEntry): CollectedNode {
  return { host: readCollected(entry), from: entry.from };
}

function isFacts(entry: HostEntry): entry is FactsEntry {
  return typeof entry === "object" && "facts" in entry;
}

function isNodes(entry: HostEntry): entry is NodesEntry {
  return typeof entry === "object" && "nodes" in entry;
}

/** @throws UserError when there are more than the bound */
function checkCount(count: number, bound: number, what: string): void {
  if (count > bound)
    throw new UserError(`hosts: ${count} ${what} are more than ${bound}; check a part of them at a time`);
}

function addCollected({ host, from }: CollectedNode, { chosen, notes }: Choice): void {
  if (chosen.has(host.id))
    throw new UserError(`${from}: there are two hosts of the id "${host.id}"; rename one in its name= line`);
  chosen.set(host.id, host);
  // A node can be as broken as that; that its file says so is no mistake of who wrote it.
  notes.push(...contradictions(host).map((clause) => `host ${host.id} (${from}): ${clause}`));
}

function isOwnHost(entry: HostEntry): entry is OwnHost {
  return typeof entry === "object" && "id" in entry;
}

function ownHostNamed(entry: string | OwnHost, configured: readonly OwnHost[]): OwnHost | undefined {
  return typeof entry === "string" ? configured.find((host) => host.id === entry.trim()) : undefined;
}

function checkOwnIds(own: readonly OwnHost[]): void {
  const seen = new Set<string>();
  for (const host of own) {
    if (seen.has(host.id))
      throw new UserError(`host "${host.id}": there are two hosts of this id: join their fields in one entry`, {
        path: host.at,
      });
    seen.add(host.id);
  }
}

function describe(entries: readonly HostEntry[]): string {
  return entries.map((entry) => (typeof entry === "string" ? entry : "id" in entry ? entry.id : entry.from)).join(", ");
}

function applyText(entry: string, chosen: Map<string, Host>, known: Catalogue, notes: string[]): void {
  const query = entry.trim();
  const negated = /^not\s+(.+)$/.exec(query)?.[1];
  if (negated === undefined) {
    const caveat = Object.hasOwn(known.selections, query) ? known.selections[query]?.caveat : undefined;
    if (caveat !== undefined) notes.push(`hosts: ${query}: ${caveat}`);
    for (const host of findHosts(query, known)) if (!chosen.has(host.id)) chosen.set(host.id, host);
    return;
  }
  if (chosen.size === 0)
    throw new UserError(`hosts: "${query}" takes away from nothing; put what it takes from before it, e.g. default`);
  for (const id of namesTakenAway(negated, chosen, known)) chosen.delete(id);
}

/** Ids to take away. Without a kernel all kernels of the host go, and with them hosts of the user's own and of the cluster
 * that carry the name. */
function namesTakenAway(query: string, chosen: ReadonlyMap<string, Host>, known: Catalogue): string[] {
  const bare = (id: string) => id.split("@", 1)[0]!;
  const named = [...chosen.keys()].filter((id) => globMatches(query, id) || globMatches(query, bare(id)));
  if (named.length > 0) return named;
  const wholeHosts = !query.includes("@");
  const meant = new Set(findHosts(query, known).map((host) => (wholeHosts ? bare(host.id) : host.id)));
  return [...chosen.keys()].filter((id) => meant.has(wholeHosts ? bare(id) : id));
}

function findHosts(query: string, known: Catalogue): Host[] {
  const list = Object.hasOwn(known.selections, query) ? known.selections[query] : undefined;
  if (list !== undefined) return list.hosts.flatMap((entry) => findById(entry, known));
  if (query === "maintained") return known.hosts.filter((row) => row.maintained).flatMap((row) => withKernel(row));
  const comparison = /^([a-z][a-z0-9-]*)\s*(>=|<=|==?|>|<)\s*([^\s=<>]*)$/.exec(query);
  if (comparison !== null) return findByComparison(query, comparison, known);
  if (/[*?]/.test(query.split("@", 1)[0]!)) return findByGlob(query, known);
  return findById(query, known);
}

function withKernel(row: CatalogueHost, kernel?: string): Host[] {
  return findKernels(row, kernel).map((found) => toHost(row, found));
}

function findById(entry: string, known: Catalogue): Host[] {
  const [id, kernel] = splitKernel(entry);
  const row = findHost(known, id);
  if (row !== undefined) return withKernel(row, kernel);
  const releases = known.hosts.filter((other) => other.distribution === id.toLowerCase());
  if (releases.length > 0)
    throw new UserError(
      `hosts: "${entry}" needs a release: ${releases.map((other) => other.id).join(", ")}; or all of them, ${id.toLowerCase()}-*`,
    );
  // Reports show hosts by title.
  const titled = known.hosts.find((other) => other.title === entry);
  if (titled !== undefined) throw new UserError(`hosts: "${entry}" is a title; the id of that host is ${titled.id}`);
  const names = [...known.hosts.map((host) => host.id), ...Object.keys(known.selections), "maintained"];
  throw new UserError(
    `hosts: "${entry}" is no host; ${didYouMean(id, names, "the hosts command lists the catalogue")}`,
  );
}

/** `id@kernel`; without the second nobody asks for a kernel. */
function splitKernel(entry: string): [id: string, kernel: string | undefined] {
  const at = entry.indexOf("@");
  if (at < 0) return [entry, undefined];
  const kernel = entry.slice(at + 1).trim();
  if (kernel === "")
    throw new UserError(`hosts: "${entry}": no kernel follows the @; leave it out for the default one`);
  return [entry.slice(0, at).trim(), kernel];
}

function findByGlob(query: string, known: Catalogue): Host[] {
  const [glob, kernel] = splitKernel(query);
  const rows = known.hosts.filter((row) => globMatches(glob, row.id));
  if (rows.length === 0) throw new UserError(`hosts: no host fits "${query}"; the hosts command lists the catalogue`);
  return rows.flatMap((row) => withKernel(row, kernel));
}

function findByComparison(
  query: string,
  [, distribution = "", operator = "", release = ""]: readonly string[],
  known: Catalogue,
): Host[] {
  if (!isRelease(release))
    throw new UserError(`hosts: "${query}": "${release}" is not a release; compare with numbers, e.g. ubuntu >= 20.04`);
  const rows = known.hosts.filter((row) => row.distribution === distribution);
  const names = new Set(known.hosts.map((row) => row.distribution));
  if (rows.length === 0)
    throw new UserError(
      `hosts: "${query}": no distribution "${distribution}"; ${didYouMean(distribution, names, `known are ${[...names].sort().join(", ")}`)}`,
    );
  const found = rows.filter((row) => isRelease(row.release) && holds(compareVersions(row.release, release), operator));
  if (found.length === 0)
    throw new UserError(`hosts: no host fits "${query}"; there are ${rows.map((row) => row.id).join(", ")}`);
  return found.flatMap((row) => withKernel(row));
}

function isRelease(text: string): boolean {
  return /^\d+(\.\d+)*$/.test(text);
}

function holds(order: number, operator: string): boolean {
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    default:
      return order === 0;
  }
}
