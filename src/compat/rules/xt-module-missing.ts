import { compareVersions } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import { describeConditions, type ExtensionUse, extensionKnowledge, extensionUses } from "../extension-uses.ts";
import { moduleEvidence, moduleState } from "../modules.ts";
import type { Cell, Outcome, RawFinding, Rule } from "../types.ts";

const rule = "xt-module-missing";

/**
 * A match or target of the image's program has no module on the host. Measured with modules removed: `Extension X revision 0
 * not supported, missing kernel module?` from 1.8.9 on, `Couldn't load match` before. Only gaps are recorded in the
 * catalogue, so a module without a fact is no missing fact.
 */
export const xtModuleMissing: Rule = {
  id: rule,
  evaluate(cell) {
    if (cell.choice.hostExec === true || !backendWorks(cell)) return [];
    const uses = extensionUses(cell).filter((use) => translated(cell, use.extension) === false);
    const gone = uses.filter((use) => moduleState(cell.host, use.module) === "absent");
    const extra = uses.filter((use) => moduleState(cell.host, use.module) === "optional-package");
    const certain = gone.filter((use) => use.condition === undefined);
    const possible = gone.filter(
      (use) => use.condition !== undefined && !certain.some(({ module }) => module === use.module),
    );
    return [
      ...unknownVersion(cell),
      ...report(cell, certain, "error", "the kernel has no"),
      ...report(cell, possible, "warning", "the kernel has no"),
      ...report(cell, extra, "warning", "only a further package brings"),
    ];
  },
};

/** Without the backend itself no rule can be written at all: other rules say so. */
function backendWorks(cell: Cell): boolean {
  const { backend } = cell.choice;
  const needed = { nft: ["nf_tables", "nft_compat"], legacy: ["ip_tables"], none: ["none"], unknown: ["none"] }[
    backend
  ];
  return needed[0] !== "none" && needed.every((name) => moduleState(cell.host, name) !== "absent");
}

/** iptables-nft writes some matches without their modules. undefined: its version would tell. */
function translated(cell: Cell, extension: string): boolean | undefined {
  const since = extensionKnowledge.extensions[extension]?.translatedSince;
  if (cell.choice.backend !== "nft" || since === undefined) return false;
  const version = findTool(cell.toolchain, "iptables", "nft")?.version ?? null;
  return version === null ? undefined : compareVersions(version, since) >= 0;
}

/** An iptables that may be too old to do without a module that is not there. */
function unknownVersion(cell: Cell): Outcome[] {
  const needed = extensionUses(cell).some(
    ({ extension, module, condition }) =>
      condition === undefined &&
      translated(cell, extension) === undefined &&
      moduleState(cell.host, module) === "absent",
  );
  return needed ? [{ kind: "missing", rule, fact: "version of the image's iptables" }] : [];
}

function report(
  cell: Cell,
  uses: readonly ExtensionUse[],
  severity: RawFinding["severity"],
  why: string,
): RawFinding[] {
  if (uses.length === 0) return [];
  const modules = [...new Set(uses.map(({ module }) => module))];
  const extensions = uses.map(({ extension }) => extension);
  return [
    {
      kind: "finding",
      rule,
      severity,
      cause: `xt:${why}:${modules.join(",")}`,
      message: `iptables-${cell.choice.backend} cannot add rules with ${extensions.join(", ")}: ${why} ${modules.join(", ")}${describeConditions(uses)}`,
      evidence: [
        ...modules.flatMap((module) => moduleEvidence(cell.host, module)),
        ...uses.slice(0, 1).map(({ extension, source }) => ({ fact: `the program uses ${extension}`, source })),
      ],
      remedy:
        "Install the package with the extra kernel modules on the node, switch off the feature that needs them, or use native nftables.",
    },
  ];
}
