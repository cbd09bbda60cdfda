import type { Host } from "../model/host.ts";
import { withoutAbsentCores } from "./dependencies.ts";

/** What was collected on one node, and the file it stands in. */
export interface CollectedNode {
  host: Host;
  from: string;
}

/** True when the two names are one node's: alike, or one with its domain and the other without. */
function sameName(a: string, b: string): boolean {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left === right || left.split(".", 1)[0] === right || left === right.split(".", 1)[0];
}

/**
 * Collected facts by the node that they are of. Facts whose name fits no node, or more than one, are of none.
 * @param names of all nodes
 */
export function assignNodes(
  names: readonly string[],
  collected: readonly CollectedNode[],
): ReadonlyMap<string, CollectedNode> {
  const found = new Map<string, CollectedNode>();
  for (const facts of collected) {
    const exact = names.filter((name) => name.toLowerCase() === facts.host.id.toLowerCase());
    const fitting = exact.length > 0 ? exact : names.filter((name) => sameName(name, facts.host.id));
    if (fitting.length === 1) found.set(fitting[0]!, facts);
  }
  return found;
}

/** True when two nodes were found to be alike in all that counts. */
export function alike(a: Host, b: Host): boolean {
  return describe(a) === describe(b);
}

function describe({ kernel, iptables, nft, ipset }: Host): string {
  const values = (facts: object) =>
    Object.entries(facts as Record<string, { value: unknown } | undefined>)
      .map(([name, fact]) => [name, fact?.value])
      .sort(([x], [y]) => String(x).localeCompare(String(y)));
  return JSON.stringify([
    kernel.release.value,
    kernel.xtablesCompat?.value,
    values(kernel.modules),
    ...[iptables, nft, ipset].map(values),
  ]);
}

/**
 * A host of the catalogue with what was seen on a node of it. Seen facts take the place of the catalogue's; of a tool that the
 * node hasn't, or whose version it didn't tell, nothing of the catalogue's stays.
 */
export function refine(host: Host, { host: seen }: CollectedNode): Host {
  const { unmatched: _, ofCluster: __, ...rest } = host;
  const known = Object.keys(host.kernel.modules);
  return {
    ...rest,
    kernel: {
      ...host.kernel,
      modules: { ...host.kernel.modules, ...withoutAbsentCores(seen.kernel.modules, known) },
      ...(seen.kernel.xtablesCompat === undefined ? {} : { xtablesCompat: seen.kernel.xtablesCompat }),
    },
    iptables: refineIptables(host.iptables, seen.iptables),
    nft: refineTool(host.nft, seen.nft),
    ipset: refineTool(host.ipset, seen.ipset),
  };
}

function refineTool<T extends Host["nft"]>(known: T, seen: T): T {
  return seen.installed === undefined && seen.version === undefined ? known : seen;
}

/** Where no iptables is installed the backend stays: it is then the one of what the kubelet brings. */
function refineIptables(known: Host["iptables"], seen: Host["iptables"]): Host["iptables"] {
  const tool = refineTool(known, seen);
  const kept = tool === seen && seen.installed?.value === false ? known.backend : undefined;
  return kept === undefined || tool.backend !== undefined ? tool : { ...tool, backend: kept };
}
