import { createHash } from "node:crypto";
import type { ContentSink, StreamedFile } from "../model/image.ts";
import type { ContentDigests, ProbedContent } from "./content.ts";

/** Ways to take in the content of a file that streams by in pieces, which are overwritten after each call. */

/** Up to here the content of a file named like a tool is compared with its package record. */
const MAX_HASHED = 64 * 1024 * 1024;
/** The most that {@link wholeSink} takes. The largest netfilter tool known, a static nft, has about 3 MB. */
export const MAX_WHOLE = 8 * 1024 * 1024;

export interface Digester {
  write(chunk: Uint8Array): boolean;
  /** Empty when not all of the content was seen. */
  end(): { digests?: ContentDigests };
}

/** The checksums that package records have, computed together while the content streams by. */
export function createDigester(size: number): Digester {
  const hashes = size <= MAX_HASHED ? (["md5", "sha1", "sha256"] as const).map((name) => createHash(name)) : [];
  let seen = 0;
  return {
    write(chunk) {
      for (const hash of hashes) hash.update(chunk);
      seen += chunk.length;
      return hashes.length > 0;
    },
    end() {
      const [md5 = "", sha1 = "", sha256 = ""] = hashes.map((hash) => hash.digest("hex"));
      return hashes.length > 0 && seen === size ? { digests: { md5, sha1, sha256 } } : {};
    },
  };
}

/** Buffers of analysed programs are used again: there are many, and each would be fresh memory. */
let spare: Buffer | undefined;

/**
 * Hands over the first `limit` bytes in one piece, fewer where the file ends before.
 * @param limit at most {@link MAX_WHOLE}
 * @param read must keep nothing of the bytes, which are used again
 */
export function wholeSink(limit: number, read: (bytes: Buffer) => ProbedContent | undefined): ContentSink {
  let bytes: Buffer | undefined;
  let size = 0;
  let content: ProbedContent | undefined;
  let done = false;

  function finish(whole: Buffer): void {
    done = true;
    content = read(whole);
  }

  return {
    write(chunk) {
      // Most programs come in one piece, and copying them costs more than looking at them.
      if (size === 0 && chunk.length >= limit) finish(asBuffer(chunk).subarray(0, limit));
      if (done) return false;
      bytes ??= takeBuffer(limit);
      const part = chunk.subarray(0, limit - size);
      bytes.set(part, size);
      size += part.length;
      return size < limit;
    },
    end() {
      try {
        if (!done) finish((bytes ?? Buffer.alloc(0)).subarray(0, size));
        return content;
      } finally {
        if (bytes !== undefined && (spare === undefined || spare.length < bytes.length)) spare = bytes;
        bytes = undefined;
      }
    },
  };
}

function takeBuffer(size: number): Buffer {
  if (spare === undefined || spare.length < size) return Buffer.allocUnsafeSlow(roundUp(size));
  const taken = spare;
  spare = undefined;
  return taken;
}

function roundUp(size: number): number {
  return Math.min(MAX_WHOLE, Math.max(1024 * 1024, 2 ** Math.ceil(Math.log2(size))));
}

/** Collects a text up to a limit and hands it over once, with whether it is all of it. */
export function textSink(
  file: StreamedFile,
  limit: number,
  finish: (text: string, complete: boolean) => ProbedContent | undefined,
): ContentSink {
  return bytesSink(file, limit, (bytes, complete) => finish(bytes.toString("latin1"), complete), true);
}

/** The same with bytes. */
export function bytesSink(
  file: StreamedFile,
  limit: number,
  finish: (bytes: Buffer, complete: boolean) => ProbedContent | undefined,
  cutsText = false,
): ContentSink {
  // Memory is taken as it is written to, so a size that is only claimed costs nothing.
  let bytes = Buffer.allocUnsafeSlow(Math.min(file.size, limit));
  let size = 0;
  return {
    byName: true,
    cutsText,
    write(chunk) {
      const part = chunk.subarray(0, bytes.length - size);
      bytes.set(part, size);
      size += part.length;
      return size < bytes.length;
    },
    end() {
      const read = bytes.subarray(0, size);
      bytes = Buffer.alloc(0);
      return finish(read, size === file.size);
    },
  };
}

/** A result that is known before the content is. */
export function constantSink(content: ProbedContent): ContentSink {
  return { write: () => false, end: () => content };
}

/** The same bytes as a Buffer; nothing is copied. */
export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
