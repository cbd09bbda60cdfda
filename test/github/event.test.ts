import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { adaptEvent, readEvent } from "../../src/github/event.ts";

/** Deep enough to change what a case needs. */
type Payload = Record<string, Record<string, unknown>>;
function payload(name: string): Payload {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));
}
const sha = "f".repeat(40);

describe("events", () => {
  test("pull_request: its head, not the test merge", () => {
    const event = payload("pull_request");
    expect(adaptEvent("pull_request", event, sha)).toEqual({
      kind: "pull_request",
      headSha: "ec26c3e57ca3a959ca5aad62de7213c562f8c821",
      pullRequest: 2,
      fork: false,
    });
  });

  test.each([
    ["from a fork", { full_name: "someone/Hello-World", owner: { login: "someone" } }],
    ["from a fork that is gone", null],
  ])("pull_request %s", (_, repo) => {
    const event = payload("pull_request");
    event.pull_request = { ...event.pull_request, head: { ...(event.pull_request?.head as object), repo } };
    expect(adaptEvent("pull_request", event, sha)).toMatchObject({ pullRequest: 2, fork: true });
  });

  test("merge_group: the queue's commit, no comment", () => {
    expect(adaptEvent("merge_group", payload("merge_group"), sha)).toMatchObject({
      kind: "merge_group",
      headSha: (payload("merge_group").merge_group as { head_sha: string }).head_sha,
      noComment: "a merge queue run has no pull request of its own",
    });
  });

  test.each(["push", "schedule", "workflow_dispatch"])("%s: no comment", (name) => {
    const event = adaptEvent(name, payload("push"), sha);
    expect(event).toMatchObject({ kind: name, headSha: sha });
    expect(event.noComment).toMatch(/belongs to no pull request$/);
  });

  const run = (change: Record<string, unknown>) => {
    const event = payload("workflow_run");
    event.workflow_run = { ...event.workflow_run, ...change };
    return adaptEvent("workflow_run", event, sha);
  };
  const head = (payload("workflow_run").workflow_run as { head_sha: string }).head_sha;

  test("workflow_run of something else: no comment", () => {
    expect(run({})).toMatchObject({
      headSha: head,
      noComment: "the workflow run was started by repository_dispatch, not by a pull request",
    });
  });

  test("workflow_run of a pull request of the same repository", () => {
    const event = run({ event: "pull_request", pull_requests: [{ number: 7, head: { sha: head } }] });
    expect(event).toEqual({ kind: "workflow_run", headSha: head, pullRequest: 7, fork: false });
  });

  test("workflow_run of a fork: GitHub tells no number, branch and owner lead to it", () => {
    const event = run({
      event: "pull_request",
      pull_requests: [],
      head_branch: "patch-1",
      head_repository: { full_name: "someone/octo-repo", owner: { login: "someone" } },
    });
    expect(event).toEqual({
      kind: "workflow_run",
      headSha: head,
      fork: true,
      head: { owner: "someone", branch: "patch-1" },
    });
  });

  test("a pull request whose head has moved on is not that run's", () => {
    const event = run({ event: "pull_request", pull_requests: [{ number: 7, head: { sha } }], head_branch: "main" });
    expect(event.pullRequest).toBeUndefined();
  });

  test.each([
    "pull_request",
    "merge_group",
    "workflow_run",
    "issue_comment",
    "",
  ])("%s with a payload of another kind", (name) => {
    expect(adaptEvent(name, { nonsense: 1 }, sha)).toMatchObject({ headSha: sha, noComment: expect.any(String) });
  });

  test("an unreadable payload is no pull request, not a crash", () => {
    const env = { GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: "/nowhere/event.json", GITHUB_SHA: sha };
    expect(readEvent(env).noComment).toMatch(/^the event's payload can't be read \(ENOENT/);
  });
});
