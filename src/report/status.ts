import type { FailLevel } from "../model/choices.ts";
import type { Report } from "../model/report.ts";
import { count } from "./view.ts";

export interface FailPolicy {
  failOn: FailLevel;
  /** Cells that can't be judged fail too. Has no effect with `failOn: never`. */
  failOnUnknown: boolean;
  /** What the base has too counts like what is new. */
  failOnExisting?: boolean;
}

/**
 * Whether the step fails, as a reason in words: `2 errors`. Ignored findings never count, existing ones
 * only when asked for.
 * @returns undefined when it does not fail
 */
export function failureReason(report: Report, policy: FailPolicy): string | undefined {
  const { errors, warnings } = report.counts;
  if (policy.failOn === "never") return undefined;
  const reasons = [
    errors > 0 ? count(errors, "error") : "",
    warnings > 0 && policy.failOn === "warning" ? count(warnings, "warning") : "",
    policy.failOnExisting ? existingReason(report, policy.failOn) : "",
    policy.failOnUnknown ? unknownReason(report) : "",
  ].filter((reason) => reason !== "");
  return reasons.length > 0 ? reasons.join(", ") : undefined;
}

function existingReason(report: Report, failOn: FailLevel): string {
  const existing = report.findings.filter((finding) => finding.existing === true && finding.ignored === undefined);
  const errors = existing.filter((finding) => finding.severity === "error").length;
  const warnings = existing.filter((finding) => finding.severity === "warning").length;
  return [
    errors > 0 ? `${count(errors, "error")} that the base has too` : "",
    warnings > 0 && failOn === "warning" ? `${count(warnings, "warning")} that the base has too` : "",
  ]
    .filter((text) => text !== "")
    .join(", ");
}

function unknownReason(report: Report): string {
  const cells = report.images.flatMap(({ platforms }) => platforms.flatMap((platform) => platform.cells));
  const hosts = new Set(cells.filter(({ verdict }) => verdict === "unknown").map(({ host }) => host));
  if (hosts.size > 0) return `${count(hosts.size, "host")} can't be judged`;
  return report.verdict === "unknown" ? "nothing could be judged" : "";
}
