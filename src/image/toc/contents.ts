import { createHash } from "node:crypto";
import type { ContentProbe, ContentSink } from "../../model/image.ts";

/** Bytes after which writers of eStargz cut a file, unless told otherwise. */
export const PIECE = 4 * 2 ** 20;
/** Files, and pieces of files, that are remembered: more than a table of contents of a size that is read can name. */
const MAX_DIGESTS = 250_000;

/** Digests of one file's content. */
export interface ContentDigests {
  /** `sha256:...` */
  whole: string;
  /** Of its pieces, when it is larger than one. */
  pieces: readonly string[];
}

/** The files that a probe wanted to look at, by path. */
export interface HashedContents {
  probe: ContentProbe;
  find(path: string): ContentDigests | undefined;
  /** More files than are remembered: some are not hashed. */
  isFull(): boolean;
}

/**
 * Wraps a probe: what it wants to look at is hashed to its end.
 * @param piece bytes of a piece; undefined: files are hashed whole only
 */
export function hashContents(probe: ContentProbe, piece: number | undefined): HashedContents {
  const found = new Map<string, ContentDigests>();
  let count = 0;
  return {
    find: (path) => found.get(path),
    isFull: () => count > MAX_DIGESTS,
    probe(file) {
      const sink = probe(file);
      found.delete(file.path);
      if (sink === undefined || file.size === 0) return sink;
      const pieces = piece === undefined || file.size <= piece ? 0 : Math.ceil(file.size / piece);
      count += 1 + pieces;
      if (count > MAX_DIGESTS) return sink;
      return hashing(sink, pieces === 0 ? undefined : piece, (digests) => found.set(file.path, digests));
    },
  };
}

function hashing(sink: ContentSink, piece: number | undefined, settle: (digests: ContentDigests) => void): ContentSink {
  const whole = createHash("sha256");
  const pieces = createPieceHasher(piece);
  let wanted = true;
  return {
    // Its marks.
    ...sink,
    write(chunk) {
      whole.update(chunk);
      pieces.update(chunk);
      if (wanted) wanted = sink.write(chunk);
      return true;
    },
    end() {
      settle({ whole: `sha256:${whole.digest("hex")}`, pieces: pieces.finish() });
      return sink.end();
    },
  };
}

function createPieceHasher(piece: number | undefined) {
  const done: string[] = [];
  let hash = createHash("sha256");
  let filled = 0;
  function close(): void {
    done.push(`sha256:${hash.digest("hex")}`);
    hash = createHash("sha256");
    filled = 0;
  }
  return {
    update(chunk: Uint8Array): void {
      if (piece === undefined) return;
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + piece - filled);
        hash.update(part);
        filled += part.length;
        at += part.length;
        if (filled === piece) close();
      }
    },
    finish(): readonly string[] {
      if (filled > 0) close();
      return done;
    },
  };
}
