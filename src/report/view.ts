import type { Evidence } from "../model/evidence.ts";
import { given } from "../model/given.ts";
import type { Cell, Finding, ImageReport, MissingFact, Report, Severity, Verdict } from "../model/report.ts";
import { severities, verdicts, worstVerdict } from "../model/report.ts";

/**
 * The report regrouped for people: equal hosts share a row, equal platforms a column, equal findings a paragraph. All forms
 * that people read (comment, summary, terminal, annotations) are drawn from it, so they say the same thing.
 */

/** What a form may be told beyond the report. Everything is optional, and nothing is read from the environment. */
export interface ReportContext {
  /** Host id -> title (`Ubuntu 22.04`). Without it hosts are named by id. */
  hostTitles?: ReadonlyMap<string, string>;
  /** Address or folder of the rule pages, ending in `/`. Default `docs/rules/`. */
  docsBase?: string;
  /** Address of the repository's files at the checked commit, ending in `/`; makes locations clickable. */
  sourceBase?: string;
  /** `report-name` of a matrix leg, shown beside the verdict. */
  reportName?: string;
  /** The change to one line that is worth showing as such: its line is part of the pull request's diff. */
  suggestion?: Suggestion;
  /** What turned the comment green since it was red, without stop. */
  fixedBy?: string;
  /** Address of the workflow run. */
  runUrl?: string;
  /** Path of the JSON report, where it was written. */
  reportFile?: string;
  /** Path of the config file, named where a fact should be stated. Default `.github/netfilter-compat.yml`. */
  configFile?: string;
}

export type Suggestion = NonNullable<Finding["suggestion"]>;

/** One statement, with all platforms of all images and all hosts that it is true for. */
export interface FindingGroup {
  rule: string;
  severity: Severity;
  message: string;
  program?: string;
  remedy?: string;
  /** The finding whose evidence and location stand for the group. */
  first: Finding;
  images: string[];
  platforms: string[];
  hosts: string[];
  /** Cells it concerns: platforms x hosts. */
  cells: number;
}

export interface GroupedFindings {
  /** Count against the image, worst first. */
  active: FindingGroup[];
  existing: FindingGroup[];
  ignored: FindingGroup[];
}

/** What one platform says about one row of hosts. */
export interface RowCell {
  /** `none`: it does not run there. */
  verdict: Verdict | "none";
  /** Those that count, the worst first; where it is as before those of the base too. */
  findings: Finding[];
  missing: MissingFact[];
  /** What it breaks of, or may, the base image has too. */
  asBefore: boolean;
}

export interface MatrixRow {
  hosts: string[];
  /** One per column. */
  cells: RowCell[];
  /** Worst of the cells. */
  verdict: Verdict;
}

export interface Matrix {
  image: string;
  digest: string;
  /** Platforms of each column; several where they agree on every host. */
  columns: string[][];
  /** Worst first. */
  rows: MatrixRow[];
}

/** Groups findings that say the same; worst first, then by the number of cells concerned. */
export function groupFindings(findings: Finding[]): GroupedFindings {
  const isActive = (f: Finding) => !f.ignored && !f.existing;
  return {
    active: mergeEqual(findings.filter(isActive)),
    existing: mergeEqual(findings.filter((f) => f.existing && !f.ignored)),
    ignored: mergeEqual(findings.filter((f) => f.ignored)),
  };
}

/** Findings that say the same as one group each; worst first. */
export function mergeEqual(findings: Finding[]): FindingGroup[] {
  const byKey = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = findingKey(finding);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [finding]);
    else same.push(finding);
  }
  return [...byKey.values()]
    .map(toGroup)
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.cells - a.cells);
}

function toGroup(equal: Finding[]): FindingGroup {
  const first = equal[0] as Finding;
  const { rule, severity, message, program, remedy } = first;
  return {
    rule,
    severity,
    message,
    ...given({ program, remedy }),
    first,
    images: [...new Set(equal.map(({ image }) => image))],
    platforms: [...new Set(equal.map(({ platform }) => platform))],
    hosts: [...new Set(equal.flatMap(({ hosts }) => hosts))],
    cells: equal.reduce((sum, { hosts }) => sum + hosts.length, 0),
  };
}

/** Equal for findings that differ only in where they were found. */
function findingKey(f: Finding): string {
  return JSON.stringify([f.rule, f.severity, f.program, f.message, f.remedy, f.ignored?.reason, f.ignored?.until]);
}

/** One matrix for each image of the report. */
export function buildMatrices(report: Report): Matrix[] {
  return report.images.map((image) => buildMatrix(image, report.findings));
}

function buildMatrix(image: ImageReport, findings: Finding[]): Matrix {
  const hosts = [...new Set(image.platforms.flatMap((p) => p.cells.map((c) => c.host)))];
  const byHost = image.platforms.map((p) => new Map(p.cells.map((c) => [c.host, rowCell(c, findings)])));
  const cellKey = makeCellKey();
  const columns = mergeColumns(image, hosts, byHost, cellKey);
  const rows = new Map<string, MatrixRow>();
  for (const host of hosts) {
    const cells = columns.map((column) => column.cells.get(host) ?? notJudged);
    const key = cells.map(cellKey).join();
    const row = rows.get(key);
    if (row) row.hosts.push(host);
    else rows.set(key, { hosts: [host], cells, verdict: worstVerdict(judgedIn(cells)) });
  }
  const weights = new Map([...rows.values()].map((row) => [row, weight(row)]));
  const weigh = (row: MatrixRow) => weights.get(row) ?? 0;
  return {
    image: image.reference,
    digest: image.digest,
    columns: columns.map((c) => c.platforms),
    rows: [...rows.values()].sort(
      (a, b) => rank(a) - rank(b) || weigh(b) - weigh(a) || b.hosts.length - a.hosts.length,
    ),
  };
}

/** A platform that lacks a host's cell can't run there: it says nothing about it, which must not look like a pass. */
const notJudged: RowCell = { verdict: "none", findings: [], missing: [], asBefore: false };

function judgedIn(cells: readonly RowCell[]): Verdict[] {
  return cells.flatMap(({ verdict }) => (verdict === "none" ? [] : verdict));
}

function rowCell(cell: Cell, findings: Finding[]): RowCell {
  const own = cell.findings.map((i) => findings[i]).filter((f) => f !== undefined);
  const breaks = own.filter((f) => !f.ignored && f.severity !== "notice");
  const asBefore =
    cell.verdict === "warn" &&
    (breaks.some((f) => f.existing && f.severity === "error") || breaks.every((f) => f.existing === true));
  const active = breaks.filter((f) => asBefore || !f.existing);
  active.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  // Elsewhere a missing fact would not have changed the result.
  return { verdict: cell.verdict, findings: active, missing: cell.verdict === "unknown" ? cell.missing : [], asBefore };
}

function mergeColumns(
  image: ImageReport,
  hosts: string[],
  byHost: Map<string, RowCell>[],
  cellKey: (cell: RowCell) => number,
) {
  const columns = new Map<string, { platforms: string[]; cells: Map<string, RowCell> }>();
  image.platforms.forEach(({ platform }, i) => {
    const cells = byHost[i] ?? new Map<string, RowCell>();
    const key = hosts.map((host) => cellKey(cells.get(host) ?? notJudged)).join();
    const same = columns.get(key);
    if (same) same.platforms.push(platform);
    else columns.set(key, { platforms: [platform], cells });
  });
  return [...columns.values()];
}

/** Equal for cells that a reader would see as the same: result, findings, missing facts. Texts are compared once for each
 * finding, and cells once each: thousands of cells may name the same long ones, and a key is asked for wherever a platform
 * meets a host. */
function makeCellKey(): (cell: RowCell) => number {
  const keys = new Map<RowCell, number>();
  const cellNumbers = new Map<string, number>();
  const write = makeCellText();
  return (cell) => {
    const known = keys.get(cell);
    if (known !== undefined) return known;
    const text = write(cell);
    const key = cellNumbers.get(text) ?? cellNumbers.size;
    cellNumbers.set(text, key);
    keys.set(cell, key);
    return key;
  };
}

function makeCellText(): (cell: RowCell) => string {
  const numbers = new Map<string, number>();
  const known = new Map<Finding, number>();
  const numberOf = (finding: Finding): number => {
    const key = findingKey(finding);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    known.set(finding, number);
    return number;
  };
  return (cell) =>
    JSON.stringify([
      cell.verdict,
      cell.asBefore,
      cell.findings.map((finding) => known.get(finding) ?? numberOf(finding)),
      [...new Set(cell.missing.map(({ fact }) => fact))].sort(),
    ]);
}

function rank(row: MatrixRow): number {
  return verdicts.indexOf(row.verdict);
}

/** Rows with more errors come first among equal verdicts. */
function weight(row: MatrixRow): number {
  const count = (severity: Severity) =>
    row.cells.flatMap((c) => c.findings).filter((f) => f.severity === severity).length;
  return count("error") * 1000 + count("warning");
}

/** From so many hosts on they are counted where all are meant. */
export const MANY_HOSTS = 5;

/** Hosts of the report in its order. */
export function allHosts(report: Report): string[] {
  return [...new Set(report.images.flatMap((i) => i.platforms.flatMap((p) => p.cells.map((c) => c.host))))];
}

/** Names hosts for people: by title where it is the only one with it, else with the kernel or the id beside it. */
export function hostNamer(report: Report, titles: ReadonlyMap<string, string> = new Map()): (id: string) => string {
  const ids = allHosts(report);
  const titleOf = (id: string) => titles.get(id) ?? id;
  const used = new Map<string, number>();
  for (const id of ids) used.set(titleOf(id), (used.get(titleOf(id)) ?? 0) + 1);
  const withKernels = new Set(ids.filter((id) => id.includes("@")).map((id) => id.slice(0, id.indexOf("@"))));
  return (id) => {
    const title = titleOf(id);
    if ((used.get(title) ?? 0) < 2) return title;
    if (id.includes("@")) return `${title} (kernel ${id.slice(id.indexOf("@") + 1)})`;
    return `${title} (${withKernels.has(id) ? "default kernel" : id})`;
  };
}

/** `1 host`, `3 hosts`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** Characters of a finding's headline that can be read at a glance. */
const GLANCE = 170;
/** The least that says something. */
const LEAST = 50;

/**
 * A statement in two: what is the case, and what is to be added, which can stay folded. Cut after the first sentence, and
 * where that is long, at a colon, semicolon or relative clause; never within code or brackets.
 * @returns `rest` is empty for a statement that is short or can't be cut; both ends show `…` where a sentence was cut
 */
export function splitMessage(message: string): { head: string; rest: string } {
  const [sentence] = cutAt(message, /(?<=[^.\s]{2}[.!?])\s+(?=\p{Lu})/gu, 0, Number.POSITIVE_INFINITY);
  const head = sentence?.head ?? message;
  if (head.length <= GLANCE) return sentence ?? { head, rest: "" };
  const clause = cutAt(message.trimEnd(), /[:;,]\s+(?=where |which |so that )|[:;]\s+/g, LEAST, GLANCE).at(-1);
  if (clause !== undefined) return { head: `${clause.head} …`, rest: `… ${clause.rest}` };
  return sentence ?? { head, rest: "" };
}

/** Cuts whose head is whole in itself and has from `least` to `most` characters. */
function cutAt(text: string, boundary: RegExp, least: number, most: number): { head: string; rest: string }[] {
  // Texts are bounded where they are shown; further on nothing needs to be cut.
  return [...text.slice(0, 1000).matchAll(boundary)]
    .map((match) => ({ head: text.slice(0, match.index), rest: text.slice(match.index + match[0].length) }))
    .filter(({ head }) => head.length >= least && head.length <= most && isBalanced(head));
}

function isBalanced(text: string): boolean {
  const count = (character: string) => text.split(character).length - 1;
  return count("`") % 2 === 0 && count('"') % 2 === 0 && count("(") === count(")");
}

/** A sentence with its full stop, whether the text came with one or not. */
export function withStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The name people use for an image: the reference without transport, digest and the folders of a path. */
export function shortImage(reference: string): string {
  const bare = reference
    .replace(/^(?:docker-archive|oci-archive|oci|docker-daemon):|^docker:\/\//, "")
    .replace(/@sha256:[0-9a-f]{64}$/, "");
  if (/^[./]|\.t(?:ar|gz)|\.tar\.\w+/.test(bare)) return bare.replace(/^.*\/(?=[^/])/, "");
  return bare;
}

/** Names in a row: with semicolons where a name holds a comma itself. */
export function joinNames(names: string[]): string {
  return names.join(names.some((name) => name.includes(",")) ? "; " : ", ");
}

/** A source longer than this is not written again on the next line. Characters as shown. */
export const LONG_SOURCE = 60;

/** Evidence by fact, in order: one fact may have been read in several places. Digests are cut to what tells them apart. */
export function mergeEvidence(evidence: Evidence[]): { fact: string; sources: string[] }[] {
  const facts = new Map<string, Set<string>>();
  // Nor does a path in our own repository help anyone here; the JSON report has it.
  const shorten = (text: string) =>
    text.replace(/\bsha256:([0-9a-f]{12})[0-9a-f]{52}\b/g, "sha256:$1…").replace(/ \(test\/[\w./-]+\)/g, "");
  for (const { fact, source } of evidence) {
    const sources = facts.get(shorten(fact)) ?? new Set();
    facts.set(shorten(fact), sources.add(shorten(source)));
  }
  return [...facts].map(([fact, sources]) => ({ fact, sources: [...sources] }));
}
