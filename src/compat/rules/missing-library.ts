import type { Cell, RawFinding, Rule } from "../types.ts";

const rule = "missing-library";

/** A library that a tool of the image asks for isn't in the image: `error while loading shared libraries`. */
export const missingLibrary: Rule = {
  id: rule,
  evaluate(cell) {
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
        message: `${path} needs ${libraries.join(", ")}, not in the image: it ends with "error while loading shared libraries"`,
        evidence: libraries.map((library) => ({ fact: `${path} names ${library} as needed`, source: "image" })),
        remedy:
          "Install the tool as a package, or copy its libraries and their links as well; run each tool once in the build.",
      };
    });
  },
};

/** Whether the file is one that the image's program is known to run; what isn't a tool's own file is taken for one. */
function runs(cell: Cell, path: string): boolean {
  const tools = cell.toolchain.tools.filter(({ target }) => target === path);
  if (tools.length === 0) return true;
  const commands = cell.image.profile?.runs?.value ?? [];
  return tools.some(
    ({ name, backend }) =>
      (backend !== undefined && backend === cell.choice.backend && name === "iptables") ||
      commands.some((command) => command === name || command.startsWith(`${name}-${backend}`)),
  );
}
