import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "../../src/github/client.ts";
import { createClient, statusOf } from "../../src/github/client.ts";
import { commentMarker, shouldCreate, upsertComment } from "../../src/github/comment.ts";
import type { RunEvent } from "../../src/github/event.ts";
import { findPullRequest } from "../../src/github/pull-request.ts";
import type { StandIn } from "../support/github-server.ts";
import { startGitHub } from "../support/github-server.ts";

const repository = { owner: "owner", repo: "name" };
const bot = "github-actions[bot]";
const marker = commentMarker("ci/build/agent");

let github: StandIn;
let client: Client;
beforeEach(async () => {
  github = await startGitHub();
  client = await createClient({ token: "good", apiUrl: github.url, retryUnit: 1 });
});
afterEach(() => {
  client.release();
  expect(github.violations).toEqual([]);
});

const upsert = (body: string, create = true) =>
  upsertComment(client, { repository, pullRequest: 7, body: () => `${body}\n${marker}\n`, marker, create });

describe("the life of a comment", () => {
  test("created, left alone while nothing changes, updated in place", async () => {
    expect(await upsert("red")).toMatchObject({ done: "created", url: expect.stringContaining("#issuecomment-1000") });
    expect(await upsert("red")).toMatchObject({ done: "unchanged" });
    expect(await upsert("green", false)).toMatchObject({ done: "updated" });
    expect(github.comments).toMatchObject([{ id: 1000, body: `green\n${marker}\n`, login: bot }]);
    expect(github.requests.filter((line) => !line.startsWith("GET") && !line.endsWith("/graphql"))).toEqual([
      "POST /repos/owner/name/issues/7/comments",
      "PATCH /repos/owner/name/issues/comments/1000",
    ]);
  });

  test("another commit or run alone is no reason to write", async () => {
    const text = (sha: string, run: string) =>
      `[x](https://github.com/o/n/blob/${sha.repeat(40)}/Dockerfile#L1) [run](https://github.com/o/n/actions/runs/${run})`;
    await upsert(text("a", "1"));
    expect(await upsert(text("b", "22"))).toMatchObject({ done: "unchanged" });
  });

  test("never created when it should not be", async () => {
    expect(await upsert("green", false)).toEqual({ done: "none", problems: [] });
    expect(github.requests).toEqual(["GET /repos/owner/name/issues/7/comments?per_page=100"]);
  });

  test("a marker inside of another report's text is no marker", async () => {
    github.addComment(7, bot, `an image named ${marker} breaks\n${commentMarker("other")}\n`);
    await upsert("red");
    expect(github.comments).toHaveLength(2);
  });

  test("someone else's comment with the marker is not ours", async () => {
    github.addComment(7, "octocat", `ha\n${marker}`);
    expect(await upsert("red")).toMatchObject({ done: "created" });
    expect(github.comments.map((comment) => comment.body)).toEqual([`ha\n${marker}`, `red\n${marker}\n`]);
  });

  test("the oldest is kept, duplicates go; other reports and other pull requests stay", async () => {
    github.addComment(7, bot, `other report\n${commentMarker("ci/build/agent2")}`);
    github.addComment(8, bot, `other pull request\n${marker}`);
    github.addComment(7, bot, `first\n${marker}`);
    github.addComment(7, bot, `second\n${marker}`);
    github.addComment(7, bot, `third\n${marker}`);
    expect(await upsert("now")).toMatchObject({ done: "updated", deleted: 2 });
    expect(github.comments.map((comment) => [comment.id, comment.body.split("\n")[0]])).toEqual([
      [1000, "other report"],
      [1001, "other pull request"],
      [1002, "now"],
    ]);
  });

  test("a duplicate that can't be deleted is told, one that is gone is not", async () => {
    github.addComment(7, bot, marker);
    github.addComment(7, bot, marker);
    github.addComment(7, bot, marker);
    github.fail(/^DELETE .*1001/, 403);
    github.fail(/^DELETE .*1002/, 404);
    const result = await upsert("now");
    expect(result.problems).toEqual([expect.stringMatching(/could not be deleted: .*1001$/)]);
  });

  test("found on the second page", async () => {
    for (let i = 0; i < 120; i++) github.addComment(7, "octocat", `talk ${i}`);
    github.addComment(7, bot, `old\n${marker}`);
    expect(await upsert("new")).toMatchObject({ done: "updated" });
    expect(github.requests.filter((line) => line.startsWith("GET"))).toHaveLength(2);
  });

  test("without GraphQL the workflow's own account is assumed", async () => {
    github.addComment(7, bot, `old\n${marker}`);
    github.fail(/graphql/, 404);
    expect(await upsert("new")).toMatchObject({ done: "updated" });
  });
});

test("a personal token or an App finds its own comment", async () => {
  const other = await startGitHub({ tokens: { pat: { login: "release-app[bot]", write: true } } });
  const own = await createClient({ token: "pat", apiUrl: other.url, retryUnit: 1 });
  other.addComment(7, bot, `not ours\n${marker}`);
  for (const body of ["one", "two"])
    await upsertComment(own, { repository, pullRequest: 7, body: () => `${body}\n${marker}`, marker, create: true });
  expect(other.comments.map((comment) => comment.body.split("\n")[0])).toEqual(["not ours", "two"]);
  own.release();
});

test("GitHub Enterprise Server: API below /api/v3, GraphQL beside it", async () => {
  const server = await startGitHub({ prefix: "/api/v3" });
  const own = await createClient({ token: "good", apiUrl: `${server.url}/`, retryUnit: 1 });
  const request = { repository, pullRequest: 7, marker, create: true };
  await upsertComment(own, { ...request, body: () => `a\n${marker}` });
  await upsertComment(own, { ...request, body: () => `b\n${marker}` });
  expect(server.requests).toEqual([
    "GET /api/v3/repos/owner/name/issues/7/comments?per_page=100",
    "POST /api/v3/repos/owner/name/issues/7/comments",
    "GET /api/v3/repos/owner/name/issues/7/comments?per_page=100",
    "POST /api/graphql",
    "PATCH /api/v3/repos/owner/name/issues/comments/1000",
  ]);
  expect(server.violations).toEqual([]);
  own.release();
});

describe("tries", () => {
  const failing = async (status: number, times: number, headers: Record<string, string> = {}) => {
    github.fail(/^GET/, status, times, headers);
    const error: unknown = await upsert("red").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { status: statusOf(error), tries: github.requests.filter((line) => line.startsWith("GET")).length };
  };

  test.each([403, 404, 422])("%i is final", async (status) => {
    expect(await failing(status, 9)).toEqual({ status, tries: 1 });
  });

  test.each([429, 500, 502])("%i is tried again twice", async (status) => {
    expect(await failing(status, 9)).toEqual({ status, tries: 3 });
  });

  test("a limit that names its end is waited for, whatever its status", async () => {
    expect(await failing(403, 1, { "retry-after": "2" })).toEqual({ status: undefined, tries: 2 });
    github.fail(/^GET/, 429, 1, { "retry-after": "2" });
    expect(await upsert("red")).toMatchObject({ done: "unchanged" });
  });

  test("a comment that was created before the answer got lost: the next run leaves one", async () => {
    github.loseAnswer(/^POST .*comments/, 502);
    expect(await upsert("red")).toMatchObject({ done: "created" });
    expect(github.comments).toHaveLength(2);
    expect(await upsert("red")).toMatchObject({ done: "unchanged", deleted: 1 });
    expect(github.comments).toHaveLength(1);
  });

  test("an outage that ends is not noticed", async () => {
    expect(await failing(500, 2)).toEqual({ status: undefined, tries: 3 });
    expect(github.comments).toHaveLength(1);
  });
});

describe("finding the pull request of a fork's workflow run", () => {
  const event: RunEvent = {
    kind: "workflow_run",
    headSha: "a".repeat(40),
    head: { owner: "someone", branch: "patch-1" },
  };
  const pull = (number: number, state: "open" | "closed", label: string, sha: string) => ({
    number,
    state,
    head: { label, sha: sha.repeat(40) },
  });

  test("by branch and commit", async () => {
    github.pulls.push(
      pull(1, "closed", "someone:patch-1", "a"),
      pull(2, "open", "other:patch-1", "a"),
      pull(3, "open", "someone:patch-1", "b"),
      pull(4, "open", "someone:patch-1", "a"),
    );
    expect(await findPullRequest(client, repository, event)).toBe(4);
  });

  test("none when its head has moved on", async () => {
    github.pulls.push(pull(3, "open", "someone:patch-1", "b"));
    expect(await findPullRequest(client, repository, event)).toBeUndefined();
  });
});

test("a report name can't break out of the marker", () => {
  expect(commentMarker("a --> b <!-- -")).toBe(
    "<!-- netfilter-compat report=a%20%2d%2d%3E%20b%20%3C%21%2d%2d%20%2d -->",
  );
});

test.each<[Parameters<typeof shouldCreate>, boolean]>([
  [["on-failure", 0, false], false],
  [["on-failure", 1, false], true],
  [["on-failure", 0, true], true],
  [["always", 0, false], true],
  [["never", 1, true], false],
])("create %j: %s", (args, expected) => {
  expect(shouldCreate(...args)).toBe(expected);
});
