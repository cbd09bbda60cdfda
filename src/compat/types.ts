import type { Evidence } from "../model/evidence.ts";
import type { Host } from "../model/host.ts";
import type { NodeProgram, Operation, ProgramProfile } from "../model/program.ts";
import type { Severity } from "../model/report.ts";
import type { Backend, Toolchain } from "../model/toolchain.ts";
import type { RawMissing, UnknownFact } from "./unknown-facts.ts";

/** What only the manifests know of how the image runs; from the config, completed with defaults. */
export interface ImageContext {
  /** Pattern of its reference, for an entry of the config that is for it alone; absent: any. */
  match?: string;
  /** Profile of the image's own program, when it is a known one. */
  profile?: ProgramProfile;
  /** The same if the image's program is another one, which its files leave open: what does not hold of both is not known. */
  otherwise?: ImageContext;
  /** Image ENV overridden by the config's. */
  environment: Readonly<Record<string, string>>;
  /** Options that the program has besides, by name, as far as stated. */
  options?: Readonly<Record<string, string>>;
  /** `pod`: the node's programs don't share its network namespace. */
  network: "host" | "pod";
  /** Whether it can load kernel modules (mounts /lib/modules with the right to load): stated, or unknown. */
  modules: "host" | "none" | "unknown";
  /** What an image without netfilter tools reaches netfilter with, where that is stated: the host's, or none at all. */
  tools?: "host" | "none";
  /** As whom the manifests run it, where that is stated. */
  user?: "root" | "image";
}

/** The backend that the image's program ends up with on one host, and why. */
export interface BackendChoice {
  /** `none`: it runs no iptables. `unknown`: `missing` names the facts that would tell. */
  backend: Backend | "none" | "unknown";
  /** Who decided, in words: `iptables-wrapper v2 follows the kubelet's marker chains`. */
  because: string;
  /** The choice is made at run time and can differ from host to host. */
  adapts: boolean;
  /** What was wanted when the binary for it isn't in the image. */
  wanted?: Backend;
  missing?: readonly UnknownFact[];
  /** It leaves the container and runs the host's own tools. */
  hostExec?: boolean;
  /** Of an unknown choice: it may as well run no iptables at all. */
  maybeNone?: boolean;
}

/** One platform of the image on one host: all that a rule looks at. */
export interface Cell {
  toolchain: Toolchain;
  image: ImageContext;
  host: Host;
  /** The backend the node's kubelet uses; undefined when not known. */
  hostBackend: Backend | undefined;
  /** Programs on the node that share the image's network namespace, the image's own one taken out. */
  programs: readonly NodeProgram[];
  choice: BackendChoice;
  /** Backends of all selected hosts, as far as known. */
  selectedBackends: ReadonlySet<Backend>;
}

/** A tool of the image as a rule on kernels sees it: it runs, and needs something. */
export interface ToolUse {
  /** With its backend: `iptables-legacy`. */
  title: string;
  /** Of its findings. */
  cause: string;
  /** It is known to be run; otherwise nothing is worse than a warning, and what isn't known can't be. */
  isCertain: boolean;
  /** Why it is run. */
  evidence: Evidence;
}

/** What happened when one rule looked at one cell. */
export interface RawFinding {
  kind: "finding";
  rule: string;
  severity: Severity;
  /** Findings of one cell with the same cause are one: see precedence.ts. */
  cause: string;
  /** Without the host's name, so that hosts with the same finding can share it. */
  message: string;
  evidence: Evidence[];
  program?: string;
  /** That program runs the host's own tools, so the message differs from host to host. */
  dependsOnHost?: boolean;
  /** The tool of the image that it is about, `iptables` when absent: where the Dockerfile brings it in is the finding's line. */
  tool?: string;
  remedy?: string;
  /** The release of the image's distribution that cures it without any other change. */
  upgrade?: { distribution: string; release: string };
}
export type Outcome = RawFinding | RawMissing;

export interface Rule {
  id: string;
  /**
   * `iptables`: the rule looks at no other facts of a host than the version and build of its iptables, whether that is
   * installed, and the backends; at no more of the image's choice than backend and `hostExec`. Then hosts that are alike in
   * these get one answer. Absent: at anything.
   */
  looksAt?: "iptables";
  evaluate(cell: Cell): Outcome[];
}

/** Operations of the image's program, null when not known. */
export function operationsOf(image: ImageContext): Operation[] | null {
  return image.profile?.operations?.value ?? null;
}

/** Why the image's program runs the backend that it runs. */
export function choiceEvidence({ choice }: Pick<Cell, "choice">): Evidence {
  return { fact: choice.because, source: "image" };
}
