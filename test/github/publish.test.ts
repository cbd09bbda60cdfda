import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { samples } from "../report/samples.ts";
import { payload, runStep, type StepRun } from "../support/action-step.ts";
import type { StandIn } from "../support/github-server.ts";
import { startGitHub } from "../support/github-server.ts";
import { scratchFolder } from "../support/scratch.ts";

const script = fileURLToPath(new URL("./run-publish.ts", import.meta.url));

const scratch = scratchFolder("publish");
let github: StandIn;
let folder: string;
beforeEach(async () => {
  github = await startGitHub();
  folder = scratch.folder();
});
afterEach(() => expect(github.violations).toEqual([]));

/** The step with a report in hand. */
function step(sample: string, inputs: Record<string, string> = {}, env: Record<string, string> = {}): Promise<StepRun> {
  const report = join(scratch.folder(), "report.json");
  writeFileSync(report, JSON.stringify(samples[sample]));
  const command = [script, report];
  return runStep({ command, folder, apiUrl: github.url, inputs: { image: "image.tar", ...inputs }, env });
}

const lines = (run: StepRun, command: string) => run.log.split("\n").filter((line) => line.startsWith(`::${command}`));

test("open, fix, break again: one comment all along", async () => {
  const broken = await step("kilo-broken");
  expect(broken.code).toBe(1);
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ❌ `kilo.tar` breaks on 8 of 13 hosts\n\*\*Do this:\*\* Raise/);
  expect(broken.outputs).toEqual({
    verdict: "fail",
    errors: "2",
    warnings: "2",
    unknowns: "0",
    "report-file": expect.stringMatching(/netfilter-compat\/build-__self\.json$/),
    "sarif-file": "",
    "comment-url": expect.stringContaining("#issuecomment-1000"),
  });
  expect(JSON.parse(readFileSync(broken.outputs["report-file"] ?? "", "utf8"))).toEqual(samples["kilo-broken"]);

  const fixed = await step("clean");
  expect(fixed.code).toBe(0);
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ✅ `kilo.tar` works on all 13 hosts\n/);

  await step("kilo-broken");
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ❌/);
});

test("annotations carry file and line; at most ten of a kind, the failing status included", async () => {
  const run = await step("kilo-broken");
  expect(lines(run, "error")[0]).toMatch(
    /^::error title=Breaks on ubuntu-22\.04%2C ubuntu-22\.04@6\.2 and 6 more \(nft-newer-writer\),file=Dockerfile,line=14::the image's iptables 1\.8\.4 refuses/,
  );
  expect(lines(run, "error").at(-1)).toBe("::error::kilo.tar breaks on 8 of 13 hosts (2 errors)");
  const many = await step("400-findings");
  expect(lines(many, "error")).toHaveLength(10);
  expect(lines(many, "warning").length).toBeLessThanOrEqual(10);
  expect(lines(many, "error").at(-2)).toContain("… and 142 more errors");
});

test("a clean image gets no comment, and under always it does", async () => {
  expect((await step("clean")).log).toContain(
    "No pull-request comment: there are no errors, and no earlier comment to update",
  );
  expect(github.comments).toEqual([]);
  await step("clean", { comment: "always" });
  expect(github.comments).toHaveLength(1);
  await step("kilo-broken", { comment: "never" });
  expect(github.comments[0]?.body).toMatch(/^### ✅/);
});

describe("status", () => {
  test.each<[string, Record<string, string>, number]>([
    ["kilo-broken", { "fail-on": "never" }, 0],
    ["warnings-only", {}, 0],
    ["warnings-only", { "fail-on": "warning" }, 1],
    ["unknown", {}, 0],
    ["unknown", { "fail-on-unknown": "true" }, 1],
    ["unknown", { "fail-on-unknown": "false" }, 0],
    ["no-tools", { "fail-on-unknown": "true" }, 1],
    ["existing-only", { "fail-on": "warning" }, 0],
  ])("%s with %j: %i", async (sample, inputs, code) => {
    expect((await step(sample, inputs)).code).toBe(code);
  });

  test("errors are commented on even when nothing may fail", async () => {
    await step("kilo-broken", { "fail-on": "never" });
    expect(github.comments).toHaveLength(1);
  });
});

describe("a comment that can't be written costs nothing else", () => {
  const fork = () => {
    const event = JSON.parse(readFileSync(payload("pull_request"), "utf8"));
    event.pull_request.head.repo.full_name = "someone/Hello-World";
    const path = join(folder, "fork.json");
    writeFileSync(path, JSON.stringify(event));
    return { GITHUB_EVENT_PATH: path };
  };
  const cases: [
    name: string,
    command: string,
    text: RegExp,
    inputs: Record<string, string>,
    env: () => Record<string, string>,
  ][] = [
    ["fork", "notice", /comes from a fork.*only read \(403\)/, { "github-token": "reader" }, fork],
    [
      "missing permission",
      "warning",
      /may not write it \(403\); the job needs "permissions: pull-requests: write"/,
      { "github-token": "reader" },
      () => ({}),
    ],
    ["no token", "warning", /input github-token is empty/, { "github-token": "" }, () => ({})],
    ["bad token", "warning", /doesn't accept the token \(401\)/, { "github-token": "bad" }, () => ({})],
    ["dead API", "warning", /can't be reached/, {}, () => ({ GITHUB_API_URL: "http://127.0.0.1:9" })],
    [
      "broken event",
      "",
      /payload can't be read/,
      {},
      () => ({ GITHUB_EVENT_PATH: fileURLToPath(new URL("fixtures/README.md", import.meta.url)) }),
    ],
    ["push", "", /a push belongs to no pull request/, {}, () => ({ GITHUB_EVENT_NAME: "push" })],
  ];
  test.each(cases)("%s", async (_, command, text, inputs, env) => {
    const run = await step("kilo-broken", inputs, env());
    const said = run.log.split("\n").filter((line) => line.includes("No pull-request comment: "));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(text);
    expect(said[0]?.startsWith(`::${command}`) || command === "").toBe(true);
    expect(run.code).toBe(1);
    expect(run.summary).toMatch(/^### ❌/);
    expect(lines(run, "error")).toHaveLength(3);
    expect(run.outputs["comment-url"]).toBe("");
    expect(run.log).not.toContain("    at ");
    expect(github.comments).toEqual([]);
  });
});

test("matrix legs and two steps of one job have their own comments", async () => {
  await step("kilo-broken", { "report-name": "amd64" });
  await step("kilo-broken", { "report-name": "arm64" });
  await step("kilo-broken", {}, { GITHUB_ACTION: "__self_2" });
  await step("kilo-broken");
  expect(github.comments).toHaveLength(4);
  expect(github.comments[0]?.body).toContain("hosts · amd64\n");
});

test("three legs at once: a comment each, and after a race for one name the next run leaves one", async () => {
  const names = ["amd64", "arm64", "arm"];
  await Promise.all(names.map((name) => step("kilo-broken", { "report-name": name })));
  expect(github.comments).toHaveLength(3);
  await Promise.all(names.map(() => step("kilo-broken", { "report-name": "same" })));
  const run = await step("clean", { "report-name": "same" });
  const same = github.comments.filter((comment) => comment.body.includes("report=same "));
  expect(same).toHaveLength(1);
  expect(same[0]?.body).toMatch(/^### ✅/);
  expect(run.code).toBe(0);
});

test("a fork's workflow run finds its pull request by branch and commit", async () => {
  const event = JSON.parse(readFileSync(payload("workflow_run"), "utf8"));
  const head = {
    head_branch: "patch-1",
    head_repository: { full_name: "someone/octo-repo", owner: { login: "someone" } },
  };
  Object.assign(event.workflow_run, { event: "pull_request", pull_requests: [], ...head });
  const path = join(folder, "run.json");
  writeFileSync(path, JSON.stringify(event));
  const env = { GITHUB_EVENT_NAME: "workflow_run", GITHUB_EVENT_PATH: path };
  expect((await step("kilo-broken", {}, env)).log).toContain("no open pull request has this run's commit as its head");
  github.pulls.push({
    number: 12,
    state: "open",
    head: { label: "someone:patch-1", sha: event.workflow_run.head_sha },
  });
  await step("kilo-broken", {}, env);
  expect(github.comments).toMatchObject([{ issue: 12 }]);
});

test("files go where the inputs say; an unwritable one costs nothing else", async () => {
  const run = await step("kilo-broken", { "report-file": "out/report.json", "sarif-file": "out/report.sarif" });
  expect(run.outputs).toMatchObject({ "report-file": "out/report.json", "sarif-file": "out/report.sarif" });
  const bad = await step("kilo-broken", { "report-file": "/dev/null/report.json" });
  expect(bad.log).toContain("input report-file: can't write /dev/null/report.json");
  expect(github.comments).toHaveLength(1);
  expect(bad.outputs.verdict).toBe("fail");
});

test("hostile strings reach no command, and nothing goes through the environment", async () => {
  const run = await step("hostile");
  const commands = run.log.split("\n").filter((line) => /^\s*::/.test(line) || line.includes("##["));
  // One finding, the status, and nothing that an image could have written.
  expect(commands.map((line) => line.split("::")[1]?.split(" ")[0])).toEqual(["error", "error"]);
  expect(run.log).not.toMatch(/\u001b|\u202e/);
  expect(run.exported).toBe("");
});
