import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { patchShows } from "../../src/github/diff.ts";
import type { Report } from "../../src/model/report.ts";
import { samples } from "../report/samples.ts";
import { runStep } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";

/** The remedy as a suggested change: only where it is one line, and that line is in the pull request's diff. */

let github: StandIn;
let folder: string;
beforeEach(async () => {
  github = await startGitHub();
  folder = mkdtempSync(join(tmpdir(), "suggestion-"));
});
afterEach(async () => {
  await github.close();
  rmSync(folder, { recursive: true });
  expect(github.violations).toEqual([]);
});

async function comment(text: string): Promise<string> {
  const report = structuredClone(samples["kilo-broken"]) as Report;
  for (const finding of report.findings) finding.suggestion = { file: "Dockerfile", line: 5, text };
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify(report));
  const script = fileURLToPath(new URL("./run-publish.ts", import.meta.url));
  await runStep({ command: [script, file], folder, apiUrl: github.url, inputs: { image: "image.tar" } });
  return github.comments[0]?.body ?? "";
}
const block = "```suggestion\nFROM alpine:3.22\n```";

test("the line is in the diff", async () => {
  github.files.push({ filename: "Dockerfile", patch: "@@ -3,3 +3,4 @@ x\n a\n+b\n c\n d" });
  expect(await comment("FROM alpine:3.22")).toContain(block);
});

test.each([
  ["another line", { filename: "Dockerfile", patch: "@@ -30,3 +30,4 @@\n a\n+b\n c\n d" }],
  ["another file", { filename: "other/Dockerfile", patch: "@@ -1,9 +1,9 @@\n a" }],
  ["too large for a patch", { filename: "Dockerfile" }],
])("%s", async (_, file) => {
  github.files.push(file);
  expect(await comment("FROM alpine:3.22")).not.toContain("suggestion");
});

test("GitHub doesn't tell the files: the comment does without", async () => {
  github.fail(/\/files/, 404);
  expect(await comment("FROM alpine:3.22")).toMatch(/^### ❌ (?![\s\S]*suggestion)/);
});

test("text that could leave its block is not shown", async () => {
  github.files.push({ filename: "Dockerfile", patch: "@@ -1,9 +1,9 @@\n a" });
  expect(await comment("FROM alpine\n```\n@octocat")).not.toContain("suggestion");
});

test("hunks", () => {
  const patch = "@@ -1 +1 @@\n-a\n+b\n@@ -10,2 +10,3 @@ f\n a\n+b\n c";
  expect([1, 2, 9, 10, 12, 13].map((line) => patchShows(patch, line))).toEqual([true, false, false, true, true, false]);
});
