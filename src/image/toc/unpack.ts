import { createHash } from "node:crypto";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from "node:zlib";
import { requireDigest } from "../digest.ts";
import { errorCode } from "../errors.ts";
import type { TocPointer } from "./pointer.ts";
import { TocProblem } from "./problem.ts";
import type { Chunk } from "./table.ts";

/** Larger ones go to zlib's own threads; for smaller ones the way there costs more than the work. */
const SMALL = 64 * 1024;
/** What may follow a chunk in its member: the headers of the files behind it. */
const SLACK = 64 * 1024;

/**
 * The bytes of one chunk, compared with its digest.
 * @param stored its gzip member or zstd frame; what follows it there is passed over
 * @throws TocProblem when they are not those that the table names
 */
export async function unpackChunk(stored: Buffer, chunk: Chunk, format: TocPointer["format"]): Promise<Buffer> {
  const needed = chunk.inner + chunk.size;
  const unpacked =
    (needed <= SMALL ? unpackSmall(stored, needed, format) : undefined) ?? (await unpackPart(stored, needed, format));
  const content = unpacked.subarray(chunk.inner, needed);
  const { algorithm, hex } = requireDigest(chunk.digest);
  if (content.length !== chunk.size || createHash(algorithm).update(content).digest("hex") !== hex)
    throw new TocProblem("a chunk of it has another digest than its table of contents says");
  return content;
}

function unpackSmall(stored: Buffer, needed: number, format: TocPointer["format"]): Buffer | undefined {
  const options = { maxOutputLength: needed + SLACK };
  try {
    return format === "eStargz" ? gunzipSync(stored, options) : zstdDecompressSync(stored, options);
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw damaged(error);
  }
}

/** Unpacks no more than is needed: a member can hold any amount. */
async function unpackPart(stored: Buffer, needed: number, format: TocPointer["format"]): Promise<Buffer> {
  const chunkSize = 256 * 1024;
  const engine: Transform = format === "eStargz" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  engine.end(stored);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of engine as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.length;
      if (size >= needed) break;
    }
  } catch (error) {
    throw damaged(error);
  }
  return Buffer.concat(pieces);
}

function damaged(error: unknown): unknown {
  const code = errorCode(error) ?? "";
  return /^(Z_|ZSTD_|ERR_)/.test(code) ? new TocProblem("a chunk of it cannot be unpacked", { cause: error }) : error;
}
