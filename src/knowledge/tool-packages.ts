import data from "./tool-packages.json" with { type: "json" };

const packages: ReadonlyMap<string, readonly string[]> = new Map(data.tools.map((row) => [row.tool, row.packages]));

/** Packages under which distributions ship a tool; empty for a tool that is not known. */
export function packagesOfTool(tool: string): readonly string[] {
  return packages.get(tool) ?? [];
}

/** All of them, of any tool. */
export const toolPackages: ReadonlySet<string> = new Set([...packages.values()].flat());
