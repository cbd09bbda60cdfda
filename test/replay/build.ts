import type { PlatformInput } from "../../src/compat/engine.ts";
import type { ImageContext } from "../../src/compat/types.ts";
import { catalogueHosts } from "../../src/knowledge/hosts/index.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import type { Fact, Host, ModuleState } from "../../src/model/host.ts";
import { type NodeProgram, type ProgramProfile, programProfileSchema } from "../../src/model/program.ts";
import type { Backend, Command, Library, Tool, Toolchain } from "../../src/model/toolchain.ts";
import { buildTool } from "../support/cells.ts";
import type { ImageFacts, Incident } from "./incident.ts";

/** From the facts of an incident to what the engine takes: nothing is added but paths, which no rule looks at. */

const source = "incident";
const evidence = [{ fact: "stated by the incident", source }];

function stated<T>(value: T, from = source): Fact<T> {
  return { value, source: from, confidence: "stated" };
}

function tool(facts: ImageFacts, name: string, version: string | null, backend?: Backend): Tool {
  const architecture = facts.binaryArchitecture ?? facts.architecture;
  return { ...buildTool(name, version, backend, architecture), evidence };
}

function toolsOf(facts: ImageFacts): Tool[] {
  const tools: Tool[] = [];
  for (const backend of ["nft", "legacy"] as const) {
    const version = facts[backend];
    if (version === undefined) continue;
    tools.push(tool(facts, "iptables", version, backend), tool(facts, "ip6tables", version, backend));
  }
  if (facts.ipset !== undefined) tools.push(tool(facts, "ipset", facts.ipset));
  if (facts.nftTool !== undefined) tools.push(tool(facts, "nft", facts.nftTool));
  if (facts.conntrack !== undefined) tools.push(tool(facts, "conntrack", facts.conntrack));
  return [...tools, ...unstated(facts, tools)];
}

/** Commands that the program runs and the thread doesn't call missing: there, of unknown version. */
function unstated(facts: ImageFacts, there: readonly Tool[]): Tool[] {
  const runs = profileOf(facts)?.runs?.value ?? [];
  return runs
    .filter((name) => /^(ipset|nft|conntrack|ebtables|arptables)$/.test(name))
    .filter((name) => facts.absent?.includes(name) !== true && !there.some((one) => one.name === name))
    .map((name) => tool(facts, name, null));
}

function iptablesCommand(facts: ImageFacts, name: string): Command {
  const start = `/usr/sbin/${name}`;
  switch (facts.default) {
    case "nft":
    case "legacy":
      return { backend: facts.default, via: [start, `/usr/sbin/xtables-${facts.default}-multi`] };
    case "wrapper":
      return { backend: "auto", via: [start, "/usr/sbin/iptables-wrapper"] };
    case "dangling":
      return { backend: "none", via: [start, "/sbin/xtables-legacy-multi"], dangling: true };
    default:
      return { backend: facts.default, via: facts.default === "none" ? [] : [start] };
  }
}

function library(name: string): Library {
  return { name, soVersion: "0", path: `/usr/lib/${name}.so.0`, versions: [null, null], evidence };
}

/** A toolchain as `inspect` would have found it. */
export function buildToolchain(facts: ImageFacts): Toolchain {
  const names = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];
  const plain = (name: string, there: boolean): Command =>
    there ? { backend: "nft", via: [`/usr/sbin/${name}`] } : { backend: "none", via: [] };
  return {
    os: { id: null, versionId: null },
    architecture: facts.architecture ?? "amd64",
    tools: toolsOf(facts),
    libraries: (facts.libraries ?? []).map(library),
    ...(facts.absentLibraries === undefined
      ? {}
      : {
          missingLibraries: facts.absentLibraries.map((name) => ({
            path: "/usr/sbin/iptables",
            library: `${name}.so`,
          })),
        }),
    defaults: {
      ...Object.fromEntries(names.map((name) => [name, iptablesCommand(facts, name)])),
      nft: plain("nft", facts.nftTool !== undefined),
      ipset: plain("ipset", facts.ipset !== undefined),
    },
    ...(facts.wrapper === undefined
      ? {}
      : {
          selector: {
            kind: "iptables-wrapper",
            version: facts.wrapper.version,
            effective: facts.wrapper.effective,
            path: "/usr/sbin/iptables-wrapper",
            evidence,
          },
        }),
    ...(facts.program === undefined
      ? {}
      : {
          program: { name: facts.program, version: null, path: `/usr/bin/${facts.program}`, libraries: [], evidence },
        }),
    // Whether the image could load modules is never stated: the milder assumption is that it has a modprobe.
    modprobe: true,
    environment: {},
    missing: [],
  };
}

function profileOf(facts: ImageFacts): ProgramProfile | undefined {
  if (facts.profile !== undefined) {
    const found = programProfiles.find((profile) => profile.id === facts.profile);
    if (found === undefined) throw new Error(`no program profile ${facts.profile}`);
    return programProfileSchema.parse(found);
  }
  const { does } = facts;
  if (does === undefined) return undefined;
  const sourced = <T>(value: T) => ({ value, source, confidence: "stated" as const });
  const id = facts.program ?? "program";
  return {
    id,
    title: id,
    ...(does.writes === undefined ? {} : { writes: sourced(does.writes) }),
    ...(does.operations === undefined ? {} : { operations: sourced(does.operations) }),
    ...(does.changesRules === undefined ? {} : { changesRules: sourced(does.changesRules) }),
    ...(does.runs === undefined ? {} : { runs: sourced(does.runs) }),
    ...(does.ipset === undefined ? {} : { ipset: sourced(does.ipset) }),
    ...(does.selects === undefined ? {} : { selects: sourced(does.selects) }),
    versions: [],
  };
}

export function buildContext(facts: ImageFacts): ImageContext {
  const profile = profileOf(facts);
  return {
    ...(profile === undefined ? {} : { profile }),
    environment: {},
    network: facts.context?.network ?? "host",
    modules: facts.context?.modules ?? "unknown",
  };
}

/** A host whose own iptables is known to work has the modules for it. */
function deducedModules(backend: string | undefined): Record<string, ModuleState> {
  if (backend === "nft") return { nf_tables: "loaded", nft_compat: "loaded" };
  if (backend !== "legacy") return {};
  return Object.fromEntries(["ip_tables", "iptable_filter", "iptable_nat"].map((name) => [name, "loaded"]));
}

function facts<T>(values: Record<string, T>, from: string): Record<string, Fact<T>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, stated(value, from)]));
}

function rowOf(name: string | undefined) {
  if (name === undefined) return undefined;
  const [id, kernelId] = name.split("@");
  const row = catalogueHosts.find((host) => host.id === id);
  if (row === undefined) throw new Error(`no catalogue row ${name}`);
  const kernel = kernelId === undefined ? row.kernels[0] : row.kernels.find((one) => one.id === kernelId);
  if (kernelId !== undefined && kernel === undefined) throw new Error(`no catalogue kernel ${name}`);
  return { row, kernel };
}

/** The incident's host: stated facts over the catalogue row, if one is named. */
export function buildHost(incident: Incident): Host {
  const { host } = incident;
  const base = rowOf(host.row);
  const { iptables } = base?.row ?? {};
  const deduced = deducedModules(host.backend);
  return {
    id: incident.id,
    title: base?.row.title ?? incident.id,
    distribution: host.distribution ?? base?.row.distribution ?? "unknown",
    release: host.release ?? base?.row.release ?? "unknown",
    maintained: false,
    kernel: {
      id: "stated",
      release: host.kernel === undefined ? (base?.kernel?.release ?? stated("unknown")) : stated(host.kernel),
      modules: {
        ...facts(deduced, "deduced from the backend in use"),
        ...base?.kernel?.modules,
        ...facts(host.modules ?? {}, source),
      },
    },
    iptables: {
      ...iptables,
      ...(host.iptables === undefined ? {} : { version: stated(host.iptables) }),
      ...(host.backend === undefined ? {} : { backend: stated(host.backend) }),
    },
    nft: { ...base?.row.nft, ...(host.nft === undefined ? {} : { version: stated(host.nft) }) },
    ipset: { ...base?.row.ipset, ...(host.ipset === undefined ? {} : { version: stated(host.ipset) }) },
    notes: [],
  };
}

export function buildPrograms(incident: Incident): NodeProgram[] {
  return incident.programs.map((program) => ({
    id: program.version === null ? program.name : `${program.name}@${program.version}`,
    name: program.name,
    version: program.version,
    backend: program.backend,
    iptables: program.iptables ?? null,
    ipset: program.ipset ?? null,
    nft: program.nft ?? null,
    writes: program.writes ?? null,
    operations: program.operations ?? null,
    ...(program.kubelet === undefined ? {} : { kubelet: program.kubelet }),
    changesRules: program.changesRules ?? false,
    creates: program.creates ?? null,
    listsAllSets: program.listsAllSets ?? null,
    evidence,
  }));
}

/** What `evaluatePlatform` takes, for the image of the incident or its repaired one. */
export function buildInput(incident: Incident, image: ImageFacts): PlatformInput {
  return {
    toolchain: buildToolchain(image),
    image: buildContext(image),
    hosts: [{ host: buildHost(incident), programs: buildPrograms(incident) }],
  };
}
