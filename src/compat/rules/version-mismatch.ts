import { compareVersions, upstreamVersion } from "../../model/version.ts";
import type { Rule } from "../types.ts";

const rule = "version-mismatch";

/** Packages whose version is the tool's own; a program's package that merely carries a copy of iptables is not one. */
const toolPackage = /^(ip6?tables|nftables|nft$|ipset|libipset|ebtables|arptables|conntrack)/;

/** The package database states another version than the binary itself: it was replaced or rebuilt. The bytes are believed. */
export const versionMismatch: Rule = {
  id: rule,
  looksAt: "iptables",
  evaluate(cell) {
    const seen = new Set<string>();
    return cell.toolchain.tools.flatMap((tool) => {
      // The record of a replaced file describes nothing that runs, and is still what scanners go by.
      const record = tool.package ?? tool.replacedPackage;
      const recorded = record === undefined ? undefined : upstreamVersion(record.version);
      if (record === undefined || recorded === undefined || tool.byteVersion === undefined) return [];
      if (!toolPackage.test(record.name) || compareVersions(recorded, tool.byteVersion) === 0) return [];
      const message = `package ${record.name} says ${recorded}, but ${tool.target} is ${tool.byteVersion}`;
      if (seen.has(message)) return [];
      seen.add(message);
      return [
        {
          kind: "finding" as const,
          rule,
          severity: "warning" as const,
          cause: `version:${tool.target}`,
          tool: tool.name,
          message,
          evidence: tool.evidence,
          remedy: "Install the tool from one source, so that scanners and people see the version that runs.",
        },
      ];
    });
  },
};
