import type { Requirement } from "../../knowledge/schema/requirements.ts";
import type { Tool } from "../../model/toolchain.ts";
import { compareVersions } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import { requirementsOf } from "../requirements.ts";
import type { Cell, Outcome, RawFinding, Rule } from "../types.ts";
import { missing, unknownImageTool } from "../unknown-facts.ts";

const rule = "tool-too-old";

/** The image's program asks for a newer tool than the image holds, or for one with more compiled in. */
export const toolTooOld: Rule = {
  id: rule,
  looksAt: "iptables",
  evaluate(cell) {
    const met = new Set<string>();
    return requirementsOf(cell, "tools").flatMap((requirement) => {
      const what = `${requirement.tool} ${requirement.feature}`;
      if (met.has(what)) return [];
      const outcomes = judge(cell, requirement);
      if (outcomes.length > 0) met.add(what);
      return outcomes;
    });
  },
};

function judge(cell: Cell, requirement: Requirement): Outcome[] {
  const { choice } = cell;
  const runsIptables = choice.hostExec !== true && (choice.backend === "nft" || choice.backend === "legacy");
  if (requirement.tool === "iptables" && !runsIptables) return [];
  const backend = choice.backend === "nft" || choice.backend === "legacy" ? choice.backend : undefined;
  const tool = findTool(cell.toolchain, requirement.tool, requirement.tool === "iptables" ? backend : undefined);
  if (tool === undefined) return [];
  return [...judgeAge(tool, requirement), ...judgeFeature(tool, requirement)];
}

function judgeAge(tool: Tool, requirement: Requirement): Outcome[] {
  const { min, severity, message } = requirement;
  if (min === undefined) return [];
  if (tool.version === null) return severity === "error" ? [missing(rule, unknownImageTool(tool.name))] : [];
  if (compareVersions(tool.version, min) >= 0) return [];
  const says = `${tool.name} ${tool.version} is too old: ${message}`;
  return [finding(tool, requirement, says, `Raise ${tool.name} to ${min} or later.`)];
}

function judgeFeature(tool: Tool, requirement: Requirement): Outcome[] {
  const { feature, severity, message } = requirement;
  if (feature === undefined || tool.json === true) return [];
  if (tool.json === undefined)
    return severity === "error"
      ? [missing(rule, { fact: `whether the image's ${tool.name} is built with JSON support` })]
      : [];
  const name = tool.version === null ? tool.name : `${tool.name} ${tool.version}`;
  const remedy = `Take a build of ${tool.name} with JSON support, as Debian's is, or build it with libjansson.`;
  return [finding(tool, requirement, `${name} is built without JSON support: ${message}`, remedy)];
}

function finding(tool: Tool, { id, severity, sources }: Requirement, message: string, remedy: string): RawFinding {
  return {
    kind: "finding",
    rule,
    severity,
    cause: `requirement:${id}`,
    tool: tool.name,
    message,
    evidence: [...tool.evidence, ...sources.map((source) => ({ fact: message, source }))],
    remedy,
  };
}
