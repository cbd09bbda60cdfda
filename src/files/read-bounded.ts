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
  /** Said when it isn't there: a clause on where relative paths begin. */
  whereFrom?: string;
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
    if (!status.isFile()) throw new UserError(`${shown}: ${status.isDirectory() ? "a folder, " : ""}not a file`);
    if (status.size > limit) throw new UserError(`${shown}: ${status.size} bytes are more than ${what} has (${limit})`);
    return readBytes(descriptor, status.size);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP")
      throw new UserError(`${shown}: can't be read (ELOOP): links are not followed, name the file itself`);
    if (code === "EACCES") throw new UserError(`${shown}: no permission to read it`);
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
  if (bytes === undefined) throw new UserError(`${file.shown}: there is no such file${file.whereFrom ?? ""}`);
  return bytes;
}

/**
 * Reads a JSON document.
 * @returns its value, of which nothing is checked, and its size in bytes
 * @throws UserError as {@link readBounded}, and when it is not JSON
 */
export function readJson(file: NamedFile): { value: unknown; size: number } {
  const bytes = readBounded(file);
  const text = decodeText(bytes, file.shown);
  try {
    return { value: JSON.parse(text), size: bytes.length };
  } catch {
    // Node quotes the text in its message: not ours to show.
    throw new UserError(`${file.shown}: ${text.trim() === "" ? "it is empty" : "not JSON"}`);
  }
}

/**
 * The text of a file, without the mark of its byte order. Bytes that are no UTF-8 would otherwise become a name that fits
 * nothing.
 * @param shown the path as errors name it
 * @throws UserError for bytes that are no UTF-8
 */
export function decodeText(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const hint = utf16 ? " (it is UTF-16, which > of Windows PowerShell writes)" : "";
    throw new UserError(`${shown}: not UTF-8 text${hint}: save it as UTF-8`);
  }
}
