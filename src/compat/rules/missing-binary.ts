import type { Backend } from "../../model/toolchain.ts";
import { findTool } from "../backend.ts";
import type { Cell, Outcome, RawFinding, Rule } from "../types.ts";
import { missing, unknownProgram } from "../unknown-facts.ts";

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
  if (toolchain.tools.length > 0 || hostExec) return [];
  const { profile } = image;
  const version = toolchain.program?.version ?? null;
  // One that can only be native says how; of one that became so its version has to tell.
  const native = profile?.versions.map((entry) => entry.backend.value === "native-nft") ?? [];
  if (native.includes(true) && (version !== null || !native.includes(false))) return [];
  const who = toolchain.program === undefined ? "the image" : toolchain.program.name;
  const fact = `how ${who} reaches netfilter: no tool in the image (native netlink, or the host's tools?)`;
  return [missing(rule, unknownProgram(fact, "kube-proxy-nftables"))];
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
  const evidence = [{ fact: choice.because, source: "image" }];
  if (
    choice.wanted !== undefined &&
    (choice.backend === "none" || findTool(toolchain, "iptables", choice.wanted) === undefined)
  ) {
    const other: Backend = choice.wanted === "nft" ? "legacy" : "nft";
    if (choice.backend === "none" || findTool(toolchain, "iptables", other) === undefined) {
      const message = `the image's selector runs the ${choice.wanted} binaries here, and they are not in the image`;
      return [finding("error", "backend", message, evidence, packages(choice.wanted))];
    }
  }
  const { selector } = toolchain;
  if (selector?.kind !== "iptables-wrapper" || !selector.effective || choice.wanted !== undefined) return [];
  const absent = (["nft", "legacy"] as const).filter(
    (backend) => findTool(toolchain, "iptables", backend) === undefined,
  );
  const [only] = absent;
  if (only === undefined || absent.length > 1) return [];
  const message = `the iptables-wrapper has nothing to choose from: the ${only} binaries are not in the image, so on a ${only} host it goes wrong`;
  return [finding("warning", "wrapper-binaries", message, selector.evidence, packages(only))];
}

/** Commands that the program is known to run by name. */
function programCommands(cell: Cell): Outcome[] {
  const { profile } = cell.image;
  if (profile === undefined || cell.choice.hostExec === true) return [];
  const outcomes = (profile.runs?.value ?? []).flatMap((command): Outcome[] => {
    if (provides(cell, command)) return [];
    const severity = profile.runs?.confidence === "inferred" ? "warning" : "error";
    const evidence = [{ fact: `${profile.title} runs ${command}`, source: profile.runs?.source ?? "" }];
    return [
      finding(
        severity,
        `command:${command}`,
        `${profile.title} runs \`${command}\`, which is not in the image`,
        evidence,
        `Add the package that brings ${command}.`,
      ),
    ];
  });
  const { choice, toolchain } = cell;
  // A link that leads nowhere and a selector without its binaries have been said.
  const said = choice.wanted !== undefined || toolchain.defaults.iptables?.dangling === true;
  if (choice.backend === "none" && !said && profile.selects?.value === "path" && toolchain.tools.length > 0) {
    const evidence = [{ fact: `${profile.title} runs iptables`, source: profile.selects.source }];
    outcomes.push(
      finding(
        "error",
        "command:iptables",
        `${profile.title} runs \`iptables\`, and PATH has none`,
        evidence,
        "Add the iptables package.",
      ),
    );
  }
  return outcomes;
}

function provides(cell: Cell, command: string): boolean {
  const { toolchain } = cell;
  const parsed = /^(ip6?tables|ebtables|arptables)(?:-(nft|legacy))?(?:-(?:save|restore))?$/.exec(command);
  if (parsed?.[1] !== undefined) return findTool(toolchain, parsed[1], parsed[2] as Backend | undefined) !== undefined;
  if (command === "modprobe") return toolchain.modprobe;
  return findTool(toolchain, command) !== undefined;
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

function packages(backend: Backend): string {
  return backend === "legacy"
    ? "Add the legacy binaries (on Alpine 3.19 and later: package iptables-legacy)."
    : "Add the nft binaries (package iptables, iptables-nft on RPM distributions).";
}
