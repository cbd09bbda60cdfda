import { type Cell, type Finding, type ImageReport, type Report, type Verdict, verdicts } from "../model/report.ts";
import type { Toolchain } from "../model/toolchain.ts";
import type { RawCell } from "./engine.ts";
import { applyPolicy, type JudgedFinding, type Policy } from "./policy.ts";

/** One platform with what the engine said of it, and what it said of the base image's same platform. */
export interface EvaluatedPlatform {
  platform: string;
  toolchain: Toolchain;
  cells: RawCell[];
  base?: RawCell[];
  /** Where the Dockerfile brings a tool in, by rule. */
  locate?: (finding: JudgedFinding) => Finding["location"] | undefined;
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
  const used = new Set<number>();
  const imageReports = images.map(
    (image): ImageReport => ({
      reference: image.reference,
      digest: image.digest,
      platforms: image.platforms.map((platform) => ({
        platform: platform.platform,
        toolchain: platform.toolchain,
        cells: platform.cells.map((cell) => assembleCell(image.reference, platform, cell, policy, findings, used)),
      })),
    }),
  );
  const cells = imageReports.flatMap((image) => image.platforms.flatMap((platform) => platform.cells));
  return {
    schemaVersion: 1,
    tool,
    verdict: worst(cells.map((cell) => cell.verdict)),
    counts: countAll(findings, cells),
    images: imageReports,
    findings,
    notes: [...notes, ...ignoreNotes(policy, used)],
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
  const base = platform.base?.find((cell) => cell.host.id === raw.host.id);
  const judged = raw.findings.map((finding) => applyPolicy(finding, raw.host.id, base, policy, used));
  return {
    host: raw.host.id,
    kernel: raw.host.kernel.release.value,
    programs: raw.programs.map((program) => program.id),
    verdict: verdictOf(judged, raw.missing.length > 0),
    findings: judged.map((finding) => addFinding(findings, reference, platform, raw.host.id, finding)),
    missing: raw.missing,
  };
}

/** Adds a finding, or its host to the one that says the same of another host. Returns its index. */
function addFinding(
  findings: Finding[],
  image: string,
  platform: EvaluatedPlatform,
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
      finding.ignored?.reason === judged.ignored?.reason,
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
  const location = platform.locate?.(judged);
  findings.push({
    rule: judged.rule,
    severity: judged.severity,
    image,
    platform: platform.platform,
    hosts: [host],
    ...(judged.program === undefined ? {} : { program: judged.program }),
    message: judged.message,
    evidence: [...judged.evidence],
    ...(judged.remedy === undefined ? {} : { remedy: judged.remedy }),
    ...(location === undefined ? {} : { location }),
    ...(judged.existing === undefined ? {} : { existing: judged.existing }),
    ...(judged.ignored === undefined ? {} : { ignored: judged.ignored }),
  });
  return findings.length - 1;
}

/** An error that the base image has too doesn't fail, and isn't a pass either. */
function verdictOf(findings: readonly JudgedFinding[], missing: boolean): Verdict {
  const active = findings.filter((finding) => finding.ignored === undefined);
  if (active.some((finding) => finding.severity === "error" && finding.existing !== true)) return "fail";
  if (missing) return "unknown";
  return active.some((finding) => finding.severity !== "notice") ? "warn" : "pass";
}

/** The whole verdict: the worst of all cells; without any cell nothing was decided. */
export function worst(all: readonly Verdict[]): Verdict {
  return verdicts.find((verdict) => all.includes(verdict)) ?? "unknown";
}

function countAll(findings: readonly Finding[], cells: readonly Cell[]): Report["counts"] {
  const active = findings.filter((finding) => finding.ignored === undefined && finding.existing !== true);
  const count = (severity: Finding["severity"]) => active.filter((finding) => finding.severity === severity).length;
  return {
    errors: count("error"),
    warnings: count("warning"),
    notices: count("notice"),
    unknowns: cells.filter((cell) => cell.verdict === "unknown").length,
  };
}

function ignoreNotes(policy: Policy, used: ReadonlySet<number>): string[] {
  return policy.ignore.flatMap((entry, index) => {
    const what = `ignore entry for ${entry.rule ?? "every rule"}${entry.host === undefined ? "" : ` on ${entry.host}`}`;
    if (entry.until < policy.today) return [`${what} expired on ${entry.until}: it no longer applies`];
    return used.has(index) ? [] : [`${what} matches nothing: remove it`];
  });
}
