import type { JudgedFinding } from "./compat/policy.ts";
import { type Located, makeLocator, type Wanted } from "./dockerfile/locate.ts";
import { suggestBase } from "./dockerfile/suggest.ts";
import { packagesOfTool } from "./knowledge/tool-packages.ts";
import { given } from "./model/given.ts";
import type { Finding } from "./model/report.ts";
import type { Toolchain } from "./model/toolchain.ts";

/**
 * The line of a Dockerfile that brings in the tool that a finding is about, and where another base alone would cure it what
 * its FROM should say.
 * @returns a function for the check: finding and toolchain -> place and change, each only where the file tells
 */
export function locateFindings(dockerfile: { path: string; text: string }) {
  const locate = makeLocator(dockerfile.text);
  // Many findings are about one tool: the file is searched once for each.
  const known = new Map<string, Located | undefined>();
  return (finding: JudgedFinding, toolchain: Toolchain): Pick<Finding, "location" | "suggestion"> => {
    const tool = finding.rule.startsWith("wrapper-") ? "iptables-wrapper" : (finding.tool ?? "iptables");
    const wanted = wantedOf(tool, toolchain);
    const key = JSON.stringify(wanted);
    if (!known.has(key)) known.set(key, locate(wanted));
    const found = known.get(key);
    if (found === undefined) return {};
    const change =
      finding.upgrade === undefined || found.base === undefined
        ? undefined
        : suggestBase(dockerfile.text, found.base, finding.upgrade);
    return {
      location: { file: dockerfile.path, line: found.line },
      ...given({ suggestion: change && { file: dockerfile.path, ...change } }),
    };
  };
}

function wantedOf(tool: string, toolchain: Toolchain): Wanted {
  if (tool === "iptables-wrapper") {
    const path = toolchain.selector?.path;
    // Without a wrapper the line to change is the one that installs iptables.
    return path === undefined || toolchain.selector?.kind !== "iptables-wrapper"
      ? wantedOf("iptables", toolchain)
      : { packages: packagesOfTool("iptables"), paths: [path], mentions: ["iptables-wrapper"] };
  }
  const entries = toolchain.tools.filter((entry) => entry.name === tool);
  const recorded = entries.flatMap((entry) => entry.package?.name ?? []);
  return {
    packages: [...new Set([...recorded, ...packagesOfTool(tool)])],
    paths: [...new Set(entries.flatMap((entry) => [entry.path, entry.target]))],
  };
}
