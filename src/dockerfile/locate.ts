import type { Argument, From, Instruction } from "dockerfile-ast";
import { Copy, DockerfileParser } from "dockerfile-ast";
import { globMatches } from "../model/glob.ts";
import { installedWords, namesPackage, splitCommands } from "./shell.ts";

/** Finds the line of a Dockerfile that brings a tool into the image. Pure; only what the file says is used. */

/** Larger files are not looked at: the parser's time grows with the square of the length (64 Ki take it 0.2 s at the
 * worst, 400 Ki half a minute). UTF-16 units. */
export const TEXT_LIMIT = 64 * 1024;
/** Values of variables looked up for one file, which the parser does by reading it again. */
const LOOKUP_LIMIT = 200;
/** Files with more stages are not looked at: nobody writes them, and each stage may lead into another. */
const STAGE_LIMIT = 500;

export interface Wanted {
  /** Packages that carry the tool: `iptables`, `iptables-nft`. */
  packages: readonly string[];
  /** Where the tool lies in the image: its path and the file behind it. */
  paths: string[];
  /** Words that a RUN, COPY or ADD of it would hold, for tools that no package brings: `iptables-wrapper`. */
  mentions?: string[];
}

export interface Located {
  /** From 1. */
  line: number;
  /** `install`: a package manager or script of the image's build; `copy`: COPY or ADD; `from`: it comes with the base. */
  kind: "install" | "copy" | "from";
  /** The line of the FROM whose packages it takes; absent for a copy. From 1. */
  base?: number;
}

interface Stage {
  index: number;
  from: From;
  instructions: Instruction[];
}

interface Search {
  lines: string[];
  escapeCharacter: string;
  stages: Stage[];
  /** What was found in a stage: several instructions may lead to the same one. */
  searched: Map<Stage, Located | undefined>;
  wanted: Wanted;
  resolve: (variable: string, line: number) => string | undefined;
}

/**
 * The last line that decides the tool's version: in the final stage the package manager's line that names one of the
 * packages, or the COPY that brings one of the paths; else the same in the stages it is built on; else the FROM that names
 * the base image.
 * @returns undefined for a text without FROM, or one above 64 Ki characters
 */
export function locateTool(text: string, wanted: Wanted): Located | undefined {
  return makeLocator(text)(wanted);
}

/** {@link locateTool} for several tools of one file, which is parsed once. */
export function makeLocator(text: string): (wanted: Wanted) => Located | undefined {
  if (text.length > TEXT_LIMIT) return () => undefined;
  const file = DockerfileParser.parse(text);
  const stages = splitStages(file.getInstructions());
  const last = stages.at(-1);
  if (last === undefined || stages.length > STAGE_LIMIT) return () => undefined;
  const lines = text.split(/\r\n|\r|\n/);
  const escapeCharacter = file.getEscapeCharacter();
  const resolve = rememberLookups((variable, line) => file.resolveVariable(variable, line) ?? undefined);
  return (wanted) => {
    const search: Search = { lines, escapeCharacter, stages, searched: new Map(), wanted, resolve };
    const from = baseLine(search, last);
    return searchStage(search, last) ?? { line: from, kind: "from", base: from };
  };
}

function splitStages(instructions: Instruction[]): Stage[] {
  const stages: Stage[] = [];
  for (const instruction of instructions)
    if (instruction.getKeyword() === "FROM")
      stages.push({ index: stages.length, from: instruction as From, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  return stages;
}

function rememberLookups(resolve: Search["resolve"]): Search["resolve"] {
  const known = new Map<string, string | undefined>();
  return (variable, line) => {
    const key = `${line} ${variable}`;
    if (!known.has(key) && known.size < LOOKUP_LIMIT) known.set(key, resolve(variable, line));
    return known.get(key);
  };
}

/** Latest instruction first: it decides. Then the stage below. A stage only refers to earlier ones, so this ends. */
function searchStage(search: Search, stage: Stage): Located | undefined {
  if (!search.searched.has(stage)) search.searched.set(stage, searchInstructions(search, stage));
  return search.searched.get(stage);
}

function searchInstructions(search: Search, stage: Stage): Located | undefined {
  for (const instruction of stage.instructions.toReversed()) {
    const found = searchInstruction(search, stage, instruction);
    if (found) return found;
  }
  const below = findStage(search, stage, imageOf(search, stage));
  return below && searchStage(search, below);
}

function searchInstruction(search: Search, stage: Stage, instruction: Instruction): Located | undefined {
  const keyword = instruction.getKeyword();
  if (keyword === "RUN") return searchRun(search, stage, instruction);
  if (keyword === "COPY" || keyword === "ADD") return searchCopy(search, stage, instruction);
  return undefined;
}

function searchRun(search: Search, stage: Stage, instruction: Instruction): Located | undefined {
  const { start, end } = instruction.getRange();
  const lines = search.lines.slice(start.line, end.line + 1);
  // The keyword goes, its width stays.
  lines[0] = lines[0]?.replace(/^\s*\S+/, "") ?? "";
  const commands = splitCommands(lines, start.line, search.escapeCharacter);
  for (const command of commands.toReversed())
    for (const word of installedWords(command) ?? [])
      if (packagesIn(search, word.text, word.line).some((name) => isWanted(search, name)))
        return { line: word.line + 1, kind: "install", base: baseLine(search, stage) };
  const mentioned = commands.flat().find((word) => mentions(search, word.text));
  return mentioned && { line: mentioned.line + 1, kind: "install" };
}

/** A word is one package, or a variable that holds several. */
function packagesIn(search: Search, word: string, line: number): string[] {
  const [, braced, bare] = /^\$(?:\{(\w+)[^}]*\}|(\w+))$/.exec(word) ?? [];
  const variable = braced ?? bare;
  if (variable === undefined) return [word];
  return (search.resolve(variable, line) ?? "").split(/\s+/).slice(0, 1000);
}

function isWanted({ wanted }: Search, word: string): boolean {
  return wanted.packages.some((name) => namesPackage(word, name));
}

function mentions({ wanted }: Search, word: string): boolean {
  return wanted.mentions?.some((text) => word.includes(text)) ?? false;
}

/** A COPY that names the file is the line itself. One that takes a folder or a whole root leads into the stage it is taken
 * from, where the line that matters may be. */
function searchCopy(search: Search, stage: Stage, instruction: Instruction): Located | undefined {
  const words = copyArguments(instruction).map((argument) => argument.getValue().replace(/^["'[,]+|["'\],]+$/g, ""));
  const target = words.pop();
  if (target === undefined) return undefined;
  const here: Located = { line: instruction.getRange().start.line + 1, kind: "copy" };
  if (words.some((source) => copiesFile(search, source) || mentions(search, source))) return here;
  const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
  if (from == null || !words.some((source) => copiesFolder(search, stage, source, target))) return undefined;
  const origin = findStage(search, stage, expand(search, from, here.line - 1));
  return (origin && searchStage(search, origin)) ?? here;
}

/** Without what a heredoc writes. */
function copyArguments(instruction: Instruction): Argument[] {
  const all = instruction.getArguments();
  const heredoc = all.find((argument) => argument.getValue().startsWith("<<"));
  return heredoc === undefined
    ? all
    : all.filter((argument) => argument.getRange().start.line <= heredoc.getRange().start.line);
}

function copiesFile({ wanted }: Search, source: string): boolean {
  return wanted.paths.some((path) => globMatches(baseName(source), baseName(path)));
}

function copiesFolder(search: Search, stage: Stage, source: string, target: string): boolean {
  const folder = target.endsWith("/") ? target : `${target}/`;
  if (!search.wanted.paths.some((path) => path.startsWith(folder))) return false;
  if (/\/\.?$|^\.$|^\*$|\/\*$/.test(source) || baseName(source) === baseName(target)) return true;
  // `COPY --from=build /out /` onto an empty image is how squashed images are made; elsewhere it may be any single file.
  return folder === "/" && imageOf(search, stage) === "scratch";
}

function baseName(path: string): string {
  const trimmed = path.replace(/\/$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

function baseLine(search: Search, stage: Stage): number {
  const below = findStage(search, stage, imageOf(search, stage));
  return below ? baseLine(search, below) : stage.from.getRange().start.line + 1;
}

function imageOf(search: Search, stage: Stage): string {
  return expand(search, stage.from.getImage() ?? "", stage.from.getRange().start.line);
}

/** An earlier stage by name or number; undefined for an image. */
function findStage({ stages }: Search, stage: Stage, name: string): Stage | undefined {
  const wanted = name.toLowerCase();
  return stages
    .slice(0, stage.index)
    .findLast((other) => other.from.getBuildStage()?.toLowerCase() === wanted || String(other.index) === wanted);
}

/** Variables replaced by their values in the file, or by the default in `${NAME:-default}`; left as they are otherwise. */
function expand(search: Search, text: string, line: number): string {
  return text.replace(/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g, (whole, braced, fallback, bare) => {
    return search.resolve(braced ?? bare, line) ?? fallback ?? whole;
  });
}
