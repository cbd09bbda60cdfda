import type { Requirement } from "../../knowledge/schema/requirements.ts";
import { compareVersions, kernelSeries } from "../../model/version.ts";
import { findTool, linkLayerInUse } from "../backend.ts";
import { causeOfLinkLayer, doubtOf, type LinkLayerCommand, linkLayerCommands } from "../link-layer.ts";
import { moduleEvidence, moduleState } from "../modules.ts";
import { causeOfOther, otherCommands } from "../other-commands.ts";
import { isNative, requirementsOf } from "../requirements.ts";
import { type Cell, choiceEvidence, type Outcome, type RawFinding, type Rule, type ToolUse } from "../types.ts";
import { missing, unknownKernel, unknownModule } from "../unknown-facts.ts";
import { addForBoth } from "../wrapper-remedies.ts";

const rule = "nft-kernel-missing";

/** The image drives nf_tables (iptables-nft or nft) and the host's kernel has none. nf_tables is autoloaded on first use,
 * so `loadable` is enough (measured on kernels 5.10 to 7.3). */
export const nftKernelMissing: Rule = {
  id: rule,
  evaluate(cell) {
    const use = usesNft(cell);
    const outcomes = use === undefined ? [] : judge(cell, use);
    if (outcomes.length > 0) return outcomes;
    return [
      ...requirementsOf(cell, "kernel").flatMap((requirement) => judgeAge(cell, requirement)),
      ...linkLayerCommands(cell, "nft").flatMap((command) => judgeLinkLayer(cell, command)),
    ];
  },
};

/** A kernel that has nf_tables, and that the program refuses all the same. */
function judgeAge({ host: { kernel } }: Cell, { id, min, severity, message, sources }: Requirement): Outcome[] {
  const { value: release, source } = kernel.release;
  const series = kernelSeries(release);
  if (min === undefined) return [];
  if (series === undefined) return severity === "error" ? [missing(rule, unknownKernel())] : [];
  if (compareVersions(series, min) >= 0) return [];
  return [
    {
      kind: "finding",
      rule,
      cause: `requirement:${id}`,
      severity,
      message: `kernel ${release} is too old: ${message}`,
      evidence: [
        { fact: `the kernel is ${release}`, source },
        ...sources.map((url) => ({ fact: message, source: url })),
      ],
      remedy: `Raise the hosts to a kernel of ${min} or later, or use another mode of the program there.`,
    },
  ];
}

/** The families of nf_tables that ebtables and arptables write into are options of the kernel, which only some leave out: the
 * catalogue records these, so that a state that isn't known is none that is missing. */
const familyOf = { ebtables: "nf_tables_bridge", arptables: "nf_tables_arp" } as const;

function judgeLinkLayer(cell: Cell, command: LinkLayerCommand): RawFinding[] {
  const { name, title, isCertain, evidence } = command;
  const family = familyOf[name];
  if (moduleState(cell.host, family) !== "absent") return [];
  return [
    {
      kind: "finding",
      rule,
      cause: causeOfLinkLayer(command),
      severity: isCertain ? "error" : "warning",
      tool: name,
      message: `${title} cannot work: the kernel has no ${family}${doubtOf(command)}`,
      evidence: [evidence, ...moduleEvidence(cell.host, family)],
      remedy: `Run ${name}-legacy on such hosts where their kernel has its module, or do without ${name} there.`,
    },
  ];
}

function judge(cell: Cell, use: ToolUse): Outcome[] {
  const state = moduleState(cell.host, "nf_tables");
  if (state === undefined) return use.isCertain ? [missing(rule, unknownModule("nf_tables"))] : [];
  if (state !== "absent" && state !== "optional-package") return [];
  const message =
    state === "absent"
      ? `${use.title} cannot work: the kernel has no nf_tables`
      : `${use.title} works only if a further package brings nf_tables`;
  const severity = state === "absent" && use.isCertain ? "error" : "warning";
  const evidence = [use.evidence, ...moduleEvidence(cell.host, "nf_tables")];
  return [{ kind: "finding", rule, cause: use.cause, severity, message, evidence, remedy: remedyOf(cell) }];
}

/** What of the image needs nf_tables on this host; undefined when nothing does. */
function usesNft(cell: Cell): ToolUse | undefined {
  const { choice } = cell;
  const chosen = choiceEvidence(cell);
  const certain = { cause: "backend", isCertain: true };
  const native = nativeProgram(cell);
  if (native !== undefined) return native;
  if (choice.hostExec === true) return undefined;
  if (choice.backend === "nft") return { title: "iptables-nft", evidence: chosen, ...certain };
  const alone = choice.backend === "none" ? nftAlone(cell) : undefined;
  if (alone !== undefined) return { title: alone, evidence: chosen, ...certain };
  const other = otherCommands(cell).find(({ backend }) => backend === "nft");
  if (other === undefined) return undefined;
  const { title, isCertain, evidence } = other;
  return { title, cause: causeOfOther(other), isCertain, evidence };
}

/** A program that is known to speak nf_tables in all of its versions, through netlink or its nft. One whose image has iptables
 * and that isn't known to run nft may be an older one. */
function nativeProgram({ image: { profile }, toolchain }: Cell): ToolUse | undefined {
  const rows = profile?.versions ?? [];
  const [first] = rows;
  if (profile === undefined || first === undefined || !isNative(profile)) return undefined;
  if (profile.runs?.value.includes("nft") !== true && findTool(toolchain, "iptables") !== undefined) return undefined;
  const evidence = { fact: `${profile.title} speaks nf_tables`, source: first.backend.source };
  return { title: profile.title, cause: "backend", isCertain: true, evidence };
}

/** The tool of an image that has it for want of an iptables. */
function nftAlone(cell: Cell): string | undefined {
  if (findTool(cell.toolchain, "nft") !== undefined) return "nft";
  return linkLayerInUse(cell)[0]?.name;
}

function remedyOf({ toolchain }: Cell): string {
  const change =
    addForBoth(toolchain, "legacy") ??
    "Keep a legacy fallback in the image: both backends and an iptables-wrapper (v2 or later)";
  return `${change}, or raise the hosts to a kernel with CONFIG_NF_TABLES.`;
}
