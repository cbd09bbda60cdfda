import type { ExtensionSet } from "../../model/toolchain.ts";
import { findTool } from "../backend.ts";
import { describeConditions, type ExtensionUse, extensionUses } from "../extension-uses.ts";
import type { Cell, RawFinding, Rule } from "../types.ts";

const rule = "missing-library";

/**
 * A library that a tool of the image asks for isn't in the image: `error while loading shared libraries`. Or an extension that
 * the image's program writes rules with isn't: ``Couldn't load match `comment': No such file or directory``.
 */
export const missingLibrary: Rule = {
  id: rule,
  looksAt: "iptables",
  evaluate: (cell) => [...missingLibraries(cell), ...missingExtensions(cell)],
};

function missingLibraries(cell: Cell): RawFinding[] {
  const missing = cell.toolchain.missingLibraries ?? [];
  const paths = [...new Set(missing.map(({ path }) => path))];
  return paths.map((path): RawFinding => {
    const libraries = missing.filter((item) => item.path === path).map(({ library }) => library);
    const tool = cell.toolchain.tools.find(({ target }) => target === path);
    return {
      kind: "finding",
      rule,
      severity: runs(cell, path) ? "error" : "warning",
      cause: `library:${path}`,
      tool: tool?.name ?? "iptables",
      message: `${path} needs ${libraries.join(", ")}, not in the image: ${endOf(libraries)}`,
      evidence: libraries.map((library) => ({ fact: `${path} names ${library} as needed`, source: "image" })),
      remedy: remedyFor(libraries),
    };
  });
}

const refused = 'it does not start, "no such file or directory"';
const unloaded = 'it ends with "error while loading shared libraries"';

const lookup = 'it ends with "symbol lookup error", its libraries are of another release';

/** What the tool does without them. */
function endOf(libraries: readonly string[]): string {
  if (isRefused(libraries)) return refused;
  return libraries.every((library) => SYMBOL.test(library)) ? lookup : unloaded;
}

/** Of a library that is there: `xt_xlate_set_get (libxtables.so.12)`. Versions, `GLIBC_2.38 (libc.so.6)`, are in capitals. */
const SYMBOL = /^[a-z]\w* \(/;

/** The kernel starts no program without its loader, and no script without its interpreter. */
function isRefused(libraries: readonly string[]): boolean {
  return libraries.some((library) => !library.includes(".so") || library.startsWith("/"));
}

function remedyFor(libraries: readonly string[]): string {
  if (libraries.some((library) => library.endsWith("\\r")))
    return "Write the script's lines with a line feed alone at their ends; run each tool once in the build.";
  if (libraries.every((library) => !library.includes(".so")))
    return "Add the program that runs the script, or use a wrapper that needs none; run each tool once in the build.";
  return "Install the tool as a package, or copy its libraries and their links as well; run each tool once in the build.";
}

/**
 * Only where libxtables' folder was looked into and is the one that the iptables in use loads from. A file that could not be
 * read may be what is needed.
 */
function missingExtensions(cell: Cell): RawFinding[] {
  const { backend, hostExec } = cell.choice;
  if (hostExec === true || (backend !== "nft" && backend !== "legacy")) return [];
  const target = findTool(cell.toolchain, "iptables", backend)?.target;
  const sets = (cell.toolchain.extensions ?? []).filter(
    ({ directory, tools, list }) =>
      directory !== undefined && list !== undefined && tools?.includes(target ?? "") === true,
  );
  if (sets.length === 0) return [];
  const gone = extensionUses(cell).filter(({ extension }) => !sets.some((set) => mayLoad(set, extension)));
  const certain = gone.filter(({ condition }) => condition === undefined);
  const possible = gone.filter(({ condition }) => condition !== undefined);
  const directory = sets.map((set) => set.directory).join(", ");
  return [
    ...reportExtensions(cell, certain, "error", directory),
    ...reportExtensions(cell, possible, "warning", directory),
  ];
}

function mayLoad({ list = [], unread = [] }: ExtensionSet, name: string): boolean {
  return list.some((entry) => entry.name === name) || unread.some((file) => file.endsWith(`_${name}.so`));
}

function reportExtensions(
  cell: Cell,
  uses: readonly ExtensionUse[],
  severity: RawFinding["severity"],
  directory: string,
): RawFinding[] {
  const [first] = uses;
  if (first === undefined) return [];
  const names = uses.map(({ extension }) => extension).join(", ");
  return [
    {
      kind: "finding",
      rule,
      severity,
      cause: `extension:${severity}:${directory}:${names}`,
      tool: "iptables",
      message: `iptables-${cell.choice.backend} cannot load ${names}: no file of ${directory} brings them${describeConditions(uses)}`,
      evidence: [
        { fact: `no extension in ${directory} registers ${names}`, source: "image" },
        { fact: `the program uses ${first.extension}`, source: first.source },
      ],
      remedy: `Install iptables as a package, or copy all of ${directory}, its links as well.`,
    },
  ];
}

/** Whether the file is one that the image's program is known to run; what isn't a tool's own file is taken for one. */
function runs(cell: Cell, path: string): boolean {
  const tools = cell.toolchain.tools.filter(({ target }) => target === path);
  if (tools.length === 0) return true;
  const commands = cell.image.profile?.runs?.value ?? [];
  return tools.some(
    ({ name, backend }) =>
      (backend !== undefined &&
        backend === cell.choice.backend &&
        name === "iptables" &&
        findTool(cell.toolchain, name, backend)?.target === path) ||
      commands.some((command) => command === name || command.startsWith(`${name}-${backend}`)),
  );
}
