import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianMirrors, fetchOptions } from "./apt.ts";

/** An apt of one's own for another suite or architecture: it neither reads nor changes the machine's lists. */

/**
 * Fetches the lists of a suite.
 * @param folder everything of it goes there
 * @param sources lists of source packages too
 * @returns why it cannot be had, or undefined
 */
export function preparePrivateApt(
  folder: string,
  suite: string,
  architectures: readonly string[],
  sources = false,
): string | undefined {
  for (const command of ["apt-get", "dpkg-deb", "apt-config"])
    if (spawnSync(command, ["--version"], { timeout: 30_000 }).error) return `${command} is not installed`;
  const [mirror] = debianMirrors();
  if (!mirror) return "the machine's apt knows no Debian mirror";
  for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, part), { recursive: true });
  // Mirrors of moving suites are often older than the Release file allows.
  const options = ["check-valid-until=no", ...(mirror.keyring ? [`signed-by=${mirror.keyring}`] : [])].join(" ");
  const types = sources ? ["deb", "deb-src"] : ["deb"];
  const list = types.map((type) => `${type} [${options}] ${mirror.uri} ${suite} main\n`);
  writeFileSync(join(folder, "sources.list"), list.join(""));
  const lines = [
    `Dir::Etc::SourceList "${folder}/sources.list"`,
    'Dir::Etc::SourceParts "/dev/null"',
    `Dir::State::Lists "${folder}/lists"`,
    `Dir::Cache "${folder}/cache"`,
    'Dir::State::status "/dev/null"',
    'APT::Architecture "amd64"',
    `APT::Architectures { ${architectures.map((name) => `"${name}";`).join(" ")} }`,
    'APT::Sandbox::User "root"',
    'Acquire::Languages "none"',
    ...fetchOptions(),
  ];
  writeFileSync(join(folder, "apt.conf"), lines.map((line) => `${line};\n`).join(""));
  return runPrivateApt(folder, ["update", "-qq"], folder);
}

/** @returns the last line of what went wrong */
export function runPrivateApt(folder: string, args: string[], cwd: string): string | undefined {
  const run = spawnSync("apt-get", args, { cwd, encoding: "utf8", env: aptEnvironment(folder), timeout: 300_000 });
  return run.status === 0 ? undefined : `apt-get ${args[0]}: ${(run.stderr ?? "").trim().split("\n").at(-1)}`;
}

/** The environment in which apt's commands are the folder's. */
export function aptEnvironment(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, APT_CONFIG: join(folder, "apt.conf") };
}
