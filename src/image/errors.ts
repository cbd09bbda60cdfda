import { LimitError, UserError } from "../model/error.ts";

/**
 * Makes text that an image controls fit for one line of an error: quoted, control characters escaped, at most 200
 * characters.
 */
export function quote(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 197)}...` : text;
  const escaped = short.replace(
    // C0, DEL, C1, line and paragraph separators, and what turns the direction of text round
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202f\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/**
 * Something that the source names is not in it. Programs leave out what was not saved, and none can run what is not there:
 * where another description of the image is whole, that one counts. What is there and cannot be read is something else.
 */
export class AbsentPart extends UserError {
  override name = "AbsentPart";
}

/**
 * The same failure with the place in front: `PLACE: what was wrong`. What the user can do nothing about (a defect of ours)
 * stays as it is.
 */
export function locate(error: unknown, place: string): unknown {
  if (error instanceof LimitError) return new LimitError(`${place}: ${error.message}`, error.limit, { cause: error });
  if (error instanceof UserError) return new UserError(`${place}: ${error.message}`, { cause: error });
  const code = errorCode(error);
  if (code === undefined) return error;
  const problem = describeSystemError(code, error as Error);
  return problem === undefined ? error : new UserError(`${place}: ${problem}`, { cause: error });
}

/** `ENOENT`, `Z_DATA_ERROR`, ...; undefined when the value carries none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function describeSystemError(code: string, error: Error): string | undefined {
  // zlib reports the end of its input in this way
  if (code === "Z_BUF_ERROR") return "it is truncated: the compressed data ends too early";
  if (code.startsWith("Z_") || code.startsWith("ZSTD_")) return `its compressed data is damaged (${error.message})`;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  if (code === "EISDIR") return "it is a directory";
  // Errors of the operating system: EIO, EMFILE, ENOTDIR, ...
  return /^E[A-Z0-9]+$/.test(code) ? `it cannot be read (${error.message})` : undefined;
}
