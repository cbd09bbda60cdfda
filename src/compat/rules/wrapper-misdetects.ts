import { backendOnHost, hasKubelet, wrapperChoiceOf } from "../backend.ts";
import type { Cell, Outcome, RawFinding, Rule } from "../types.ts";
import { remedyOfMisdetection } from "../wrapper-remedies.ts";

const rule = "wrapper-misdetects";

/**
 * A wrapper that works and picks another backend than the node uses, because what it looks for isn't there: rules to count,
 * or the marker chains of a kubelet.
 */
export const wrapperMisdetects: Rule = {
  id: rule,
  evaluate(cell) {
    const { selector } = cell.toolchain;
    const { choice, hostBackend } = cell;
    if (selector?.kind !== "iptables-wrapper" || !selector.effective || cell.image.network !== "host") return [];
    if (hostBackend === undefined || choice.hostExec === true || choice.wanted !== undefined || !choice.adapts)
      return [];
    if (wrapperChoiceOf(cell.toolchain) === undefined) return unknownGeneration(cell);
    if (choice.backend === hostBackend || (choice.backend !== "nft" && choice.backend !== "legacy")) return [];
    const message = `${choice.because}, while the node uses ${hostBackend}: two rule sets apply, neither sees the other`;
    return [finding(cell, "error", message)];
  },
};

/** Generations differ only where there is no kubelet to follow; then nobody knows what this one takes. */
function unknownGeneration(cell: Cell): Outcome[] {
  const { choice, hostBackend, programs } = cell;
  const rulesThere = programs.some((program) => backendOnHost(program, hostBackend) === hostBackend);
  if (hasKubelet(programs) || rulesThere || choice.backend === "none") return [];
  const message = `the image's iptables-wrapper finds no kubelet here to follow: of unknown version, it may take legacy (version 1) or nft (later ones), and the node uses ${hostBackend}`;
  return [finding(cell, "warning", message)];
}

function finding(cell: Cell, severity: RawFinding["severity"], message: string): RawFinding {
  const { selector } = cell.toolchain;
  const known = wrapperChoiceOf(cell.toolchain);
  return {
    kind: "finding",
    rule,
    severity,
    cause: "backend",
    message,
    evidence: [
      ...(selector?.evidence ?? []),
      ...(known === undefined ? [] : [{ fact: known.note, source: known.source }]),
      {
        fact: `iptables of ${cell.host.id} uses ${cell.hostBackend}`,
        source: cell.host.iptables.backend?.source ?? "host catalogue",
      },
    ],
    ...(cell.hostBackend === undefined ? {} : { remedy: remedyOfMisdetection(cell.toolchain, cell.hostBackend) }),
  };
}
