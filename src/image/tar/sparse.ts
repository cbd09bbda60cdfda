import { UserError } from "../../model/error.ts";
import { exceeded, type ReadLimits } from "../limits.ts";

/** Where the stored bytes of a sparse file belong: [offset, length], ascending; the rest are holes. */
export type SparseMap = [number, number][];

/** A body of tar data. `write` returns false when no further bytes are wanted; `end` is called in any case. */
export interface BodyConsumer {
  write(chunk: Buffer): boolean;
  end(): void;
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Pairs of decimal numbers as a map, checked: ascending, inside the file. */
export function toSparseMap(numbers: readonly string[], realSize: number): SparseMap {
  const map: SparseMap = [];
  let end = 0;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const offset = toNumber(numbers[i]);
    const length = toNumber(numbers[i + 1]);
    if (offset < end || offset + length > realSize) throw malformed();
    end = offset + length;
    map.push([offset, length]);
  }
  if (numbers.length % 2 !== 0) throw malformed();
  return map;
}

/**
 * The map of GNU's old format: four pairs in the header, then 21 in each extension block.
 * @param block a header (`at` 386, `pairs` 4) or an extension block (0, 21)
 */
export function oldSparseNumbers(block: Buffer, at: number, pairs: number): string[] {
  const numbers: string[] = [];
  for (let i = 0; i < pairs * 2; i++) {
    const field = block.subarray(at + i * 12, at + i * 12 + 12);
    if (field[0] === 0) break;
    numbers.push(oldNumber(field));
  }
  return numbers;
}

/** An octal or base-256 field as decimal digits. */
export function oldNumber(field: Buffer): string {
  if (((field[0] ?? 0) & 0x80) !== 0) return BigInt(`0x${field.toString("hex", 1)}`).toString();
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString("latin1"))?.[1];
  if (digits === undefined) throw malformed();
  return Number.parseInt(digits, 8).toString();
}

/**
 * Hands on a sparse file as a program would read it: stored bytes with zeros for the holes.
 * @param map null when the map opens the body itself (PAX sparse format 1.0)
 */
export function expandSparse(
  consumer: BodyConsumer,
  map: SparseMap | null,
  realSize: number,
  limits: ReadLimits,
): BodyConsumer {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  // Looking again only when the data has doubled keeps the work linear, however small the pieces are.
  let nextLook = 512;
  let segments = map;
  let index = 0;
  let position = 0;
  let wanted = true;

  function writeZeros(until: number): void {
    while (wanted && position < until) {
      const length = Math.min(ZEROS.length, until - position);
      wanted = consumer.write(ZEROS.subarray(0, length));
      position += length;
    }
  }
  function writeStored(chunk: Buffer): void {
    let at = 0;
    while (wanted && at < chunk.length && segments !== null && index < segments.length) {
      const [offset, length] = segments[index] ?? [0, 0];
      writeZeros(offset);
      const take = Math.min(chunk.length - at, offset + length - position);
      if (wanted && take > 0) wanted = consumer.write(chunk.subarray(at, at + take));
      position += take;
      at += take;
      if (position >= offset + length) index++;
    }
  }
  function lookForMap(): void {
    const all = Buffer.concat(pending);
    const parsed = parseLeadingMap(all, realSize);
    if (parsed === undefined && all.length > limits.headerBytes)
      throw exceeded("header-size", limits, "map of a sparse file");
    pending = parsed ? [] : [all];
    nextLook = all.length * 2;
    if (!parsed) return;
    segments = parsed.map;
    writeStored(all.subarray(parsed.length));
  }
  return {
    write(chunk) {
      if (segments !== null) {
        writeStored(chunk);
        return wanted;
      }
      pending.push(Buffer.from(chunk));
      pendingBytes += chunk.length;
      if (pendingBytes >= nextLook) lookForMap();
      return wanted;
    },
    end() {
      if (segments === null) lookForMap();
      if (segments === null || (wanted && segments.slice(index).some(([, length]) => length > 0))) throw malformed();
      writeZeros(realSize);
      consumer.end();
    },
  };
}

/** Format 1.0: decimal numbers a line (count, then pairs), padded to a block. Undefined while it is not complete. */
function parseLeadingMap(data: Buffer, realSize: number): { map: SparseMap; length: number } | undefined {
  const lines: string[] = [];
  let at = 0;
  let needed = 1;
  while (lines.length < needed) {
    const end = data.indexOf(0x0a, at);
    if (end < 0) return undefined;
    lines.push(data.toString("latin1", at, end));
    at = end + 1;
    if (lines.length === 1) needed = 1 + 2 * toNumber(lines[0]);
  }
  const length = Math.ceil(at / 512) * 512;
  return data.length < length ? undefined : { map: toSparseMap(lines.slice(1), realSize), length };
}

function toNumber(text: string | undefined): number {
  const value = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed();
  return value;
}

function malformed(): UserError {
  return new UserError("malformed map of a sparse file");
}
