import type { ConfigPath } from "../model/error.ts";
import type { Host, ModuleState } from "../model/host.ts";
import type { Operation } from "../model/program.ts";
import type { Backend } from "../model/toolchain.ts";

/** What the config file and the command line say about hosts, as plain values: whoever reads YAML or JSON checks the form. */

/** A program of the user's own. Whatever is not stated is unknown. */
export interface OwnProgram {
  name: string;
  /** Version of the iptables it brings. */
  iptables?: string | undefined;
  backend?: Backend | "native-nft" | undefined;
  ipset?: string | undefined;
  nft?: string | undefined;
  writes?: string[] | undefined;
  /** Set types that it creates with ipset. */
  creates?: string[] | undefined;
  /** It lists or saves all sets, not only its own by name. */
  "lists-all-sets"?: boolean | undefined;
  operations?: Operation[] | undefined;
  /** It keeps changing rules while the node runs: what crashes beside a change then does. */
  "changes-rules"?: boolean | undefined;
}

/** `kube-proxy@1.31`, `docker`, or a program of the user's own. */
export type ProgramReference = string | OwnProgram;

/** A host of the user's own. What it doesn't state comes from the host it extends; without one it is unknown. */
export interface OwnHost {
  id: string;
  /** A catalogue id, with `@kernel` if need be, or another own host's id. */
  extends?: string | undefined;
  /** `uname -r`. */
  kernel?: string | undefined;
  /** GOARCH names. */
  architectures?: string[] | undefined;
  iptables?: { version?: string | undefined; release?: string | undefined; backend?: Backend | undefined } | undefined;
  nft?: { version?: string | undefined } | undefined;
  ipset?: { version?: string | undefined } | undefined;
  modules?: Record<string, ModuleState> | undefined;
  /** CONFIG_NETFILTER_XTABLES_COMPAT. */
  "xtables-compat"?: boolean | undefined;
  programs?: ProgramReference[] | undefined;
  /** Where the config states it, for errors. */
  at?: ConfigPath | undefined;
}

/** The content of `kubectl get nodes -o json`, already parsed, and the name it was read under. */
export interface NodesEntry {
  nodes: unknown;
  from: string;
}

/** What scripts/collect-host-facts.sh printed, and the name it was read under. */
export interface FactsEntry {
  facts: string;
  from: string;
}

/** One entry of a selection. A string is an id, `id@kernel`, `id@*`, a glob, a comparison, a named list or `not` one of these. */
export type HostEntry = string | OwnHost | NodesEntry | FactsEntry;

export interface Selection {
  /** In the order asked for, none twice. */
  hosts: Host[];
  /** What the reader of a report should know about the selection, one sentence each. */
  notes: string[];
  /** Nodes of which the system could not be told, by name; they are in `hosts` with unknown facts. */
  unmatched: string[];
}
