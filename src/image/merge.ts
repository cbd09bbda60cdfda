import { UserError } from "../model/error.ts";
import type { DirectoryNode, FileTree } from "../model/image.ts";
import { type ApplyOrder, watchApplyOrder } from "./apply-order.ts";
import type { HardLink } from "./entry-list.ts";
import { quote } from "./errors.ts";
import { createFileSpace, type FileSpace } from "./file-space.ts";
import type { FileTable } from "./file-table.ts";
import type { LayerChanges } from "./layer.ts";
import { createBudget, defaultLimits, exceeded, type ReadBudget, type ReadLimits, spend } from "./limits.ts";
import { type IdleLinks, judgeIdleLinks, type LowerLinks, watchLowerLinks } from "./lower-links.ts";
import { describeMarks, hidesOnly, type OverlayMark } from "./overlay-marks.ts";
import {
  createDirectory,
  createTree,
  type Directory,
  isDirectory,
  isSymlink,
  type Leaf,
  type Slot,
  type Walk,
  type WalkBounds,
  walkPath,
} from "./tree.ts";
import { AUFS_LINKS } from "./whiteouts.ts";

/** A file that got a further name: the probe may want it under that one, though not under the first. */
export interface Alias {
  /** The layer's table that the file is in, and its number there. */
  files: FileTable;
  file: number;
  path: string;
}

export interface MergedLayers {
  tree: FileTree;
  aliases: Alias[];
  /** What leaves open whether a runtime shows this tree. */
  doubts: { fact: string; reason: string }[];
  notes: string[];
}

/**
 * Lays change lists on each other, lowest first, as a container runtime unpacks them (the OCI layer specification;
 * containerd's archive.Apply): whiteouts and opaque markers of a layer take from the layers below only, wherever they stand
 * in its tar; then its entries are placed in their order. Parents are followed through links inside the root, and made
 * where they are missing. A directory laid on a directory keeps its content; anything else replaces what was there. A hard
 * link is bound to the file that its target names at that moment and keeps it whatever becomes of the other name.
 *
 * Pure: the lists are not changed. The tree refers to their nodes and file tables.
 * @param budget of which entries of trees are taken, those of directories that only a path names too
 * @throws UserError at what a runtime could not unpack either
 */
export function mergeLayers(
  layers: readonly LayerChanges[],
  { limits, budget }: { limits: ReadLimits; budget: ReadBudget } = standardBounds(),
): MergedLayers {
  const root = createDirectory({ type: "directory", mode: 0o755, layer: layers[0]?.digest ?? "" });
  const aliases: Alias[] = [];
  const notes: string[] = [];
  const doubts: MergedLayers["doubts"] = [];
  const bounds = createMergeBounds(limits, budget);
  const files = createFileSpace(layers.map((layer) => layer.files));
  const idle: IdleLinks = new Map();
  for (const [index, layer] of layers.entries()) {
    bounds.add(layer.entries.length + layer.whiteouts.length + layer.opaques.length);
    const lower = findHardlinkTargets(root, layer, bounds);
    const links = watchLowerLinks(root, { digest: layer.digest, files, idle, bounds });
    const order = watchApplyOrder(root, layer, files, bounds);
    applyWhiteouts(root, layer, links, bounds);
    doubts.push(...describeMarks(layer.digest, findActiveMarks(root, layer, bounds)));
    placeEntries(root, layer, { index, files, lower, links, order, aliases, notes, bounds });
    order.finish();
    doubts.push(...links.doubts(), ...order.doubts());
  }
  doubts.push(...judgeIdleLinks(root, idle, files, bounds));
  return { tree: createTree(root, files), aliases, doubts, notes };
}

/** Those that make a difference above the layers below. */
function findActiveMarks(root: Directory, layer: LayerChanges, bounds: MergeBounds): OverlayMark[] {
  return layer.overlay.filter((mark) => {
    if (!hidesOnly(mark)) return true;
    const below = findDirectory(walkPath(root, mark.path, true, bounds));
    return below !== undefined && below.children.size > 0;
  });
}

function standardBounds(): { limits: ReadLimits; budget: ReadBudget } {
  return { limits: defaultLimits, budget: createBudget(defaultLimits) };
}

interface MergeBounds extends WalkBounds {
  /** Counts entries of the tree. */
  add(entries: number): void;
  /** The error of a walk that met too many links. */
  tooManyHops(layer: LayerChanges, path: string): UserError;
}

/** The lengths of paths and the targets of links are the image's choice, and with them the time that walking takes. */
function createMergeBounds(limits: ReadLimits, budget: ReadBudget): MergeBounds {
  let stepsLeft = limits.pathSteps;
  return {
    hops: limits.linkHops,
    onStep() {
      if (--stepsLeft < 0) throw exceeded("path-steps", limits);
    },
    add(entries) {
      spend(budget, "treeEntries", entries, limits);
    },
    tooManyHops: (layer, path) => exceeded("link-hops", limits, `layer ${layer.digest}: on the way to ${quote(path)}`),
  };
}

/**
 * Targets of hard links as the layers below have them. Runtimes apply a layer in the order of its tar, so a link may come
 * before the whiteout of its target.
 */
function findHardlinkTargets(root: Directory, layer: LayerChanges, bounds: MergeBounds): Map<HardLink, Leaf> {
  const targets = new Map<HardLink, Leaf>();
  if (layer.whiteouts.length === 0 && layer.opaques.length === 0) return targets;
  layer.entries.forEach((_directory, _name, value) => {
    if (typeof value !== "object" || !("hardlink" in value)) return;
    const leaf = findLeaf(root, value.hardlink, bounds);
    if (leaf !== undefined) targets.set(value, leaf);
  });
  return targets;
}

function findLeaf(root: Directory, path: string, bounds: MergeBounds): Leaf | undefined {
  const walk = walkPath(root, path, false, bounds);
  return walk.end === "slot" && !isDirectory(walk.slot) ? walk.slot : undefined;
}

function applyWhiteouts(root: Directory, layer: LayerChanges, links: LowerLinks, bounds: MergeBounds): void {
  const isReplacedLink = createLinkCheck(root, layer, bounds);
  /** What a loop of links hides cannot be told, and would stay. */
  function find(path: string, followLast: boolean): Walk {
    const walk = walkPath(root, path, followLast, bounds);
    if (walk.end === "loop") throw bounds.tooManyHops(layer, path);
    return walk;
  }
  for (const { path } of layer.opaques) {
    links.pass(path, () => false);
    // Where the tar counts in its order it may still be the link that is followed: that much was noted.
    if (isReplacedLink(path)) continue;
    const walk = find(path, true);
    if (walk.end === "directory") walk.directory.children.clear();
    else if (walk.end === "slot" && isDirectory(walk.slot)) walk.slot.children.clear();
  }
  for (const { path } of layer.whiteouts) {
    const above = path.slice(0, path.lastIndexOf("/"));
    // Also for what is not there: on the way to it a folder takes the link's place.
    const isBehindLink = links.pass(above, () => false);
    if (isReplacedLink(above)) continue;
    const walk = find(path, false);
    if (walk.end !== "slot") continue;
    if (isBehindLink) links.note(path, walk.slot);
    walk.parent.children.delete(walk.name);
  }
}

/**
 * Tells whether a path leads through a link of a lower layer that this layer itself replaces, by a directory as a rule.
 * What is hidden there is then hidden in the new directory, not behind the old link.
 */
function createLinkCheck(root: Directory, layer: LayerChanges, bounds: MergeBounds): (path: string) => boolean {
  let own: Set<string> | undefined;
  return (path) => {
    let at: Directory = root;
    // One way down, however deep: what is below a part that is missing is missing too.
    for (let from = 1; from < path.length; ) {
      const slash = path.indexOf("/", from);
      const end = slash < 0 ? path.length : slash;
      bounds.onStep();
      const slot = at.children.get(path.slice(from, end));
      if (slot === undefined) return false;
      if (isDirectory(slot)) at = slot;
      else if (!isSymlink(slot)) return false;
      else {
        const prefix = path.slice(0, end);
        own ??= listPaths(layer);
        if (own.has(prefix)) return true;
        const target = findDirectory(walkPath(root, prefix, true, bounds));
        if (target === undefined) return false;
        at = target;
      }
      from = end + 1;
    }
    return false;
  };
}

function findDirectory(walk: Walk): Directory | undefined {
  const found = walk.end === "directory" ? walk.directory : walk.end === "slot" ? walk.slot : undefined;
  return isDirectory(found) ? found : undefined;
}

function listPaths(layer: LayerChanges): Set<string> {
  const paths = new Set<string>();
  layer.entries.forEach((directory, name) => {
    paths.add(`${directory}/${name}`);
  });
  return paths;
}

interface Placing {
  /** Of the layer among all. */
  index: number;
  files: FileSpace;
  lower: Map<HardLink, Leaf>;
  links: LowerLinks;
  order: ApplyOrder;
  aliases: Alias[];
  notes: string[];
  bounds: MergeBounds;
}

function placeEntries(root: Directory, layer: LayerChanges, placing: Placing): void {
  const { index, files, lower, links, order, aliases, notes, bounds } = placing;
  const own = new Set<Slot>();
  const parents = createParentFinder(root, layer, (path) => links.pass(path, (link) => own.has(link)), bounds);
  const aufs = new Map<string, Leaf>();
  const repeated: string[] = [];

  function bind(path: string, link: HardLink): Leaf {
    const there = findLeaf(root, link.hardlink, bounds);
    const hidden = there === undefined ? lower.get(link) : undefined;
    if (hidden !== undefined) order.linked(path, hidden);
    const leaf = there ?? hidden ?? aufs.get(link.hardlink);
    if (leaf === undefined)
      throw inLayer(layer, `the hard link ${quote(path)} leads to ${quote(link.hardlink)}, which is no file`);
    if (typeof leaf === "number") {
      aliases.push({ ...files.find(leaf), path });
      order.changed(path, leaf, link);
    }
    return leaf;
  }

  /** True when the layer itself put another file there before. */
  function place(directory: string, name: string, value: Leaf | DirectoryNode): boolean {
    const parent = parents.find(directory);
    const { children } = parent;
    if (parents.isBehindLink() && !isDirectoryNode(value)) links.note(`${directory}/${name}`, value);
    const existing = children.get(name);
    if (isDirectoryNode(value)) {
      if (isDirectory(existing)) {
        existing.node = value;
        return false;
      }
      order.back(parent, name, `${directory}/${name}`);
      children.set(name, createDirectory(value));
    } else {
      if (isDirectory(existing)) order.replaced(parent, name, existing);
      children.set(name, value);
    }
    if (typeof value === "object" && value.type === "symlink") own.add(value);
    if (existing === undefined) return false;
    if (isDirectory(existing) || isSymlink(existing)) parents.forget();
    if (isDirectory(existing) || existing === value) return false;
    return (typeof existing === "number" ? files.find(existing).files : existing).layer === layer.digest;
  }

  layer.entries.forEach((directory, name, entry) => {
    const value =
      typeof entry === "number"
        ? files.numberOf(index, entry)
        : "hardlink" in entry
          ? bind(`${directory}/${name}`, entry)
          : entry;
    if (directory === AUFS_LINKS || directory.startsWith(`${AUFS_LINKS}/`)) {
      if (!isDirectoryNode(value)) aufs.set(`${directory}/${name}`, value);
    } else if (name === "") {
      if (!isDirectoryNode(value)) throw inLayer(layer, "its root is not a directory");
      root.node = value;
    } else if (place(directory, name, value)) repeated.push(`${directory}/${name}`);
  });
  if (repeated.length > 0) notes.push(describeRepeated(layer, repeated));
}

function isDirectoryNode(value: Leaf | DirectoryNode): value is DirectoryNode {
  return typeof value === "object" && value.type === "directory";
}

interface ParentFinder {
  find(path: string): Directory;
  /** A directory or link was replaced: what was found before may no longer be there. */
  forget(): void;
  /** What was found last lies behind a link of a lower layer. */
  isBehindLink(): boolean;
}

/** Finds directories to place files in. Files of a directory mostly follow each other, so the last one is remembered. */
function createParentFinder(
  root: Directory,
  layer: LayerChanges,
  isBehindLink: (path: string) => boolean,
  bounds: MergeBounds,
): ParentFinder {
  let last: { path: string; directory: Directory; isBehindLink: boolean } | undefined;
  const making = {
    ...bounds,
    create(): Directory {
      bounds.add(1);
      return createDirectory({ type: "directory", mode: 0o755, layer: layer.digest });
    },
  };
  return {
    find(path) {
      if (last?.path === path) return last.directory;
      const direct = walkDirectories(root, path);
      if (direct !== undefined) {
        last = { path, directory: direct, isBehindLink: false };
        return direct;
      }
      // Before anything is made: a link may lead nowhere as yet.
      const isBehind = isBehindLink(path);
      const walk = walkPath(root, path, true, making);
      if (walk.end === "loop") throw bounds.tooManyHops(layer, path);
      const found = findDirectory(walk);
      if (found === undefined) throw inLayer(layer, `it holds files below ${quote(path)}, which is not a directory`);
      last = { path, directory: found, isBehindLink: isBehind };
      return found;
    },
    forget() {
      last = undefined;
    },
    isBehindLink: () => last?.isBehindLink === true,
  };
}

/** The short way, without links: undefined when anything on it is not a directory. */
function walkDirectories(root: Directory, path: string): Directory | undefined {
  let at: Directory = root;
  for (let from = 1; from < path.length; ) {
    const slash = path.indexOf("/", from);
    const end = slash < 0 ? path.length : slash;
    const slot = at.children.get(path.slice(from, end));
    if (!isDirectory(slot)) return undefined;
    at = slot;
    from = end + 1;
  }
  return at;
}

function describeRepeated(layer: LayerChanges, paths: string[]): string {
  const others = paths.length > 1 ? ` and ${paths.length - 1} other paths` : "";
  return `layer ${layer.digest} holds ${quote(paths[0] ?? "")}${others} more than once; the last one counts`;
}

function inLayer(layer: LayerChanges, problem: string): UserError {
  return new UserError(`layer ${layer.digest}: ${problem}`);
}
