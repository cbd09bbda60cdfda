import { dirname } from "node:path/posix";
import type { FileTree } from "../model/image.ts";
import type { Command } from "../model/toolchain.ts";
import { type CommandFinder, createCommandFinder, splitPath, type ToldCommand } from "./commands.ts";
import { probedContent } from "./content.ts";
import type { PathSetting } from "./scripts.ts";
import { createPathResolver, type Survey } from "./survey.ts";

/** PATH as the image's program has it: that of the image config, changed by the scripts that start it. */
export interface StartPath {
  directories: string[];
  find: CommandFinder;
  /** Of a command that another PATH, which may be in force instead, leads elsewhere: unknown, and why. */
  doubt(name: string, told: ToldCommand): ToldCommand;
}

interface Doubt {
  script: string;
  value: string;
  /** What the script may make of it; undefined when its text does not tell. */
  find: CommandFinder | undefined;
}

/**
 * Follows what start scripts make of PATH. A line at the beginning of which the name stands is taken to be run; of one that is
 * indented nobody knows, nor of one with variables or commands in it. That only matters where it would lead to another file.
 * @param directories of the image config's PATH
 * @param started files that the image's entrypoint and command start, in this order
 */
export function followPath(tree: FileTree, survey: Survey, directories: string[], started: string[]): StartPath {
  let now = directories;
  const doubts: Doubt[] = [];
  for (const script of started) {
    for (const { value, isSure } of settingsOf(tree, script)) {
      const next = evaluate(value, now);
      if (next !== undefined && isSure) now = next;
      else doubts.push({ script, value, find: next && createCommandFinder(tree, next) });
    }
  }
  const find = createCommandFinder(tree, now);
  const elsewhere = listElsewhere(tree, survey, now);
  return {
    directories: now,
    find,
    doubt(name, told) {
      const leads = JSON.stringify(find(name)?.via);
      const doubt = doubts.find((one) =>
        one.find ? JSON.stringify(one.find(name)?.via) !== leads : elsewhere.has(name),
      );
      return doubt ? doubtful(name, told, doubt) : told;
    },
  };
}

function settingsOf(tree: FileTree, path: string): PathSetting[] {
  const node = tree.lookup(path);
  const content = node?.type === "file" ? probedContent(node.content) : undefined;
  return content?.kind === "script" ? (content.script.paths ?? []) : [];
}

/** @returns undefined for a value that depends on more than PATH */
function evaluate(value: string, directories: string[]): string[] | undefined {
  const text = value.replace(/\$(?:PATH\b|\{PATH\})/g, () => directories.join(":"));
  return /[$`~*?[\\]/.test(text) ? undefined : splitPath(text);
}

/** Commands of which there is a file or link outside of the directories. */
function listElsewhere(tree: FileTree, survey: Survey, directories: string[]): Set<string> {
  const resolve = createPathResolver(tree);
  const inPath = new Set(directories.map((directory) => dirname(resolve(`${directory === "/" ? "" : directory}/x`))));
  return new Set(survey.commands.filter((path) => !inPath.has(dirname(resolve(path)))).map(nameOf));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function doubtful(name: string, told: ToldCommand, { script, value, find }: Doubt): ToldCommand {
  const command: Command = { backend: "unknown", via: told.command.via };
  const to = find === undefined ? "which is not known beforehand" : "and whether it does is not known beforehand";
  return { command, missing: { fact: `what ${name} is`, reason: `${script} sets PATH to ${value}, ${to}` } };
}
