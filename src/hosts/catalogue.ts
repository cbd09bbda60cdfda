import { catalogueHosts } from "../knowledge/hosts/index.ts";
import selectionsData from "../knowledge/hosts/selections.json" with { type: "json" };
import type { CatalogueHost, Host, Kernel } from "../model/host.ts";

/** The hosts we know and the named lists of them (`default`, `eks`, ...). */
export interface Catalogue {
  hosts: readonly CatalogueHost[];
  selections: Readonly<Record<string, { hosts: readonly string[]; note: string; caveat?: string }>>;
}

/** The catalogue of `src/knowledge/hosts`. */
export const catalogue: Catalogue = { hosts: catalogueHosts, selections: selectionsData };

/** The row with this id; undefined when there is none. */
export function findHost(known: Catalogue, id: string): CatalogueHost | undefined {
  return known.hosts.find((host) => host.id === id);
}

/** A host whose kernel was not read still has one column: its kernel is unknown. */
const unknownKernel: Kernel = {
  id: "unknown",
  release: { value: "unknown", source: "not in the catalogue", confidence: "inferred" },
  modules: {},
};

/** The kernel that a host has when none is asked for. */
export function defaultKernel(row: CatalogueHost): Kernel {
  return row.kernels[0] ?? unknownKernel;
}

/** One column of the matrix: the row with this kernel. The default kernel's column carries the plain id. */
export function toHost(row: CatalogueHost, kernel: Kernel): Host {
  const isDefault = kernel.id === defaultKernel(row).id;
  return {
    id: isDefault ? row.id : `${row.id}@${kernel.id}`,
    title: isDefault ? row.title : `${row.title} (kernel ${kernel.id})`,
    distribution: row.distribution,
    release: row.release,
    maintained: row.maintained,
    kernel,
    iptables: row.iptables ?? {},
    nft: row.nft ?? {},
    ipset: row.ipset ?? {},
    notes: [...(row.notes ?? []), ...(kernel.notes ?? [])],
  };
}
