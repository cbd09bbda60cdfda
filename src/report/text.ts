import type { Evidence } from "../model/evidence.ts";
import type { MissingFact, Report, Verdict } from "../model/report.ts";
import { verdicts } from "../model/report.ts";
import { breakCommands, plainText } from "./escape.ts";
import type { Headline } from "./headline.ts";
import { headline, leadingRemedy } from "./headline.ts";
import type { Pen, TextOptions } from "./pen.ts";
import { makePen, wrap } from "./pen.ts";
import type { FindingGroup, Matrix, MatrixRow, ReportContext } from "./view.ts";
import {
  allHosts,
  buildMatrices,
  count,
  groupFindings,
  hostNamer,
  joinNames,
  LONG_SOURCE,
  MANY_HOSTS,
  mergeEqual,
  mergeEvidence,
  shortImage,
} from "./view.ts";

/** The report for a terminal. */

type JudgedCell = MatrixRow["cells"][number] & { verdict: Verdict };

const labels: Readonly<Record<Verdict, string>> = { fail: "FAIL", unknown: "UNKNOWN", warn: "WARN", pass: "PASS" };
const verdictColors: Readonly<Record<Verdict, number>> = { fail: 31, unknown: 35, warn: 33, pass: 32 };
const severityColors = { error: 31, warning: 33, notice: 36 } as const;

/** @returns the report as text, ending in a line feed; no control character comes from the image */
export function renderText(report: Report, context: ReportContext = {}, options: TextOptions = {}): string {
  const blocks: string[] = [];
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for (const block of textBlocks(report, context, makePen(options))) {
    if (block !== "") blocks.push(block);
    left -= block.length;
    if (left < 0) break;
  }
  return `${breakCommands(blocks.join("\n\n"))}\n`;
}

/** Each when it is asked for: who has no room for it doesn't wait for it. */
function* textBlocks(report: Report, context: ReportContext, pen: Pen): Generator<string> {
  const groups = groupFindings(report.findings);
  const hostName = hostNamer(report, context.hostTitles);
  const lines = headline(report, context);
  const remedy = leadingRemedy(report, lines);
  yield textHead(lines, pen);
  for (const matrix of buildMatrices(report)) yield matrixText(matrix, hostName, pen);
  const all = allHosts(report).length;
  for (const group of groups.active)
    yield findingText(report, group, remedy, (hosts) => hostText(hosts, all, hostName), context, pen);
  yield foldedText("Fixed by this change", mergeEqual(report.fixed ?? []), pen);
  yield foldedText("Already in the base image, not counted", groups.existing, pen);
  yield foldedText("Ignored, not counted", groups.ignored, pen);
  yield listText("Notes", report.notes, pen);
}

function textHead(lines: Headline, pen: Pen): string {
  const label = pen.paint(verdictColors[lines.verdict], labels[lines.verdict]);
  const sentence = plainText(lines.sentence.replaceAll("`", ""));
  const first =
    lines.change === undefined ? `${label}  ${sentence}` : `${label}  ${plainText(lines.change)}\n${sentence}`;
  const action = plainText(lines.action.replaceAll("`", ""), 1200);
  const expired =
    lines.expired === undefined
      ? ""
      : `\n${wrap(`Counts again: ${plainText(lines.expired, 1000)}`, pen.width, "", "  ")}`;
  return `${first}\n${wrap(lines.isChange ? `Do this: ${action}` : action, pen.width, "", "         ")}${expired}`;
}

function matrixText({ image, digest, columns, rows }: Matrix, hostName: (id: string) => string, pen: Pen): string {
  const platforms = columns.map((column) => column.map((p) => plainText(p, 60)).join(", "));
  const name = `${plainText(shortImage(image), 200)}  ${plainText(digest).slice(0, 19)}  `;
  const title = wrap(`${name}${platforms.join(", ")}`, pen.width, "", "  ");
  const lines = rows.flatMap((row) => {
    const hosts = joinNames(row.hosts.map((id) => plainText(hostName(id), 80)));
    return sameCells(row.cells).map(({ cell, at }) => {
      const label = pen.paint(verdictColors[cell.verdict], (cell.asBefore ? "before" : labels[cell.verdict]).padEnd(7));
      const reason = reasonText(cell);
      const where = at.length < columns.length ? ` [${at.map((column) => platforms[column]).join(", ")}]` : "";
      return `  ${label} ${wrap(`${hosts}${where}${reason === "" ? "" : `: ${reason}`}`, pen.width, " ".repeat(10), " ".repeat(10)).trimStart()}`;
    });
  });
  return [title, ...lines].join("\n");
}

/** The cells of a row that say something, the worst first, those that say the same together with the columns of all. */
function sameCells(cells: MatrixRow["cells"]): { cell: JudgedCell; at: number[] }[] {
  const kinds = new Map<string, { cell: JudgedCell; at: number[] }>();
  for (const [column, cell] of cells.entries()) {
    if (cell.verdict === "none") continue;
    const key = JSON.stringify([cell.verdict, cell.asBefore, reasonText(cell)]);
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { cell: { ...cell, verdict: cell.verdict }, at: [column] });
    else known.at.push(column);
  }
  return [...kinds.values()].sort((a, b) => verdicts.indexOf(a.cell.verdict) - verdicts.indexOf(b.cell.verdict));
}

function reasonText({ verdict, findings, missing }: MatrixRow["cells"][number]): string {
  const rules = [...new Set(findings.map((f) => plainText(f.rule, 60)))];
  return [...rules, ...(verdict === "unknown" ? missingText(missing) : [])].join(", ");
}

function missingText(missing: MissingFact[]): string[] {
  const facts = [...new Set(missing.map((m) => plainText(m.fact, 160)))];
  return facts.length > 3
    ? [...facts.slice(0, 3).map((f) => `not known: ${f}`), `${count(facts.length - 3, "further fact")} not known`]
    : facts.map((fact) => `not known: ${fact}`);
}

function findingText(
  report: Report,
  group: FindingGroup,
  leading: string | undefined,
  nameHosts: (hosts: string[]) => string,
  context: ReportContext,
  pen: Pen,
): string {
  const label = pen.paint(severityColors[group.severity], group.severity);
  const several = report.images.reduce((sum, image) => sum + image.platforms.length, 0) > 1;
  const where = several ? `  [${group.platforms.map((p) => plainText(p, 60)).join(", ")}]` : "";
  const { location, evidence } = group.first;
  const isLeading = leading !== undefined && group.remedy === leading;
  const fields: [string, string][] = [
    ["", plainText(group.message)],
    ["fix", isLeading ? "the change named at the top" : plainText(group.remedy ?? "", 1200)],
    ["hosts", nameHosts(group.hosts)],
    ["image", report.images.length > 1 ? group.images.map((i) => plainText(shortImage(i), 200)).join(", ") : ""],
    ["with", plainText(group.program ?? "", 120)],
    ["at", location ? `${plainText(location.file, 200)}:${location.line}` : ""],
    ...evidenceLines(evidence).map((line, i): [string, string] => [i === 0 ? "known by" : " ", line]),
    ["more", `${context.docsBase ?? "docs/rules/"}${plainText(group.rule, 60)}.md`],
  ];
  const lines = fields
    .filter(([, value]) => value !== "")
    .map(([name, value]) =>
      name === ""
        ? wrap(value, pen.width, "  ", "  ")
        : `  ${pen.paint(2, name.padEnd(9))}${wrap(value, pen.width, " ".repeat(11), " ".repeat(11)).trimStart()}`,
    );
  return [`${label}  ${pen.paint(1, plainText(group.rule, 60))}${where}`, ...lines].join("\n");
}

/** The table above names them all. */
function hostText(hosts: string[], all: number, hostName: (id: string) => string): string {
  if (all >= MANY_HOSTS && hosts.length === all) return `all ${all} hosts`;
  return joinNames(hosts.map((id) => plainText(hostName(id), 80)));
}

/** Facts with their sources; a long source isn't written again on the next line. */
function evidenceLines(evidence: Evidence[]): string[] {
  const facts = mergeEvidence(evidence).slice(0, 20);
  const written = facts.map(({ sources }) => sources.map((source) => plainText(source, 300)).join(", "));
  return facts.map(({ fact }, i) => {
    const source = written[i] ?? "";
    const shown = source.length > LONG_SOURCE && source === written[i - 1] ? "as above" : source;
    return `${plainText(fact)} [${shown}]`;
  });
}

function foldedText(title: string, groups: FindingGroup[], pen: Pen): string {
  return listText(
    title,
    groups.map((group) => {
      const { ignored } = group.first;
      const until = ignored ? ` (until ${ignored.until}: ${ignored.reason})` : "";
      return `${group.severity} ${group.rule} on ${count(group.hosts.length, "host")}: ${group.message}${until}`;
    }),
    pen,
  );
}

function listText(title: string, items: string[], pen: Pen): string {
  if (items.length === 0) return "";
  return [`${title}:`, ...items.map((item) => wrap(`- ${plainText(item, 1200)}`, pen.width, "  ", "    "))].join("\n");
}
