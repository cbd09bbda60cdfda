import type { NodeProgram } from "../../model/program.ts";
import type { Tool } from "../../model/toolchain.ts";
import { kernelSeries } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import {
  everyToolsRevisions,
  ipsetSources,
  kernelRevisions,
  newestKernelRevisions,
  type Revisions,
  toolRevisions,
  type UnreadableSet,
  unreadableSets,
} from "../ipset.ts";
import { groupByState, moduleEvidence, moduleState } from "../modules.ts";
import type { Cell, Outcome, RawFinding, Rule } from "../types.ts";
import {
  missing,
  type UnknownFact,
  unknownImageTool,
  unknownKernel,
  unknownModule,
  unknownToolOf,
} from "../unknown-facts.ts";

/**
 * A set made by a newer program has a revision that the image's ipset doesn't know: one such set makes `ipset list` and
 * `ipset save` of all sets in the namespace fail. Measured over ipset 7.6 to 7.24 and kernels 5.10 to 7.3.
 */
export const ipsetRevision: Rule = {
  id: "ipset-revision",
  evaluate(cell) {
    const tool = findTool(cell.toolchain, "ipset");
    if (tool === undefined || cell.image.network !== "host") return [];
    return [...(listsOnlyOwn(cell) ? [] : imageReads(cell, tool)), ...imageWrites(cell, tool)];
  },
};

function imageReads(cell: Cell, tool: Tool): Outcome[] {
  const series = kernelSeries(cell.host.kernel.release.value);
  const kernel = series === undefined ? undefined : kernelRevisions(series);
  const reader = tool.version === null ? undefined : toolRevisions(tool.version);
  // The newest kernel row knows every revision there is: an unknown kernel is judged as if it were the newest, and if that
  // gives an error, the kernel is the missing fact.
  const assumedKernel = kernel ?? newestKernelRevisions();
  const findings = meetWriters(cell, assumedKernel, reader, tool.version ?? "of unknown version");
  if (kernel !== undefined && reader !== undefined)
    return [...findings, ...(findings.some(isError) ? [] : unknownWriters(cell, kernel, reader))];
  return findings.filter(isError).map((): Outcome => {
    return missing("ipset-revision", kernel === undefined ? kernelFact(series) : unknownImageTool("ipset"));
  });
}

/** The fact that is missing: of a kernel outside the known series the release alone doesn't help. */
function kernelFact(series: string | undefined): UnknownFact {
  return series === undefined ? unknownKernel() : { fact: `revisions of the set types of kernel ${series}` };
}

function isError({ severity }: RawFinding): boolean {
  return severity === "error";
}

/** Programs that create sets with an ipset that nobody knows: it may be the newest, and an image that lists all then fails. */
function unknownWriters(cell: Cell, kernel: Revisions, reader: Revisions): Outcome[] {
  if (cell.image.profile?.ipset?.value.listsAll !== true) return [];
  return cell.programs
    .filter(({ ipset, creates }) => ipset === null && creates !== null)
    .filter(({ creates }) => unreadableSets(kernel, undefined, reader, creates).length > 0)
    .map(({ id }) => missing("ipset-revision", unknownToolOf(id, "ipset")));
}

/** The image creates sets that an older program on the node, which lists all of them, cannot read. */
function imageWrites(cell: Cell, tool: Tool): Outcome[] {
  const creates = cell.image.profile?.ipset?.value.creates ?? null;
  if (creates?.length === 0) return [];
  return cell.programs
    .filter(({ listsAllSets }) => listsAllSets !== false)
    .flatMap((program) => meetReader(cell, tool, program, creates));
}

function meetReader(cell: Cell, tool: Tool, program: NodeProgram, creates: readonly string[] | null): Outcome[] {
  const series = kernelSeries(cell.host.kernel.release.value);
  const kernel = series === undefined ? undefined : kernelRevisions(series);
  const writer = tool.version === null ? undefined : toolRevisions(tool.version);
  const reader = program.ipset === null ? undefined : toolRevisions(program.ipset);
  const readers = reader === undefined ? everyToolsRevisions() : [reader];
  const [sets = []] = readers
    .map((known) => unreadableSets(kernel ?? newestKernelRevisions(), writer, known, creates))
    .filter(({ length }) => length > 0);
  if (sets.length === 0) return [];
  const lists = program.listsAllSets === true;
  if (kernel !== undefined && writer !== undefined && reader !== undefined)
    return [writeFinding(tool, program, sets, { creates: creates !== null, lists })];
  // Only what could be an error is worth a fact.
  if (creates === null || !lists) return [];
  const facts = [
    ...(kernel === undefined ? [kernelFact(series)] : []),
    ...(writer === undefined ? [unknownImageTool("ipset")] : []),
    ...(reader === undefined ? [unknownToolOf(program.id, "ipset")] : []),
  ];
  return facts.map((fact) => missing("ipset-revision", fact));
}

/** @param known what of the condition is stated: that the image creates such sets, and that the program lists them */
function writeFinding(
  tool: Tool,
  program: NodeProgram,
  sets: readonly UnreadableSet[],
  known: { creates: boolean; lists: boolean },
): RawFinding {
  const conditions = [
    ...(known.creates ? [] : [`the image creates ${types(sets)} sets`]),
    ...(known.lists ? [] : [`${program.id} lists or saves all sets`]),
  ];
  const condition = conditions.length === 0 ? "" : `, if ${conditions.join(" and ")}`;
  return {
    kind: "finding",
    rule: "ipset-revision",
    severity: conditions.length === 0 ? "error" : "warning",
    cause: `ipset-revision:${program.id}`,
    tool: "ipset",
    program: program.id,
    message: `${program.id} (ipset ${program.ipset}) cannot read sets that the image's ipset ${tool.version} creates: ${describe(sets)}; its \`ipset list\` and \`ipset save\` then fail for all sets${condition}`,
    evidence: [
      ...sets.map(setEvidence),
      ...program.evidence.filter(({ about }) => about === undefined || about === "ipset"),
    ],
    remedy: `Raise the ipset of ${program.id} to 7.17 or later, or keep the image's at a version whose sets it can read.`,
  };
}

/** Programs that list only their own sets by name never meet a foreign one (calico since 3.27). */
function listsOnlyOwn(cell: Cell): boolean {
  return cell.image.profile?.ipset?.value.listsAll === false;
}

function meetWriters(cell: Cell, kernel: Revisions, reader: Revisions | undefined, version: string): RawFinding[] {
  const known = reader ?? {};
  const stated = cell.programs.flatMap((program): RawFinding[] => {
    const writer = program.ipset === null ? undefined : toolRevisions(program.ipset);
    if (program.ipset === null || program.creates?.length === 0 || writer === undefined) return [];
    const sets = reader === undefined ? unknownReader(writer) : unreadableSets(kernel, writer, known, program.creates);
    return sets.length === 0 ? [] : [revisionFinding(cell, program, sets, version)];
  });
  if (stated.length > 0 || reader === undefined) return stated;
  return lagsBehindKernel(cell, kernel, known, version);
}

/** A reader of unknown version could be the oldest. */
function unknownReader(writer: Revisions): UnreadableSet[] {
  return Object.entries(writer).map(([type, revision]) => ({ type, revision, known: -1 }));
}

function revisionFinding(
  cell: Cell,
  program: NodeProgram,
  sets: readonly UnreadableSet[],
  version: string,
): RawFinding {
  const listsAll = cell.image.profile?.ipset?.value.listsAll === true;
  const sure = listsAll && program.creates !== null;
  const condition = sure
    ? ""
    : listsAll
      ? ` if it creates ${types(sets)} sets`
      : " as soon as the image lists or saves all sets";
  return {
    kind: "finding",
    rule: "ipset-revision",
    severity: sure ? "error" : "warning",
    cause: "ipset-revision",
    tool: "ipset",
    program: program.id,
    message: `the image's ipset ${version} cannot read sets that ${program.id} (ipset ${program.ipset}) creates: ${describe(sets)}; \`ipset list\` and \`ipset save\` then fail for all sets${condition}`,
    evidence: [
      ...sets.map(setEvidence),
      ...program.evidence.filter(({ about }) => about === undefined || about === "ipset"),
    ],
    remedy,
  };
}

/** Nobody is stated to create newer sets, but the kernel offers them to anyone who asks (a netlink library, the host's ipset). */
function lagsBehindKernel(cell: Cell, kernel: Revisions, reader: Revisions, version: string): RawFinding[] {
  const sets = unreadableSets(kernel, undefined, reader, null);
  if (sets.length === 0) return [];
  return [
    {
      kind: "finding",
      rule: "ipset-revision",
      severity: cell.image.profile?.ipset?.value.listsAll === true ? "warning" : "notice",
      cause: "ipset-revision",
      tool: "ipset",
      message: `the image's ipset ${version} is older than the kernel's set types: \`ipset list\` and \`ipset save\` fail as soon as another program creates ${types(sets)} sets with a newer ipset`,
      evidence: sets.map(setEvidence),
      remedy,
    },
  ];
}

function types(sets: readonly UnreadableSet[]): string {
  const names = sets.map((set) => set.type);
  return names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} other types of` : names.join(", ");
}
function describe(sets: readonly UnreadableSet[]): string {
  const shown = sets.slice(0, 3).map((set) => `${set.type} gets revision ${set.revision}, it knows ${set.known}`);
  return sets.length > 3 ? `${shown.join("; ")}; and ${sets.length - 3} more types` : shown.join("; ");
}
function setEvidence(set: UnreadableSet) {
  return { fact: `${set.type}: revision ${set.revision} against ${set.known}`, source: ipsetSources() };
}

const remedy = "Raise the image's ipset to 7.17 or later (7.16 is the first that knows the revisions of kernel 6.2).";

/** The image's program uses ipset and the kernel has no ip_set. */
export const ipsetModuleMissing: Rule = {
  id: "ipset-module-missing",
  evaluate(cell) {
    const rule = "ipset-module-missing";
    if (findTool(cell.toolchain, "ipset") === undefined) return [];
    const creates = cell.image.profile?.ipset?.value.creates;
    if (creates?.length === 0) return [];
    const core = lackingModules(cell, ["ip_set"], creates !== undefined);
    if (core.length > 0) return core;
    const unknown = moduleState(cell.host, "ip_set") === undefined && creates !== undefined;
    // Of single set types only gaps are recorded; ip_set itself decides for the rest.
    return [
      ...(unknown ? [missing(rule, unknownModule("ip_set"))] : []),
      ...lackingModules(cell, (creates ?? []).map(moduleOfType), true),
    ];
  },
};

/** One finding for modules that are absent, one for those that a further package brings. */
function lackingModules(cell: Cell, needed: readonly string[], sure: boolean): RawFinding[] {
  const groups = groupByState(cell.host, needed);
  return (["absent", "optional-package"] as const).flatMap((state): RawFinding[] => {
    const names = groups[state];
    if (names.length === 0) return [];
    const absent = state === "absent";
    return [
      {
        kind: "finding",
        rule: "ipset-module-missing",
        severity: absent && sure ? "error" : "warning",
        cause: `module:${names.join(",")}`,
        tool: "ipset",
        message: absent
          ? `ipset cannot work: the kernel has no ${names.join(", ")}`
          : `ipset works only if a further package brings ${names.join(", ")}`,
        evidence: names.flatMap((name) => moduleEvidence(cell.host, name)),
        remedy: "Install the package with the extra kernel modules on the node (kernel-modules-extra on RHEL 10).",
      },
    ];
  });
}

/** `hash:ip,port` -> `ip_set_hash_ipport`, as the kernel names its modules. */
function moduleOfType(type: string): string {
  const [method = "", fields = ""] = type.split(":");
  return `ip_set_${method}_${fields.replaceAll(",", "")}`;
}
