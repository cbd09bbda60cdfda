import type { WrapperChoice } from "../knowledge/schema/wrapper-choices.ts";
import wrapperChoicesJson from "../knowledge/wrapper-choices.json" with { type: "json" };
import type { Host, Kernel } from "../model/host.ts";
import type { NodeProgram } from "../model/program.ts";
import type { Backend, Command, Tool, Toolchain } from "../model/toolchain.ts";
import { rememberFor } from "./remember.ts";
import type { BackendChoice, Cell, ImageContext } from "./types.ts";
import {
  type UnknownFact,
  unknownBackendOf,
  unknownHostBackend,
  unknownKernel,
  unknownModule,
  unknownProgram,
  unknownVariable,
} from "./unknown-facts.ts";
import { decideByRules, decideOnHost } from "./wrapper-decision.ts";

/** The tool entry of a program with one backend, e.g. iptables with nft: the one that the command of that name leads to,
 * otherwise the first in PATH. */
export function findTool(toolchain: Toolchain, name: string, backend?: Backend): Tool | undefined {
  const candidates = toolchain.tools.filter(
    (tool) => tool.name === name && (backend === undefined || tool.backend === backend),
  );
  if (candidates.length < 2) return candidates[0];
  const target = toolchain.defaults[name]?.via.at(-1);
  return candidates.find((tool) => tool.target === target) ?? candidates[0];
}

/** The same of those that a command may reach: a root inside the image, say, is none that a wrapper can choose from. */
export function findToolInPath(toolchain: Toolchain, name: string, backend?: Backend): Tool | undefined {
  const found = findTool(toolchain, name, backend);
  if (found?.outsidePath !== true) return found;
  return toolchain.tools.find(
    (tool) => tool.name === name && (backend === undefined || tool.backend === backend) && tool.outsidePath !== true,
  );
}

/** One iptables that the image runs. `null`: there is one, and its version can't be told. */
export interface ToolInUse {
  name: string;
  version: string | null;
  tool?: Tool;
}

/** Commands whose links decide by themselves, IPv4 first. */
export const iptablesCommands = [
  "iptables",
  "ip6tables",
  "iptables-save",
  "iptables-restore",
  "ip6tables-save",
  "ip6tables-restore",
];

/** The iptables of one backend that the image's commands lead to, one of each version: save and restore, and the IPv6
 * twins, may be other files than `iptables`. Never empty. */
export function iptablesInUse(toolchain: Toolchain, backend: Backend): readonly ToolInUse[] {
  return inUse(toolchain, backend, () => findIptablesInUse(toolchain, backend));
}

/** Every host asks the same of one toolchain. */
const inUse = rememberFor<readonly ToolInUse[]>()();

function findIptablesInUse(toolchain: Toolchain, backend: Backend): ToolInUse[] {
  const behind = iptablesCommands.flatMap((name) => {
    const command = toolchain.defaults[name];
    const target = command?.backend === backend ? command.via.at(-1) : undefined;
    return toolchain.tools.filter(
      (tool) => /^ip6?tables$/.test(tool.name) && tool.backend === backend && tool.target === target,
    );
  });
  const first = ["iptables", "ip6tables"].flatMap((name) => findTool(toolchain, name, backend) ?? []);
  const versions = new Map([...first, ...behind].map((tool) => [tool.version, tool] as const).reverse());
  const found = [...versions].map(([version, tool]): ToolInUse => ({ name: tool.name, version, tool })).reverse();
  return found.length > 0 ? found : [{ name: "iptables", version: null }];
}

/** The iptables-nft that the image runs on this host, one of each version; none where it runs the host's tools. Where
 * `iptables` is another backend's, a command that is fixed to nft counts all the same: mostly that is ip6tables. */
export function nftInUse({
  toolchain,
  image,
  choice,
}: Pick<Cell, "toolchain" | "image" | "choice">): readonly ToolInUse[] {
  if (choice.hostExec === true) return [];
  if (choice.backend === "nft") return iptablesInUse(toolchain, "nft");
  // A program that runs the binaries of its backend by their names runs no other.
  return image.profile?.selects?.value === "self" ? [] : strays(toolchain, "nft", () => findStrays(toolchain));
}

const strays = rememberFor<readonly ToolInUse[]>()();

function findStrays({ tools, defaults }: Toolchain): ToolInUse[] {
  const found = iptablesCommands.flatMap((command): ToolInUse[] => {
    const { backend, via, hostExec } = defaults[command] ?? {};
    if (backend !== "nft" || hostExec === true) return [];
    const name = command.startsWith("ip6") ? "ip6tables" : "iptables";
    const tool = tools.find((known) => known.name === name && known.backend === "nft" && known.target === via?.at(-1));
    return [tool === undefined ? { name, version: null } : { name, version: tool.version, tool }];
  });
  return found.filter(({ version }, index) => found.findIndex((other) => other.version === version) === index);
}

/** ebtables and arptables that write nft, one of each version. One whose version isn't known is judged by that of the
 * iptables-nft beside it, if there is one: mostly they are one file. */
export function linkLayerInUse(cell: Pick<Cell, "toolchain" | "image" | "choice">): readonly ToolInUse[] {
  if (cell.choice.hostExec === true) return [];
  const isAlone = nftInUse(cell).length === 0;
  return cell.toolchain.tools
    .filter(({ name, backend }) => (name === "ebtables" || name === "arptables") && backend === "nft")
    .filter(({ version }) => version !== null || isAlone)
    .map((tool) => ({ name: tool.name, version: tool.version, tool }))
    .filter(
      ({ name, version }, index, all) =>
        all.findIndex((other) => other.name === name && other.version === version) === index,
    );
}

/**
 * Programs for whose rules an iptables-nft of the image speaks, because they don't speak for themselves. One that isn't in the
 * image reads nothing; what the image's program is stated to write it writes all the same.
 */
export function linkLayerSpokenFor(
  cell: Pick<Cell, "toolchain" | "image" | "choice">,
  direction: "reads" | "writes",
): readonly string[] {
  const speaking = linkLayerInUse(cell).map(({ name }) => name);
  const isThere = (name: string) =>
    cell.toolchain.tools.some((tool) => tool.name === name && tool.backend !== "legacy");
  return ["ebtables", "arptables"].filter(
    (name) => !speaking.includes(name) && (direction === "writes" || isThere(name)),
  );
}

/** The backend in which a program on the node writes, given the backend that the node's kubelet uses. */
export function backendOnHost(program: NodeProgram, hostBackend: Backend | undefined): Backend | "native" | undefined {
  switch (program.backend) {
    case "host":
    case "follows-kubelet":
      return hostBackend;
    case "nft":
    case "legacy":
      return program.backend;
    case "native-nft":
      return "native";
    default:
      return undefined;
  }
}

/** Version of the iptables that a program runs on the host; undefined when not known. */
export function iptablesVersionOnHost(program: NodeProgram, host: Host): string | undefined {
  return program.backend === "host" ? host.iptables.version?.value : (program.iptables ?? undefined);
}

/** What the image's program runs when it changes iptables rules on this host. Pure: decided from links, selector,
 * environment and the programs on the node. */
export function chooseBackend(
  toolchain: Toolchain,
  image: ImageContext,
  hostBackend: Backend | undefined,
  programs: readonly NodeProgram[],
  host: Pick<Host, "kernel" | "iptables">,
): BackendChoice {
  const selects = image.profile?.selects;
  if (selects?.value === "self" && findToolInPath(toolchain, "iptables") !== undefined) {
    return chooseByProgram(toolchain, image, hostBackend);
  }
  return chooseByCommand(toolchain, image, hostBackend, programs, host);
}

function chooseByProgram(toolchain: Toolchain, image: ImageContext, hostBackend: Backend | undefined): BackendChoice {
  const name = image.profile?.title ?? "the program";
  const variable = image.profile?.selects?.variable;
  const stated = variable === undefined ? undefined : image.environment[variable.name];
  let mode: "nft" | "legacy" | "auto" | undefined = variable?.default ?? image.profile?.selects?.told ?? "auto";
  if (variable !== undefined && stated !== undefined) {
    mode = Object.entries(variable.values).find(([value]) => value.toLowerCase() === stated.toLowerCase())?.[1];
    if (mode === undefined) {
      const because = `what ${name} does with ${variable.name}=${stated}`;
      const missing = [unknownVariable(because, variable.name, Object.keys(variable.values)[0] ?? "")];
      return { backend: "unknown", because, adapts: false, missing };
    }
  }
  if (mode !== "auto") {
    const because =
      stated === undefined
        ? `${name} uses ${mode} by default`
        : `${variable?.name}=${stated} makes ${name} use ${mode}`;
    return withBinary(toolchain, { backend: mode, because, adapts: false });
  }
  if (hostBackend === undefined) return followsUnknown(`${name} detects the backend`);
  return withBinary(toolchain, {
    backend: hostBackend,
    because: `${name} detects the backend that the kubelet uses (${hostBackend})`,
    adapts: true,
  });
}

function chooseByCommand(
  toolchain: Toolchain,
  image: ImageContext,
  hostBackend: Backend | undefined,
  programs: readonly NodeProgram[],
  { kernel, iptables }: Pick<Host, "kernel" | "iptables">,
): BackendChoice {
  const command = plainCommand(toolchain);
  if (command?.hostExec === true) return chooseHostExec(command, iptables.ownBackend?.value ?? hostBackend);
  switch (command?.backend) {
    case "nft":
    case "legacy":
      return {
        backend: command.backend,
        because: `${command === toolchain.defaults.iptables ? "iptables" : "ip6tables"} is ${command.via.join(" -> ")}${setAtStart(command)}`,
        adapts: false,
      };
    case "auto":
      return chooseByWrapper(toolchain, image, hostBackend, programs, kernel);
    case "unknown": {
      const fact =
        command.setBy === undefined
          ? `backend of ${command.via.at(-1) ?? "iptables"} in the image`
          : `what iptables is once the image has started${setAtStart(command)}`;
      const missing = [{ fact }];
      return { backend: "unknown", because: "what iptables is could not be told", adapts: false, missing };
    }
    default: {
      const because = "there is no iptables command in PATH";
      const runsIt = command?.dangling === true || image.profile?.selects?.value === "path";
      if (runsIt || findTool(toolchain, "iptables") === undefined) return { backend: "none", because, adapts: false };
      // The binaries are there under other names or outside of PATH: the program may run them all the same.
      const fact = `how the image runs iptables: ${because}, only ${pathsOf(toolchain, "iptables").join(" and ")}`;
      const missing = [unknownProgram(fact, "kilo")];
      return { backend: "unknown", because, adapts: false, maybeNone: true, missing };
    }
  }
}

/** Of both backends, where the image has both. */
function pathsOf({ tools }: Toolchain, name: string): string[] {
  return [...new Set(tools.filter((tool) => tool.name === name).map(({ path }) => path))];
}

function setAtStart({ setBy }: Command): string {
  return setBy === undefined ? "" : `, set at the start by \`${setBy.replaceAll("`", "'")}\``;
}

/** `iptables`; of an image that has only the tool of IPv6, that one. */
function plainCommand({ tools, defaults }: Toolchain): Command | undefined {
  const has = (name: string) => tools.some((tool) => tool.name === name);
  const isV6Alone = !has("iptables") && has("ip6tables") && defaults.iptables?.hostExec !== true;
  return isV6Alone && (defaults.iptables?.backend ?? "none") === "none" ? defaults.ip6tables : defaults.iptables;
}

/** @param hostBackend of the host's own iptables */
function chooseHostExec(command: Command, hostBackend: Backend | undefined): BackendChoice {
  const because = `${command.via.at(-1) ?? "iptables"} leaves the container and runs the host's iptables`;
  if (hostBackend === undefined) return { ...followsUnknown(because), hostExec: true };
  return { backend: hostBackend, because, adapts: true, hostExec: true };
}

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const wrapperChoices = wrapperChoicesJson.generations as WrapperChoice[];

/** How the image's iptables-wrapper chooses; undefined when its generation isn't known. */
export function wrapperChoiceOf(toolchain: Toolchain): WrapperChoice | undefined {
  return wrapperChoiceNamed(toolchain.selector?.version);
}

/** How one generation chooses. */
export function wrapperChoiceNamed(version: string | null | undefined): WrapperChoice | undefined {
  return wrapperChoices.find((choice) => choice.version === version);
}

/** True when a kubelet on the node leaves the marker chains that wrappers look for, and rules to count. */
export function hasKubelet(programs: readonly NodeProgram[]): boolean {
  return programs.some((program) => program.kubelet === true);
}

/** What iptables-wrapper finds on this host, and what it takes when it finds nothing. */
function chooseByWrapper(
  toolchain: Toolchain,
  image: ImageContext,
  hostBackend: Backend | undefined,
  programs: readonly NodeProgram[],
  kernel: Kernel,
): BackendChoice {
  const generation = wrapperChoiceOf(toolchain);
  const version = toolchain.selector?.version ?? null;
  const name = `iptables-wrapper${version === null ? "" : ` ${version}`}`;
  const stated = generation?.variable === undefined ? undefined : image.environment[generation.variable.name];
  const forced = stated === undefined ? undefined : generation?.variable?.values[stated];
  if (forced !== undefined) {
    const because = `${generation?.variable?.name}=${stated} makes ${name} use ${forced}`;
    return withBinary(toolchain, { backend: forced, because, adapts: false });
  }
  // Where the kernel doesn't decide, what others wrote does.
  const byOthers = () =>
    (hasKubelet(programs) ? chooseLikeKubelet : chooseByRules)(toolchain, name, generation, programs, hostBackend);
  if (generation?.kernel !== undefined) {
    const there = new Set([hostBackend, ...programs.map((program) => backendOnHost(program, hostBackend))]);
    const decision = decideOnHost(generation.kernel, kernel, there.has("nft") || there.has("native"));
    if ("missing" in decision) {
      const because = `${name} looks at the kernel`;
      const missing =
        "module" in generation.kernel
          ? [unknownModule(generation.kernel.module, decision.missing)]
          : [unknownKernel(decision.missing), ...(byOthers().missing ?? [])];
      return { backend: "unknown", because, adapts: true, missing };
    }
    if ("backend" in decision) {
      const because = `${name} takes ${decision.backend}: ${decision.because}`;
      return withBinary(toolchain, { backend: decision.backend, because, adapts: true }, decision.backend);
    }
  }
  if (generation?.withoutNft !== undefined) {
    const state = kernel.modules.nf_tables?.value;
    if (state === "absent") {
      const because = `${name} takes ${generation.withoutNft}: the kernel has no nf_tables`;
      return withBinary(toolchain, { backend: generation.withoutNft, because, adapts: true });
    }
    if (state === undefined) {
      const missing = [unknownModule("nf_tables"), ...(byOthers().missing ?? [])];
      return { backend: "unknown", because: `${name} looks at the kernel`, adapts: true, missing };
    }
  }
  return byOthers();
}

function chooseLikeKubelet(
  toolchain: Toolchain,
  name: string,
  generation: WrapperChoice | undefined,
  programs: readonly NodeProgram[],
  hostBackend: Backend | undefined,
): BackendChoice {
  if (hostBackend === undefined) return followsUnknown(`${name} follows the kubelet`);
  const countsOnly = generation !== undefined && generation.chains === undefined && counts(generation);
  const undecided = countsOnly ? undecidedCount(programs, hostBackend, hostBackend) : [];
  if (undecided.length > 0)
    return { backend: "unknown", because: `${name} counts rules`, adapts: true, missing: undecided };
  const because =
    generation !== undefined && generation.chains === undefined
      ? `${name} counts rules and finds the kubelet's in ${hostBackend}`
      : `${name} follows the kubelet's marker chains to ${hostBackend}`;
  return withBinary(toolchain, { backend: hostBackend, because, adapts: true }, generation?.fallback);
}

function counts({ legacyWith, enough }: WrapperChoice): boolean {
  return legacyWith !== "never" || enough !== undefined;
}

/**
 * The facts that would tell what a count of rules gives; none where there can only be rules of one backend.
 * @param found a backend that holds rules already, the kubelet's
 */
function undecidedCount(
  programs: readonly NodeProgram[],
  hostBackend: Backend | undefined,
  found?: Backend,
): readonly UnknownFact[] {
  const holding = new Set([found, ...programs.map((program) => backendOnHost(program, hostBackend))]);
  const known = backends.filter((backend) => holding.has(backend));
  if (known.length > 1) return [countOfRules];
  // A kubelet's own rules are where the host's are, wherever else it writes.
  const open = programs.filter(({ backend, kubelet }) => backend === "unknown" && kubelet !== true);
  if (open.length === 0) return [];
  return [...open.map(({ id }) => unknownBackendOf(id)), ...(known.length + open.length > 1 ? [countOfRules] : [])];
}

const backends: readonly Backend[] = ["nft", "legacy"];
const countOfRules: UnknownFact = { fact: "which backend holds more rules when the wrapper first runs" };

/** Without a kubelet there are only other programs' rules to count, if it counts. */
function chooseByRules(
  toolchain: Toolchain,
  name: string,
  generation: WrapperChoice | undefined,
  programs: readonly NodeProgram[],
  hostBackend: Backend | undefined,
): BackendChoice {
  const there = new Set(programs.map((program) => backendOnHost(program, hostBackend)));
  const isCounting = generation !== undefined && counts(generation);
  const undecided = isCounting ? undecidedCount(programs, hostBackend) : [];
  if (undecided.length > 0)
    return { backend: "unknown", because: `${name} counts rules`, adapts: true, missing: undecided };
  const found = !isCounting ? undefined : there.has("legacy") ? "legacy" : there.has("nft") ? "nft" : undefined;
  const rules = { nft: found === "nft" ? 1 : 0, legacy: found === "legacy" ? 1 : 0 };
  // One of unknown generation takes what later ones do.
  const backend = generation === undefined ? "nft" : decideByRules(generation, rules);
  if (backend === undefined) {
    const fact = `what ${name} takes where it finds no rules`;
    return { backend: "unknown", because: generation?.note ?? fact, adapts: true, missing: [{ fact }] };
  }
  const because =
    found === undefined ? `${name} finds no kubelet and takes ${backend}` : `${name} finds rules only in ${found}`;
  return withBinary(
    toolchain,
    { backend, because, adapts: true },
    generation === undefined ? backend : generation.fallback,
  );
}

/**
 * A selector can only run what is in the image.
 * @param fallback what a wrapper runs, there or not, when it sees nothing of the wanted backend; absent: the program takes
 *   the backend that is there
 */
function withBinary(
  toolchain: Toolchain,
  choice: BackendChoice & { backend: Backend },
  fallback?: Backend,
): BackendChoice {
  if (findToolInPath(toolchain, "iptables", choice.backend) !== undefined) return choice;
  const wanted = choice.backend;
  const instead = fallback ?? (wanted === "nft" ? "legacy" : "nft");
  if (findToolInPath(toolchain, "iptables", instead) === undefined) return { ...choice, backend: "none", wanted };
  const because = `${choice.because}, but the image has only the ${instead} binaries`;
  return { ...choice, backend: instead, wanted, because };
}

function followsUnknown(because: string): BackendChoice {
  return { backend: "unknown", because, adapts: true, missing: [unknownHostBackend()] };
}
