import type { DirectoryNode, FileTree, OtherNode, Resolution, SymlinkNode, TreeNode } from "../model/image.ts";
import type { FileSpace } from "./file-space.ts";

/** A directory with what is in it. */
export interface Directory {
  node: DirectoryNode;
  children: Map<string, Slot>;
}
/** What is no directory; a number stands for a regular file. */
export type Leaf = number | SymlinkNode | OtherNode;
export type Slot = Leaf | Directory;

/** ELOOP of Linux: path_resolution(7). */
const MAX_HOPS = 40;

/** True for a directory of the tree. */
export function isDirectory(slot: Slot | undefined): slot is Directory {
  return typeof slot === "object" && "children" in slot;
}

/** True for a symbolic link. */
export function isSymlink(slot: Slot): slot is SymlinkNode {
  return typeof slot === "object" && "type" in slot && slot.type === "symlink";
}

/** An empty directory. */
export function createDirectory(node: DirectoryNode): Directory {
  return { node, children: new Map() };
}

/** The components of a path; empty and `.` ones left out. */
export function splitPath(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** What a walk may cost, where a stranger's links and paths decide how long it is. */
export interface WalkBounds {
  /** Links followed by one walk. */
  hops: number;
  /** Called for each part of a path; throws when there were too many in all. */
  onStep(): void;
}

export interface WalkOptions extends Partial<WalkBounds> {
  /** Makes a directory where one is missing, as `mkdir -p` would. */
  create?: () => Directory;
}

/** Where a walk along a path ended. */
export type Walk =
  | { end: "slot"; parent: Directory; name: string; slot: Slot; path: string; met: string[] }
  /** The root itself, or a path whose last component was `..`. */
  | { end: "directory"; directory: Directory; path: string; met: string[] }
  | { end: "missing" | "loop" | "not-a-directory"; at: string; met: string[] };

/**
 * Follows a path from the root as the kernel does for a process whose root that is: links in the middle always, a link in
 * the last component only with `followLast`; absolute targets begin at the root, `..` stops there, 40 hops in all unless the
 * options say otherwise. `met` holds each path that stood for the last component: the asked one, then what each link led to.
 */
export function walkPath(root: Directory, path: string, followLast: boolean, options: WalkOptions = {}): Walk {
  const { hops: mostHops = MAX_HOPS, create } = options;
  const met: string[] = [];
  let stack: { directory: Directory; name: string }[] = [{ directory: root, name: "" }];
  const pending = splitPath(path).reverse();
  let hops = 0;
  const here = () => stack[stack.length - 1]?.directory ?? root;
  const pathOf = (name?: string) => {
    const names = stack.slice(1).map((level) => level.name);
    return `/${(name === undefined ? names : [...names, name]).join("/")}`;
  };

  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    options.onStep?.();
    const isLast = pending.length === 0;
    if (name === "..") {
      if (stack.length > 1) stack.pop();
      continue;
    }
    const parent = here();
    const slot = parent.children.get(name) ?? addDirectory(parent, name, create);
    if (isLast) met.push(pathOf(name));
    // The whole path that is missing, not only the folder where it breaks off.
    if (slot === undefined) return { end: "missing", at: [pathOf(name), ...pending.reverse()].join("/"), met };
    if (isDirectory(slot)) {
      if (isLast) return { end: "slot", parent, name, slot, path: pathOf(name), met };
      stack.push({ directory: slot, name });
    } else if (isSymlink(slot) && (!isLast || followLast)) {
      if (++hops > mostHops) return { end: "loop", at: pathOf(name), met };
      if (slot.target.startsWith("/")) stack = stack.slice(0, 1);
      pending.push(...splitPath(slot.target).reverse());
    } else if (isLast) return { end: "slot", parent, name, slot, path: pathOf(name), met };
    else return { end: "not-a-directory", at: pathOf(name), met };
  }
  return { end: "directory", directory: here(), path: pathOf(), met };
}

function addDirectory(parent: Directory, name: string, create: (() => Directory) | undefined): Directory | undefined {
  const directory = create?.();
  if (directory !== undefined) parent.children.set(name, directory);
  return directory;
}

/**
 * The public view of a tree.
 * @param files what the numbers in it stand for
 */
export function createTree(root: Directory, files: FileSpace): FileTree {
  function toNode(slot: Slot): TreeNode {
    if (typeof slot === "number") return files.node(slot);
    return isDirectory(slot) ? slot.node : slot;
  }

  function resolve(path: string): Resolution {
    const asked = `/${splitPath(path).join("/")}`;
    const walk = walkPath(root, path, true);
    const via = [asked, ...walk.met.slice(1)];
    if (walk.end === "directory") {
      if (via[via.length - 1] !== walk.path) via.push(walk.path);
      return { found: true, path: walk.path, node: walk.directory.node, via };
    }
    if (walk.end !== "slot") return { found: false, reason: walk.end, at: walk.at, via };
    const node = toNode(walk.slot);
    if (node.type === "symlink") throw new Error(`link not followed: ${walk.path}`);
    return { found: true, path: walk.path, node, via };
  }

  return {
    resolve,
    lookup(path) {
      const walk = walkPath(root, path, false);
      if (walk.end === "directory") return walk.directory.node;
      return walk.end === "slot" ? toNode(walk.slot) : undefined;
    },
    list(path) {
      const walk = walkPath(root, path, true);
      if (walk.end === "directory") return [...walk.directory.children.keys()].sort();
      return walk.end === "slot" && isDirectory(walk.slot) ? [...walk.slot.children.keys()].sort() : [];
    },
    *walk(names) {
      const isWanted = (name: string, slot: Slot): boolean =>
        names === undefined || (typeof slot === "number" ? files.hasContent(slot) : isSymlink(slot)) || names.has(name);
      if (isWanted("", root)) yield { path: "/", node: root.node };
      const pending: { directory: Directory; path: string }[] = [{ directory: root, path: "" }];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        for (const [name, slot] of next.directory.children) {
          const wanted = isWanted(name, slot);
          const below = isDirectory(slot);
          if (!wanted && !below) continue;
          const path = `${next.path}/${name}`;
          if (wanted) yield { path, node: typeof slot === "number" ? files.peek(slot) : toNode(slot) };
          if (below) pending.push({ directory: slot, path });
        }
      }
    },
  };
}
