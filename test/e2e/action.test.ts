import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { payload, runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** The Action as people run it: `dist/index.js` on Node 24, on the sample images, beside a GitHub that checks requests. */

const scratch = scratchFolder("action");
let github: StandIn;
let folder: string;
let workspace: string;

const dockerfile = `FROM alpine:3.15
RUN sed -i s/v3.15/v3.12/ /etc/apk/repositories
RUN apk add --no-cache \\
    ipset \\
    iptables ip6tables
COPY kg /opt/bin/kg
`;

beforeEach(async () => {
  github = await startGitHub();
  folder = scratch.folder();
  workspace = join(folder, "workspace");
  mkdirSync(join(workspace, ".github"), { recursive: true });
  copyFileSync(join(root, "examples/matrix.yml"), join(workspace, ".github/netfilter-compat.yml"));
  writeFileSync(join(workspace, "Dockerfile"), dockerfile);
});
afterEach(() => expect(github.violations).toEqual([]));

function run(sample: string, inputs: Record<string, string> = {}, env: Record<string, string> = {}): Promise<StepRun> {
  return runStep({
    command: [join(root, "dist/index.js")],
    folder,
    apiUrl: github.url,
    inputs: { image: join(root, `examples/${sample}.tar`), ...inputs },
    env: { GITHUB_WORKSPACE: workspace, ...env },
  });
}

const lines = (result: StepRun, command: string) =>
  result.log.split("\n").filter((line) => line.startsWith(`::${command}`));

test("a bad image turns the pull request red, a better one updates the comment, a fixed one turns it green", async () => {
  const bad = await run("kilo-0.6.0");
  expect(bad.code).toBe(1);
  expect(bad.outputs).toMatchObject({ verdict: "fail", errors: "2", unknowns: "0" });
  expect(JSON.parse(readFileSync(bad.outputs["report-file"] ?? "", "utf8")).verdict).toBe("fail");
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(
    /^### ❌ `kilo-0\.6\.0\.tar` breaks on all 4 hosts\n\*\*Do this:\*\* `RUN apk add [^`]*` on a base of Alpine/,
  );
  expect(bad.summary).toContain("nft-newer-writer");
  // The line of the Dockerfile that brings iptables in.
  expect(lines(bad, "error")[0]).toMatch(/^::error title=[^,]*,file=Dockerfile,line=5::/);
  expect(bad.exported).toBe("");

  const better = await run("kilo-0.7.0");
  expect(better.code).toBe(0);
  expect(better.outputs.verdict).toBe("warn");
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ⚠️/);

  const fixed = await run("kilo-fixed");
  expect(fixed.code).toBe(0);
  expect(fixed.outputs).toMatchObject({ verdict: "pass", errors: "0", warnings: "0" });
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ✅/);
  expect(lines(fixed, "error")).toEqual([]);
});

test("nothing is written where all is well from the start", async () => {
  const result = await run("kilo-fixed");
  expect(result.code).toBe(0);
  expect(github.comments).toEqual([]);
  expect(result.log).toContain("No pull-request comment");
});

test("a fork's token: summary and annotations, and a sentence that says why there is no comment", async () => {
  const result = await run("kilo-0.6.0", { "github-token": "reader" });
  expect(result.code).toBe(1);
  expect(github.comments).toEqual([]);
  expect(result.summary).toContain("nft-newer-writer");
  expect(lines(result, "error").length).toBeGreaterThan(0);
  expect(result.log).toMatch(/pull-requests: write|fork/);
});

test("no token and a dead API never fail a clean run", async () => {
  expect((await run("kilo-fixed", { "github-token": "" })).code).toBe(0);
  const dead = await run("kilo-fixed", {}, { GITHUB_API_URL: "http://127.0.0.1:9" });
  expect(dead.code).toBe(0);
  expect(dead.outputs.verdict).toBe("pass");
}, 90_000);

describe("inputs and config", () => {
  test("an input beats the config file, which beats the default", async () => {
    const config = `${readFileSync(join(workspace, ".github/netfilter-compat.yml"), "utf8")}\nfail-on: never\n`;
    writeFileSync(join(workspace, ".github/netfilter-compat.yml"), config);
    expect((await run("kilo-0.6.0")).code).toBe(0);
    expect((await run("kilo-0.6.0", { "fail-on": "error" })).code).toBe(1);
  });

  test("an ignore that has ended is said at the top, one that matches nothing in the notes", async () => {
    const file = join(workspace, ".github/netfilter-compat.yml");
    const entry = (fields: string, until: string) => `  - {${fields}, until: ${until}, reason: "tracked in #12"}\n`;
    const both = entry("rule: nft-newer-writer", "2999-01-01") + entry("rule: buggy-version", "2020-01-01");
    const unmatched = entry('rule: mixed-backends, host: "talos-*"', "2999-01-01");
    writeFileSync(file, `${readFileSync(file, "utf8")}\nignore:\n${both}${unmatched}`);
    const result = await run("kilo-0.6.0");
    expect(result.code).toBe(1);
    const [title, action, , expired] = github.comments[0]?.body.split("\n") ?? [];
    expect(title).toBe("### ❌ `kilo-0.6.0.tar` breaks on all 4 hosts; an `ignore` has ended");
    expect(action).toContain("**Do this:**");
    expect(expired).toMatch(
      /^\*\*Counts again:\*\* buggy-version, ignored until 2020-01-01 in \.github\/netfilter-compat\.yml:\d+ \(tracked in #\u206012\)\. /,
    );
    expect(lines(result, "error").at(-1)).toMatch(/breaks on all 4 hosts; an ignore has ended \(1 error\)$/);
    for (const text of [result.log, result.summary, github.comments[0]?.body]) {
      expect(text).toContain("Ignored, not counted");
      expect(text).toMatch(
        /netfilter-compat\.yml:\d+: ignore entry for mixed-backends[\s\S]{5,30}matches nothing:\s+remove it/,
      );
    }
  });

  test("hosts, platforms and base-image", async () => {
    const one = await run("kilo-fixed", { hosts: "debian-12", platforms: "linux/arm64" });
    const report = JSON.parse(readFileSync(one.outputs["report-file"] ?? "", "utf8"));
    expect(report.images[0].platforms.map((p: { platform: string }) => p.platform)).toEqual(["linux/arm64"]);
    expect(report.images[0].platforms[0].cells.map((c: { host: string }) => c.host)).toEqual(["debian-12"]);
    const same = await run("kilo-0.6.0", { "base-image": join(root, "examples/kilo-0.6.0.tar") });
    expect(same.code).toBe(0);
    expect(same.outputs).toMatchObject({ verdict: "warn", errors: "0" });
  });

  test("cache: what an earlier step has read isn't read again, and says the same", async () => {
    const first = await run("kilo-0.6.0", { cache: "inspections" });
    expect(readdirSync(join(workspace, "inspections"))).toHaveLength(1);
    const second = await run("kilo-0.6.0", { cache: "inspections" });
    expect(first.log).toMatch(/4 layers, .* MB read/);
    expect(second.log).toContain("kilo-0.6.0.tar: no layer had to be read");
    const told = (result: StepRun) => [result.outputs.verdict, result.outputs.errors, ...lines(result, "error")];
    expect(told(second)).toEqual(told(first));
    expect(second.summary).toContain("taken from the cache of inspections");
  });

  test("report-file and sarif-file", async () => {
    const result = await run("kilo-0.6.0", { "report-file": "out/report.json", "sarif-file": "out/report.sarif" });
    expect(result.outputs["report-file"]).toBe("out/report.json");
    const sarif = JSON.parse(readFileSync(join(workspace, "out/report.sarif"), "utf8"));
    expect(sarif.version).toBe("2.1.0");
    const [first] = sarif.runs[0].results;
    expect(first.locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: "Dockerfile" },
      region: { startLine: 5 },
    });
    expect(JSON.stringify(sarif.runs[0].tool.driver.rules)).toContain("nft-newer-writer");
  });

  test.each([
    ["push", "push"],
    ["merge_group", "merge_group"],
  ])("on %s there is no comment, and the verdict stands", async (name, event) => {
    const result = await run("kilo-0.6.0", {}, { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: payload(event) });
    expect(result.code).toBe(1);
    expect(github.comments).toEqual([]);
    expect(result.log).toContain("No pull-request comment");
  });
});

describe("bad input", () => {
  const cases: [string, () => Record<string, string>, RegExp][] = [
    ["an archive that isn't there", () => ({ image: "none.tar" }), /none\.tar/],
    ["an unknown host", () => ({ hosts: "ubuntu-2204" }), /did you mean ubuntu-22\.04/],
    ["no image", () => ({ image: "" }), /input image: missing/],
    ["a broken config", () => broken(), /\.github\/broken\.yml:2: hosts\[0\]/],
    ["a Dockerfile outside", () => ({ dockerfile: "../../etc/passwd" }), /outside/],
  ];
  function broken() {
    writeFileSync(join(workspace, ".github/broken.yml"), "hosts:\n  - 22.04\n");
    return { config: ".github/broken.yml" };
  }

  test.each(cases)("%s: one line, nothing posted, no verdict", async (_, inputs, message) => {
    const result = await run("kilo-fixed", inputs());
    expect(result.code).toBe(2);
    expect(lines(result, "error")).toHaveLength(1);
    expect(lines(result, "error")[0]).toMatch(message);
    expect(result.log).not.toMatch(/\bat .*index\.js:\d+/);
    expect(result.outputs.verdict).toBeUndefined();
    expect(github.requests).toEqual([]);
    expect(result.summary).toBe("");
  });
});

test("two uses in one job don't disturb each other", async () => {
  const first = await run("kilo-0.6.0", { "report-name": "a" }, { GITHUB_ACTION: "__self" });
  const second = await run("kilo-fixed", { "report-name": "b", comment: "always" }, { GITHUB_ACTION: "__self_2" });
  expect([first.code, second.code]).toEqual([1, 0]);
  expect(github.comments).toHaveLength(2);
  expect(first.exported + second.exported).toBe("");
});
