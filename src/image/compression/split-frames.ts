import { UserError } from "../../model/error.ts";
import { createFrameScanner } from "./zstd-frames.ts";

/** One zstd frame that holds data: small ones as a whole, others as a stream to be read before the next frame is asked. */
export type Frame = { whole: Buffer } | { chunks: AsyncIterable<Buffer> };

export interface FrameReader {
  /** The next frame; undefined at the end. */
  next(): Promise<Frame | undefined>;
  /** Lets go of the source. */
  close(): Promise<void>;
}

/**
 * Splits a zstd stream into frames, skippable ones left out.
 * @param source pieces as readRange gives them, or such as nobody overwrites
 * @param smallFrame compressed bytes up to which a frame is gathered and given as a whole
 */
export function splitFrames(source: AsyncIterable<Buffer>, smallFrame: number): FrameReader {
  const iterator = source[Symbol.asyncIterator]();
  const scanner = createFrameScanner();
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;

  async function hasMore(): Promise<boolean> {
    while (at >= chunk.length) {
      const next = await iterator.next();
      if (next.done) return false;
      chunk = next.value;
      at = 0;
    }
    return true;
  }

  /** What the present piece holds of the present frame. */
  async function take(): Promise<Buffer> {
    if (!(await hasMore())) throw new UserError("it is truncated: the zstd data ends inside a frame");
    const from = at;
    at += scanner.scan(chunk, from);
    return chunk.subarray(from, at);
  }

  async function* rest(first: Buffer): AsyncGenerator<Buffer> {
    yield first;
    while (!scanner.done) yield await take();
  }

  async function readFrame(): Promise<Frame | undefined> {
    let head = await take();
    while (!scanner.done && (scanner.skippable || head.length < smallFrame)) {
      const kept = scanner.skippable ? Buffer.alloc(0) : Buffer.from(head);
      const more = await take();
      head = kept.length === 0 ? more : Buffer.concat([kept, more]);
    }
    if (!scanner.done) return { chunks: rest(head) };
    return scanner.skippable ? undefined : { whole: head };
  }

  return {
    async next() {
      while (await hasMore()) {
        const frame = await readFrame();
        if (frame !== undefined) return frame;
      }
      return undefined;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
