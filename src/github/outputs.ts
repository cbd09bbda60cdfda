import { setOutput } from "@actions/core";
import type { Report } from "../model/report.ts";

/** Every output of action.yml; a test compares the two. */
export const outputNames = [
  "verdict",
  "errors",
  "warnings",
  "unknowns",
  "report-file",
  "sarif-file",
  "comment-url",
] as const;

/** What the report itself does not hold. Empty strings for what was not written. */
export interface OutputPlaces {
  reportFile: string;
  sarifFile: string;
  commentUrl: string;
}

/** Sets all outputs; all are small, whatever the report. */
export function writeOutputs(report: Report, places: OutputPlaces): void {
  const values: Record<(typeof outputNames)[number], string | number> = {
    verdict: report.verdict,
    errors: report.counts.errors,
    warnings: report.counts.warnings,
    unknowns: report.counts.unknowns,
    "report-file": places.reportFile,
    "sarif-file": places.sarifFile,
    "comment-url": places.commentUrl,
  };
  for (const name of outputNames) setOutput(name, values[name]);
}
