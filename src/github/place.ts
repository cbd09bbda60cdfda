import type { Environment } from "../model/environment.ts";
import type { ReportContext } from "../report/view.ts";
import type { RunEvent } from "./event.ts";

/**
 * What tells this use of the Action apart from any other in the repository: the `report-name`, else workflow, job and step.
 * Legs of a matrix share those three, which is why they need a name.
 */
export function reportIdentity(reportName: string | undefined, env: Environment): string {
  return reportName ?? [env.GITHUB_WORKFLOW, env.GITHUB_JOB, env.GITHUB_ACTION].map((part) => part ?? "").join("/");
}

/** Addresses that the report links to: rule pages of this version of the Action, files at the checked commit, the run. */
export function linkContext(
  env: Environment,
  event: RunEvent,
): Pick<ReportContext, "docsBase" | "sourceBase" | "runUrl"> {
  const server = env.GITHUB_SERVER_URL || "https://github.com";
  const repository = env.GITHUB_REPOSITORY;
  if (!repository) return {};
  const sha = event.headSha || env.GITHUB_SHA;
  // `uses: ./` leaves both empty: then the pages are those of the checked repository itself.
  const action = env.GITHUB_ACTION_REPOSITORY || repository;
  const version = env.GITHUB_ACTION_REPOSITORY ? env.GITHUB_ACTION_REF || "HEAD" : sha || "HEAD";
  return {
    docsBase: `${server}/${action}/blob/${encodeRef(version)}/docs/rules/`,
    ...(sha ? { sourceBase: `${server}/${repository}/blob/${sha}/` } : {}),
    ...(env.GITHUB_RUN_ID ? { runUrl: `${server}/${repository}/actions/runs/${env.GITHUB_RUN_ID}` } : {}),
  };
}

function encodeRef(ref: string): string {
  return ref
    .split("/")
    .map((part) => encodeURIComponent(part).replace(/[()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`))
    .join("/");
}

/** The workflow file, a path that surely exists in the repository; for findings without a line of their own. */
export function workflowFile(env: Environment): string | undefined {
  return /^[^/]+\/[^/]+\/(\.github\/[^@]+)@/.exec(env.GITHUB_WORKFLOW_REF ?? "")?.[1];
}
