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
  doubts(): Doubt[];
}

interface Doubt {
  fact: string;
  reason: string;
}

/** Links that layers passed while nothing that matters was behind them, by path. */
export type IdleLinks = Map<string, { link: Slot; parent: string; digest: string }>;

/**
 * Watches one layer being laid on others. What no reader looks into makes no difference: links such as `/var/run` are passed
 * by many.
 * @param files of all layers
 * @param idle takes the links that a layer above may yet put something behind
 */
export function watchLowerLinks(
  root: Directory,
  { digest, files, idle, bounds }: { digest: string; files: FileSpace; idle: IdleLinks; bounds: WalkBounds },
): LowerLinks {
  /** By link: whether something that matters is behind it. */
  const links = new Map<string, boolean>();
  let first: string | undefined;

  // As many steps as whoever walks there anyway counts.
  const uncounted = { hops: bounds.hops, onStep() {} };

  /** The first link of a lower layer on the way; without a target when it leads to nothing that is a folder. */
  function findLink(
    parent: string,
    isOwn: (link: Slot) => boolean,
  ): { path: string; slot: Slot; target: Directory | undefined } | undefined {
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
        const target = findTarget(root, path, uncounted);
        if (!isOwn(slot)) return { path, slot, target };
        if (target === undefined) return undefined;
        at = target;
      }
      from = end + 1;
    }
    return undefined;
  }

  return {
    pass(parent, isOwn) {
      const link = findLink(parent, isOwn);
      if (link === undefined) return false;
      // A link that leads nowhere yet may lead somewhere with the next layer.
      const known = links.get(link.path) ?? (link.target === undefined || matters(link.target, files, bounds));
      links.set(link.path, known);
      if (known) first ??= parent;
      else if (idle.get(link.path)?.link !== link.slot) idle.set(link.path, { link: link.slot, parent, digest });
      return true;
    },
    note(path, slot) {
      if (first === undefined && matters(slot, files, bounds)) first = path;
    },
    doubts() {
      if (first === undefined) return [];
      // One is enough.
      for (const [path, passed] of idle) if (passed.digest === digest) idle.delete(path);
      return [describe(first, digest)];
    },
  };
}

/**
 * What is not known of links that lead to something that matters only once all layers are there: whether a folder has taken
 * their place by then.
 * @param root with all layers
 */
export function judgeIdleLinks(root: Directory, idle: IdleLinks, files: FileSpace, bounds: WalkBounds): Doubt[] {
  const found = new Map<string, Doubt>();
  for (const [path, { link, parent, digest }] of idle) {
    if (found.has(digest)) continue;
    const walk = walkPath(root, path, false, bounds);
    if (walk.end !== "slot" || walk.slot !== link) continue;
    const target = findTarget(root, path, bounds);
    if (target !== undefined && matters(target, files, bounds)) found.set(digest, describe(parent, digest));
  }
  return [...found.values()];
}

function findTarget(root: Directory, path: string, bounds: WalkBounds): Directory | undefined {
  const walk = walkPath(root, path, true, bounds);
  if (walk.end === "directory") return walk.directory;
  return walk.end === "slot" && isDirectory(walk.slot) ? walk.slot : undefined;
}

function describe(path: string, digest: string): Doubt {
  const reason = `${quote(path)} lies behind a link of a lower layer: containerd follows it, Docker's overlay2, podman and CRI-O put a folder in its place`;
  return { fact: `which files of layer ${digest} are run`, reason };
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
