import type { Cell, Finding, Report, Verdict } from "../model/report.ts";
import { severities, verdicts } from "../model/report.ts";
import type { Tool } from "../model/toolchain.ts";
import { htmlText, isInside, markdownCell, markdownCode, markdownSource, markdownText } from "./escape.ts";
import type { Headline } from "./headline.ts";
import { headline, leadingRemedy, symbols } from "./headline.ts";
import type { FindingGroup, Matrix, MatrixRow, ReportContext, RowCell } from "./view.ts";
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
  splitMessage,
  withStop,
} from "./view.ts";

/**
 * The report as GitHub Markdown: body of the pull-request comment and of the job summary. Two lines that say what to do, a
 * small table, everything else folded.
 */

/** How much of the report is written. {@link ./budget.ts} lowers it until the text fits. */
export interface Detail {
  /** Findings of these severities carry their evidence. */
  evidence: "all" | "errors" | "none";
  /** The tools found, and the names of all hosts where they were only counted. */
  toolchain: boolean;
  /** Existing and ignored findings and notices, listed; else only counted. */
  folded: boolean;
  /** Findings written out; further ones are counted. */
  findings: number;
  /** Table rows for each image. */
  rows: number;
  /** Images with a table. */
  images: number;
  /** What the reader is told was left out. */
  cut: string[];
}

export const fullDetail: Detail = {
  evidence: "all",
  toolchain: true,
  folded: true,
  findings: Number.POSITIVE_INFINITY,
  rows: Number.POSITIVE_INFINITY,
  images: Number.POSITIVE_INFINITY,
  cut: [],
};

const words: Readonly<Record<Verdict | "none", string>> = {
  none: "not judged",
  fail: "breaks",
  unknown: "unknown",
  warn: "may break",
  pass: "works",
};
const severitySymbols = { error: "❌", warning: "⚠️", notice: "ℹ️" } as const;

/** Hosts named in a table row before the rest is counted. */
const HOSTS_IN_ROW = 8;
/** The same when there is only one row. */
const HOSTS_IN_ONLY_ROW = 20;
/** Platforms side by side, as far as a phone is wide. */
const COLUMNS = 4;
/** Characters of a line of code, likewise. */
const COLUMNS_OF_CODE = 40;
/** Rules named in a table cell. */
const RULES_IN_CELL = 3;
/** Hosts named in one finding. */
const HOSTS_IN_FINDING = 60;
/** Hosts named in the list of all. */
const HOSTS_NAMED = 300;
/** Notes shown, and shown where the report is cut. */
const NOTES = 50;
export const FEW_NOTES = 5;
/** Facts shown as evidence of one finding, and as missing in a table cell. */
const FACTS = 20;
const FACTS_IN_CELL = 2;

/** A report as it is about to be drawn: worked out once, however often it is drawn until it fits. */
export interface Drawing {
  report: Report;
  context: ReportContext;
  headline: Headline;
  /** What the second line says to do; it is not said again. */
  remedy: string | undefined;
  hostName: (id: string) => string;
  /** Hosts of the whole report, and how many platforms it has. */
  hosts: string[];
  platforms: number;
  /** Those with a row. */
  matrices: Matrix[];
  groups: Record<"listed" | "notices" | "fixed" | "existing" | "ignored", FindingGroup[]>;
  /** Facts that keep cells open, with who needs them where. */
  facts: Map<string, { rules: Set<string>; hosts: Set<string> }>;
  tools: Map<string, { tool: Tool; places: Set<string> }>;
  /** Platforms of all images, each image's own. */
  places: number;
}

/** @param context titles of hosts, addresses for links */
export function prepareDrawing(report: Report, context: ReportContext = {}): Drawing {
  const { active, existing, ignored } = groupFindings(report.findings);
  const lines = headline(report, context);
  return {
    report,
    context,
    headline: lines,
    remedy: leadingRemedy(report, lines),
    hostName: hostNamer(report, context.hostTitles),
    hosts: allHosts(report),
    platforms: new Set(report.images.flatMap((image) => image.platforms.map(({ platform }) => platform))).size,
    matrices: buildMatrices(report).filter((matrix) => matrix.rows.length > 0),
    groups: {
      listed: active.filter((group) => group.severity !== "notice"),
      notices: active.filter((group) => group.severity === "notice"),
      fixed: mergeEqual(report.fixed ?? []),
      existing,
      ignored,
    },
    facts: collectFacts(openCells(report)),
    tools: collectTools(report),
    places: report.images.reduce((sum, image) => sum + image.platforms.length, 0),
  };
}

/** @returns Markdown without marker, ending in a line feed; no part of it that came from the report is unescaped */
export function renderMarkdown(report: Report, context: ReportContext = {}): string {
  return drawMarkdown(prepareDrawing(report, context), fullDetail) ?? "";
}

/**
 * The same in some detail.
 * @param limit UTF-8 bytes that there is room for. Writing ends where it is clear that they don't suffice: a report may say
 *   a thousand times more than has room, and it may be made to
 * @returns undefined where writing ended; what is returned may still be longer than the limit
 */
export function drawMarkdown(drawing: Drawing, detail: Detail, limit = Number.POSITIVE_INFINITY): string | undefined {
  const writer: Writer = { ...drawing, detail, linked: new Set(), unnamed: false, left: limit };
  const { listed, notices, fixed, existing, ignored } = drawing.groups;
  const parts: ((writer: Writer) => string | string[])[] = [
    head,
    suggestion,
    matrices,
    () => findingList(writer, listed),
    missingFacts,
    () => foldedGroups(writer, "Worth knowing", notices),
    () => foldedGroups(writer, "Fixed by this change", fixed),
    () => foldedGroups(writer, "Already in the base image, not counted", existing),
    () => foldedGroups(writer, "Ignored, not counted", ignored),
    toolList,
    hostNames,
    notes,
    footer,
    linkTargets,
  ];
  const blocks: string[] = [];
  for (const part of parts) {
    blocks.push(...[part(writer)].flat());
    if (writer.left < 0) return undefined;
  }
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

interface Writer extends Drawing {
  detail: Detail;
  /** Rules that the text links to. */
  linked: Set<string>;
  /** Hosts were counted that are not named. */
  unnamed: boolean;
  /** Bytes that may still be written, or a few more: UTF-16 code units, of which no text has more than bytes. */
  left: number;
}

/** Writes items as long as there is room; what comes after that will not be shown in any case. */
function writeAll<T>(writer: Writer, items: readonly T[], write: (item: T, index: number) => string): string[] {
  const written: string[] = [];
  for (const [index, item] of items.entries()) {
    if (writer.left < 0) break;
    const text = write(item, index);
    writer.left -= text.length;
    written.push(text);
  }
  return written;
}

function head({ context, headline: lines }: Writer): string {
  const name = context.reportName ? ` · ${markdownText(context.reportName, 100)}` : "";
  const action = markdownText(lines.action, 1200);
  const title = lines.change ?? lines.sentence.replace(/\.$/, "");
  const heading = withArrows(markdownText(title));
  const first = `### ${symbols[lines.verdict]} ${heading}${name}\n${lines.isChange ? `**Do this:** ${action}` : action}`;
  const fixed = context.fixedBy === undefined ? "" : `**Fixed:** ${withArrows(markdownText(`${context.fixedBy}.`))}`;
  const sentence = lines.change === undefined ? "" : markdownText(lines.sentence);
  const expired =
    lines.expired === undefined
      ? ""
      : `**Counts again:** ${markdownText(lines.expired, 1000)}. Fix it, or give the entry a later day.`;
  return [first, expired, sentence, fixed].filter((block) => block !== "").join("\n\n");
}

/** Without a `<` before it the arrow's head means nothing, and mails show the source. */
function withArrows(markdown: string): string {
  return markdown.replaceAll(" -&gt; ", " -> ");
}

/** GitHub draws it as the changed line. It must be one line that can't end its block. */
function suggestion(writer: Writer): string {
  const wanted = writer.context.suggestion;
  if (wanted === undefined || !/^[ \t]*FROM [\w./:@=$ {}-]{1,300}$/i.test(wanted.text)) return "";
  return `In ${locationLink(writer, wanted)}:\n\n\`\`\`suggestion\n${wanted.text}\n\`\`\``;
}

function matrices(writer: Writer): string[] {
  const all = writer.matrices;
  const shown = all.slice(0, writer.detail.images);
  const blocks: string[] = [];
  for (const matrix of shown) {
    if (writer.left < 0) break;
    if (all.length > 1) blocks.push(imageTitle(matrix));
    blocks.push(matrixTable(writer, matrix));
  }
  if (shown.length < all.length) blocks.push(`… and ${count(all.length - shown.length, "further image")}.`);
  return blocks;
}

/** The image, and its platform where no table head and no line below the table names it. */
function imageTitle({ image, columns }: Matrix): string {
  const [platform, ...others] = columns.flat();
  const only = platform === undefined || others.length > 0 ? "" : ` · ${platformTitle(platform)}`;
  return `**${markdownCode(shortImage(image), 200)}**${only}`;
}

/** Result and hosts, the reason below the hosts: three columns of text would not fit a phone. */
function matrixTable(writer: Writer, matrix: Matrix): string {
  const several = matrix.columns.length > 1;
  const side = several && matrix.columns.length <= COLUMNS;
  const shown = matrix.rows.slice(0, writer.detail.rows);
  const named = matrix.rows.length === 1 ? HOSTS_IN_ONLY_ROW : HOSTS_IN_ROW;
  const titles = side ? matrix.columns.map((platforms) => platforms.map(shortPlatform).join("<br>")) : ["Result"];
  const lines = writeAll(writer, shown, (row) => {
    const single = several ? [platformResults(matrix, row)] : row.cells.map(resultCell);
    const cells = side ? row.cells.map((cell) => symbols[cell.verdict]) : single;
    const reason = rowReason(writer, row);
    return tableRow([
      ...cells,
      `${hostList(writer, row.hosts, named, markdownCell)}${reason === "" ? "" : `<br>${reason}`}`,
    ]);
  });
  const left = matrix.rows.slice(shown.length).reduce((sum, row) => sum + row.hosts.length, 0);
  const rest = left > 0 ? `\n\n… and ${count(left, "further host")}, none of them worse.` : "";
  const [only] = matrix.columns;
  const agreed = !several && only && only.length > 1 ? `\n\nThe same on ${only.map(platformTitle).join(", ")}.` : "";
  const isSomeNone = shown.some(({ cells }) => cells.some(({ verdict }) => verdict === "none"));
  const none = isSomeNone ? `\n\n${symbols.none} not judged: the host does not run that platform.` : "";
  const head = [tableRow([...titles, "Hosts"]), tableRow([...titles.map(() => (side ? ":---:" : ":---")), ":---"])];
  return [...head, ...lines].join("\n") + none + rest + agreed;
}

/** More platforms than fit side by side on a phone: one line for each result. */
function platformResults(matrix: Matrix, row: MatrixRow): string {
  return ([...verdicts, "none"] as const)
    .flatMap((verdict) => {
      const platforms = matrix.columns.flatMap((column, i) => (row.cells[i]?.verdict === verdict ? column : []));
      return platforms.length === 0 ? [] : [`${symbols[verdict]} ${platforms.map(shortPlatform).join(", ")}`];
    })
    .join("<br>");
}

function platformTitle(platform: string): string {
  return markdownText(platform, 60);
}

/** In a table the system goes without saying where it is Linux. */
function shortPlatform(platform: string): string {
  return markdownCell(platform.replace(/^linux\//, ""), 24, 8);
}

function tableRow(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function resultCell(cell: RowCell): string {
  const word = cell.asBefore ? "as before" : words[cell.verdict];
  return `${symbols[cell.verdict]}&nbsp;${word.replace(" ", "&nbsp;")}`;
}

function hostList(writer: Writer, hosts: string[], limit: number, write = markdownText): string {
  if (writer.hosts.length >= MANY_HOSTS && hosts.length === writer.hosts.length) {
    writer.unnamed = true;
    return `all ${hosts.length} hosts`;
  }
  const named = hosts
    .slice(0, hosts.length === limit + 1 ? limit + 1 : limit)
    .map((id) => write(writer.hostName(id), 80));
  const left = hosts.length - named.length;
  if (left > 0) writer.unnamed = true;
  return left > 0 ? `${joinNames(named)} and ${left} more` : joinNames(named);
}

/** The names that were counted above. */
function hostNames(writer: Writer): string {
  if (!writer.unnamed || !writer.detail.toolchain) return "";
  const named = writeAll(writer, writer.hosts.slice(0, HOSTS_NAMED), (id) => markdownText(writer.hostName(id), 80));
  const left = writer.hosts.length - named.length;
  return fold(`All ${count(writer.hosts.length, "host")}`, `${joinNames(named)}${left > 0 ? ` and ${left} more` : ""}`);
}

/** Rules of the cells, worst first; for cells that can't be judged, the facts that would decide. */
function rowReason(writer: Writer, row: MatrixRow): string {
  const findings = row.cells.flatMap((cell) => cell.findings);
  findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const rules = [...new Set(findings.map((finding) => finding.rule))];
  const facts = [
    ...new Set(row.cells.filter((c) => c.verdict === "unknown").flatMap((c) => c.missing.map((m) => m.fact))),
  ];
  const unknown = [
    ...facts.slice(0, FACTS_IN_CELL).map((fact) => markdownCell(fact, 160)),
    ...(facts.length > FACTS_IN_CELL ? [count(facts.length - FACTS_IN_CELL, "further fact")] : []),
  ];
  return [
    ...rules.slice(0, RULES_IN_CELL).map((rule) => ruleLink(writer, rule)),
    ...(rules.length > RULES_IN_CELL ? [`${rules.length - RULES_IN_CELL} more`] : []),
    ...(unknown.length > 0 ? [`not known: ${unknown.join("; ")}`] : []),
  ].join(", ");
}

/** A reference; the addresses follow once, at the end. */
function ruleLink({ linked }: Writer, rule: string): string {
  if (!isRuleId(rule)) return markdownCode(rule, 60);
  linked.add(rule);
  return `[${rule}]`;
}

/** Only a rule's id may become part of an address. */
function isRuleId(rule: string): boolean {
  return /^[a-z0-9-]{1,60}$/.test(rule);
}

function linkTargets({ context, linked }: Writer): string {
  return [...linked].map((rule) => `[${rule}]: ${context.docsBase ?? "docs/rules/"}${rule}.md`).join("\n");
}

function findingList(writer: Writer, groups: FindingGroup[]): string {
  const shown = groups.slice(0, writer.detail.findings);
  const blocks = writeAll(writer, shown, (group) => findingBlock(writer, group));
  const left = groups.length - shown.length;
  if (left > 0)
    blocks.push(
      shown.length > 0 ? `… and ${count(left, "further finding")}.` : `${count(left, "finding")}, not listed here.`,
    );
  return blocks.join("\n\n");
}

function findingBlock(writer: Writer, group: FindingGroup): string {
  const { head, rest } = splitMessage(group.message);
  const summary = `${severitySymbols[group.severity]} <b>${htmlText(group.rule, 60)}</b>: ${htmlText(head)}`;
  const { evidence } = writer.detail;
  const withEvidence = evidence === "all" || (evidence === "errors" && group.severity === "error");
  const body = [findingFacts(writer, group, rest), withEvidence ? evidenceList(group) : ""].filter(
    (text) => text !== "",
  );
  return fold(summary, body.join("\n\n"));
}

function fold(summary: string, body: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function findingFacts(writer: Writer, group: FindingGroup, rest: string): string {
  const lines: string[] = [];
  if (rest !== "") lines.push(`**More:** ${markdownText(rest)}`);
  if (group.remedy !== undefined) {
    const isLeading = group.remedy === writer.remedy;
    lines.push(`**Fix:** ${isLeading ? "the change named at the top" : markdownText(group.remedy, 1200)}`);
  }
  lines.push(`**Hosts:** ${hostList(writer, group.hosts, HOSTS_IN_FINDING)}`);
  if (writer.platforms > 1) lines.push(`**Platforms:** ${group.platforms.map(platformTitle).join(", ")}`);
  if (writer.report.images.length > 1)
    lines.push(`**Images:** ${group.images.map((i) => markdownCode(shortImage(i), 200)).join(", ")}`);
  if (group.program !== undefined) lines.push(`**Together with:** ${markdownText(group.program, 120)}`);
  const { location, ignored, expired } = group.first;
  if (location) lines.push(`**Brought in at:** ${locationLink(writer, location)}`);
  if (ignored) lines.push(`**Ignored until ${markdownText(ignored.until, 40)}:** ${markdownText(ignored.reason)}`);
  if (expired) lines.push(`**Ignored until ${markdownText(expired.until, 40)}, no longer:** ${expiredReason(expired)}`);
  if (isRuleId(group.rule)) {
    writer.linked.add(group.rule);
    lines.push(`[What it means, and how to fix or ignore it][${group.rule}]`);
  }
  return lines.map((line) => `- ${line}`).join("\n");
}

function expiredReason({ reason, place }: NonNullable<Finding["expired"]>): string {
  return `${markdownText(reason)}${place === undefined ? "" : ` (${markdownCode(place, 200)})`}`;
}

function locationLink({ context }: Writer, location: { file: string; line: number }): string {
  const text = markdownCode(`${location.file}:${location.line}`, 200);
  if (context.sourceBase === undefined || !isInside(location.file)) return text;
  const path = location.file.split("/").map(encodePath).join("/");
  return `[${text}](${context.sourceBase}${path}#L${location.line})`;
}

function encodePath(segment: string): string {
  // encodeURIComponent leaves parentheses, which would end a Markdown link, and throws on lone surrogates.
  return encodeURIComponent(segment.toWellFormed()).replace(/[()!'*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

function evidenceList({ first: { evidence } }: FindingGroup): string {
  const facts = mergeEvidence(evidence);
  if (facts.length === 0) return "";
  const written = facts.slice(0, FACTS).map(({ sources }) => sources.slice(0, FACTS).map(markdownSource).join(", "));
  const items = facts.slice(0, FACTS).map(({ fact }, i) => {
    const source = written[i] ?? "";
    const shown = source.length > LONG_SOURCE && source === written[i - 1] ? "as above" : source;
    return `- ${markdownText(fact)}${shown === "" ? "" : `<br><sub>${shown}</sub>`}`;
  });
  if (facts.length > FACTS) items.push(`- … and ${count(facts.length - FACTS, "further fact")}`);
  return `How we know:\n\n${items.join("\n")}`;
}

function openCells(report: Report): Cell[] {
  return report.images.flatMap((image) => image.platforms.flatMap((platform) => platform.cells)).filter(isOpen);
}

function collectFacts(open: readonly Cell[]): Drawing["facts"] {
  const facts: Drawing["facts"] = new Map();
  for (const cell of open)
    for (const { fact, rule } of cell.missing) {
      const entry = facts.get(fact) ?? { rules: new Set(), hosts: new Set() };
      facts.set(fact, entry);
      entry.rules.add(rule);
      entry.hosts.add(cell.host);
    }
  return facts;
}

/** Facts that keep cells open, with the hosts to state them for. */
function missingFacts(writer: Writer): string {
  const { facts } = writer;
  if (facts.size === 0) return "";
  const shown = [...facts].slice(0, writer.detail.findings);
  const items = writeAll(writer, shown, ([fact, { rules, hosts }]) => {
    const links = [...rules].map((rule) => ruleLink(writer, rule)).join(", ");
    return `- ${markdownText(fact)}, needed by ${links}, on ${hostList(writer, [...hosts], HOSTS_IN_FINDING)}`;
  });
  if (writer.left < 0) return "";
  if (shown.length < facts.size) items.push(`- … and ${count(facts.size - shown.length, "further fact")}`);
  return fold(
    `❓ <b>${count(facts.size, "fact")} not known</b>, ${facts.size === 1 ? "which" : "each of which"} could mean a break`,
    `${items.join("\n")}\n\n${statements(writer, openCells(writer.report))}`,
  );
}

function isOpen({ verdict, missing }: Cell): boolean {
  return verdict === "unknown" && missing.length > 0;
}

/** What states all of it in the config: a block to copy. */
function statements(writer: Writer, cells: readonly Cell[]): string {
  const config = markdownCode(writer.context.configFile ?? ".github/netfilter-compat.yml");
  const { docsBase = "docs/rules/" } = writer.context;
  const how = `([how](${docsBase.replace(/rules\/$/, "configuration.md")}))`;
  const entries = new Map<string, Set<string>>();
  for (const { state } of cells.flatMap(({ missing }) => missing)) {
    if (state === undefined || !plainEntry.test(state.entry)) continue;
    const list = entries.get(state.under) ?? new Set();
    entries.set(state.under, list.add(state.entry));
  }
  if (entries.size === 0) return `A fact that you know can be stated in ${config} ${how}.`;
  const lines = [...entries].flatMap(([under, list]) => {
    const shown = [...list].slice(0, writer.detail.findings);
    const rest = list.size - shown.length;
    return [
      `${under}:`,
      ...writeAll(writer, shown, (entry) => entryLines(entry).join("\n")),
      ...(rest > 0 ? [`  # and ${count(rest, "further one")} of this form`] : []),
    ];
  });
  return `What you know can be stated in ${config} ${how}; the values here are examples:\n\n\`\`\`yaml\n${lines.join("\n")}\n\`\`\``;
}

/** One entry of a list, on as many lines as a phone's width asks for; no text in it holds a comma. */
function entryLines(entry: string): string[] {
  const lines: string[] = [];
  for (const part of entry.split(/(?<=,) /)) {
    const joined = `${lines.at(-1)} ${part}`;
    if (lines.length > 0 && joined.length <= COLUMNS_OF_CODE) lines[lines.length - 1] = joined;
    else lines.push(lines.length === 0 ? `  - ${part}` : `     ${part}`);
  }
  return lines;
}

/** An entry as the engine writes it. A report that was read from a file could hold any text; such stays out of the block. */
const plainEntry = /^\{[\w .@+~*?#:/",{}-]+\}$/;

function foldedGroups(writer: Writer, title: string, groups: FindingGroup[]): string {
  if (groups.length === 0) return "";
  if (!writer.detail.folded) return `${title}: ${count(groups.length, "finding")}.`;
  const shown = groups.slice(0, writer.detail.findings);
  const items = writeAll(writer, shown, (group) => {
    const { ignored } = group.first;
    const until = ignored ? ` Until ${markdownText(ignored.until, 40)}: ${markdownText(ignored.reason)}` : "";
    const symbol = severitySymbols[group.severity];
    return `- ${symbol} ${ruleLink(writer, group.rule)}: ${markdownText(withStop(group.message))} On ${hostList(writer, group.hosts, HOSTS_IN_ROW)}.${until}`;
  });
  if (shown.length < groups.length) items.push(`- … and ${count(groups.length - shown.length, "further finding")}`);
  return fold(`${title}: <b>${groups.length}</b>`, items.join("\n"));
}

/** A list, not a table: five columns would not fit a phone. */
function toolList(writer: Writer): string {
  if (!writer.detail.toolchain) return "";
  const items = writeAll(writer, [...writer.tools.values()], ({ tool, places }) => {
    const where =
      places.size < writer.places ? ` on ${[...places].map((place) => markdownText(place, 120)).join(", ")}` : "";
    return `- ${describeTool(tool)}${where}`;
  });
  return items.length === 0 ? "" : fold("What is in the image", items.join("\n"));
}

/** Each tool once, with the platforms that have it, named after their image where there are several. */
function collectTools({ images }: Report): Drawing["tools"] {
  const tools: Drawing["tools"] = new Map();
  for (const image of images)
    for (const { platform, toolchain } of image.platforms)
      for (const tool of toolchain.tools) {
        const { name, version, backend, path, package: record } = tool;
        const key = JSON.stringify([name, version, backend, path, record?.name, record?.version]);
        const entry = tools.get(key) ?? { tool, places: new Set() };
        tools.set(key, entry);
        entry.places.add(images.length > 1 ? `${shortImage(image.reference)} ${platform}` : platform);
      }
  return tools;
}

function describeTool(tool: Tool): string {
  const version = tool.version === null ? ", version not known" : ` ${markdownText(tool.version, 40)}`;
  const backend = tool.backend === undefined ? "" : ` (${tool.backend})`;
  const record = tool.package
    ? `package ${markdownText(`${tool.package.name} ${tool.package.version}`, 120)}`
    : "no package record";
  return `${markdownText(tool.name, 40)}${version}${backend}: ${markdownCode(tool.path, 200)}, ${record}`;
}

function notes({ report, detail }: Writer): string {
  if (report.notes.length === 0) return "";
  const shown = report.notes.slice(0, detail.folded ? NOTES : FEW_NOTES);
  const items = shown.map((note) => `- ${markdownText(note)}`);
  if (shown.length < report.notes.length)
    items.push(`- … and ${count(report.notes.length - shown.length, "further note")}`);
  return fold(`Notes on this run: <b>${report.notes.length}</b>`, items.join("\n"));
}

function footer({ report, context, detail }: Writer): string {
  const lines: string[] = [];
  if (detail.cut.length > 0) lines.push(`Cut to fit: ${detail.cut.join("; ")}. The whole report: ${whole(context)}.`);
  const tool = markdownText(`${report.tool.name} ${report.tool.version}`, 80);
  lines.push(`<sub>${tool}${context.runUrl === undefined ? "" : ` · [run](${context.runUrl})`}</sub>`);
  return lines.join("\n\n");
}

function whole(context: ReportContext): string {
  const places = [
    context.runUrl === undefined ? "the job summary" : `the [job summary](${context.runUrl})`,
    ...(context.reportFile === undefined ? [] : [`the JSON report ${markdownCode(context.reportFile, 200)}`]),
  ];
  return places.join(" or ");
}
