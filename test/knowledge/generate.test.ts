import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the index files are what the generator writes, and every file is valid", () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
  const run = spawnSync(process.execPath, ["scripts/generate-knowledge.ts", "--check"], {
    cwd: root,
    timeout: 120_000,
    encoding: "utf8",
  });
  expect(run.stderr.replace(/^.*ExperimentalWarning.*\n.*--trace-warnings.*\n/m, "")).toBe("");
  expect(run.status).toBe(0);
});
