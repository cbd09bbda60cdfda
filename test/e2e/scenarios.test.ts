import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { samples } from "../report/samples.ts";
import { payload, runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, type StandInOptions, startGitHub } from "../support/github-server.ts";
import { addressOf, listenForSockets } from "../support/listen.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** What happens to a pull request over its life, and what GitHub may do meanwhile: both bundles as processes, beside a
 * GitHub that remembers and checks every request. */

const token = "the-token-of-this-test";
const bot = "github-actions[bot]";
const marker = "<!-- netfilter-compat report=agent -->";

const scratch = scratchFolder("scene");

interface Scene {
  github: StandIn;
  /** Its workspace. */
  folder: string;
  /** The Action on a sample image. */
  check(sample: string, inputs?: Record<string, string>, env?: Record<string, string>): Promise<StepRun>;
  /** The second Action on one report. */
  tell(report: Report | string, inputs?: Record<string, string>, env?: Record<string, string>): Promise<StepRun>;
  /** A file of the scene. */
  put(name: string, content: string): string;
}

/** Runs a story with a GitHub and a workspace of its own, so that stories that wait can do so side by side. */
async function play(story: (scene: Scene) => Promise<void>, options: StandInOptions = {}): Promise<void> {
  const tokens = { [token]: { login: bot, write: true }, reader: { login: bot, write: false } };
  const github = await startGitHub({ tokens, ...options });
  const folder = scratch.folder();
  mkdirSync(join(folder, ".github"));
  copyFileSync(join(root, "examples/matrix.yml"), join(folder, ".github/netfilter-compat.yml"));
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const step = (bundle: string, inputs: Record<string, string>, env: Record<string, string>) =>
    runStep({
      command: [join(root, `dist/${bundle}.js`)],
      folder,
      apiUrl: github.url,
      inputs: { "github-token": token, "report-name": "agent", ...inputs },
      env: { GITHUB_WORKSPACE: folder, ...env },
    });
  let saved = 0;
  await story({
    github,
    folder,
    put,
    check: (sample, inputs, env) =>
      step("index", { image: join(root, `examples/${sample}.tar`), ...inputs }, env ?? {}),
    tell: (report, inputs, env) => {
      const content = JSON.stringify(typeof report === "string" ? samples[report] : report);
      return step("report", { reports: put(`report-${saved++}.json`, content), ...inputs }, env ?? {});
    },
  });
  expect(github.violations).toEqual([]);
}

const firstLines = (github: StandIn) => github.comments.map((comment) => comment.body.split("\n")[0]);
const because = (run: StepRun) => run.log.split("\n").filter((line) => line.includes("No pull-request comment: "));

describe("the comment's life", () => {
  test("open, fix, break again: one comment all along, and none where all is well from the start", () =>
    play(async ({ github, check }) => {
      expect((await check("kilo-fixed")).code).toBe(0);
      expect(github.comments).toEqual([]);
      const codes = [];
      const heads = [];
      for (const sample of ["kilo-0.6.0", "kilo-fixed", "kilo-0.6.0"]) {
        codes.push((await check(sample)).code);
        heads.push(...firstLines(github));
      }
      expect(codes).toEqual([1, 0, 1]);
      expect(heads.map((line) => line?.slice(0, 5))).toEqual(["### ❌", "### ✅", "### ❌"]);
      const writes = github.requests.filter((line) => /^(?:POST|PATCH|DELETE) .*comments/.test(line));
      expect(writes.map((line) => line.split(" ")[0])).toEqual(["POST", "PATCH", "PATCH"]);
    }));

  test("turned green it says what fixed it, as long as it stays green, and is not posted again for that", () =>
    play(async ({ github, check }) => {
      await check("kilo-0.6.0");
      expect(github.comments[0]?.body).not.toContain("**Fixed:**");
      const said =
        /^\*\*Fixed:\*\* iptables 1\.8\.4 -> 1\.8\.11, ipset 7\.6 -> 7\.24: .*nft-newer-writer.* no longer found\.$/m;
      for (let run = 0; run < 2; run++) {
        await check("kilo-fixed");
        expect(github.comments[0]?.body).toMatch(said);
      }
      expect(github.requests.filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
      await check("kilo-0.6.0");
      expect(github.comments[0]?.body).not.toContain("**Fixed:**");
    }));

  test("what fixed it is told also when a run in between could not judge", () =>
    play(async ({ github, check, put }) => {
      put("edge.yml", 'hosts: [{id: edge, kernel: "6.1.0-13-amd64"}]\n');
      await check("kilo-0.6.0");
      await check("kilo-fixed", { config: "edge.yml" });
      expect(github.comments[0]?.body).toMatch(/^### ❓/);
      await check("kilo-fixed");
      expect(github.comments[0]?.body).toMatch(/^### ✅[\s\S]*^\*\*Fixed:\*\* iptables 1\.8\.4 -> 1\.8\.11/m);
    }));

  test("the same report again is not posted again", () =>
    play(async ({ github, tell }) => {
      await tell("kilo-broken");
      await tell("kilo-broken", {}, { GITHUB_RUN_ID: "43" });
      expect(github.requests.filter((line) => line.startsWith("PATCH"))).toEqual([]);
    }));

  test("three legs of a matrix at once: a comment each, and each is updated later", () =>
    play(async ({ github, check }) => {
      const legs = ["amd64", "arm64", "arm"];
      await Promise.all(legs.map((name) => check("kilo-0.6.0", { "report-name": name })));
      expect(github.comments).toHaveLength(3);
      await Promise.all(legs.map((name) => check("kilo-fixed", { "report-name": name })));
      expect(firstLines(github).map((line) => line?.slice(0, 5))).toEqual(["### ✅", "### ✅", "### ✅"]);
      for (const name of legs) expect(firstLines(github).join("\n")).toContain(`hosts · ${name}`);
    }));

  test("three legs that gave themselves no name race: what they leave, the next run puts right", () =>
    play(async ({ github, tell }) => {
      await Promise.all([1, 2, 3].map(() => tell("kilo-broken")));
      expect(github.comments.length).toBeGreaterThan(0);
      await tell("clean");
      expect(firstLines(github)).toEqual([expect.stringMatching(/^### ✅/)]);
    }));

  test("a user who pastes the marker captures nothing", () =>
    play(async ({ github, tell }) => {
      github.addComment(2, "octocat", `Look at this:\n${marker}`);
      await tell("kilo-broken");
      await tell("clean");
      expect(github.comments.map(({ login }) => login)).toEqual(["octocat", bot]);
      expect(github.comments[0]?.body).toBe(`Look at this:\n${marker}`);
      expect(github.comments[1]?.body).toMatch(/^### ✅/);
    }));

  test("duplicates of earlier runs go, the oldest stays; other reports and other pull requests are left alone", () =>
    play(async ({ github, tell }) => {
      github.addComment(2, bot, "other\n<!-- netfilter-compat report=agent2 -->");
      github.addComment(3, bot, `another pull request\n${marker}`);
      for (const text of ["first", "second", "third"]) github.addComment(2, bot, `${text}\n${marker}`);
      const run = await tell("kilo-broken");
      expect(run.log).toContain("Duplicates of the comment deleted: 2");
      expect(github.comments.map(({ id }) => id)).toEqual([1000, 1001, 1002]);
      expect(github.comments[2]?.body).toMatch(/^### ❌/);
    }));

  test("two Actions in one job share a folder and a token, and nothing else", () =>
    play(async ({ github, check, tell, put }) => {
      const shared = { RUNNER_TEMP: `${put("x", "")}-temporary` };
      mkdirSync(shared.RUNNER_TEMP);
      const none = { "report-name": "" };
      const first = await check("kilo-0.6.0", none, { ...shared, GITHUB_ACTION: "__self" });
      const second = await check(
        "kilo-fixed",
        { ...none, comment: "always" },
        { ...shared, GITHUB_ACTION: "__self_2" },
      );
      const third = await tell(
        "warnings-only",
        { ...none, comment: "always" },
        { ...shared, GITHUB_ACTION: "__self_3" },
      );
      expect([first.code, second.code, third.code]).toEqual([1, 0, 0]);
      expect(firstLines(github).map((line) => line?.slice(4, 5))).toEqual(["❌", "✅", "⚠"]);
      const files = [first, second, third].map((run) => run.outputs["report-file"] ?? "");
      expect(new Set(files).size).toBe(3);
      expect(files.map((file) => JSON.parse(readFileSync(file, "utf8")).verdict)).toEqual(["fail", "pass", "warn"]);
      expect(first.exported + second.exported + third.exported).toBe("");
    }));
});

describe("cells that can't be judged", () => {
  const bare = 'hosts:\n  - id: bare\n    kernel: "6.1.0"\n';
  test.each([
    [{}, 0],
    [{ "fail-on-unknown": "true" }, 1],
    [{ "fail-on-unknown": "true", "fail-on": "never" }, 0],
  ])("with %j the step ends with %i", (inputs, code) =>
    play(async ({ check, put }) => {
      put("bare.yml", bare);
      const run = await check("kilo-fixed", { config: "bare.yml", ...inputs });
      expect(run.code).toBe(code);
      expect(run.outputs).toMatchObject({ verdict: "unknown", errors: "0", unknowns: "2" });
      expect(run.summary).toMatch(/^### ❓/);
    }));
});

describe.concurrent("what GitHub may answer", () => {
  /** The verdict stands whatever happens to the comment, and the token is nowhere. */
  function expectVerdict(run: StepRun): void {
    expect(run.code).toBe(1);
    expect(run.outputs.verdict).toBe("fail");
    expect(run.summary).toMatch(/^### ❌/);
    const log = run.log.split("\n").filter((line) => line !== `::add-mask::${token}`);
    expect(log.join("\n") + run.summary + JSON.stringify(run.outputs)).not.toContain(token);
    expect(log.join("\n")).not.toMatch(/^ {4}at /m);
  }
  const debug = { RUNNER_DEBUG: "1" };

  const final: [number, Record<string, string>, RegExp, RegExp][] = [
    [401, {}, /^GET/, /doesn't accept the token \(401\)/],
    [403, {}, /^GET/, /may not write it \(403\); the job needs "permissions: pull-requests: write"/],
    [403, {}, /^POST .*comments/, /may not write it \(403\)/],
    [403, { "retry-after": "60" }, /^POST .*comments/, /asked too often and wants a longer wait .* \(403\)/],
    [404, {}, /^GET/, /sees no such repository or pull request \(404\)/],
    [422, {}, /^POST .*comments/, /GitHub refused the text \(422\): Validation Failed/],
    [429, { "retry-after": "3600" }, /^GET/, /asked too often and wants a longer wait .* \(429\)/],
  ];
  test.each(final)("%i %j to %s is final", (status, headers, pattern, reason) =>
    play(async ({ github, tell }) => {
      github.fail(pattern, status, 9, headers);
      const run = await tell("kilo-broken", {}, debug);
      expect(github.requests.filter((line) => pattern.test(line))).toHaveLength(1);
      expect(because(run)).toEqual([expect.stringMatching(reason)]);
      expectVerdict(run);
    }));

  test("429 that names a second is waited for", () =>
    play(async ({ github, tell }) => {
      github.fail(/^POST .*comments/, 429, 1, { "retry-after": "1" });
      expectVerdict(await tell("kilo-broken", {}, debug));
      expect(github.comments).toHaveLength(1);
      const [first = 0, second = 0] = github.requests.flatMap((line, i) =>
        /^POST .*comments/.test(line) ? (github.times[i] ?? []) : [],
      );
      expect(second - first).toBeGreaterThan(950);
    }));

  test("an outage that ends: waited 1 s, then 4 s, and the comment is there", () =>
    play(async ({ github, tell }) => {
      github.fail(/^GET/, 500, 2);
      expectVerdict(await tell("kilo-broken", {}, debug));
      expect(github.comments).toHaveLength(1);
      const [a = 0, b = 0, c = 0] = github.times;
      expect(b - a).toBeGreaterThan(950);
      expect(c - b).toBeGreaterThan(3950);
      expect(github.requests.slice(0, 4).map((line) => line.split(" ")[0])).toEqual(["GET", "GET", "GET", "POST"]);
    }));

  test("an outage that doesn't end: three tries", () =>
    play(async ({ github, tell }) => {
      github.fail(/^GET/, 502, 99);
      const run = await tell("kilo-broken", {}, debug);
      expect(github.requests).toHaveLength(3);
      expect(because(run)).toEqual([expect.stringContaining("GitHub's API answered 502, also when asked again")]);
      expectVerdict(run);
    }));

  test("nobody listens: the same", () =>
    play(async ({ tell }) => {
      const run = await tell("kilo-broken", {}, { ...debug, GITHUB_API_URL: "http://127.0.0.1:9" });
      expect(because(run)).toEqual([expect.stringMatching(/^::warning::.*GitHub's API can't be reached/)]);
      expectVerdict(run);
    }));

  test("the connection breaks at each request: three tries", () =>
    play(async ({ tell }) => {
      let connections = 0;
      const server = await listenForSockets((socket) => {
        connections++;
        socket.destroy();
      });
      const run = await tell("kilo-broken", {}, { ...debug, GITHUB_API_URL: `http://${addressOf(server)}` });
      expect(connections).toBe(3);
      expect(because(run)).toEqual([expect.stringContaining("can't be reached")]);
      expectVerdict(run);
    }));
});

describe("where the run comes from", () => {
  const noRights = (put: Scene["put"]) => {
    const event = JSON.parse(readFileSync(payload("pull_request"), "utf8"));
    event.pull_request.head.repo.full_name = "someone/Hello-World";
    return put("fork.json", JSON.stringify(event));
  };

  test("a fork: its token reads, the sentence is a notice, the verdict stands", () =>
    play(async ({ github, tell, put }) => {
      const run = await tell("kilo-broken", { "github-token": "reader" }, { GITHUB_EVENT_PATH: noRights(put) });
      expect(run.code).toBe(1);
      expect(because(run)).toEqual([expect.stringMatching(/^::notice::.*comes from a fork.*only read \(403\)/)]);
      expect(github.comments).toEqual([]);
    }));

  test("a fork, with the two workflows: the first one checks without rights, the second one tells", () =>
    play(async ({ github, check, put, folder }) => {
      const first = await check(
        "kilo-0.6.0",
        { "github-token": "reader", comment: "never", "report-file": "reports/report.json" },
        { GITHUB_EVENT_PATH: noRights(put) },
      );
      expect(first.code).toBe(1);
      expect(github.requests).toEqual([]);
      const event = JSON.parse(readFileSync(payload("workflow_run"), "utf8"));
      const head = { full_name: "someone/octo-repo", owner: { login: "someone" } };
      const run = { event: "pull_request", pull_requests: [], head_branch: "patch-1", head_repository: head };
      Object.assign(event.workflow_run, run);
      github.pulls.push({
        number: 7,
        state: "open",
        head: { label: "someone:patch-1", sha: event.workflow_run.head_sha },
      });
      const second = await runStep({
        command: [join(root, "dist/report.js")],
        folder,
        apiUrl: github.url,
        inputs: { "github-token": token, reports: join(folder, "reports"), "fail-on": "never" },
        env: { GITHUB_EVENT_NAME: "workflow_run", GITHUB_EVENT_PATH: put("run.json", JSON.stringify(event)) },
      });
      expect([second.code, second.outputs.verdict]).toEqual([0, "fail"]);
      expect(github.comments).toMatchObject([{ issue: 7, login: bot }]);
      expect(github.comments[0]?.body).toContain(`/blob/${event.workflow_run.head_sha}/`);
    }));

  test("a fork's second workflow without its permission is told which one it lacks", () =>
    play(async ({ github, tell, put }) => {
      const event = JSON.parse(readFileSync(payload("workflow_run"), "utf8"));
      const { head_sha: sha } = event.workflow_run;
      Object.assign(event.workflow_run, { event: "pull_request", pull_requests: [{ number: 7, head: { sha } }] });
      event.workflow_run.head_repository.full_name = "someone/octo-repo";
      const path = put("run.json", JSON.stringify(event));
      const env = { GITHUB_EVENT_NAME: "workflow_run", GITHUB_EVENT_PATH: path };
      const run = await tell("kilo-broken", { "github-token": "reader" }, env);
      expect(because(run)).toEqual([expect.stringContaining('the job needs "permissions: pull-requests: write"')]);
      expect(github.comments).toEqual([]);
    }));

  test("pull_request_target: the comment is written, and the event warned about", () =>
    play(async ({ github, tell, put }) => {
      const env = { GITHUB_EVENT_NAME: "pull_request_target", GITHUB_EVENT_PATH: noRights(put) };
      const run = await tell("kilo-broken", {}, env);
      expect(github.comments).toHaveLength(1);
      expect(run.log).toMatch(/^::warning::pull_request_target gives the rights of this repository/m);
    }));

  const schedule = (put: Scene["put"]) => put("schedule.json", '{"schedule":"17 4 * * 1"}');
  const nowhere = () => "";
  test.each<[string, (put: Scene["put"]) => string, string]>([
    ["merge_group", () => payload("merge_group"), "a merge queue run has no pull request of its own"],
    ["push", () => payload("push"), "a push belongs to no pull request"],
    ["schedule", schedule, "a scheduled run belongs to no pull request"],
    ["workflow_dispatch", () => payload("workflow_dispatch"), "a run started by hand belongs to no pull request"],
    ["workflow_run", () => payload("workflow_run"), "the workflow run was started by repository_dispatch"],
    ["issue_comment", () => payload("issue_comment"), "the event issue_comment doesn't tell which pull request"],
    ["pull_request", nowhere, "the event's payload names no pull request"],
    [
      "pull_request",
      (put) => put("broken.json", "{"),
      "the event's payload can't be read (GITHUB_EVENT_PATH: not JSON)",
    ],
  ])("%s: verdict, summary, and a line that says why there is no comment", (name, path, reason) =>
    play(async ({ github, tell, put }) => {
      const env = { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path(put) };
      const run = await tell("kilo-broken", { comment: "always" }, env);
      expect(run.code).toBe(1);
      expect(run.summary).toMatch(/^### ❌/);
      expect(because(run)).toEqual([expect.stringContaining(reason)]);
      expect(github.requests).toEqual([]);
    }));

  test("GitHub Enterprise Server: API below /api/v3, GraphQL beside it, links to that server", () =>
    play(
      async ({ github, tell }) => {
        const env = { GITHUB_SERVER_URL: "https://github.example.org", GITHUB_ACTION_REPOSITORY: "mirror/compat" };
        await tell("kilo-broken", {}, { ...env, GITHUB_ACTION_REF: "v1" });
        await tell("clean", {}, env);
        expect(github.requests.map((line) => line.split("?")[0])).toEqual([
          "GET /api/v3/repos/owner/name/issues/2/comments",
          "POST /api/v3/repos/owner/name/issues/2/comments",
          "GET /api/v3/repos/owner/name/issues/2/comments",
          "POST /api/graphql",
          "PATCH /api/v3/repos/owner/name/issues/comments/1000",
        ]);
        expect(firstLines(github)).toEqual([expect.stringMatching(/^### ✅/)]);
        expect(github.comments[0]?.body).toContain("https://github.example.org/owner/name/actions/runs/42");
        expect(github.comments[0]?.body).not.toContain("https://github.com/");
      },
      { prefix: "/api/v3" },
    ));
});

describe("a great deal to say", () => {
  test("400 findings: the comment fits, says what was cut and where the whole is; the summary has all", () =>
    play(async ({ github, tell }) => {
      const run = await tell("400-findings");
      const body = github.comments[0]?.body ?? "";
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
      expect(body).toMatch(/Cut to fit: .*\. The whole report: the \[job summary\]\(https:/);
      expect(run.summary).not.toContain("Cut to fit");
      expect(JSON.parse(readFileSync(run.outputs["report-file"] ?? "", "utf8")).findings).toHaveLength(400);
      expect(run.code).toBe(1);
    }));

  test("400 findings on 100 hosts, each as long as it may be: every place keeps its limit", () =>
    play(async ({ github, tell, folder }) => {
      const report = enormous();
      expect(JSON.stringify(report).length).toBeGreaterThan(10_000_000);
      const run = await tell(report, { "sarif-file": "out.sarif", "report-file": "out.json" });
      expect([run.code, run.outputs.errors]).toEqual([1, "400"]);
      expect(Buffer.byteLength(run.summary)).toBeLessThanOrEqual(900 * 1024);
      expect(run.summary).toMatch(/Cut to fit: .*\. The whole report: .*the JSON report `out\.json`/);
      expect(Buffer.byteLength(github.comments[0]?.body ?? "")).toBeLessThanOrEqual(65_536);
      expect(run.log.length).toBeLessThan(1_000_000);
      expect(run.log).toContain("… cut here; the JSON report has all of it.");
      expect(JSON.stringify(run.outputs).length).toBeLessThan(10_000);
      expect(statSync(join(folder, "out.sarif")).size).toBeLessThan(10_000_000);
    }));

  test.each([
    [-1, false],
    [0, false],
    [1, true],
  ])("a comment of GitHub's limit and %i bytes", (above, isCut) =>
    play(async ({ github, tell }) => {
      const report = fewFindings(55);
      const posted = async () => {
        await tell(report);
        return github.comments[0]?.body ?? "";
      };
      report.notes = ["x"];
      fillNotes(report, 65_536 + above - Buffer.byteLength(await posted()));
      const body = await posted();
      expect(body.includes("Cut to fit")).toBe(isCut);
      if (isCut) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
      else expect(Buffer.byteLength(body)).toBe(65_536 + above);
      expect(body.endsWith(`\n${marker}\n`)).toBe(true);
    }));

  function enormous(): Report {
    const report = structuredClone(samples["400-findings"]) as Report;
    const hosts = Array.from({ length: 100 }, (_, i) => `host-${i}-${"n".repeat(40)}`);
    const long = (text: string, length: number) => `${text} `.padEnd(length, "x");
    report.findings = report.findings.map((finding, i) => ({
      ...finding,
      severity: "error" as const,
      message: long(`statement ${i}`, 590),
      remedy: long(`remedy ${i}`, 1190),
      hosts,
      evidence: Array.from({ length: 20 }, (_, k) => ({
        fact: long(`fact ${i} ${k}`, 590),
        source: long(`source ${i} ${k}`, 590),
      })),
    }));
    const findings = report.findings.map((_, i) => i);
    for (const platform of report.images.flatMap((image) => image.platforms)) {
      const [cell] = platform.cells;
      if (cell) platform.cells = hosts.map((host) => ({ ...cell, host, verdict: "fail" as const, findings }));
    }
    report.counts = { errors: 400, warnings: 0, notices: 0, unknowns: 0 };
    return report;
  }

  /** As many findings as fit uncut. */
  function fewFindings(count: number): Report {
    const report = structuredClone(samples["400-findings"]) as Report;
    report.findings.length = count;
    const severities = report.findings.map((finding) => finding.severity);
    for (const platform of report.images.flatMap((image) => image.platforms))
      for (const cell of platform.cells) {
        cell.findings = cell.findings.filter((index) => index < count);
        cell.verdict = cell.findings.some((index) => severities[index] === "error")
          ? "fail"
          : cell.findings.some((index) => severities[index] === "warning")
            ? "warn"
            : "pass";
      }
    const tally = (severity: string) => severities.filter((entry) => entry === severity).length;
    report.counts = { errors: tally("error"), warnings: tally("warning"), notices: tally("notice"), unknowns: 0 };
    return report;
  }

  /** Notes that fill so many bytes. One is cut at 600 characters, its line takes three more, and their number is shown. */
  function fillNotes(report: Report, bytes: number): void {
    let left = bytes;
    while (left > 600) {
      // Equal notes would be told once.
      report.notes.push(`note-${report.notes.length}-`.padEnd(500, "y"));
      left -= 503;
    }
    left -= String(report.notes.length).length - 1;
    report.notes[0] = "x".repeat(1 + left);
  }
});
