import type { FileHandle } from "node:fs/promises";
import { UserError } from "../model/error.ts";
import { createMemberIndex, type MemberIndex } from "./archive-members.ts";
import { digestOfStream } from "./digest.ts";
import { quote } from "./errors.ts";
import { readFully, readRange } from "./file-range.ts";
import type { ScanOptions } from "./layer.ts";
import { exceeded, spend } from "./limits.ts";
import type { BlobStore } from "./store.ts";
import { createTarReader } from "./tar/reader.ts";
import { scanWhole } from "./toc/whole.ts";

interface Extent {
  offset: number;
  size: number;
  sparse: boolean;
}

const HEADERS_AT_ONCE = 32 * 1024;

/**
 * An uncompressed archive on disk. Its headers are read once, jumping over the content; documents and layers are then read
 * where they lie, so their order in the file does not matter and nothing is copied.
 * @param handle closed together with the store
 */
export async function openArchiveFile(handle: FileHandle, options: ScanOptions): Promise<BlobStore> {
  const { size } = await handle.stat();
  const { limits, budget } = options;
  const members = await indexMembers(handle, size, options);

  function find(name: string): Extent | undefined {
    const extent = members.find(name)?.value;
    if (extent?.sparse) throw new UserError(`${quote(name)} is stored as a sparse file: pack it without --sparse`);
    return extent;
  }

  return {
    has: async (name) => find(name) !== undefined,
    async readDocument(name) {
      const extent = find(name);
      if (extent === undefined) return undefined;
      if (extent.size > limits.jsonBytes) throw exceeded("document-size", limits, quote(name));
      spend(budget, "documentBytes", extent.size, limits);
      const data = Buffer.alloc(extent.size);
      await readFully(handle, data, extent.size, extent.offset);
      return data;
    },
    async digestOf(name, algorithm, signal) {
      const extent = find(name);
      if (extent === undefined) return undefined;
      return digestOfStream(readRange(handle, extent.offset, extent.size), algorithm, signal);
    },
    async scan(name, options) {
      const extent = find(name);
      if (extent === undefined) throw new UserError(`${quote(name)} is missing`);
      return scanWhole(readRange(handle, extent.offset, extent.size), options);
    },
    close: () => handle.close(),
  };
}

async function indexMembers(
  handle: FileHandle,
  size: number,
  { limits, signal }: ScanOptions,
): Promise<MemberIndex<Extent>> {
  const members = createMemberIndex<Extent>(limits);
  const reader = createTarReader((member) => {
    members.add(member, { offset: member.offset, size: member.size, sparse: member.sparse });
    return undefined;
  }, limits);
  const buffer = Buffer.alloc(HEADERS_AT_ONCE);
  let position = 0;
  while (position < size) {
    signal?.throwIfAborted();
    const length = await readFully(handle, buffer, buffer.length, position);
    if (length === 0) break;
    reader.push(buffer.subarray(0, length));
    position += length;
    const skip = Math.min(reader.skippable(), size - position);
    reader.skip(skip);
    position += skip;
  }
  reader.end();
  return members;
}
