import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What a test run could not do, and what it spent its time on. Test files run in several processes, so both are lines of
 * JSON appended to files in one folder (`NETFILTER_COMPAT_RUN` or `.cache/test-run`), which `skip-summary.ts` prints.
 */

export interface Skip {
  /** What was not tested: `Debian bullseye, amd64`. */
  what: string;
  /** Why, in words that tell what to repair. */
  reason: string;
}

export interface Timing {
  /** The step: `root bookworm/amd64`. */
  step: string;
  /** Seconds of wall time. */
  seconds: number;
  /** Uncompressed or file size, when it says something. */
  bytes?: number;
}

const skips = "skips.jsonl";
const timings = "timings.jsonl";

/** Folder of this run's records. */
function runFolder(): string {
  return process.env.NETFILTER_COMPAT_RUN ?? fileURLToPath(new URL("../../.cache/test-run", import.meta.url));
}

function append(file: string, record: Skip | Timing): void {
  mkdirSync(runFolder(), { recursive: true });
  // One short write with O_APPEND: lines of two processes do not mix.
  appendFileSync(join(runFolder(), file), `${JSON.stringify(record)}\n`);
}

function readLines<T>(file: string): T[] {
  const path = join(runFolder(), file);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

/** Notes that something was not tested; the run's summary counts and prints it. */
export function recordSkip(skip: Skip): void {
  append(skips, skip);
}

/** Notes how long a step took. */
export function recordTiming(timing: Timing): void {
  append(timings, timing);
}

/** Skips the running test and notes why. `context` is what vitest hands to a test function. */
export function skipTest(context: { skip(note?: string): never }, what: string, reason: string): never {
  recordSkip({ what, reason });
  return context.skip(`${what}: ${reason}`);
}

/** What the run has noted so far; the same skip met by several tests is there several times. */
export function readRecords(): { skips: Skip[]; timings: Timing[] } {
  return { skips: readLines<Skip>(skips), timings: readLines<Timing>(timings) };
}

/** Forgets the records of an earlier run. */
export function clearRecords(): void {
  for (const file of [skips, timings]) rmSync(join(runFolder(), file), { force: true });
}
