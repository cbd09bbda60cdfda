import * as z from "zod/mini";
import { firstMismatch } from "./first-mismatch.ts";
import { type Report, severities, summarize, verdicts } from "./report.ts";
import { toolchainSchema } from "./toolchain.ts";

/**
 * The JSON report as a schema, for those who read saved reports: the second Action (artifacts, also of a stranger's pull
 * request) and `base-report`. Everything is bounded, so that a file made to hurt costs no more than its size. Published as
 * schema/report.schema.json.
 */

/** Bytes of one saved report. A check of 5 platforms against 117 hosts takes about 3 MB. */
export const REPORT_SIZE_LIMIT = 16 * 1024 * 1024;
/** Cells of one report, and host names and finding numbers in all its lists together. */
const CELLS = 20_000;
const REFERENCES = 300_000;

const text = (length: number) => z.string().check(z.maxLength(length));
const count = z.number().check(z.nonnegative(), z.multipleOf(1));
const severity = z.enum(severities);
const verdict = z.enum(verdicts);
/** Links are made from it. */
const ruleId = z.string().check(z.regex(/^[a-z0-9-]{1,60}$/));
/** A path inside of the repository: a link to its line is made from it. */
const repositoryPath = text(1000).check(z.regex(/^(?![/\\])(?!(?:.*[/\\])?\.\.(?:[/\\]|$))/));
const evidence = z.object({ fact: text(4000), source: text(4000), about: z.optional(text(100)) });

const finding = z.object({
  rule: ruleId,
  severity,
  image: text(2000),
  platform: text(200),
  hosts: z.array(text(200)).check(z.minLength(1), z.maxLength(CELLS)),
  program: z.optional(text(500)),
  message: text(4000),
  evidence: z.array(evidence).check(z.maxLength(2000)),
  remedy: z.optional(text(4000)),
  location: z.optional(z.object({ file: repositoryPath, line: count })),
  suggestion: z.optional(
    z.object({
      file: repositoryPath,
      line: count,
      // Shown as code as it is: nothing that could end a block of code, and no second line.
      text: z.string().check(z.regex(/^FROM [\w./:@=$ {}-]{1,300}$/)),
    }),
  ),
  existing: z.optional(z.boolean()),
  ignored: z.optional(z.object({ reason: text(2000), until: text(40) })),
  expired: z.optional(z.object({ reason: text(2000), until: text(40), place: z.optional(text(1000)) })),
});

const missingFact = z.object({
  fact: text(1000),
  rule: ruleId,
  state: z.optional(z.object({ under: z.enum(["hosts", "programs", "images"]), entry: text(1000) })),
});

const cell = z.object({
  host: text(200),
  kernel: text(200),
  programs: z.array(text(500)).check(z.maxLength(200)),
  verdict,
  findings: z.array(count).check(z.maxLength(1000)),
  missing: z.array(missingFact).check(z.maxLength(200)),
  base: z.optional(verdict),
});

const baseTool = z.object({ name: text(200), version: z.nullable(text(200)), backend: z.optional(text(20)) });
const platform = z.object({
  platform: text(200),
  toolchain: toolchainSchema,
  cells: z.array(cell).check(z.maxLength(CELLS)),
  base: z.optional(z.object({ reference: text(2000), digest: text(200), tools: z.array(baseTool) })),
});

export const reportSchema = z.object({
  schemaVersion: z.literal(1),
  tool: z.object({ name: text(100), version: text(100) }),
  verdict,
  counts: z.object({ errors: count, warnings: count, notices: count, unknowns: count }),
  images: z
    .array(
      z.object({
        reference: text(2000),
        digest: text(200),
        platforms: z.array(platform).check(z.maxLength(64)),
      }),
    )
    .check(z.maxLength(256)),
  findings: z.array(finding).check(z.maxLength(10_000)),
  fixed: z.optional(z.array(finding).check(z.maxLength(10_000))),
  notes: z.array(text(4000)).check(z.maxLength(1000)),
});

/**
 * Checks a parsed JSON document: its shape, its sizes, and that it doesn't contradict itself.
 * @returns the report, or what is wrong with it as a clause without capital and stop
 */
export function parseReport(document: unknown): { report: Report } | { problem: string } {
  const written = (document as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof written === "number" && written !== 1)
    return { problem: `schemaVersion ${written} is not known here; use the version of netfilter-compat that wrote it` };
  const wrong = firstMismatch(document, reportSchema);
  if (wrong !== undefined) return { problem: describe(wrong.path) };
  const parsed = reportSchema.safeParse(document);
  if (!parsed.success) return { problem: describe(parsed.error.issues[0]?.path ?? []) };
  // JSON knows no undefined: what is optional is there or it isn't.
  const report = parsed.data as Report;
  const problem = findContradiction(report);
  return problem === undefined ? { report } : { problem };
}

function describe(path: readonly PropertyKey[]): string {
  const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  // Only names of our own fields are shown: whoever wrote the file chose everything else.
  const field = place.replace(/[^\w.[\]-]/g, "?").replace(/^\./, "");
  return `${field.slice(0, 100) || "the document"} is not what a report has there`;
}

/** What no report of ours can say: numbers that lead nowhere, a verdict or counts that its own findings contradict. */
function findContradiction(report: Report): string | undefined {
  const platforms = report.images.flatMap((image) => image.platforms);
  const cells = platforms.flatMap((entry) => entry.cells);
  if (platforms.some(({ toolchain }) => toolchain.tools.length > 2000)) return "it names more than 2000 tools";
  if (cells.length > CELLS) return `it has ${cells.length} cells, more than ${CELLS}`;
  const all = [...report.findings, ...(report.fixed ?? [])];
  const references = [...cells.map((c) => c.findings.length), ...all.map((f) => f.hosts.length)];
  if (references.reduce((sum, length) => sum + length, 0) > REFERENCES) return "it is larger than any check would give";
  for (const { verdict: stated, findings, host } of cells) {
    const own = findings.map((index) => report.findings[index]);
    if (own.some((entry) => entry === undefined || !entry.hosts.includes(host)))
      return "a cell names a finding that isn't about it";
    const active = own.filter((entry) => entry !== undefined && !entry.ignored && !entry.existing);
    const hasError = active.some((entry) => entry?.severity === "error");
    if (hasError !== (stated === "fail")) return "a cell's verdict contradicts its findings";
    if (stated === "pass" && active.some((entry) => entry?.severity === "warning"))
      return "a cell's verdict contradicts its findings";
  }
  const { verdict: whole, counts } = summarize(report.findings, cells);
  if (whole !== report.verdict) return "its verdict contradicts its cells";
  const differs = (Object.keys(counts) as (keyof typeof counts)[]).some((name) => counts[name] !== report.counts[name]);
  return differs ? "its counts contradict its findings" : undefined;
}
