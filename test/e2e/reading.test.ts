import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { root, runCli } from "../support/spawn.ts";

const scratch = scratchFolder("reading");
const sample = (name: string) => join(root, `examples/${name}.tar`);
const inspect = (args: string[], env: Record<string, string> = {}) =>
  runCli(["inspect", ...args], { cwd: scratch.path, env });

/** What was found, without the words on where it came from. */
function toolchains(stdout: string): unknown {
  const inspection = JSON.parse(stdout) as Inspection;
  return inspection.images.map(({ reference, digest, platforms }) => ({
    reference,
    digest,
    platforms: platforms.map(({ platform, toolchain }) => ({ platform, toolchain })),
  }));
}

test("an inspection in the cache is what reading would find, and says that it is one", () => {
  const cache = join(scratch.path, "cache");
  const plain = inspect([sample("kilo-fixed"), "--format", "json"]);
  const first = inspect([sample("kilo-fixed"), "--format", "json", "--cache", cache]);
  const second = inspect([sample("kilo-fixed"), "--format", "json", "--cache", cache], { CI: "true" });
  expect(first.stdout).toBe(plain.stdout);
  expect(toolchains(second.stdout)).toEqual(toolchains(plain.stdout));
  expect(second.stderr).toMatch(/kilo-fixed\.tar: no layer had to be read\n$/);
  const notes = (JSON.parse(second.stdout) as Inspection).images[0]?.platforms.map((platform) => platform.notes);
  expect(notes).toHaveLength(2);
  for (const note of notes ?? [])
    expect(note).toEqual([expect.stringMatching(/^taken from the cache of inspections \(image config sha256:/)]);
  expect(inspect([sample("kilo-fixed"), "--cache", cache]).stdout).toContain("taken from the cache of inspections");
});

test("an entry is of one platform of one image", () => {
  const cache = join(scratch.path, "one");
  inspect([sample("kilo-0.6.0"), "--cache", cache]);
  expect(readdirSync(cache)).toHaveLength(1);
  const other = inspect([sample("kilo-fixed"), "--cache", cache, "--platform", "linux/arm64", "--format", "json"]);
  expect(readdirSync(cache)).toHaveLength(2);
  const fresh = inspect([sample("kilo-fixed"), "--platform", "linux/arm64", "--format", "json"]);
  expect(other.stdout).toBe(fresh.stdout);
});

test("an image that names the config of one in the cache, and has other layers, is not taken for it", () => {
  const cache = join(scratch.path, "other-layers");
  inspect([sample("kilo-0.6.0"), "--cache", cache]);
  expect(readdirSync(cache)).toHaveLength(1);
  const archive = readFileSync(sample("kilo-0.6.0"));
  // In the middle of the archive is its largest layer.
  const layer = Buffer.from(archive);
  const at = layer.length >> 1;
  layer[at] = (layer[at] ?? 0) ^ 1;
  const changed = scratch.write("changed.tar", layer);
  const run = inspect([changed, "--cache", cache]);
  expect(run).toEqual(inspect([changed]));
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/^netfilter-compat: [^\n]*changed\.tar: layer sha256:[^\n]*\n$/);
});

test("a damaged, foreign or forged entry is ignored and written anew", () => {
  const cache = join(scratch.path, "damaged");
  const fresh = inspect([sample("kilo-0.6.0"), "--format", "json", "--cache", cache]).stdout;
  const [name = ""] = readdirSync(cache);
  const entry = join(cache, name);
  const whole = readFileSync(entry, "utf8");
  const other = "sha256:".padEnd(71, "0");
  for (const damaged of [
    "",
    "{",
    whole.slice(0, whole.length / 2),
    whole.replace(/"version":"0\.1\.0\+/, '"version":"0.0.9+'),
    whole.replace('"platform":"linux/amd64"', '"platform":"linux/arm64"'),
    whole.replaceAll(/"digest":"sha256:[0-9a-f]{64}"/g, `"digest":"${other}"`),
    whole.replace('"tools":[', '"tools":[{},'),
    "[]",
  ]) {
    expect(damaged).not.toBe(whole);
    writeFileSync(entry, damaged);
    const run = inspect([sample("kilo-0.6.0"), "--format", "json", "--cache", cache]);
    expect(run).toEqual({ status: 0, stdout: fresh, stderr: "" });
    expect(readFileSync(entry, "utf8")).toBe(whole);
  }
});

test("a link in the place of an entry is not followed, and the cache's file is what is replaced", () => {
  const cache = join(scratch.path, "linked");
  const fresh = inspect([sample("kilo-0.6.0"), "--format", "json", "--cache", cache]).stdout;
  const [name = ""] = readdirSync(cache);
  const target = scratch.write("target.json", readFileSync(join(cache, name)));
  rmSync(join(cache, name));
  symlinkSync(target, join(cache, name));
  const before = readFileSync(target, "utf8");
  expect(inspect([sample("kilo-0.6.0"), "--format", "json", "--cache", cache]).stdout).toBe(fresh);
  expect(readFileSync(target, "utf8")).toBe(before);
  expect(statSync(join(cache, name)).isFile()).toBe(true);
});

test("a cache that can't be written changes nothing but a line", () => {
  const args = [sample("kilo-0.6.0"), "--cache", "/proc/none/cache", "--format", "json"];
  const run = inspect(args, { CI: "true" });
  expect(run.status).toBe(0);
  expect(run.stderr).toMatch(/the cache stays as it was: can't write \/proc\/none\/cache\//);
  expect(run.stdout).toBe(inspect([sample("kilo-0.6.0"), "--format", "json"]).stdout);
  // In a pipe it is the only line.
  const piped = inspect(args, { CI: "" });
  expect(piped.stderr).toMatch(/^the cache stays as it was: can't write [^\n]+\n$/);
  expect(inspect([...args, "--quiet"], { CI: "" }).stderr).toBe("");
});

test("a file in the place of the cache's folder is an error", () => {
  const run = inspect([sample("kilo-0.6.0"), "--cache", scratch.write("file", Buffer.of())]);
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/^netfilter-compat: [^\n]*file: not a folder: name one for the cache[^\n]*\n$/);
});

test("the oldest of too many entries make room; other files stay", () => {
  const cache = join(scratch.path, "full");
  inspect([sample("kilo-0.6.0"), "--cache", cache]);
  const [first = ""] = readdirSync(cache);
  writeFileSync(join(cache, "README"), "mine");
  const longAgo = new Date("2020-01-01");
  for (let i = 0; i < 520; i++) {
    const name = join(cache, `${i.toString(16).padStart(64, "0")}.json`);
    writeFileSync(name, "{}");
    utimesSync(name, longAgo, longAgo);
  }
  inspect([sample("kilo-0.7.0"), "--cache", cache]);
  const names = readdirSync(cache);
  expect(names).toHaveLength(501);
  expect(names).toContain(first);
  expect(names).toContain("README");
});

test("progress: plain lines in CI, none in a pipe or when quiet", () => {
  const line = /^examples\/kilo-0\.6\.0\.tar: \d+ layers?, \d+\.\d MB read in \d+\.\d s\n$/;
  const run = (args: string[], env = {}) => runCli(["inspect", "examples/kilo-0.6.0.tar", ...args], { env }).stderr;
  expect(run([], { CI: "true" })).toMatch(line);
  expect(run(["--quiet"], { CI: "true" })).toBe("");
  expect(run([])).toBe("");
});

test("progress on a terminal is one line that is gone at the end", (context) => {
  const command = `'${process.execPath}' dist/cli.js inspect examples/kilo-fixed.tar --format json >/dev/null`;
  const run = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: root, encoding: "utf8", timeout: 30_000 });
  if (run.error !== undefined) return skipTest(context, "a terminal", "script is not installed");
  expect(run.status).toBe(0);
  expect(run.stdout).not.toContain("\n");
  expect(run.stdout.endsWith("\r\u001b[K")).toBe(true);
});

test("a name that steers terminals is shown, not obeyed", () => {
  const path = scratch.write("a\u001b[31m\n::error::x.tar", readFileSync(sample("kilo-0.6.0")));
  const run = inspect([path], { CI: "true" });
  expect(run.status).toBe(0);
  expect(run.stderr).toMatch(/^[^\n]*a<U\+001B>\[31m ::error::x\.tar: \d+ layers?[^\n]*\n$/);
});

test("a saved report is the base, as its image would be", () => {
  const check = (args: string[]) => {
    const run = runCli(["check", "--config", join(root, "examples/matrix.yml"), "--format", "json", ...args]);
    expect(run.stderr).toBe("");
    return { status: run.status, report: JSON.parse(run.stdout) as Report };
  };
  const base = scratch.write("base.json", Buffer.from(JSON.stringify(check([sample("kilo-0.6.0")]).report)));
  const byReport = check([sample("kilo-0.6.0"), "--base-report", base]);
  const byImage = check([sample("kilo-0.6.0"), "--base", sample("kilo-0.6.0")]);
  expect(byReport).toEqual(byImage);
  expect(byReport.status).toBe(0);
  expect(byReport.report.findings.filter(({ severity }) => severity === "error").every((one) => one.existing)).toBe(
    true,
  );
  expect(check([sample("kilo-0.6.0"), "--base-report", base, "--fail-on-existing"]).status).toBe(1);
});

test("a base twice, and a report that is none", () => {
  const file = scratch.write("none.json", Buffer.from("{}"));
  for (const [args, message] of [
    [["--base", "a", "--base-report", "b"], /--base and --base-report: one of them is the base/],
    [["--base-report", file], /none\.json: not a report of netfilter-compat/],
    [["--base-report", "/no/such.json"], /\/no\/such\.json: there is no such file/],
    [["--cache", ""], /--cache: is empty; leave it out/],
  ] as const) {
    const run = runCli(["check", sample("kilo-0.6.0"), ...args]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/^[^\n]+\n$/);
  }
});
