import { debug, info, notice, setFailed, error as showError, warning } from "@actions/core";
import type { Environment } from "../model/environment.ts";
import { messageOf } from "../model/error.ts";
import { given } from "../model/given.ts";
import type { Report } from "../model/report.ts";
import { buildAnnotations } from "../report/annotations.ts";
import { COMMENT_LIMIT, fitMarkdown } from "../report/budget.ts";
import { plainText } from "../report/escape.ts";
import { headline, leadingSuggestion } from "../report/headline.ts";
import type { SarifOptions } from "../report/sarif.ts";
import { failureReason } from "../report/status.ts";
import { renderText } from "../report/text.ts";
import type { ReportContext } from "../report/view.ts";
import { createClient, isRateLimited, statusOf } from "./client.ts";
import type { CommentResult } from "./comment.ts";
import { commentMarker, shouldCreate, upsertComment } from "./comment.ts";
import { isInDiff } from "./diff.ts";
import type { RunEvent } from "./event.ts";
import { readEvent } from "./event.ts";
import { writeReportFile, writeSarifFile } from "./files.ts";
import type { ActionInputs, PublishInputs } from "./inputs.ts";
import { describeFix, readMemory, writeMemory } from "./memory.ts";
import { writeOutputs } from "./outputs.ts";
import { linkContext, reportIdentity, workflowFile } from "./place.ts";
import { findPullRequest, parseRepository } from "./pull-request.ts";
import { writeSummary } from "./summary.ts";

/** Tells people: log, annotations, job summary, files, comment, outputs, and the step's status. */

export interface PublishOptions {
  report: Report;
  /** As read, with what the config file adds. Built-in defaults are applied here. */
  inputs: PublishInputs & Pick<ActionInputs, "config">;
  env: Environment;
  hostTitles?: ReadonlyMap<string, string>;
  /** Help texts of rules for SARIF. */
  ruleHelp?: SarifOptions["ruleHelp"];
  /** The Dockerfile in use, for SARIF results without a line. */
  dockerfile?: string;
  /** Annotations of findings; default true. */
  annotations?: boolean;
  /** Warnings that the step has already shown; they take places from the annotations. */
  warningsShown?: number;
  /** Unit of waiting between tries of an API request. Milliseconds, default 1000. */
  retryUnit?: number;
}

export interface Published {
  /** Why the step fails; undefined when it doesn't. */
  failure?: string;
  commentUrl?: string;
  /** Why there is no comment although one was possible to want. */
  noComment?: string;
}

/**
 * Publishes a report. Sets the exit code to 1 when the step fails. Whatever GitHub's API does, nothing else suffers.
 * @throws UserError, after all else is done, when `report-file` or `sarif-file` can't be written
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const { report, inputs, env } = options;
  const event = readEvent(env);
  const context = makeContext(options, event);
  if (event.warning !== undefined) warning(event.warning);
  const failure = failureReason(report, {
    failOn: inputs.failOn ?? "error",
    failOnUnknown: inputs.failOnUnknown ?? false,
    failOnExisting: inputs.failOnExisting ?? false,
  });
  info(forLog(renderText(report, context, { limit: LOG_LIMIT })));
  const warned = (options.warningsShown ?? 0) + (event.warning === undefined ? 0 : 1);
  if (options.annotations !== false) annotate(options, context, failure !== undefined, warned);
  const noSummary = writeSummary(report, context, env.GITHUB_STEP_SUMMARY);
  if (noSummary !== undefined) info(noSummary);
  const files = writeFiles(options, context);
  const comment = await commentOn(options, context, event, failure !== undefined);
  writeOutputs(report, { ...files.places, commentUrl: comment.commentUrl ?? "" });
  if (failure !== undefined) {
    const { change, sentence } = headline(report, context);
    const line = `${change === undefined ? "" : `${change}. `}${sentence.replace(/[`]|\.$/g, "")} (${failure})`;
    setFailed(plainText(line, 1500));
  }
  if (files.error !== undefined) throw files.error;
  return { ...comment, ...given({ failure }) };
}

/** Nobody reads further in a log, and browsers struggle with it. Characters. */
const LOG_LIMIT = 500_000;

function forLog(text: string): string {
  if (text.length <= LOG_LIMIT) return text;
  return `${text.slice(0, text.lastIndexOf("\n", LOG_LIMIT))}\n… cut here; the JSON report has all of it.\n`;
}

function makeContext({ inputs, env, hostTitles }: PublishOptions, event: RunEvent): ReportContext {
  return {
    ...linkContext(env, event),
    ...given({
      hostTitles,
      reportName: inputs.reportName,
      reportFile: inputs.reportFile,
      configFile: inputs.config,
    }),
  };
}

const show = { error: showError, warning, notice };

function annotate({ report }: PublishOptions, context: ReportContext, fails: boolean, warned: number): void {
  // The failing status is an error annotation too, a missing comment a warning or a notice.
  const reserved = { error: fails ? 1 : 0, warning: 1 + warned, notice: 1 };
  for (const { severity, message, title, file, line } of buildAnnotations(report, context, reserved))
    show[severity](message, { title, ...given({ file, startLine: line }) });
}

/** An unwritable path must not cost the comment, so its error waits. */
function writeFiles(options: PublishOptions, context: ReportContext) {
  const { report, inputs, env } = options;
  const places = { reportFile: "", sarifFile: "" };
  let error: unknown;
  try {
    places.reportFile = writeReportFile(report, inputs.reportFile, env);
    const sarifContext = { ...context, reportName: reportIdentity(inputs.reportName, env) };
    places.sarifFile = writeSarifFile(report, sarifContext, sarifOptions(options), inputs.sarifFile, env);
  } catch (cause) {
    error = cause;
  }
  return { places, error };
}

function sarifOptions({ dockerfile, ruleHelp, env }: PublishOptions): SarifOptions {
  return {
    fallbackFile: dockerfile ?? workflowFile(env) ?? "Dockerfile",
    ...given({ ruleHelp }),
  };
}

type CommentOutcome = Pick<Published, "commentUrl" | "noComment">;

async function commentOn(
  options: PublishOptions,
  context: ReportContext,
  event: RunEvent,
  fails: boolean,
): Promise<CommentOutcome> {
  const { report, inputs, env } = options;
  const mode = inputs.comment ?? "on-failure";
  const create = shouldCreate(mode, report.counts.errors, fails);
  if (mode === "never") return skip(info, "the input comment says never");
  if (event.noComment !== undefined) return skip(info, event.noComment);
  const repository = parseRepository(env.GITHUB_REPOSITORY);
  if (repository === undefined) return skip(info, "GITHUB_REPOSITORY names no repository");
  if (inputs.token === undefined) return skip(create ? warning : info, "the input github-token is empty");
  try {
    const client = await createClient({
      token: inputs.token,
      apiUrl: env.GITHUB_API_URL || "https://api.github.com",
      debug,
      ...given({ retryUnit: options.retryUnit }),
    });
    try {
      const pullRequest = await findPullRequest(client, repository, event);
      if (pullRequest === undefined) return skip(info, "no open pull request has this run's commit as its head");
      const marker = commentMarker(reportIdentity(inputs.reportName, env));
      const wanted = leadingSuggestion(report);
      const shown = wanted !== undefined && (await isInDiff(client, repository, pullRequest, wanted));
      const commentContext = shown ? { ...context, suggestion: wanted } : context;
      const body = (previous: string | undefined) => {
        const before = readMemory(previous);
        const fixedBy = describeFix(before, report);
        const whole = fixedBy === undefined ? commentContext : { ...commentContext, fixedBy };
        return fitMarkdown(report, whole, COMMENT_LIMIT, `\n${writeMemory(report, fixedBy, before)}${marker}\n`);
      };
      return told(await upsertComment(client, { repository, pullRequest, body, marker, create }));
    } finally {
      client.release();
    }
  } catch (error) {
    return skip(event.readOnly ? notice : warning, explain(error, event));
  }
}

function told(result: CommentResult): CommentOutcome {
  for (const problem of result.problems) info(problem);
  if (result.done === "none") return skip(info, "there are no errors, and no earlier comment to update");
  info(`Comment ${result.done}: ${result.url}`);
  if (result.deleted > 0) info(`Duplicates of the comment deleted: ${result.deleted}`);
  return { commentUrl: result.url };
}

function skip(say: (line: string) => void, reason: string): CommentOutcome {
  say(plainText(`No pull-request comment: ${reason}. The job summary has the whole report.`, 1500));
  return { noComment: reason };
}

/** Why a request failed, for the person who can change it. */
function explain(error: unknown, event: RunEvent): string {
  const status = statusOf(error);
  const message = messageOf(error).split("\n", 1)[0];
  if (status === 401) return "GitHub doesn't accept the token (401)";
  if (isRateLimited(error)) return `GitHub is asked too often and wants a longer wait than is useful here (${status})`;
  if (status === 403 && event.readOnly)
    return "the pull request comes from a fork, and GitHub gives its workflows a token that may only read (403)";
  if (status === 403) return `the token may not write it (403); the job needs "permissions: pull-requests: write"`;
  if (status === 404) return "the token sees no such repository or pull request (404)";
  if (status === 422) return `GitHub refused the text (422): ${message}`;
  if (status !== undefined) return `GitHub's API answered ${status}, also when asked again`;
  return `GitHub's API can't be reached (${message})`;
}
