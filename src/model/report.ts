import type { Evidence } from "./evidence.ts";
import type { Toolchain } from "./toolchain.ts";

/** The JSON report, `schemaVersion: 1`. Other forms (markdown, SARIF, text, annotations) are drawn from this model alone. */

export const severities = ["error", "warning", "notice"] as const;
export type Severity = (typeof severities)[number];

/** Worst first: the whole verdict is the first one that any cell has. */
export const verdicts = ["fail", "unknown", "warn", "pass"] as const;
export type Verdict = (typeof verdicts)[number];

export interface Finding {
  rule: string;
  severity: Severity;
  /** Reference of the image. */
  image: string;
  platform: string;
  /** Ids of the hosts it concerns. */
  hosts: string[];
  /** The other program involved, when there is one. */
  program?: string;
  /** One sentence: what breaks, with the versions that meet. */
  message: string;
  evidence: Evidence[];
  /** What to change, in words; a one-line Dockerfile change where there is one. */
  remedy?: string;
  /** Line that brings the tool in. */
  location?: { file: string; line: number };
  /** The remedy as a change to one line of a file: what the whole line should say. */
  suggestion?: { file: string; line: number; text: string };
  /** The base image has it too. */
  existing?: boolean;
  /** Set by an `ignore` entry that is in force: its reason and end date. */
  ignored?: { reason: string; until: string };
  /** It counts again: an `ignore` entry for it has ended, and none is in force. `place` is `file:line` of the entry. */
  expired?: { reason: string; until: string; place?: string };
}

export interface MissingFact {
  /** The fact that would decide, e.g. `state of kernel module iptable_nat`. */
  fact: string;
  /** The rule that needs it. */
  rule: string;
  /** What states it in the config: an entry of one of its lists, with a value that the fact may have. Absent: no field does. */
  state?: { under: "hosts" | "programs" | "images"; entry: string };
}

export interface Cell {
  host: string;
  /** Kernel release of the host, as known. */
  kernel: string;
  /** Ids of the programs assumed on it. */
  programs: string[];
  verdict: Verdict;
  /** Indexes into {@link Report.findings}. */
  findings: number[];
  missing: MissingFact[];
  /** What the base image's same cell is by itself; absent without a base. */
  base?: Verdict;
}

/** A selected host that can't start a platform. */
export interface UnjudgedHost {
  host: string;
  kernel: string;
  /** GOARCH names of the machines that it stands for. */
  architectures: string[];
}

export interface PlatformReport {
  platform: string;
  toolchain: Toolchain;
  cells: Cell[];
  /** Selected hosts without a cell, because they are machines of other architectures; absent where there is none. */
  unjudged?: UnjudgedHost[];
  /** The base image's same platform, when there is one to compare with. */
  base?: { reference: string; digest: string; tools: { name: string; version: string | null; backend?: string }[] };
}

export interface ImageReport {
  reference: string;
  digest: string;
  platforms: PlatformReport[];
}

export interface Report {
  schemaVersion: 1;
  tool: { name: string; version: string };
  verdict: Verdict;
  /** `unknowns` counts cells; the others findings that are neither ignored nor existing. */
  counts: { errors: number; warnings: number; notices: number; unknowns: number };
  /** At least one. */
  images: ImageReport[];
  findings: Finding[];
  /** What the base image had and the image no longer has; hosts, image and platform are the image's. Counts nowhere. */
  fixed?: Finding[];
  /** Sentences on the run itself: expired or unmatched ignores, notes on reading, assumptions. */
  notes: string[];
}

/** The worst of some verdicts; `unknown` when there is none, because nothing was decided. */
export function worstVerdict(all: readonly Verdict[]): Verdict {
  return verdicts.find((verdict) => all.includes(verdict)) ?? "unknown";
}

/**
 * What a cell's findings and missing facts make of it. An error that the base image has too doesn't fail, and isn't a pass
 * either; what is ignored counts for nothing.
 */
export function verdictOf(
  findings: readonly Pick<Finding, "severity" | "existing" | "ignored">[],
  isFactMissing: boolean,
): Verdict {
  const active = findings.filter((finding) => finding.ignored === undefined);
  if (active.some((finding) => finding.severity === "error" && finding.existing !== true)) return "fail";
  if (isFactMissing) return "unknown";
  return active.some((finding) => finding.severity !== "notice") ? "warn" : "pass";
}

/** Whole verdict and counts of a report. An image that no host was held against is unknown, whatever the others are. */
export function summarize(
  findings: readonly Finding[],
  images: readonly ImageReport[],
): Pick<Report, "verdict" | "counts"> {
  const active = findings.filter((finding) => finding.ignored === undefined && finding.existing !== true);
  const count = (severity: Severity) => active.filter((finding) => finding.severity === severity).length;
  const byImage = images.map((image) => image.platforms.flatMap((platform) => platform.cells.map((c) => c.verdict)));
  return {
    verdict: worstVerdict(byImage.map(worstVerdict)),
    counts: {
      errors: count("error"),
      warnings: count("warning"),
      notices: count("notice"),
      unknowns: byImage.flat().filter((verdict) => verdict === "unknown").length,
    },
  };
}
