import { quote } from "./errors.ts";
import type { FileSpace } from "./file-space.ts";
import { type Directory, isDirectory, isSymlink, type Slot, type WalkBounds, walkPath } from "./tree.ts";

/**
 * Entries of a layer that lie behind a link of a lower layer. Where layers are laid on each other while they are unpacked
 * (containerd, podman with vfs) they go where the link leads. Where each is unpacked on its own (Docker's overlay2, podman and
 * CRI-O with overlay) the link is not there: a folder takes its name, and what is behind the link keeps its files.
 * Observed with podman 4.3.1, storage drivers vfs and overlay.
 */
export interface LowerLinks {
  /** An entry or a whiteout has this parent. @param isOwn true for a link that the layer itself has put there */
  pass(parent: string, isOwn: (link: Slot) => boolean): boolean;
  /** A file or link was put or hidden behind such a link. */
  note(path: string, slot: Slot): void;
  /** What is not known then. */
  doubts(digest: string): { fact: string; reason: string }[];
}

/**
 * Watches one layer being laid on others. What no reader looks into makes no difference: links such as `/var/run` are passed
 * by many.
 * @param files of all layers
 */
export function watchLowerLinks(root: Directory, files: FileSpace, bounds: WalkBounds): LowerLinks {
  /** By link: whether something that matters is behind it. */
  const links = new Map<string, boolean>();
  let first: string | undefined;

  // As many steps as whoever walks there anyway counts.
  const uncounted = { hops: bounds.hops, onStep() {} };

  /** The first link of a lower layer on the way; without a target when it leads to nothing that is a folder. */
  function findLink(
    parent: string,
    isOwn: (link: Slot) => boolean,
  ): { path: string; target: Directory | undefined } | undefined {
    let at: Directory = root;
    for (let from = 1; from < parent.length; ) {
      const slash = parent.indexOf("/", from);
      const end = slash < 0 ? parent.length : slash;
      const slot = at.children.get(parent.slice(from, end));
      if (slot === undefined) return undefined;
      if (isDirectory(slot)) at = slot;
      else {
        if (!isSymlink(slot)) return undefined;
        const path = parent.slice(0, end);
        const target = findTarget(path);
        if (!isOwn(slot)) return { path, target };
        if (target === undefined) return undefined;
        at = target;
      }
      from = end + 1;
    }
    return undefined;
  }

  function findTarget(path: string): Directory | undefined {
    const walk = walkPath(root, path, true, undefined, uncounted);
    if (walk.end === "directory") return walk.directory;
    return walk.end === "slot" && isDirectory(walk.slot) ? walk.slot : undefined;
  }

  return {
    pass(parent, isOwn) {
      const link = findLink(parent, isOwn);
      if (link === undefined) return false;
      // A link that leads nowhere yet may lead somewhere with the next layer.
      const known = links.get(link.path) ?? (link.target === undefined || matters(link.target, files, bounds));
      links.set(link.path, known);
      if (known) first ??= parent;
      return true;
    },
    note(path, slot) {
      if (first === undefined && matters(slot, files, bounds)) first = path;
    },
    doubts(digest) {
      if (first === undefined) return [];
      const reason = `${quote(first)} lies behind a link of a lower layer: containerd follows it, Docker's overlay2, podman and CRI-O put a folder in its place`;
      return [{ fact: `which files of layer ${digest} are run`, reason }];
    },
  };
}

/**
 * True when something is at a place or below it that readers look into, or a link.
 * @param files of all layers
 */
export function matters(slot: Slot, files: FileSpace, bounds: WalkBounds): boolean {
  const pending: Slot[] = [slot];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    bounds.onStep();
    if (isDirectory(next)) for (const child of next.children.values()) pending.push(child);
    else if (isSymlink(next)) return true;
    else if (typeof next === "number") {
      const { files: table, file } = files.find(next);
      if (table.isShown(file)) return true;
    }
  }
  return false;
}
