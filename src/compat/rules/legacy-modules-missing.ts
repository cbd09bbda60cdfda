import { backendOnHost, findTool } from "../backend.ts";
import { groupByState, moduleEvidence } from "../modules.ts";
import type { Cell, Outcome, Rule } from "../types.ts";

const rule = "legacy-modules-missing";

/** What every program that changes IPv4 rules needs: the core and the two tables that all of them use. */
const needed = ["ip_tables", "iptable_filter", "iptable_nat"];
const neededV6 = ["ip6_tables", "ip6table_filter"];

/**
 * The image drives iptables-legacy and the host's kernel has no usable ip_tables. Measured: iptables-legacy without
 * ip_tables exits 3, "Table does not exist (do you need to insmod?)"; the tables are autoloaded by the kernel once
 * ip_tables is there, ip_tables itself only by a modprobe.
 */
export const legacyModulesMissing: Rule = {
  id: rule,
  evaluate(cell) {
    if (cell.choice.backend !== "legacy" || cell.choice.hostExec === true) return [];
    const v4 = evaluateFamily(cell, needed, "iptables-legacy");
    if (v4.length > 0 || findTool(cell.toolchain, "ip6tables", "legacy") === undefined) return v4;
    // A host may have the IPv4 tables only (talos#13935), and a program may never touch IPv6: a condition that isn't stated.
    return evaluateFamily(cell, neededV6, "ip6tables-legacy").flatMap((outcome): Outcome[] =>
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
        message: `${tool} cannot work: the kernel has no ${groups.absent.join(", ")}`,
        evidence: [choiceEvidence(cell), ...groups.absent.flatMap((name) => moduleEvidence(host, name))],
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
        evidence: [choiceEvidence(cell), ...groups["optional-package"].flatMap((name) => moduleEvidence(host, name))],
      },
    ];
  }
  if (missing.length > 0) return missing;
  const core = modules[0];
  if (core === undefined || !groups.loadable.includes(core) || loadedByAnother(cell)) return [];
  return evaluateLoading(cell, core, tool);
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
