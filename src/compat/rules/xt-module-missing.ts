import type { XtExtensionsFile } from "../../knowledge/schema/xt-extensions.ts";
import extensionsJson from "../../knowledge/xt-extensions.json" with { type: "json" };
import { compareVersions } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import { moduleEvidence, moduleState } from "../modules.ts";
import type { Cell, RawFinding, Rule } from "../types.ts";

/** The bundled knowledge; a test checks it against its schema. */
const bundled = extensionsJson as XtExtensionsFile;

const rule = "xt-module-missing";

/** One match or target that the image's program uses, or may use. */
interface Use {
  extension: string;
  module: string;
  /** Why it isn't certain, in words that end a sentence; absent: it is. */
  condition?: string;
  source: string;
}

/**
 * A match or target of the image's program has no module on the host. Measured with modules removed: `Extension X revision 0
 * not supported, missing kernel module?` from 1.8.9 on, `Couldn't load match` before. Only gaps are recorded in the
 * catalogue, so a module without a fact is no missing fact.
 */
export const xtModuleMissing: Rule = {
  id: rule,
  evaluate(cell) {
    if (cell.choice.hostExec === true || !backendWorks(cell)) return [];
    const uses = usesOf(cell).filter((use) => !translated(cell, use.extension));
    const gone = uses.filter((use) => moduleState(cell.host, use.module) === "absent");
    const extra = uses.filter((use) => moduleState(cell.host, use.module) === "optional-package");
    const certain = gone.filter((use) => use.condition === undefined);
    const possible = gone.filter(
      (use) => use.condition !== undefined && !certain.some(({ module }) => module === use.module),
    );
    return [
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

function usesOf(cell: Cell): Use[] {
  const { profile } = cell.image;
  if (profile?.writes?.value.length === 0) return [];
  const name = profile?.id ?? cell.toolchain.program?.name;
  const known = bundled.programs.find((entry) => entry.program === name);
  const stated = (profile?.writes?.value ?? []).flatMap((construct) =>
    Object.entries(bundled.extensions)
      .filter(([, entry]) => entry.constructs?.includes(construct) === true)
      .flatMap(([extension]) => use(extension, profile?.writes?.source ?? "")),
  );
  if (known === undefined) {
    const condition = `if the program uses ${bundled.common.extensions.join(", ")}, which is assumed`;
    const assumed = bundled.common.extensions.flatMap((extension) => use(extension, bundled.sources.absent, condition));
    return distinct([...stated, ...assumed]);
  }
  return distinct([
    ...stated,
    ...known.always.flatMap((extension) => use(extension, known.source)),
    ...known.features.flatMap(({ extensions, when }) =>
      extensions.flatMap((extension) => use(extension, known.source, `when ${when}`)),
    ),
  ]);
}

/** One use; a test sees to it that every extension that is named has an entry. */
function use(extension: string, source: string, condition?: string): Use[] {
  const module = bundled.extensions[extension]?.module;
  return module === undefined ? [] : [{ extension, module, source, ...(condition === undefined ? {} : { condition }) }];
}

/** What is certain stands before what isn't. */
function distinct(uses: readonly Use[]): Use[] {
  return uses.filter((one, i) => uses.findIndex(({ extension }) => extension === one.extension) === i);
}

/** iptables-nft writes some matches without their modules. */
function translated(cell: Cell, extension: string): boolean {
  const since = bundled.extensions[extension]?.translatedSince;
  const version = findTool(cell.toolchain, "iptables", "nft")?.version ?? null;
  if (cell.choice.backend !== "nft" || since === undefined) return false;
  return version === null || compareVersions(version, since) >= 0;
}

function report(cell: Cell, uses: readonly Use[], severity: RawFinding["severity"], why: string): RawFinding[] {
  if (uses.length === 0) return [];
  const modules = [...new Set(uses.map(({ module }) => module))];
  const extensions = uses.map(({ extension }) => extension);
  const conditions = [...new Set(uses.flatMap(({ condition }) => condition ?? []))];
  const condition = conditions.length === 0 ? "" : ` (it matters ${conditions.join(", ")})`;
  return [
    {
      kind: "finding",
      rule,
      severity,
      cause: `xt:${why}:${modules.join(",")}`,
      message: `iptables-${cell.choice.backend} cannot add rules with ${extensions.join(", ")}: ${why} ${modules.join(", ")}${condition}`,
      evidence: [
        ...modules.flatMap((module) => moduleEvidence(cell.host, module)),
        ...uses.slice(0, 1).map(({ extension, source }) => ({ fact: `the program uses ${extension}`, source })),
      ],
      remedy:
        "Install the package with the extra kernel modules on the node, switch off the feature that needs them, or use native nftables.",
    },
  ];
}
