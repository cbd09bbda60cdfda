import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress, zstdDecompressSync } from "node:zlib";
import { UserError } from "../../model/error.ts";
import { errorCode } from "../errors.ts";
import { exceeded, type ReadLimits } from "../limits.ts";
import { splitFrames } from "./split-frames.ts";

export type Compression = "gzip" | "zstd" | "none";

/** Takes uncompressed bytes in order. */
export type ByteSink = (chunk: Buffer) => void | Promise<void>;

/** Output in pieces of this size costs a third less CPU than in zlib's default of 16 KiB; larger ones gain nothing. */
const GZIP_CHUNK = 256 * 1024;
/** zstd is so fast that the way to its thread and back counts. */
const ZSTD_CHUNK = 1024 * 1024;
/** Compressed size up to which a frame is decompressed at once: zstd:chunked has one a file, and a stream each is slow. */
const SMALL_FRAME = 64 * 1024;
/** What a small frame may hold to be decompressed at once; 64 KiB of zstd can hold gigabytes. */
const SMALL_CONTENT = 2 * 2 ** 20;

/**
 * Tells the compression by magic bytes: names and media types are often wrong.
 * @param head the first bytes, at least 4 where there are that many
 */
export function sniffCompression(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head.length < 4) return "none";
  const magic = Buffer.from(head.buffer, head.byteOffset, 4).readUInt32LE(0);
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? "zstd" : "none";
}

/**
 * Decompresses a stream of any of the three kinds into `sink`: all gzip members, all zstd frames. The work is done on the
 * threads of libuv's pool, so two calls at a time fill two cores.
 * @param source pieces as readRange gives them, or such as nobody overwrites
 * @param options.onCompression told once, before the first output
 * @throws UserError or a zlib error when the data is damaged or ends too early: what `sink` got by then must not be used
 */
export async function decompress(
  source: AsyncIterable<Buffer>,
  sink: ByteSink,
  options: {
    limits: ReadLimits;
    signal?: AbortSignal | undefined;
    onCompression?: (compression: Compression) => void;
  },
): Promise<void> {
  const { compression, chunks } = await peek(source);
  options.onCompression?.(compression);
  if (compression === "gzip") await runEngine(createGunzip({ chunkSize: GZIP_CHUNK }), chunks, sink, options.signal);
  else if (compression === "zstd") await decompressFrames(chunks, sink, options);
  else await passOn(chunks, sink, options.signal);
}

/** Looks at the beginning of a stream without losing it. */
async function peek(
  source: AsyncIterable<Buffer>,
): Promise<{ compression: Compression; chunks: AsyncIterable<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await iterator.next();
    if (next.done) break;
    head = head.length === 0 && next.value.length >= 4 ? next.value : Buffer.concat([head, next.value]);
  }
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { compression: sniffCompression(head), chunks: chunks() };
}

async function passOn(chunks: AsyncIterable<Buffer>, sink: ByteSink, signal: AbortSignal | undefined): Promise<void> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    const pending = sink(chunk);
    if (pending !== undefined) await pending;
  }
}

/** Like passOn, for the output of an engine. */
async function passOnOutput(
  output: AsyncIterable<Buffer>,
  sink: ByteSink,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const chunk of output) {
    signal?.throwIfAborted();
    const pending = sink(chunk);
    if (pending !== undefined) await pending;
    else release(chunk);
  }
}

/**
 * Gives the memory of an engine's output back at once. Left to the garbage collector, each 64 MiB of output make it look
 * through all that was kept of the image so far, which costs more than reading tar. An engine fills a buffer piece by piece
 * and takes a new one when it is full, so with its last byte nobody needs it any more.
 */
function release(chunk: Buffer): void {
  const { buffer, byteOffset, byteLength } = chunk;
  if (buffer instanceof ArrayBuffer && byteLength > 0 && byteOffset + byteLength === buffer.byteLength)
    buffer.transfer(0);
}

async function runEngine(
  engine: Transform,
  source: AsyncIterable<Buffer>,
  sink: ByteSink,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await pipeline(source, engine, (output: AsyncIterable<Buffer>) => passOnOutput(output, sink, signal));
  } catch (error) {
    // An engine that sees something else behind its data is content and closes, though there is more to take.
    if (errorCode(error) !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    throw new UserError("its compressed data is damaged (something else follows it)", { cause: error });
  }
}

/** A decompressor for each frame, because Node's ends with the first one that it sees. */
async function decompressFrames(
  source: AsyncIterable<Buffer>,
  sink: ByteSink,
  { limits, signal }: { limits: ReadLimits; signal?: AbortSignal | undefined },
): Promise<void> {
  const frames = splitFrames(source, SMALL_FRAME);
  let count = 0;
  try {
    for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
      if (++count > limits.frames) throw exceeded("zstd-frames", limits);
      const content = "whole" in frame ? decompressSmall(frame.whole) : undefined;
      if (content !== undefined) await passOn(once(content), sink, signal);
      else await runEngine(createZstdDecompress({ chunkSize: ZSTD_CHUNK }), toChunks(frame), sink, signal);
    }
  } finally {
    await frames.close();
  }
}

/** Undefined when the frame holds too much to be had at once. */
function decompressSmall(frame: Buffer): Buffer | undefined {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: SMALL_CONTENT });
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

function toChunks(frame: { whole: Buffer } | { chunks: AsyncIterable<Buffer> }): AsyncIterable<Buffer> {
  return "whole" in frame ? once(frame.whole) : frame.chunks;
}

async function* once(chunk: Buffer): AsyncGenerator<Buffer> {
  if (chunk.length > 0) yield chunk;
}
