import type { EntryValue, HardLink } from "./entry-list.ts";
import { quote } from "./errors.ts";
import type { FileSpace } from "./file-space.ts";
import type { Hiding, LayerChanges } from "./layer.ts";
import { matters } from "./lower-links.ts";
import {
  type Directory,
  isDirectory,
  isSymlink,
  type Leaf,
  type Slot,
  type Walk,
  type WalkBounds,
  walkPath,
} from "./tree.ts";
import { OPAQUE, WHITEOUT } from "./whiteouts.ts";

/**
 * Layers whose result depends on how they are unpacked. By the specification what a layer hides is of the layers below only,
 * wherever it stands in the tar. Runtimes take a tar in its order. Where layers are laid on each other while they are unpacked
 * (containerd's native snapshotter, Docker and podman with vfs), a whiteout also takes what the layer itself has put there
 * before. Where each is unpacked into a folder of overlayfs, a directory that the layer hides and has again shows what is below
 * it, and so does the root, whatever marks it.
 * Observed with containerd's archive package 2.4, Docker's 0.3 and podman's 1.55 on Linux 6.18.
 */
export interface ApplyOrder {
  /** A directory was replaced by something else. */
  replaced(parent: Directory, name: string, directory: Directory): void;
  /** A directory is put in the place of something else, or of nothing. */
  back(parent: Directory, name: string, path: string): void;
  /** A hard link was bound to a file that the layers below have, and that this one hides. */
  linked(path: string, leaf: Leaf): void;
  /** A hard link was bound to a file, which has what the link's entry says of mode and capabilities from then on. */
  changed(path: string, leaf: number, link: HardLink): void;
  /** All of the layer was placed. */
  finish(): void;
  /** What is not known then. */
  doubts(): { fact: string; reason: string }[];
}

/** What can be found at a path, with the ways through links. */
type Find = (path: string) => Walk;

/**
 * Looks at a layer before anything of it is applied.
 * @param root of the layers below
 * @param files of all layers
 */
export function watchApplyOrder(
  root: Directory,
  layer: LayerChanges,
  files: FileSpace,
  bounds: WalkBounds,
): ApplyOrder {
  let reason: string | undefined;
  /** By the directory that they were in: directories that are gone, whose content below would be shown again. */
  const gone = new Map<Directory, Set<string>>();
  const isOf = (slot: Slot) => matters(slot, files, bounds);
  const find: Find = (path) => walkPath(root, path, false, bounds);
  /** Directories that the layer empties, and that were not empty. */
  const emptied = new Set<Directory>();

  function doubt(path: string, how: string): void {
    reason ??= `${quote(path)} ${how}`;
  }

  /** What a whiteout lies below. */
  function checkFile(path: string): void {
    const walk = find(path);
    if (walk.end === "slot" && !isSymlink(walk.slot) && isOf(walk.slot)) doubt(path, FILE);
  }

  const { whiteouts, opaques } = { whiteouts: lastOf(layer.whiteouts), opaques: lastOf(layer.opaques) };
  const globals = layer.globals.filter((path) => !isIdle(path, find, isOf));
  /** Of lower layers, with something in them. */
  const hidden = new Set<string>();
  for (const path of whiteouts.keys()) {
    const walk = find(path);
    if (walk.end === "not-a-directory") checkFile(walk.at);
    const found = directoryAt(walk);
    if (found !== undefined && isOf(found)) hidden.add(path);
  }
  for (const path of opaques.keys()) {
    const walk = find(path);
    if (walk.end === "not-a-directory") checkFile(walk.at);
    if (walk.end === "slot" && !isDirectory(walk.slot)) checkFile(walk.path);
    const found = directoryAt(walk);
    if (found === undefined || !isOf(found)) continue;
    if (found === root) doubt(path, ROOT);
    else emptied.add(found);
  }

  /** Paths that hide something and where something is all the same: nearly always none. */
  function listFilled(hidings: ReadonlyMap<string, number>, below = ""): Map<string, number> {
    const filled = new Map<string, number>();
    for (const [path, after] of hidings) {
      const walk = find(path);
      if (walk.end !== "slot" && walk.end !== "directory") continue;
      filled.set(path, after);
      if (leadsThroughOwn(root, `${path}${below}`, layer.digest)) doubt(path, LINK);
      if (hidden.has(path) && directoryAt(walk) !== undefined) doubt(path, AGAIN);
    }
    return filled;
  }

  return {
    replaced(parent, name, directory) {
      if (!emptied.has(directory) && !isOf(directory)) return;
      const names = gone.get(parent) ?? new Set();
      gone.set(parent, names.add(name));
    },
    back(parent, name, path) {
      if (gone.get(parent)?.has(name) === true) doubt(path, AGAIN);
    },
    linked(path, leaf) {
      if (isOf(leaf)) doubt(path, LINKED);
    },
    changed(path, leaf, link) {
      const { files: table, file } = files.find(leaf);
      const { mode, xattrs } = table.peek(file);
      const isOther = (mode & 0o111) === 0 ? (link.mode & 0o111) !== 0 : (link.mode & 0o111) === 0;
      const hasOther = (xattrs["security.capability"] ?? "") !== link.capability && table.isShown(file);
      if (isOther || hasOther) doubt(path, CHANGED);
    },
    finish() {
      const early = findEarly(layer, { whiteouts: listFilled(whiteouts), opaques: listFilled(opaques, "/.") }, bounds);
      if (early !== undefined) doubt(early, EARLY);
      const active = [...globals, ...layer.globals.filter((path) => !isIdle(path, find, isOf))];
      if (active[0] !== undefined) doubt(active[0], GLOBAL);
    },
    doubts: () => (reason === undefined ? [] : [{ fact: `which files of layer ${layer.digest} are run`, reason }]),
  };
}

const EARLY = "is put and then hidden by the layer itself: some runtimes go by the order, some do not, others fail";
const AGAIN =
  "is a directory that the layer takes away and has again: where layers are unpacked onto overlayfs, as by Docker, containerd and podman, what lower layers have in it is shown";
const ROOT =
  "is marked as empty, which overlayfs does not obey at the root: Docker, containerd and podman show what lower layers have";
const CHANGED =
  "is a hard link with another mode or other capabilities than its file: whoever unpacks the layer gives them to the file, which here has its own";
const LINKED =
  "is a hard link to a file that the layer hides: in some runtimes it leads to the file, in others to nothing";
const FILE =
  "is a file of a lower layer, and the layer hides something below it: Docker, podman and CRI-O then put a folder in its place";
const LINK = "is hidden behind a link of the layer itself: some runtimes follow it";
const GLOBAL =
  "is the name of a header that belongs to no file: containerd removes or hides what has the name, Docker does not";

function directoryAt(walk: Walk): Directory | undefined {
  if (walk.end === "directory") return walk.directory;
  return walk.end === "slot" && isDirectory(walk.slot) ? walk.slot : undefined;
}

/** True when nothing that matters is at a name, nor on the way to it. */
function isIdle(path: string, find: Find, isOf: (slot: Slot) => boolean): boolean {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const isWhiteout = name.startsWith(WHITEOUT);
  const target = !isWhiteout
    ? path
    : name === OPAQUE
      ? path.slice(0, slash) || "/"
      : `${path.slice(0, slash)}/${name.slice(WHITEOUT.length)}`;
  const walk = find(target);
  if (walk.end === "missing") return true;
  const directory = directoryAt(walk);
  return directory !== undefined ? !isOf(directory) : walk.end === "slot" && !isOf(walk.slot);
}

/** True when the first link on the way to a path is of the layer. */
function leadsThroughOwn(root: Directory, path: string, digest: string): boolean {
  let at: Directory = root;
  for (let from = 1; from < path.length; ) {
    const slash = path.indexOf("/", from);
    if (slash < 0) return false;
    const slot = at.children.get(path.slice(from, slash));
    if (!isDirectory(slot)) return slot !== undefined && isSymlink(slot) && slot.layer === digest;
    at = slot;
    from = slash + 1;
  }
  return false;
}

/** By path, where the last of them stands. */
function lastOf(hidings: readonly Hiding[]): Map<string, number> {
  return new Map(hidings.map(({ path, after }) => [path, after]));
}

/**
 * Something of a layer that matters, and that the layer hides afterwards where it is taken in its order. An opaque marker takes
 * what is in folders that have no entry of their own.
 */
function findEarly(
  layer: LayerChanges,
  { whiteouts, opaques }: { whiteouts: ReadonlyMap<string, number>; opaques: ReadonlyMap<string, number> },
  bounds: WalkBounds,
): string | undefined {
  if (whiteouts.size === 0 && opaques.size === 0) return undefined;
  const lengths = new Set([...whiteouts.keys(), ...opaques.keys()].map((path) => (path === "/" ? 0 : path.length)));
  /** Folders with an entry. */
  const known = new Set<string>();
  let early: string | undefined;
  let index = 0;

  /** @param at where the entry stands in the tar */
  function isHidden(directory: string, path: string, at: number): boolean {
    if (at < (whiteouts.get(path) ?? 0)) return true;
    let isKnown = true;
    for (let end = directory.length; end >= 0; end = end === 0 ? -1 : directory.lastIndexOf("/", end - 1)) {
      const above = lengths.has(end) || isKnown ? slice(directory, end) : "";
      if (lengths.has(end)) {
        if (at < (whiteouts.get(above) ?? 0)) return true;
        if (!isKnown && at < (opaques.get(above || "/") ?? 0)) return true;
      }
      isKnown &&= known.has(above);
    }
    return false;
  }

  /** Looking up a text costs as much as it is long. */
  function slice(text: string, end: number): string {
    for (let cost = 0; cost <= end; cost += 256) bounds.onStep();
    return text.slice(0, end);
  }

  layer.entries.forEach((directory, name, value) => {
    const at = index++;
    if (early !== undefined) return;
    const path = `${directory}/${name}`;
    if (isDirectoryValue(value)) known.add(path);
    else if (isShown(value, layer) && isHidden(directory, path, at)) early = path;
  });
  return early;
}

function isDirectoryValue(value: EntryValue): boolean {
  return typeof value === "object" && "type" in value && value.type === "directory";
}

function isShown(value: EntryValue, { files }: LayerChanges): boolean {
  if (typeof value === "number") return files.isShown(value);
  return "hardlink" in value || value.type === "symlink";
}
