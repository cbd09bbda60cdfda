import { MAX_STORED } from "./locate.ts";
import type { TocPointer } from "./pointer.ts";
import { TocProblem } from "./problem.ts";

/** The part of a layer in which its table of contents is, kept while the layer streams by. */
export interface LayerTail {
  /** Gives the source's pieces unchanged. */
  follow(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer>;
  /** Bytes of the layer, when all of it has streamed by. */
  size(): number;
  /** @throws TocProblem for what was not kept */
  read(from: number, length: number): Buffer;
}

/** Of zstd:chunked the manifest says where the table is; of eStargz only the last bytes do, so the end is kept. */
export function createTail(pointer: TocPointer): LayerTail {
  return pointer.format === "eStargz" ? keepEnd(MAX_STORED) : keepRange(pointer.offset, pointer.length);
}

function keepEnd(capacity: number): LayerTail {
  // Only what is written to becomes memory.
  const ring = Buffer.allocUnsafeSlow(capacity);
  let size = 0;
  function take(chunk: Buffer): void {
    let rest = chunk.subarray(Math.max(0, chunk.length - capacity));
    size += chunk.length - rest.length;
    while (rest.length > 0) {
      const taken = rest.copy(ring, size % capacity);
      size += taken;
      rest = rest.subarray(taken);
    }
  }
  return {
    follow: (source) => passing(source, take),
    size: () => size,
    read(from, length) {
      if (from < size - capacity || from < 0 || from + length > size)
        throw new TocProblem("its table of contents is too large");
      const at = from % capacity;
      const first = ring.subarray(at, Math.min(capacity, at + length));
      return Buffer.concat([first, ring.subarray(0, length - first.length)]);
    },
  };
}

function keepRange(offset: number, length: number): LayerTail {
  const kept: Buffer[] = [];
  let size = 0;
  function take(chunk: Buffer): void {
    const from = Math.max(0, offset - size);
    const to = Math.min(chunk.length, offset + length - size);
    if (from < to && length <= MAX_STORED) kept.push(Buffer.from(chunk.subarray(from, to)));
    size += chunk.length;
  }
  return {
    follow: (source) => passing(source, take),
    size: () => size,
    read: () => Buffer.concat(kept),
  };
}

async function* passing(source: AsyncIterable<Buffer>, take: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    take(chunk);
    yield chunk;
  }
}
