import { UserError } from "../../model/error.ts";
import { exceeded, type ReadLimits } from "../limits.ts";
import { BLOCK, decodeHeader } from "./header.ts";
import { type Body, createMemberPlanner, type TarMember } from "./members.ts";
import type { TarHeader } from "./plain-header.ts";
import { type BodyConsumer, oldNumber, oldSparseNumbers, toSparseMap } from "./sparse.ts";

/** Takes an archive in pieces of any size. */
export interface TarReader {
  /** The next piece; what it holds is not referenced afterwards. Throws a UserError at what is not tar. */
  push(chunk: Buffer): void;
  /** Bytes ahead that nobody wants: the caller may leave them out and call {@link TarReader.skip} instead. */
  skippable(): number;
  /** Says that the next bytes are left out; at most as many as are skippable. */
  skip(bytes: number): void;
  /** The archive ends here. Throws a UserError when it ends inside a file or header. */
  end(): void;
}

/** A header of the old sparse format whose map may go on in further blocks. */
interface SparseHeader {
  header: TarHeader;
  numbers: string[];
  realSize: number;
}

/**
 * Reads a tar archive strictly: v7, ustar, PAX, GNU. What cannot be read as one of these is an error; no entry is left out.
 * As with Go's reader, which container runtimes use, one block of zeros at the very end, or none, ends an archive too.
 * @param onMember called for each file in order; returns who wants its content
 * @param onGlobal called with the name of each header of records for all files
 */
export function createTarReader(
  onMember: (member: TarMember) => BodyConsumer | undefined,
  limits: ReadLimits,
  onGlobal?: (name: string) => void,
): TarReader {
  const members = createMemberPlanner(onMember, limits, onGlobal);
  const block = Buffer.alloc(BLOCK);
  let blockFill = 0;
  /** Bytes read so far. */
  let position = 0;
  /** Bytes of the present body still to come, without and with padding. */
  let bodyLeft = 0;
  let paddedLeft = 0;
  let consumer: BodyConsumer | undefined;
  let zeroBlocks = 0;
  let sparseHeader: SparseHeader | undefined;

  function startBody({ stored, consumer: taker }: Body): void {
    bodyLeft = stored;
    paddedLeft = Math.ceil(stored / BLOCK) * BLOCK;
    consumer = taker;
    if (bodyLeft === 0) finishBody();
  }

  function finishBody(): void {
    const finished = consumer;
    consumer = undefined;
    finished?.end();
  }

  function onBlock(): void {
    if (sparseHeader !== undefined) {
      continueSparse(sparseHeader);
      return;
    }
    const at = position - BLOCK;
    const header = decodeHeader(block, at);
    if (header === null) zeroBlocks++;
    else if (zeroBlocks > 0) throw new UserError(`a tar header at byte ${at} follows a block of zeros`);
    else if (header.flag === "S") startSparse(header);
    else startBody(members.plan(header, at, position));
  }

  function startSparse(header: TarHeader): void {
    const numbers = oldSparseNumbers(block, 386, 4);
    const realSize = Number(oldNumber(block.subarray(483, 495)));
    sparseHeader = { header, numbers, realSize };
    if (block[482] === 0) finishSparse(sparseHeader);
  }

  function continueSparse(sparse: SparseHeader): void {
    sparse.numbers.push(...oldSparseNumbers(block, 0, 21));
    if (sparse.numbers.length * 12 > limits.headerBytes)
      throw exceeded("header-size", limits, `sparse file before byte ${position}`);
    if (block[504] === 0) finishSparse(sparse);
  }

  function finishSparse({ header, numbers, realSize }: SparseHeader): void {
    sparseHeader = undefined;
    if (!Number.isSafeInteger(realSize))
      throw new UserError(`impossible size of a sparse file before byte ${position}`);
    const file = { map: toSparseMap(numbers, realSize), realSize, name: undefined };
    startBody(members.planSparse(header, file, position));
  }

  function takeBody(chunk: Buffer, from: number): number {
    const take = Math.min(chunk.length - from, paddedLeft);
    const data = Math.min(take, bodyLeft);
    if (data > 0) {
      // Counted first: a consumer that throws must not see its bytes again.
      bodyLeft -= data;
      if (consumer !== undefined && !consumer.write(chunk.subarray(from, from + data))) finishBody();
      if (bodyLeft === 0) finishBody();
    }
    paddedLeft -= take;
    position += take;
    return from + take;
  }

  function takeBlock(chunk: Buffer, from: number): number {
    const take = Math.min(chunk.length - from, BLOCK - blockFill);
    chunk.copy(block, blockFill, from, from + take);
    blockFill += take;
    position += take;
    if (blockFill === BLOCK) {
      blockFill = 0;
      onBlock();
    }
    return from + take;
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        // Two blocks of zeros end an archive; tar pads it to its record size and what follows is not read.
        if (zeroBlocks >= 2) {
          position += chunk.length - at;
          return;
        }
        at = paddedLeft > 0 ? takeBody(chunk, at) : takeBlock(chunk, at);
      }
    },
    skippable: () => (consumer === undefined ? paddedLeft : 0),
    skip(bytes) {
      bodyLeft = Math.max(0, bodyLeft - bytes);
      paddedLeft -= bytes;
      position += bytes;
    },
    end() {
      if (bodyLeft > 0) throw new UserError(`it is truncated: the tar ends inside a file, at byte ${position}`);
      if (blockFill > 0 && position < BLOCK)
        throw new UserError("it is truncated, or no tar archive: it ends inside its first header");
      if (blockFill > 0) throw new UserError(`it is truncated: the tar ends inside a header, at byte ${position}`);
      if (members.isPending() || sparseHeader !== undefined)
        throw new UserError(`it is truncated: the tar ends before the file of an extended header, at byte ${position}`);
    },
  };
}
