import * as z from "zod/mini";
import { backendSchema } from "./toolchain.ts";

/**
 * A host: one node type. The catalogue (`knowledge/hosts/*.json`) and the user's config state hosts in this shape. A fact
 * that is absent is unknown, never false.
 */

export const confidenceSchema = z.enum(["seen", "documented", "inferred", "stated"]);

function fact<T extends z.ZodMiniType>(value: T) {
  return z.object({
    value,
    /** Public source, or `config` for what the user stated. */
    source: z.string(),
    /** seen = read in a file, package or source tree, or measured; documented = stated by someone else; inferred = deduced;
     * stated = the user's config says so. */
    confidence: confidenceSchema,
    note: z.optional(z.string()),
  });
}

export interface Fact<T> {
  value: T;
  source: string;
  confidence: z.infer<typeof confidenceSchema>;
  note?: string | undefined;
}

/** `loaded`: something on that node type has loaded it before pods run. `loadable`: on disk, nothing loads it. For modules
 * that the kernel autoloads on use (nf_tables, nft_compat, xt_*, ip_set*) `loadable` is as good as `loaded`; for ip_tables and
 * ip6_tables it is not. `optional-package`: on disk only if a further package is installed. */
export const moduleStateSchema = z.enum(["builtin", "loaded", "loadable", "optional-package", "absent"]);
export type ModuleState = z.infer<typeof moduleStateSchema>;

export const kernelSchema = z.object({
  /** Selects the row: `ubuntu-22.04@6.2`. Upstream series, or the flavour where two rows share a series (`6.12-rt`). */
  id: z.string(),
  /** `uname -r`, or the series alone when no exact release is known. */
  release: fact(z.string()),
  /** GOARCH names (`amd64`, `arm64`, `arm`) of the only machines that it runs on; absent: of any, as far as is known. */
  architectures: z.optional(fact(z.array(z.string()).check(z.minLength(1)))),
  /** By module name. Legacy: ip_tables, iptable_{filter,nat,mangle,raw,security}, ip6_tables, ip6table_*, arp_tables,
   * ebtables; nft: nf_tables, nft_compat, nft_fib, ...; xt_*; ip_set, ip_set_hash_* by set type. */
  modules: z.record(z.string(), fact(moduleStateSchema)),
  /** CONFIG_NETFILTER_XTABLES_COMPAT: 32-bit iptables-legacy on this 64-bit kernel. */
  xtablesCompat: z.optional(fact(z.boolean())),
  notes: z.optional(z.array(z.string())),
});
export type Kernel = z.infer<typeof kernelSchema>;

export const hostSchema = z.object({
  /** Catalogue id: `ubuntu-22.04`. */
  id: z.string(),
  title: z.string(),
  distribution: z.string(),
  release: z.string(),
  /** Supported by its distributor at the catalogue's date; reviewed by hand, never computed from the clock. */
  maintained: z.boolean(),
  endOfLife: z.optional(fact(z.string())),
  /** Pattern for `.status.nodeInfo.osImage`. */
  osImage: z.optional(z.string()),
  /** Pattern for `.status.nodeInfo.kernelVersion`. */
  kernelVersion: z.optional(z.string()),
  /** Nodes that are containers name the system inside and the kernel outside: what else tells them. A row with a mark is
   * meant where the node carries it, and nowhere else. */
  mark: z.optional(
    z.object({
      /** Pattern for `.spec.providerID`. */
      providerId: z.optional(z.string()),
      /** Key of a label. */
      label: z.optional(z.string()),
      source: z.string(),
    }),
  ),
  /** The first row is the default kernel. */
  kernels: z.array(kernelSchema),
  /** The host's own tools. `version` is the upstream version. `backend` is the one in which the node's kubelet writes, which
   * others follow: that of the host's iptables, where the kubelet doesn't bring its own. An `installed` of false says that
   * the host has none. */
  iptables: z.optional(
    z.object({
      version: z.optional(fact(z.string())),
      /** The distribution's release of that version: `17.el8_3.1`, `3ubuntu2`, `r2`. It tells what was repaired under the old
       * number. */
      release: z.optional(fact(z.string())),
      backend: z.optional(fact(backendSchema)),
      /** Of the host's own iptables, where the kubelet brings another; absent: the same. */
      ownBackend: z.optional(fact(backendSchema)),
      installed: z.optional(fact(z.boolean())),
    }),
  ),
  nft: z.optional(z.object({ version: z.optional(fact(z.string())), installed: z.optional(fact(z.boolean())) })),
  ipset: z.optional(z.object({ version: z.optional(fact(z.string())), installed: z.optional(fact(z.boolean())) })),
  libnftnl: z.optional(z.object({ version: z.optional(fact(z.string())) })),
  notes: z.optional(z.array(z.string())),
});
/** A row of the catalogue. */
export type CatalogueHost = z.infer<typeof hostSchema>;

/** One column of the matrix: a catalogue row (or the user's own) with one kernel chosen. */
export interface Host {
  /** As the report names it: `ubuntu-22.04`, `ubuntu-22.04@6.2`, the user's own id. */
  id: string;
  title: string;
  distribution: string;
  release: string;
  maintained: boolean;
  kernel: Kernel;
  iptables: NonNullable<CatalogueHost["iptables"]>;
  nft: NonNullable<CatalogueHost["nft"]>;
  ipset: NonNullable<CatalogueHost["ipset"]>;
  /** Program references that replace the general list on this host (`kubelet@1.31`), already resolved. */
  programs?: import("./program.ts").NodeProgram[];
  notes: string[];
  /** It stands for nodes of a list of the user's, of which nothing was collected: no entry by its id would refine it. */
  ofCluster?: true;
  /** What isn't known of a node that matches nothing: one clause. Its cells are then unknown. */
  unmatched?: string;
}
