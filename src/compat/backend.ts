import type { Host } from "../model/host.ts";
import type { NodeProgram } from "../model/program.ts";
import type { Backend, Command, Tool, Toolchain } from "../model/toolchain.ts";
import type { BackendChoice, ImageContext } from "./types.ts";

/** The tool entry of a program with one backend, e.g. iptables with nft. */
export function findTool(toolchain: Toolchain, name: string, backend?: Backend): Tool | undefined {
  return toolchain.tools.find((tool) => tool.name === name && (backend === undefined || tool.backend === backend));
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
): BackendChoice {
  const selects = image.profile?.selects;
  if (selects?.value === "self" && findTool(toolchain, "iptables") !== undefined) {
    return chooseByProgram(toolchain, image, hostBackend);
  }
  return chooseByCommand(toolchain, hostBackend, programs);
}

function chooseByProgram(toolchain: Toolchain, image: ImageContext, hostBackend: Backend | undefined): BackendChoice {
  const name = image.profile?.title ?? "the program";
  const variable = image.profile?.selects?.variable;
  const stated = variable === undefined ? undefined : image.environment[variable.name];
  let mode: "nft" | "legacy" | "auto" | undefined = variable?.default ?? "auto";
  if (variable !== undefined && stated !== undefined) {
    mode = Object.entries(variable.values).find(([value]) => value.toLowerCase() === stated.toLowerCase())?.[1];
    if (mode === undefined) {
      const missing = `what ${name} does with ${variable.name}=${stated}`;
      return { backend: "unknown", because: missing, adapts: false, missing };
    }
  }
  if (mode !== "auto") {
    const because =
      stated === undefined
        ? `${name} uses ${mode} by default`
        : `${variable?.name}=${stated} makes ${name} use ${mode}`;
    return withBinary(toolchain, { backend: mode, because, adapts: false });
  }
  if (hostBackend === undefined) return unknownHostBackend(`${name} detects the backend`);
  return withBinary(toolchain, {
    backend: hostBackend,
    because: `${name} detects the backend that the kubelet uses (${hostBackend})`,
    adapts: true,
  });
}

function chooseByCommand(
  toolchain: Toolchain,
  hostBackend: Backend | undefined,
  programs: readonly NodeProgram[],
): BackendChoice {
  const command = toolchain.defaults.iptables;
  if (command?.hostExec === true) return chooseHostExec(command, hostBackend);
  switch (command?.backend) {
    case "nft":
    case "legacy":
      return {
        backend: command.backend,
        because: `iptables is ${command.via.join(" -> ")}`,
        adapts: false,
      };
    case "auto":
      return chooseByWrapper(toolchain, hostBackend, programs);
    case "unknown": {
      const missing = `backend of ${command.via.at(-1) ?? "iptables"} in the image`;
      return { backend: "unknown", because: "what iptables is could not be told", adapts: false, missing };
    }
    default:
      return { backend: "none", because: "there is no iptables command in PATH", adapts: false };
  }
}

function chooseHostExec(command: Command, hostBackend: Backend | undefined): BackendChoice {
  const because = `${command.via.at(-1) ?? "iptables"} leaves the container and runs the host's iptables`;
  if (hostBackend === undefined) return { ...unknownHostBackend(because), hostExec: true };
  return { backend: hostBackend, because, adapts: true, hostExec: true };
}

/** iptables-wrapper: v2, Go and v3 follow the kubelet's marker chains and fall back to nft; v1 counts rules and prefers
 * legacy on a tie. */
function chooseByWrapper(
  toolchain: Toolchain,
  hostBackend: Backend | undefined,
  programs: readonly NodeProgram[],
): BackendChoice {
  const generation = toolchain.selector?.version ?? "";
  const name = `iptables-wrapper${generation === "" ? "" : ` ${generation}`}`;
  const hasKubelet = programs.some((program) => program.kubelet === true);
  if (hasKubelet) {
    if (hostBackend === undefined) return unknownHostBackend(`${name} follows the kubelet`);
    const because =
      generation === "v1"
        ? `${name} counts rules and finds the kubelet's in ${hostBackend}`
        : `${name} follows the kubelet's marker chains to ${hostBackend}`;
    return withBinary(toolchain, { backend: hostBackend, because, adapts: true });
  }
  const backends = new Set(programs.map((program) => backendOnHost(program, hostBackend)));
  if (generation === "v1" && !backends.has("nft")) {
    return withBinary(toolchain, {
      backend: "legacy",
      because: `${name} prefers legacy when it finds no rules`,
      adapts: true,
    });
  }
  if (generation === "v2" && backends.has("legacy")) {
    if (backends.has("nft")) {
      const missing = "which backend holds more rules when the wrapper first runs";
      return { backend: "unknown", because: `${name} counts rules`, adapts: true, missing };
    }
    return withBinary(toolchain, { backend: "legacy", because: `${name} finds rules only in legacy`, adapts: true });
  }
  return withBinary(toolchain, { backend: "nft", because: `${name} finds no kubelet and takes nft`, adapts: true });
}

/** A selector can only run what is in the image: it falls back to the backend that is there. */
function withBinary(toolchain: Toolchain, choice: BackendChoice & { backend: Backend }): BackendChoice {
  if (findTool(toolchain, "iptables", choice.backend) !== undefined) return choice;
  const other: Backend = choice.backend === "nft" ? "legacy" : "nft";
  // The legacy fallback of wrapper v1 is chosen without looking whether the binary is there; v2 and later take nft.
  if (findTool(toolchain, "iptables", other) === undefined) return { ...choice, wanted: choice.backend };
  return {
    ...choice,
    backend: other,
    wanted: choice.backend,
    because: `${choice.because}, but the image has only the ${other} binaries`,
  };
}

function unknownHostBackend(because: string): BackendChoice {
  return { backend: "unknown", because, adapts: true, missing: "default backend of the host's iptables" };
}
