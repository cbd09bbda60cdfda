import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { clearRecords, readRecords, type Skip, type Timing } from "./skip.ts";

/**
 * The end of a test run in words: where the time went, what was not tested and why.
 * As vitest's globalSetup it forgets the records of the run before; at the end it prints the skips and leaves the times in
 * `.cache/root-times.txt`, which `.ci/run` prints. As a script it prints both.
 */

const timesFile = fileURLToPath(new URL("../../.cache/root-times.txt", import.meta.url));

/** Called by vitest before the first test file. */
export function setup(): void {
  clearRecords();
}

/** Called by vitest after the last test file. */
export function teardown(): void {
  const { skips, timings } = readRecords();
  mkdirSync(dirname(timesFile), { recursive: true });
  writeFileSync(timesFile, timingTable(timings));
  process.stdout.write(skipTable(skips));
}

function summarize(): string {
  const { skips, timings } = readRecords();
  return `${timingTable(timings)}${skipTable(skips)}`;
}

/** One line a step, the slowest first; steps of the same name are added up. */
function timingTable(timings: Timing[]): string {
  if (timings.length === 0) return "";
  const steps = Map.groupBy(timings, ({ step }) => step);
  const rows = [...steps].map(([step, all]) => ({
    step,
    seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
    times: all.length,
    bytes: all.at(-1)?.bytes,
  }));
  rows.sort((a, b) => b.seconds - a.seconds);
  const lines = rows.map(
    ({ step, seconds, times, bytes }) =>
      `${seconds.toFixed(1).padStart(7)} s  ${step}${times > 1 ? ` (${times} times)` : ""}${bytes ? `, ${(bytes / 1e6).toFixed(1)} MB` : ""}`,
  );
  return `\nOf which making Debian roots for the tests:\n${lines.join("\n")}\n`;
}

/** One line for each thing that was not tested. */
function skipTable(skips: Skip[]): string {
  const whats = Map.groupBy(skips, ({ what, reason }) => `${what}: ${reason}`);
  if (whats.size === 0) return "\nSkipped for want of something: 0\n";
  const lines = [...whats].map(([line, all]) => `  ${line}${all.length > 1 ? ` (${all.length} tests)` : ""}`);
  return `\nSkipped for want of something: ${skips.length} (${whats.size} reasons)\n${lines.join("\n")}\n`;
}

if (import.meta.main) process.stdout.write(summarize());
