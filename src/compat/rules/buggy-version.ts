import defectsJson from "../../knowledge/defects.json" with { type: "json" };
import type { Defect, DefectCondition } from "../../knowledge/schema/defects.ts";
import type { Backend, Tool } from "../../model/toolchain.ts";
import { inRange, packageRevision } from "../../model/version.ts";
import { backendOnHost, findTool, iptablesInUse, nftInUse } from "../backend.ts";
import { exposureOf } from "../exposure.ts";
import { iptablesOnHost } from "../host-build.ts";
import { splitByFamily } from "../tables.ts";
import { type Cell, type Outcome, operationsOf, type Rule } from "../types.ts";
import { missing, unknownImageTool } from "../unknown-facts.ts";
import { withoutPrivilege } from "./without-privilege.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const defects = defectsJson as Defect[];
const ofRule = {
  "buggy-version": defects.filter(({ rule }) => rule === "buggy-version"),
  "file-capabilities": defects.filter(({ rule }) => rule === "file-capabilities"),
};

/** Releases that are broken by themselves, under conditions that hold, don't hold or aren't known here. */
export const buggyVersion: Rule = {
  id: "buggy-version",
  looksAt: "iptables",
  evaluate(cell) {
    return ofRule["buggy-version"].flatMap((defect) => judge(cell, defect));
  },
};

/** iptables 1.8.12 refuses to run from a binary with file capabilities; for a user other than root every release needs them. */
export const fileCapabilities: Rule = {
  id: "file-capabilities",
  looksAt: "iptables",
  evaluate(cell) {
    return [...ofRule["file-capabilities"].flatMap((defect) => judge(cell, defect)), ...withoutPrivilege(cell)];
  },
};

function judge(cell: Cell, defect: Defect): Outcome[] {
  if (defect.tool === "iptables-wrapper") return judgeWrapper(cell, defect);
  return affectedTools(cell, defect).flatMap((tool) => judgeTool(cell, defect, tool));
}

function judgeTool(cell: Cell, defect: Defect, tool: Tool): Outcome[] {
  if (repaired(tool, defect)) return [];
  const severity = severityOf(defect, conditionsOf(cell, defect, tool));
  if (severity === undefined) return [];
  if (tool.version === null) {
    return severity === "error" ? [missing(defect.rule, unknownImageTool(tool.name))] : [];
  }
  if (!inRange(tool.version, defect.versions ?? {})) return [];
  return [
    {
      kind: "finding",
      rule: defect.rule,
      severity,
      cause: defect.cause ?? `defect:${defect.id}`,
      tool: tool.name,
      message: `${tool.name} ${tool.version}: ${defect.message}`,
      evidence: [...tool.evidence, ...defectEvidence(defect)],
      ...(defect.fixedIn === null ? {} : { remedy: `Raise ${tool.name} to ${defect.fixedIn} or later.` }),
    },
  ];
}

function judgeWrapper(cell: Cell, defect: Defect): Outcome[] {
  const { selector } = cell.toolchain;
  if (selector?.kind !== "iptables-wrapper" || !selector.effective) return [];
  if (defect.generations?.includes(selector.version ?? "") !== true) return [];
  const severity = severityOf(defect, conditionsOf(cell, defect, undefined));
  if (severity === undefined) return [];
  const message = `iptables-wrapper ${selector.version}: ${defect.message}`;
  const evidence = [...selector.evidence, ...defectEvidence(defect)];
  const cause = `defect:${defect.id}`;
  return [{ kind: "finding", rule: defect.rule, severity, cause, tool: "iptables-wrapper", message, evidence }];
}

function defectEvidence(defect: Defect) {
  const known = defect.status === "reproduced" ? "reproduced" : "reported by others, not reproduced";
  const how = defect.sources.map((source) => ({ fact: `${defect.title} (${known})`, source }));
  const who = defect.incidents
    .filter((source) => !defect.sources.includes(source))
    .map((source) => ({ fact: "people were hit by it", source }));
  return [...how, ...who];
}

/** The binaries that run on this host: of iptables one of each version, IPv6, save and restore may be other files. */
function affectedTools(cell: Cell, defect: Defect): Tool[] {
  if (defect.tool !== "iptables") return listed(findTool(cell.toolchain, defect.tool));
  const { backend, hostExec } = cell.choice;
  if (hostExec === true || (backend !== "nft" && backend !== "legacy")) return [];
  const concerns = (other: Backend) => defect.backend === undefined || defect.backend === other;
  return [
    ...(concerns(backend) ? iptablesInUse(cell.toolchain, backend) : []),
    ...(backend === "legacy" && concerns("nft") ? nftInUse(cell) : []),
  ].flatMap(({ tool }) => listed(tool));
}

function listed(tool: Tool | undefined): Tool[] {
  return tool === undefined ? [] : [tool];
}

/** A distribution build that carries the repair under the old number: `1.8.4-17.el8` from release 10 on. */
function repaired(tool: Tool, defect: Defect): boolean {
  return (defect.except ?? []).some((entry) => {
    if (tool.package?.database !== entry.database || !tool.package.version.includes(entry.marker)) return false;
    const revision = packageRevision(tool.package.version);
    return revision !== undefined && revision >= entry.minRevision;
  });
}

/** All conditions hold: the defect's severity. One certainly doesn't: nothing. Otherwise what the entry says. */
function severityOf(defect: Defect, conditions: (boolean | undefined)[]): "error" | "warning" | "notice" | undefined {
  if (conditions.includes(false)) return undefined;
  if (conditions.every((holds) => holds === true)) return defect.severity;
  return defect.otherwise === "none" ? undefined : defect.otherwise;
}

function conditionsOf(cell: Cell, defect: Defect, tool: Tool | undefined): (boolean | undefined)[] {
  return defect.conditions.map((condition) => holds(cell, condition, tool));
}

/** Whether a condition holds; undefined = not known. */
function holds(cell: Cell, condition: DefectCondition, tool: Tool | undefined): boolean | undefined {
  switch (condition) {
    case "ruleset-changes-beside":
      return cell.programs.some((program) => program.changesRules && writesNft(cell, program)) || undefined;
    case "native-nft-beside":
      return cell.programs.some((program) => program.backend === "native-nft");
    case "checks-or-deletes": {
      const operations = operationsOf(cell.image);
      return operations === null ? undefined : operations.includes("check") || operations.includes("delete");
    }
    case "file-capabilities":
      return tool?.fileCapabilities;
    case "ip6tables-random-fully":
      if (findTool(cell.toolchain, "ip6tables", "nft")?.version !== tool?.version) return false;
      return ["random-fully", "v6-masquerade"].some((construct) => writes(cell, construct)) || undefined;
    case "second-base-chain":
      return cell.programs.some((program) => program.writes?.includes("nft-second-base-chain") === true) || undefined;
    case "incompatible-table":
      return (tool !== undefined && someTableIsRefused(cell, tool)) || undefined;
    default: {
      // A profile lists what a program is known to write; what it doesn't list it may write all the same.
      const construct = /^writes:(.+)$/.exec(condition)?.[1];
      return (construct !== undefined && writes(cell, construct)) || undefined;
    }
  }
}

function writes(cell: Cell, construct: string): boolean {
  return cell.image.profile?.writes?.value.includes(construct) === true;
}

/** A program on the node is stated to write what this release calls incompatible. */
function someTableIsRefused(cell: Cell, tool: Tool): boolean {
  return cell.programs.some((program) => {
    const writer = iptablesOnHost(program, cell.host)?.release;
    if (writer === undefined || tool.version === null || !writesNft(cell, program)) return false;
    return exposureOf(writer, tool.version, splitByFamily(program.writes ?? []).ip, ["list"]).loud.length > 0;
  });
}

function writesNft(cell: Cell, program: Cell["programs"][number]): boolean {
  const backend = backendOnHost(program, cell.hostBackend);
  return backend === "nft" || backend === "native";
}
