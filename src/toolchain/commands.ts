import { basename } from "node:path/posix";
import type { FileNode, FileTree } from "../model/image.ts";
import type { Command, Untold } from "../model/toolchain.ts";
import { contentOf } from "./content.ts";
import { variableOf } from "./environment.ts";
import { inDirectory } from "./paths.ts";
import type { ScriptFacts } from "./scripts.ts";

/** What runtimes use when the image sets none (Docker, containerd: `DefaultPathEnv`). */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MAX_PATH_ENTRIES = 64;

/** Directories of PATH in order; entries that are no absolute path depend on the working directory and are left out. */
export function pathDirectories(env: string[]): string[] {
  return splitPath(variableOf(env, "PATH") ?? DEFAULT_PATH);
}

/** The same for a value of PATH. */
export function splitPath(value: string): string[] {
  const directories = value.split(":").filter((entry) => entry.startsWith("/"));
  return [...new Set(directories.map((entry) => entry.replace(/(?<=.)\/+$/, "")))].slice(0, MAX_PATH_ENTRIES);
}

/** Where a command name leads. `node` is absent when it leads nowhere. */
export interface FoundCommand {
  via: string[];
  target?: { path: string; node: FileNode };
  /** The chain ends at a path that does not exist. */
  dangling: boolean;
}

export type CommandFinder = (name: string) => FoundCommand | undefined;

/**
 * Finds commands as execvp(3) does: the first PATH entry in which the name leads to an executable file. Links that lead
 * nowhere don't stop the search; they are what is told when nothing else is found.
 */
export function createCommandFinder(tree: FileTree, directories: string[]): CommandFinder {
  const known = new Map<string, FoundCommand | undefined>();
  const find = (name: string): FoundCommand | undefined => {
    let failed: FoundCommand | undefined;
    for (const directory of directories) {
      const hit = followLink(tree, inDirectory(directory, name));
      if (hit?.target && (hit.target.node.mode & 0o111) !== 0) return hit;
      failed ??= hit;
    }
    return failed && { via: failed.via, dangling: failed.dangling };
  };
  return (name) => {
    if (!known.has(name)) known.set(name, find(name));
    return known.get(name);
  };
}

/** Follows one path to a regular file; undefined when there is nothing at it, or no file. */
export function followLink(tree: FileTree, path: string): FoundCommand | undefined {
  if (!tree.lookup(path)) return undefined;
  const resolved = tree.resolve(path);
  if (!resolved.found && resolved.reason === "loop") return { via: firstRound(resolved.via), dangling: false };
  if (!resolved.found) return { via: withLast(resolved.via, resolved.at), dangling: true };
  if (resolved.node.type !== "file") return undefined;
  return {
    via: withLast(resolved.via, resolved.path),
    target: { path: resolved.path, node: resolved.node },
    dangling: false,
  };
}

/** A circle once around, with the path at which it closes. */
function firstRound(via: string[]): string[] {
  const again = via.findIndex((path, i) => via.indexOf(path) < i);
  return again < 0 ? via : via.slice(0, again + 1);
}

function withLast(via: string[], last: string): string[] {
  return via.at(-1) === last ? via : [...via, last];
}

/** Command names that a report always speaks of. */
export const DEFAULT_COMMANDS = [
  "iptables",
  "iptables-save",
  "iptables-restore",
  "ip6tables",
  "ip6tables-save",
  "ip6tables-restore",
  "nft",
  "ipset",
];

export interface ToldCommand {
  command: Command;
  missing?: Untold;
}

/**
 * What a command name leads to, by the bytes of the file at the end of its links. A name never decides: a file called
 * `xtables-legacy-multi` that cannot be read is `unknown`. `ipset` has no backend; found, it is `unknown` without anything
 * missing.
 */
export function tellCommand(name: string, find: CommandFinder, tree: FileTree): ToldCommand {
  const found = find(name);
  if (!found) return { command: { backend: "none", via: [] } };
  if (!found.target) {
    const command: Command = { backend: "none", via: found.via };
    return { command: found.dangling ? { ...command, dangling: true } : command };
  }
  const forwarded = forwardedBackend(name, found.target, find, tree);
  if (forwarded !== undefined)
    return { command: { backend: forwarded.backend, via: [...found.via, ...forwarded.via] } };
  const backend = tellBackend(name, found.target, tree);
  if ("hostExec" in backend) return { command: { backend: "unknown", via: found.via, hostExec: true } };
  if ("backend" in backend) return { command: { backend: backend.backend, via: found.via } };
  return {
    command: { backend: "unknown", via: found.via },
    missing: { fact: `what ${found.via[0]} does`, reason: backend.unknown },
  };
}

/** A script that does nothing but run one program with what it was given is as good as a link to it. */
function forwardedBackend(
  name: string,
  target: { node: FileNode },
  find: CommandFinder,
  tree: FileTree,
): Command | undefined {
  const content = contentOf(target.node);
  const path = content?.kind === "script" && !content.script.wrapper ? content.script.forwards : undefined;
  if (path === undefined) return undefined;
  const hit = path.startsWith("/") ? followLink(tree, path) : path.includes("/") ? undefined : find(path);
  // Another script may do anything, itself among them.
  if (!hit?.target || (hit.target.node.mode & 0o111) === 0 || contentOf(hit.target.node)?.kind !== "binary")
    return undefined;
  const told = tellBackend(name, hit.target, tree);
  return "backend" in told ? { backend: told.backend, via: hit.via } : undefined;
}

type Told = { backend: Command["backend"] } | { hostExec: true } | { unknown: string };

function tellBackend(name: string, target: { path: string; node: FileNode }, tree: FileTree): Told {
  const content = contentOf(target.node);
  const file = target.path;
  if (content?.kind === "script") {
    const { script } = content;
    if (script.wrapper && !script.wrapper.isEntrypoint) return { backend: "auto" };
    if (script.hostExec !== undefined) return tellLeaving(file, script, tree);
    return {
      unknown: `${file} is an unknown script${script.truncated ? ", of which only the beginning was read" : ""}`,
    };
  }
  if (content?.kind !== "binary") return { unknown: `${file} is no program that could be read` };
  if (content.wrapper) return { backend: "auto" };
  if (content.packed) return { unknown: `${file} is packed by UPX` };
  if (content.problem) return { unknown: `${file}: ${content.problem}` };
  const identity = content.identity;
  if (content.go) return { unknown: `${file} is a Go program (${content.go.main?.path ?? content.go.path})` };
  if (!identity) return { unknown: `the bytes of ${file} don't tell what it is` };
  if (name === "ipset")
    return identity.tool === "ipset" ? { backend: "unknown" } : { unknown: notThat(file, identity.tool) };
  const expected = name === "nft" ? "nft" : "iptables";
  if (identity.tool !== expected) return { unknown: notThat(file, identity.tool) };
  return identity.backend ? { backend: identity.backend } : { unknown: `${file} holds texts of both backends` };
}

/** All that it runs has to be the host's: neither another way of the script, nor a root that the image brings. */
function tellLeaving(file: string, { hostExec = "", newRoot, stays }: ScriptFacts, tree: FileTree): Told {
  if (stays !== undefined)
    return { unknown: `${file} leaves the container with \`${hostExec}\` and stays in it with \`${stays}\`` };
  const isBrought = newRoot !== undefined && ROOT_FOLDERS.some((name) => tree.list(`${newRoot}${name}`).length > 0);
  return isBrought ? { unknown: `${file} changes to ${newRoot}, which the image brings` } : { hostExec: true };
}

const ROOT_FOLDERS = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];

function notThat(file: string, tool: string): string {
  return `${basename(file)} is ${tool}, which has no such command`;
}
