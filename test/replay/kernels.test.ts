import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { kernelRevisions, toolRevisions, unreadableSets } from "../../src/compat/ipset.ts";
import { findProfile } from "../../src/hosts/programs.ts";
import type { Fact, Host, ModuleState } from "../../src/model/host.ts";
import type { NodeProgram } from "../../src/model/program.ts";
import { kernelSeries } from "../../src/model/version.ts";
import { buildContext, buildToolchain } from "./build.ts";
import fixture from "./fixtures/kernels.json" with { type: "json" };
import type { ImageFacts } from "./incident.ts";

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
interface Experiment {
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
const experiments = fixture.experiments as unknown as Experiment[];
const reads = fixture.reads as Record<string, Record<string, Record<string, string[]>>>;
const types = fixture.types as Record<string, string[]>;
const created = fixture.created as Record<string, Record<string, Record<string, number>>>;

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
function spoken(experiment: Experiment, release: string, version: string): string[] {
  const facts = imageOf(experiment.image, version);
  const profile = experiment.image.program === undefined ? undefined : findProfile(experiment.image.program);
  const context = buildContext(facts);
  const [cell] = evaluatePlatform({
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

describe("what kernels answered", () => {
  test("modules that are loaded, on disk or missing, and 32-bit tools: every experiment", () => {
    const disagreements: string[] = [];
    const named = new Map<string, number>();
    let cells = 0;
    for (const experiment of experiments) {
      for (const [release, answers] of Object.entries(experiment.observed)) {
        for (const [version, answer] of Object.entries(answers)) {
          cells++;
          const severities = spoken(experiment, release, version);
          const predicted = severities.includes(experiment.severity ?? "error") ? "error" : "ok";
          if (predicted === answer) continue;
          if (experiment.disagrees !== undefined && predicted === "error") {
            named.set(experiment.name, (named.get(experiment.name) ?? 0) + 1);
          } else {
            disagreements.push(
              `${experiment.name}, kernel ${release}, ${version}: ${answer}, predicted ${predicted} (${severities.join()})`,
            );
          }
        }
      }
    }
    const sum = [...named.values()].reduce((a, b) => a + b, 0);
    console.log(
      `modules: ${cells} cells, ${disagreements.length} disagreements, ${sum} where the engine says more, by intent:`,
    );
    for (const [name, count] of named) console.log(`  ${count} x ${name}`);
    expect(disagreements).toEqual([]);
    expect(cells).toBe(376);
    // A reason that is no longer needed hides the next mistake.
    expect([...named.keys()]).toEqual(experiments.filter(({ disagrees }) => disagrees).map(({ name }) => name));
  });

  test("sets of one ipset, listed and saved by another: every type, writer and reader", () => {
    const disagreements: string[] = [];
    let cells = 0;
    for (const [release, writers] of Object.entries(reads))
      for (const [writer, readers] of Object.entries(writers))
        for (const [reader, unreadable] of Object.entries(readers))
          for (const type of types[release] ?? []) {
            cells += 2;
            const predicted = cannotRead(release, writer, reader, type);
            if (predicted !== unreadable.includes(type))
              disagreements.push(`${release} ${type} of ${writer} read by ${reader}: predicted ${predicted}`);
          }
    console.log(`sets: ${cells} commands, ${disagreements.length} disagreements`);
    expect(disagreements).toEqual([]);
    expect(cells).toBe(1104);
  });

  test("the revision that a set gets is the lower of what kernel and tool know", () => {
    let sets = 0;
    for (const [release, tools] of Object.entries(created))
      for (const [version, revisions] of Object.entries(tools))
        for (const [type, revision] of Object.entries(revisions)) {
          sets++;
          // Of a reader that knows nothing, the engine tells the set's revision.
          const kernel = kernelRevisions(kernelSeries(release)!)!;
          const [set] = unreadableSets(kernel, toolRevisions(version), { [type]: -1 }, [type]);
          expect.soft(set?.revision, `${release} ${version} ${type}`).toBe(revision);
        }
    expect(sets).toBe(300);
  });
});

function cannotRead(release: string, writer: string, reader: string, type: string): boolean {
  return findingsOn(release, writer, reader, type).some(
    ({ rule, severity }) => rule === "ipset-revision" && severity === "error",
  );
}

function findingsOn(release: string, writer: string, reader: string, type: string) {
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
  const [cell] = evaluatePlatform({
    toolchain: buildToolchain(facts),
    image: buildContext(facts),
    hosts: [{ host: hostOf(release, "nft", {}), programs: [program] }],
  });
  return cell!.findings;
}
