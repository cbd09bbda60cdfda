import { randomUUID } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../model/error.ts";

/**
 * Writes a file whole or not at all: a reader never meets half a report.
 * @param text may come in pieces, so that it needn't be held at once
 * @throws UserError when the place cannot be written
 */
export function writeWhole(file: string, text: string | Iterable<string>): void {
  const folder = dirname(file);
  const temporary = join(folder, `.netfilter-compat-${randomUUID()}`);
  try {
    makeFolder(folder);
    writePieces(temporary, typeof text === "string" ? [text] : text);
    renameSync(temporary, file);
  } catch (error) {
    if (existsSync(temporary)) unlinkSync(temporary);
    throw new UserError(`can't write ${file}: ${problemOf(error)}`);
  }
}

/** Characters that are gathered before they are written. */
const BATCH = 1024 * 1024;

function writePieces(file: string, pieces: Iterable<string>): void {
  const descriptor = openSync(file, "wx");
  try {
    let waiting: string[] = [];
    let length = 0;
    for (const piece of pieces) {
      waiting.push(piece);
      length += piece.length;
      if (length < BATCH) continue;
      writeFileSync(descriptor, waiting.join(""));
      [waiting, length] = [[], 0];
    }
    writeFileSync(descriptor, waiting.join(""));
  } finally {
    closeSync(descriptor);
  }
}

/** The message names a file that is gone again: only its beginning, which is the code and what it means, is told. */
function problemOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EISDIR") return "it is a folder: name a file";
  const message = messageOf(error);
  return code === undefined ? message : (message.split(", ", 1)[0] ?? code);
}

/** Folder by folder: in /proc and its like Node's own recursion never ends. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder);
}
