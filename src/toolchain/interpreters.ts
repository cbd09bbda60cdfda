import type { FileTree } from "../model/image.ts";
import type { Command, Toolchain } from "../model/toolchain.ts";
import { type CommandFinder, followLink } from "./commands.ts";
import { contentOf } from "./content.ts";

/**
 * Scripts among the commands that nothing in the image can run: an iptables-wrapper without a shell, one whose lines end as
 * Windows writes them. The kernel refuses them with "no such file or directory".
 * @param find by the PATH of the image's program, in which `env` looks
 */
export function missingInterpreters(
  tree: FileTree,
  commands: Readonly<Record<string, Command>>,
  find: CommandFinder,
): NonNullable<Toolchain["missingLibraries"]> {
  const files = new Set(Object.values(commands).flatMap(({ via, dangling }) => (dangling ? [] : (via.at(-1) ?? []))));
  return [...files].flatMap((path) => {
    const node = tree.lookup(path);
    const content = contentOf(node);
    const library = content?.kind === "script" ? missingOf(tree, content.script.interpreter, find) : undefined;
    return library === undefined ? [] : [{ path, library }];
  });
}

function missingOf(tree: FileTree, line: string, find: CommandFinder): string | undefined {
  const [program = "", ...words] = line.split(/[ \t]+/);
  if (!program.startsWith("/")) return undefined;
  if (followLink(tree, program)?.target === undefined) return JSON.stringify(program).slice(1, -1);
  if (!program.endsWith("/env")) return undefined;
  const name = words.find((word) => !word.startsWith("-") && !word.includes("="));
  return name === undefined || name.includes("/") || find(name)?.target ? undefined : JSON.stringify(name).slice(1, -1);
}
