import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { regressions } from "./regressions.ts";
import { targets } from "./targets.ts";

/**
 * Fuzzing with a budget: as many runs as are said here, of one seed, so that a run of the tests is the same every time.
 * FUZZ_RUNS and FUZZ_SEED change that: `FUZZ_RUNS=100000 FUZZ_SEED=$RANDOM npm test -- test/fuzz`. What is found is printed
 * as an input; it goes into regressions.ts.
 */

const runs = Number(process.env.FUZZ_RUNS ?? 500);
const seed = Number(process.env.FUZZ_SEED ?? 20_261_123);
/** Seconds without a new run after which a target counts as hanging; a run takes milliseconds. */
const SILENCE = 120;
/** MiB: the program, its tests' parts and what V8 leaves lying about. A run that keeps what it claims has gigabytes. */
const PEAK = 900;

const worker = fileURLToPath(new URL("./worker.ts", import.meta.url));

interface Finished {
  code: number | null;
  output: string;
  /** Input of the run that was killed. */
  hanging?: string;
}

/** One target in a process of its own, with an end for what has none. */
function fuzz(name: string, count: number): Promise<Finished> {
  return new Promise((resolve) => {
    const child = fork(worker, [name, String(seed), String(count)], {
      execArgv: ["--max-old-space-size=700"],
      silent: true,
    });
    let output = "";
    let last = "";
    let hanging: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    function watch(): void {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hanging = last;
        child.kill("SIGKILL");
      }, SILENCE * 1000);
    }
    watch();
    child.on("message", (input) => {
      last = String(input);
      watch();
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => {
        output += chunk;
      });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output, ...(hanging === undefined ? {} : { hanging }) });
    });
  });
}

test.each(Object.entries(targets))(`%s, seed ${seed}`, { timeout: 24 * 3_600_000 }, async (name, { share }) => {
  const { code, output, hanging } = await fuzz(name, Math.max(1, Math.round(runs * share)));
  console.log(output.trimEnd());
  expect(hanging, "an input that does not end").toBeUndefined();
  expect(output).not.toMatch(/^FINDING/m);
  expect(code).toBe(0);
  expect(output).toMatch(new RegExp(`^${name}: \\d+ runs, seed ${seed}`, "m"));
  expect(Number(/peak (\d+) MiB/.exec(output)?.[1])).toBeLessThan(PEAK);
});

describe("what was found", () => {
  test.each(regressions)("$target: $what", async ({ target, input }) => {
    await targets[target]?.run(input);
  });
});
