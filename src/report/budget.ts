import type { Report } from "../model/report.ts";
import type { Detail } from "./markdown.ts";
import { fullDetail, renderMarkdown } from "./markdown.ts";
import type { ReportContext } from "./view.ts";

/** GitHub refuses a comment body above this many characters; counted here in UTF-8 bytes, which are never fewer. */
export const COMMENT_LIMIT = 65_536;
/** GitHub takes 1 MiB for each step and drops what is just below without a word, so we stop well before. Bytes. */
export const SUMMARY_LIMIT = 900 * 1024;

/** What is given up, in this order; each step keeps the cuts of those before it. Of one kind only the last is told. */
const steps: { kind: string; cut: string; change: Partial<Detail> }[] = [
  { kind: "tools", cut: "the list of tools", change: { toolchain: false } },
  { kind: "folded", cut: "existing and ignored findings and notices", change: { folded: false } },
  { kind: "evidence", cut: "evidence of warnings", change: { evidence: "errors" } },
  { kind: "evidence", cut: "all evidence", change: { evidence: "none" } },
  { kind: "findings", cut: "findings after the first 100", change: { findings: 100 } },
  { kind: "findings", cut: "findings after the first 25", change: { findings: 25 } },
  { kind: "table", cut: "table rows after the worst 30", change: { rows: 30 } },
  { kind: "findings", cut: "findings after the first 5", change: { findings: 5 } },
  { kind: "table", cut: "table rows after the worst 8", change: { rows: 8 } },
  { kind: "table", cut: "tables after the third image", change: { images: 3 } },
  { kind: "findings", cut: "all findings", change: { findings: 0 } },
  { kind: "table", cut: "the table", change: { images: 0 } },
];

/**
 * The fullest Markdown that fits.
 * @param limit UTF-8 bytes for everything that is posted
 * @param suffix what the caller adds, e.g. the hidden marker; counted in
 * @returns text with suffix, at most `limit` bytes; says itself what was cut and where the whole report is
 */
export function fitMarkdown(report: Report, context: ReportContext, limit: number, suffix = ""): string {
  const fits = (text: string) => byteLength(text + suffix) <= limit;
  let detail = fullDetail;
  let text = renderMarkdown(report, context, detail);
  if (fits(text)) return text + suffix;
  const cuts = new Map<string, string>();
  for (const { kind, cut, change } of steps) {
    const lower = { ...detail, ...change };
    const shorter = renderMarkdown(report, context, lower);
    // Nothing to give up here: not worth telling.
    if (shorter === text) continue;
    cuts.set(kind, cut);
    [detail, text] = [lower, shorter];
    if (!fits(text)) continue;
    const told = renderMarkdown(report, context, { ...detail, cut: [...cuts.values()] });
    if (fits(told)) return told + suffix;
  }
  return lastResort(report, suffix);
}

/** Headline and notes alone are too long only for a limit that nobody has; the verdict still has to be said. */
function lastResort(report: Report, suffix: string): string {
  return `### netfilter-compat: ${report.verdict}\n\nThe report is too long for this place; see the job summary or the JSON report.\n${suffix}`;
}

/** UTF-8 bytes. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
