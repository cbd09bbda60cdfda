import * as z from "zod/mini";
import { firstMismatch } from "./first-mismatch.ts";
import type { Cell, Finding, PlatformReport, Report } from "./report.ts";
import { severities, summarize, verdictOf, verdicts } from "./report.ts";
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
const unjudged = z.object({
  host: text(200),
  kernel: text(200),
  architectures: z.array(text(50)).check(z.minLength(1), z.maxLength(50)),
});
const platform = z.object({
  platform: text(200),
  toolchain: toolchainSchema,
  cells: z.array(cell).check(z.maxLength(CELLS)),
  unjudged: z.optional(z.array(unjudged).check(z.maxLength(CELLS))),
  base: z.optional(
    z.object({ reference: text(2000), digest: text(200), tools: z.array(baseTool).check(z.maxLength(2000)) }),
  ),
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
    .check(z.minLength(1), z.maxLength(256)),
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
  return (
    findExcess(report, platforms) ??
    firstProblem(platforms, findInPlatform) ??
    findInReferences(report) ??
    firstProblem(platforms, (entry) => firstProblem(entry.cells, (cell) => findInCell(report, entry, cell))) ??
    findInTotals(report)
  );
}

function firstProblem<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = find(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findExcess(report: Report, platforms: readonly PlatformReport[]): string | undefined {
  const cells = platforms.flatMap((entry) => entry.cells);
  if (platforms.some(({ toolchain }) => toolchain.tools.length > 2000)) return "it names more than 2000 tools";
  if (cells.length > CELLS) return `it has ${cells.length} cells, more than ${CELLS}`;
  const all = [...report.findings, ...(report.fixed ?? [])];
  const references = [
    ...cells.map((entry) => entry.findings.length),
    ...all.map((entry) => entry.hosts.length),
    ...platforms.map((entry) => entry.unjudged?.length ?? 0),
  ];
  return references.reduce((sum, length) => sum + length, 0) > REFERENCES
    ? "it is larger than any check would give"
    : undefined;
}

function findInPlatform({ toolchain, cells, unjudged: elsewhere = [] }: PlatformReport): string | undefined {
  const hosts = [...cells, ...elsewhere].map(({ host }) => host);
  if (new Set(hosts).size < hosts.length) return "a platform names a host twice";
  return elsewhere.some(({ architectures }) => architectures.includes(toolchain.architecture))
    ? "a host of a platform's own architecture is said not to run it"
    : undefined;
}

/** Findings and cells must name each other: one that no cell has counts for nothing, and one of another cell is not its. */
function findInReferences(report: Report): string | undefined {
  const about = report.findings.map((entry) => new Set(entry.hosts));
  const named = report.findings.map(() => new Set<string>());
  const places = new Set<string>();
  for (const { reference, platforms } of report.images)
    for (const entry of platforms)
      for (const { host, findings } of entry.cells) {
        places.add(placeOf(reference, entry.platform, host));
        for (const index of findings) {
          const own = report.findings[index];
          const isAbout = own?.image === reference && own.platform === entry.platform && about[index]?.has(host);
          if (isAbout !== true) return "a cell names a finding that isn't about it";
          named[index]?.add(host);
        }
      }
  if (report.findings.some(({ hosts }, index) => named[index]?.size !== hosts.length))
    return "a finding names a host whose cell doesn't name it";
  const isNowhere = ({ image, platform: of, hosts }: Finding) =>
    hosts.some((host) => !places.has(placeOf(image, of, host)));
  return (report.fixed ?? []).some(isNowhere) ? "what is fixed was on a host that it has no cell for" : undefined;
}

function placeOf(...names: string[]): string {
  return JSON.stringify(names);
}

function findInCell(report: Report, entry: PlatformReport, { findings, missing, base, verdict: stated }: Cell) {
  const own = findings.flatMap((index) => report.findings[index] ?? []);
  if (verdictOf(own, missing.length > 0) !== stated) return "a cell's verdict contradicts its findings";
  const isCompared = entry.base !== undefined && base !== undefined;
  return (base !== undefined || own.some((one) => one.existing === true)) && !isCompared
    ? "it compares with a base image that it doesn't name"
    : undefined;
}

function findInTotals(report: Report): string | undefined {
  const { verdict: whole, counts } = summarize(report.findings, report.images);
  if (whole !== report.verdict) return "its verdict contradicts its cells";
  const differs = (Object.keys(counts) as (keyof typeof counts)[]).some((name) => counts[name] !== report.counts[name]);
  return differs ? "its counts contradict its findings" : undefined;
}
