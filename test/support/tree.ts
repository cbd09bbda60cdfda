import { createEntryList, type EntryValue } from "../../src/image/entry-list.ts";
import { createFileTable, type FileTable } from "../../src/image/file-table.ts";
import { mergeLayers } from "../../src/image/merge.ts";
import type { FileTree, ImageConfig, ImagePlatform } from "../../src/model/image.ts";
import { probeContent } from "../../src/toolchain/probe.ts";

/**
 * One path of an image in memory. A string beginning with `-> ` is a link, other strings and buffers are content. Files are
 * executable unless `mode` says otherwise.
 */
export type Entry =
  | string
  | Buffer
  | { content: string | Buffer; mode?: number; xattrs?: Record<string, string> }
  | { directory: true };

export type Listing = Record<string, Entry>;

const LAYER = `sha256:${"a".repeat(64)}`;

/** Merges listings as layers, lowest first; files pass through the real probe in pieces of `chunk` bytes. */
export function makeTree(listing: Listing, chunk = 64 * 1024): FileTree {
  const entries = createEntryList();
  const files = createFileTable();
  files.layer = LAYER;
  for (const [path, entry] of Object.entries(listing)) entries.add(path, makeValue(path, entry, chunk, files));
  return mergeLayers([{ digest: LAYER, entries, files, whiteouts: [], opaques: [], globals: [], overlay: [] }]).tree;
}

export function makePlatform(
  listing: Listing,
  config: Partial<ImageConfig> = {},
  platform = "linux/amd64",
): ImagePlatform {
  return {
    platform,
    configDigest: `sha256:${"c".repeat(64)}`,
    config: { env: [], entrypoint: [], cmd: [], user: "", ...config },
    layers: [{ digest: LAYER, diffId: LAYER, mediaType: "application/vnd.oci.image.layer.v1.tar" }],
    tree: makeTree(listing),
    notes: [],
  };
}

function makeValue(path: string, entry: Entry, chunk: number, files: FileTable): EntryValue {
  if (typeof entry === "object" && "directory" in entry) return { type: "directory", mode: 0o755, layer: LAYER };
  if (typeof entry === "string" && entry.startsWith("-> "))
    return { type: "symlink", target: entry.slice(3), layer: LAYER };
  const {
    content,
    mode = 0o755,
    xattrs = {},
  } = typeof entry === "string" || Buffer.isBuffer(entry) ? { content: entry } : entry;
  const bytes = Buffer.from(content);
  const file = files.add({ size: bytes.length, mode, uid: 0, gid: 0, xattrs });
  files.setContent(file, probe(path, bytes, mode, chunk));
  return file;
}

/** What the probe keeps of a file, fed in pieces from one buffer that is overwritten after each, as the reader does. */
export function probe(path: string, bytes: Buffer, mode = 0o755, chunk = 64 * 1024): unknown {
  const sink = probeContent({ path, size: bytes.length, mode, xattrs: {} });
  if (!sink) return undefined;
  const piece = Buffer.alloc(Math.min(chunk, Math.max(bytes.length, 1)));
  for (let at = 0; at < bytes.length; at += piece.length) {
    const size = bytes.copy(piece, 0, at, at + piece.length);
    const more = sink.write(piece.subarray(0, size));
    piece.fill(0xee);
    if (!more) break;
  }
  return sink.end();
}
