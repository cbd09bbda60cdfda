import * as z from "zod/mini";
import { readJson } from "../files/read-bounded.ts";
import type { Environment } from "../model/environment.ts";
import { messageOf } from "../model/error.ts";

/** What started the run, whichever event it was: the one place that knows the shapes of payloads. */

export interface RunEvent {
  kind: "pull_request" | "push" | "merge_group" | "schedule" | "workflow_dispatch" | "workflow_run" | "other";
  /** The commit that was checked: for a pull request the head of its branch, not the test merge. */
  headSha: string;
  /** Number of the pull request, when the event tells it. */
  pullRequest?: number;
  /** The run has a token that may only read, whatever its permissions say: GitHub does so for a fork's pull request. */
  readOnly?: boolean;
  /** For `workflow_run` without a number: where the pull request comes from, so that it can be looked up. */
  head?: { owner: string; branch: string };
  /** Why this event has no pull request to comment on; a clause without capital and stop. */
  noComment?: string;
  /** What is unwise about this event; a sentence. */
  warning?: string;
}

/** Bytes of a payload: GitHub delivers none above 25 MB
 * (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap). */
const PAYLOAD_LIMIT = 26 * 1024 * 1024;

const number = z.int().check(z.positive());
/** SHA-1 or SHA-256, as GitHub writes them: it becomes part of addresses. */
const commit = z.string().check(z.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/));
const repository = z.nullish(z.object({ full_name: z.string(), owner: z.object({ login: z.string() }) }));
const pullRequestEvent = z.object({
  pull_request: z.object({
    number,
    head: z.object({ sha: commit, repo: repository }),
    base: z.object({ repo: repository }),
  }),
});
const mergeGroupEvent = z.object({ merge_group: z.object({ head_sha: commit }) });
const workflowRunEvent = z.object({
  workflow_run: z.object({
    event: z.string(),
    head_sha: commit,
    head_branch: z.nullish(z.string()),
    head_repository: repository,
    repository: z.nullish(z.object({ id: z.optional(z.number()), full_name: z.string() })),
    pull_requests: z.array(
      z.object({
        number,
        head: z.object({ sha: commit }),
        base: z.optional(z.object({ repo: z.object({ id: z.number() }) })),
      }),
    ),
  }),
});

const TARGET_WARNING =
  "pull_request_target gives the rights of this repository to whatever the job builds of a stranger's pull request; use pull_request, and for comments on forks the two workflows of docs/recipes.md";

/**
 * @param name `GITHUB_EVENT_NAME`
 * @param payload the event's parsed JSON; undefined when there is none
 * @param sha `GITHUB_SHA`, used where the payload names no commit
 */
export function adaptEvent(name: string, payload: unknown, sha: string): RunEvent {
  switch (name) {
    case "pull_request":
      return adaptPullRequest(payload, sha);
    case "pull_request_target":
      return { ...adaptPullRequest(payload, sha), readOnly: false, warning: TARGET_WARNING };
    case "merge_group":
      return adaptMergeGroup(payload, sha);
    case "workflow_run":
      return adaptWorkflowRun(payload, sha);
    case "push":
      return { kind: "push", headSha: sha, noComment: "a push belongs to no pull request" };
    case "schedule":
      return { kind: "schedule", headSha: sha, noComment: "a scheduled run belongs to no pull request" };
    case "workflow_dispatch":
      return { kind: "workflow_dispatch", headSha: sha, noComment: "a run started by hand belongs to no pull request" };
    default:
      // A comment's or a review's run checks whatever the workflow chose to check out.
      return {
        kind: "other",
        headSha: sha,
        noComment: `the event ${name || "(none)"} doesn't tell which pull request was checked`,
      };
  }
}

/** Reads `GITHUB_EVENT_NAME`, `GITHUB_EVENT_PATH` and `GITHUB_SHA`. A payload that can't be read is an event without pull
 * request, never an error. */
export function readEvent(env: Environment): RunEvent {
  const name = env.GITHUB_EVENT_NAME ?? "";
  const sha = env.GITHUB_SHA ?? "";
  const path = env.GITHUB_EVENT_PATH;
  if (!path) return adaptEvent(name, undefined, sha);
  const file = { path, shown: "GITHUB_EVENT_PATH", limit: PAYLOAD_LIMIT, what: "a payload" };
  try {
    return adaptEvent(name, readJson(file).value, sha);
  } catch (cause) {
    const reason = messageOf(cause);
    return { ...adaptEvent(name, undefined, sha), noComment: `the event's payload can't be read (${reason})` };
  }
}

function adaptPullRequest(payload: unknown, sha: string): RunEvent {
  const parsed = pullRequestEvent.safeParse(payload);
  if (!parsed.success)
    return { kind: "pull_request", headSha: sha, noComment: "the event's payload names no pull request" };
  const { number, head, base } = parsed.data.pull_request;
  // A fork that was deleted since has no repository any more.
  const readOnly = head.repo == null || head.repo.full_name !== base.repo?.full_name;
  return { kind: "pull_request", headSha: head.sha, pullRequest: number, readOnly };
}

function adaptMergeGroup(payload: unknown, sha: string): RunEvent {
  const parsed = mergeGroupEvent.safeParse(payload);
  const headSha = parsed.success ? parsed.data.merge_group.head_sha : sha;
  return { kind: "merge_group", headSha, noComment: "a merge queue run has no pull request of its own" };
}

/** GitHub leaves `pull_requests` empty for forks; then the owner and branch it ran for are the way to find it. */
function adaptWorkflowRun(payload: unknown, sha: string): RunEvent {
  const kind = "workflow_run";
  const parsed = workflowRunEvent.safeParse(payload);
  if (!parsed.success) return { kind, headSha: sha, noComment: "the event's payload names no workflow run" };
  const run = parsed.data.workflow_run;
  const headSha = run.head_sha;
  if (!/^pull_request(_target)?$/.test(run.event))
    return { kind, headSha, noComment: `the workflow run was started by ${run.event}, not by a pull request` };
  // GitHub lists pull requests of other repositories of the network too.
  const isOurs = (id: number | undefined) => id === undefined || id === run.repository?.id;
  const own = run.pull_requests.filter((pull) => pull.head.sha === headSha && isOurs(pull.base?.repo.id));
  if (own.length === 1 && own[0]) return { kind, headSha, pullRequest: own[0].number };
  if (run.head_repository == null || run.head_branch == null)
    return { kind, headSha, noComment: "the workflow run names no branch that a pull request could come from" };
  return { kind, headSha, head: { owner: run.head_repository.owner.login, branch: run.head_branch } };
}
