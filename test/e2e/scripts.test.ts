import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** What a fresh clone says before its packages are there. */

const clone = scratchFolder("clone").path;
for (const folder of ["scripts", "dist"]) mkdirSync(join(clone, folder));
for (const file of ["package.json", "scripts/node24.mjs", "scripts/build.mjs"])
  copyFileSync(join(root, file), join(clone, file));
writeFileSync(join(clone, "dist/cli.js"), "committed\n");

function run(...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: clone, encoding: "utf8", timeout: 30_000 });
  return { status, stderr };
}

test("tests and generators name what is missing, in one line", () => {
  for (const file of ["node_modules/vitest/vitest.mjs", "scripts/generate-knowledge.ts"])
    expect(run("scripts/node24.mjs", file)).toEqual({
      status: 2,
      stderr: "The packages are missing: run npm ci first\n",
    });
});

test("a build that can't be made leaves what is committed", () => {
  expect(run("scripts/build.mjs")).toEqual({ status: 2, stderr: "esbuild is missing: run npm ci first\n" });
  expect(readFileSync(join(clone, "dist/cli.js"), "utf8")).toBe("committed\n");
});
