import { basename } from "node:path/posix";
import type { WrapperScript } from "../knowledge/schema/wrappers.ts";
import wrappers from "../knowledge/wrappers.json" with { type: "json" };
import type { Backend } from "../model/toolchain.ts";
import { createTextSearch } from "./find-text.ts";
import { leavesContainer } from "./host-exec.ts";
import { linesWith } from "./lines.ts";
import type { PathSetting } from "./shell-line.ts";
import { readShellText } from "./start-command.ts";
import { isShell } from "./starters.ts";

/** What matters of a script: who runs it, whether it chooses a backend, and what it starts. */
export interface ScriptFacts {
  /** Path of the program that runs it and what follows, as the kernel reads it: a carriage return is part of it. */
  interpreter: string;
  /** Generation of the iptables-wrapper, or a fork's name. */
  wrapper?: WrapperText;
  /** The line that leaves the container: `exec chroot /host /usr/sbin/iptables "$@"`. */
  hostExec?: string;
  /** The root that this line changes to by chroot. */
  newRoot?: string;
  /** A line that runs a tool, or hands over to another program, in the container. */
  stays?: string;
  /** The program that it runs with all that it was given, and does nothing else: a path, or a name for PATH. */
  forwards?: string;
  /** Words after `exec`: what a start script hands over to. */
  starts: string[];
  /** What it makes of PATH, in the order of its lines. */
  paths?: PathSetting[];
  /** All of it, of a script of a shell that an image may start: what it does about the backend of iptables is read once it is
   * known to be started, which few are. */
  text?: string;
  /** Not all of it was read. */
  truncated: boolean;
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
  /** The only backend that a start script sets; for the other one it relies on what the image has. */
  setsOnly?: Backend;
}

/** What stands behind `exec`, and behind an `env` there. */
const STARTED = /(?:^|[\s;&|])exec\s+(?:-\S+\s+)*(?:(?:\S*\/)?env\s+(?:(?:-\S+|\w+=\S*)\s+)*)?["']?([\w./+-]+)/;

const MAX_STARTS = 16;
const MAX_QUOTED_LINE = 200;
const MAX_PATH_SETTINGS = 8;

/**
 * Reads a script by its text alone; nothing is run.
 * @param bytes the script, of any encoding that writes ASCII as it is
 * @param isStartable an image may start it: its text is kept
 * @returns undefined when it does not begin with `#!`
 */
export function readScript(bytes: Buffer, truncated: boolean, isStartable = true): ScriptFacts | undefined {
  const text = bytes.toString("latin1");
  const interpreter = /^#![ \t]*([^\n]*)/.exec(text)?.[1]?.replace(/[ \t]+$/, "");
  if (interpreter === undefined) return undefined;
  const facts: ScriptFacts = { interpreter, starts: [], truncated };
  const wrapper = findWrapper(bytes, text);
  if (wrapper) facts.wrapper = wrapper;
  else if (isStartable && isShellLine(interpreter)) facts.text = text;
  const forwards = truncated || !isShellLine(interpreter) ? undefined : forwardedTo(text);
  if (forwards !== undefined) facts.forwards = forwards;
  for (const line of linesWith(text, MARK_OF_LINE)) {
    if (/^\s*#/.test(line)) continue;
    const leaving = leavesContainer(line);
    if (leaving !== undefined) takeLeaving(facts, leaving);
    else if (RUNS_HERE.test(line)) facts.stays ??= line.trim().slice(0, MAX_QUOTED_LINE);
    const paths = /PATH=|\senv\s/.test(line) ? readShellText(line, false).paths : [];
    if (paths.length > 0) facts.paths = [...(facts.paths ?? []), ...paths].slice(0, MAX_PATH_SETTINGS);
    const started = STARTED.exec(line)?.[1];
    if (started !== undefined && facts.starts.length < MAX_STARTS) facts.starts.push(started);
  }
  return facts;
}

/** `/bin/sh -e`, `/usr/bin/env -S bash -e`, `/usr/bin/with-contenv sh`, `/command/with-contenv bash`. */
function isShellLine(interpreter: string): boolean {
  const words = interpreter.split(/\s+/).filter((word) => !word.startsWith("-"));
  return words.some((word) => isShell(basename(word)));
}

/** Longer scripts are none that only add an option. */
const MAX_FORWARDER = 4096;
/** `exec /usr/sbin/iptables-legacy -w 5 "$@"`: plain words, then all arguments, and nothing behind them. */
const FORWARDS = /^(?:exec\s+)?(["']?)([\w./+-]+)\1(?:\s+[\w.,:=+-]+)*\s+"\$@"\s*;?$/;

/** Of a script that has no other line than comments and `set -e`. */
function forwardedTo(text: string): string | undefined {
  if (text.length > MAX_FORWARDER) return undefined;
  const lines = text.split("\n").map((line) => line.trim());
  const [only, ...others] = lines.filter((line) => line !== "" && !/^#|^set\s+[-+]\w+(?:\s+pipefail)?$/.test(line));
  return only === undefined || others.length > 0 ? undefined : FORWARDS.exec(only)?.[2];
}

function findWrapper(bytes: Buffer, text: string): WrapperText | undefined {
  const holds = createTextSearch(bytes);
  const scripts = wrappers.scripts as WrapperScript[];
  const known = scripts.find((entry) => entry.all.every(holds));
  if (!known || wrappers.installer.all.every(holds)) return undefined;
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
    ...(known.setsOnly !== undefined && { setsOnly: known.setsOnly }),
  };
}

/** What hands over to another program, redirections left out, and what runs a tool. */
const RUNS_HERE =
  /(?:^|[\s;&|])exec\s+(?!\d*[<>])\S|(?:^|[;&|(!]|\b(?:then|else|do|if)\s)\s*["']?(?:[\w./${}-]*\/)?(?:(?:ip6?|eb|arp)tables|xtables-(?:nft|legacy)-multi|nft|ipset)(?![\w.])/;

const NEW_ROOT = /\bchroot\s+(?:-\S+\s+)*["']?([^\s"']+)/;

/** Each root counts: of two, one may be of the image. */
function takeLeaving(facts: ScriptFacts, line: string): void {
  const root = NEW_ROOT.exec(line)?.[1];
  if (facts.hostExec !== undefined && facts.newRoot !== root) facts.stays ??= line;
  facts.hostExec ??= line;
  if (root !== undefined) facts.newRoot ??= root;
}

/** What stands in each line of which {@link readScript} takes something. */
const MARK_OF_LINE = /exec|PATH=|chroot|nsenter|tables|nft|ipset/g;
