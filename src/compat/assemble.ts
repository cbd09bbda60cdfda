import { given } from "../model/given.ts";
import { globMatches } from "../model/glob.ts";
import type { Cell, Finding, ImageReport, PlatformReport, Report, UnjudgedHost, Verdict } from "../model/report.ts";
import { summarize, verdictOf } from "../model/report.ts";
import { didYouMean } from "../model/suggest.ts";
import type { Toolchain } from "../model/toolchain.ts";
import { unjudgedNotes } from "../model/unjudged.ts";
import { describeAge } from "./age.ts";
import type { RawCell } from "./engine.ts";
import { applyPolicy, type JudgedFinding, type Policy } from "./policy.ts";
import { keepAfterPolicy } from "./precedence.ts";

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
  const findings: Finding[] = [];
  const fixed: Finding[] = [];
  const used = new Set<number>();
  const imageReports = images.map(
    (image): ImageReport => ({
      reference: image.reference,
      digest: image.digest,
      platforms: image.platforms.map((platform) => {
        collectFixed(image.reference, platform, policy, fixed);
        return {
          platform: platform.platform,
          toolchain: platform.toolchain,
          cells: platform.cells.map((cell) => assembleCell(image.reference, platform, cell, policy, findings, used)),
          ...(platform.unjudged.length === 0 ? {} : { unjudged: platform.unjudged }),
          ...given({ base: platform.base && describeBase(platform.base) }),
        };
      }),
    }),
  );
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

function assembleCell(
  reference: string,
  platform: EvaluatedPlatform,
  raw: RawCell,
  policy: Policy,
  findings: Finding[],
  used: Set<number>,
): Cell {
  const base = platform.base?.cells.find((cell) => cell.host.id === raw.host.id);
  const judged = keepAfterPolicy(raw.all.map((finding) => applyPolicy(finding, raw.host.id, base, policy, used)));
  return {
    host: raw.host.id,
    kernel: raw.host.kernel.release.value,
    programs: raw.programs.map((program) => program.id),
    verdict: verdictOf(judged, raw.missing.length > 0),
    findings: judged.map((finding) => addFinding(findings, reference, platform, raw.host.id, finding)),
    missing: raw.missing,
    ...given({ base: base && baseVerdict(base, policy) }),
  };
}

/** What the base image's cell is by itself: nothing of it is existing. */
function baseVerdict(base: RawCell, policy: Policy): Verdict {
  const judged = keepAfterPolicy(
    base.all.map((finding) => applyPolicy(finding, base.host.id, undefined, policy, new Set())),
  );
  return verdictOf(judged, base.missing.length > 0);
}

function describeBase(base: EvaluatedBase): NonNullable<PlatformReport["base"]> {
  return {
    reference: base.reference,
    digest: base.digest,
    tools: base.toolchain.tools.map(({ name, version, backend }) => ({
      name,
      version,
      ...given({ backend }),
    })),
  };
}

/** Findings of the base's cells that the image's same cells don't have. A cell that can't be judged fixes
 * nothing. Ignore entries that match only here match nothing of the image. */
function collectFixed(
  reference: string,
  { platform, cells, base }: EvaluatedPlatform,
  policy: Policy,
  fixed: Finding[],
): void {
  for (const old of base?.cells ?? []) {
    const now = cells.find((cell) => cell.host.id === old.host.id);
    if (now === undefined || now.missing.length > 0) continue;
    for (const finding of old.findings) {
      if (now.all.some((other) => other.rule === finding.rule && other.cause === finding.cause)) continue;
      const judged = applyPolicy(finding, old.host.id, undefined, policy, new Set());
      if (judged.ignored === undefined && judged.severity !== "notice")
        addFinding(fixed, reference, { platform }, old.host.id, judged);
    }
  }
}

/** Adds a finding, or its host to the one that says the same of another host. Returns its index. */
function addFinding(
  findings: Finding[],
  image: string,
  platform: Pick<EvaluatedPlatform, "platform" | "locate">,
  host: string,
  judged: JudgedFinding,
): number {
  const index = findings.findIndex(
    (finding) =>
      finding.image === image &&
      finding.platform === platform.platform &&
      finding.rule === judged.rule &&
      finding.severity === judged.severity &&
      finding.program === judged.program &&
      finding.message === judged.message &&
      finding.existing === judged.existing &&
      finding.ignored?.reason === judged.ignored?.reason &&
      finding.expired?.reason === judged.expired?.reason &&
      finding.expired?.place === judged.expired?.place,
  );
  const known = findings[index];
  if (known !== undefined) {
    if (!known.hosts.includes(host)) known.hosts.push(host);
    for (const evidence of judged.evidence) {
      const there = known.evidence.some((item) => item.fact === evidence.fact && item.source === evidence.source);
      if (!there) known.evidence.push(evidence);
    }
    return index;
  }
  findings.push({
    rule: judged.rule,
    severity: judged.severity,
    image,
    platform: platform.platform,
    hosts: [host],
    ...given({ program: judged.program }),
    message: judged.message,
    evidence: [...judged.evidence],
    ...given({ remedy: judged.remedy }),
    ...platform.locate?.(judged),
    ...given({ existing: judged.existing, ignored: judged.ignored, expired: judged.expired }),
  });
  return findings.length - 1;
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
