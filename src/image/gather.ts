/** Each piece costs some turns of the event loop and a trip to a thread, whatever its size; sockets give small ones. */
const GATHERED = 256 * 1024;
/** Pieces from here on are passed on as they are. Twice what a stream of zlib holds before it asks to wait. */
const LARGE = 128 * 1024;

/**
 * Makes few large pieces of many small ones. Two buffers take turns, so a piece is overwritten when the next but one is asked
 * for, as with readRange.
 * @param source pieces that stay as they are until the next one is asked for
 */
export async function* gather(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let buffer = Buffer.alloc(0);
  let other = buffer;
  let filled = 0;
  function take(): Buffer {
    const piece = buffer.subarray(0, filled);
    [buffer, other] = [other, buffer];
    filled = 0;
    return piece;
  }
  for await (const chunk of source) {
    if (filled + chunk.length > GATHERED && filled > 0) yield take();
    if (chunk.length >= LARGE) {
      if (filled > 0) yield take();
      yield chunk;
      continue;
    }
    // Sources of large pieces never need one.
    if (buffer.length === 0) buffer = Buffer.allocUnsafeSlow(GATHERED);
    filled += chunk.copy(buffer, filled);
  }
  if (filled > 0) yield take();
}
