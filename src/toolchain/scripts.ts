import wrappers from "../knowledge/wrappers.json" with { type: "json" };

/** What matters of a script: who runs it, whether it chooses a backend, and what it starts. */
export interface ScriptFacts {
  interpreter: string;
  /** Generation of the iptables-wrapper, or a fork's name. */
  wrapper?: WrapperText;
  /** The line that leaves the container: `exec chroot /host /usr/sbin/iptables "$@"`. */
  hostExec?: string;
  /** Words after `exec`: what a start script hands over to. */
  starts: string[];
  /** What it makes of PATH, in the order of its lines. */
  paths?: PathSetting[];
  /** Not all of it was read. */
  truncated: boolean;
}

export interface PathSetting {
  /** As written, without quotes: `/opt/bin:$PATH`. */
  value: string;
  /** The line is not indented, so it is taken to be no part of a condition or function. */
  isSure: boolean;
}

export interface WrapperText {
  version: string;
  /** By which it was told. */
  text: string;
  isEntrypoint: boolean;
  /** The folder into which a start script puts its links, where the script says so. */
  linksIn?: string;
  /** The commands that a start script sets, where it leaves some of iptables' alone. */
  sets?: string[];
}

const MAX_STARTS = 16;
const MAX_QUOTED_LINE = 200;
const MAX_PATH_SETTINGS = 8;
const MAX_PATH_VALUE = 1000;

/**
 * Reads a script by its text alone; nothing is run.
 * @param text the script, decoded as latin1
 * @returns undefined when it does not begin with `#!`
 */
export function readScript(text: string, truncated: boolean): ScriptFacts | undefined {
  const interpreter = /^#![ \t]*([^\n]*)/.exec(text)?.[1]?.trim();
  if (interpreter === undefined) return undefined;
  const facts: ScriptFacts = { interpreter, starts: [], truncated };
  const wrapper = findWrapper(text);
  if (wrapper) facts.wrapper = wrapper;
  // Most scripts of an image do neither, and looking at each line costs more than reading the file.
  if (!text.includes("exec") && !text.includes("PATH=") && !mayLeaveContainer(text)) return facts;
  for (const line of text.split("\n")) {
    if (/^\s*#/.test(line)) continue;
    const leaving = leavesContainer(line);
    if (leaving !== undefined) facts.hostExec ??= leaving;
    const path = line.includes("PATH=") ? readPathSetting(line) : undefined;
    if (path && (facts.paths?.length ?? 0) < MAX_PATH_SETTINGS) facts.paths = [...(facts.paths ?? []), path];
    const started = /(?:^|[\s;&|])exec\s+(?:-\S+\s+)*["']?([\w./+-]+)/.exec(line)?.[1];
    if (started !== undefined && facts.starts.length < MAX_STARTS) facts.starts.push(started);
  }
  return facts;
}

/** `PATH=/opt/bin:$PATH`, unless it is in front of a command that alone gets it. */
function readPathSetting(line: string): PathSetting | undefined {
  const head = /^(\s*)(?:export\s+)?PATH=/.exec(line);
  if (!head) return undefined;
  const rest = line.slice(head[0].length);
  const word = /^(?:"[^"]*"|'[^']*'|[^\s;&|"'])*/.exec(rest)?.[0] ?? "";
  const isOwn = /^\s*(?:$|[;#&|]|exec\s|export\s)/.test(rest.slice(word.length));
  if (!isOwn || word.length > MAX_PATH_VALUE) return undefined;
  return { value: word.replace(/["']/g, ""), isSure: head[1] === "" };
}

interface WrapperScript {
  version: string;
  all: string[];
  /** It is no command but a start script that sets the links of the commands. */
  entrypoint?: boolean;
  /** Pattern whose group is the folder of the links that it sets. */
  linksIn?: string;
  /** Pattern whose group are the names of the links that it sets; absent: all of iptables' commands. */
  sets?: string;
}

function findWrapper(text: string): WrapperText | undefined {
  if (wrappers.installer.all.every((part) => text.includes(part))) return undefined;
  const scripts: WrapperScript[] = wrappers.scripts;
  const known = scripts.find((entry) => entry.all.every((part) => text.includes(part)));
  if (!known) return undefined;
  const { version, all, entrypoint = false } = known;
  const part = (pattern: string | undefined) =>
    pattern === undefined ? undefined : new RegExp(pattern, "m").exec(text)?.[1];
  const linksIn = part(known.linksIn);
  const sets = part(known.sets)?.trim().split(/ +/);
  return {
    version,
    text: all.join(", "),
    isEntrypoint: entrypoint,
    ...(linksIn !== undefined && { linksIn }),
    ...(sets && { sets }),
  };
}

const HOST_EXEC = wrappers.hostExec.map((entry) => new RegExp(entry.pattern));

/** The same patterns for the whole text at once: also true for comments and for what only seems to be one line. */
const HOST_EXEC_ANYWHERE = wrappers.hostExec.map((entry) => new RegExp(entry.pattern, "m"));

function mayLeaveContainer(text: string): boolean {
  return HOST_EXEC_ANYWHERE.some((pattern) => pattern.test(text));
}

function leavesContainer(line: string): string | undefined {
  return HOST_EXEC.some((pattern) => pattern.test(line)) ? line.trim().slice(0, MAX_QUOTED_LINE) : undefined;
}
