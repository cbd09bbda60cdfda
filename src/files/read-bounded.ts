import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { UserError } from "../model/error.ts";

/** A file that somebody named, and how large it may be. */
export interface NamedFile {
  path: string;
  /** The path as errors name it. */
  shown: string;
  /** Bytes. */
  limit: number;
  /** What it should be, with its article: `a report`. */
  what: string;
}

/**
 * Reads a regular file, as many bytes as it has when it is opened. Who names it may be a stranger: no link is followed, a
 * pipe or device is not waited for, and files of the kernel's, whose size is stated as 0, come out empty.
 * @returns undefined when there is no such file
 * @throws UserError when it is no regular file, larger than the limit or not readable
 */
export function readIfThere({ path, shown, limit, what }: NamedFile): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    // NONBLOCK: opening a named pipe would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new UserError(`${shown}: not a file`);
    if (status.size > limit) throw new UserError(`${shown}: ${status.size} bytes are more than ${what} has (${limit})`);
    return readBytes(descriptor, status.size);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP")
      throw new UserError(`${shown}: can't be read (ELOOP): links are not followed, name the file itself`);
    throw new UserError(`${shown}: can't be read (${code ?? "unknown cause"})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readBytes(descriptor: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(descriptor, bytes, filled, size - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

/**
 * The same for a file that has to be there.
 * @throws UserError also when it isn't
 */
export function readBounded(file: NamedFile): Buffer {
  const bytes = readIfThere(file);
  if (bytes === undefined) throw new UserError(`${file.shown}: can't be read (ENOENT)`);
  return bytes;
}

/**
 * Reads a JSON document.
 * @returns its value, of which nothing is checked, and its size in bytes
 * @throws UserError as {@link readBounded}, and when it is not JSON
 */
export function readJson(file: NamedFile): { value: unknown; size: number } {
  const bytes = readBounded(file);
  try {
    return { value: JSON.parse(bytes.toString("utf8")), size: bytes.length };
  } catch {
    // Node quotes the text in its message: not ours to show.
    throw new UserError(`${file.shown}: not JSON`);
  }
}
