import { findTool } from "../backend.ts";
import { moduleEvidence, moduleState } from "../modules.ts";
import type { Cell, Outcome, Rule } from "../types.ts";

const rule = "nft-kernel-missing";

/** The image drives nf_tables (iptables-nft or nft) and the host's kernel has none. nf_tables is autoloaded on first use,
 * so `loadable` is enough (measured on kernels 5.10 to 7.3). */
export const nftKernelMissing: Rule = {
  id: rule,
  evaluate(cell) {
    const what = usesNft(cell);
    if (what === undefined) return [];
    const state = moduleState(cell.host, "nf_tables");
    const evidence = [{ fact: cell.choice.because, source: "image" }, ...moduleEvidence(cell.host, "nf_tables")];
    const base = { kind: "finding", rule, cause: "backend", remedy } as const;
    const outcomes: Outcome[] = [];
    if (state === undefined) outcomes.push({ kind: "missing", rule, fact: "state of kernel module nf_tables" });
    if (state === "absent") {
      outcomes.push({
        ...base,
        severity: "error",
        message: `${what} cannot work: the kernel has no nf_tables`,
        evidence,
      });
    }
    if (state === "optional-package") {
      const message = `${what} works only if a further package brings nf_tables`;
      outcomes.push({ ...base, severity: "warning", message, evidence });
    }
    return outcomes;
  },
};

/** What of the image needs nf_tables on this host, in words; undefined when nothing does. */
function usesNft(cell: Cell): string | undefined {
  if (cell.choice.hostExec === true) return undefined;
  if (cell.choice.backend === "nft") return "iptables-nft";
  if (cell.choice.backend !== "none") return undefined;
  return findTool(cell.toolchain, "nft") === undefined ? undefined : "nft";
}

const remedy =
  "Keep a legacy fallback in the image: both backends and an iptables-wrapper (v2 or later), or raise the hosts to a kernel " +
  "with CONFIG_NF_TABLES.";
