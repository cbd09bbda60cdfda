import type { FileTree } from "../model/image.ts";
import { compareText } from "../model/text.ts";
import type { Extension, ExtensionSet, Tool, Untold } from "../model/toolchain.ts";
import type { Registration } from "./binaries/extensions.ts";
import type { Loader } from "./binaries/loader.ts";
import { type BinaryContent, contentOf } from "./content.ts";
import { variableOf } from "./environment.ts";
import { isExtension } from "./file-names.ts";
import { inDirectory } from "./paths.ts";
import type { Found, Survey } from "./survey.ts";

interface ExtensionContext {
  tree: FileTree;
  survey: Survey;
  loader: Loader;
  tools: Tool[];
  /** Of the image config: XTABLES_LIBDIR stands above the directory in libxtables. */
  env: string[];
}

export interface ListedExtensions {
  extensions: ExtensionSet[];
  missing: Untold[];
}

const MAX_DIRECTORIES = 8;
const MAX_NAMED_FILES = 5;

/** The matches and targets that the tools can load, by libxtables, and those that statically linked ones hold. */
export function listExtensions(context: ExtensionContext): ListedExtensions {
  const paths = new Set(context.tools.map(({ target }) => target));
  const programs = context.survey.binaries.filter(({ path }) => paths.has(path));
  const listed: ListedExtensions = { extensions: [], missing: [] };
  for (const found of context.survey.binaries) {
    if (found.content.identity?.tool === "libxtables") listLoadable(context, found, programs, listed);
    else if (paths.has(found.path) && found.content.extensions) listHeld(found, listed);
  }
  return listed;
}

function listLoadable(
  { tree, loader, env }: ExtensionContext,
  library: Found<BinaryContent>,
  programs: Found<BinaryContent>[],
  listed: ListedExtensions,
): void {
  const directories = searchedDirectories(library, env);
  if (directories.length === 0)
    listed.missing.push({ fact: `extensions of ${library.path}`, reason: "it names no folder to look in" });
  const tools = programs.filter((program) => usesLibrary(program, library, loader)).map(({ path }) => path);
  for (const directory of directories) {
    const names = tree.list(directory).filter(isExtension);
    const told = names.map((name) => ({ name, registrations: registrationsOf(tree, inDirectory(directory, name)) }));
    const unread = told.filter(({ registrations }) => registrations === undefined).map(({ name }) => name);
    const loadable = told.flatMap(({ name, registrations = [] }) =>
      registrations.filter((entry) => entry.name === extensionName(name)),
    );
    listed.extensions.push({
      library: library.path,
      directory,
      files: names.length,
      tools,
      list: groupRevisions(loadable),
      ...(unread.length > 0 && { unread }),
    });
    if (unread.length > 0) listed.missing.push({ fact: `extensions in ${directory}`, reason: describeUnread(unread) });
  }
}

function describeUnread(names: string[]): string {
  const more = names.length - MAX_NAMED_FILES;
  const shown = names.slice(0, MAX_NAMED_FILES).join(", ");
  return `what ${shown}${more > 0 ? ` and ${more} more` : ""} register${names.length === 1 ? "s" : ""} could not be read`;
}

/** xtables_init of libxtables: the variable takes the place of the built-in folder, and may name several. */
function searchedDirectories({ content }: Found<BinaryContent>, env: string[]): string[] {
  const variable = variableOf(env, "XTABLES_LIBDIR");
  if (variable)
    return variable
      .split(":")
      .filter((entry) => entry.startsWith("/"))
      .slice(0, MAX_DIRECTORIES);
  const directory = content.identity?.extensionDirectory;
  return directory === undefined ? [] : [directory];
}

function usesLibrary(program: Found<BinaryContent>, library: Found<BinaryContent>, loader: Loader): boolean {
  const soname = program.content.needed.find((name) => name.startsWith("libxtables.so"));
  return soname !== undefined && loader.find(program, soname)?.path === library.path;
}

/** @returns undefined when it is there and what it registers could not be told */
function registrationsOf(tree: FileTree, path: string): Registration[] | undefined {
  const resolved = tree.resolve(path);
  // A link that leads nowhere brings nothing.
  if (!resolved.found) return [];
  const content = contentOf(resolved.node);
  const read = content?.kind === "binary" ? content.extensions : undefined;
  return read?.problem === undefined ? read?.registrations : undefined;
}

/** A match or target is only found by the name of its file (load_extension of libxtables). */
function extensionName(file: string): string {
  return file.replace(/^lib[a-z0-9]+_/, "").replace(/\.so$/, "");
}

function listHeld({ path, content }: Found<BinaryContent>, listed: ListedExtensions): void {
  const { registrations = [], problem } = content.extensions ?? {};
  if (problem !== undefined) listed.missing.push({ fact: `extensions of ${path}`, reason: problem });
  if (registrations.length > 0)
    listed.extensions.push({ library: path, tools: [path], list: groupRevisions(registrations) });
}

function groupRevisions(registrations: Registration[]): Extension[] {
  const groups = new Map<string, Extension>();
  for (const { name, kind, family, revision, realName } of registrations) {
    const key = [name, kind, family, realName].join(" ");
    const group = groups.get(key) ?? {
      name,
      ...(kind && { kind }),
      family,
      revisions: [],
      ...(realName !== undefined && realName !== name && { realName }),
    };
    if (!group.revisions.includes(revision)) group.revisions.push(revision);
    groups.set(key, group);
  }
  for (const { revisions } of groups.values()) revisions.sort((a, b) => a - b);
  return [...groups.values()].sort((a, b) => compareText(a.name, b.name));
}
