import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { expectGolden } from "../support/golden.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root, runCli } from "../support/spawn.ts";

/** Legs of a matrix, one platform each: reports as `dist/cli.js` saves them, gathered by `dist/report.js`. */

/** RHEL 7 has machines of amd64, not of arm64; the kernel of the last one is for arm64 alone. */
const hosts = "ubuntu-24.04, rhel-7, debian-12, debian-12@6.1-arm64";

const scratch = scratchFolder("legs");
let github: StandIn;
let reports: string;

beforeAll(async () => {
  github = await startGitHub();
});
beforeEach(() => {
  reports = scratch.folder();
});

/** Saves the report of a leg and gives its name. */
function leg(name: string, ...options: string[]): string {
  mkdirSync(join(reports, name));
  const output = join(reports, name, "report.json");
  const { status, stderr } = runCli([
    "check",
    "examples/kilo-fixed.tar",
    "--format",
    "json",
    "--output",
    output,
    ...options,
  ]);
  expect([0, 1], stderr).toContain(status);
  return name;
}

function gather(path = reports): Promise<StepRun> {
  const command = [join(root, "dist/report.js")];
  return runStep({ command, folder: scratch.path, apiUrl: github.url, inputs: { reports: path, comment: "never" } });
}

const saved = (path: string): Report => JSON.parse(readFileSync(path, "utf8"));

/** Another program on the nodes, so that there is something to find. */
function config(name: string, iptables: string): string {
  const path = join(reports, `${name}.yml`);
  const program = `{name: agent, iptables: "${iptables}", backend: nft, writes: [mark-match], operations: [save-restore]}`;
  writeFileSync(path, `programs:\n  - ${program}\n`);
  return path;
}

test("hosts that differ by architecture only: one table, the same as of one run over both platforms", async () => {
  const shared = ["--hosts", hosts, "--config", config("old", "1.8.7")];
  leg("amd64", "--platform", "linux/amd64", ...shared);
  leg("arm64", "--platform", "linux/arm64", ...shared);
  const legs = await gather();
  reports = scratch.folder();
  leg("both", ...shared);
  const both = await gather();
  expectGolden(new URL("./golden/legs-one-table.md", import.meta.url), legs.summary);
  expect(legs.summary).toBe(both.summary);
  expect(legs.log.replace(/^Reports: .*$/m, "")).toBe(
    both.log.replace(/^Reports: .*$/m, "").replaceAll(/\S+\/netfilter-compat\/\S+/g, "PATH"),
  );
  expect(legs.outputs).toMatchObject({ verdict: both.outputs.verdict, warnings: both.outputs.warnings });
  const [one, other] = [legs, both].map((run) => saved(run.outputs["report-file"] ?? ""));
  expect(one?.images).toEqual(other?.images);
  expect(one?.notes).toEqual(other?.notes);
});

test("hosts that no leg could judge are told of all legs together", async () => {
  leg("amd64", "--platform", "linux/amd64", "--hosts", "debian-12@6.1-arm64");
  leg("arm64", "--platform", "linux/arm64", "--hosts", "debian-12@6.1-arm64");
  expect(saved(join(reports, "amd64/report.json"))).toMatchObject({ verdict: "unknown", counts: { unknowns: 0 } });
  const { outputs } = await gather();
  const { notes } = saved(outputs["report-file"] ?? "");
  expect(notes).toEqual([
    expect.stringMatching(/kilo-fixed\.tar: linux\/amd64: not judged, no selected host runs it\.$/),
  ]);
});

test("a leg that checked other hosts keeps a table of its own", async () => {
  leg("amd64", "--platform", "linux/amd64", "--hosts", hosts);
  leg("arm64", "--platform", "linux/arm64", "--hosts", "ubuntu-24.04, debian-12");
  const { summary } = await gather();
  expectGolden(new URL("./golden/legs-other-hosts.md", import.meta.url), summary);
  expect(summary).not.toContain("–");
});

test("so does one with another kernel, and one with other programs on the hosts", async () => {
  const platform = (name: string) => ["--platform", `linux/${name}`];
  leg("amd64", ...platform("amd64"), "--hosts", "ubuntu-22.04");
  leg("arm64", ...platform("arm64"), "--hosts", "ubuntu-22.04", "--config", config("old", "1.8.7"));
  const edge = (kernel: string) => {
    const path = join(reports, `${kernel}.yml`);
    writeFileSync(path, `hosts:\n  - {id: ubuntu-22.04, extends: debian-12, kernel: "${kernel}"}\n`);
    return path;
  };
  leg("ppc64le", ...platform("amd64"), "--config", edge("6.1.0"));
  leg("s390x", ...platform("arm64"), "--config", edge("6.2.0"));
  const { outputs } = await gather();
  const { images } = saved(outputs["report-file"] ?? "");
  expect(images.map((image) => image.platforms.length)).toEqual([1, 1, 1, 1]);
});

test("an image that was judged on no host is no pass, whatever the others are", async () => {
  const { status, stdout } = runCli([
    "check",
    "examples/kilo-fixed.tar",
    "examples/kilo-0.6.0.tar",
    "--hosts",
    "debian-12@6.1-arm64",
    "--fail-on-unknown",
  ]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^UNKNOWN {2}No host was checked for kilo-0\.6\.0\.tar, so nothing is known\.\n/);
});
