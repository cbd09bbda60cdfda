import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/**
 * Compares text with a committed file. `UPDATE_GOLDEN=1` writes the files instead; the difference is then for a person to read.
 * @param file URL of the golden file, e.g. `new URL("./golden/clean.md", import.meta.url)`
 */
export function expectGolden(file: URL, text: string): void {
  const path = fileURLToPath(file);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(existsSync(path), `${path} is missing; UPDATE_GOLDEN=1 writes it`).toBe(true);
  expect(text).toBe(readFileSync(path, "utf8"));
}
