import { dirname } from "node:path/posix";
import wrappers from "../knowledge/wrappers.json" with { type: "json" };
import type { FileTree } from "../model/image.ts";
import type { Backend, Selector } from "../model/toolchain.ts";
import { type CommandFinder, type FoundCommand, tellCommand } from "./commands.ts";
import { contentOf } from "./content.ts";
import { evidence, type Survey } from "./survey.ts";

interface Wrapper {
  path: string;
  isEntrypoint: boolean;
  version: string;
  linksIn?: string;
  setsOnly?: Backend;
  evidence: Selector["evidence"];
}

interface SelectorContext {
  tree: FileTree;
  survey: Survey;
  find: CommandFinder;
  /** Of PATH. */
  directories: string[];
}

/**
 * Tells what decides the backend of `iptables`: a start script of the image that sets the links; else a wrapper that
 * `iptables` leads to; else a wrapper that is there and that it does not lead to (not effective); else an unknown script,
 * alternatives, or a plain link. A program file at the name itself has no selector.
 * @param started files that the image's entrypoint and command start
 */
export function tellSelector(context: SelectorContext, started: string[]): Selector | undefined {
  const { tree, survey, find, directories } = context;
  const command = find("iptables");
  const all = listWrappers(tree, survey);
  const starting = all.find((wrapper) => wrapper.isEntrypoint && started.includes(wrapper.path));
  if (starting && command)
    return wrapperSelector(
      starting,
      setsWhatRuns(tree, directories, starting, command) && setsEither(tree, starting, find),
      command,
    );
  const wrappersThere = all.filter((wrapper) => !wrapper.isEntrypoint);
  const target = command?.target;
  const reached = wrappersThere.find((wrapper) => wrapper.path === target?.path);
  if (reached) {
    const loops = replacesOthers(tree, reached, command);
    return { ...wrapperSelector(reached, true, command), ...(loops !== undefined && { loops }) };
  }
  const [idle] = wrappersThere;
  if (idle) return wrapperSelector(idle, false, command);
  if (!command) return undefined;
  const source = target ? evidence("", target.path, target.node).source : (command.via.at(-1) ?? "");
  const chain = { fact: `iptables is ${command.via.join(" -> ")}${command.dangling ? " (missing)" : ""}`, source };
  const path = command.via[0] ?? "";
  if (target && contentOf(target.node)?.kind === "script")
    return { kind: "script", version: null, effective: true, path: target.path, evidence: [chain] };
  if (command.via.some((step) => step.startsWith("/etc/alternatives/")))
    return { kind: "alternatives", version: null, effective: target !== undefined, path, evidence: [chain] };
  if (tree.lookup(path)?.type === "symlink")
    return { kind: "symlink", version: null, effective: target !== undefined, path, evidence: [chain] };
  return undefined;
}

/** The links that a start script sets are those that PATH reaches: in the folder of the command, or in one before it. */
function setsWhatRuns(tree: FileTree, directories: string[], { linksIn }: Wrapper, command: FoundCommand): boolean {
  const first = command.via[0];
  if (linksIn === undefined || first === undefined) return true;
  const placeOf = (folder: string) =>
    directories.findIndex((directory) => realPath(tree, directory) === realPath(tree, folder));
  const place = placeOf(linksIn);
  return place >= 0 && place <= placeOf(dirname(first));
}

/**
 * A wrapper replaces the links of one folder and then calls again what it was called by. A link elsewhere still leads to it
 * then, unless it goes by one of that folder or by the alternatives, which may be what it sets.
 * @returns the folder, where the command never leads away from the wrapper
 */
function replacesOthers(tree: FileTree, { linksIn }: Wrapper, command: FoundCommand | undefined): string | undefined {
  if (linksIn === undefined || command === undefined) return undefined;
  const isReplaced = (step: string) =>
    step.startsWith("/etc/alternatives/") || realPath(tree, dirname(step)) === realPath(tree, linksIn);
  // What only the wrapper's own file has in that folder is not replaced.
  const links = command.via.filter((_, i) => i === 0 || i < command.via.length - 1);
  return links.some(isReplaced) ? undefined : linksIn;
}

function realPath(tree: FileTree, path: string): string {
  const resolved = tree.resolve(path);
  return resolved.found ? resolved.path : path;
}

/** Where the image's own links are those of the only backend that the script sets, it never leads to the other one. */
function setsEither(tree: FileTree, { setsOnly }: Wrapper, find: CommandFinder): boolean {
  return setsOnly === undefined || tellCommand("iptables", find, tree).command.backend !== setsOnly;
}

function wrapperSelector(wrapper: Wrapper, effective: boolean, command: FoundCommand | undefined): Selector {
  const chain = command ? `iptables is ${command.via.join(" -> ")}` : "there is no iptables in PATH";
  return {
    kind: "iptables-wrapper",
    version: wrapper.version,
    effective,
    path: wrapper.path,
    evidence: [...wrapper.evidence, { fact: chain, source: command?.via[0] ?? "PATH of the image" }],
  };
}

function listWrappers(tree: FileTree, survey: Survey): Wrapper[] {
  const scripts = survey.scripts.flatMap(({ path, node, content }): Wrapper[] => {
    const { wrapper } = content.script;
    if (!wrapper) return [];
    const fact = `a ${wrapper.isEntrypoint ? "start " : ""}script with ${wrapper.text}: iptables-wrapper ${wrapper.version}`;
    const { text: _, sets: __, ...told } = wrapper;
    return [{ path, ...told, evidence: [evidence(fact, path, node)] }];
  });
  const folders = wrappers.go.linksIn;
  const linksIn = folders.find((folder) => tree.resolve(`${folder}/iptables`).found) ?? folders[0];
  const programs = survey.binaries.flatMap(({ path, node, content }): Wrapper[] => {
    if (content.wrapper === undefined) return [];
    const revision = content.go?.revision === undefined ? "" : `, commit ${content.go.revision}`;
    const fact = `a Go program of module ${wrappers.go.module}${revision}: iptables-wrapper ${content.wrapper}`;
    const told = { path, version: content.wrapper, isEntrypoint: false, evidence: [evidence(fact, path, node)] };
    return [linksIn === undefined ? told : { ...told, linksIn }];
  });
  return [...scripts, ...programs];
}

/** The commands that a start script sets: whatever their links say in the image, they are set anew. */
export function commandsSet(selector: Selector | undefined, survey: Survey): (name: string) => boolean {
  const script = survey.scripts.find(({ path }) => path === selector?.path)?.content.script.wrapper;
  if (selector?.effective !== true || script?.isEntrypoint !== true) return () => false;
  return (name) => /^ip6?tables/.test(name) && (script.sets === undefined || script.sets.includes(name));
}
