import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "./model/error.ts";

/**
 * Writes a file whole or not at all: a reader never meets half a report.
 * @throws UserError when the place cannot be written
 */
export function writeWhole(file: string, text: string): void {
  const folder = dirname(file);
  const temporary = join(folder, `.netfilter-compat-${randomUUID()}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(temporary, text, { flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UserError(`${file}: cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
