import { chooseBackend } from "../../src/compat/backend.ts";
import { evaluatePlatform, type PlatformInput, type RawCell } from "../../src/compat/engine.ts";
import { rules } from "../../src/compat/rules/index.ts";
import type { Cell, ImageContext, Outcome } from "../../src/compat/types.ts";
import type { Fact, Host, ModuleState } from "../../src/model/host.ts";
import type { NodeProgram, ProgramProfile } from "../../src/model/program.ts";
import type { Backend, Command, Tool, Toolchain } from "../../src/model/toolchain.ts";

/** Small cells for the rules' tables: an image in a line, a host in a line, and what a rule says of them. */

export interface ImageSpec {
  /** Versions of iptables by backend; null: there, version not known. */
  nft?: string | null;
  legacy?: string | null;
  /** What `iptables` leads to: the only backend there is, unless told. */
  default?: Command["backend"];
  /** Generation of an iptables-wrapper that `iptables` leads to. */
  wrapper?: string | null;
  /** A wrapper that is in the image and not in the way. */
  idleWrapper?: string;
  hostExec?: boolean;
  ipset?: string | null;
  nftTool?: string | null;
  architecture?: string;
  /** Go modules of the program. */
  program?: { name: string; libraries?: string[] };
  modprobe?: boolean;
  /** Applied to the toolchain last. */
  change?: (toolchain: Toolchain) => void;
}

export interface HostSpec {
  /** null: not known. */
  backend?: Backend | null;
  kernel?: string;
  iptables?: string | null;
  iptablesInstalled?: boolean;
  ipset?: string;
  ipsetInstalled?: boolean;
  nft?: string;
  /** Laid over a kernel that has everything: `absent: ["nft_compat"]`. */
  modules?: Partial<Record<ModuleState | "unknown", string[]>>;
  xtablesCompat?: boolean;
  architectures?: string[];
}

export interface Setup {
  image: ImageSpec;
  host?: HostSpec;
  programs?: ProgramSpec[];
  profile?: ProfileSpec;
  environment?: Record<string, string>;
  network?: "host" | "pod";
  modules?: ImageContext["modules"];
  user?: "root" | "image";
  /** Backends of the whole selection; the host's alone unless told. */
  selected?: Backend[];
}

export type ProgramSpec = Partial<NodeProgram> & { name: string };

/** The image's own program: values without their sources. */
export interface ProfileSpec {
  id?: string;
  writes?: string[];
  operations?: NonNullable<NodeProgram["operations"]>;
  tables?: NonNullable<NodeProgram["tables"]>;
  runs?: string[];
  runsConfidence?: "seen" | "inferred";
  ipset?: { creates: string[]; listsAll?: boolean };
  selects?: "path" | "self";
  variable?: NonNullable<NonNullable<ProgramProfile["selects"]>["variable"]>;
  native?: { name: string; values: string[]; writes: string[] };
  /** Backend of its only version row. */
  backend?: ProgramProfile["versions"][number]["backend"]["value"];
}

const evidence = [{ fact: "stated by the test", source: "test" }];

function stated<T>(value: T): Fact<T> {
  return { value, source: "test", confidence: "stated" };
}

/** kubelet of a release that writes little: the marker chains are what matters of it. */
export const kubelet: ProgramSpec = {
  name: "kubelet",
  version: "1.31",
  backend: "host",
  kubelet: true,
  writes: ["address-prefix"],
  operations: ["append", "check"],
};

/** Writes what kube-router writes: port ranges and NFLOG among it. */
export const richWriter: ProgramSpec = {
  name: "kube-router",
  version: "2.0",
  backend: "nft",
  iptables: "1.8.9",
  writes: ["address-prefix", "mark-match", "port", "port-range", "tcp-flags", "nflog"],
  operations: ["append", "check", "delete", "list", "save-restore"],
};

export function buildTool(name: string, version: string | null, backend?: Backend, architecture = "amd64"): Tool {
  const file = backend === undefined ? name : `xtables-${backend}-multi`;
  const path = backend === undefined ? `/usr/sbin/${name}` : `/usr/sbin/${name}-${backend}`;
  return {
    name,
    version,
    ...(backend === undefined ? {} : { backend }),
    path,
    target: `/usr/sbin/${file}`,
    via: [path, `/usr/sbin/${file}`],
    architecture,
    evidence,
  };
}

export function buildToolchain(image: ImageSpec): Toolchain {
  const tools = (["nft", "legacy"] as const).flatMap((backend) => {
    const version = image[backend];
    return version === undefined ? [] : ["iptables", "ip6tables"].map((name) => buildTool(name, version, backend));
  });
  if (image.ipset !== undefined) tools.push(buildTool("ipset", image.ipset));
  if (image.nftTool !== undefined) tools.push(buildTool("nft", image.nftTool));
  const toolchain: Toolchain = {
    os: { id: null, versionId: null },
    architecture: image.architecture ?? "amd64",
    tools,
    libraries: [],
    defaults: defaultsOf(image),
    ...selectorOf(image),
    ...(image.program === undefined
      ? {}
      : {
          program: {
            name: image.program.name,
            version: null,
            path: `/usr/bin/${image.program.name}`,
            libraries: image.program.libraries ?? [],
            evidence,
          },
        }),
    modprobe: image.modprobe ?? false,
    environment: {},
    missing: [],
  };
  image.change?.(toolchain);
  return toolchain;
}

function defaultsOf(image: ImageSpec): Toolchain["defaults"] {
  const only = image.nft !== undefined ? "nft" : image.legacy !== undefined ? "legacy" : "none";
  const backend = image.wrapper !== undefined ? "auto" : (image.default ?? only);
  const end = backend === "nft" || backend === "legacy" ? `/usr/sbin/xtables-${backend}-multi` : "/usr/sbin/script";
  const command = (name: string): Command => {
    if (image.hostExec === true) return { backend: "unknown", via: [`/usr/sbin/${name}`], hostExec: true };
    return backend === "none" ? { backend, via: [] } : { backend, via: [`/usr/sbin/${name}`, end] };
  };
  const plain = (name: string, there: boolean): Command =>
    there ? { backend: "unknown", via: [`/usr/sbin/${name}`] } : { backend: "none", via: [] };
  const names = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];
  return {
    ...Object.fromEntries(names.map((name) => [name, command(name)])),
    nft: plain("nft", image.nftTool !== undefined),
    ipset: plain("ipset", image.ipset !== undefined),
  };
}

function selectorOf(image: ImageSpec): Pick<Toolchain, "selector"> {
  const version = image.wrapper ?? image.idleWrapper ?? null;
  if (image.wrapper === undefined && image.idleWrapper === undefined) return {};
  const effective = image.wrapper !== undefined;
  return { selector: { kind: "iptables-wrapper", version, effective, path: "/usr/sbin/iptables-wrapper", evidence } };
}

const everyModule = [
  ...["ip_tables", "iptable_filter", "iptable_nat", "ip6_tables", "ip6table_filter"],
  ...["nf_tables", "nft_compat", "ip_set"],
];

export function buildHost(host: HostSpec = {}): Host {
  const modules: Record<string, Fact<ModuleState>> = {};
  for (const name of everyModule) modules[name] = stated("loaded");
  for (const [state, names] of Object.entries(host.modules ?? {}))
    for (const name of names) {
      if (state === "unknown") delete modules[name];
      else modules[name] = stated(state as ModuleState);
    }
  const backend = host.backend === undefined ? "nft" : host.backend;
  const iptables = host.iptables === undefined ? "1.8.11" : host.iptables;
  return {
    id: "node",
    title: "Node",
    distribution: "test",
    release: "1",
    maintained: true,
    kernel: {
      id: "test",
      release: stated(host.kernel ?? "6.12"),
      modules,
      ...(host.xtablesCompat === undefined ? {} : { xtablesCompat: stated(host.xtablesCompat) }),
      ...(host.architectures === undefined ? {} : { architectures: stated(host.architectures) }),
    },
    iptables: {
      ...(iptables === null ? {} : { version: stated(iptables) }),
      ...(backend === null ? {} : { backend: stated(backend) }),
      ...(host.iptablesInstalled === undefined ? {} : { installed: stated(host.iptablesInstalled) }),
    },
    nft: host.nft === undefined ? {} : { version: stated(host.nft) },
    ipset: {
      ...(host.ipset === undefined ? {} : { version: stated(host.ipset) }),
      ...(host.ipsetInstalled === undefined ? {} : { installed: stated(host.ipsetInstalled) }),
    },
    notes: [],
  };
}

export function buildProgram(program: ProgramSpec): NodeProgram {
  return {
    id: program.version ? `${program.name}@${program.version}` : program.name,
    version: null,
    backend: "unknown",
    iptables: null,
    ipset: null,
    nft: null,
    writes: null,
    operations: null,
    changesRules: false,
    creates: null,
    listsAllSets: null,
    evidence,
    ...program,
  };
}

export function buildProfile(profile: ProfileSpec): ProgramProfile {
  const seen = <T>(value: T) => ({ value, source: "test", confidence: "seen" as const });
  const id = profile.id ?? "own";
  return {
    id,
    title: id,
    ...(profile.writes === undefined ? {} : { writes: seen(profile.writes) }),
    ...(profile.operations === undefined ? {} : { operations: seen(profile.operations) }),
    ...(profile.tables === undefined ? {} : { tables: seen(profile.tables) }),
    ...(profile.runs === undefined
      ? {}
      : { runs: { ...seen(profile.runs), confidence: profile.runsConfidence ?? "seen" } }),
    ...(profile.ipset === undefined ? {} : { ipset: seen(profile.ipset) }),
    ...(profile.selects === undefined
      ? {}
      : {
          selects: {
            ...seen(profile.selects),
            ...(profile.variable === undefined ? {} : { variable: profile.variable }),
            ...(profile.native === undefined
              ? {}
              : { native: { ...profile.native, source: "test", confidence: "seen" as const } }),
          },
        }),
    versions: profile.backend === undefined ? [] : [{ versions: ">=0.0.0", backend: seen(profile.backend) }],
  };
}

function contextOf(setup: Setup): ImageContext {
  return {
    ...(setup.profile === undefined ? {} : { profile: buildProfile(setup.profile) }),
    environment: setup.environment ?? {},
    network: setup.network ?? "host",
    modules: setup.modules ?? "unknown",
    ...(setup.user === undefined ? {} : { user: setup.user }),
  };
}

/** The cell of a setup whose backends are known. Setups with an unknown backend are the engine's: {@link evaluate}. */
export function buildCell(setup: Setup): Cell {
  const toolchain = buildToolchain(setup.image);
  const image = contextOf(setup);
  const host = buildHost(setup.host);
  const programs = image.network === "pod" ? [] : (setup.programs ?? [kubelet]).map(buildProgram);
  const hostBackend = host.iptables.backend?.value;
  const choice = chooseBackend(toolchain, image, hostBackend, programs, host);
  if (choice.backend === "unknown")
    throw new Error(`unknown backend: ${choice.missing?.map(({ fact }) => fact).join(", ")}`);
  const selectedBackends = new Set(setup.selected ?? (hostBackend === undefined ? [] : [hostBackend]));
  return { toolchain, image, host, hostBackend, programs, choice, selectedBackends };
}

/** What one rule says of a setup, in full. */
export function outcomesOf(id: string, setup: Setup): Outcome[] {
  const rule = rules.find((candidate) => candidate.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule.evaluate(buildCell(setup));
}

/** What one rule says of a setup, a word or two each: `error`, `warning kube-router@2.0`, `missing: state of ...`. */
export function ask(id: string, setup: Setup): string[] {
  return outcomesOf(id, setup).map((outcome) => {
    if (outcome.rule !== id) throw new Error(`${id} speaks as ${outcome.rule}`);
    if (outcome.kind === "missing") return `missing: ${outcome.fact}`;
    if (outcome.evidence.length === 0) throw new Error(`${id} gives no evidence`);
    return outcome.program === undefined ? outcome.severity : `${outcome.severity} ${outcome.program}`;
  });
}

/** The message of a rule's only finding. */
export function messageOf(id: string, setup: Setup): string {
  const findings = outcomesOf(id, setup).filter((outcome) => outcome.kind === "finding");
  if (findings.length !== 1) throw new Error(`${findings.length} findings of ${id}`);
  return findings[0]!.message;
}

/** Input for the whole engine: unknown backends are tried, causes are merged. */
export function buildInput(setup: Setup): PlatformInput {
  const programs = (setup.programs ?? [kubelet]).map(buildProgram);
  return {
    toolchain: buildToolchain(setup.image),
    image: contextOf(setup),
    hosts: [{ host: buildHost(setup.host), programs }],
  };
}

export function evaluate(setup: Setup): RawCell {
  const [cell] = evaluatePlatform(buildInput(setup));
  if (cell === undefined) throw new Error("one host gives one cell");
  return cell;
}

/** The whole engine's answer without notices: `error legacy-on-nft-host`, `missing nft-compat-missing: state of ...`. */
export function say(setup: Setup): string[] {
  const cell = evaluate(setup);
  return [
    ...cell.findings
      .filter((finding) => finding.severity !== "notice")
      .map((finding) => `${finding.severity} ${finding.rule}`),
    ...cell.missing.map((missing) => `missing ${missing.rule}: ${missing.fact}`),
  ].sort();
}
