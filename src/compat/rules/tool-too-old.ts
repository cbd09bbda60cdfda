import requirementsJson from "../../knowledge/requirements.json" with { type: "json" };
import type { Requirement } from "../../knowledge/schema/requirements.ts";
import { compareVersions } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import type { Cell, Outcome, Rule } from "../types.ts";
import { missing, unknownImageTool } from "../unknown-facts.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const requirements = requirementsJson as Requirement[];

const rule = "tool-too-old";

/** The image's program asks for a newer tool than the image holds. */
export const toolTooOld: Rule = {
  id: rule,
  looksAt: "iptables",
  evaluate(cell) {
    const met = new Set<string>();
    return requirements.flatMap((requirement) => {
      if (!applies(cell, requirement) || met.has(requirement.tool)) return [];
      const outcomes = judge(cell, requirement);
      if (outcomes.length > 0) met.add(requirement.tool);
      return outcomes;
    });
  },
};

function applies(cell: Cell, { when }: Requirement): boolean {
  if ("program" in when) return cell.image.profile?.id === when.program;
  if ("construct" in when) return cell.image.profile?.writes?.value.includes(when.construct) === true;
  return cell.toolchain.program?.libraries.some((library) => library.startsWith(`${when.module}@`)) === true;
}

function judge(cell: Cell, requirement: Requirement): Outcome[] {
  const { choice } = cell;
  const runsIptables = choice.hostExec !== true && (choice.backend === "nft" || choice.backend === "legacy");
  if (requirement.tool === "iptables" && !runsIptables) return [];
  const backend = choice.backend === "nft" || choice.backend === "legacy" ? choice.backend : undefined;
  const tool = findTool(cell.toolchain, requirement.tool, requirement.tool === "iptables" ? backend : undefined);
  if (tool === undefined) return [];
  if (tool.version === null) {
    return requirement.severity === "error" ? [missing(rule, unknownImageTool(tool.name))] : [];
  }
  if (compareVersions(tool.version, requirement.min) >= 0) return [];
  return [
    {
      kind: "finding",
      rule,
      severity: requirement.severity,
      cause: `requirement:${requirement.id}`,
      tool: tool.name,
      message: `${tool.name} ${tool.version} is too old: ${requirement.message}`,
      evidence: [...tool.evidence, ...requirement.sources.map((source) => ({ fact: requirement.message, source }))],
      remedy: `Raise ${tool.name} to ${requirement.min} or later.`,
    },
  ];
}
