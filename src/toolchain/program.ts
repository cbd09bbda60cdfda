import { basename } from "node:path/posix";
import libraries from "../knowledge/libraries.json" with { type: "json" };
import type { FileTree } from "../model/image.ts";
import type { ImageProgram, Untold } from "../model/toolchain.ts";
import type { GoBuild } from "./binaries/go.ts";
import { type CommandFinder, followLink } from "./commands.ts";
import { type BinaryContent, contentOf } from "./content.ts";
import { isInterpreter, isStarter } from "./starters.ts";
import { evidence, type Found, type Survey, sourceOf } from "./survey.ts";

/** What a program profile says of how it is recognised. */
export interface KnownProgram {
  id: string;
  recognise?: { goModules?: string[] | undefined; paths?: string[] | undefined } | undefined;
}

export interface ToldProgram {
  program?: ImageProgram;
  /** A known one that is there too, and that `program` may start or not. */
  other?: ImageProgram;
  missing?: Untold;
}

/** How the image comes to run something. */
export interface ProgramStart {
  tree: FileTree;
  survey: Survey;
  /** What {@link findStarted} found. */
  started: readonly string[];
  /** Entrypoint and command of the image config. */
  words: readonly string[];
}

const MAX_SCRIPT_DEPTH = 3;
const STARTED = "the entrypoint starts it";
/** What `go build cmd/agent/main.go`, with files in place of a package, leaves as the package's path. */
const FILES_OF_A_PROGRAM = "command-line-arguments";

/**
 * Tells which program the image ships: first what its entrypoint starts, followed through start scripts, matched with the
 * known programs by Go module or path; else the one known program that is anywhere in the image, unless the entrypoint
 * starts another one of which nothing says that it starts that in turn; else the entrypoint's program by its own name.
 */
export function tellProgram(start: ProgramStart, known: KnownProgram[]): ToldProgram {
  const { tree, survey, started } = start;
  for (const path of started) {
    const match = recognise(path, binaryAt(tree, path)?.content.go, known);
    if (match) return { program: describeProgram(tree, path, match.id, match.fact) };
  }
  const elsewhere = findAnywhere(tree, survey, known);
  const ids = [...new Set(elsewhere.map((hit) => hit.id))];
  const [hit] = elsewhere;
  const own = started.find((path) => !isStarter(basename(path)) && isProgram(tree, path));
  const ownProgram = own === undefined ? undefined : describeProgram(tree, own, ownName(tree, own, known), STARTED);
  if (hit && ids.length === 1) {
    const program = describeProgram(tree, hit.path, hit.id, hit.fact);
    return own === undefined || !ownProgram || mayStart(start, own, hit.path)
      ? { program }
      : { program: ownProgram, other: program, missing: undecided(own, program) };
  }
  if (ownProgram !== undefined) return { program: ownProgram };
  if (ids.length > 1)
    return { missing: { fact: "the program of the image", reason: `it holds several known ones: ${ids.join(", ")}` } };
  return {};
}

/**
 * Something speaks for it that what the entrypoint starts starts the known program in turn: a script or an interpreter is on
 * the way, which may start anything; the words name it; or both come from one project (tailscale's containerboot).
 */
function mayStart({ tree, started, words }: ProgramStart, own: string, known: string): boolean {
  const isFree = (path: string) => !isProgram(tree, path) || isInterpreter(basename(path));
  if (started.some(isFree)) return true;
  if (words.some((word) => word.split(/[\s=,]+/).some((part) => basename(part) === basename(known)))) return true;
  const [project, other] = [own, known].map((path) => projectOf(binaryAt(tree, path)?.content.go));
  return project !== undefined && project === other;
}

/** `github.com/squat`, `k8s.io/dns`, `tailscale.com`. */
function projectOf(build: GoBuild | undefined): string | undefined {
  const path = build?.main?.path || build?.path;
  if (path === undefined || path === "" || path === FILES_OF_A_PROGRAM) return undefined;
  return path.split("/", 2).join("/");
}

function undecided(own: string, { name, path }: ImageProgram): Untold {
  return {
    fact: "the program of the image",
    reason: `its entrypoint starts ${own}, and whether that starts ${name} (${path}) could not be told`,
  };
}

/** Regular files that the words of the command line lead to, and those that start scripts among them hand over to. */
export function findStarted(tree: FileTree, words: string[], find: CommandFinder): string[] {
  const found: string[] = [];
  let level = words.slice(0, 32);
  for (let depth = 0; depth < MAX_SCRIPT_DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const word of level) {
      const path = reach(tree, word, find);
      if (path === undefined || found.includes(path)) continue;
      found.push(path);
      const content = contentOf(tree.lookup(path));
      if (content?.kind === "script") next.push(...content.script.starts);
      else if (!isStarter(basename(path))) return found;
    }
    level = next;
  }
  return found;
}

function reach(tree: FileTree, word: string, find: CommandFinder): string | undefined {
  if (word === "" || word.startsWith("-") || /\s/.test(word)) return undefined;
  // A relative path starts at the working directory, which is the root in most images.
  const hit = word.includes("/") ? followLink(tree, word.startsWith("/") ? word : `/${word}`) : find(word);
  const target = hit?.target;
  return target && (target.node.mode & 0o111) !== 0 ? target.path : undefined;
}

interface Match {
  id: string;
  path: string;
  fact: string;
}

function recognise(path: string, build: GoBuild | undefined, known: KnownProgram[]): Match | undefined {
  const byPath = known.find((program) => program.recognise?.paths?.includes(path));
  let best: { id: string; module: string } | undefined;
  for (const program of build ? known : []) {
    for (const module of program.recognise?.goModules ?? []) {
      const names = [build?.path ?? "", build?.main?.path ?? ""];
      const fits = names.some((name) => name === module || name.startsWith(`${module}/`));
      if (fits && (best === undefined || module.length > best.module.length)) best = { id: program.id, module };
    }
  }
  if (best) return { id: best.id, path, fact: `a Go program of ${build?.path || build?.main?.path}` };
  return byPath && { id: byPath.id, path, fact: `the path of ${byPath.id}'s program` };
}

function findAnywhere(tree: FileTree, survey: Survey, known: KnownProgram[]): Match[] {
  const programs = survey.binaries.flatMap(({ path, content }) => recognise(path, content.go, known) ?? []);
  const paths = known.flatMap(({ id, recognise: by }) =>
    (by?.paths ?? []).flatMap((path) => {
      const hit = followLink(tree, path);
      return hit?.target ? [{ id, path: hit.target.path, fact: `the path of ${id}'s program` }] : [];
    }),
  );
  return [...programs, ...paths];
}

function describeProgram(tree: FileTree, path: string, name: string, fact: string): ImageProgram {
  const found = binaryAt(tree, path);
  const node = tree.lookup(path);
  const build = found?.content.go;
  const source = node ? sourceOf(path, node) : path;
  const program: ImageProgram = {
    name,
    version: build ? programVersion(build) : null,
    path,
    libraries: build ? netfilterLibraries(build) : [],
    evidence: [{ fact, source }],
  };
  if (build?.main) program.module = build.main.path;
  if (found && build?.revision !== undefined)
    program.evidence.push(evidence(`built from commit ${build.revision}`, path, found.node));
  return program;
}

function programVersion(build: GoBuild): string | null {
  const version = build.main?.version ?? "";
  if (/^v\d/.test(version) && !version.startsWith("v0.0.0-")) return version;
  return build.stampedVersion ?? null;
}

function netfilterLibraries(build: GoBuild): string[] {
  return build.dependencies
    .filter(({ path }) => libraries.goModules.some(({ module }) => path === module || path.startsWith(`${module}/`)))
    .map(({ path, version }) => `${path}@${version}`);
}

/** Its module's name, or its file's: never that of a known program, which it isn't though it may be of the same project. */
function ownName(tree: FileTree, path: string, known: KnownProgram[]): string {
  const build = binaryAt(tree, path)?.content.go;
  const packagePath = build?.path === FILES_OF_A_PROGRAM ? "" : build?.path;
  const module = (build?.main?.path ?? packagePath ?? "").replace(/[/.]v\d+$/, "");
  const names = [basename(module), basename(path)];
  return names.find((name) => name !== "" && !known.some(({ id }) => id === name)) ?? path;
}

function binaryAt(tree: FileTree, path: string): Found<BinaryContent> | undefined {
  const node = tree.lookup(path);
  if (node?.type !== "file") return undefined;
  const content = contentOf(node);
  return content?.kind === "binary" ? { path, node, content } : undefined;
}

function isProgram(tree: FileTree, path: string): boolean {
  const node = tree.lookup(path);
  return node?.type === "file" && contentOf(node)?.kind !== "script";
}
