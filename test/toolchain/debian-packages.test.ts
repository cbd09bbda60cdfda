import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compareVersions, upstreamVersion } from "../../src/model/version.ts";
import { narrowByFileName } from "../../src/toolchain/binaries/library-range.ts";
import type { BinaryContent } from "../../src/toolchain/content.ts";
import { debianMirrors, fetchOptions } from "../support/apt.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { probe } from "../support/tree.ts";

/** Real packages of Debian bookworm: what the bytes say must be what the package is called. */

const SUITE = "bookworm";
const ARCHITECTURES = { amd64: "amd64", arm64: "arm64", armhf: "arm" } as const;
const PACKAGES = ["iptables", "nftables", "ipset", "libnftnl11", "libxtables12", "libipset13", "libnftables1"];
/** Files with an exact version in them, and how many of them the packages hold. */
const EXACT = ["libipset.so.13.4.0", "libnftables.so.1.1.0", "nft", "xtables-legacy-multi", "xtables-nft-multi"];
const RANGES = ["libnftnl.so.11.6.0", "libxtables.so.12.7.0"];

const scratch = scratchFolder("packages").path;
/** Why the packages cannot be had; undefined when they are there. */
let missing: string | undefined;

beforeAll(() => {
  missing = prepareApt();
}, 300_000);

for (const [debian, machine] of Object.entries(ARCHITECTURES)) {
  test(`bytes and packages agree on ${debian}`, { timeout: 300_000 }, (context) => {
    const folder = join(scratch, debian);
    mkdirSync(folder);
    missing ??= runApt(["download", "-qq", ...PACKAGES.map((name) => `${name}:${debian}/${SUITE}`)], folder);
    if (missing) skipTest(context, `packages of Debian ${SUITE}, ${debian}`, missing);
    const seen = readdirSync(folder).flatMap((file) => readPackage(join(folder, file)));
    for (const { path, content } of seen) expect.soft(content.architecture, path).toBe(machine);
    const exact = seen.filter(({ path }) => EXACT.includes(basename(path)));
    expect(exact.map(({ path }) => basename(path)).sort()).toEqual(EXACT);
    for (const { path, content, version } of exact) expect.soft(content.identity?.version, path).toBe(version);
    for (const { path, content } of exact.filter((file) => file.path.includes("xtables-")))
      expect.soft(content.identity?.backend, path).toBe(path.includes("legacy") ? "legacy" : "nft");
    const ranges = seen.filter(({ path }) => RANGES.includes(basename(path)));
    expect(ranges.map(({ path }) => basename(path)).sort()).toEqual(RANGES);
    for (const { path, content, version } of ranges) expectInRange(path, content, version);
    const front = seen.find(({ path }) => basename(path) === "ipset");
    expect(front?.content.identity).toMatchObject({ tool: "ipset", version: null, versionIn: "libipset.so" });
  });
}

function expectInRange(path: string, content: BinaryContent, version: string): void {
  const { identity } = content;
  const { min, max } = narrowByFileName(identity?.tool ?? "", basename(path), identity!.library!);
  expect.soft(min, path).not.toBeNull();
  expect.soft(compareVersions(min ?? "0", version), path).toBeLessThanOrEqual(0);
  expect.soft(compareVersions(max ?? "99", version), path).toBeGreaterThanOrEqual(0);
}

/** What the probe keeps of each file of a package, with the upstream version in the package's name. */
function readPackage(deb: string): { path: string; content: BinaryContent; version: string }[] {
  const field = execFileSync("dpkg-deb", ["-f", deb, "Version"], { encoding: "utf8" }).trim();
  const folder = `${deb}.files`;
  mkdirSync(folder);
  const tar = execFileSync("dpkg-deb", ["--fsys-tarfile", deb], { maxBuffer: 64 * 1024 * 1024 });
  execFileSync("tar", ["-x", "-C", folder], { input: tar });
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const file = join(folder, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return [];
    const content = probe(`/${name}`, readFileSync(file), stat.mode & 0o777) as BinaryContent | undefined;
    return content?.kind === "binary" ? [{ path: `/${name}`, content, version: upstreamVersion(field) ?? "" }] : [];
  });
}

/** An apt of the test's own: it neither reads nor changes the machine's lists. */
function prepareApt(): string | undefined {
  for (const command of ["apt-get", "dpkg-deb", "apt-config"])
    if (spawnSync(command, ["--version"]).error) return `${command} is not installed`;
  const [mirror] = debianMirrors();
  if (!mirror) return "the machine's apt knows no Debian mirror";
  for (const folder of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(scratch, folder), { recursive: true });
  const options = ["check-valid-until=no", ...(mirror.keyring ? [`signed-by=${mirror.keyring}`] : [])].join(" ");
  writeFileSync(join(scratch, "sources.list"), `deb [${options}] ${mirror.uri} ${SUITE} main\n`);
  const lines = [
    `Dir::Etc::SourceList "${scratch}/sources.list"`,
    'Dir::Etc::SourceParts "/dev/null"',
    `Dir::State::Lists "${scratch}/lists"`,
    `Dir::Cache "${scratch}/cache"`,
    'Dir::State::status "/dev/null"',
    'APT::Architecture "amd64"',
    `APT::Architectures { ${Object.keys(ARCHITECTURES)
      .map((name) => `"${name}";`)
      .join(" ")} }`,
    'APT::Sandbox::User "root"',
    'Acquire::Languages "none"',
    ...fetchOptions(),
  ];
  writeFileSync(join(scratch, "apt.conf"), lines.map((line) => `${line};\n`).join(""));
  return runApt(["update", "-qq"], scratch);
}

/** @returns the last line of what went wrong */
function runApt(args: string[], cwd: string): string | undefined {
  const run = spawnSync("apt-get", args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, APT_CONFIG: join(scratch, "apt.conf") },
  });
  return run.status === 0 ? undefined : `apt-get ${args[0]}: ${run.stderr.trim().split("\n").at(-1)}`;
}
