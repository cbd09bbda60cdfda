import { readFileSync } from "node:fs";
import { type CheckArguments, type Invocation, parseArguments, usage } from "./arguments.ts";
import { check } from "./check.ts";
import { findDockerfile } from "./dockerfile/find.ts";
import { writeWhole } from "./files/write-whole.ts";
import { listHosts } from "./host-listing.ts";
import { splitHostList } from "./hosts/select.ts";
import { didYouMean } from "./hosts/suggest.ts";
import { inspectImages } from "./inspect.ts";
import { locateFindings } from "./location.ts";
import { UserError } from "./model/error.ts";
import type { Report } from "./model/report.ts";
import { ruleIds } from "./model/rule-ids.ts";
import { type Inspection, inspectionSchema } from "./model/toolchain.ts";
import { renderInspectionText } from "./report/inspection-text.ts";
import { renderInspectionJson, renderJson } from "./report/json.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { renderSarif } from "./report/sarif.ts";
import { failureReason } from "./report/status.ts";
import { renderText } from "./report/text.ts";
import type { ReportContext } from "./report/view.ts";
import { readRuleHelp, readRulePage } from "./rule-pages.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import { tool } from "./version.ts";

/** Runs one invocation. @returns the exit code */
async function run(invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case "help":
      process.stdout.write(usage);
      return 0;
    case "version":
      process.stdout.write(`${tool.name} ${tool.version}\n`);
      return 0;
    case "check":
      return runCheck(invocation.options);
    case "inspect": {
      const inspection = await inspectImages(invocation.images, invocation.platforms);
      const json = invocation.format === "json";
      emit(json ? renderInspectionJson(inspection) : renderInspectionText(inspection, terminal()), invocation.output);
      return 0;
    }
    case "hosts":
      emit(listHosts(invocation, process.cwd()), undefined);
      return 0;
    case "explain":
      emit(explain(invocation.rule), undefined);
      return 0;
  }
}

async function runCheck(options: CheckArguments): Promise<number> {
  const settings = resolveSettings({
    folder: process.cwd(),
    ...(options.config === undefined ? {} : { configFile: options.config }),
    ...(options.hosts === undefined ? {} : { hosts: splitHostList(options.hosts) }),
    today: new Date().toISOString().slice(0, 10),
  });
  const dockerfile = findDockerfile(process.cwd());
  const report = await check({
    images: options.toolchains.length > 0 ? readInspections(options.toolchains) : options.images,
    base: options.base,
    platforms: options.platforms,
    settings,
    ...("path" in dockerfile ? { locate: locateFindings(dockerfile) } : {}),
  });
  emit(render(report, options, settings, "path" in dockerfile ? dockerfile.path : undefined), options.output);
  const failure = failureReason(report, {
    failOn: options.failOn ?? settings.config["fail-on"] ?? "error",
    failOnUnknown: options.failOnUnknown ?? settings.config["fail-on-unknown"] ?? false,
  });
  return failure === undefined ? 0 : 1;
}

function render(report: Report, options: CheckArguments, settings: Settings, dockerfile: string | undefined): string {
  const context: ReportContext = {
    hostTitles: new Map(settings.hosts.map(({ host }) => [host.id, host.title])),
    ...(options.config === undefined ? {} : { configFile: options.config }),
  };
  switch (options.format) {
    case "json":
      return renderJson(report);
    case "markdown":
      return renderMarkdown(report, context);
    case "sarif":
      return renderSarif(report, context, { fallbackFile: dockerfile ?? "Dockerfile", ruleHelp: readRuleHelp() });
    case "text":
      return renderText(report, context, terminal());
  }
}

/** Files that `inspect --format json` wrote, taken as one inspection. */
function readInspections(files: readonly string[]): Inspection {
  const images = files.flatMap((file) => {
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      throw new UserError(`${file}: not readable as JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    const parsed = inspectionSchema.safeParse(value);
    if (parsed.success) return parsed.data.images;
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? "the document" : issue.path.join(".");
    throw new UserError(`${file}: not what inspect --format json prints: ${where}: ${issue?.message ?? "invalid"}`);
  });
  return { schemaVersion: 1, tool, images };
}

function explain(rule: string): string {
  const page = readRulePage(rule);
  if (page !== undefined) return page;
  throw new UserError(
    `explain: there is no rule "${rule}"; ${didYouMean(rule, ruleIds, `known are ${ruleIds.join(", ")}`)}`,
  );
}

function terminal() {
  const { stdout, env } = process;
  return {
    color: stdout.isTTY === true && env.NO_COLOR === undefined,
    ...(stdout.isTTY === true ? { width: stdout.columns } : {}),
  };
}

/** The report goes to stdout, or whole into a file. */
function emit(text: string, file: string | undefined): void {
  if (file === undefined) process.stdout.write(text);
  else writeWhole(file, text);
}

try {
  // The exit code is set, not forced: stdout may be a pipe that still drains.
  process.exitCode = await run(parseArguments(process.argv.slice(2)));
} catch (error) {
  process.exitCode = 2;
  const line =
    error instanceof UserError
      ? error.message
      : `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  process.stderr.write(`netfilter-compat: ${line.replaceAll(/\s*\n\s*/g, " ")}\n`);
  if (!(error instanceof UserError) && process.env.NETFILTER_COMPAT_DEBUG !== undefined) console.error(error);
}
