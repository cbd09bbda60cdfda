import { dirname } from "node:path/posix";
import type { FileTree } from "../model/image.ts";
import type { Command, Tool } from "../model/toolchain.ts";
import { type CommandFinder, createCommandFinder, pathDirectories, splitPath, type ToldCommand } from "./commands.ts";
import { contentOf } from "./content.ts";
import { createPathResolver, inDirectory, nameOf } from "./paths.ts";
import type { PathSetting } from "./shell-line.ts";
import { type Survey, sourceOf } from "./survey.ts";

/** A change of PATH, as evidence. */
type Move = Tool["evidence"][number];

/** PATH as the image's program has it: that of the image config, changed by the scripts that start it. */
export interface StartPath {
  directories: string[];
  find: CommandFinder;
  /** What made it another than the image config's. */
  moves: readonly Move[];
  /** A command may reach files in this folder: it is in PATH, or in one that may be in force instead. */
  mayHold(folder: string): boolean;
  /** Of a command that another PATH, which may be in force instead, leads elsewhere: unknown, and why. */
  doubt(name: string, told: ToldCommand): ToldCommand;
}

interface Doubt {
  /** Who changes PATH. */
  by: string;
  value: string;
  /** What may become of it; undefined when the text does not tell. */
  find: CommandFinder | undefined;
  directories?: readonly string[] | undefined;
  /** Folders of which it is taken that they stay; absent: all that are in PATH. */
  kept?: readonly string[];
}

/** What is started, and what its own words make of PATH. */
interface Start {
  paths: readonly PathSetting[];
  /** Files that the image's entrypoint and command start, in this order, with the PATH that those words make. */
  findStarted(find: CommandFinder): string[];
}

/**
 * Follows what the entrypoint and start scripts make of PATH. A line of a script at the beginning of which the name stands is
 * taken to be run; of one that is indented nobody knows, nor of one with variables or commands in it. That only matters where
 * it would lead to another file.
 * @param directories of the image config's PATH
 */
export function followPath(tree: FileTree, survey: Survey, directories: string[], start: Start): StartPath {
  let now = directories;
  let doubts: Doubt[] = [];
  const moves: Move[] = [];
  const follow = (setting: PathSetting, by: string, source: string) => {
    const { value, isSure, opaque } = setting;
    const next = evaluate(setting, now);
    if (next === undefined || !isSure) {
      const find = next && createCommandFinder(tree, next);
      doubts.push({ by, value, find, directories: next ?? foldersIn(value), ...(opaque && { kept: KEPT[opaque] }) });
      return;
    }
    // One that takes over nothing settles what was open.
    if (setting.isLiteral === true || !REFERENCE.test(value)) doubts = [];
    now = next;
    moves.push({ fact: `${by} sets PATH to ${value}`, source });
  };
  for (const setting of start.paths) follow(setting, ENTRYPOINT, "image config");
  for (const script of start.findStarted(createCommandFinder(tree, now))) {
    const node = tree.lookup(script);
    for (const setting of settingsOf(node)) follow(setting, script, node ? sourceOf(script, node) : script);
  }
  const find = createCommandFinder(tree, now);
  const elsewhere = listElsewhere(tree, survey, now);
  return {
    directories: now,
    find,
    moves,
    mayHold: createHolder(tree, [...now, ...doubts.flatMap((doubt) => doubt.directories ?? [])]),
    doubt(name, told) {
      const found = find(name);
      const leads = JSON.stringify(found?.via);
      const doubt = doubts.find((one) => {
        if (one.find) return JSON.stringify(one.find(name)?.via) !== leads;
        const isKept = found?.via[0] === undefined || one.kept?.includes(dirname(found.via[0])) !== false;
        return elsewhere.has(name) || !isKept;
      });
      return doubt ? doubtful(name, told, doubt) : told;
    },
  };
}

/** A login shell's files mostly set the usual folders. */
const KEPT = { cleared: [], login: pathDirectories([]) };
const ENTRYPOINT = "the image's entrypoint";
const REFERENCE = /\$(?:PATH\b|\{PATH\})/;

function settingsOf(node: ReturnType<FileTree["lookup"]>): PathSetting[] {
  const content = contentOf(node);
  return content?.kind === "script" ? (content.script.paths ?? []) : [];
}

/** @returns undefined for a value that depends on more than PATH */
function evaluate({ value, isLiteral, opaque }: PathSetting, directories: string[]): string[] | undefined {
  if (opaque !== undefined) return undefined;
  if (isLiteral === true) return splitPath(value);
  const text = value.replaceAll(new RegExp(REFERENCE, "g"), () => directories.join(":"));
  return /[$`~*?[\\]/.test(text) ? undefined : splitPath(text);
}

/** What a value that depends on more than PATH names all the same. */
function foldersIn(value: string): string[] {
  return splitPath(value).filter((folder) => !folder.includes("$"));
}

/** Programs of Nix and Guix bring the PATH that they want, in a program that starts them (nixpkgs, makeBinaryWrapper). */
const STORE = /^\/(?:nix|gnu)\/store\//;

function createHolder(tree: FileTree, directories: readonly string[]): (folder: string) => boolean {
  const resolve = createPathResolver(tree);
  const real = (folder: string) => dirname(resolve(inDirectory(folder, "x")));
  const all = new Set(directories.map(real));
  return (folder) => all.has(real(folder)) || STORE.test(folder);
}

/** Commands of which there is a file or link outside of the directories. */
function listElsewhere(tree: FileTree, survey: Survey, directories: string[]): Set<string> {
  const resolve = createPathResolver(tree);
  const inPath = new Set(directories.map((directory) => dirname(resolve(inDirectory(directory, "x")))));
  return new Set(survey.commands.filter((path) => !inPath.has(dirname(resolve(path)))).map(nameOf));
}

function doubtful(name: string, told: ToldCommand, { by, value, find }: Doubt): ToldCommand {
  const command: Command = { backend: "unknown", via: told.command.via };
  const to = find === undefined ? "which is not known beforehand" : "and whether it does is not known beforehand";
  return { command, missing: { fact: `what ${name} is`, reason: `${by} sets PATH to ${value}, ${to}` } };
}
