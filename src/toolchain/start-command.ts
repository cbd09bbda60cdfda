import { basename } from "node:path/posix";
import { type PathSetting, pathValueOf, readShellLine } from "./shell-line.ts";
import { behindStarter, isShell } from "./starters.ts";

/** What the image config starts: what its words make of PATH, and the words that may name a program. */
export interface StartCommand {
  paths: PathSetting[];
  words: string[];
}

const MAX_WORDS = 64;
/** Characters of what stands behind `sh -c`. */
const MAX_TEXT = 16 * 1024;
/** Shells in shells. */
const MAX_DEPTH = 3;

/**
 * Reads entrypoint and command: programs that start others, `env NAME=VALUE`, and the text of `sh -c`.
 * @param all entrypoint and command of the image config, as one list; or words of a shell
 * @param depth shells around it
 */
export function readStartCommand(all: readonly string[], depth = 0): StartCommand {
  const words = splitEnvString(all.slice(0, MAX_WORDS));
  const paths: PathSetting[] = [];
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    const name = basename(word);
    const behind = behindStarter(words, at);
    if (name === "env") {
      const env = readEnv(words, at + 1, depth === 0);
      if (env.path) paths.push(env.path);
      at = env.next;
    } else if (isShell(name)) {
      const shell = readShell(words, at + 1, depth + 1);
      return { paths: [...paths, ...shell.paths], words: [...words.slice(0, at + 1), ...shell.words] };
    } else if (behind !== undefined) at = behind;
    else break;
  }
  return { paths, words };
}

/** `env -S "PATH=/opt/bin agent"`, of which env makes words. */
function splitEnvString(all: readonly string[]): string[] {
  const env = all.findIndex((word) => basename(word) === "env");
  if (env < 0) return [...all];
  const words = all.slice(env);
  const split = words.flatMap((word, index) => {
    if (word === "-S" || word === "--split-string") return [];
    const inside = /^(?:-S|--split-string=)(.+)$/s.exec(word)?.[1];
    const before = words[index - 1];
    const text = before === "-S" || before === "--split-string" ? word : inside;
    return text === undefined ? [word] : text.split(/\s+/).filter((part) => part !== "");
  });
  return [...all.slice(0, env), ...split];
}

/**
 * The words of the program that others start: `iptables-legacy -L` of `tini -- timeout 5 iptables-legacy -L`. A shell is a
 * program of its own. Assignments may stand where `env` and `sudo` take them.
 */
export function programWords(all: readonly string[]): string[] {
  const words = splitEnvString(all.slice(0, MAX_WORDS));
  let at = 0;
  for (;;) {
    const word = words[at] ?? "";
    const behind = basename(word) === "env" ? readEnv(words, at + 1, false).next : behindStarter(words, at);
    if (behind === undefined || behind <= at) return words.slice(at);
    at = behind;
    while (/^\w+=/.test(words[at] ?? "")) at++;
  }
}

function readShell(words: readonly string[], first: number, depth: number): StartCommand {
  let at = first;
  let hasText = false;
  let isLogin = false;
  for (; /^[-+]./.test(words[at] ?? ""); at++) {
    const word = words[at] ?? "";
    if (word === "--login" || /^-[a-z]*l/.test(word)) isLogin = true;
    if (/^-[a-z]*c/.test(word)) hasText = true;
    if (/^[-+][a-z]*o$/.test(word)) at++;
  }
  const paths: PathSetting[] = isLogin ? [{ value: "what /etc/profile says", isSure: true, opaque: "login" }] : [];
  const text = words[at];
  if (!hasText || text === undefined || depth > MAX_DEPTH) return { paths, words: words.slice(at) };
  const inner = readShellText(text.slice(0, MAX_TEXT), true, depth);
  return { paths: [...paths, ...inner.paths], words: inner.words };
}

/**
 * What a line of a shell makes of PATH and what it runs in the shell's place, the commands that start others followed.
 * @param isProgram the text of `sh -c`; see {@link readShellLine}
 */
export function readShellText(text: string, isProgram: boolean, depth = 1): StartCommand {
  const read = readShellLine(text, isProgram).map(({ path, runs, isSure }): StartCommand => {
    const started = readStartCommand(runs, depth);
    const paths = started.paths.map((one) => ({ ...one, isSure: one.isSure && isSure }));
    return { paths: path === undefined ? paths : [path, ...paths], words: started.words };
  });
  return { paths: read.flatMap(({ paths }) => paths), words: read.flatMap(({ words }) => words) };
}

/**
 * What `env` makes of PATH.
 * @param at of the first word behind it
 * @returns `next`: where the command that it runs stands
 */
function readEnv(words: readonly string[], at: number, isLiteral: boolean): { path?: PathSetting; next: number } {
  let next = at;
  let isCleared = false;
  let value: string | undefined;
  for (; next < words.length; next++) {
    const word = words[next] ?? "";
    if (/^\w+=/.test(word)) value = pathValueOf(word) ?? value;
    else if (/^(?:-u|--unset)$/.test(word)) isCleared ||= words[++next] === "PATH";
    else if (/^(?:-u|--unset=)PATH$/.test(word)) isCleared = true;
    else if (/^(?:-C|--chdir)$/.test(word)) next++;
    else if (/^(?:-|-[a-zA-Z0-9]*i[a-zA-Z0-9]*|--ignore-environment)$/.test(word)) isCleared = true;
    else if (!word.startsWith("-")) break;
  }
  if (value !== undefined) return { path: { value, isSure: true, ...(isLiteral && { isLiteral }) }, next };
  return isCleared ? { path: { value: "nothing at all", isSure: true, opaque: "cleared" }, next } : { next };
}
