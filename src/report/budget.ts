import type { Report } from "../model/report.ts";
import type { Detail, Drawing } from "./markdown.ts";
import { drawMarkdown, FEW_NOTES, fullDetail, prepareDrawing } from "./markdown.ts";
import type { ReportContext } from "./view.ts";
import { MANY_HOSTS } from "./view.ts";

/** GitHub refuses a comment body above this many characters; counted here in UTF-8 bytes, which are never fewer. */
export const COMMENT_LIMIT = 65_536;
/** GitHub takes 1 MiB for each step and drops what is just below without a word, so we stop well before. Bytes. */
export const SUMMARY_LIMIT = 900 * 1024;

interface Step {
  kind: string;
  cut: string;
  change: Partial<Detail>;
  /** Whether there is something to give up: else it is not worth telling. */
  cuts(drawing: Drawing): boolean;
}

/** What is given up, in this order; each step keeps the cuts of those before it. Of one kind only the last is told. */
const steps: Step[] = [
  {
    kind: "tools",
    cut: "the lists of tools and hosts",
    change: { toolchain: false },
    cuts: ({ tools, hosts }) => tools.size > 0 || hosts.length >= MANY_HOSTS,
  },
  {
    kind: "folded",
    cut: "existing and ignored findings and notices",
    change: { folded: false },
    cuts: ({ report, groups: { notices, fixed, existing, ignored } }) =>
      [...notices, ...fixed, ...existing, ...ignored].length > 0 || report.notes.length > FEW_NOTES,
  },
  {
    kind: "evidence",
    cut: "evidence of warnings",
    change: { evidence: "errors" },
    cuts: ({ groups }) =>
      groups.listed.some(({ severity, first }) => severity !== "error" && first.evidence.length > 0),
  },
  {
    kind: "evidence",
    cut: "all evidence",
    change: { evidence: "none" },
    cuts: ({ groups }) => groups.listed.some(({ first }) => first.evidence.length > 0),
  },
  findingsStep(100),
  findingsStep(25),
  rowsStep(30),
  findingsStep(5),
  rowsStep(8),
  {
    kind: "table",
    cut: "tables after the third image",
    change: { images: 3 },
    cuts: ({ matrices }) => matrices.length > 3,
  },
  findingsStep(0),
  { kind: "table", cut: "the table", change: { images: 0 }, cuts: ({ matrices }) => matrices.length > 0 },
];

function findingsStep(findings: number): Step {
  return {
    kind: "findings",
    cut: findings === 0 ? "all findings" : `findings after the first ${findings}`,
    change: { findings },
    cuts: ({ groups: { listed }, facts }) => Math.max(listed.length, facts.size) > findings,
  };
}

function rowsStep(rows: number): Step {
  return {
    kind: "table",
    cut: `table rows after the worst ${rows}`,
    change: { rows },
    cuts: ({ matrices }) => matrices.some((matrix) => matrix.rows.length > rows),
  };
}

/**
 * The fullest Markdown that fits.
 * @param limit UTF-8 bytes for everything that is posted
 * @param suffix what the caller adds, e.g. the hidden marker; counted in
 * @returns text with suffix, at most `limit` bytes; says itself what was cut and where the whole report is
 */
export function fitMarkdown(report: Report, context: ReportContext, limit: number, suffix = ""): string {
  const drawing = prepareDrawing(report, context);
  const room = limit - byteLength(suffix);
  const draw = (detail: Detail) => {
    const text = drawMarkdown(drawing, detail, room);
    return text !== undefined && byteLength(text) <= room ? text + suffix : undefined;
  };
  let detail = fullDetail;
  const whole = draw(detail);
  if (whole !== undefined) return whole;
  const cuts = new Map<string, string>();
  for (const step of steps.filter(({ cuts }) => cuts(drawing))) {
    cuts.set(step.kind, step.cut);
    detail = { ...detail, ...step.change, cut: [...cuts.values()] };
    const text = draw(detail);
    if (text !== undefined) return text;
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
