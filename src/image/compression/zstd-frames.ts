import { UserError } from "../../model/error.ts";

/**
 * Finds where each frame of a zstd stream ends (RFC 8878, section 3.1), without decompressing. Node's zlib needs that: it
 * stops without an error after the first frame (nodejs/node#64741), and zstd:chunked and pzstd layers have many, with
 * skippable frames between them.
 */
export interface FrameScanner {
  /**
   * Looks at the next bytes.
   * @returns how many of them belong to the present frame; look at `done` to learn whether it ends with them
   */
  scan(chunk: Buffer, from: number): number;
  /** The frame that `scan` looked at has ended; the next call of `scan` begins another. */
  readonly done: boolean;
  /** The present frame holds no data. Known once its first four bytes were scanned. */
  readonly skippable: boolean;
}

/** The zstd program refuses larger windows too, unless told otherwise with `--long`. */
const MAX_WINDOW = 2 ** 27;
const FRAME_MAGIC = 0xfd2fb528;

type Stage = "magic" | "skippable" | "descriptor" | "header" | "block" | "data";

/** Scans from the beginning of a stream. */
export function createFrameScanner(): FrameScanner {
  /** Small fields are gathered here; a frame header has at most 14 bytes. */
  const field = Buffer.alloc(16);
  let fieldFill = 0;
  let fieldNeeds = 4;
  let stage: Stage = "magic";
  let bytesLeft = 0;
  let lastBlock = false;
  let checksum = 0;
  let done = false;
  let skippable = false;

  function expect(next: Stage, bytes: number): void {
    stage = next;
    fieldFill = 0;
    fieldNeeds = bytes;
  }

  function expectData(bytes: number, last: boolean): void {
    stage = "data";
    bytesLeft = bytes;
    lastBlock = last;
    if (bytes === 0) endData();
  }

  function endData(): void {
    done = lastBlock;
    if (lastBlock) expect("magic", 4);
    else expect("block", 3);
  }

  function onMagic(): void {
    const magic = field.readUInt32LE(0);
    skippable = magic >>> 4 === 0x184d2a5;
    if (!skippable && magic !== FRAME_MAGIC) throw damaged("no frame where one should begin");
    if (skippable) expect("skippable", 4);
    else expect("descriptor", 1);
  }

  function onBlock(): void {
    const header = field.readUIntLE(0, 3);
    const type = (header >> 1) & 3;
    if (type === 3) throw damaged("a block of a reserved type");
    const last = (header & 1) !== 0;
    // A block of type 1 is one byte, repeated.
    expectData((type === 1 ? 1 : header >> 3) + (last ? checksum : 0), last);
  }

  function onField(): void {
    switch (stage) {
      case "magic":
        onMagic();
        break;
      case "skippable":
        expectData(field.readUInt32LE(0), true);
        break;
      case "descriptor":
        // It stays at the front of the field: the rest of the header is read together with it.
        stage = "header";
        fieldNeeds = headerBytes(field[0] ?? 0);
        break;
      case "header":
        checkWindow(field);
        checksum = ((field[0] ?? 0) & 4) !== 0 ? 4 : 0;
        expect("block", 3);
        break;
      default:
        onBlock();
    }
  }

  function takeData(available: number): number {
    const take = Math.min(bytesLeft, available);
    bytesLeft -= take;
    if (bytesLeft === 0) endData();
    return take;
  }

  function takeField(chunk: Buffer, at: number): number {
    const take = Math.min(fieldNeeds - fieldFill, chunk.length - at);
    chunk.copy(field, fieldFill, at, at + take);
    fieldFill += take;
    if (fieldFill === fieldNeeds) onField();
    return take;
  }

  return {
    scan(chunk, from) {
      if (done) skippable = false;
      done = false;
      let at = from;
      while (at < chunk.length && !done) at += stage === "data" ? takeData(chunk.length - at) : takeField(chunk, at);
      return at - from;
    },
    get done() {
      return done;
    },
    get skippable() {
      return skippable;
    },
  };
}

/** Bytes of a frame header, descriptor included; at least 2. */
function headerBytes(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const window = single ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 1 + window + dictionary + contentSize;
}

function checkWindow(header: Buffer): void {
  // A single segment has no window of its own: it is as large as its content.
  const single = ((header[0] ?? 0) & 0x20) !== 0;
  if (single) return;
  const descriptor = header[1] ?? 0;
  const base = 2 ** (10 + (descriptor >> 3));
  const window = base + (base / 8) * (descriptor & 7);
  if (window > MAX_WINDOW)
    throw new UserError(
      `unpacking its zstd data takes ${Math.ceil(window / 2 ** 20)} MiB of memory, the limit is ${MAX_WINDOW / 2 ** 20}: compress it without --long`,
    );
}

function damaged(how: string): UserError {
  return new UserError(`its compressed data is damaged (zstd: ${how})`);
}
