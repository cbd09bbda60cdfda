import { type ExecFileSyncOptionsWithStringEncoding, execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { debianMirrors, fetchOptions } from "./apt.ts";
import { recordTiming } from "./skip.ts";

/**
 * Real Debian file systems that hold the netfilter tools: unpacked packages with dpkg's records and the alternatives links
 * of the packages' own scripts, for any architecture, without running anything of them. Built once and shared by all test
 * processes of this machine for a day.
 */

export interface Root {
  suite: string;
  /** Debian architecture: amd64, arm64, armhf. */
  architecture: string;
  /** The unpacked root. Shared: tests read it, never write. */
  folder: string;
  /** The same as an uncompressed tar, entries as `./usr/...`, owners as numbers. */
  tar: string;
}

export type RootResult = { ok: true; root: Root } | { ok: false; reason: string };

const tools = ["iptables", "nftables", "ipset", "ebtables", "conntrack"];
/** base-files brings os-release and, since Debian 13, the links of merged /usr. */
const netfilterPackages = [...tools, "base-files"];
/** Weight that no test looks at. */
const excluded = ["doc", "man", "locale", "info", "zoneinfo", "perl", "perl5"]
  .map((name) => `/usr/share/${name}/*`)
  .concat(["/usr/lib/*/perl/*", "/usr/lib/*/perl-base/*", "/usr/lib/*/gconv/*", "/usr/bin/perl*"]);

const hook = fileURLToPath(new URL("roots-extract-hook.sh", import.meta.url));
const cache = join(tmpdir(), `netfilter-compat-roots-${process.getuid?.() ?? "any"}`);
const maximumAge = 24 * 3600_000;
const run = promisify(execFile);

/**
 * The root of a suite, from the cache or newly made.
 * @param packages what is unpacked, and what that depends on
 * @returns a reason instead when this machine cannot have it: a tool is missing, no mirror has the suite
 */
export async function debianRoot(
  suite: string,
  architecture = "amd64",
  packages = netfilterPackages,
): Promise<RootResult> {
  if (process.getuid?.() !== 0) return { ok: false, reason: "making and entering a root needs to be run by root" };
  if (!hasCommand("mmdebstrap")) return { ok: false, reason: "mmdebstrap is not installed" };
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const folder = join(cache, `${suite}-${architecture}-${recipeKey(packages)}`);
  return await withLock(`${folder}.lock`, async () => {
    const known = cached(folder, suite, architecture);
    if (known) return known;
    rmSync(folder, { recursive: true, force: true });
    const start = performance.now();
    const result = await build(folder, suite, architecture, packages);
    const seconds = (performance.now() - start) / 1000;
    const bytes = result.ok ? statSync(result.root.tar).size : 0;
    recordTiming({ step: `Debian root ${suite}/${architecture}`, seconds, bytes });
    return result;
  });
}

/** True when a program of that name is in PATH. */
export function hasCommand(name: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));
}

/** Roots of another recipe are other roots. */
function recipeKey(packages: string[]): string {
  const recipe = [readFileSync(hook, "utf8"), ...packages, ...excluded, mergedUsr("bookworm", "amd64").join()];
  return createHash("sha256").update(recipe.join("\n")).digest("hex").slice(0, 12);
}

function describe(folder: string, suite: string, architecture: string): RootResult {
  return { ok: true, root: { suite, architecture, folder: join(folder, "root"), tar: join(folder, "root.tar") } };
}

/** A failure is remembered for as long as the run is likely to last, so that not every test waits for it anew. */
function cached(folder: string, suite: string, architecture: string): RootResult | undefined {
  const failure = `${folder}.failed`;
  if (existsSync(failure)) {
    if (Date.now() - statSync(failure).mtimeMs < 600_000) return { ok: false, reason: readFileSync(failure, "utf8") };
    rmSync(failure);
  }
  if (!existsSync(folder) || Date.now() - statSync(folder).mtimeMs > maximumAge) return undefined;
  return describe(folder, suite, architecture);
}

/** Tries each mirror of the machine; the folder appears whole or not at all. */
async function build(folder: string, suite: string, architecture: string, packages: string[]): Promise<RootResult> {
  const reasons: string[] = [];
  for (const mirror of debianMirrors()) {
    const work = mkdtempSync(`${folder}.new-`);
    try {
      await extractPackages(join(work, "root"), suite, architecture, packages, mirror);
      const args = ["--sort=name", "--numeric-owner", "-C", join(work, "root"), "-cf", join(work, "root.tar"), "."];
      await run("tar", args, { timeout: 300_000 });
      renameSync(work, folder);
      return describe(folder, suite, architecture);
    } catch (error) {
      reasons.push(firstError(error));
      rmSync(work, { recursive: true, force: true });
    }
  }
  const reason = reasons.length > 0 ? [...new Set(reasons)].join("; ") : "apt's configuration names no Debian mirror";
  writeFileSync(`${folder}.failed`, reason);
  return { ok: false, reason };
}

async function extractPackages(
  folder: string,
  suite: string,
  architecture: string,
  packages: string[],
  mirror: { uri: string; keyring?: string },
): Promise<void> {
  const apt = [
    'Acquire::Languages "none"',
    'APT::Install-Recommends "false"',
    // Mirrors of moving suites are often older than the Release file allows.
    'Acquire::Check-Valid-Until "false"',
    ...fetchOptions(),
  ];
  await run(
    "mmdebstrap",
    [
      "--mode=root",
      "--variant=extract",
      `--architectures=${architecture}`,
      `--include=${packages.join(",")}`,
      ...apt.map((option) => `--aptopt=${option}`),
      ...excluded.map((path) => `--dpkgopt=path-exclude=${path}`),
      ...(mirror.keyring && existsSync(mirror.keyring) ? [`--keyring=${mirror.keyring}`] : []),
      ...mergedUsr(suite, architecture),
      // Records and alternatives are for inspecting the root; one of other packages is for running them.
      ...(packages === netfilterPackages ? [`--extract-hook=${hook}`] : []),
      suite,
      folder,
      mirror.uri,
    ],
    // In a folder that any user can enter: apt fetches as its own user.
    { cwd: "/", timeout: 600_000, maxBuffer: 1 << 26 },
  );
}

/** Debian 12 images have /sbin -> usr/sbin and so on from the installer, Debian 11 images don't, later ones from base-files. */
function mergedUsr(suite: string, architecture: string): string[] {
  if (suite !== "bookworm") return [];
  const names = ["bin", "sbin", "lib", ...(architecture === "amd64" ? ["lib64"] : [])];
  return names.map((name) => `--setup-hook=mkdir -p "$1/usr/${name}" && ln -s usr/${name} "$1/${name}"`);
}

/** The line that tells most of what a failed program wrote. */
function firstError(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr ?? message).split("\n");
  return lines.find((line) => line.startsWith("E: ")) ?? lines.find((line) => line !== "") ?? message;
}

/** Runs alone among all processes of this machine. A lock whose owner is gone is taken over. */
export async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!takeLock(lock)) await sleep(200);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!isAlive(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, "utf8"));
    // Between creation and writing the file is empty: its owner lives.
    return owner === 0 || process.kill(owner, 0);
  } catch {
    return false;
  }
}

/** Versions by package name as the dpkg status of an unpacked root has them. */
export function packageVersions(folder: string): Map<string, string> {
  const status = readFileSync(join(folder, "var/lib/dpkg/status"), "utf8");
  const versions = new Map<string, string>();
  for (const stanza of status.split("\n\n")) {
    const name = /^Package: (.*)$/m.exec(stanza)?.[1];
    const version = /^Version: (.*)$/m.exec(stanza)?.[1];
    if (name && version) versions.set(name, version);
  }
  return versions;
}

/**
 * Runs a program of an amd64 root in a chroot and in network and mount namespaces of its own, so that it neither sees nor
 * changes anything of this machine.
 * @returns what it printed to stdout, and its exit code
 */
export function runInRoot(folder: string, command: string[]): { stdout: string; code: number } {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    timeout: 120_000,
  };
  try {
    const args = ["--net", "--mount", "chroot", folder, ...command];
    return { stdout: execFileSync("unshare", args, options), code: 0 };
  } catch (error) {
    const { status, stdout } = error as { status?: number | null; stdout?: string };
    if (typeof status !== "number") throw error;
    return { stdout: stdout ?? "", code: status };
  }
}
