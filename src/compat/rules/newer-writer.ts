import type { NodeProgram, TableUse } from "../../model/program.ts";
import type { Severity } from "../../model/report.ts";
import { backendOnHost, linkLayerInUse, linkLayerSpokenFor, nftInUse, type ToolInUse } from "../backend.ts";
import { buildOf, type Release, testedReleases } from "../encodings.ts";
import { commonConstructs, describeConstructs, type Exposure, effectEvidence, gapsOfMeeting } from "../exposure.ts";
import { hostTool, iptablesOnHost, keyOfTool, type NodeTool, upstream } from "../host-build.ts";
import { rememberFor } from "../remember.ts";
import { exposureBetween, exposureOnTable, linkLayerOf, splitByFamily, tablesOfHarm, type Writer } from "../tables.ts";
import { type Cell, type ImageContext, type Outcome, operationsOf, type RawFinding, type Rule } from "../types.ts";
import {
  missing,
  type UnknownFact,
  unknownBackendOf,
  unknownHostIptables,
  unknownImageTool,
  unknownToolOf,
} from "../unknown-facts.ts";

/**
 * Three rules on one mechanism: whoever writes with a newer iptables-nft stores rules in a form that an older one refuses
 * (loud) or shows and restores as another rule (quiet). Measured over 12 releases; the kernel has no part in it.
 */

/** Programs on the node whose rules live, or may live, in the same nf_tables tables. */
function nftPrograms(cell: Cell): NodeProgram[] {
  if (cell.image.network !== "host") return [];
  return cell.programs.filter((program) => {
    const backend = backendOnHost(program, cell.hostBackend);
    return backend === "nft" || (backend === undefined && program.backend === "unknown");
  });
}

/** What a known or assumed writer does to a reader, as severity: an error only where what it writes is stated. */
function loudSeverity(constructsKnown: boolean): Severity {
  return constructsKnown ? "error" : "warning";
}
function quietSeverity(exposure: Exposure, known: { constructs: boolean; operations: boolean }): Severity {
  const restores = exposure.rewritten.length > 0 && known.constructs && known.operations;
  return restores ? "error" : "warning";
}

interface Meeting {
  writer: Release;
  reader: Release;
  /** In words: `kube-proxy@1.31 (iptables 1.8.9)`. */
  writerName: string;
  readerName: string;
  constructs: readonly string[] | null;
  operations: ReturnType<typeof operationsOf>;
  writerTables?: TableUse | undefined;
  readerTables?: TableUse | undefined;
  /** Rules of ebtables or arptables: nobody states who reads them. */
  linkLayer?: boolean;
}

const remedyReader =
  "Raise the image's iptables to 1.8.8 or later (1.8.11 or later is best), not beyond what the hosts' own tools can read.";

function assumption(meeting: Meeting): string {
  const assumed: string[] = [];
  if (meeting.constructs === null)
    assumed.push(`what ${meeting.writerName} writes is not stated, the common rules are assumed`);
  if (meeting.linkLayer === true) assumed.push(`whether ${meeting.readerName} reads them is not known`);
  else if (meeting.operations === null) assumed.push(`what ${meeting.readerName} does with whole tables is not known`);
  return assumed.length === 0 ? "" : ` (${assumed.join("; ")})`;
}

function loudFinding(rule: string, meeting: Meeting, exposure: Exposure): RawFinding {
  const crash = exposure.loud.some((effect) => effect.outcome === "crash");
  const does = crash ? "crashes on" : "refuses";
  return {
    kind: "finding",
    rule,
    severity: meeting.linkLayer === true ? "warning" : loudSeverity(meeting.constructs !== null),
    cause: "newer-writer",
    message: `${meeting.readerName} ${does} tables in which ${meeting.writerName} stored ${describeConstructs(exposure.loud)}${assumption(meeting)}`,
    evidence: effectEvidence(exposure.loud),
    remedy: remedyReader,
  };
}

function quietFinding(rule: string, meeting: Meeting, exposure: Exposure): RawFinding {
  const { effects, says } = quietHarm(meeting, exposure);
  const known = { constructs: meeting.constructs !== null, operations: meeting.operations !== null };
  return {
    kind: "finding",
    rule,
    severity: meeting.linkLayer === true ? "warning" : quietSeverity(exposure, known),
    cause: "newer-writer",
    message: `${says}${assumption(meeting)}`,
    evidence: effectEvidence(effects),
    remedy: remedyReader,
  };
}

/** The worst that happens without an error: other rules in the kernel, then a table that is not there, then other rules shown.
 * What a program makes of a table that is left out depends on it: kube-proxy leaves stale chains where they are. */
function quietHarm({ readerName, writerName }: Meeting, { rewritten, leftOut, misread }: Exposure) {
  const than = (effects: Exposure["misread"], does: string) => ({
    effects,
    says: `${readerName} silently ${does} other rules than ${writerName} wrote, where they hold ${describeConstructs(effects)}`,
  });
  if (rewritten.length > 0) return than(rewritten, "restores");
  if (leftOut.length === 0) return than(misread, "lists");
  const says = `${readerName} finds tables left out of iptables-save in which ${writerName} stored ${describeConstructs(leftOut)}`;
  return { effects: leftOut, says };
}

function isQuiet({ rewritten, leftOut, misread }: Exposure): boolean {
  return rewritten.length + leftOut.length + misread.length > 0;
}

function exposureOfMeeting(meeting: Meeting): Exposure {
  const { writer, reader, constructs, operations, writerTables, readerTables } = meeting;
  return exposureBetween(
    { release: writer, constructs: constructs ?? commonConstructs, tables: writerTables },
    { release: reader, operations, tables: readerTables },
  );
}

/** One side of a meeting that is the image's. */
interface OwnTool {
  name: string;
  version: string;
  release: Release;
}

/** The image as reader of one program; versions given, so that an unknown one can be tried out. */
function readMeeting(image: ImageContext, program: NodeProgram, own: OwnTool, other: NodeTool): Meeting {
  return {
    writer: other.release,
    reader: own.release,
    writerName: `${program.id} (iptables ${other.version})`,
    readerName: `the image's ${own.name} ${own.version}`,
    constructs: program.writes,
    operations: operationsOf(image),
    writerTables: program.tables,
    readerTables: image.profile?.tables?.value,
  };
}

/** The image as writer, one program as reader. */
function writeMeeting(image: ImageContext, program: NodeProgram, own: OwnTool, other: NodeTool): Meeting {
  return {
    writer: own.release,
    reader: other.release,
    writerName: `the image's ${own.name} ${own.version}`,
    readerName: `${program.id} (iptables ${other.version})`,
    constructs: image.profile?.writes?.value ?? null,
    operations: program.operations,
    writerTables: image.profile?.tables?.value,
    readerTables: program.tables,
  };
}

/** Rules of ebtables and arptables meet their own readers only, if there are any. */
function byFamily(meeting: Meeting, speaksFor: readonly string[]): Meeting[] {
  const { constructs } = meeting;
  if (constructs === null) return [meeting];
  const { ip, link } = splitByFamily(constructs, speaksFor);
  if (ip.length === constructs.length) return [meeting];
  const own: Meeting[] = link.length === 0 ? [] : [{ ...meeting, constructs: link, linkLayer: true }];
  return ip.length === 0 ? own : [{ ...meeting, constructs: ip }, ...own];
}

/** The parts of a meeting that concern one tool of the image. */
function partsFor(tool: string, meeting: Meeting, speaksFor: readonly string[]): Meeting[] {
  const link = linkLayerOf(tool, meeting.constructs ?? []);
  if (link === undefined) return byFamily(meeting, speaksFor);
  return link.length === 0 ? [] : [{ ...meeting, constructs: link, linkLayer: true }];
}

type Direction = "reads" | "writes";
type ReportOn = (meeting: Meeting, exposure: Exposure) => RawFinding[];
/** What a rule says, and of a finding the meeting that it is about. */
interface Met {
  outcome: Outcome;
  meeting?: Meeting;
}

/** What a rule asks of the tools of an image and the programs of a node. */
interface Question {
  rule: string;
  /** What the image does with rules of the program, or with its own for the program. */
  direction: Direction;
  reportOn: ReportOn;
}

/** A tool of the image and a program on the node. */
interface Pair {
  image: ImageContext;
  own: ToolInUse;
  /** Programs for whose rules it speaks besides. */
  speaksFor: readonly string[];
  program: NodeProgram;
  /** The program's iptables on this host. */
  other: NodeTool | undefined;
}

/**
 * Looks at every pair of image tool and program. Where a version isn't known, all measured releases are tried, and a program
 * of unknown backend is taken for one that writes nft: if that would give an error, the fact is missing.
 */
function meetAll(cell: Cell, question: Question): Met[] {
  const { toolchain, image, host } = cell;
  const programs = nftPrograms(cell);
  // Many hosts run the same versions: the same pair says the same on each.
  const recall = metBefore(toolchain, image);
  const speaksFor = linkLayerSpokenFor(cell, question.direction);
  return [...nftInUse(cell), ...linkLayerInUse(cell)].flatMap((own) =>
    programs.flatMap((program) => {
      const other = iptablesOnHost(program, host);
      return recall(program, `${question.rule} ${own.name} ${own.version} ${keyOfTool(other)}`, () =>
        meet(question, { image, own, speaksFor, program, other }),
      );
    }),
  );
}

const metBefore = rememberFor<Met[]>();

function meet(question: Question, pair: Pair): Met[] {
  const { own, program, other } = pair;
  // Where neither the rules nor the backend of the program are known, both are assumed: warnings that say so.
  const assumed = program.backend === "unknown" && constructsOf(question, pair) === null;
  return own.version !== null && other !== undefined && (program.backend !== "unknown" || assumed)
    ? meetKnown(question, pair, { own: own.version, other }, assumed)
    : toMet(missingOf(question, pair));
}

/** What the writing side is stated to write; null where nobody states it. */
function constructsOf({ direction }: Question, { image, program }: Pair): readonly string[] | null {
  return direction === "reads" ? program.writes : (image.profile?.writes?.value ?? null);
}

/** Versions of both sides, known or tried out. */
interface Versions {
  own: string;
  other: NodeTool;
}

function judge({ direction, reportOn }: Question, pair: Pair, versions: Versions) {
  const { name, tool } = pair.own;
  const own = { name, version: versions.own, release: buildOf(versions.own, tool?.package) };
  const meetingOf = direction === "reads" ? readMeeting : writeMeeting;
  const whole = meetingOf(pair.image, pair.program, own, versions.other);
  return partsFor(name, whole, pair.speaksFor).flatMap((meeting) =>
    reportOn(meeting, exposureOfMeeting(meeting)).map((finding) => ({ finding, meeting })),
  );
}

/** @param assumed neither the rules nor the backend of the program are known */
function meetKnown(question: Question, pair: Pair, versions: Versions, assumed: boolean): Met[] {
  const { own, program } = pair;
  const { direction } = question;
  const met = judge(question, pair, versions).map(({ finding, meeting }) => ({
    outcome: {
      ...finding,
      ...(assumed ? { message: `${finding.message}, if ${unsaid(direction, program)}` } : {}),
      ...(own.name === "ebtables" || own.name === "arptables" ? { tool: own.name } : {}),
      program: program.id,
      dependsOnHost: program.backend === "host",
      evidence: [...finding.evidence, ...aboutIptables(program, direction)],
    },
    meeting,
  }));
  return met.length > 0 || linkLayerOf(own.name, []) !== undefined ? met : toMet(unmeasured(question, pair, versions));
}

/** The facts that are missing, if one of their values would give an error. */
function missingOf(question: Question, pair: Pair): Outcome[] {
  const { own, program, other } = pair;
  // Assumed constructs can give warnings at most.
  if (constructsOf(question, pair) === null) return [];
  const couldBeError = (own.version === null ? testedReleases() : [own.version]).some((version) =>
    (other === undefined ? testedReleases().map(upstream) : [other]).some((node) =>
      judge(question, pair, { own: version, other: node }).some(({ finding }) => finding.severity === "error"),
    ),
  );
  if (!couldBeError) return [];
  const facts: UnknownFact[] = [];
  if (own.version === null) facts.push(unknownImageTool(own.name));
  if (program.backend === "unknown") facts.push(unknownBackendOf(program.id));
  if (other === undefined)
    facts.push(program.backend === "host" ? unknownHostIptables() : unknownToolOf(program.id, "iptables"));
  return facts.map((fact) => missing(question.rule, fact));
}

function toMet(outcomes: readonly Outcome[]): Met[] {
  return outcomes.map((outcome) => ({ outcome }));
}

function outcomesOf(met: readonly Met[]): Outcome[] {
  return met.map(({ outcome }) => outcome);
}

/** The second assumption, behind the first. */
function unsaid(direction: Direction, { id }: NodeProgram): string {
  return direction === "reads"
    ? "it writes with nft, which is not known either"
    : `${id} uses nft, which is not known either`;
}

/** Nothing was found, but one of the two versions lies between measured ones that behave differently. */
function unmeasured(question: Question, pair: Pair, { own, other }: Versions): Outcome[] {
  const [writer, reader] = question.direction === "reads" ? [other.version, own] : [own, other.version];
  // Assumed constructs can give warnings at most, and a warning that may be one isn't worth an unknown cell.
  const constructs = constructsOf(question, pair) ?? [];
  return gapsOfMeeting(writer, reader, constructs).map((fact) => missing(question.rule, { fact }));
}

/** What of a program's facts bears on reading and writing rules. */
function aboutIptables(program: NodeProgram, direction: Direction): NodeProgram["evidence"] {
  const topics = ["backend", "iptables", direction === "reads" ? "writes" : "operations"];
  return program.evidence.filter(({ about }) => about === undefined || topics.includes(about));
}

export const nftNewerWriter: Rule = {
  id: "nft-newer-writer",
  looksAt: "iptables",
  evaluate(cell) {
    const rule = "nft-newer-writer";
    const reportOn: ReportOn = (meeting, exposure) =>
      exposure.loud.length === 0 ? [] : [loudFinding(rule, meeting, exposure)];
    return outcomesOf(meetAll(cell, { rule, direction: "reads", reportOn }));
  },
};

export const silentMatchLoss: Rule = {
  id: "silent-match-loss",
  looksAt: "iptables",
  evaluate(cell) {
    const rule = "silent-match-loss";
    const reportOn: ReportOn = (meeting, exposure) =>
      isQuiet(exposure) ? [quietFinding(rule, meeting, exposure)] : [];
    return outcomesOf(meetAll(cell, { rule, direction: "reads", reportOn }));
  },
};

/** The image writes what an older program on the node then reads (kube-router#1588: host 1.8.5, image 1.8.9). */
export const imageNewerWriter: Rule = {
  id: "image-newer-writer",
  looksAt: "iptables",
  evaluate(cell) {
    const rule = "image-newer-writer";
    const reportOn: ReportOn = (meeting, exposure) => {
      if (exposure.loud.length > 0) return [{ ...loudFinding(rule, meeting, exposure), ...reverse(meeting) }];
      if (!isQuiet(exposure)) return [];
      return [{ ...quietFinding(rule, meeting, exposure), ...reverse(meeting) }];
    };
    const judged = meetAll(cell, { rule, direction: "writes", reportOn }).map(({ outcome, meeting }) =>
      outcome.kind === "finding" && meeting !== undefined ? chargeOnce(cell, outcome, meeting) : outcome,
    );
    return [...judged, ...hostToolsRead(cell, rule)];
  },
};

/** No program is stated to list whole tables with the host's own tools, but people and scripts on the node do. */
function hostToolsRead(cell: Cell, rule: string): Outcome[] {
  const reader = hostTool(cell.host);
  const { installed, ownBackend } = cell.host.iptables;
  if (cell.image.network !== "host" || reader === undefined || installed?.value === false) return [];
  if ((ownBackend?.value ?? cell.hostBackend) !== "nft") return [];
  const speaksFor = linkLayerSpokenFor(cell, "writes");
  return [...nftInUse(cell), ...linkLayerInUse(cell)].flatMap(({ name, version, tool }): Outcome[] => {
    if (version === null) return [];
    const meeting: Meeting = {
      writer: buildOf(version, tool?.package),
      reader: reader.release,
      writerName: `the image's ${name} ${version}`,
      readerName: `the host's own iptables ${reader.version}`,
      constructs: cell.image.profile?.writes?.value ?? null,
      operations: ["list"],
    };
    return partsFor(name, meeting, speaksFor).flatMap((part): Outcome[] => {
      const { loud } = exposureOfMeeting(part);
      if (loud.length === 0) return [];
      const finding = loudFinding(rule, part, { loud, rewritten: [], leftOut: [], misread: [] });
      return [{ ...finding, ...reverse(part), severity: "notice" }];
    });
  });
}

function reverse(meeting: Meeting): Pick<RawFinding, "cause" | "remedy"> {
  return {
    cause: "image-newer-writer",
    remedy: `Raise the older reader (${meeting.readerName}), or keep the image's iptables at a version that it can read.`,
  };
}

/** How bad an exposure is: nothing, a misread listing or a table left out of one, a rewritten rule, a refusal or crash. */
function harm({ loud, rewritten, leftOut, misread }: Exposure): number {
  if (loud.length > 0) return 3;
  if (rewritten.length > 0) return 2;
  return leftOut.length + misread.length > 0 ? 1 : 0;
}

/** A break that another program on the node already causes isn't the image's doing. An error is only taken from the image
 * by a program that is stated to write such rules. */
function chargeOnce(cell: Cell, finding: RawFinding, meeting: Meeting): RawFinding {
  const { reader: release, operations, readerTables } = meeting;
  const reader = { release, operations, tables: readerTables };
  const own = writerOf(meeting.writer, meeting.constructs, meeting.writerTables);
  // A table breaks by itself: where it is stated which one the image breaks, another one that is broken excuses nothing.
  const places = tablesOfHarm(own, reader, harm) ?? [undefined];
  const harmIn = (writer: Writer, place: (typeof places)[number]) =>
    harm(place === undefined ? exposureBetween(writer, reader) : exposureOnTable(writer, reader, place));
  const culprit = nftPrograms(cell).find((program) => {
    const tool = iptablesOnHost(program, cell.host);
    if (program.id === finding.program || tool === undefined || program.backend === "unknown") return false;
    if (finding.severity === "error" && program.writes === null) return false;
    const { ip, link } = splitByFamily(program.writes ?? commonConstructs);
    const writer = writerOf(tool.release, meeting.linkLayer === true ? link : ip, program.tables);
    return places.every((place) => harmIn(writer, place) >= harmIn(own, place));
  });
  if (culprit === undefined) return finding;
  return {
    ...finding,
    severity: "notice",
    message: `${finding.message}; ${culprit.id} on the node does the same already`,
  };
}

function writerOf(release: Release, constructs: readonly string[] | null, tables: TableUse | undefined): Writer {
  return { release, constructs: constructs ?? commonConstructs, tables };
}
