import type { JudgedFinding } from "./compat/policy.ts";
import { locateTool, type Wanted } from "./dockerfile/locate.ts";
import type { Finding } from "./model/report.ts";
import type { Toolchain } from "./model/toolchain.ts";

/** Packages under which distributions ship a tool, beside the one that the image's database names. */
const packageNames: Readonly<Record<string, string[]>> = {
  iptables: ["iptables", "ip6tables", "iptables-nft", "iptables-legacy"],
  ip6tables: ["ip6tables", "iptables", "iptables-nft"],
  ipset: ["ipset"],
  nft: ["nftables"],
};

/**
 * The line of a Dockerfile that brings in the tool that a finding is about.
 * @returns a function for the check: finding and toolchain -> place, undefined when the file doesn't tell
 */
export function locateFindings(dockerfile: { path: string; text: string }) {
  // Many findings are about one tool: the file is searched once for each.
  const known = new Map<string, number | undefined>();
  return (finding: JudgedFinding, toolchain: Toolchain): Finding["location"] | undefined => {
    const tool = finding.rule.startsWith("wrapper-") ? "iptables-wrapper" : (finding.tool ?? "iptables");
    const wanted = wantedOf(tool, toolchain);
    const key = JSON.stringify(wanted);
    if (!known.has(key)) known.set(key, locateTool(dockerfile.text, wanted)?.line);
    const line = known.get(key);
    return line === undefined ? undefined : { file: dockerfile.path, line };
  };
}

function wantedOf(tool: string, toolchain: Toolchain): Wanted {
  if (tool === "iptables-wrapper") {
    const path = toolchain.selector?.path;
    // Without a wrapper the line to change is the one that installs iptables.
    return path === undefined || toolchain.selector?.kind !== "iptables-wrapper"
      ? wantedOf("iptables", toolchain)
      : { packages: packageNames.iptables ?? [], paths: [path], mentions: ["iptables-wrapper"] };
  }
  const entries = toolchain.tools.filter((entry) => entry.name === tool);
  const recorded = entries.flatMap((entry) => entry.package?.name ?? []);
  return {
    packages: [...new Set([...recorded, ...(packageNames[tool] ?? [tool])])],
    paths: [...new Set(entries.flatMap((entry) => [entry.path, entry.target]))],
  };
}
