import { finished, type Readable } from "node:stream";
import { READ } from "./reading-agent.ts";

/** Size of the pieces: each costs some turns of the event loop. Larger ones gain nothing. */
const PIECE = 2 * READ;
/** A piece with less room than what a socket reads at once is full: a rest costs a copy more. */
const FULL = PIECE - READ;

/**
 * A large body in few large pieces; each is overwritten when the next but one is asked for. Closes the connection when its
 * reader stops early.
 *
 * It takes the `data` of the stream and does not iterate over it: an iterator that is slower than the socket joins what has
 * come in yet another buffer.
 * @throws the error of the connection when the body is cut, after all that came before
 */
export async function* readPieces(body: Readable): AsyncGenerator<Buffer> {
  let buffer = Buffer.allocUnsafeSlow(PIECE);
  let other = Buffer.allocUnsafeSlow(PIECE);
  let filled = 0;
  /** What the buffer has no room for. */
  let rest: Buffer | undefined;
  let ending: { error?: unknown } | undefined;
  let wake = () => {};

  function take(chunk: Buffer): void {
    const copied = chunk.copy(buffer, filled);
    filled += copied;
    rest = copied < chunk.length ? chunk.subarray(copied) : undefined;
    if (rest === undefined) giveBack(chunk);
    if (filled > FULL) body.pause();
    wake();
  }
  const stopWaiting = finished(body, (error) => {
    ending = error ? { error } : {};
    wake();
  });
  try {
    body.on("data", take);
    for (;;) {
      while (filled <= FULL && ending === undefined) {
        body.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (filled === 0) break;
      const piece = buffer.subarray(0, filled);
      [buffer, other] = [other, buffer];
      filled = 0;
      yield piece;
      if (rest !== undefined) take(rest);
    }
    if (ending !== undefined && "error" in ending) throw ending.error;
  } finally {
    stopWaiting();
    body.destroy();
  }
}

/**
 * Gives the memory of a chunk back at once. Left to the garbage collector, each 64 MiB make it look through all that was kept
 * of the image so far, which costs as much as the digests. Node's parser of HTTP gives each chunk memory of its own; a slice
 * of something larger, Node's pool for instance, is left alone.
 */
function giveBack({ buffer, byteLength }: Buffer): void {
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
