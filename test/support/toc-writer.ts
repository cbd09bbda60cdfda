import { gzipSync, zstdCompressSync } from "node:zlib";
import { type BuiltLayer, packedLayer, sha256 } from "./image-writer.ts";
import { encodeEntry, type TarEntry, writeTar } from "./tar-writer.ts";

/**
 * Writes layers with a table of contents, as their specifications have it and wrongly: eStargz
 * (https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md) and zstd:chunked
 * (containers/storage, docs/containers-storage-zstd-chunked.md).
 */

export type TocFormat = "eStargz" | "zstd:chunked";

export interface TocLayer extends BuiltLayer {
  annotations: Record<string, string>;
}

/** An entry of the table. */
export type TocEntry = Record<string, unknown> & { name: string; type: string };

export interface TocOptions {
  /** Bytes of a chunk at most. */
  chunkSize?: number;
  /** What the table says instead of the truth. */
  edit?: (entries: TocEntry[]) => TocEntry[];
  /** Files up to this size share a member with the one before, as `--estargz-min-chunk-size` does. */
  shareUpTo?: number;
}

const TYPES: Record<string, string> = {
  "0": "reg",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "5": "dir",
  "6": "fifo",
};
const ESTARGZ = "containerd.io/snapshot/stargz/toc.digest";
const CHUNKED = "io.github.containers.zstd-chunked";

/** A layer of the entries, which have no extended headers. */
export function buildTocLayer(entries: readonly TarEntry[], format: TocFormat, options: TocOptions = {}): TocLayer {
  const isGzip = format === "eStargz";
  const pack = isGzip ? (data: Buffer) => gzipSync(data) : (data: Buffer) => zstdCompressSync(data);
  const { segments, toc } = split(entries, options, isGzip);
  const stored: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const segment of segments) {
    offsets.push(at);
    const member = pack(Buffer.concat(segment));
    stored.push(member);
    at += member.length;
  }
  const truth = toc.map(({ segment, endSegment, ...entry }): TocEntry => {
    const place = segment === undefined ? {} : { offset: offsets[segment] };
    const end = endSegment === undefined || isGzip ? {} : { endOffset: offsets[endSegment] };
    return { ...entry, ...place, ...end };
  });
  const json = Buffer.from(JSON.stringify({ version: 1, entries: options.edit?.(truth) ?? truth }));
  const tar = segments.flat();
  return isGzip ? finishGzip(stored, tar, json, at) : finishZstd(stored, tar, json, at);
}

type DraftEntry = TocEntry & { segment?: number; endSegment?: number };

/** Cuts a tar where members or frames begin, and lists its files. */
function split(entries: readonly TarEntry[], { chunkSize = 4 * 2 ** 20, shareUpTo = 0 }: TocOptions, isGzip: boolean) {
  const segments: Buffer[][] = [[]];
  const toc: DraftEntry[] = [];
  const last = () => segments.at(-1) ?? [];
  for (const entry of entries) {
    const [header = Buffer.alloc(0), content = Buffer.alloc(0), padding = Buffer.alloc(0)] = encodeEntry(entry);
    last().push(header);
    const { flag = "0", mode = flag === "5" ? 0o755 : 0o644, uid = 0, gid = 0, linkname } = entry;
    const common = { name: String(entry.name), type: TYPES[flag] ?? flag, mode, uid, gid };
    const isFile = flag === "0" && content.length > 0;
    const first: DraftEntry = { ...common, ...(linkname === undefined ? {} : { linkName: String(linkname) }) };
    if (isFile) Object.assign(first, { size: content.length, digest: sha256(content) });
    toc.push(first);
    for (let at = 0; isFile && at < content.length; at += chunkSize) {
      const chunk = content.subarray(at, at + chunkSize);
      const isShared = content.length <= shareUpTo && segments.length > 1;
      if (!isShared) segments.push([]);
      const innerOffset = isShared ? last().reduce((total, piece) => total + piece.length, 0) : 0;
      const isWhole = chunk.length === content.length;
      const place: Partial<DraftEntry> = {
        segment: segments.length - 1,
        ...(isShared ? { innerOffset } : {}),
        // zstd:chunked has no digest of its own for the only chunk of a file.
        ...(isWhole && !isGzip ? {} : { chunkDigest: sha256(chunk) }),
        ...(isWhole
          ? {}
          : { chunkOffset: at, chunkSize: isGzip && at + chunkSize >= content.length ? 0 : chunk.length }),
      };
      if (at === 0) Object.assign(first, place);
      else toc.push({ name: common.name, type: "chunk", ...place });
      last().push(chunk);
    }
    if (isFile && !isGzip) {
      segments.push([]);
      first.endSegment = segments.length - 1;
    }
    last().push(padding);
  }
  if (!isGzip) last().push(Buffer.alloc(1024));
  return { segments, toc };
}

function finishGzip(stored: Buffer[], tar: Buffer[], json: Buffer, at: number): TocLayer {
  const index = writeTar([{ name: "stargz.index.json", content: json }]);
  const bytes = Buffer.concat([...stored, gzipSync(index), footer(at)]);
  const layer = packedLayer(Buffer.concat([...tar, index]), bytes, "tar+gzip");
  return { ...layer, annotations: { [ESTARGZ]: sha256(json) } };
}

/** An empty member whose extra field says where the table is. */
function footer(offset: number): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, 0x53, 0x47, 22, 0]);
  const text = Buffer.from(`${offset.toString(16).padStart(16, "0")}STARGZ`);
  return Buffer.concat([head, text, Buffer.from([1, 0, 0, 0xff, 0xff]), Buffer.alloc(8)]);
}

function finishZstd(stored: Buffer[], tar: Buffer[], json: Buffer, at: number): TocLayer {
  const packed = zstdCompressSync(json);
  const position = `${at + 8}:${packed.length}:${json.length}:1`;
  const bytes = Buffer.concat([...stored, skippable(packed), skippable(Buffer.alloc(64))]);
  return {
    ...packedLayer(Buffer.concat(tar), bytes, "tar+zstd"),
    annotations: { [`${CHUNKED}.manifest-checksum`]: sha256(packed), [`${CHUNKED}.manifest-position`]: position },
  };
}

function skippable(data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50, 0);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data]);
}
