import { basename } from "node:path/posix";
import knowledge from "../knowledge/starters.json" with { type: "json" };

interface Starter {
  words: number;
  values?: readonly string[];
  serves?: boolean;
  services?: readonly string[];
}

const starters = new Map<string, Starter>(knowledge.starters.map(({ name, ...starter }) => [name, starter]));
const supervisors = new Set(knowledge.supervisors.map(({ name }) => name));
const interpreters = new Set(knowledge.interpreters);
/** Starters that run the command as root for another user. */
export const rootHelpers: readonly string[] = knowledge.starters
  .filter((starter) => "asRoot" in starter)
  .map(({ name }) => name);
const shells: readonly string[] = knowledge.shells;

/**
 * Where the command stands that a program starts: behind its name, its options and their values, and its own words.
 * @param at of the program's name
 * @returns undefined for a program that starts none, for shells and for env, whose words are read in other ways
 */
export function behindStarter(words: readonly string[], at: number): number | undefined {
  const starter = starters.get(basename(words[at] ?? ""));
  if (starter === undefined) return undefined;
  let next = at + 1;
  let own = starter.words;
  for (; next < words.length; next++) {
    const word = words[next] ?? "";
    if (word === "--") continue;
    if (word.startsWith("-") && word !== "-") next += starter.values?.includes(word) === true ? 1 : 0;
    else if (own-- <= 0) break;
  }
  return Math.min(next, words.length);
}

/**
 * Folders of the services that a supervisor starts.
 * @param words its command line
 */
export function serviceFolders([first = "", ...words]: readonly string[]): readonly string[] {
  const { serves, services = [] } = starters.get(basename(first)) ?? {};
  const folder = words.find((word) => word.startsWith("/"));
  return serves === true && folder !== undefined ? [folder] : services;
}

export function isShell(name: string): boolean {
  return shells.includes(name);
}

/** `python3.12`: what it runs is no file of its own. */
export function isInterpreter(name: string): boolean {
  return interpreters.has(name.replace(/[\d.]+$/, ""));
}

/** True for what starts other programs in any way: never what an image is about. */
export function isStarter(name: string): boolean {
  return starters.has(name) || supervisors.has(name) || isShell(name) || name === "env";
}
