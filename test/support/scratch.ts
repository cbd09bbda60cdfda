import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { Files } from "./image-writer.ts";

/** A folder for the files of one test file, removed when its tests are done. */
export function scratchFolder(subject: string): { path: string; write(name: string, data: Buffer | Files): string } {
  const path = mkdtempSync(join(tmpdir(), `netfilter-compat-${subject}-`));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  function writeFile(file: string, data: Buffer): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, data);
  }
  return {
    path,
    /** Writes a file, or a folder of files, and returns its path. */
    write(name, data) {
      const target = join(path, name);
      if (Buffer.isBuffer(data)) writeFile(target, data);
      else for (const [file, content] of data) writeFile(join(target, file), content);
      return target;
    },
  };
}
