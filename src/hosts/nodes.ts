import * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import type { CatalogueHost, Fact, Host, Kernel, ModuleState } from "../model/host.ts";
import { kernelSeries } from "../model/version.ts";
import { listFirst, listInWords } from "../model/words.ts";
import { type Catalogue, defaultKernel, toHost } from "./catalogue.ts";
import { contradictions } from "./contradictions.ts";
import { inheritModules, kernelLike, unknownModules } from "./kernels.ts";
import { alike, assignNodes, type CollectedNode, refine } from "./refine.ts";
import type { NodesEntry, Selection } from "./types.ts";

/** More nodes than any cluster has; a bound on what a file can make us hold. */
const MAX_NODES = 20_000;
/** Longest text taken from a node, in characters. */
const MAX_TEXT = 253;
/** Release of a node that hasn't said which kernel it runs: the fields of a node are empty until its kubelet reports. */
const UNKNOWN = "unknown";

const text = z.pipe(
  z.string(),
  z.transform((value) => value.slice(0, MAX_TEXT)),
);
const nodeSchema = z.object({
  kind: z.optional(z.string()),
  metadata: z.object({ name: text, labels: z.optional(z.nullable(z.record(z.string(), z.unknown()))) }),
  spec: z.optional(z.nullable(z.object({ providerID: z.optional(text) }))),
  status: z.object({
    nodeInfo: z.object({
      osImage: text,
      kernelVersion: text,
      operatingSystem: z.optional(text),
      architecture: z.optional(text),
    }),
  }),
});
type Node = z.infer<typeof nodeSchema>;

interface Group {
  osImage: string;
  release: string;
  names: string[];
  /** GOARCH names of its nodes; one that states none could be any. */
  architectures: (string | undefined)[];
  /** Rows whose mark its nodes carry. */
  marked: readonly CatalogueHost[];
  /** Rows of the catalogue that can be meant. */
  matches: readonly CatalogueHost[];
  /** What was collected on nodes of it, all alike. */
  collected?: readonly CollectedNode[];
}

/** Hosts of a cluster, and the collected facts that went into them. */
interface NodeSelection extends Selection {
  used: Set<CollectedNode>;
}

/**
 * Hosts from a cluster's nodes: one for each system and kernel met, named after the catalogue's row. A node that no row
 * or more than one describes comes out with the facts that are certain and no others, and is named in `unmatched`. Nodes
 * that run Windows have no netfilter: they are left out, and a note names them.
 * @param collected facts of single nodes: those of a node in the list hold for all nodes of its system and kernel
 * @throws UserError when the content is not what `kubectl get nodes -o json` prints
 */
export function readNodes(
  entry: NodesEntry,
  known: Catalogue,
  collected: readonly CollectedNode[] = [],
): NodeSelection {
  const nodes = parseNodes(entry);
  const selection: NodeSelection = { hosts: [], notes: [], unmatched: [], used: new Set() };
  const windows = nodes.filter(runsWindows).map((node) => node.metadata.name);
  if (windows.length > 0)
    selection.notes.push(`${namedNodes(windows)} of ${entry.from}: Windows, where there is no netfilter; left out`);
  const linux = nodes.filter((node) => !runsWindows(node));
  const names = linux.map((node) => node.metadata.name);
  const byNode = assignNodes(names, collected);
  for (const whole of groupNodes(linux, known))
    for (const group of withCollected(whole, byNode, selection.notes)) addGroup(group, entry.from, selection);
  return selection;
}

function addGroup(group: Group, from: string, selection: NodeSelection): void {
  const { matches, collected } = group;
  const host = matches.length === 1 ? knownHost(matches[0]!, group, from) : doubtful(group, from);
  if (collected !== undefined) {
    for (const facts of collected) selection.used.add(facts);
    const refinedHost = refined(host, group, collected[0]!);
    addHost(refinedHost, selection);
    // A node can be as broken as that; that its file says so is no mistake of who wrote it.
    const where = `host ${refinedHost.id} (${collected[0]!.from})`;
    selection.notes.push(...contradictions(refinedHost).map((clause) => `${where}: ${clause}`));
    return;
  }
  addHost(host, selection);
  if (matches.length !== 1) {
    selection.unmatched.push(...group.names);
    selection.notes.push(unmatchedNote(group, from));
  } else if (kernelLike(matches[0]!, group.release) === undefined) {
    selection.notes.push(`${namedNodes(group.names)}: ${modulesNote(group, matches[0]!)}`);
  }
}

/** What a report says of a node whose system is known and whose kernel isn't. */
function modulesNote({ release }: Group, row: CatalogueHost): string {
  return release === UNKNOWN
    ? "states no kernel: its release and its modules are unknown"
    : unknownModules(release, row.id);
}

/** Systems whose names differ in signs alone would share an id. */
function addHost(host: Host, { hosts }: NodeSelection): void {
  let id = host.id;
  for (let copy = 2; hosts.some((other) => other.id === id); copy++) id = `${host.id}-${copy}`;
  hosts.push({ ...host, id });
}

/** The note on what isn't known of the system no longer holds, and neither does the plain id of the catalogue's row. */
function refined(host: Host, group: Group, facts: CollectedNode): Host {
  const others =
    group.names.length === 1 ? "" : `, taken for all ${group.names.length} nodes of this system and kernel`;
  const note = `facts of node ${facts.host.id} from ${facts.from}${others}`;
  const id = host.id.includes("@") ? host.id : `${host.id}@${group.release}`;
  return { ...refine(host, facts), id, notes: [note] };
}

/**
 * The parts of a group that the collected facts tell apart. Where the collected nodes are alike, it is one part. Facts of
 * another kernel were collected at another time: they are no facts of this group.
 */
function withCollected(group: Group, byNode: ReadonlyMap<string, CollectedNode>, notes: string[]): Group[] {
  const fresh = group.names.flatMap((name) => {
    const facts = byNode.get(name);
    if (facts === undefined) return [];
    const seen = facts.host.kernel.release.value;
    if (seen === group.release) return [{ name, facts }];
    const now = group.release === UNKNOWN ? "the list states none" : `now it runs ${group.release}`;
    notes.push(
      `${facts.from}: collected on node ${facts.host.id} under kernel ${seen}, ${now}: taken as a host by itself`,
    );
    return [];
  });
  const [first] = fresh;
  if (first === undefined) return [group];
  if (fresh.every(({ facts }) => alike(facts.host, first.facts.host)))
    return [{ ...group, collected: fresh.map(({ facts }) => facts) }];
  const rest = group.names.filter((name) => !fresh.some((other) => other.name === name));
  return [
    ...(rest.length === 0 ? [] : [{ ...group, names: rest }]),
    ...fresh.map(({ name, facts }) => ({ ...group, names: [name], collected: [facts] })),
  ];
}

/** The system's own word; where it is missing, the name. */
function runsWindows({ status: { nodeInfo } }: Node): boolean {
  return (nodeInfo.operatingSystem ?? "") === ""
    ? /^(Microsoft )?Windows /.test(nodeInfo.osImage)
    : nodeInfo.operatingSystem?.toLowerCase() === "windows";
}

function parseNodes(entry: NodesEntry): Node[] {
  const document = entry.nodes as { items?: unknown; kind?: unknown } | null;
  const items = Array.isArray(entry.nodes) ? entry.nodes : document?.kind === "Node" ? [document] : document?.items;
  if (!Array.isArray(items))
    throw new UserError(`${entry.from}: not a list of nodes; write it with kubectl get nodes -o json`);
  if (items.length > MAX_NODES)
    throw new UserError(`${entry.from}: ${items.length} nodes; at most ${MAX_NODES} are read`);
  if (items.length === 0) throw new UserError(`${entry.from}: the list holds no node`);
  return items.map((item, index) => {
    const parsed = nodeSchema.safeParse(item);
    if (parsed.success && (parsed.data.kind ?? "Node") === "Node") return parsed.data;
    const field = parsed.success ? "kind" : (parsed.error.issues[0]?.path.join(".") ?? "item");
    throw new UserError(
      `${entry.from}: item ${index + 1} is not a node (${field}); write it with kubectl get nodes -o json`,
    );
  });
}

/** Nodes of one system and kernel together, in the order in which they first appear. Point releases of one row are one system. */
function groupNodes(nodes: readonly Node[], known: Catalogue): Group[] {
  const bySystem = new Map<string, Group>();
  for (const node of nodes) {
    const { architecture, ...named } = node.status.nodeInfo;
    const osImage = named.osImage.trim();
    const release = named.kernelVersion.trim() || UNKNOWN;
    const marked = known.hosts.filter(({ mark }) => mark !== undefined && carries(node, mark));
    const key = [osImage, release, ...marked.map(({ id }) => id)].join("\n");
    const group = bySystem.get(key) ?? { osImage, release, marked, names: [], architectures: [], matches: [] };
    group.names.push(node.metadata.name);
    if (!group.architectures.includes(architecture)) group.architectures.push(architecture);
    bySystem.set(key, group);
  }
  const groups = new Map<string, Group>();
  for (const [key, group] of bySystem) {
    group.matches = matchRows(group, known);
    const row = group.matches.length === 1 ? `${group.matches[0]!.id}\n${group.release}` : key;
    const same = groups.get(row);
    if (same === undefined) groups.set(row, group);
    else {
      same.names.push(...group.names);
      same.architectures = [...new Set([...same.architectures, ...group.architectures])];
    }
  }
  return [...groups.values()];
}

function carries({ spec, metadata: { labels } }: Node, mark: NonNullable<CatalogueHost["mark"]>): boolean {
  if (mark.label !== undefined && Object.hasOwn(labels ?? {}, mark.label)) return true;
  return fits(mark.providerId, spec?.providerID ?? "");
}

function fits(pattern: string | undefined, value: string): boolean {
  return pattern !== undefined && new RegExp(pattern).test(value);
}

/** Rows whose patterns fit, those whose mark the nodes carry before all others. The kernel's pattern decides between rows that
 * share an osImage; where it fits none of them, the osImage alone counts: a distribution can run a kernel of another origin. */
function matchRows(group: Pick<Group, "osImage" | "release" | "marked">, known: Catalogue): CatalogueHost[] {
  const marked = group.marked.filter((row) => fits(row.osImage, group.osImage));
  if (marked.length > 0) return marked;
  const rows = known.hosts.filter((row) => row.mark === undefined);
  const byKernelOnly = rows.filter((row) => row.osImage === undefined && fits(row.kernelVersion, group.release));
  if (byKernelOnly.length > 0) return byKernelOnly;
  const bySystem = rows.filter((row) => fits(row.osImage, group.osImage));
  const byBoth = bySystem.filter((row) => row.kernelVersion === undefined || fits(row.kernelVersion, group.release));
  // Rows that name their kernels are surer than rows that leave them open.
  const sure = byBoth.filter((row) => row.kernelVersion !== undefined);
  return sure.length > 0 ? sure : byBoth.length > 0 ? byBoth : bySystem;
}

function knownHost(row: CatalogueHost, group: Group, from: string): Host {
  const like = kernelLike(row, group.release);
  const kernel: Kernel = {
    ...(like === undefined ? { modules: {} } : inheritModules(like, group.release)),
    id: like?.id ?? seriesOf(group),
    release: seen(group, from),
    ...architecturesOf(group, from),
  };
  const host = toHost(row, like ?? defaultKernel(row));
  const isDefault = group.release === defaultKernel(row).release.value;
  return {
    ...host,
    id: isDefault ? row.id : `${row.id}@${group.release}`,
    title: `${row.title}, kernel ${group.release}: ${namedNodes(group.names)}`,
    kernel,
    ofCluster: true,
    notes: like === undefined ? [...(row.notes ?? []), modulesNote(group, row)] : host.notes,
  };
}

/** A node of which the system is not certain: it keeps the facts on which all candidates agree. */
function doubtful(group: Group, from: string): Host {
  const candidates = group.matches;
  const hosts = candidates.map((row) => knownHost(row, group, from));
  const ids = candidates.map((row) => row.id);
  const id = ids.length === 0 ? slug(group.osImage) : ids.length <= 3 ? ids.join("-or-") : `${ids[0]}-or-others`;
  return {
    id: `${id}@${group.release}`,
    title: `${group.osImage || "unknown system"}, kernel ${group.release}: ${namedNodes(group.names)}`,
    distribution: agreed(hosts.map((host) => host.distribution)) ?? "unknown",
    release: agreed(hosts.map((host) => host.release)) ?? "",
    maintained: hosts.some((host) => host.maintained),
    kernel: {
      id: seriesOf(group),
      release: seen(group, from),
      ...architecturesOf(group, from),
      modules: agreedFacts<ModuleState>(hosts.map((host) => host.kernel.modules)),
      ...agreedFacts<boolean>(hosts.map(({ kernel: { xtablesCompat } }) => ({ xtablesCompat }))),
    },
    iptables: agreedFacts(hosts.map((host) => host.iptables)),
    nft: agreedFacts(hosts.map((host) => host.nft)),
    ipset: agreedFacts(hosts.map((host) => host.ipset)),
    ofCluster: true,
    notes: [unmatchedNote(group, from)],
    ...(candidates.length === 0 ? { unmatched: unknownSystemClause(group) } : {}),
  };
}

/** The one value that all have; undefined when they differ or there is none. */
function agreed<T>(values: readonly T[]): T | undefined {
  return values.length > 0 && values.every((value) => value === values[0]) ? values[0] : undefined;
}

function agreedFacts<T>(records: readonly object[]): Record<string, Fact<T>> {
  const all = records as readonly Record<string, Fact<T> | undefined>[];
  const result: Record<string, Fact<T>> = {};
  for (const [name, fact] of Object.entries(all[0] ?? {}))
    if (fact !== undefined && all.every((record) => record[name]?.value === fact.value)) result[name] = fact;
  return result;
}

function unknownSystemClause({ osImage }: Group): string {
  return osImage === "" ? "the node states no system" : `system "${osImage}" is not in the catalogue`;
}

function unmatchedNote(group: Group, from: string): string {
  const candidates = group.matches;
  if (candidates.length === 0) return unknownSystemNote(group);
  const what = `${namedNodes(group.names)}: "${group.osImage}" with kernel ${group.release}`;
  const differing = differences(group, from);
  const known =
    differing.length === 0
      ? ", and all that is known is the same of each"
      : `; only what they share is known: ${listed(differing)} ${differing.length === 1 ? "is" : "are"} unknown`;
  return `${what} can be ${candidates.map((row) => row.id).join(" or ")}${known}`;
}

/** A node that hasn't reported will tell by itself; of a system that is none of the catalogue's only the user can. */
function unknownSystemNote({ osImage, release, names }: Group): string {
  const kernel = release === UNKNOWN ? "" : `, kernel: "${release}"`;
  const state = `state it under hosts: - {id: NAME${kernel}, iptables: {version: "1.8.9", backend: nft}}, with what is true of it`;
  if (osImage !== "")
    return `${namedNodes(names)}: "${osImage}" with kernel ${release} is not in the catalogue; ${state}`;
  const what = release === UNKNOWN ? "neither system nor kernel" : `kernel ${release} and no system`;
  return `${namedNodes(names)}: ${names.length === 1 ? "states" : "state"} ${what}; write the list again once its kubelet has reported, or ${state}`;
}

/** Names of the facts that not all of a group's candidates share: tools first. */
function differences(group: Group, from: string): string[] {
  const facts = group.matches
    .map((row) => knownHost(row, group, from))
    .map(
      ({ kernel, ...host }): Record<string, Fact<unknown> | undefined> => ({
        "iptables version": host.iptables.version,
        "iptables release": host.iptables.release,
        "iptables backend": host.iptables.backend,
        "the host's own backend": host.iptables.ownBackend,
        "whether iptables is there": host.iptables.installed,
        "nft version": host.nft.version,
        "whether nft is there": host.nft.installed,
        "ipset version": host.ipset.version,
        "whether ipset is there": host.ipset.installed,
        "support of 32-bit iptables-legacy": kernel.xtablesCompat,
        ...kernel.modules,
      }),
    );
  const names = new Set(facts.flatMap((record) => Object.keys(record)));
  return [...names].filter((name) => facts.some((record) => record[name]?.value !== facts[0]?.[name]?.value));
}

/** The first few of a list, and how many more there are. */
function listed(names: readonly string[]): string {
  return names.length > 5 ? listFirst(names, 5) : listInWords(names);
}

function seen(group: Group, from: string): Fact<string> {
  return { value: group.release, source: from, confidence: "stated" };
}

/** Of all its nodes; unknown where one of them tells none. */
function architecturesOf({ architectures }: Group, from: string): Pick<Kernel, "architectures"> {
  const value = architectures.flatMap((one) => one || []);
  if (value.length === 0 || value.length < architectures.length) return {};
  return { architectures: { value: value.toSorted(), source: from, confidence: "stated" } };
}

function seriesOf(group: Group): string {
  return kernelSeries(group.release) ?? "unknown";
}

/** `node a`, `nodes a, b and c`, `5 nodes (a, b, c, ...)`. */
function namedNodes(names: readonly string[]): string {
  if (names.length === 1) return `node ${names[0]}`;
  if (names.length <= 3) return `nodes ${listInWords(names)}`;
  return `${names.length} nodes (${names.slice(0, 3).join(", ")}, ...)`;
}

function slug(osImage: string): string {
  const words = osImage.toLowerCase().match(/[a-z0-9.]+/g) ?? [];
  return words.join("-").slice(0, 60) || "unknown-system";
}
