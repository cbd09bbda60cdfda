import { moduleEvidence, moduleState } from "../modules.ts";
import { causeOfOther, otherCommands } from "../other-commands.ts";
import { type Cell, choiceEvidence, type Outcome, type Rule, type ToolUse } from "../types.ts";
import { missing, unknownModule } from "../unknown-facts.ts";

const rule = "nft-compat-missing";

/**
 * iptables-nft needs nft_compat for every match and target that it doesn't translate (comment, addrtype, MASQUERADE ...).
 * Measured: without it 1.8.7 fails for nearly every rule, 1.8.9 and later for the untranslated ones, "Extension comment
 * revision 0 not supported, missing kernel module?".
 */
export const nftCompatMissing: Rule = {
  id: rule,
  evaluate(cell) {
    const { choice } = cell;
    if (choice.hostExec === true) return [];
    if (choice.backend === "nft") {
      return judge(cell, {
        title: "iptables-nft",
        cause: "backend",
        isCertain: true,
        evidence: choiceEvidence(cell),
      });
    }
    const other = otherCommands(cell).find(({ backend }) => backend === "nft");
    return other === undefined ? [] : judge(cell, { ...other, cause: causeOfOther(other) });
  },
};

function judge(cell: Cell, { title, cause, isCertain, evidence }: ToolUse): Outcome[] {
  const state = moduleState(cell.host, "nft_compat");
  // It can't be there without nf_tables, of which nft-kernel-missing speaks.
  if (state === undefined && moduleState(cell.host, "nf_tables") === "absent") return [];
  if (state === undefined) return isCertain ? [missing(rule, unknownModule("nft_compat"))] : [];
  if (state !== "absent" && state !== "optional-package") return [];
  return [
    {
      kind: "finding",
      rule,
      cause,
      severity: state === "absent" && isCertain ? "error" : "warning",
      message:
        state === "absent"
          ? `${title} fails for rules with comment, addrtype, conntrack or MASQUERADE: the kernel has no nft_compat`
          : `${title} works only if a further package brings nft_compat`,
      evidence: [evidence, ...moduleEvidence(cell.host, "nft_compat")],
      remedy:
        "Install the package with the extra kernel modules on the node (kernel-modules-extra), or use native nftables.",
    },
  ];
}
