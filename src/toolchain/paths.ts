import { dirname } from "node:path/posix";
import type { FileTree } from "../model/image.ts";

/** The last part of a path of the tree, which never ends in a slash. Asked of every file of an image. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of a name in a directory; nothing is resolved. */
export function inDirectory(directory: string, name: string): string {
  return `${directory === "/" ? "" : directory}/${name}`;
}

/** The same path with links of its directories resolved, so that `/sbin/x` and `/usr/sbin/x` compare equal. */
export function createPathResolver(tree: FileTree): (path: string) => string {
  const directories = new Map<string, string>();
  return (path) => {
    const parent = dirname(path);
    let real = directories.get(parent);
    if (real === undefined) {
      const resolved = tree.resolve(parent);
      real = resolved.found ? resolved.path : parent;
      directories.set(parent, real);
    }
    return inDirectory(real, nameOf(path));
  };
}
