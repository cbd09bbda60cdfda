import type { Cell, Finding, MissingFact, PlatformReport, Report, Verdict } from "../model/report.ts";
import { describeChanges, findChanges } from "./changes.ts";
import type { FindingGroup, ReportContext, Suggestion } from "./view.ts";
import { allHosts, count, groupFindings, hostNamer, shortImage, withStop } from "./view.ts";

/** The first two lines of every form: what is the case, and the one thing to do about it. Plain text with code in
 * backticks; not escaped. */
export interface Headline {
  verdict: Verdict;
  /** What differs from the base image, without stop: it leads where there is a base. */
  change?: string;
  /** One sentence. */
  sentence: string;
  /** What counts again because its `ignore` has ended, without stop. */
  expired?: string;
  /** What to do, without the words "Do this". */
  action: string;
  /** True when `action` is a change to make, false when it only says that there is none. */
  isChange: boolean;
}

export const symbols: Readonly<Record<Verdict | "none", string>> = {
  fail: "❌",
  unknown: "❓",
  warn: "⚠️",
  pass: "✅",
  none: "–",
};

/** @param report any report, also one without images, hosts or findings */
export function headline(report: Report, context: ReportContext = {}): Headline {
  const say = { fail: sayFail, unknown: sayUnknown, warn: sayWarn, pass: sayPass }[report.verdict];
  const changes = findChanges(report);
  const change = changes === undefined ? {} : { change: describeChanges(changes) };
  const lines = say(report, context);
  const expired = describeExpired(report);
  if (expired === undefined) return { verdict: report.verdict, ...change, ...lines };
  const sentence = `${lines.sentence.replace(/\.$/, "")}; an \`ignore\` has ended.`;
  return { verdict: report.verdict, ...change, ...lines, sentence, expired };
}

type Lines = Omit<Headline, "verdict" | "change" | "expired">;

/** Ended entries named before the rest is counted. */
const EXPIRED_NAMED = 3;

/** `nft-newer-writer, ignored until 2026-10-31 in config.yml:7 (tracked in #12)`: why a pull request that changed nothing turned red. */
function describeExpired(report: Report): string | undefined {
  const { active } = groupFindings(report.findings.filter((finding) => finding.expired !== undefined));
  const all = active
    .filter(({ severity }) => severity !== "notice")
    .map(({ rule, first }) => {
      const { reason = "", until, place } = first.expired ?? {};
      const where = place === undefined ? "" : ` in ${cut(place, 200)}`;
      return `${rule}, ignored until ${until}${where} (${cut(reason, 100)})`.replaceAll("`", "");
    });
  const named = [...new Set(all)];
  if (named.length === 0) return undefined;
  const left = named.length - EXPIRED_NAMED;
  return `${named.slice(0, EXPIRED_NAMED).join("; ")}${left > 0 ? ` and ${left} more` : ""}`;
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).toWellFormed()}…`;
}

function sayFail(report: Report, context: ReportContext): Lines {
  const hosts = allHosts(report);
  const name = hostNamer(report, context.hostTitles);
  const failing = hostsWith(report, (cell) => cell.verdict === "fail");
  const sentence = `${subject(report, "breaks", "break")} on ${part(failing, hosts, name)}${onPlatforms(report, "fail")}.`;
  return { sentence, ...change(report, "error") };
}

function sayWarn(report: Report, context: ReportContext): Lines {
  const hosts = allHosts(report);
  const name = hostNamer(report, context.hostTitles);
  const asBefore = hostsWith(report, (cell) => hasExistingError(report, cell));
  if (asBefore > 0) return sayAsBefore(report, asBefore, hosts, name);
  const warned = hostsWith(report, (cell) => cell.verdict === "warn");
  const where = `${subject(report, "may break")} on ${part(warned, hosts, name)}${onPlatforms(report, "warn")}`;
  const { active, existing } = groupFindings(report.findings);
  if (existing.length > 0 && !active.some(({ severity }) => severity === "warning"))
    return {
      sentence: `${where} as before this change; nothing new does.`,
      action: "Nothing to do for this change.",
      isChange: false,
    };
  const sentence = `${where}; no break is certain.`;
  return { sentence, ...change(report, "warning") };
}

/** Errors, but none that the base image doesn't have too. */
function sayAsBefore(report: Report, broken: number, hosts: readonly string[], name: (id: string) => string): Lines {
  const broke = subject(report, "breaks", "break");
  const sentence = `${broke} on ${part(broken, hosts, name)} as before this change; nothing new breaks.`;
  const [group] = groupFindings(report.findings).existing.filter((entry) => entry.severity === "error");
  const remedy = group?.remedy === undefined ? "" : ` To repair what broke before: ${withStop(group.remedy)}`;
  return { sentence, action: `Nothing to do for this change.${remedy}`, isChange: false };
}

function hasExistingError(report: Report, cell: { findings: readonly number[] }): boolean {
  return cell.findings.some((index) => {
    const finding = report.findings[index];
    return finding?.severity === "error" && finding.existing === true && finding.ignored === undefined;
  });
}

function sayPass(report: Report, context: ReportContext): Lines {
  const hosts = allHosts(report);
  const all = sameHosts(report)
    ? part(hosts.length, hosts, hostNamer(report, context.hostTitles))
    : "all hosts that each was checked on";
  const { existing, ignored } = groupFindings(report.findings);
  const folded = [
    existing.length > 0 ? `${count(existing.length, "finding")} that the base image already has` : "",
    ignored.length > 0 ? count(ignored.length, "ignored finding") : "",
  ].filter((text) => text !== "");
  const action =
    folded.length === 0 ? "Nothing to do." : `Nothing to do for this change. Not counted: ${folded.join(", ")}.`;
  return { sentence: `${subject(report, "works", "work")} on ${all}.`, action, isChange: false };
}

function sayUnknown(report: Report, context: ReportContext): Lines {
  const hosts = allHosts(report);
  const config = context.configFile ?? ".github/netfilter-compat.yml";
  if (hosts.length === 0)
    return {
      sentence: "No host was checked, so nothing is known.",
      action: "Name at least one host in the input `hosts`, of an architecture that the image is for.",
      isChange: true,
    };
  const isBare = (platform: PlatformReport) => platform.toolchain.tools.length === 0;
  if (report.images.length > 0 && platforms(report).every(isBare))
    return {
      sentence: `${subject(report, "holds", "hold")} no netfilter tool, so there is nothing to judge.`,
      ...stateNoTool(report, config),
    };
  const name = hostNamer(report, context.hostTitles);
  const open = hostsWith(report, (cell) => cell.verdict === "unknown");
  if (open === 0)
    return {
      sentence: `No host was checked for ${subject(report, "")}, so nothing is known.`,
      action: "Name a host of its architecture in the input `hosts`, or leave the image out.",
      isChange: true,
    };
  const sentence = `Whether ${lowerFirst(subject(report, "works", "work"))} can't be told for ${part(open, hosts, name)}${onPlatforms(report, "unknown")}.`;
  const unknown = platforms(report).filter(({ cells }) => cells.some(({ verdict }) => verdict === "unknown"));
  return { sentence, ...(unknown.every(isBare) ? stateNoTool(report, config) : stateFact(report, context, config)) };
}

/** What to do about images without any tool. */
function stateNoTool(report: Report, config: string): Pick<Lines, "action" | "isChange"> {
  return {
    action: `An image that never touches netfilter needs no check: leave it out. If its program speaks netlink itself or runs the host's tools, say so under \`images\` in \`${config}\`${asIn(report)}; otherwise install the tools.`,
    isChange: true,
  };
}

/** The line that states the first missing fact of the images, as an example. */
function asIn(report: Report): string {
  const missing = platforms(report).flatMap(({ cells }) => cells.flatMap((cell) => cell.missing));
  const entry = missing.find(({ state }) => state?.under === "images")?.state?.entry;
  return entry === undefined ? "" : `, as in \`- ${entry.replaceAll("`", "")}\``;
}

/** The missing fact that keeps most cells open, and the line of the config that states it. */
function stateFact(report: Report, context: ReportContext, config: string): Pick<Lines, "action" | "isChange"> {
  const facts = new Map<string, { missing: MissingFact; hosts: string[] }>();
  for (const cell of platforms(report).flatMap((platform) => platform.cells))
    for (const missing of uniqueFacts(cell.missing)) {
      const known = facts.get(missing.fact);
      if (known === undefined) facts.set(missing.fact, { missing, hosts: [cell.host] });
      else known.hosts.push(cell.host);
    }
  // Of facts that keep as many cells open the one that can be stated.
  const [first] = [...facts.values()].sort(
    (a, b) =>
      b.hosts.length - a.hosts.length || Number(b.missing.state !== undefined) - Number(a.missing.state !== undefined),
  );
  if (first === undefined) return { action: "Read the notes below.", isChange: true };
  const name = hostNamer(report, context.hostTitles);
  const unique = [...new Set(first.hosts)];
  const where = unique.length === 1 ? name(unique[0] ?? "") : count(unique.length, "host");
  const { fact, state } = first.missing;
  // One entry states all that is missing of a host, a program or an image.
  const together = [...facts.values()].filter(
    ({ missing }) => state !== undefined && missing.state?.entry === state.entry,
  );
  const rest = facts.size - Math.max(together.length, 1);
  const further = rest > 0 ? ` ${count(rest, "further fact")} below.` : "";
  if (state === undefined)
    return {
      action: `Not known for ${where}: ${fact}; no field of \`${config}\` states it.${further}`,
      isChange: false,
    };
  const how = `as in \`- ${state.entry.replaceAll("`", "")}\` under \`${state.under}\``;
  const more = together.length > 1 ? ` and ${count(together.length - 1, "further fact")}` : "";
  return { action: `In \`${config}\`, add for ${where}: ${fact}${more}, ${how}.${further}`, isChange: true };
}

function uniqueFacts(missing: readonly MissingFact[]): MissingFact[] {
  const byFact = new Map<string, MissingFact>();
  for (const one of missing) if (!byFact.has(one.fact)) byFact.set(one.fact, one);
  return [...byFact.values()];
}

/** The remedy that the headline names as the change to make; undefined where it names none. */
export function leadingRemedy(report: Report, { isChange }: Headline): string | undefined {
  return isChange ? rankRemedies(leadingGroups(report))[0]?.[0] : undefined;
}

/** The change to one line that the headline's remedy comes down to. */
export function leadingSuggestion(report: Report): Suggestion | undefined {
  const groups = leadingGroups(report);
  const [remedy] = rankRemedies(groups)[0] ?? [];
  return groups.find((group) => group.remedy === remedy && group.first.suggestion !== undefined)?.first.suggestion;
}

/** What the headline is about. */
function leadingGroups(report: Report): FindingGroup[] {
  const severity = { fail: "error", warn: "warning", unknown: undefined, pass: undefined } as const;
  return groupFindings(report.findings).active.filter((group) => group.severity === severity[report.verdict]);
}

/** Remedies with the number of cells that each would help, most first. */
function rankRemedies(groups: readonly FindingGroup[]): [string, number][] {
  const byRemedy = new Map<string, number>();
  for (const group of groups)
    if (group.remedy !== undefined) byRemedy.set(group.remedy, (byRemedy.get(group.remedy) ?? 0) + group.cells);
  return [...byRemedy].sort((a, b) => b[1] - a[1]);
}

/** The remedy that concerns most cells of the given severity; where none is known, the rule to read about. */
function change(report: Report, severity: Finding["severity"]): Pick<Lines, "action" | "isChange"> {
  const groups = groupFindings(report.findings).active.filter((group) => group.severity === severity);
  const remedies = rankRemedies(groups);
  const [remedy] = remedies[0] ?? [];
  if (remedy === undefined) return { action: readAbout(groups[0]), isChange: true };
  const others = remedies.length - 1;
  const further = others > 0 ? ` ${count(others, "further change")} below.` : "";
  return { action: `${withStop(remedy)}${further}`, isChange: true };
}

function readAbout(group: FindingGroup | undefined): string {
  return group === undefined
    ? "Read the notes below."
    : `Read what \`${group.rule}\` says below: ${withStop(group.message)}`;
}

function platforms(report: Report) {
  return report.images.flatMap((image) => image.platforms);
}

/** How many hosts have such a cell. */
function hostsWith(report: Report, isMeant: (cell: Cell) => boolean): number {
  const hosts = new Set<string>();
  for (const { cells } of platforms(report)) for (const cell of cells) if (isMeant(cell)) hosts.add(cell.host);
  return hosts.size;
}

/** ` (linux/arm64 only)` when some platforms have that verdict and others don't. */
function onPlatforms(report: Report, verdict: Verdict): string {
  const all = new Set(platforms(report).map((p) => p.platform));
  const hit = new Set(
    platforms(report)
      .filter((p) => p.cells.some((c) => c.verdict === verdict))
      .map((p) => p.platform),
  );
  return hit.size < all.size && hit.size > 0 ? ` (${[...hit].join(", ")} only)` : "";
}

/** False where one image was checked on hosts that another was not. */
function sameHosts({ images }: Report): boolean {
  const [first = "", ...others] = images.map((image) =>
    JSON.stringify([...new Set(image.platforms.flatMap(({ cells }) => cells.map(({ host }) => host)))].sort()),
  );
  return others.every((other) => other === first);
}

function part(n: number, hosts: readonly string[], name: (id: string) => string): string {
  const [only, ...others] = hosts;
  if (only !== undefined && others.length === 0) return cut(name(only), 80).replaceAll("`", "");
  return n === hosts.length ? `all ${n} hosts` : `${n} of ${hosts.length} hosts`;
}

/** `IMAGE breaks`, `2 of 3 images break`: what the verdict is about, with its verb. */
function subject(report: Report, one: string, several = one): string {
  const [only, ...others] = report.images;
  if (only === undefined) return `The image ${one}`;
  const affected = report.images.filter((image) => {
    const cells = image.platforms.flatMap((platform) => platform.cells);
    return cells.length === 0 ? report.verdict === "unknown" : cells.some(({ verdict }) => verdict === report.verdict);
  });
  const named = others.length === 0 ? only : affected.length === 1 ? affected[0] : undefined;
  if (named !== undefined) return `\`${cut(shortImage(named.reference), 150).replaceAll("`", "")}\` ${one}`.trimEnd();
  const all = report.images.length;
  return `${affected.length === all ? (all === 2 ? "Both" : `All ${all}`) : `${affected.length} of ${all}`} images ${several}`.trimEnd();
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
