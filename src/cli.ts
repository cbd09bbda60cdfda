import type { CheckArguments, Invocation } from "./arguments.ts";
import { expandBuildMetadata } from "./build-metadata.ts";
import { check } from "./check.ts";
import { emit, readingOf, runProgram, terminal } from "./console.ts";
import { findDockerfile } from "./dockerfile/find.ts";
import { listHosts } from "./host-listing.ts";
import { splitHostList } from "./hosts/select.ts";
import { locateFindings } from "./location.ts";
import { UserError } from "./model/error.ts";
import { given } from "./model/given.ts";
import type { Report } from "./model/report.ts";
import { ruleIds } from "./model/rule-ids.ts";
import { didYouMean } from "./model/suggest.ts";
import { renderJson } from "./report/json.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { renderSarif } from "./report/sarif.ts";
import { failureReason } from "./report/status.ts";
import { renderText } from "./report/text.ts";
import type { ReportContext } from "./report/view.ts";
import { readRuleHelp, readRulePage } from "./rule-pages.ts";
import { readInspections, readReportedImages } from "./saved-inspections.ts";
import { resolveSettings, type Settings } from "./settings.ts";

/** Runs one invocation. @returns the exit code */
async function run(invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case "check":
      return runCheck(invocation.options);
    case "hosts":
      emit(listHosts(invocation, process.cwd()), undefined);
      return 0;
    case "explain":
      emit(explain(invocation.rule), undefined);
      return 0;
    default:
      throw new Error(`start.ts answers ${invocation.command} in another way`);
  }
}

async function runCheck(options: CheckArguments): Promise<number> {
  const { toolchains, baseReports, reading } = options;
  const folder = process.cwd();
  const settings = resolveSettings({
    folder,
    ...given({
      configFile: options.config,
      hosts: options.hosts === undefined ? undefined : namedHosts(options.hosts),
    }),
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

/** A list of nothing but commas is no wish for the default. */
function namedHosts(list: string): string[] {
  const hosts = splitHostList(list);
  if (hosts.length === 0) throw new UserError("--hosts: names no host; leave it out for the default selection");
  return hosts;
}

function render(report: Report, options: CheckArguments, settings: Settings, dockerfile: string | undefined): string {
  const context: ReportContext = {
    hostTitles: new Map(settings.hosts.map(({ host }) => [host.id, host.title])),
    ...given({ configFile: options.config }),
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
  if ((ruleIds as readonly string[]).includes(rule))
    throw new UserError(`explain: docs/rules/${rule}.md is missing beside dist/: take the whole repository`);
  throw new UserError(
    `explain: there is no rule "${rule}"; ${didYouMean(rule, ruleIds, `known are ${ruleIds.join(", ")}`)}`,
  );
}

await runProgram(run);
