import { given } from "../model/given.ts";
import { globMatches } from "../model/glob.ts";
import type { Cell, Finding, ImageReport, PlatformReport, Report, UnjudgedHost } from "../model/report.ts";
import { summarize, verdictOf } from "../model/report.ts";
import { didYouMean } from "../model/suggest.ts";
import type { Toolchain } from "../model/toolchain.ts";
import { unjudgedNotes } from "../model/unjudged.ts";
import { describeAge } from "./age.ts";
import type { RawCell } from "./engine.ts";
import { applyPolicy, type JudgedFinding, type Policy } from "./policy.ts";
import { keepAfterPolicy } from "./precedence.ts";
import type { RawFinding } from "./types.ts";

/** One platform with what the engine said of it, and what it said of the base image's same platform. */
export interface EvaluatedPlatform {
  platform: string;
  toolchain: Toolchain;
  cells: RawCell[];
  /** Selected hosts that it can't be started on. */
  unjudged: UnjudgedHost[];
  base?: EvaluatedBase;
  /** Where the Dockerfile brings a tool in, and what one line of it should say. */
  locate?: (finding: JudgedFinding) => Pick<Finding, "location" | "suggestion">;
}
export interface EvaluatedBase {
  reference: string;
  digest: string;
  toolchain: Toolchain;
  cells: RawCell[];
}
export interface EvaluatedImage {
  reference: string;
  digest: string;
  platforms: EvaluatedPlatform[];
}

/**
 * Builds the report: severities and ignores applied, findings of several hosts merged, verdicts and counts.
 * @param notes sentences on the run that were known before
 */
export function assembleReport(
  images: readonly EvaluatedImage[],
  policy: Policy,
  tool: Report["tool"],
  notes: readonly string[],
): Report {
  const gathered: Gathered = { findings: [], fixed: [], used: new Set() };
  const imageReports = images.map(
    (image): ImageReport => ({
      reference: image.reference,
      digest: image.digest,
      platforms: image.platforms.map((platform) => assemblePlatform(image.reference, platform, policy, gathered)),
    }),
  );
  const { findings, fixed, used } = gathered;
  return {
    schemaVersion: 1,
    tool,
    ...summarize(findings, imageReports),
    images: imageReports,
    findings,
    ...(fixed.length === 0 ? {} : { fixed }),
    notes: [
      ...notes,
      ...imageReports.flatMap(unjudgedNotes),
      ...describeAge(policy.today),
      ...ignoreNotes(policy, used, titlesOf(images)),
    ],
  };
}

/** What comes together while platforms are gone through. */
interface Gathered {
  findings: Finding[];
  fixed: Finding[];
  /** Indexes of the ignore entries that matched something. */
  used: Set<number>;
}

function assemblePlatform(
  image: string,
  platform: EvaluatedPlatform,
  policy: Policy,
  { findings, fixed, used }: Gathered,
): PlatformReport {
  const { base } = platform;
  for (const finding of fixedBy(platform, policy))
    addFinding(fixed, { ...finding, image, platform: platform.platform });
  return {
    platform: platform.platform,
    toolchain: platform.toolchain,
    cells: platform.cells.map((raw): Cell => {
      const before = base?.cells.find((cell) => cell.host.id === raw.host.id);
      const judged = judgeCell(raw, policy, before, used);
      const place = { image, platform: platform.platform, host: raw.host.id };
      return {
        host: raw.host.id,
        kernel: raw.host.kernel.release.value,
        programs: raw.programs.map((program) => program.id),
        verdict: verdictOf(judged, raw.missing.length > 0),
        findings: judged.map((finding) => addFinding(findings, { ...place, judged: finding, locate: platform.locate })),
        missing: raw.missing,
        ...given({ base: before && verdictOf(judgeCell(before, policy), before.missing.length > 0) }),
      };
    }),
    ...(platform.unjudged.length === 0 ? {} : { unjudged: platform.unjudged }),
    ...given({ base: base && describeBase(base) }),
  };
}

/**
 * A cell's findings after the user's decisions.
 * @param before the base's cell; of the base by itself nothing is existing
 */
function judgeCell(raw: RawCell, policy: Policy, before?: RawCell, used?: Set<number>): JudgedFinding[] {
  const host = raw.host.id;
  return keepAfterPolicy(raw.all.map((finding) => applyPolicy({ finding, host, base: before }, policy, used)));
}

function describeBase(base: EvaluatedBase): NonNullable<PlatformReport["base"]> {
  return {
    reference: base.reference,
    digest: base.digest,
    tools: base.toolchain.tools.map(({ name, version, backend }) => ({ name, version, ...given({ backend }) })),
  };
}

/** A finding with all that it is about. */
interface PlacedFinding {
  judged: JudgedFinding;
  image: string;
  platform: string;
  host: string;
  locate?: EvaluatedPlatform["locate"] | undefined;
}

/** Findings of the base's cells that the image's same cells don't have. A cell that can't be judged fixes
 * nothing. Ignore entries that match only here match nothing of the image. */
function fixedBy({ cells, base }: EvaluatedPlatform, policy: Policy): Pick<PlacedFinding, "judged" | "host">[] {
  return (base?.cells ?? []).flatMap(({ host: { id: host }, findings }) => {
    const now = cells.find((cell) => cell.host.id === host);
    if (now === undefined || now.missing.length > 0) return [];
    const gone = ({ rule, cause }: RawFinding) =>
      !now.all.some((other) => other.rule === rule && other.cause === cause);
    return findings
      .filter(gone)
      .map((finding) => ({ judged: applyPolicy({ finding, host }, policy), host }))
      .filter(({ judged }) => judged.ignored === undefined && judged.severity !== "notice");
  });
}

/** Adds a finding, or its host to the one that says the same of another host. @returns its index */
function addFinding(findings: Finding[], placed: PlacedFinding): number {
  const index = findings.findIndex(sayingTheSame(placed));
  const known = findings[index];
  if (known === undefined) return findings.push(describeFinding(placed)) - 1;
  const { host, judged } = placed;
  if (!known.hosts.includes(host)) known.hosts.push(host);
  for (const evidence of judged.evidence) {
    const there = known.evidence.some((item) => item.fact === evidence.fact && item.source === evidence.source);
    if (!there) known.evidence.push(evidence);
  }
  return index;
}

/** Asked of all findings so far for each one that is added: a report of many hosts has thousands of them. */
function sayingTheSame({ judged, image, platform }: PlacedFinding): (known: Finding) => boolean {
  const { rule, severity, program, message, existing, ignored, expired } = judged;
  return (known) =>
    known.message === message &&
    known.rule === rule &&
    known.image === image &&
    known.platform === platform &&
    known.severity === severity &&
    known.program === program &&
    known.existing === existing &&
    known.ignored?.reason === ignored?.reason &&
    known.expired?.reason === expired?.reason &&
    known.expired?.place === expired?.place;
}

function describeFinding({ judged, image, platform, host, locate }: PlacedFinding): Finding {
  return {
    rule: judged.rule,
    severity: judged.severity,
    image,
    platform,
    hosts: [host],
    ...given({ program: judged.program }),
    message: judged.message,
    evidence: [...judged.evidence],
    ...given({ remedy: judged.remedy }),
    ...locate?.(judged),
    ...given({ existing: judged.existing, ignored: judged.ignored, expired: judged.expired }),
  };
}

/** Titles of the hosts that were judged, by id. */
function titlesOf(images: readonly EvaluatedImage[]): Map<string, string> {
  const cells = images.flatMap((image) => image.platforms.flatMap((platform) => platform.cells));
  return new Map(cells.map(({ host }) => [host.id, host.title]));
}

function ignoreNotes(policy: Policy, used: ReadonlySet<number>, titles: ReadonlyMap<string, string>): string[] {
  return policy.ignore.flatMap((entry, index) => {
    const place = entry.place === undefined ? "" : `${entry.place}: `;
    const what = `${place}ignore entry for ${entry.rule ?? "every rule"}${entry.host === undefined ? "" : ` on ${entry.host}`}`;
    if (entry.until < policy.today) return [`${what} expired on ${entry.until}: it no longer applies`];
    return used.has(index) ? [] : [`${what} matches nothing: ${hostMeant(entry.host, titles) ?? "remove it"}`];
  });
}

/** Reports show hosts by title: whoever copies one from there, or misspells an id, is told the id. */
function hostMeant(written: string | undefined, titles: ReadonlyMap<string, string>): string | undefined {
  if (written === undefined || [...titles.keys()].some((id) => globMatches(written, id))) return undefined;
  const [titled] = [...titles].find(([, title]) => title === written) ?? [];
  if (titled !== undefined) return `the id of that host is ${titled}`;
  return didYouMean(written, titles.keys(), "") || undefined;
}
