import { given } from "../model/given.ts";
import type { Report, Severity } from "../model/report.ts";
import { byteLength } from "./budget.ts";
import { cleanText, escapeJson, isInside } from "./escape.ts";
import type { FindingGroup, ReportContext } from "./view.ts";
import { count, groupFindings, hostNamer, joinNames, shortImage } from "./view.ts";

/** What SARIF needs beyond the report. */
export interface SarifOptions {
  /** Path in the repository for findings without a location of their own: SARIF results without one are refused. */
  fallbackFile: string;
  /** Rule id -> its page: Markdown and a one-line summary. Rules that are missing get their id as text. */
  ruleHelp?: ReadonlyMap<string, { summary: string; markdown: string }>;
}

/** GitHub keeps this many results of a run, worst first in our order. */
const RESULTS = 5000;
/** Bytes of all results together: GitHub takes 10 MB, compressed, and this is below it without. */
const RESULTS_SIZE = 8_000_000;
/** Hosts listed with a result beside those in its message. */
const HOSTS = 100;
const levels: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", notice: "note" };

/**
 * The report as SARIF 2.1.0 for code scanning. Ignored findings are left out: GitHub does not read suppressions and would
 * open an alert for each.
 * @returns JSON ending in a line feed; one run, whose category is the report name
 */
export function renderSarif(report: Report, context: ReportContext, options: SarifOptions): string {
  const { active, existing } = groupFindings(report.findings);
  const groups = [...active, ...existing].slice(0, RESULTS);
  const rules = [...new Set(groups.map((group) => group.rule))].sort();
  const seen = new Map<string, number>();
  const name = hostNamer(report, context.hostTitles);
  const results = groups.map((group) => ({
    ruleId: cleanText(group.rule, 60),
    ruleIndex: rules.indexOf(group.rule),
    level: levels[group.severity],
    message: { text: messageText(report, group, name) },
    locations: [location(group, options)],
    partialFingerprints: { primaryLocationLineHash: fingerprint(group, context, seen) },
    properties: {
      hosts: group.hosts.slice(0, HOSTS).map((id) => cleanText(id, 80)),
      platforms: group.platforms.map((p) => cleanText(p, 60)),
    },
  }));
  const run = {
    tool: { driver: driver(report, context, options, rules) },
    automationDetails: { id: `netfilter-compat/${cleanText(context.reportName ?? "", 100)}` },
    columnKind: "utf16CodeUnits",
    results: asManyAsFit(results),
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${escapeJson(JSON.stringify(log, null, 2))}\n`;
}

/** The worst come first. */
function asManyAsFit<T>(results: T[]): T[] {
  let left = RESULTS_SIZE;
  return results.filter((result) => {
    left -= byteLength(JSON.stringify(result, null, 2));
    return left > 0;
  });
}

function driver(report: Report, context: ReportContext, options: SarifOptions, rules: string[]) {
  return {
    name: "netfilter-compat",
    semanticVersion: cleanText(report.tool.version, 40),
    rules: rules.map((rule) => {
      const help = options.ruleHelp?.get(rule);
      const base = context.docsBase;
      return {
        id: cleanText(rule, 60),
        name: cleanText(rule, 60),
        shortDescription: { text: help?.summary ?? cleanText(rule, 60) },
        ...given({ help: help && { text: help.summary, markdown: help.markdown } }),
        ...(base?.startsWith("https://") && /^[a-z0-9-]{1,60}$/.test(rule) ? { helpUri: `${base}${rule}.md` } : {}),
        properties: { tags: ["netfilter", "compatibility"] },
      };
    }),
  };
}

/** SARIF reads `[text](target)` in messages as a link; hostile text must not make one. */
function sarifText(text: string, limit?: number): string {
  return cleanText(text, limit).replace(/\](?=\()/g, "] ");
}

function messageText(report: Report, group: FindingGroup, name: (id: string) => string): string {
  const hosts = group.hosts.slice(0, 20).map((id) => sarifText(name(id), 80));
  const left = group.hosts.length - hosts.length;
  const lines = [
    sarifText(group.message),
    `Hosts: ${joinNames(hosts)}${left > 0 ? ` and ${left} more` : ""}.`,
    ...(report.images.length > 1
      ? [
          `In ${count(group.images.length, "image")}: ${group.images.map((i) => sarifText(shortImage(i), 200)).join(", ")}.`,
        ]
      : []),
    ...(group.remedy === undefined ? [] : [`Fix: ${sarifText(group.remedy, 1200)}`]),
  ];
  return lines.join("\n");
}

function location(group: FindingGroup, options: SarifOptions) {
  const stated = group.first.location;
  const { file, line } =
    stated !== undefined && isInside(stated.file) ? stated : { file: options.fallbackFile, line: 1 };
  const uri = file
    .split("/")
    .map((segment) => encodeURIComponent(segment.toWellFormed()))
    .join("/");
  return {
    physicalLocation: { artifactLocation: { uri, uriBaseId: "%SRCROOT%" }, region: { startLine: Math.max(1, line) } },
  };
}

/**
 * Stays the same from run to run, so that an alert keeps its history: rule, program, platforms, image without tag, report
 * name. Versions and lines may change. Findings that agree in all of it are told apart by their order.
 */
function fingerprint(group: FindingGroup, context: ReportContext, seen: Map<string, number>): string {
  const images = group.images.map((image) => shortImage(image).replace(/(?<=[^/]):[^/:]*$/, "")).sort();
  const key = JSON.stringify([group.rule, group.program, [...group.platforms].sort(), images, context.reportName]);
  const nth = (seen.get(key) ?? 0) + 1;
  seen.set(key, nth);
  return `${hash64(key)}:${nth}`;
}

/** FNV-1a over UTF-8, 64 bits as 16 hex digits: an identity, not a protection. */
function hash64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
