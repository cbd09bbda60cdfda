import * as z from "zod/mini";

/** A program that writes or reads netfilter rules on a node: kubelet, kube-proxy, docker, another CNI, the image's own. */

/** One kind of rule content. The first six are the boundary constructs with fixed ids; further ones carry the name of the
 * lab scenario that measured them. */
export const constructSchema = z.string();
export const boundaryConstructs = ["address-prefix", "mark-match", "port", "port-range", "tcp-flags", "nflog"] as const;

/** What a reader does: append own rules; list one of its own chains; list a whole table (`-S`, `-L`, or a save whose comments
 * it heeds); go by the rules that `iptables-save` prints; take nothing from that but the names of chains; check or delete a
 * rule by specification; save a table and restore it. */
export const operationSchema = z.enum([
  "append",
  "list-own-chain",
  "list",
  "save",
  "save-chains",
  "check",
  "delete",
  "save-restore",
]);
export type Operation = z.infer<typeof operationSchema>;

/** Which backend a program writes with.
 * `host`: it runs the host's own iptables. `follows-kubelet`: it has its own binaries and picks the backend in which the
 * kubelet's marker chains are (iptables-wrapper v2 and later). `nft`/`legacy`: fixed. `native-nft`: it speaks nftables, in
 * tables of its own name. `unknown`: not known. */
export const programBackendSchema = z.enum([
  "host",
  "follows-kubelet",
  "nft",
  "legacy",
  "native-nft",
  "none",
  "unknown",
]);
export type ProgramBackend = z.infer<typeof programBackendSchema>;

/** Tables of iptables and ip6tables by name; `bridge` and `arp` are those of ebtables and arptables. */
const tableSchema = z.enum(["filter", "nat", "mangle", "raw", "security", "bridge", "arp"]);
export type Table = z.infer<typeof tableSchema>;

/** Where a program writes and reads. Whatever isn't named here may be in, or on, every table: a table that is left out by
 * mistake would let a break pass. */
const tableUseSchema = z.object({
  /** By construct: the only tables into which it writes it. */
  writes: z.optional(z.record(constructSchema, z.array(tableSchema).check(z.minLength(1)))),
  /** By operation: the only tables on which it does it. */
  reads: z.optional(z.record(z.string(), z.array(tableSchema).check(z.minLength(1)))),
});
export type TableUse = z.infer<typeof tableUseSchema>;

const sourced = { source: z.string(), confidence: z.enum(["seen", "documented", "inferred", "stated"]) };

/** Set types that a program creates, and whether it lists or saves all sets of the namespace. */
const setUseSchema = z.object({ creates: z.array(z.string()), listsAll: z.optional(z.boolean()) });

/** How one range of versions of a program behaves. */
export const programVersionSchema = z.object({
  /** semver range of the program's versions: `>=1.29`, `2.0 - 2.4`. */
  versions: z.string(),
  backend: z.object({ value: programBackendSchema, ...sourced }),
  /** Version of the iptables it runs, when it brings its own. */
  iptables: z.optional(z.object({ value: z.string(), ...sourced })),
  ipset: z.optional(z.object({ value: z.string(), ...sourced })),
  nft: z.optional(z.object({ value: z.string(), ...sourced })),
  /** Where this range differs from what the profile states for all versions. */
  writes: z.optional(z.object({ value: z.array(constructSchema), ...sourced })),
  operations: z.optional(z.object({ value: z.array(operationSchema), ...sourced })),
  tables: z.optional(z.object({ value: tableUseSchema, ...sourced })),
  sets: z.optional(z.object({ value: setUseSchema, ...sourced })),
  note: z.optional(z.string()),
});

/** It is no variable but an option, a flag or a field of a config file, which nothing of an image shows: where it isn't
 * stated it may be either. */
const nativeOptionSchema = z.object({
  /** Its other values, the default first. */
  others: z.array(z.string()).check(z.minLength(1)),
  /** Programs from this version on have it. */
  since: z.string(),
  /** Those that are built with this Go module have it, too. */
  module: z.optional(z.string()),
});

/** `src/knowledge/programs/*.json`. */
export const programProfileSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** How it is recognised inside an image: Go module paths (of the main package alone where the module has other programs,
   * which run nothing of what is told here), paths of binaries. */
  recognise: z.optional(
    z.object({ goModules: z.optional(z.array(z.string())), paths: z.optional(z.array(z.string())) }),
  ),
  /** Constructs it writes into tables that iptables-nft owns; absent: not known. */
  writes: z.optional(z.object({ value: z.array(constructSchema), ...sourced })),
  /** What it does to tables that others write too; absent: not known. */
  operations: z.optional(z.object({ value: z.array(operationSchema), ...sourced })),
  /** In which tables it does so; absent: in all. */
  tables: z.optional(z.object({ value: tableUseSchema, ...sourced })),
  /** A kubelet is in it: it writes the marker chains by which iptables-wrapper v2 and later choose the backend. */
  kubelet: z.optional(z.boolean()),
  /** It keeps changing rules while the node runs (matters for races). */
  changesRules: z.optional(z.object({ value: z.boolean(), ...sourced })),
  /** Set types it creates, when it uses ipset; and whether it lists or saves all sets of the namespace. */
  ipset: z.optional(
    z.object({
      value: setUseSchema,
      ...sourced,
    }),
  ),
  /** Commands it runs by name, besides plain `iptables` and `ip6tables`. */
  runs: z.optional(z.object({ value: z.array(z.string()), ...sourced })),
  /** When the image's own copy of this program runs: how the backend of its iptables is chosen. `path`: whatever `iptables`
   * resolves to. `self`: it runs the backend-named binaries itself (Felix). */
  selects: z.optional(
    z.object({
      value: z.enum(["path", "self"]),
      /** Environment variable that decides, with the values that mean each backend. */
      variable: z.optional(
        z.object({
          name: z.string(),
          values: z.record(z.string(), z.enum(["nft", "legacy", "auto"])),
          default: z.enum(["nft", "legacy", "auto"]),
        }),
      ),
      /** Of `self`: the backend that those who start it name by default; absent: it looks which one is in use. */
      told: z.optional(z.enum(["nft", "legacy"])),
      /** Environment variable, or option, with the values at which it speaks nftables itself and runs neither iptables nor
       * ipset; `writes`: the native rules that it then puts into iptables' own tables. */
      native: z.optional(
        z.object({
          name: z.string(),
          values: z.array(z.string()),
          writes: z.array(constructSchema),
          option: z.optional(nativeOptionSchema),
          ...sourced,
        }),
      ),
      ...sourced,
    }),
  ),
  /** Where the image's own copy of it runs when the config doesn't say; absent: in the node's network namespace. */
  network: z.optional(z.object({ value: z.enum(["host", "pod"]), ...sourced })),
  versions: z.array(programVersionSchema),
  notes: z.optional(z.array(z.string())),
});
export type ProgramProfile = z.infer<typeof programProfileSchema>;

/** A program as it stands on a host: resolved from a profile and a version, or stated by the user. */
export interface NodeProgram {
  /** As the user wrote it: `kube-proxy@1.31`, or the name of an own program. */
  id: string;
  /** Profile id, or the own program's name. */
  name: string;
  version: string | null;
  backend: ProgramBackend;
  /** Version of its own iptables; null when it uses the host's or none, or when it is not known. */
  iptables: string | null;
  ipset: string | null;
  nft: string | null;
  /** null: not known; an own program without `writes` is assumed to write the common constructs. */
  writes: string[] | null;
  operations: Operation[] | null;
  /** In which tables it writes and reads; absent: not known, so in all. */
  tables?: TableUse;
  /** A kubelet is in it; see {@link programProfileSchema}. */
  kubelet?: boolean;
  changesRules: boolean;
  /** Set types it creates; null: not known. */
  creates: string[] | null;
  listsAllSets: boolean | null;
  evidence: import("./evidence.ts").Evidence[];
}
