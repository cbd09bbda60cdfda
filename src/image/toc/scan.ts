import type { ContentProbe, ContentSink, PartialReading } from "../../model/image.ts";
import { createByteCounter, createChangeCollector, type LayerScan, type ScanOptions } from "../layer.ts";
import type { BodyConsumer } from "../tar/sparse.ts";
import { fetchToc, type RangeReader } from "./locate.ts";
import { type FetchRange, planRanges, type Segment, sumBytes } from "./plan.ts";
import type { TocPointer } from "./pointer.ts";
import { TocProblem } from "./problem.ts";
import { type Chunk, parseToc, type TocFile } from "./table.ts";
import { unpackChunk } from "./unpack.ts";

/** A layer whose table of contents can be found. */
export interface IndexedLayer {
  digest: string;
  /** Bytes as stored. */
  size: number;
  pointer: TocPointer;
}

/** Of a layer's bytes; above it the whole layer costs less, and proves more. */
const MOST = 0.6;
/** Ranges fetched ahead, each kept in memory until its turn comes. */
const RANGES_AHEAD = 4;
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Reads a layer by its table of contents: the same entries as reading it whole gives, and of the files only those that the
 * probe wants. What is verified is the table, by the digest that the manifest has for it, and each chunk, by the digest that
 * the table has. The digests of the layer and of its tar are not: nothing shows that the tar, which most runtimes unpack,
 * holds what the table says.
 * @param read gives parts of the layer
 * @throws TocProblem when it has to be read whole
 */
export async function scanByToc(layer: IndexedLayer, read: RangeReader, options: ScanOptions): Promise<LayerScan> {
  let bytesRead = 0;
  const counted: RangeReader = async (from, length) => {
    const data = await read(from, length);
    bytesRead += data.length;
    options.progress?.bytes(data.length);
    return data;
  };
  const { json, dataEnd } = await fetchToc(layer.pointer, layer.size, counted, options.limits);
  const takeBytes = createByteCounter(options);
  const deferred = deferSinks(options.probe);
  const changes = createChangeCollector({ ...options, probe: deferred.probe }, takeBytes);
  const wanted: Wanted[] = [];
  for (const file of parseToc(json, dataEnd)) {
    const { name, linkname } = file.member;
    if (Math.max(name.length, linkname.length) > options.limits.pathBytes)
      throw new TocProblem("it has too long a path");
    const consumer = changes.onMember(file.member);
    if (consumer !== undefined) wanted.push({ file, consumer, restart: deferred.restart(), fed: 0, done: false });
  }
  const reader = createChunkReader(layer, counted, { takeBytes, signal: options.signal });
  await readWanted(wanted, reader, (more) => {
    if (bytesRead + more > MOST * layer.size) throw new TocProblem("most of it is wanted");
  });
  const { format, digest: toc } = layer.pointer;
  const partial: PartialReading = { format, toc, chunks: reader.count(), bytesRead, size: layer.size };
  const compression = format === "eStargz" ? "gzip" : "zstd";
  return { ...changes.finish(layer.digest), diffId: undefined, compression, partial };
}

/** A file that the probe wants to look at. */
interface Wanted {
  file: TocFile;
  consumer: BodyConsumer;
  /** Lets its sink forget what it was given. */
  restart: () => void;
  /** Chunks that it was given. */
  fed: number;
  done: boolean;
}

/** Sinks may take memory as soon as they are made: each is made when its file's first bytes are there. */
function deferSinks(probe: ContentProbe): { probe: ContentProbe; restart: () => () => void } {
  let last = () => {};
  return {
    probe(file) {
      const first = probe(file);
      if (first === undefined) return undefined;
      const { write: _, end: __, ...marks } = first;
      let sink: ContentSink | undefined;
      function open(): ContentSink | undefined {
        sink ??= probe(file);
        return sink;
      }
      last = () => {
        sink = undefined;
      };
      return { ...marks, write: (chunk) => open()?.write(chunk) === true, end: () => open()?.end() };
    },
    restart: () => last,
  };
}

/**
 * The first chunk of a large file tells whether more of it is wanted: most programs are none of ours. So there are two
 * rounds, the second for those that go on.
 * @param requireFew throws when so many further bytes are too many
 */
async function readWanted(
  wanted: readonly Wanted[],
  reader: ChunkReader,
  requireFew: (bytes: number) => void,
): Promise<void> {
  const byFile = new Map(wanted.map((one) => [one.file, one]));
  const unfinished = () => wanted.filter(({ done }) => !done);
  const isDone = (file: TocFile) => byFile.get(file)?.done === true;
  async function read(ranges: readonly FetchRange[]): Promise<void> {
    requireFew(sumBytes(ranges));
    await reader.read(ranges, isDone, ({ file, chunk }, content) => {
      const one = byFile.get(file);
      if (one !== undefined) feed(one, chunk, content);
    });
  }
  for (const one of wanted) feedZeros(one);
  await read(planRanges(unfinished().flatMap(({ file }) => toSegments(file).slice(0, 1))));
  for (const one of unfinished()) {
    one.restart();
    one.fed = 0;
    feedZeros(one);
  }
  await read(planRanges(unfinished().flatMap(({ file }) => toSegments(file))));
  if (unfinished().length > 0) throw new Error("a file was not read to its end");
}

/** What has to be fetched for a file. */
function toSegments(file: TocFile): Segment[] {
  return file.chunks.filter(({ zeros }) => !zeros).map((chunk) => ({ file, chunk }));
}

function feed(one: Wanted, chunk: Chunk, content: Buffer): void {
  if (one.done) return;
  if (one.file.chunks[one.fed] !== chunk) throw new TocProblem("its chunks are not in order");
  one.fed++;
  if (!one.consumer.write(content)) finish(one);
  else feedZeros(one);
}

/** Gives a file the chunks that need not be fetched, and ends it after its last one. */
function feedZeros(one: Wanted): void {
  for (let chunk = one.file.chunks[one.fed]; !one.done; chunk = one.file.chunks[++one.fed]) {
    if (chunk === undefined) finish(one);
    else if (!chunk.zeros) return;
    else
      for (let left = chunk.size; left > 0 && !one.done; left -= ZEROS.length)
        if (!one.consumer.write(ZEROS.subarray(0, Math.min(left, ZEROS.length)))) finish(one);
  }
}

function finish(one: Wanted): void {
  one.done = true;
  one.consumer.end();
}

interface ChunkReader {
  /** Fetches ranges and hands out the content of their chunks in order, but for those of files that are done. */
  read(
    ranges: readonly FetchRange[],
    isDone: (file: TocFile) => boolean,
    take: (segment: Segment, content: Buffer) => void,
  ): Promise<void>;
  /** How many were verified so far. */
  count(): number;
}

function createChunkReader(
  { pointer }: IndexedLayer,
  read: RangeReader,
  { takeBytes, signal }: { takeBytes: (bytes: number) => void; signal: AbortSignal | undefined },
): ChunkReader {
  let verified = 0;

  async function takeRange(
    { from, segments }: FetchRange,
    data: Buffer,
    isDone: (file: TocFile) => boolean,
    take: (segment: Segment, content: Buffer) => void,
  ): Promise<void> {
    for (const segment of segments) {
      signal?.throwIfAborted();
      const { file, chunk } = segment;
      if (isDone(file)) continue;
      takeBytes(chunk.inner + chunk.size);
      const content = await unpackChunk(data.subarray(chunk.offset - from, chunk.end - from), chunk, pointer.format);
      verified++;
      take(segment, content);
    }
  }

  return {
    async read(ranges, isDone, take) {
      const ahead: (Promise<Buffer | undefined> | undefined)[] = [];
      function fetch(index: number): void {
        const range = ranges[index];
        if (range === undefined) return;
        const isNeeded = range.segments.some(({ file }) => !isDone(file));
        const fetched = isNeeded ? read(range.from, range.to - range.from) : Promise.resolve(undefined);
        // Whose turn never comes, because an earlier one failed, fails unheard.
        fetched.catch(() => {});
        ahead[index] = fetched;
      }
      for (let i = 0; i < RANGES_AHEAD; i++) fetch(i);
      for (const [i, range] of ranges.entries()) {
        const data = await ahead[i];
        ahead[i] = undefined;
        fetch(i + RANGES_AHEAD);
        if (data !== undefined) await takeRange(range, data, isDone, take);
      }
    },
    count: () => verified,
  };
}
