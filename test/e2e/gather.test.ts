import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { gatherInputNames } from "../../src/github/gather-inputs.ts";
import { outputNames } from "../../src/github/outputs.ts";
import type { Report } from "../../src/model/report.ts";
import { samples } from "../report/samples.ts";
import { payload, runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** The second Action, `dist/report.js`: saved reports in, one comment and one verdict out. */

const scratch = scratchFolder("gather");
let github: StandIn;
let folder: string;
let reports: string;

beforeEach(async () => {
  github = await startGitHub();
  folder = scratch.folder();
  reports = join(folder, "reports");
});
afterEach(() => expect(github.violations).toEqual([]));

function save(path: string, content: unknown): void {
  const file = join(reports, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

function gather(inputs: Record<string, string> = {}, env: Record<string, string> = {}): Promise<StepRun> {
  const command = [join(root, "dist/report.js")];
  return runStep({ command, folder, apiUrl: github.url, inputs: { reports, ...inputs }, env });
}

const errors = (run: StepRun) => run.log.split("\n").filter((line) => line.startsWith("::error"));

/** A sample as another image's report. */
function sample(name: string, image?: string): Report {
  const report = structuredClone(samples[name]);
  if (report === undefined) throw new Error(name);
  return image === undefined
    ? report
    : JSON.parse(JSON.stringify(report).replaceAll("docker-archive:out/kilo.tar", image));
}

test("three legs: one comment with a table for each image, one verdict; fixed, it turns green", async () => {
  save("amd64/report.json", sample("kilo-broken", "docker-archive:amd64.tar"));
  save("arm64/report.json", sample("clean", "docker-archive:arm64.tar"));
  save("ubi/report.json", sample("warnings-only", "docker-archive:ubi.tar"));
  const broken = await gather({ expected: "3" });
  expect(broken.code).toBe(1);
  expect(broken.outputs).toMatchObject({ verdict: "fail", errors: "2", unknowns: "0" });
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ❌ `amd64\.tar` breaks on 8 of 13 hosts\n\*\*Do this:\*\*/);
  for (const image of ["amd64.tar", "arm64.tar", "ubi.tar"])
    expect(broken.summary).toContain(`**\`${image}\`** · linux/amd64\n`);
  // The legs have annotated their findings themselves.
  expect(errors(broken)).toHaveLength(1);
  const whole: Report = JSON.parse(readFileSync(broken.outputs["report-file"] ?? "", "utf8"));
  expect(whole.images).toHaveLength(3);
  expect(whole.findings).toHaveLength(6);

  save("amd64/report.json", sample("clean", "docker-archive:amd64.tar"));
  const fixed = await gather({ expected: "3" });
  expect(fixed.code).toBe(0);
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ⚠️/);
});

test("a report that this Action wrote for several can be gathered again", async () => {
  save("one.json", sample("compared", "docker-archive:one.tar"));
  save("two.json", sample("unknown", "docker-archive:two.tar"));
  const first = await gather();
  rmSync(reports, { recursive: true });
  save("both.json", readFileSync(first.outputs["report-file"] ?? "", "utf8"));
  const second = await gather();
  expect(second.code).toBe(1);
  expect(second.outputs).toMatchObject({ verdict: "fail", errors: first.outputs.errors, unknowns: "3" });
});

test("existing findings fail only when asked for", async () => {
  save("report.json", sample("existing-only"));
  expect((await gather()).code).toBe(0);
  const run = await gather({ "fail-on-existing": "true" });
  expect(run.code).toBe(1);
  expect(errors(run).at(-1)).toContain("(1 error that the base has too)");
});

describe("a fork's workflow run", () => {
  function event(change: Record<string, unknown> = {}): Record<string, string> {
    const run = JSON.parse(readFileSync(payload("workflow_run"), "utf8"));
    const head = { full_name: "someone/octo-repo", owner: { login: "someone" } };
    Object.assign(
      run.workflow_run,
      { event: "pull_request", pull_requests: [], head_branch: "patch-1", head_repository: head },
      change,
    );
    const path = join(folder, "run.json");
    writeFileSync(path, JSON.stringify(run));
    return { GITHUB_EVENT_NAME: "workflow_run", GITHUB_EVENT_PATH: path };
  }
  const sha = JSON.parse(readFileSync(payload("workflow_run"), "utf8")).workflow_run.head_sha;

  test("the pull request is the one whose head GitHub says it is; nothing in the artifact decides it", async () => {
    github.pulls.push({ number: 7, state: "open", head: { label: "someone:patch-1", sha } });
    github.pulls.push({ number: 8, state: "open", head: { label: "someone:patch-2", sha: "e".repeat(40) } });
    save("report.json", { ...sample("kilo-broken"), pullRequest: 8, number: 8, head_sha: "e".repeat(40) });
    const run = await gather({}, event());
    expect(run.code).toBe(1);
    expect(github.comments.map((comment) => comment.issue)).toEqual([7]);
  });

  test("a commit that is no longer the head gets no comment", async () => {
    github.pulls.push({ number: 7, state: "open", head: { label: "someone:patch-1", sha: "d".repeat(40) } });
    save("report.json", sample("kilo-broken"));
    const run = await gather({}, event());
    expect(run.log).toContain("no open pull request has this run's commit as its head");
    expect(github.comments).toEqual([]);
  });

  test("a pull request of another repository that the event names is not ours", async () => {
    const other = { number: 3, head: { sha }, base: { repo: { id: 999 } } };
    save("report.json", sample("kilo-broken"));
    await gather({}, event({ pull_requests: [other] }));
    expect(github.comments).toEqual([]);
  });
});

describe("content is not trusted", () => {
  const broken = () => sample("kilo-broken");
  const changed = (change: (report: Report) => unknown) => () => {
    const report = broken();
    change(report);
    return report;
  };
  const cellsIn = (report: Report) => report.images[0]?.platforms[0]?.cells ?? [];
  const cases: [string, () => unknown, RegExp][] = [
    ["not JSON", () => "{", /report\.json: not JSON/],
    ["another document", () => ({ name: "x" }), /not a report of netfilter-compat: schemaVersion is not/],
    ["a later version", () => ({ ...broken(), schemaVersion: 2 }), /schemaVersion 2 is not known here/],
    ["a verdict that its cells contradict", () => ({ ...broken(), verdict: "pass" }), /verdict contradicts its cells/],
    [
      "counts that its findings contradict",
      () => ({ ...broken(), counts: { errors: 0, warnings: 0, notices: 0, unknowns: 0 } }),
      /counts contradict/,
    ],
    [
      "a finding number that leads nowhere",
      () => {
        const r = broken();
        r.images[0]?.platforms[0]?.cells[0]?.findings.push(99);
        return r;
      },
      /names a finding that isn't about it/,
    ],
    [
      "a passing cell with an error",
      () => {
        const r = broken();
        const cell = r.images[0]?.platforms[0]?.cells[0];
        if (cell) cell.verdict = "pass";
        return r;
      },
      /cell's verdict contradicts/,
    ],
    ["no image", () => ({ ...broken(), images: [] }), /images is not/],
    [
      "a finding that no cell has",
      changed((r) => {
        for (const cell of cellsIn(r)) cell.findings = cell.findings.filter((index) => index !== 1);
      }),
      /a finding names a host whose cell doesn't name it/,
    ],
    [
      "a finding of a host that isn't checked",
      changed((r) => r.findings[0]?.hosts.push("nowhere")),
      /a finding names a host whose cell doesn't name it/,
    ],
    [
      "a finding of another platform",
      changed((r) => Object.assign(r.findings[0] ?? {}, { platform: "linux/arm64" })),
      /names a finding that isn't about it/,
    ],
    [
      "a finding of another image",
      changed((r) => Object.assign(r.findings[0] ?? {}, { image: "other" })),
      /names a finding that isn't about it/,
    ],
    ["a host twice", changed((r) => cellsIn(r).push(...cellsIn(r).slice(0, 1))), /a platform names a host twice/],
    [
      "a host that is judged and can't be",
      changed((r) =>
        Object.assign(r.images[0]?.platforms[0] ?? {}, {
          unjudged: [{ host: cellsIn(r)[0]?.host, kernel: "6.1", architectures: ["arm64"] }],
        }),
      ),
      /a platform names a host twice/,
    ],
    [
      "a host that could be judged and wasn't",
      changed((r) =>
        Object.assign(r.images[0]?.platforms[0] ?? {}, {
          unjudged: [{ host: "other", kernel: "6.1", architectures: ["amd64"] }],
        }),
      ),
      /a host of a platform's own architecture is said not to run it/,
    ],
    [
      "errors that are said to be in a base image which isn't named",
      changed((r) => {
        for (const finding of r.findings) finding.existing = true;
        for (const cell of cellsIn(r)) if (cell.verdict === "fail") cell.verdict = "warn";
        Object.assign(r, { verdict: "warn", counts: { errors: 0, warnings: 0, notices: 0, unknowns: 0 } });
      }),
      /it compares with a base image that it doesn't name/,
    ],
    [
      "a fixed finding of a host that isn't checked",
      changed((r) => Object.assign(r, { fixed: [{ ...r.findings[0], hosts: ["nowhere"] }] })),
      /what is fixed was on a host that it has no cell for/,
    ],
    [
      "a cell that can't be judged for no reason",
      changed((r) => Object.assign(cellsIn(r).find((cell) => cell.verdict === "pass") ?? {}, { verdict: "unknown" })),
      /cell's verdict contradicts/,
    ],
    [
      "a passing cell with a missing fact",
      changed((r) =>
        cellsIn(r)
          .find((cell) => cell.verdict === "pass")
          ?.missing.push({ fact: "a fact", rule: "buggy-version" }),
      ),
      /cell's verdict contradicts/,
    ],
    [
      "a place outside of the repository",
      () => {
        const r = broken();
        const f = r.findings[0];
        if (f) f.location = { file: "../../other/repo", line: 1 };
        return r;
      },
      /location\.file is not/,
    ],
    [
      "a rule that would become an address",
      () => {
        const r = broken();
        const f = r.findings[0];
        if (f) f.rule = "../../evil";
        return r;
      },
      /findings\[0\]\.rule is not/,
    ],
    [
      "a text without end",
      () => {
        const r = broken();
        r.notes.push("x".repeat(5000));
        return r;
      },
      /notes\[1\] is not/,
    ],
    ["a file without end", () => `[${" ".repeat(17 * 1024 * 1024)}]`, /more than a report has/],
    ["deep nesting", () => "[".repeat(100_000) + "]".repeat(100_000), /not a report|not JSON/],
  ];
  test.each(cases)("%s: one line, exit 2, nothing posted", async (_, content, message) => {
    save("leg/report.json", content());
    const run = await gather();
    expect(run.code).toBe(2);
    expect(errors(run)).toHaveLength(1);
    expect(errors(run)[0]).toMatch(message);
    expect(run.outputs.verdict).toBeUndefined();
    expect(github.requests).toEqual([]);
    expect(run.summary).toBe("");
  });

  test("links are not followed", async () => {
    save("leg/good.json", sample("clean"));
    writeFileSync(join(folder, "secret.json"), JSON.stringify(sample("kilo-broken")));
    symlinkSync(join(folder, "secret.json"), join(reports, "leg/link.json"));
    const run = await gather();
    expect(run.code).toBe(2);
    expect(errors(run)[0]).toMatch(/link\.json: can't be read \(ELOOP\)/);
  });

  test("names and texts reach no command, no mention, no image", async () => {
    const name = "::error::x @octocat <img src=x> \u202e `|";
    save(`${name}/report.json`, sample("kilo-broken", `docker-archive:${name}.tar`));
    const same = sample("warnings-only", `docker-archive:${name}.tar`);
    save("@team/report.json", same);
    const run = await gather();
    expect(run.code).toBe(1);
    expect(errors(run)).toHaveLength(1);
    expect(run.log).not.toContain("\u202e");
    const body = github.comments[0]?.body ?? "";
    expect(body).not.toMatch(/@(octocat|team)|<img|\u202e/);
  });
});

describe("what comes twice", () => {
  test("two legs that say the same are two: neither hides the other", async () => {
    save("a/report.json", sample("kilo-broken"));
    save("b/report.json", sample("kilo-broken"));
    const run = await gather({ expected: "2" });
    expect([run.code, run.outputs.errors]).toEqual([1, "4"]);
    for (const name of ["kilo.tar", "kilo.tar (b)"]) expect(run.summary).toContain(`\`${name}\``);
  });
  test("a leg that says pass of an image that another leg saw failing takes nothing away", async () => {
    save("a/report.json", sample("kilo-broken"));
    save("b/report.json", sample("clean"));
    const run = await gather();
    expect([run.code, run.outputs.verdict]).toEqual([1, "fail"]);
    expect(run.summary).toContain("### ❌ `kilo.tar` breaks on 8 of 13 hosts");
  });
  test("a file that is named twice is read once", async () => {
    save("a/report.json", sample("clean"));
    const run = await gather({ reports: `${reports}\n${join(reports, "a")}`, expected: "2" });
    expect([run.code, errors(run)[0]]).toEqual([2, expect.stringContaining("1 reports where input expected says 2")]);
  });
});

describe("what is missing is not silence", () => {
  test("no report at all", async () => {
    mkdirSync(reports);
    const run = await gather();
    expect([run.code, errors(run)[0]]).toEqual([2, expect.stringContaining("did the jobs that check upload theirs?")]);
  });
  test("no folder", async () => {
    expect(errors(await gather())[0]).toContain("there is no such file or folder");
  });
  test("a leg too few", async () => {
    save("a.json", sample("clean"));
    const run = await gather({ expected: "2" });
    expect([run.code, errors(run)[0]]).toEqual([2, expect.stringContaining("1 reports where input expected says 2")]);
  });
});

test("report/action.yml has the inputs and outputs that the code has, and starts the bundle", () => {
  const action = parse(readFileSync(join(root, "report/action.yml"), "utf8"));
  expect(Object.keys(action.inputs)).toEqual(gatherInputNames);
  expect(Object.keys(action.outputs)).toEqual(outputNames);
  expect(join("report", action.runs.main)).toBe("dist/report.js");
});
