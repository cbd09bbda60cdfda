import { type CheckArguments, type Invocation, parseArguments, type ReadingArguments, usage } from "./arguments.ts";
import { expandBuildMetadata } from "./build-metadata.ts";
import { check } from "./check.ts";
import { findDockerfile } from "./dockerfile/find.ts";
import { writeWhole } from "./files/write-whole.ts";
import { listHosts } from "./host-listing.ts";
import { splitHostList } from "./hosts/select.ts";
import { didYouMean } from "./hosts/suggest.ts";
import { inspectImages, type ReadingOptions } from "./inspect.ts";
import { locateFindings } from "./location.ts";
import { UserError } from "./model/error.ts";
import type { Report } from "./model/report.ts";
import { ruleIds } from "./model/rule-ids.ts";
import { createReporter, type ProgressOutput } from "./progress.ts";
import { plainText } from "./report/escape.ts";
import { renderInspectionText } from "./report/inspection-text.ts";
import { renderInspectionJson, renderJson } from "./report/json.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { renderSarif } from "./report/sarif.ts";
import { failureReason } from "./report/status.ts";
import { renderText } from "./report/text.ts";
import type { ReportContext } from "./report/view.ts";
import { readRuleHelp, readRulePage } from "./rule-pages.ts";
import { readInspections, readReportedImages } from "./saved-inspections.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import { tool } from "./version.ts";

/** Characters of an error's line. */
const errorLength = 2000;

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
      const inspection = await inspectImages(
        expandBuildMetadata(invocation.images, process.cwd()),
        readingOf(invocation.reading),
      );
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
  const { toolchains, baseReports, reading } = options;
  const folder = process.cwd();
  const settings = resolveSettings({
    folder,
    ...(options.config === undefined ? {} : { configFile: options.config }),
    ...(options.hosts === undefined ? {} : { hosts: namedHosts(options.hosts) }),
    limits: reading.limits,
    today: new Date().toISOString().slice(0, 10),
  });
  const dockerfile = findDockerfile(folder);
  const report = await check({
    images:
      toolchains.length > 0
        ? readInspections(toolchains, reading.platforms)
        : expandBuildMetadata(options.images, folder),
    base: baseReports.length > 0 ? readReportedImages(baseReports, folder) : expandBuildMetadata(options.base, folder),
    settings,
    reading: readingOf(reading),
    ...("path" in dockerfile ? { locate: locateFindings(dockerfile) } : {}),
  });
  emit(render(report, options, settings, "path" in dockerfile ? dockerfile.path : undefined), options.output);
  const failure = failureReason(report, {
    failOn: options.failOn ?? settings.config["fail-on"] ?? "error",
    failOnUnknown: options.failOnUnknown ?? settings.config["fail-on-unknown"] ?? false,
    failOnExisting: options.failOnExisting ?? settings.config["fail-on-existing"] ?? false,
  });
  return failure === undefined ? 0 : 1;
}

function readingOf({ quiet, ...reading }: ReadingArguments): ReadingOptions {
  const output = quiet ? undefined : progressOutput();
  return output === undefined ? reading : { ...reading, reporter: createReporter(output) };
}

/** A line that renews itself on a terminal, plain lines in CI, nothing in a pipe: stderr is for errors there. */
function progressOutput(): ProgressOutput | undefined {
  const { stderr, env } = process;
  const line = (text: string) => stderr.write(`${plainText(text, errorLength)}\n`);
  const now = () => performance.now();
  if (stderr.isTTY === true)
    return { line, now, show: (text) => stderr.write(`\r\u001b[K${plainText(text, (stderr.columns || 80) - 1)}`) };
  return env.CI === "true" ? { line, now } : undefined;
}

/** An empty list is a variable that wasn't set, not the wish for the default. */
function namedHosts(list: string): string[] {
  const hosts = splitHostList(list);
  if (hosts.length === 0) throw new UserError("--hosts: names no host; leave it out for the default selection");
  return hosts;
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

/** One line: names of files and hosts may be in it, and what they hold must not steer the terminal. */
function complain(text: string): void {
  process.stderr.write(`${tool.name}: ${plainText(text, errorLength)}\n`);
}

/** Who reads may have seen enough (`| head -1`): that is no error, and the verdict stays what it is. */
function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    complain(`can't write the output (${error.code ?? "unknown cause"})`);
    process.exit(2);
  });
  process.stderr.on("error", () => {});
}

watchOutput();
try {
  // The exit code is set, not forced: stdout may be a pipe that still drains.
  process.exitCode = await run(parseArguments(process.argv.slice(2)));
} catch (error) {
  process.exitCode = 2;
  const message = error instanceof Error ? error.message : String(error);
  complain(error instanceof UserError ? message : `unexpected: ${message}`);
  if (!(error instanceof UserError) && process.env.NETFILTER_COMPAT_DEBUG !== undefined)
    for (const line of (error instanceof Error ? (error.stack ?? "") : "").split("\n")) complain(line);
}
