import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { Files } from "./image-writer.ts";

export interface Scratch {
  path: string;
  /** Writes a file, or a folder of files, and returns its path. */
  write(name: string, data: Buffer | string | Files): string;
  /** A new empty folder in it. */
  folder(): string;
}

/** A folder for the files of one test file, removed when its tests are done. */
export function scratchFolder(subject: string): Scratch {
  const path = mkdtempSync(join(tmpdir(), `netfilter-compat-${subject}-`));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  function writeFile(file: string, data: Buffer | string): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, data);
  }
  return {
    path,
    folder: () => mkdtempSync(join(path, "folder-")),
    write(name, data) {
      const target = join(path, name);
      if (typeof data === "string" || Buffer.isBuffer(data)) writeFile(target, data);
      else for (const [file, content] of data) writeFile(join(target, file), content);
      return target;
    },
  };
}
