import { distributions } from "../../knowledge/distributions/index.ts";
import type { Backend, Toolchain } from "../../model/toolchain.ts";
import { listInWords } from "../../model/words.ts";
import { findTool, findToolInPath } from "../backend.ts";
import { isDistroless, packageFor } from "../candidates.ts";
import { type Cell, choiceEvidence, type Outcome, type RawFinding, type Rule } from "../types.ts";
import { missing, unknownTools } from "../unknown-facts.ts";

const rule = "missing-binary";

/** A binary that the image's selector or program runs isn't in the image. */
export const missingBinary: Rule = {
  id: rule,
  evaluate(cell) {
    return [...noToolAtAll(cell), ...danglingCommand(cell), ...selectorBinaries(cell), ...programCommands(cell)];
  },
};

/** Nothing of netfilter in the image: it may speak netlink itself, or drive the host's tools. Nobody can tell from files. */
function noToolAtAll(cell: Cell): Outcome[] {
  const { toolchain, image } = cell;
  const hostExec = Object.values(toolchain.defaults).some((command) => command.hostExec === true);
  if (toolchain.tools.length > 0 || hostExec || image.tools !== undefined) return [];
  // The program that it is about does so by libip4tc.
  if (toolchain.legacyPrograms?.some(({ started }) => started) === true) return [];
  const { profile } = image;
  const version = toolchain.program?.version ?? null;
  // One that can only be native says how; of one that became so its version has to tell.
  const native = profile?.versions.map((entry) => entry.backend.value === "native-nft") ?? [];
  if (native.includes(true) && (version !== null || !native.includes(false))) return [];
  const who = toolchain.program === undefined ? "the image" : toolchain.program.name;
  const fact = `how ${who} reaches netfilter: no tool in the image (native netlink, or the host's tools?)`;
  return [missing(rule, unknownTools(fact))];
}

/** Links of one family mostly dangle together, for one reason: they are one finding. */
function danglingCommand(cell: Cell): Outcome[] {
  const dangling = Object.entries(cell.toolchain.defaults).filter(([, command]) => command.dangling === true);
  const families = Map.groupBy(dangling, ([name]) => (name.includes("tables") ? "iptables" : name));
  return [...families].map(([family, commands]): Outcome => {
    const sorted = commands.sort(([a], [b]) => Number(b === family) - Number(a === family) || a.localeCompare(b));
    const [name, command] = sorted[0]!;
    const others = sorted.slice(1).map(([other]) => `\`${other}\``);
    const also = others.length === 0 ? "" : `; ${others.join(", ")} dangle${others.length === 1 ? "s" : ""} too`;
    return finding(
      "error",
      `dangling:${family}`,
      `\`${name}\` leads to ${command.via.at(-1)}, which is not in the image${also}`,
      sorted.map(([link, { via }]) => ({ fact: `${link} is ${via.join(" -> ")}`, source: "image" })),
      "Install the package that brings the file, or correct the link.",
    );
  });
}

function selectorBinaries(cell: Cell): Outcome[] {
  const { choice, toolchain } = cell;
  const evidence = [choiceEvidence(cell)];
  if (
    choice.wanted !== undefined &&
    (choice.backend === "none" || findToolInPath(toolchain, "iptables", choice.wanted) === undefined)
  ) {
    const other: Backend = choice.wanted === "nft" ? "legacy" : "nft";
    if (choice.backend === "none" || findToolInPath(toolchain, "iptables", other) === undefined) {
      const message = `the image's selector runs the ${choice.wanted} binaries here, and they are ${notThere(toolchain, choice.wanted)}`;
      return [finding("error", "backend", message, evidence, add(toolchain, `iptables-${choice.wanted}`))];
    }
  }
  const { selector } = toolchain;
  if (selector?.kind !== "iptables-wrapper" || !selector.effective || choice.wanted !== undefined) return [];
  const absent = (["nft", "legacy"] as const).filter(
    (backend) => findToolInPath(toolchain, "iptables", backend) === undefined,
  );
  const [only] = absent;
  if (only === undefined || absent.length > 1) return [];
  const message = `the iptables-wrapper has nothing to choose from: the ${only} binaries are ${notThere(toolchain, only)}, so on a ${only} host it goes wrong`;
  return [finding("warning", "wrapper-binaries", message, selector.evidence, add(toolchain, `iptables-${only}`))];
}

/** What no command reaches is as good as absent, and whoever looks finds it all the same. */
function notThere(toolchain: Toolchain, backend: Backend): string {
  const outside = findTool(toolchain, "iptables", backend);
  return outside === undefined ? "not in the image" : `not in PATH, only at ${outside.path}`;
}

/** Commands that the program is known to run by name: those that one package brings are one finding. */
function programCommands(cell: Cell): Outcome[] {
  const { choice, toolchain, image } = cell;
  const { profile } = image;
  if (profile === undefined || choice.hostExec === true) return [];
  // A link that leads nowhere and a selector without its binaries have been said.
  const said = choice.wanted !== undefined || toolchain.defaults.iptables?.dangling === true;
  const inPath = profile.selects?.value === "path" && toolchain.tools.length > 0;
  const commands = (profile.runs?.value ?? []).filter((command) => !provides(cell, command));
  const groups = Map.groupBy(commands, packageOf);
  const outcomes: Outcome[] = [];
  if (choice.backend === "none" && !said && inPath) {
    const evidence = [{ fact: `${profile.title} runs iptables`, source: profile.selects?.source ?? "" }];
    const message = `${profile.title} runs \`iptables\`, and PATH has none`;
    outcomes.push(finding("error", "command:iptables", message, evidence, add(toolchain, "iptables")));
  }
  if (choice.backend === "none" && (said || outcomes.length > 0)) groups.delete("iptables");
  for (const [what, names] of groups) {
    const severity = profile.runs?.confidence === "inferred" ? "warning" : "error";
    const evidence = names.map((name) => ({
      fact: `${profile.title} runs ${name}`,
      source: profile.runs?.source ?? "",
    }));
    const message = `${profile.title} runs ${listed(names)}, which ${names.length === 1 ? "is" : "are"} not in the image`;
    outcomes.push(finding(severity, `command:${what}`, message, evidence, add(toolchain, what)));
  }
  return outcomes;
}

/** `iptables-nft` or `iptables-legacy` for commands named by their backend, `iptables` for the plain ones, else the command. */
function packageOf(command: string): string {
  const [, family] = /^ip6?(tables(?:-(?:nft|legacy))?)(?:-(?:save|restore))?$/.exec(command) ?? [];
  return family === undefined ? command : `ip${family}`;
}

function listed(names: readonly string[]): string {
  return listInWords(names.map((name) => `\`${name}\``));
}

function provides(cell: Cell, command: string): boolean {
  const { toolchain } = cell;
  const parsed = /^(ip6?tables|ebtables|arptables)(?:-(nft|legacy))?(?:-(?:save|restore))?$/.exec(command);
  if (parsed?.[1] !== undefined)
    return findToolInPath(toolchain, parsed[1], parsed[2] as Backend | undefined) !== undefined;
  if (command === "modprobe") return toolchain.modprobe;
  return findToolInPath(toolchain, command) !== undefined;
}

function finding(
  severity: RawFinding["severity"],
  cause: string,
  message: string,
  evidence: RawFinding["evidence"],
  remedy: string,
): RawFinding {
  return { kind: "finding", rule, severity, cause, message, evidence, remedy };
}

/** Of `packageOf`: the package by its role in a distribution. */
const roles: Readonly<Record<string, Backend | "ipset" | "nftables">> = {
  iptables: "nft",
  "iptables-nft": "nft",
  "iptables-legacy": "legacy",
  ipset: "ipset",
  nft: "nftables",
};

/** What to install, by the names of the image's distribution where it is known. */
function add(toolchain: Toolchain, what: string): string {
  const role = roles[what];
  const binaries = role === "nft" || role === "legacy" ? `the ${role} binaries of iptables` : what;
  const found = role === undefined ? undefined : packageFor(toolchain, role, distributions);
  if (found === undefined) return `Add the package that brings ${binaries}.`;
  if (found.name === undefined)
    return `No package of ${found.distribution} brings ${binaries}: copy them from an image that has them, with their libraries.`;
  if (isDistroless(toolchain))
    return `Add package ${found.name}. The image has no package manager: install it in an earlier stage and copy its files with \`COPY --from\`.`;
  return `Add package ${found.name}.${found.line === undefined ? "" : ` The line for it: \`${found.line}\`.`}`;
}
