import { join, resolve } from "node:path";
import { writeWhole } from "../files/write-whole.ts";
import type { Environment } from "../model/environment.ts";
import { messageOf, UserError } from "../model/error.ts";
import type { Report } from "../model/report.ts";
import { renderJsonPieces } from "../report/json.ts";
import type { SarifOptions } from "../report/sarif.ts";
import { renderSarif } from "../report/sarif.ts";
import type { ReportContext } from "../report/view.ts";

/**
 * Writes the JSON report: where the input says, else into the runner's folder for temporary files, so that the output
 * `report-file` always leads to it.
 * @returns the path as it should be handed on; empty where there is no place to write to
 * @throws UserError when the place that the input names can't be written
 */
export function writeReportFile(report: Report, input: string | undefined, env: Environment): string {
  const path = input ?? defaultPath(env);
  if (path === undefined) return "";
  writeText(path, renderJsonPieces(report), input === undefined ? undefined : "report-file", env);
  return path;
}

/** Writes SARIF where the input says; nothing without the input. Result and errors as {@link writeReportFile}. */
export function writeSarifFile(
  report: Report,
  context: ReportContext,
  options: SarifOptions,
  input: string | undefined,
  env: Environment,
): string {
  if (input === undefined) return "";
  writeText(input, renderSarif(report, context, options), "sarif-file", env);
  return input;
}

/** One file for each step of a job: two uses of the Action must not overwrite each other. */
function defaultPath(env: Environment): string | undefined {
  if (!env.RUNNER_TEMP) return undefined;
  const step = `${env.GITHUB_JOB ?? "job"}-${env.GITHUB_ACTION ?? "step"}`.replace(/[^\w-]/g, "_");
  return join(env.RUNNER_TEMP, "netfilter-compat", `${step}.json`);
}

function writeText(path: string, text: string | Iterable<string>, input: string | undefined, env: Environment): void {
  const absolute = resolve(env.GITHUB_WORKSPACE || ".", path);
  try {
    writeWhole(absolute, text);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new UserError(`${input === undefined ? "report" : `input ${input}`}: ${reason}`);
  }
}
