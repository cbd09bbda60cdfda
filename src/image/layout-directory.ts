import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../model/error.ts";
import { digestOfStream } from "./digest.ts";
import { errorCode, quote } from "./errors.ts";
import { readFully, readRange } from "./file-range.ts";
import type { ScanOptions } from "./layer.ts";
import { exceeded, spend } from "./limits.ts";
import type { BlobStore } from "./store.ts";
import { scanWhole } from "./toc/whole.ts";

/** An OCI image layout in a directory. Only the names that the layout defines are opened, and only regular files. */
export function openLayoutDirectory(directory: string, { limits, budget }: ScanOptions): BlobStore {
  /** Size of a file, undefined when there is none. */
  async function sizeOf(name: string): Promise<number | undefined> {
    try {
      const found = await stat(join(directory, name));
      if (!found.isFile()) throw new UserError(`${quote(name)} is not a regular file`);
      return found.size;
    } catch (error) {
      if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  return {
    has: async (name) => (await sizeOf(name)) !== undefined,
    async readDocument(name) {
      const size = await sizeOf(name);
      if (size === undefined) return undefined;
      if (size > limits.jsonBytes) throw exceeded("document-size", limits, quote(name));
      spend(budget, "documentBytes", size, limits);
      await using handle = await open(join(directory, name));
      const data = Buffer.alloc(size);
      return data.subarray(0, await readFully(handle, data, size, 0));
    },
    async digestOf(name, algorithm, signal) {
      const size = await sizeOf(name);
      if (size === undefined) return undefined;
      await using handle = await open(join(directory, name));
      return await digestOfStream(readRange(handle, 0, size), algorithm, signal);
    },
    async scan(name, options) {
      const size = await sizeOf(name);
      if (size === undefined) throw new UserError(`${quote(name)} is missing`);
      await using handle = await open(join(directory, name));
      return await scanWhole(readRange(handle, 0, size), options);
    },
    close: async () => {},
  };
}
