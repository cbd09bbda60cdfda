import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lineInPatch } from "../../src/github/diff.ts";
import type { Report } from "../../src/model/report.ts";
import { samples } from "../report/samples.ts";
import { runStep } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { scratchFolder } from "../support/scratch.ts";

/** The remedy as a suggested change: only where it is one line, and that line is in the pull request's diff. */

const scratch = scratchFolder("suggestion");
let github: StandIn;
let folder: string;
beforeEach(async () => {
  github = await startGitHub();
  folder = scratch.folder();
});
afterEach(() => expect(github.violations).toEqual([]));

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

const patch = "@@ -3,3 +3,4 @@ x\n # agent\n-FROM alpine:3.13\n \n+FROM alpine:3.15\n RUN apk add iptables";

test("the line is in the diff", async () => {
  github.files.push({ filename: "Dockerfile", patch });
  expect(await comment("FROM alpine:3.22")).toContain(block);
});

test("its indentation stays", async () => {
  github.files.push({ filename: "Dockerfile", patch: patch.replace("+FROM", "+  FROM") });
  expect(await comment("  FROM alpine:3.22")).toContain("```suggestion\n  FROM alpine:3.22\n```");
});

test("the file is on a later page", async () => {
  for (let i = 0; i < 230; i++) github.files.push({ filename: `file-${i}`, patch });
  github.files.push({ filename: "Dockerfile", patch });
  expect(await comment("FROM alpine:3.22")).toContain(block);
  expect(github.requests.filter((line) => line.includes("/files"))).toHaveLength(3);
});

test.each([
  ["another line", { filename: "Dockerfile", patch: "@@ -30,3 +30,4 @@\n a\n+FROM alpine:3.15\n c\n d" }],
  ["another instruction on that line", { filename: "Dockerfile", patch: patch.replace("+FROM", "+COPY") }],
  ["another image on that line", { filename: "Dockerfile", patch: patch.replace("+FROM alpine", "+FROM debian") }],
  ["a removed line", { filename: "Dockerfile", patch: "@@ -5,2 +4,1 @@\n-FROM alpine:3.15\n a" }],
  ["another file", { filename: "other/Dockerfile", patch }],
  ["too large for a patch", { filename: "Dockerfile" }],
])("%s", async (_, file) => {
  github.files.push(file);
  expect(await comment("FROM alpine:3.22")).not.toContain("suggestion");
});

test("GitHub doesn't tell the files: the comment does without", async () => {
  github.fail(/\/files/, 404);
  expect(await comment("FROM alpine:3.22")).toMatch(/^### ❌ (?![\s\S]*suggestion)/);
});

test.each([
  ["a fence", "FROM alpine\n```\n@octocat"],
  ["backticks", "FROM alpine:3.15 AS ```"],
  ["markup", "FROM alpine:3.15 <img src=x>"],
  ["another instruction", "RUN rm -rf /"],
  ["hidden characters", "FROM alpine:3.15\u202e"],
])("text that could leave its block, or is no FROM, is not shown: %s", async (_, text) => {
  github.files.push({ filename: "Dockerfile", patch: `@@ -1,9 +1,9 @@\n${`+${text.split("\n")[0]}\n`.repeat(9)}` });
  expect(await comment(text)).not.toContain("suggestion");
});

test("hunks", () => {
  const hunks = "@@ -1 +1 @@\n-a\n+b\n@@ -10,2 +10,3 @@ f\n a\n+@@ x\n c\n\\ No newline at end of file";
  const lines = [1, 2, 9, 10, 11, 12, 13].map((line) => lineInPatch(hunks, line));
  expect(lines).toEqual(["b", undefined, undefined, "a", "@@ x", "c", undefined]);
  expect(lineInPatch("", 1)).toBeUndefined();
});
