import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path/posix";
import type { Tool, Toolchain } from "../../src/model/toolchain.ts";
import { packageVersions, runInRoot } from "../support/roots.ts";

/**
 * What an unpacked root says about itself: dpkg's records, the links on disk, what its programs print. The tests hold the
 * inspection of an image against it; nothing here uses the code under test.
 */

/** Commands of Debian's packages: how each is asked for its version, and the package that brings it. */
export const commands = [
  { command: "iptables", ask: "-V", package: "iptables" },
  { command: "iptables-legacy", ask: "-V", package: "iptables" },
  { command: "ip6tables", ask: "-V", package: "iptables" },
  { command: "ip6tables-legacy", ask: "-V", package: "iptables" },
  { command: "ebtables", ask: "-V", package: "iptables" },
  { command: "arptables", ask: "-V", package: "iptables" },
  { command: "ebtables-legacy", ask: "-V", package: "ebtables" },
  { command: "nft", ask: "-v", package: "nftables" },
  { command: "ipset", ask: "version", package: "ipset" },
  { command: "conntrack", ask: "-V", package: "conntrack" },
];

/** Commands whose way to a program the inspection reports. */
export const linkedCommands = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

export interface Told {
  version: string | null;
  backend?: string;
}

/** What a command prints of itself when it runs in the root. */
export function askProgram(folder: string, command: string, ask: string): Told {
  const { stdout, code } = runInRoot(folder, [command, ask]);
  if (code !== 0) throw new Error(`${command} ${ask} ended with code ${code}`);
  const version = /\bv?(\d+(?:\.\d+)+)\b/.exec(stdout)?.[1] ?? null;
  const backend = { nf_tables: "nft", legacy: "legacy" }[/\((nf_tables|legacy)\)/.exec(stdout)?.[1] ?? ""];
  return { version, ...(backend && { backend }) };
}

/** The upstream part of a package's version as dpkg recorded it: without epoch and revision. */
export function recordedVersion(folder: string, name: string): string {
  const version = packageVersions(folder).get(name);
  if (version === undefined) throw new Error(`${name} is not installed in ${folder}`);
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
}

/** A path and every path that the links at its end lead to, read from disk with the folder as root. */
export function linkChain(folder: string, path: string): string[] {
  const chain = [path];
  for (let at = path; lstatSync(join(folder, at)).isSymbolicLink(); chain.push(at))
    at = resolve(dirname(at), readlinkSync(join(folder, at)));
  return chain;
}

/** Netfilter libraries by their versioned file names: `libnftnl` -> `11.6.0`. */
export function librariesOnDisk(folder: string): Map<string, string> {
  const names = ["libnftnl", "libxtables", "libipset", "libmnl", "libip4tc", "libip6tc", "libnftables"];
  const pattern = new RegExp(`^(${names.join("|")})\\.so\\.(\\d+\\.\\d+\\.\\d+)$`);
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const [, name, number] = pattern.exec(entry.name) ?? [];
    if (name && number && entry.isFile()) found.set(name, number);
  }
  return found;
}

/** The inspection's entry for the program that a command in /usr/sbin leads to on disk. */
export function toolAt(toolchain: Toolchain, folder: string, command: string): Tool {
  return findTool(toolchain, command, linkChain(folder, `/usr/sbin/${command}`).at(-1));
}

/** The same for a target that was read before. */
export function findTool(toolchain: Toolchain, command: string, target: string | undefined): Tool {
  const name = command.replace(/-legacy$/, "");
  const tool = toolchain.tools.find((one) => one.name === name && one.target === target);
  if (!tool) throw new Error(`no ${name} at ${target} among ${toolchain.tools.map((one) => one.target).join(", ")}`);
  return tool;
}
