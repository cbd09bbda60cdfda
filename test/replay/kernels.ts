import { findProfile } from "../../src/hosts/programs.ts";
import type { Fact, Host, ModuleState } from "../../src/model/host.ts";
import type { NodeProgram } from "../../src/model/program.ts";
import { buildContext, buildToolchain } from "./build.ts";
import fixture from "./fixtures/kernels.json" with { type: "json" };
import type { ImageFacts } from "./incident.ts";
import type { Engine } from "./incident-replay.ts";

/**
 * What real kernels answered to real tools, against the engine: hosts are built from the experiment's kernel and the state of
 * its modules, images from the tools that ran. Every cell is compared; the ones in which the engine says more than one kernel
 * command showed are named in the fixture with the reason.
 */

interface ImageOfExperiment {
  backend?: "nft" | "legacy";
  tool?: "nft" | "ipset";
  writes?: string[];
  creates?: string[];
  program?: string;
  architecture?: string;
  iptables?: string;
  modprobe?: boolean;
}
export interface Experiment {
  name: string;
  modules: Record<string, ModuleState>;
  image: ImageOfExperiment;
  /** Rules of which one has to speak where the kernel refused, and all have to be silent where it did not. */
  rule: string;
  /** How loud it has to be; error unless told. */
  severity?: "warning";
  xtablesCompat?: Record<string, boolean>;
  disagrees?: { reason: string };
  observed: Record<string, Record<string, "ok" | "error">>;
}
export const experiments = fixture.experiments as unknown as Experiment[];
const reads = fixture.reads as Record<string, Record<string, Record<string, string[]>>>;
const types = fixture.types as Record<string, string[]>;
export const created = fixture.created as Record<string, Record<string, Record<string, number>>>;

const stated = <T>(value: T): Fact<T> => ({ value, source: "experiment", confidence: "seen" });

const onDisk = [
  ...["ip_tables", "iptable_filter", "iptable_nat", "ip6_tables", "ip6table_filter", "nf_tables", "nft_compat"],
  ...["xt_comment", "xt_conntrack", "xt_addrtype", "xt_MASQUERADE", "xt_nat", "ip_set", "ip_set_hash_ip"],
];

function hostOf(
  release: string,
  backend: "nft" | "legacy",
  modules: Record<string, ModuleState>,
  compat?: boolean,
): Host {
  const states = { ...Object.fromEntries(onDisk.map((name) => [name, "loadable" as const])), ...modules };
  return {
    id: release,
    title: release,
    distribution: "debian",
    release: "",
    maintained: false,
    kernel: {
      id: release,
      release: stated(release),
      modules: Object.fromEntries(Object.entries(states).map(([name, state]) => [name, stated(state)])),
      ...(compat === undefined ? {} : { xtablesCompat: stated(compat) }),
    },
    iptables: { backend: stated(backend) },
    nft: {},
    ipset: {},
    notes: [],
  };
}

/** The image that ran: tools of one suite, in a chroot without modprobe. */
function imageOf(
  { backend, tool, writes, creates, architecture, ...image }: ImageOfExperiment,
  version: string,
): ImageFacts {
  return {
    default: backend ?? "none",
    ...(backend === undefined ? {} : { [backend]: image.iptables ?? version }),
    ...(tool === "nft" ? { nftTool: version } : {}),
    ...(tool === "ipset" ? { ipset: version } : {}),
    ...(architecture === undefined ? {} : { architecture }),
    program: image.program ?? "experiment",
    ...(image.program === undefined
      ? { does: { ...(writes && { writes }), ...(creates && { ipset: { creates, listsAll: true } }) } }
      : {}),
  };
}

/** Severities with which the rules speak, worst first. */
function spoken(engine: Engine, experiment: Experiment, release: string, version: string): string[] {
  const facts = imageOf(experiment.image, version);
  const profile = experiment.image.program === undefined ? undefined : findProfile(experiment.image.program);
  const context = buildContext(facts);
  const [cell] = engine({
    toolchain: { ...buildToolchain(facts), modprobe: experiment.image.modprobe === true },
    image: {
      ...context,
      ...(profile === undefined ? {} : { profile }),
      modules: experiment.image.modprobe === true ? "host" : "none",
    },
    hosts: [
      {
        host: hostOf(
          release,
          experiment.image.backend ?? "nft",
          experiment.modules,
          experiment.xtablesCompat?.[release],
        ),
        programs: [],
      },
    ],
  });
  const rules = experiment.rule.split(" ");
  return cell!.findings.filter(({ rule }) => rules.includes(rule)).map(({ severity }) => severity);
}

/** One version of the tools on one kernel, and what it did. */
export interface Observation {
  experiment: Experiment;
  release: string;
  version: string;
  answer: "ok" | "error";
}
export const observations: readonly Observation[] = experiments.flatMap((experiment) =>
  Object.entries(experiment.observed).flatMap(([release, answers]) =>
    Object.entries(answers).map(([version, answer]) => ({ experiment, release, version, answer })),
  ),
);

/** What the engine makes of the same image and kernel, and the severities of what it says. */
export function predict(engine: Engine, { experiment, release, version }: Observation) {
  const severities = spoken(engine, experiment, release, version);
  return { severities, answer: severities.includes(experiment.severity ?? "error") ? "error" : "ok" };
}

/** A set of one ipset that another one lists and saves. */
export interface SetRead {
  release: string;
  writer: string;
  reader: string;
  type: string;
  unreadable: boolean;
}
export const setReads: readonly SetRead[] = Object.entries(reads).flatMap(([release, writers]) =>
  Object.entries(writers).flatMap(([writer, readers]) =>
    Object.entries(readers).flatMap(([reader, unreadable]) =>
      (types[release] ?? []).map((type) => ({ release, writer, reader, type, unreadable: unreadable.includes(type) })),
    ),
  ),
);

export function cannotRead(engine: Engine, { release, writer, reader, type }: SetRead): boolean {
  return findingsOn(engine, release, writer, reader, type).some(
    ({ rule, severity }) => rule === "ipset-revision" && severity === "error",
  );
}

function findingsOn(engine: Engine, release: string, writer: string, reader: string, type: string) {
  const facts = imageOf({ tool: "ipset", creates: [] }, reader);
  const program: NodeProgram = {
    id: "writer",
    name: "writer",
    version: null,
    backend: "none",
    iptables: null,
    ipset: writer,
    nft: null,
    writes: null,
    operations: null,
    changesRules: false,
    creates: [type],
    listsAllSets: null,
    evidence: [],
  };
  const [cell] = engine({
    toolchain: buildToolchain(facts),
    image: buildContext(facts),
    hosts: [{ host: hostOf(release, "nft", {}), programs: [program] }],
  });
  return cell!.findings;
}
