import { describeRange, kernelSeries } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import { kernelProtocol, toolProtocol } from "../ipset.ts";
import type { Rule } from "../types.ts";

const rule = "ipset-protocol";

/**
 * The versions of the netlink protocol that the image's ipset and the host's kernel speak. All known pairs have one in
 * common; ipset 6 then works and only warns, and what breaks is the revision of a set type, which is another rule's.
 */
export const ipsetProtocol: Rule = {
  id: rule,
  evaluate(cell) {
    const tool = findTool(cell.toolchain, "ipset");
    const series = kernelSeries(cell.host.kernel.release.value);
    if (tool === undefined || tool.version === null || series === undefined) return [];
    const own = toolProtocol(tool.version);
    const kernel = kernelProtocol(series);
    if (own === undefined || kernel === undefined || (own.min === kernel.min && own.max === kernel.max)) return [];
    const common = own.min <= kernel.max && kernel.min <= own.max;
    const says = `ipset ${tool.version} speaks protocol ${words(own)}, the kernel ${words(kernel)}`;
    return [
      {
        kind: "finding",
        rule,
        severity: common ? "notice" : "error",
        // An ipset that is too old for the kernel is one cause, whatever shows it first.
        cause: "ipset-revision",
        tool: "ipset",
        message: common ? `${says}: it works and warns` : `${says}: it cannot work`,
        evidence: [...tool.evidence, { fact: "protocol of the kernel", source: kernel.sources[0] ?? "measured" }],
        remedy: "Raise the image's ipset to 7.17 or later.",
      },
    ];
  },
};

function words({ min, max }: { min: number; max: number }): string {
  return describeRange({ min: String(min), max: String(max) });
}
