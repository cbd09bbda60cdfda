import type { Backend } from "../../model/toolchain.ts";
import { compareVersions } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import { describeConditions, type ExtensionUse, extensionKnowledge, extensionUses } from "../extension-uses.ts";
import { moduleEvidence, moduleState } from "../modules.ts";
import { type OtherCommand, otherCommands } from "../other-commands.ts";
import type { Cell, Outcome, RawFinding, Rule } from "../types.ts";
import { missing, unknownImageTool } from "../unknown-facts.ts";

const rule = "xt-module-missing";

/**
 * A match or target of the image's program has no module on the host. Measured with modules removed: `Extension X revision 0
 * not supported, missing kernel module?` from 1.8.9 on, `Couldn't load match` before. Only gaps are recorded in the
 * catalogue, so a module without a fact is no missing fact.
 */
export const xtModuleMissing: Rule = {
  id: rule,
  evaluate(cell) {
    const { backend, hostExec } = cell.choice;
    if (hostExec === true) return [];
    const own = backend === "nft" || backend === "legacy" ? [plain(backend)] : [];
    return [...own, ...otherCommands(cell)].filter((use) => works(cell, use)).flatMap((use) => judge(cell, use));
  },
};

/** An iptables of the image that writes rules. */
type Use = Omit<OtherCommand, "evidence">;

function plain(backend: Backend): Use {
  return { title: `iptables-${backend}`, name: "iptables", backend, isCertain: true };
}

function judge(cell: Cell, use: Use): Outcome[] {
  const uses = extensionUses(cell).filter(({ extension }) => translated(cell, use, extension) === false);
  const gone = uses.filter(({ module }) => moduleState(cell.host, module) === "absent");
  const extra = uses.filter(({ module }) => moduleState(cell.host, module) === "optional-package");
  const certain = gone.filter(({ condition }) => condition === undefined);
  const possible = gone.filter(
    ({ condition, module }) => condition !== undefined && !certain.some((other) => other.module === module),
  );
  return [
    ...unknownVersion(cell, use),
    ...report(cell, use, certain, { severity: use.isCertain ? "error" : "warning", why: "the kernel has no" }),
    ...report(cell, use, possible, { severity: "warning", why: "the kernel has no" }),
    ...report(cell, use, extra, { severity: "warning", why: "only a further package brings" }),
  ];
}

/** Without the backend itself no rule can be written at all: other rules say so. */
function works(cell: Cell, { backend }: Use): boolean {
  const needed = { nft: ["nf_tables", "nft_compat"], legacy: ["ip_tables"] }[backend];
  return needed.every((name) => moduleState(cell.host, name) !== "absent");
}

/** iptables-nft writes some matches without their modules. undefined: its version would tell. */
function translated(cell: Cell, { backend, name }: Use, extension: string): boolean | undefined {
  const since = extensionKnowledge.extensions[extension]?.translatedSince;
  if (backend !== "nft" || since === undefined) return false;
  const version = findTool(cell.toolchain, name, "nft")?.version ?? null;
  return version === null ? undefined : compareVersions(version, since) >= 0;
}

/** An iptables that may be too old to do without a module that is not there. */
function unknownVersion(cell: Cell, use: Use): Outcome[] {
  if (!use.isCertain) return [];
  const needed = extensionUses(cell).some(
    ({ extension, module, condition }) =>
      condition === undefined &&
      translated(cell, use, extension) === undefined &&
      moduleState(cell.host, module) === "absent",
  );
  return needed ? [missing(rule, unknownImageTool("iptables"))] : [];
}

function report(
  cell: Cell,
  { title }: Use,
  uses: readonly ExtensionUse[],
  { severity, why }: { severity: RawFinding["severity"]; why: string },
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
      message: `${title} cannot add rules with ${extensions.join(", ")}: ${why} ${modules.join(", ")}${describeConditions(uses)}`,
      evidence: [
        ...modules.flatMap((module) => moduleEvidence(cell.host, module)),
        ...uses.slice(0, 1).map(({ extension, source }) => ({ fact: `the program uses ${extension}`, source })),
      ],
      remedy:
        "Install the package with the extra kernel modules on the node, switch off the feature that needs them, or use native nftables.",
    },
  ];
}
