import { basename, dirname } from "node:path/posix";
import type { FileNode, FileTree } from "../../model/image.ts";
import { type BinaryContent, contentOf } from "../content.ts";
import { variableOf } from "../environment.ts";
import { isNetfilterLibrary, isSupportLibrary } from "../file-names.ts";
import type { Found } from "../survey.ts";
import { configuredDirectories } from "./loader-paths.ts";
import { libraryOfSymbol } from "./symbols.ts";

/** Debian's multi-arch folders by GOARCH-like name. */
const MULTIARCH: Record<string, string[]> = {
  amd64: ["x86_64-linux-gnu"],
  arm64: ["aarch64-linux-gnu"],
  arm: ["arm-linux-gnueabihf", "arm-linux-gnueabi"],
  "386": ["i386-linux-gnu"],
  loong64: ["loongarch64-linux-gnu"],
  ppc64le: ["powerpc64le-linux-gnu"],
  riscv64: ["riscv64-linux-gnu"],
  s390x: ["s390x-linux-gnu"],
};
const USUAL = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];
/** A program and its libraries are a few dozen files; more are not followed. */
const MAX_OBJECTS = 256;

/** A library at the end of a search. `content` is undefined when nothing of it was kept: it is there, and no more is known. */
interface Loaded {
  path: string;
  node: FileNode;
  content?: BinaryContent;
}

export interface Loader {
  /** The library that a program's dynamic loader takes for a name that the program asks for. */
  find(program: Found<BinaryContent>, soname: string): Loaded | undefined;
  /**
   * What the loader of a program does not find: its interpreter, libraries (`libmnl.so.0`), versions of libraries
   * (`GLIBC_2.38 (libc.so.6)`) and names of the netfilter libraries (`xt_xlate_set_get (libxtables.so.12)`), those that its libraries ask for among them. Empty for a static program.
   */
  missing(program: Found<BinaryContent>): string[];
}

/**
 * Looks for shared libraries inside an image as ld.so(8) and musl's loader do: LD_LIBRARY_PATH of the image, the object's
 * own RUNPATH or RPATH with `$ORIGIN`, the configured folders, the usual ones. It errs on the side of finding: folders of
 * every distribution count, and `ld.so.conf` stands for the cache that ldconfig makes of it.
 * @param env of the image config, `NAME=value`
 */
export function createLoader(tree: FileTree, env: string[]): Loader {
  const preferred = (variableOf(env, "LD_LIBRARY_PATH") ?? "").split(/[:;]/).filter((entry) => entry.startsWith("/"));
  const configured = configuredDirectories(tree);

  function search(program: Found<BinaryContent>, object: Found<BinaryContent> | Loaded, soname: string) {
    const own = expand(object.content?.runpath ?? [], object.path, program.content);
    // RPATH, and with musl RUNPATH too, also holds for what the libraries ask for.
    const inherits = program.content.isRpath === true || isMusl(program.content);
    const inherited = inherits ? expand(program.content.runpath ?? [], program.path, program.content) : [];
    const system = isMusl(program.content)
      ? configured.musl(program.content.interpreter ?? "")
      : [...configured.glibc, ...usualDirectories(program.content)];
    for (const directory of [...preferred, ...own, ...inherited, ...system]) {
      const loaded = lookUp(tree, `${directory}/${soname}`, program.content.architecture);
      if (loaded) return loaded;
    }
    return undefined;
  }

  function find(program: Found<BinaryContent>, object: Found<BinaryContent> | Loaded, soname: string) {
    if (soname.includes("/")) return lookUp(tree, soname.startsWith("/") ? soname : `/${soname}`, undefined);
    const { interpreter } = program.content;
    // The loader is a library itself, and musl's is the C library.
    if (interpreter !== undefined && (soname === basename(interpreter) || isPartOfMusl(program.content, soname)))
      return lookUp(tree, interpreter, undefined);
    return search(program, object, soname);
  }

  return {
    find: (program, soname) => find(program, program, soname),
    missing(program) {
      const { interpreter, needed } = program.content;
      if (interpreter !== undefined && !lookUp(tree, interpreter, undefined)) return [interpreter];
      if (interpreter === undefined && needed.length === 0) return [];
      return followNeeds(program, (object, soname) => find(program, object, soname));
    },
  };
}

type Find = (object: Found<BinaryContent> | Loaded, soname: string) => Loaded | undefined;

/** Loads as the loader does, breadth first, each name once. */
function followNeeds(program: Found<BinaryContent>, find: Find): string[] {
  const loaded = new Map<string, Loaded | undefined>();
  const objects: (Found<BinaryContent> | Loaded)[] = [program];
  const missing = new Set<string>();
  for (let i = 0; i < objects.length && i < MAX_OBJECTS; i++) {
    const object = objects[i];
    for (const soname of object?.content?.needed ?? []) {
      if (loaded.has(soname) || !object) continue;
      const library = find(object, soname);
      loaded.set(soname, library);
      if (!library) missing.add(soname);
      else if (library.content) objects.push(library);
    }
  }
  for (const symbol of missingSymbols(objects, loaded)) missing.add(symbol);
  // musl looks at no versions.
  if (isMusl(program.content)) return [...missing];
  for (const object of objects)
    for (const { library, version } of object.content?.versionNeeds ?? []) {
      const defined = loaded.get(library)?.content?.versionDefinitions ?? [];
      // Of a library without any versions the loader only warns.
      if (defined.length > 0 && !defined.includes(version)) missing.add(`${version} (${library})`);
    }
  return [...missing];
}

/** One stands for all that a library lacks. */
const MAX_SYMBOLS_NAMED = 2;

/**
 * Names of the netfilter libraries that none of them defines (`xt_xlate_set_get (libxtables.so.12)`). Only where every
 * library is known that may: of the C library and the like it is known that they define none.
 */
function missingSymbols(
  objects: readonly (Found<BinaryContent> | Loaded)[],
  loaded: ReadonlyMap<string, Loaded | undefined>,
): string[] {
  const libraries = [...loaded];
  const isKnown = ([soname, library]: [string, Loaded | undefined]) =>
    isNetfilterLibrary(soname) ? library?.content?.exports !== undefined : isSupportLibrary(soname);
  if (!libraries.every(isKnown)) return [];
  const defined = new Set(libraries.flatMap(([, library]) => library?.content?.exports ?? []));
  const lacking = new Set(
    objects.flatMap(({ content }) => content?.imports ?? []).filter((name) => !defined.has(name)),
  );
  const named = [...lacking].flatMap((name) => {
    const soname = libraries.find(([each]) => each.startsWith(`${libraryOfSymbol(name)}.so`))?.[0];
    return soname === undefined ? [] : [{ name, soname }];
  });
  return [...Map.groupBy(named, ({ soname }) => soname)].flatMap(([soname, symbols]) =>
    symbols.slice(0, MAX_SYMBOLS_NAMED).map(({ name }) => `${name} (${soname})`),
  );
}

/** A file of another machine is passed over, as the loader does. */
function lookUp(tree: FileTree, path: string, architecture: string | undefined): Loaded | undefined {
  const resolved = tree.resolve(path);
  if (!resolved.found || resolved.node.type !== "file") return undefined;
  const content = contentOf(resolved.node);
  if (content?.kind !== "binary") return { path: resolved.path, node: resolved.node };
  const isOther = architecture !== undefined && content.architecture !== undefined;
  if (isOther && content.architecture !== architecture) return undefined;
  return { path: resolved.path, node: resolved.node, content };
}

function isMusl(program: BinaryContent): boolean {
  return /\/ld-musl-[^/]*$/.test(program.interpreter ?? "");
}

/** Names that musl's loader takes for itself whatever follows the dot (musl, ldso/dynlink.c). */
function isPartOfMusl(program: BinaryContent, soname: string): boolean {
  return isMusl(program) && /^lib(?:c|pthread|rt|m|dl|util|xnet)\./.test(soname);
}

function usualDirectories(program: BinaryContent): string[] {
  const triplets = MULTIARCH[program.architecture ?? ""] ?? [];
  return [...triplets.flatMap((triplet) => [`/lib/${triplet}`, `/usr/lib/${triplet}`]), ...USUAL];
}

/** Replaces `$ORIGIN` and `$LIB` of ld.so(8); entries that then are no absolute path depend on the working directory. */
function expand(entries: string[], path: string, program: BinaryContent): string[] {
  const libraries = ["lib64", ...(MULTIARCH[program.architecture ?? ""] ?? []).map((name) => `lib/${name}`), "lib"];
  return entries
    .map((entry) => entry.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, () => dirname(path)))
    .flatMap((entry) =>
      /\$(?:LIB|\{LIB\})/.test(entry)
        ? libraries.map((name) => entry.replace(/\$(?:LIB|\{LIB\})/g, () => name))
        : [entry],
    )
    .filter((entry) => entry.startsWith("/"));
}
