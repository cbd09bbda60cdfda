import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../model/error.ts";

/**
 * Writes a file whole or not at all: a reader never meets half a report.
 * @throws UserError when the place cannot be written
 */
export function writeWhole(file: string, text: string): void {
  const folder = dirname(file);
  const temporary = join(folder, `.netfilter-compat-${randomUUID()}`);
  try {
    makeFolder(folder);
    writeFileSync(temporary, text, { flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    if (existsSync(temporary)) unlinkSync(temporary);
    throw new UserError(`can't write ${file}: ${problemOf(error)}`);
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
