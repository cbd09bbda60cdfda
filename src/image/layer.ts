import { createHash } from "node:crypto";
import { UserError } from "../model/error.ts";
import type { ContentProbe, DirectoryNode, OtherNode, PartialReading, SymlinkNode } from "../model/image.ts";
import { type Compression, decompress } from "./compression/decompress.ts";
import type { DigestAlgorithm } from "./digest.ts";
import { createEntryList, type EntryList } from "./entry-list.ts";
import { quote } from "./errors.ts";
import { createFileTable, type FileTable } from "./file-table.ts";
import { gather } from "./gather.ts";
import { exceeded, type ReadBudget, type ReadLimits, spend } from "./limits.ts";
import { listOverlayMarks, type OverlayMark } from "./overlay-marks.ts";
import type { ReadProgress } from "./progress.ts";
import type { TarMember } from "./tar/members.ts";
import { createTarReader } from "./tar/reader.ts";
import type { BodyConsumer } from "./tar/sparse.ts";
import { weigh, weighXattrs } from "./weigh.ts";
import { AUFS, OPAQUE, WHITEOUT } from "./whiteouts.ts";

/** Something that a layer hides in the layers below. */
export interface Hiding {
  path: string;
  /** Entries of the layer that come before it. */
  after: number;
}

/** What one layer changes, without its bytes. */
export interface LayerChanges {
  /** Digest of the layer as stored. */
  digest: string;
  entries: EntryList;
  /** Its regular files. */
  files: FileTable;
  /** Paths that it hides in the layers below. */
  whiteouts: Hiding[];
  /** Directories whose content in the layers below it hides. */
  opaques: Hiding[];
  /** Names of headers that are none of a file's. */
  globals: string[];
  /** Entries at which overlayfs may show something else than the layer has. */
  overlay: OverlayMark[];
}

/** A layer read to its end. */
export interface LayerScan extends LayerChanges {
  /** Digest of its uncompressed tar; undefined when not all of it was read. */
  diffId: string | undefined;
  compression: Compression;
  /** It was read by its table of contents: its digest is then what was asked for, not what its bytes have. */
  partial?: PartialReading;
  /** Why it was read whole, where its table of contents was to be used: for the end of a sentence. */
  whole?: string;
}

export interface ScanOptions {
  probe: ContentProbe;
  limits: ReadLimits;
  /** Counted down. */
  budget: ReadBudget;
  /** Default sha256. */
  digestAlgorithm?: DigestAlgorithm;
  diffIdAlgorithm?: DigestAlgorithm;
  signal?: AbortSignal | undefined;
  progress?: ReadProgress | undefined;
}

/**
 * Reads one layer in a single pass: decompresses it, computes both digests and gathers its changes. Digests are computed,
 * not compared: only the caller knows what they should be.
 * @param source pieces as readRange gives them, or such as nobody overwrites
 */
export async function scanLayer(source: AsyncIterable<Buffer>, options: ScanOptions): Promise<LayerScan> {
  const { limits, digestAlgorithm = "sha256", diffIdAlgorithm = "sha256" } = options;
  const stored = createHash(digestAlgorithm);
  const unpacked = createHash(diffIdAlgorithm);
  const takeBytes = createByteCounter(options);
  const changes = createChangeCollector(options, takeBytes);
  const reader = createTarReader(changes.onMember, limits, changes.onGlobal);
  let compression: Compression = "none";

  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of gather(source)) {
      stored.update(chunk);
      options.progress?.bytes(chunk.length);
      yield chunk;
    }
  }
  await decompress(
    hashed(),
    (chunk) => {
      takeBytes(chunk.length);
      // An uncompressed layer is hashed once: both digests are of the same bytes.
      if (compression !== "none" || digestAlgorithm !== diffIdAlgorithm) unpacked.update(chunk);
      reader.push(chunk);
    },
    {
      limits,
      signal: options.signal,
      onCompression: (found) => {
        compression = found;
      },
    },
  );
  reader.end();
  const digest = `${digestAlgorithm}:${stored.digest("hex")}`;
  const isSame = compression === "none" && digestAlgorithm === diffIdAlgorithm;
  const diffId = isSame ? digest : `${diffIdAlgorithm}:${unpacked.digest("hex")}`;
  return { ...changes.finish(digest), diffId, compression };
}

/** A file with several names, called by its inode. */
const AUFS_FILE = /^\/\.wh\.\.wh\.plnk\/\d+\.\d+$/;

/** Turns tar members into changes. */
export function createChangeCollector({ probe, limits, budget }: ScanOptions, takeBytes: (bytes: number) => void) {
  const entries = createEntryList();
  const files = createFileTable();
  const nodes = createNodeMaker();
  const changes: LayerChanges = { digest: "", entries, files, whiteouts: [], opaques: [], globals: [], overlay: [] };
  let met = 0;

  function onMember(member: TarMember): BodyConsumer | undefined {
    if (++met > limits.layerEntries) throw exceeded("layer-entries", limits);
    spend(budget, "entries", 1, limits);
    const path = normalisePath(member.name);
    spend(budget, "nameBytes", path.length + member.linkname.length + weighXattrs(member.xattrs), limits);
    changes.overlay.push(...listOverlayMarks(path, member.xattrs));
    const slash = path.lastIndexOf("/");
    const isHidden = path.startsWith(".", slash + 1) || path.startsWith(`/${AUFS}`);
    return isHidden ? onHidden(path, slash, member) : onEntry(path, member);
  }

  /** Only names that begin with a dot can mean something else than a file; few do. */
  function onHidden(path: string, slash: number, member: TarMember): BodyConsumer | undefined {
    if (path.startsWith(`/${AUFS}`) && path !== `/${OPAQUE}`) return onAufs(path, member);
    const name = path.slice(slash + 1);
    if (!name.startsWith(WHITEOUT)) return onEntry(path, member);
    const directory = path.slice(0, slash);
    const after = entries.length;
    if (name === OPAQUE) changes.opaques.push({ path: directory === "" ? "/" : directory, after });
    else if (!name.startsWith(AUFS))
      changes.whiteouts.push({ path: `${directory}/${whiteoutTarget(name, path)}`, after });
    return undefined;
  }

  /**
   * What aufs kept for itself. Docker and podman leave it out, containerd does not: what aufs never had there is refused. Layers
   * link to files below its plnk directory, so the merge has to see those.
   */
  function onAufs(path: string, member: TarMember): BodyConsumer | undefined {
    if (AUFS_FILE.test(path)) return onEntry(path, member);
    if (member.type !== "directory" && path.includes("/", 1))
      throw new UserError(`it holds ${quote(path)}, which some runtimes leave out and others do not`);
    return undefined;
  }

  function onEntry(path: string, member: TarMember): BodyConsumer | undefined {
    if (member.type === "file") return onFile(path, member);
    if (member.type === "hardlink")
      entries.add(path, {
        hardlink: linkTarget(path, member.linkname),
        mode: member.mode,
        capability: member.xattrs["security.capability"] ?? "",
      });
    else entries.add(path, nodes.make(member));
    if (member.type === "symlink" && member.linkname.includes(AUFS))
      throw new UserError(
        `the link ${quote(path)} leads to ${quote(member.linkname)}, which some runtimes leave out and others do not`,
      );
    return undefined;
  }

  function onFile(path: string, member: TarMember): BodyConsumer | undefined {
    const file = files.add(member);
    entries.add(path, file);
    const { size, mode, xattrs } = member;
    const sink = probe({ path, size, mode, xattrs });
    if (sink === undefined) return undefined;
    files.markShown(file, sink.byName === true || sink.byPlace === true);
    let written = 0;
    return {
      write(chunk) {
        // The holes of a sparse file cost the image nothing and us as much as data.
        if (member.sparse) takeBytes(chunk.length);
        written += chunk.length;
        return sink.write(chunk);
      },
      end() {
        const content = sink.end();
        if (content !== undefined) spend(budget, "keptBytes", weigh(content, sink, written), limits);
        files.setContent(file, content);
      },
    };
  }

  function finish(digest: string): LayerChanges {
    changes.digest = digest;
    files.layer = digest;
    nodes.setLayer(digest);
    return changes;
  }

  /** A header for all files that follow has a name, too, and some runtimes do something at it. */
  function onGlobal(name: string): void {
    if (++met > limits.layerEntries) throw exceeded("layer-entries", limits);
    spend(budget, "nameBytes", name.length, limits);
    changes.globals.push(normalisePath(name));
  }

  return { onMember, onGlobal, finish };
}

/** Makes what is no regular file. Directories of one mode are one node. */
function createNodeMaker() {
  const directories = new Map<number, DirectoryNode>();
  const others: (SymlinkNode | OtherNode)[] = [];
  // The layer's digest is known when all of it was read.
  const layer = "";

  function makeDirectory(mode: number): DirectoryNode {
    const node = directories.get(mode) ?? { type: "directory", mode, layer };
    directories.set(mode, node);
    return node;
  }

  function makeOther(type: TarMember["type"], target: string): SymlinkNode | OtherNode {
    const node: SymlinkNode | OtherNode =
      type === "symlink" ? { type: "symlink", target, layer } : { type: "other", layer };
    others.push(node);
    return node;
  }

  return {
    make({ type, mode, linkname }: TarMember): SymlinkNode | DirectoryNode | OtherNode {
      return type === "directory" ? makeDirectory(mode) : makeOther(type, linkname);
    },
    setLayer(digest: string): void {
      for (const node of directories.values()) node.layer = digest;
      for (const node of others) node.layer = digest;
    },
  };
}

/** Of a hard link. With links on the way `..` means one thing in the text of a path and another in the folders. */
function linkTarget(path: string, linkname: string): string {
  if (linkname.split("/").includes(".."))
    throw new UserError(
      `the hard link ${quote(path)} leads to ${quote(linkname)}: runtimes differ in what ".." is in such a place`,
    );
  return normalisePath(linkname);
}

function whiteoutTarget(name: string, path: string): string {
  const target = name.slice(WHITEOUT.length);
  if (target === "" || target === "." || target === "..")
    throw new UserError(`the whiteout ${quote(path)} names no file`);
  return target;
}

/**
 * `./usr//bin/` -> `/usr/bin`. Names that lead out of the root are refused, as container runtimes do.
 */
export function normalisePath(name: string): string {
  // `tar -C ROOT .` begins all names with a dot.
  const from = name.startsWith("./") ? 2 : 0;
  const isPlain = name.length > from && !name.startsWith("/", from) && !name.startsWith(".", from);
  if (isPlain && !name.includes("//") && !name.includes("/.", from))
    return `/${name.slice(from, name.endsWith("/") ? -1 : undefined)}`;
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) throw new UserError(`the path ${quote(name)} leads out of the image`);
  }
  return `/${parts.join("/")}`;
}

/** Counts the bytes of one layer, and those of all. */
export function createByteCounter({ limits, budget }: ScanOptions): (bytes: number) => void {
  let left = limits.layerBytes;
  return (bytes) => {
    left -= bytes;
    if (left < 0) throw exceeded("layer-size", limits);
    spend(budget, "uncompressedBytes", bytes, limits);
  };
}
