import type { FileHandle } from "node:fs/promises";

/** Large reads: each costs a round trip to a thread. */
const CHUNK = 1024 * 1024;

/**
 * Reads part of a file in pieces. Two buffers take turns, so a piece is overwritten when the next but one is asked for. A
 * stream takes a second piece of this size only when it has finished with the first, because each is larger than its high
 * water mark of 64 KiB; were it otherwise, the digests would not match.
 * Ends early when the file does.
 */
export async function* readRange(handle: FileHandle, offset: number, size: number): AsyncGenerator<Buffer> {
  const length = Math.min(CHUNK, size);
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(size > CHUNK ? length : 0)];
  let done = 0;
  for (let turn = 0; done < size; turn++) {
    const buffer = buffers[turn % 2] as Buffer;
    const filled = await readFully(handle, buffer, Math.min(buffer.length, size - done), offset + done);
    if (filled === 0) return;
    done += filled;
    yield buffer.subarray(0, filled);
  }
}

/** Reads `length` bytes, fewer only at the end of the file. */
export async function readFully(handle: FileHandle, buffer: Buffer, length: number, position: number): Promise<number> {
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
