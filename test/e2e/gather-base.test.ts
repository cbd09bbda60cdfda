import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { parseReport } from "../../src/model/report-schema.ts";
import { runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** Comparison with the target branch, and the way of a report from one job into another: both bundles on the samples. */

const scratch = scratchFolder("gather-base");
let github: StandIn;
let folder: string;
let workspace: string;

beforeEach(async () => {
  github = await startGitHub();
  folder = scratch.folder();
  workspace = join(folder, "workspace");
  mkdirSync(join(workspace, ".github"), { recursive: true });
  copyFileSync(join(root, "examples/matrix.yml"), join(workspace, ".github/netfilter-compat.yml"));
});
afterEach(() => expect(github.violations).toEqual([]));

function step(bundle: string, inputs: Record<string, string>): Promise<StepRun> {
  const command = [join(root, `dist/${bundle}.js`)];
  return runStep({ command, folder, apiUrl: github.url, inputs, env: { GITHUB_WORKSPACE: workspace } });
}
const image = (sample: string) => join(root, `examples/${sample}.tar`);
const check = (sample: string, inputs: Record<string, string>) => step("index", { image: image(sample), ...inputs });
const saved = (path: string): Report => JSON.parse(readFileSync(join(workspace, path), "utf8"));

test("the target branch's saved report says the same as its image", async () => {
  await check("kilo-0.6.0", { "report-file": "base.json", comment: "never" });
  await check("kilo-fixed", { "base-report": "base.json", "report-file": "a.json", comment: "never" });
  await check("kilo-fixed", { "base-image": image("kilo-0.6.0"), "report-file": "b.json", comment: "never" });
  expect(saved("a.json")).toEqual(saved("b.json"));
  const { fixed = [], images } = saved("a.json");
  expect(fixed.map((finding) => finding.rule)).toContain("nft-newer-writer");
  expect(images[0]?.platforms[0]?.cells.map((cell) => [cell.base, cell.verdict])).toEqual(
    images[0]?.platforms[0]?.cells.map(() => ["fail", "pass"]),
  );
});

test("the comment leads with what the pull request changes", async () => {
  await check("kilo-0.6.0", { "report-file": "base.json", comment: "never" });
  const run = await check("kilo-fixed", { "base-report": "base.json", comment: "always" });
  expect(run.code).toBe(0);
  expect(github.comments[0]?.body).toMatch(
    /^### ✅ iptables 1\.8\.4 -> 1\.8\.11, ipset 7\.6 -> 7\.24[^\n]*: no longer breaks on \d+ hosts\n/,
  );
  const worse = await check("kilo-0.6.0", { "base-image": image("kilo-fixed") });
  expect(worse.code).toBe(1);
  expect(github.comments[0]?.body).toMatch(
    /^### ❌ iptables 1\.8\.11 -> 1\.8\.4[^\n]*: newly breaks on \d+ hosts\n\*\*Do this/,
  );
});

test("what the base has too fails only with fail-on-existing, as input or in the config file", async () => {
  await check("kilo-0.6.0", { "report-file": "base.json", comment: "never" });
  const inputs = { "base-report": "base.json" };
  const kept = await check("kilo-0.6.0", inputs);
  expect([kept.code, kept.outputs.verdict, kept.outputs.errors]).toEqual([0, "warn", "0"]);
  expect((await check("kilo-0.6.0", { ...inputs, "fail-on-existing": "true" })).code).toBe(1);
  const config = join(workspace, ".github/netfilter-compat.yml");
  writeFileSync(config, `${readFileSync(config, "utf8")}\nfail-on-existing: true\n`);
  expect((await check("kilo-0.6.0", inputs)).code).toBe(1);
  expect((await check("kilo-0.6.0", { ...inputs, "fail-on-existing": "false" })).code).toBe(0);
});

test("a base report that isn't there hides nothing; one that is broken is an error", async () => {
  const none = await check("kilo-0.6.0", { "base-report": "none.json" });
  expect(none.code).toBe(1);
  expect(none.log).toContain("input base-report: there is no none.json; without it all findings count as new");
  writeFileSync(join(workspace, "broken.json"), "{}");
  expect((await check("kilo-fixed", { "base-report": "broken.json" })).code).toBe(2);
});

test("reports of both jobs are gathered as they were written, comparison included", async () => {
  mkdirSync(join(workspace, "reports"));
  await check("kilo-fixed", {
    "base-image": image("kilo-0.6.0"),
    "report-file": "reports/fixed.json",
    comment: "never",
  });
  await check("kilo-0.7.0", { "report-file": "reports/next.json", comment: "never" });
  for (const name of ["fixed", "next"]) expect(parseReport(saved(`reports/${name}.json`))).toHaveProperty("report");
  const run = await step("report", { reports: "reports", comment: "always", expected: "2" });
  expect([run.code, run.outputs.verdict]).toEqual([0, "warn"]);
  expect(github.comments[0]?.body).toMatch(/^### ⚠️ iptables 1\.8\.4 -> 1\.8\.11/);
  expect(github.comments[0]?.body).toContain("Fixed by this change");
});
