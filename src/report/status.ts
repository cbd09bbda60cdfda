import type { Report } from "../model/report.ts";
import { count } from "./view.ts";

/** From which severity on the step fails. */
export const failLevels = ["error", "warning", "never"] as const;
export type FailLevel = (typeof failLevels)[number];

export interface FailPolicy {
  failOn: FailLevel;
  /** Cells that can't be judged fail too. Has no effect with `failOn: never`. */
  failOnUnknown: boolean;
}

/**
 * Whether the step fails, as a reason in words: `2 errors`. Existing and ignored findings are not in the counts.
 * @returns undefined when it does not fail
 */
export function failureReason(report: Report, policy: FailPolicy): string | undefined {
  const { errors, warnings } = report.counts;
  if (policy.failOn === "never") return undefined;
  const reasons = [
    errors > 0 ? count(errors, "error") : "",
    warnings > 0 && policy.failOn === "warning" ? count(warnings, "warning") : "",
    policy.failOnUnknown ? unknownReason(report) : "",
  ].filter((reason) => reason !== "");
  return reasons.length > 0 ? reasons.join(", ") : undefined;
}

function unknownReason(report: Report): string {
  if (report.counts.unknowns > 0) return `${count(report.counts.unknowns, "cell")} not known`;
  return report.verdict === "unknown" ? "nothing could be judged" : "";
}
