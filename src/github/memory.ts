import * as z from "zod/mini";
import { given } from "../model/given.ts";
import type { Report, Severity } from "../model/report.ts";
import { severities, verdicts } from "../model/report.ts";
import { compareVersions, toolVersions } from "../report/changes.ts";

/**
 * What the comment knows of the last run that could judge, hidden in its text, so that it can say what turned it green. Pure. It is read
 * from a comment of our own only, and still trusted with nothing but words that are escaped like any other.
 */
export interface Memory {
  verdict: Report["verdict"];
  /** Rules with an error that counted. */
  rules: string[];
  /** Versions by tool. */
  tools: Record<string, string>;
  /** What turned it green; kept as long as it stays so. */
  fixed?: string | undefined;
}

/** Longer ones are not kept: the place is for the report. Characters. */
const LIMIT = 2000;
const text = z.string().check(z.maxLength(600));
const schema = z.object({
  verdict: z.enum(verdicts),
  rules: z.array(text).check(z.maxLength(50)),
  tools: z.record(text, text),
  fixed: z.optional(text),
});

/**
 * A hidden line, or nothing where it would be too long. Dashes are encoded: nothing in it can end the comment.
 * @param before what the comment knew until now; a run that could not judge keeps it, because it fixed and broke nothing
 */
export function writeMemory(report: Report, fixed: string | undefined, before?: Memory): string {
  const now: Memory = {
    verdict: report.verdict,
    rules: errorRules(report),
    tools: toolVersions(report),
    ...given({ fixed }),
  };
  const json = JSON.stringify(report.verdict === "unknown" ? (before ?? now) : now);
  const encoded = encodeURIComponent(json.toWellFormed()).replace(/-/g, "%2d");
  return encoded.length > LIMIT ? "" : `<!-- netfilter-compat memory=${encoded} -->\n`;
}

/** @returns undefined where there is none, or none that can be read */
export function readMemory(body: string | undefined): Memory | undefined {
  // The last one: what the report says comes before it.
  const [, encoded] =
    [...(body ?? "").matchAll(/^<!-- netfilter-compat memory=([^\s-]{1,2000}) -->\r?$/gm)].at(-1) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(decodeURIComponent(encoded)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** `iptables 1.8.4 -> 1.8.11: buggy-version is no longer found`, without stop; undefined where nothing was fixed. */
export function describeFix(before: Memory | undefined, report: Report): string | undefined {
  if (before === undefined || (report.verdict !== "pass" && report.verdict !== "warn")) return undefined;
  if (before.verdict !== "fail") return before.fixed;
  const said = [
    sayOf(before.rules, report, "no longer found", (severities) => severities.length === 0),
    sayOf(before.rules, report, "no longer an error", (severities) => !["error", undefined].includes(severities[0])),
  ].filter((text) => text !== "");
  if (said.length === 0) return undefined;
  const changes = compareVersions(before.tools, toolVersions(report));
  return `${changes.length === 0 ? "The same tools" : changes.join(", ")}: ${said.join("; ")}`;
}

/** Those of the rules whose findings now fit, and what that means. What is ignored, or in the base too, is still there. */
function sayOf(
  rules: readonly string[],
  { findings }: Report,
  what: string,
  fits: (worstFirst: Severity[]) => boolean,
): string {
  const found = rules.filter((rule) => {
    const own = new Set(findings.filter((finding) => finding.rule === rule).map(({ severity }) => severity));
    return fits(severities.filter((severity) => own.has(severity)));
  });
  return found.length === 0 ? "" : `${found.join(", ")} ${found.length === 1 ? "is" : "are"} ${what}`;
}

function errorRules(report: Report): string[] {
  const errors = report.findings.filter((f) => f.severity === "error" && !f.existing && f.ignored === undefined);
  return [...new Set(errors.map((finding) => finding.rule))].sort();
}
