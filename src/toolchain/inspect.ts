import type { FileTree, ImagePlatform } from "../model/image.ts";
import type { Command, Tool, Toolchain, Untold } from "../model/toolchain.ts";
import { createLoader, type Loader } from "./binaries/loader.ts";
import {
  type CommandFinder,
  createCommandFinder,
  DEFAULT_COMMANDS,
  pathDirectories,
  type ToldCommand,
  tellCommand,
} from "./commands.ts";
import { textAt } from "./content.ts";
import { pickVariables } from "./environment.ts";
import { listExtensions } from "./extensions.ts";
import { missingInterpreters } from "./interpreters.ts";
import { listLegacyPrograms } from "./legacy-programs.ts";
import { listLibraries } from "./libraries.ts";
import { indexOwnership } from "./packages/ownership.ts";
import { findStarted, type KnownProgram, tellProgram } from "./program.ts";
import { commandsSet, tellSelector } from "./selector.ts";
import { followBackend } from "./start-backend.ts";
import { readStartCommand } from "./start-command.ts";
import { followPath, type StartPath } from "./start-path.ts";
import { rootHelpers } from "./starters.ts";
import { type Survey, surveyTree } from "./survey.ts";
import { listTools } from "./tools.ts";

export type { KnownProgram } from "./program.ts";

/** What the inspection takes from the knowledge base. */
export interface ToolchainKnowledge {
  /** Program profiles, in the order in which they are preferred. */
  programs: KnownProgram[];
  /** Environment variables that choose a backend: the only ones of the image that are shown. */
  variables: string[];
}

/**
 * Finds the netfilter toolchain of one platform. The files of the tree must carry what `probeContent` kept of them.
 * Never throws for what an image holds: what cannot be told is in `missing`.
 */
export function inspectToolchain(platform: ImagePlatform, knowledge: ToolchainKnowledge): Toolchain {
  const { tree, config } = platform;
  const survey = surveyTree(tree);
  const ownership = indexOwnership(survey, tree);
  const { path, findAtStart, started } = followStart(platform, survey);
  const { directories, find } = path;
  const loader = createLoader(tree, config.env);
  const { tools, missing: missingOfTools } = listTools({
    tree,
    survey,
    ownership,
    find,
    directories,
    mayHold: path.mayHold,
    loader,
  });
  addMoves(tools, path, findAtStart);
  const { extensions, missing: missingExtensions } = listExtensions({ tree, survey, loader, tools, env: config.env });
  const { legacyPrograms, missing: missingLegacy } = listLegacyPrograms(survey, tools, started);
  const selector = tellSelector({ tree, survey, find, directories }, started);
  const isSetAtStart = commandsSet(selector, survey);
  const start = followBackend({ tree, find, directories }, [...config.entrypoint, ...config.cmd]);
  const told = DEFAULT_COMMANDS.map((name) => {
    const plain = tellCommand(name, find, tree);
    // What such a script makes of PATH is how it chooses.
    return { name, ...(isSetAtStart(name) ? chosenAtStart(plain) : start.settle(name, path.doubt(name, plain))) };
  });
  const defaults: Record<string, Command> = Object.fromEntries(told.map(({ name, command }) => [name, command]));
  const words = [...config.entrypoint, ...config.cmd];
  const programs = tellProgram({ tree, survey, started, words }, knowledge.programs);
  const { program, other: otherProgram, missing: missingProgram } = programs;
  return {
    os: readOsRelease(tree),
    architecture: platform.platform.split("/")[1] ?? "",
    tools,
    libraries: listLibraries(survey, ownership),
    missingLibraries: [...listMissingLibraries(tools, survey, loader), ...missingInterpreters(tree, defaults, find)],
    ...(extensions.length > 0 && { extensions }),
    ...(legacyPrograms.length > 0 && { legacyPrograms }),
    defaults,
    ...(start.runs.length > 0 && { startRuns: start.runs }),
    ...(selector && { selector }),
    ...(program && { program }),
    ...(otherProgram && { otherProgram }),
    modprobe: find("modprobe")?.target !== undefined,
    ...tellUser(config.user, find),
    environment: pickVariables(config.env, knowledge.variables),
    missing: distinctFacts([
      ...(platform.doubts ?? []).map((doubt) => ({ ...doubt, decisive: true })),
      ...ownership.problems,
      ...missingOfTools,
      ...missingExtensions,
      ...missingLegacy,
      ...told.flatMap(({ missing }) => missing ?? []),
      ...(missingProgram ? [missingProgram] : []),
    ]),
  };
}

/** Nothing of root: it runs every tool. */
function tellUser(name: string, find: CommandFinder): Pick<Toolchain, "user"> {
  if (/^(?:root|0*)(?::|$)/.test(name)) return {};
  const helper = rootHelpers.map(find).find((command) => command?.target !== undefined)?.target?.path;
  return { user: { name, ...(helper !== undefined && { becomesRoot: helper }) } };
}

/** How the image's program comes to run. */
interface Started {
  /** PATH as it then is. */
  path: StartPath;
  /** By the PATH of the image config. */
  findAtStart: CommandFinder;
  /** Files that are started on the way. */
  started: string[];
}

function followStart({ tree, config }: ImagePlatform, survey: Survey): Started {
  const directories = pathDirectories(config.env);
  const { paths, words } = readStartCommand([...config.entrypoint, ...config.cmd]);
  const findAtStart = createCommandFinder(tree, directories);
  const path = followPath(tree, survey, directories, { paths, findStarted: (find) => findStarted(tree, words, find) });
  const findEither: CommandFinder = (name) => (findAtStart(name)?.target ? findAtStart(name) : path.find(name));
  return { path, findAtStart, started: findStarted(tree, words, findEither) };
}

/** A tool that a command only leads to since PATH was changed says who changed it. */
function addMoves(tools: Tool[], { find, moves }: StartPath, findAtStart: CommandFinder): void {
  for (const { name, target, evidence } of tools) {
    const isMoved = find(name)?.target?.path === target && findAtStart(name)?.target?.path !== target;
    if (isMoved) evidence.push(...moves);
  }
}

/** Whatever a link leads to in the image, a start script sets it anew. */
function chosenAtStart(told: ToldCommand): ToldCommand {
  const { command } = told;
  const isFixed = command.backend === "nft" || command.backend === "legacy";
  return isFixed ? { ...told, command: { ...command, backend: "auto" } } : told;
}

/** What the tools' loaders would not find, by file: copies without their libraries, files of a newer distribution. */
function listMissingLibraries(tools: Tool[], survey: Survey, loader: Loader): { path: string; library: string }[] {
  const paths = [...new Set(tools.map(({ target }) => target))];
  return paths.flatMap((path) => {
    const found = survey.binaries.find((binary) => binary.path === path);
    return found ? loader.missing(found).map((library) => ({ path, library })) : [];
  });
}

/** Shown for orientation only: packages often come from another release than os-release names. */
function readOsRelease(tree: FileTree): Toolchain["os"] {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    const text = textAt(tree, path);
    if (text !== undefined) return { id: osField(text, "ID"), versionId: osField(text, "VERSION_ID") };
  }
  return { id: null, versionId: null };
}

function osField(text: string, name: string): string | null {
  const value = new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1]?.trim();
  return value ? value.replace(/^(["'])(.*)\1$/, "$2") : null;
}

function distinctFacts(missing: Untold[]): Untold[] {
  return missing.filter((item, i) => missing.findIndex((other) => other.fact === item.fact) === i);
}
