import { TocProblem } from "./problem.ts";
import type { Chunk, TocFile } from "./table.ts";

/** A chunk, and whose it is. */
export interface Segment {
  file: TocFile;
  chunk: Chunk;
}

/** Bytes that are fetched with one request. */
export interface FetchRange {
  from: number;
  to: number;
  segments: Segment[];
}

/** A request costs about as much time as so many bytes that nobody wants. */
const MAX_GAP = 64 * 1024;
/** Requests for one layer and round. A gigabyte of programs takes some 200; registries count them. */
const MAX_RANGES = 2000;
/** Kept in memory while its chunks are unpacked. */
const MAX_RANGE = 4 * 2 ** 20;
/** Bytes of one chunk, as stored and unpacked. Writers cut files at 4 MiB (eStargz), or every 64 KiB (zstd:chunked). */
const MAX_CHUNK = 16 * 2 ** 20;

/**
 * Joins chunks to few ranges, in the order of the layer.
 * @param segments whose files' chunks are complete up to some point and in order
 * @throws TocProblem when the chunks of two files lie between each other: then neither could be read in one go
 */
export function planRanges(segments: readonly Segment[]): FetchRange[] {
  const sorted = segments.filter(({ chunk }) => !chunk.zeros).sort(byPlace);
  const ranges: FetchRange[] = [];
  for (const segment of sorted) {
    const { offset, end, size } = segment.chunk;
    if (end - offset > MAX_CHUNK || size > MAX_CHUNK) throw new TocProblem("its chunks are too large");
    const last = ranges.at(-1);
    const fits = last !== undefined && offset - last.to <= MAX_GAP && end - last.from <= MAX_RANGE;
    // Chunks that share one member have to share the range too.
    const isSame = last !== undefined && offset < last.to;
    if (last !== undefined && (fits || isSame)) {
      last.to = Math.max(last.to, end);
      if (last.to - last.from > 2 * MAX_CHUNK) throw new TocProblem("its chunks lie on each other");
      last.segments.push(segment);
    } else ranges.push({ from: offset, to: end, segments: [segment] });
  }
  if (ranges.length > MAX_RANGES) throw new TocProblem("what is wanted lies scattered over it");
  requireOrder(sorted);
  return ranges;
}

/** Bytes that the ranges take together. */
export function sumBytes(ranges: readonly FetchRange[]): number {
  return ranges.reduce((total, { from, to }) => total + to - from, 0);
}

function byPlace(a: Segment, b: Segment): number {
  return a.chunk.offset - b.chunk.offset || a.chunk.inner - b.chunk.inner;
}

function requireOrder(sorted: readonly Segment[]): void {
  const done = new Set<TocFile>();
  const next = new Map<TocFile, number>();
  let present: TocFile | undefined;
  for (const { file, chunk } of sorted) {
    if (file !== present && present !== undefined) done.add(present);
    present = file;
    const index = file.chunks.indexOf(chunk, next.get(file) ?? 0);
    if (done.has(file) || index < 0) throw new TocProblem("its chunks are not in order");
    next.set(file, index + 1);
  }
}
