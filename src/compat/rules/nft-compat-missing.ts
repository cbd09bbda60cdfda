import { moduleEvidence, moduleState } from "../modules.ts";
import type { Rule } from "../types.ts";

const rule = "nft-compat-missing";

/**
 * iptables-nft needs nft_compat for every match and target that it doesn't translate (comment, addrtype, MASQUERADE ...).
 * Measured: without it 1.8.7 fails for nearly every rule, 1.8.9 and later for the untranslated ones, "Extension comment
 * revision 0 not supported, missing kernel module?".
 */
export const nftCompatMissing: Rule = {
  id: rule,
  evaluate(cell) {
    if (cell.choice.backend !== "nft" || cell.choice.hostExec === true) return [];
    const state = moduleState(cell.host, "nft_compat");
    if (state === undefined) return [{ kind: "missing", rule, fact: "state of kernel module nft_compat" }];
    if (state !== "absent" && state !== "optional-package") return [];
    const message =
      state === "absent"
        ? "iptables-nft fails for rules with comment, addrtype, conntrack or MASQUERADE: the kernel has no nft_compat"
        : "iptables-nft works only if a further package brings nft_compat";
    return [
      {
        kind: "finding",
        rule,
        cause: "backend",
        severity: state === "absent" ? "error" : "warning",
        message,
        evidence: [{ fact: cell.choice.because, source: "image" }, ...moduleEvidence(cell.host, "nft_compat")],
        remedy:
          "Install the package with the extra kernel modules on the node (kernel-modules-extra), or use native nftables.",
      },
    ];
  },
};
