import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { adaptEvent, readEvent } from "../../src/github/event.ts";
import { payload as payloadFile } from "../support/action-step.ts";
import { scratchFolder } from "../support/scratch.ts";

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
      readOnly: false,
    });
  });

  const fork = (repo: unknown) => {
    const event = payload("pull_request");
    event.pull_request = { ...event.pull_request, head: { ...(event.pull_request?.head as object), repo } };
    return event;
  };
  const other = { full_name: "someone/Hello-World", owner: { login: "someone" } };

  test.each([
    ["from a fork", other],
    ["from a fork that is gone", null],
  ])("pull_request %s has a token that may only read", (_, repo) => {
    expect(adaptEvent("pull_request", fork(repo), sha)).toMatchObject({ pullRequest: 2, readOnly: true });
  });

  test("pull_request_target works, with rights, and is warned about", () => {
    expect(adaptEvent("pull_request_target", fork(other), sha)).toMatchObject({
      kind: "pull_request",
      pullRequest: 2,
      readOnly: false,
      warning: expect.stringContaining("gives the rights of this repository"),
    });
  });

  test("merge_group: the queue's commit, no comment", () => {
    expect(adaptEvent("merge_group", payload("merge_group"), sha)).toMatchObject({
      kind: "merge_group",
      headSha: (payload("merge_group").merge_group as { head_sha: string }).head_sha,
      noComment: "a merge queue run has no pull request of its own",
    });
  });

  test.each([
    ["push", payload("push")],
    ["schedule", { schedule: "17 4 * * 1" }],
    ["workflow_dispatch", payload("workflow_dispatch")],
  ])("%s: no comment", (name, event) => {
    expect(adaptEvent(name, event, sha)).toEqual({
      kind: name,
      headSha: sha,
      noComment: expect.stringMatching(/belongs to no pull request$/),
    });
  });

  test.each([
    ["issue_comment", payload("issue_comment")],
    ["no_such_event", {}],
    ["", undefined],
  ])("%s: another event, no comment, and its name is told", (name, event) => {
    expect(adaptEvent(name, event, sha)).toEqual({
      kind: "other",
      headSha: sha,
      noComment: `the event ${name || "(none)"} doesn't tell which pull request was checked`,
    });
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
    expect(event).toEqual({ kind: "workflow_run", headSha: head, pullRequest: 7 });
  });

  test("workflow_run of a fork: GitHub tells no number, branch and owner lead to it; its token has rights", () => {
    const event = run({
      event: "pull_request",
      pull_requests: [],
      head_branch: "patch-1",
      head_repository: { full_name: "someone/octo-repo", owner: { login: "someone" } },
    });
    expect(event).toEqual({ kind: "workflow_run", headSha: head, head: { owner: "someone", branch: "patch-1" } });
  });

  test("a pull request whose head has moved on is not that run's", () => {
    const event = run({ event: "pull_request", pull_requests: [{ number: 7, head: { sha } }], head_branch: "main" });
    expect(event.pullRequest).toBeUndefined();
  });

  test("a fork that is gone has no branch to look for", () => {
    const event = run({ event: "pull_request", pull_requests: [], head_repository: null });
    expect(event.noComment).toBe("the workflow run names no branch that a pull request could come from");
  });
});

describe("payloads of another shape name no pull request, and never end the run", () => {
  const shapes: [string, unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["a text", "pull_request"],
    ["a list", [1, 2]],
    ["another object", { nonsense: 1 }],
    ["a number that is none", { pull_request: { ...pull(), number: "2" } }],
    ["a number below one", { pull_request: { ...pull(), number: -2 } }],
    ["a commit that would lead elsewhere", { pull_request: { ...pull(), head: { sha: "../../x", repo: null } } }],
  ];
  function pull() {
    return payload("pull_request").pull_request;
  }
  test.each(shapes)("%s", (_, value) => {
    for (const name of ["pull_request", "pull_request_target", "merge_group", "workflow_run", "issue_comment", ""]) {
      const event = adaptEvent(name, value, sha);
      expect(event).toMatchObject({ headSha: sha, noComment: expect.any(String) });
      expect(event.pullRequest).toBeUndefined();
    }
  });
});

describe("reading the payload", () => {
  const scratch = scratchFolder("event");
  let folder: string;
  beforeEach(() => {
    folder = scratch.folder();
  });
  const read = (path: string | undefined) =>
    readEvent({
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_SHA: sha,
      ...(path === undefined ? {} : { GITHUB_EVENT_PATH: path }),
    });
  const put = (content: string) => {
    writeFileSync(join(folder, "event.json"), content);
    return join(folder, "event.json");
  };

  test("as the runner writes it", () => {
    expect(read(payloadFile("pull_request"))).toMatchObject({ pullRequest: 2 });
  });

  test("no path, and no name", () => {
    expect(read(undefined).noComment).toBe("the event's payload names no pull request");
    expect(readEvent({})).toMatchObject({ kind: "other", headSha: "" });
  });

  const pipe = () => {
    execFileSync("mkfifo", [join(folder, "pipe")], { timeout: 10_000 });
    return join(folder, "pipe");
  };
  const link = () => {
    symlinkSync(payloadFile("pull_request"), join(folder, "link"));
    return join(folder, "link");
  };
  test.each<[string, () => string, string]>([
    ["no such file", () => "/nowhere/event.json", "there is no such file"],
    ["a folder", () => folder, "not a file"],
    ["a pipe that nobody writes to", pipe, "not a file"],
    ["a link", link, "links are not followed"],
    ["no JSON, whose text is not shown", () => put("<secret>"), "(GITHUB_EVENT_PATH: not JSON)"],
    ["cut off", () => put('{"pull_request": {"number": 2'), "not JSON"],
    ["empty", () => put(""), "it is empty"],
    ["nested without end", () => put("[".repeat(1_000_000)), "not JSON"],
    ["larger than GitHub's largest", () => put(" ".repeat(27 * 1024 * 1024)), "are more than a payload has"],
  ])("%s", (_, path, reason) => {
    const event = read(path());
    expect(event).toMatchObject({ kind: "pull_request", headSha: sha });
    expect(event.noComment).toContain("the event's payload can't be read (");
    expect(event.noComment).toContain(reason);
    expect(event.noComment).not.toContain("<secret>");
  });
});
