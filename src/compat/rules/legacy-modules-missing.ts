import { backendOnHost, findTool } from "../backend.ts";
import { groupByState, moduleEvidence } from "../modules.ts";
import type { Cell, ImageContext, Outcome, RawFinding, Rule } from "../types.ts";

const rule = "legacy-modules-missing";

/** What every program that changes IPv4 rules needs: the core and the two tables that all of them use. */
const needed = ["ip_tables", "iptable_filter", "iptable_nat"];
const neededV6 = ["ip6_tables", "ip6table_filter"];

/** Tables that the image's program is stated to write into, besides those two: `mangle`. A construct whose tables nobody
 * stated may stand in any, which asks for none. */
function furtherTables({ profile }: ImageContext): string[] {
  const stated = profile?.tables?.value.writes ?? {};
  const tables = (profile?.writes?.value ?? []).flatMap((construct) => stated[construct] ?? []);
  return ["mangle", "raw", "security"].filter((table) => tables.some((other) => other === table));
}

/**
 * The image drives iptables-legacy and the host's kernel has no usable ip_tables. Measured: iptables-legacy without
 * ip_tables exits 3, "Table does not exist (do you need to insmod?)"; the tables are autoloaded by the kernel once
 * ip_tables is there, ip_tables itself only by a modprobe.
 */
export const legacyModulesMissing: Rule = {
  id: rule,
  evaluate(cell) {
    if (cell.choice.backend !== "legacy" || cell.choice.hostExec === true) return [];
    const further = furtherTables(cell.image);
    const v4 = evaluateFamily(cell, [...needed, ...further.map((table) => `iptable_${table}`)], "iptables-legacy");
    if (v4.length > 0 || findTool(cell.toolchain, "ip6tables", "legacy") === undefined) return v4;
    // A host may have the IPv4 tables only (talos#13935), and a program may never touch IPv6: a condition that isn't stated.
    const modulesV6 = [...neededV6, ...further.map((table) => `ip6table_${table}`)];
    return evaluateFamily(cell, modulesV6, "ip6tables-legacy").flatMap((outcome): Outcome[] =>
      outcome.kind === "finding" ? [{ ...outcome, severity: "warning", cause: "backend-v6" }] : [],
    );
  },
};

function evaluateFamily(cell: Cell, modules: readonly string[], tool: string): Outcome[] {
  const { host } = cell;
  const groups = groupByState(host, modules);
  const base = { kind: "finding", rule, cause: "backend", remedy } as const;
  if (groups.absent.length > 0) {
    return [
      {
        ...base,
        severity: "error",
        message: `${tool} cannot ${workIn(groups.absent)}: the kernel has no ${groups.absent.join(", ")}`,
        evidence: evidenceOf(cell, groups.absent),
      },
    ];
  }
  const missing = groups.unknown.map(
    (name): Outcome => ({ kind: "missing", rule, fact: `state of kernel module ${name}` }),
  );
  if (groups["optional-package"].length > 0) {
    return [
      ...missing,
      {
        ...base,
        severity: "warning",
        message: `${tool} works only if a further package brings ${groups["optional-package"].join(", ")}`,
        evidence: evidenceOf(cell, groups["optional-package"]),
      },
    ];
  }
  if (missing.length > 0) return missing;
  const core = modules[0];
  if (core === undefined || !groups.loadable.includes(core) || loadedByAnother(cell)) return [];
  return evaluateLoading(cell, core, tool);
}

const furtherModule = /^ip6?table_(mangle|raw|security)$/;

/** What the lack of these modules keeps from working. */
function workIn(absent: readonly string[]): string {
  const tables = absent.map((name) => furtherModule.exec(name)?.[1]);
  return tables.includes(undefined) ? "work" : `write into ${tables.join(" and ")}`;
}

function evidenceOf(cell: Cell, modules: readonly string[]): RawFinding["evidence"] {
  const tables = cell.image.profile?.tables;
  const stated =
    tables !== undefined && modules.some((name) => furtherModule.test(name))
      ? [{ fact: `${cell.image.profile?.title} writes into that table`, source: tables.source }]
      : [];
  return [choiceEvidence(cell), ...modules.flatMap((name) => moduleEvidence(cell.host, name)), ...stated];
}

/** A program that runs the host's own iptables-legacy loads the modules with the host's modprobe. */
function loadedByAnother(cell: Cell): boolean {
  return cell.programs.some(
    (program) => program.backend === "host" && backendOnHost(program, cell.hostBackend) === "legacy",
  );
}

/** The module is on disk and nobody loads it: whether the image can is a matter of its manifests and of a modprobe. */
function evaluateLoading(cell: Cell, core: string, tool: string): Outcome[] {
  const { modules } = cell.image;
  const base = { kind: "finding", rule, cause: "backend", remedy } as const;
  const evidence = [choiceEvidence(cell), ...moduleEvidence(cell.host, core)];
  if (modules === "host" && cell.toolchain.modprobe) return [];
  if (modules === "none" || !cell.toolchain.modprobe) {
    const why = modules === "none" ? "the image may not load modules" : "the image has no modprobe";
    const message = `${tool} fails until something loads ${core}: nothing on the node does, and ${why}`;
    return [{ ...base, severity: "error", message, evidence }];
  }
  const message = `${tool} fails unless the image's modprobe can load ${core}: nothing else on the node loads it`;
  return [{ ...base, severity: "warning", message, evidence }];
}

function choiceEvidence(cell: Cell) {
  return { fact: cell.choice.because, source: "image" };
}

const remedy =
  "Ship both backends and an iptables-wrapper (v2 or later) installed as `iptables`, so that the image uses nft on such hosts; " +
  "to stay with legacy, load the modules on the node.";
