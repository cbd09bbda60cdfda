import { backendOnHost, findTool } from "../backend.ts";
import { legacyUses } from "../legacy-programs.ts";
import { causeOfLinkLayer, doubtOf, type LinkLayerCommand, linkLayerCommands } from "../link-layer.ts";
import { groupByState, moduleEvidence } from "../modules.ts";
import { causeOfOther, type OtherCommand, otherCommands } from "../other-commands.ts";
import {
  type Cell,
  choiceEvidence,
  type ImageContext,
  type Outcome,
  type RawFinding,
  type Rule,
  type ToolUse,
} from "../types.ts";
import { missing, unknownModule } from "../unknown-facts.ts";
import { addForBoth } from "../wrapper-remedies.ts";

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
    return [
      ...judgeIptables(cell),
      ...linkLayerCommands(cell, "legacy").flatMap((command) => judgeLinkLayer(cell, command)),
      ...legacyUses(cell.toolchain).flatMap((use) => evaluateFamily(cell, use)),
    ];
  },
};

function judgeIptables(cell: Cell): Outcome[] {
  if (cell.choice.hostExec === true) return [];
  if (cell.choice.backend !== "legacy") return otherCommands(cell).flatMap((other) => judgeOther(cell, other));
  const remedy = withModules(addForBoth(cell.toolchain, "nft") ?? bothBackends);
  const chosen = { cause: "backend", isCertain: true, evidence: choiceEvidence(cell), remedy };
  const v6 = { ...chosen, title: "ip6tables-legacy", modules: modulesV6(cell) };
  const hasV6 = findTool(cell.toolchain, "ip6tables", "legacy") !== undefined;
  // Of an image that has the tool of IPv6 alone that one is what runs.
  if (hasV6 && findTool(cell.toolchain, "iptables") === undefined) return evaluateFamily(cell, v6);
  const v4 = evaluateFamily(cell, { ...chosen, title: "iptables-legacy", modules: modulesV4(cell) });
  if (v4.length > 0 || !hasV6 || otherCommands(cell).some(({ name }) => name === "ip6tables")) return v4;
  // A host may have the IPv4 tables only (talos#13935), and a program may never touch IPv6: a condition that isn't stated.
  return evaluateFamily(cell, { ...v6, cause: "backend-v6", isCertain: false });
}

/** The sockets of ebtables and arptables are modules of their own, which nothing on a node loads. Measured: ebtables-legacy
 * without its module exits 255, "The kernel doesn't support the ebtables 'filter' table", also where it is merely not loaded. */
const coreOf = { ebtables: "ebtables", arptables: "arp_tables" } as const;

function judgeLinkLayer(cell: Cell, command: LinkLayerCommand): Outcome[] {
  const { name, title, isCertain, evidence } = command;
  const core = coreOf[name];
  const own = {
    tool: name,
    isLoadedAlone: true,
    doubt: doubtOf(command),
    remedy: `Let \`${name}\` lead to ${name}-nft, which the packages of iptables bring, or load ${core} on the node.`,
  };
  const cause = causeOfLinkLayer(command);
  return evaluateFamily(cell, { title, modules: [core], cause, isCertain, evidence, ...own });
}

function modulesV4({ image }: Cell): string[] {
  return [...needed, ...furtherTables(image).map((table) => `iptable_${table}`)];
}

function modulesV6({ image }: Cell): string[] {
  return [...neededV6, ...furtherTables(image).map((table) => `ip6table_${table}`)];
}

/** A command that is legacy beside an `iptables` that isn't. */
function judgeOther(cell: Cell, other: OtherCommand): Outcome[] {
  if (other.backend !== "legacy") return [];
  const modules = other.name === "iptables" ? modulesV4(cell) : modulesV6(cell);
  return evaluateFamily(cell, { ...other, modules, cause: causeOfOther(other) });
}

/** An iptables-legacy of the image, and what it needs of the kernel. */
interface Use extends ToolUse {
  /** The first is the core, without which none of the others is loaded. */
  modules: readonly string[];
  /** What the message adds: ` (whether ... is not known)`. */
  doubt?: string;
  /** Where it isn't that of iptables. */
  remedy?: string;
  tool?: string;
  /** No program on the node loads its modules for its own ends. */
  isLoadedAlone?: boolean;
}

function evaluateFamily(cell: Cell, use: Use): Outcome[] {
  const { title, modules, isCertain } = use;
  const groups = groupByState(cell.host, modules);
  if (groups.absent.length > 0) {
    const message = `${title} cannot ${workIn(groups.absent)}: the kernel has no ${groups.absent.join(", ")}`;
    return [finding(use, "error", message, evidenceOf(cell, use, groups.absent))];
  }
  const unknown = (isCertain ? groups.unknown : []).map((name) => missing(rule, unknownModule(name)));
  if (groups["optional-package"].length > 0) {
    const message = `${title} works only if a further package brings ${groups["optional-package"].join(", ")}`;
    return [...unknown, finding(use, "warning", message, evidenceOf(cell, use, groups["optional-package"]))];
  }
  if (unknown.length > 0) return unknown;
  const [core] = modules;
  if (core === undefined || !groups.loadable.includes(core)) return [];
  if (use.isLoadedAlone !== true && loadedByAnother(cell)) return [];
  return evaluateLoading(cell, use, core);
}

function finding(
  { cause, isCertain, doubt = "", tool, remedy = withModules(bothBackends) }: Use,
  worst: RawFinding["severity"],
  statement: string,
  evidence: RawFinding["evidence"],
): RawFinding {
  const severity = isCertain ? worst : "warning";
  const about = tool === undefined ? {} : { tool };
  return { kind: "finding", rule, cause, severity, message: `${statement}${doubt}`, evidence, ...about, remedy };
}

const furtherModule = /^ip6?table_(mangle|raw|security)$/;

/** What the lack of these modules keeps from working. */
function workIn(absent: readonly string[]): string {
  const tables = absent.map((name) => furtherModule.exec(name)?.[1]);
  return tables.includes(undefined) ? "work" : `write into ${tables.join(" and ")}`;
}

function evidenceOf(cell: Cell, use: Use, modules: readonly string[]): RawFinding["evidence"] {
  const tables = cell.image.profile?.tables;
  const stated =
    tables !== undefined && modules.some((name) => furtherModule.test(name))
      ? [{ fact: `${cell.image.profile?.title} writes into that table`, source: tables.source }]
      : [];
  return [use.evidence, ...modules.flatMap((name) => moduleEvidence(cell.host, name)), ...stated];
}

/** A program that runs the host's own iptables-legacy loads the modules with the host's modprobe. */
function loadedByAnother(cell: Cell): boolean {
  return cell.programs.some(
    (program) => program.backend === "host" && backendOnHost(program, cell.hostBackend) === "legacy",
  );
}

/** The module is on disk and nobody loads it: whether the image can is a matter of its manifests and of a modprobe. */
function evaluateLoading(cell: Cell, use: Use, core: string): Outcome[] {
  const { modules } = cell.image;
  const { title } = use;
  const evidence = [use.evidence, ...moduleEvidence(cell.host, core)];
  if (modules === "host" && cell.toolchain.modprobe) return [];
  if (modules === "none" || !cell.toolchain.modprobe) {
    const why = modules === "none" ? "the image may not load modules" : "the image has no modprobe";
    const message = `${title} fails until something loads ${core}: nothing on the node does, and ${why}`;
    return [finding(use, "error", message, evidence)];
  }
  const message = `${title} fails unless the image's modprobe can load ${core}: nothing else on the node loads it`;
  const possible = finding(use, "warning", message, evidence);
  return [{ ...possible, remedy: `${possible.remedy} ${sayWhetherItMay}` }];
}

const sayWhetherItMay =
  'Where the image may load modules, say so in the config: `- {match: "*", modules: host}` under `images`.';

const bothBackends =
  "Ship both backends and an iptables-wrapper (v2 or later) installed as `iptables`, so that the image uses nft on such hosts";

function withModules(change: string): string {
  return `${change}; to stay with legacy, load the modules on the node.`;
}
