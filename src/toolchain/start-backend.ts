import { dirname } from "node:path/posix";
import type { FileTree } from "../model/image.ts";
import type { StartRun } from "../model/toolchain.ts";
import { type Alternatives, bestAlternative, readAlternatives } from "./alternatives.ts";
import { backendOf } from "./backend-names.ts";
import {
  type AlternativeUse,
  type BackendUse,
  type CallUse,
  type LinkUse,
  type RunUse,
  readBackendUses,
  usesOfWords,
} from "./backend-uses.ts";
import { type CommandFinder, type FoundCommand, followLink, type ToldCommand, tellCommand } from "./commands.ts";
import { contentOf } from "./content.ts";
import { createPathResolver, inDirectory } from "./paths.ts";
import { type Certainty, weakest } from "./shell-script.ts";
import { serviceFolders } from "./starters.ts";

/** What the image's entrypoint and the scripts that it starts make of the backend of iptables. */
export interface StartBackend {
  /** What a command is once they have run. */
  settle(name: string, told: ToldCommand): ToldCommand;
  /** The commands that they run under a backend's name. */
  runs: StartRun[];
}

interface Context {
  tree: FileTree;
  find: CommandFinder;
  /** Of PATH. */
  directories: readonly string[];
}

/** A use, and whose it is. */
interface Step<T extends BackendUse = Exclude<BackendUse, CallUse>> {
  use: T;
  by: string;
  certainty: Certainty;
}

const MAX_STEPS = 64;
const MAX_SCRIPTS = 16;
const MAX_DEPTH = 4;
const MAX_RUNS = 16;
const ENTRYPOINT = "the image's entrypoint";

/** @param words entrypoint and command of the image config */
export function followBackend(context: Context, words: readonly string[]): StartBackend {
  const steps = collectSteps(context, words);
  return {
    settle: (name, told) => steps.reduce((now, step) => settleBy(context, name, now, step), told),
    runs: listRuns(context, steps),
  };
}

function collectSteps({ tree, find }: Context, words: readonly string[]): Step[] {
  const steps: Step[] = [];
  const scripts = new Set<string>();
  const visit = (uses: readonly BackendUse[], by: string, args: readonly string[], outer: Certainty, depth: number) => {
    for (const use of uses) {
      if (steps.length >= MAX_STEPS) return;
      const certainty = weakest(use.certainty, outer);
      if (use.kind !== "call") steps.push({ use, by, certainty });
      else if (depth < MAX_DEPTH) call(use, by, args, certainty, depth);
    }
  };
  const call = (
    { words: written }: CallUse,
    by: string,
    args: readonly string[],
    certainty: Certainty,
    depth: number,
  ) => {
    const called = written.flatMap((word) => withArguments(word, args));
    if (isArguments(written[0] ?? "")) return visit(usesOfWords(called), by, [], certainty, depth + 1);
    const path = reach(tree, find, called[0] ?? "");
    const content = path === undefined ? undefined : contentOf(tree.lookup(path));
    if (path === undefined || content?.kind !== "script" || content.script.wrapper) return;
    if (scripts.has(path) || scripts.size >= MAX_SCRIPTS) return;
    scripts.add(path);
    visit(readBackendUses(content.script.text ?? ""), path, called.slice(1), certainty, depth + 1);
  };
  visit(usesOfWords(words), ENTRYPOINT, [], "sure", 0);
  for (const path of servicesOf(tree, words))
    call({ kind: "call", words: [path], certainty: "sure", line: path }, ENTRYPOINT, [], "sure", 0);
  return steps;
}

const MAX_SERVICES = 64;

/** Scripts of the services that a supervisor starts which stands first. */
function servicesOf(tree: FileTree, words: readonly string[]): string[] {
  return serviceFolders(words)
    .flatMap((parent) =>
      tree
        .list(parent)
        .slice(0, MAX_SERVICES)
        .map((name) => `${parent}/${name}`),
    )
    .flatMap((path) => [path, `${path}/run`]);
}

function isArguments(word: string): boolean {
  return /^\$(?:[@*1]|\{[@*1]\})$/.test(word);
}

function withArguments(word: string, args: readonly string[]): readonly string[] {
  if (/^\$(?:[@*]|\{[@*]\})$/.test(word)) return args;
  return /^\$(?:1|\{1\})$/.test(word) ? args.slice(0, 1) : [word];
}

/** A relative path starts at the working directory, which is the root in most images. */
function reach(tree: FileTree, find: CommandFinder, word: string): string | undefined {
  if (word === "" || word.includes("$")) return undefined;
  const hit = word.includes("/") ? followLink(tree, word.startsWith("/") ? word : `/${word}`) : find(word);
  return hit?.target?.path;
}

/** Of a command that is run twice the surest run is kept. One that is not in the image is its host's, or is run nowhere. */
function listRuns({ tree, find }: Context, steps: readonly Step[]): StartRun[] {
  const runs = steps.flatMap(({ use, by, certainty }): StartRun[] => {
    if (use.kind !== "run") return [];
    const run = toldRun(tree, find, use);
    return run === undefined ? [] : [{ ...run, certainty, by, line: use.line }];
  });
  const order: Certainty[] = ["sure", "tolerated", "possible"];
  const sorted = runs.toSorted((a, b) => order.indexOf(a.certainty) - order.indexOf(b.certainty));
  const isFirst = (run: StartRun, at: number) => sorted.findIndex(({ command }) => command === run.command) === at;
  return sorted.filter(isFirst).slice(0, MAX_RUNS);
}

function toldRun(
  tree: FileTree,
  find: CommandFinder,
  use: RunUse,
): Pick<StartRun, "command" | "name" | "backend"> | undefined {
  const found = use.path.includes("/") ? followLink(tree, use.path) : find(use.path);
  if (found?.target === undefined) return undefined;
  const name = use.command.startsWith("ip6") ? "ip6tables" : "iptables";
  const { backend } = tellCommand(name, () => found, tree).command;
  const told = backend === "nft" || backend === "legacy" ? backend : backendOf(use.command);
  return told && { command: use.command, name, backend: told };
}

function settleBy(context: Context, name: string, now: ToldCommand, { use, by, certainty }: Step): ToldCommand {
  if (use.kind === "run" || !/^ip6?tables/.test(name)) return now;
  const next = use.kind === "link" ? byLink(context, name, now, use) : byAlternative(context, name, now, use);
  if (next === undefined) return now;
  const setBy = `${use.line} of ${by}`;
  if (next !== "unknown" && certainty !== "possible") {
    const told = tellCommand(name, () => next, context.tree);
    return { ...told, command: { ...told.command, setBy } };
  }
  const backend = next === "unknown" ? undefined : tellCommand(name, () => next, context.tree).command.backend;
  if (backend === now.command.backend && backend !== "unknown") return now;
  // What is not there cannot be what an image means to run.
  if (backend === "none") return now;
  const reason = `${by} sets it by \`${use.line}\`, and ${certainty === "possible" ? "whether it does" : "to what"} is not known beforehand`;
  return { command: { backend: "unknown", via: now.command.via, setBy }, missing: { fact: `what ${name} is`, reason } };
}

/** @returns undefined where it changes nothing, `unknown` where the text does not tell what it makes of the command */
function byLink(context: Context, name: string, now: ToldCommand, use: LinkUse): FoundCommand | "unknown" | undefined {
  const { tree, directories } = context;
  if (use.name !== undefined && use.name !== name) return undefined;
  const named = backendOf(use.target ?? "");
  if (use.folder === undefined || use.target === undefined)
    return named !== undefined && named === now.command.backend ? undefined : "unknown";
  const resolve = createPathResolver(tree);
  const real = (folder: string) => dirname(resolve(inDirectory(folder, "x")));
  const place = directories.findIndex((directory) => real(directory) === real(use.folder ?? ""));
  const [first] = now.command.via;
  const before =
    first === undefined ? -1 : directories.findIndex((directory) => real(directory) === real(dirname(first)));
  const isReached = place >= 0 && (before < 0 || place <= before);
  if (!isReached) return undefined;
  const path = inDirectory(use.folder, name);
  const hit = followLink(tree, use.target);
  if (hit?.target === undefined) return use.isCopy ? undefined : { via: [path, use.target], dangling: true };
  return { ...hit, via: [path, ...hit.via] };
}

const LINK = "/etc/alternatives/";

function byAlternative(
  context: Context,
  name: string,
  now: ToldCommand,
  use: AlternativeUse,
): FoundCommand | "unknown" | undefined {
  const { tree, find } = context;
  const at = now.command.via.findIndex((step) => step.startsWith(LINK));
  const suffix = suffixOf(tree, name, use.name);
  if (suffix === undefined || at < 0 || reach(tree, find, use.tool) === undefined) return undefined;
  const chosen = chosenAlternative(use, readAlternatives(tree, use.name));
  if (chosen === "unknown" || chosen === undefined) return chosen;
  const path = `${name.startsWith("ip6") ? chosen.replace(/\biptables(?=[^/]*$)/, "ip6tables") : chosen}${suffix}`;
  const hit = followLink(tree, path);
  return hit?.target && { ...hit, via: [...now.command.via.slice(0, at + 1), ...hit.via] };
}

/** What stands behind the name of the tool in a command that goes with it; undefined for another tool's. */
function suffixOf(tree: FileTree, name: string, tool: string): string | undefined {
  const [, own, suffix = ""] = /^(ip6?tables)(-save|-restore)?$/.exec(name) ?? [];
  if (own === tool) return suffix;
  // Fedora's packages let the commands of IPv6 go with those of IPv4, Debian's have two groups.
  const isOneGroup = ["/var/lib/alternatives/iptables"].some((path) => tree.lookup(path) !== undefined);
  return own === "ip6tables" && isOneGroup && tree.lookup("/var/lib/alternatives/ip6tables") === undefined
    ? suffix
    : undefined;
}

function chosenAlternative(use: AlternativeUse, noted: Alternatives | undefined): string | "unknown" | undefined {
  const { target, priority } = use;
  if (target?.includes("$")) return "unknown";
  if (priority !== undefined && target !== undefined) {
    if (noted === undefined || Number.isNaN(priority)) return "unknown";
    const isHighest = [...noted.priorities].every(([path, other]) => path === target || other < priority);
    return noted.isAuto && isHighest ? target : undefined;
  }
  if (target !== undefined) return target;
  return noted === undefined ? "unknown" : bestAlternative(noted);
}
