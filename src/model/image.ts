/** What `image/` hands to the rest: platforms with a merged file tree, whatever the source was. */

/** A regular file met while a layer streams by. Paths are absolute and normalised (`/usr/sbin/nft`), as the layer wrote
 * them: links in parent directories are not resolved yet. */
export interface StreamedFile {
  path: string;
  /** Bytes. */
  size: number;
  /** Permission bits, e.g. 0o755. */
  mode: number;
  /** Extended attributes that the layer carries (PAX `SCHILY.xattr.*`), raw bytes as latin1. */
  xattrs: Readonly<Record<string, string>>;
}

/**
 * Looks at the content of one file while it streams by and keeps what it needs, in bounded memory.
 * The result of `end` becomes {@link FileNode.content}.
 */
export interface ContentSink {
  /** One piece of the content. The buffer is reused after the call: copy what is kept. Returns false when no further
   * bytes are wanted; `end` is still called. */
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  /** The file's name makes it wanted. Where a hard link gives such a name to a file that was looked at under another one
   * and nothing was kept of, the file is read a second time; without this mark it is not. */
  byName?: boolean;
  /** The file's name or folder makes its content worth more than a passing look. Read a second time as well, unless it was
   * worth that under the other name too. */
  byPlace?: boolean;
  /** What `end` returns holds pieces cut out of the text that was written: a JavaScript engine keeps all of it for them. */
  cutsText?: boolean;
}

/** Decides from a file's header whether its content is wanted. Must not throw. */
export type ContentProbe = (file: StreamedFile) => ContentSink | undefined;

export interface FileNode {
  type: "file";
  size: number;
  mode: number;
  uid: number;
  gid: number;
  xattrs: Readonly<Record<string, string>>;
  /** Digest of the layer the entry came from (`sha256:...`, as the manifest names the layer). */
  layer: string;
  /** What the probe kept of it; undefined when it wanted nothing. */
  content: unknown;
}
export interface DirectoryNode {
  type: "directory";
  mode: number;
  layer: string;
}
export interface SymlinkNode {
  type: "symlink";
  target: string;
  layer: string;
}
/** Devices, FIFOs, sockets: recorded so that a path is known to be taken, never opened. */
export interface OtherNode {
  type: "other";
  layer: string;
}
export type TreeNode = FileNode | DirectoryNode | SymlinkNode | OtherNode;

/** Following a path through the links of the image. `via` holds each path met on the way, the asked one first; links in
 * parent directories are resolved too, and only the last component's links appear in `via`. `at` is the whole path that isn't
 * there, or the one on which a loop or a file in the way was met. */
export type Resolution =
  | { found: true; path: string; node: FileNode | DirectoryNode | OtherNode; via: string[] }
  | { found: false; reason: "missing" | "loop" | "not-a-directory"; at: string; via: string[] };

/** The merged file system of one platform. Nothing in it exists on the runner's disk. */
export interface FileTree {
  /** The node at a path, not following a link in its last component; undefined when there is none. */
  lookup(path: string): TreeNode | undefined;
  /** Follows all links inside the root, at most 40 hops. */
  resolve(path: string): Resolution;
  /** Names in a directory (links followed), sorted; empty when it is none. */
  list(path: string): string[];
  /**
   * Every node with its path, parents first.
   * @param names spares making the many of which nothing is known: left are links, files of which the probe kept something,
   *   and whatever has one of these names
   */
  walk(names?: ReadonlySet<string>): Iterable<{ path: string; node: TreeNode }>;
}

/** The part of an image config that says how the image runs. */
export interface ImageConfig {
  /** `PATH=/usr/sbin:...` entries as written. May hold secrets: only names listed in the knowledge base are ever shown. */
  env: string[];
  entrypoint: string[];
  cmd: string[];
  user: string;
}

export interface ImageLayer {
  /** Digest of the layer's bytes as stored. */
  digest: string;
  /** Digest of its uncompressed tar. */
  diffId: string;
  mediaType: string;
  /** Set when not all of it was read: then neither of the two digests was compared with its bytes. */
  partial?: PartialReading;
}

/** How a layer was read by its table of contents. */
export interface PartialReading {
  format: "eStargz" | "zstd:chunked";
  /** Digest of the table, as the manifest has it; verified. */
  toc: string;
  /** Parts of files whose digests were verified. */
  chunks: number;
  /** Bytes fetched, of `size`. */
  bytesRead: number;
  size: number;
}

export interface ImagePlatform {
  /** `os/architecture[/variant]`, e.g. `linux/arm/v7`; `linux/arm64/v8` is written `linux/arm64`. */
  platform: string;
  /** Digest of the config blob. */
  configDigest: string;
  config: ImageConfig;
  layers: ImageLayer[];
  tree: FileTree;
  /** What leaves open whether the tree is what a runtime runs. Absent: nothing does. */
  doubts?: { fact: string; reason: string }[];
  /** Odd things met while reading that a reader of the report should know, each a clause without a full stop. */
  notes: string[];
}

export interface OpenedImage {
  /** As the user wrote it, plus `#name:tag` when an archive held several. */
  reference: string;
  /** Digest of the manifest or index when the source has one, otherwise of the config. */
  digest: string;
  platforms: ImagePlatform[];
}
