import type { Backend, Tool, Toolchain } from "../model/toolchain.ts";
import type { Cell, ImageContext } from "./types.ts";

/** ebtables and arptables as commands of the image. Their backend is not that of `iptables`: Debian has the legacy ebtables in
 * a package of its own, and the kernel has modules for each of them alone. */

export type LinkLayerName = "ebtables" | "arptables";

/** One that the image runs, or may run. */
export interface LinkLayerCommand {
  /** With its backend: `ebtables-legacy`. */
  title: string;
  name: LinkLayerName;
  tool: Tool;
  /** The program is known to run it, or there is nothing else to be run. */
  isCertain: boolean;
  evidence: { fact: string; source: string };
}

const names: readonly LinkLayerName[] = ["ebtables", "arptables"];

/**
 * The commands of one backend. None that a known program isn't stated to run: many images carry them for others
 * (distroless-iptables). Where no program is known, one that came in a package of its own is meant to be run; that of nft is in
 * the package of iptables, whoever wants it.
 */
export function linkLayerCommands(
  { toolchain, image }: Pick<Cell, "toolchain" | "image">,
  backend: Backend,
): LinkLayerCommand[] {
  return names.flatMap((name) => {
    const tool = toolchain.tools.find(
      (known) => known.name === name && known.backend === backend && isReached(known, toolchain, image),
    );
    if (tool === undefined) return [];
    const runs = runOf(image, name);
    const isAlone = !toolchain.tools.some((other) => /^(ip6?tables|nft)$/.test(other.name));
    if (runs === undefined && !isAlone && (image.profile !== undefined || backend === "nft")) return [];
    return [
      {
        title: `${name}-${backend}`,
        name,
        tool,
        isCertain: runs?.isCertain ?? isAlone,
        evidence: runs?.evidence ?? { fact: `${name} is ${tool.via.join(" -> ")}`, source: "image" },
      },
    ];
  });
}

/** The plain command leads to it, or the program asks for it by its backend; alone it is what is meant. */
function isReached({ name, backend, path }: Tool, { tools }: Toolchain, image: ImageContext): boolean {
  const asked = commandsOf(image).some((command) => command.startsWith(`${name}-${backend}`));
  const only = tools.every((other) => other.name !== name || other.backend === backend);
  const plain = path.slice(path.lastIndexOf("/") + 1) === name;
  return asked || plain || (only && tools.every((other) => names.some((known) => known === other.name)));
}

function commandsOf({ profile }: ImageContext): readonly string[] {
  return profile?.runs?.value ?? [];
}

function runOf(image: ImageContext, name: LinkLayerName): Pick<LinkLayerCommand, "isCertain" | "evidence"> | undefined {
  const { runs, title } = image.profile ?? {};
  const command = commandsOf(image).find((one) => one === name || one.startsWith(`${name}-`));
  if (command === undefined || runs === undefined) return undefined;
  return {
    isCertain: runs.confidence !== "inferred",
    evidence: { fact: `${title} runs ${command}`, source: runs.source },
  };
}

/** The finding's cause: one for each of the two commands. */
export function causeOfLinkLayer({ name }: LinkLayerCommand): string {
  return `commands:${name}`;
}

/** What a message adds where it is so: ` (whether the image runs it is not known)`. */
export function doubtOf({ isCertain }: LinkLayerCommand): string {
  return isCertain ? "" : " (whether the image runs it is not known)";
}
