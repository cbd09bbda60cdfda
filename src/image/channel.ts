/** Hands pieces from a writer to a reader, one at a time: a write ends when the reader asks for the next piece. */
export interface Channel {
  readable: AsyncIterable<Buffer>;
  write(chunk: Buffer): Promise<void>;
  end(): void;
  /** The reader wants no more: a write that waits ends, and further ones do nothing. */
  close(): void;
}

/** A channel for one writer and one reader. When the reader stops early, further writes do nothing. */
export function createChannel(): Channel {
  let piece: Buffer | undefined;
  let ended = false;
  let closed = false;
  let wake = () => {};
  let release = () => {};

  async function* read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        while (piece === undefined && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (piece === undefined) return;
        const present = piece;
        piece = undefined;
        yield present;
        release();
      }
    } finally {
      closed = true;
      release();
    }
  }

  return {
    readable: read(),
    async write(chunk) {
      if (closed || chunk.length === 0) return;
      piece = chunk;
      wake();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    },
    end() {
      ended = true;
      wake();
    },
    close() {
      closed = true;
      release();
    },
  };
}
