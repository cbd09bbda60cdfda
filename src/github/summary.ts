import { appendFileSync } from "node:fs";
import { messageOf } from "../model/error.ts";
import type { Report } from "../model/report.ts";
import { fitMarkdown, SUMMARY_LIMIT } from "../report/budget.ts";
import type { ReportContext } from "../report/view.ts";

/**
 * Appends the report to the step's job summary, at most 900 KiB.
 * @param file `GITHUB_STEP_SUMMARY`
 * @returns a sentence that says why there is none, undefined when it was written
 */
export function writeSummary(report: Report, context: ReportContext, file: string | undefined): string | undefined {
  if (!file) return "no job summary: the runner gave no file for it";
  try {
    appendFileSync(file, fitMarkdown(report, context, SUMMARY_LIMIT));
    return undefined;
  } catch (cause) {
    return `no job summary: ${messageOf(cause)}`;
  }
}
