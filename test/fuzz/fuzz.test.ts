import { fork } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { debianRoot } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { regressions } from "./regressions.ts";
import { realTargets, targets } from "./targets.ts";

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
function fuzz(name: string, count: number, env: Record<string, string> = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = fork(worker, [name, String(seed), String(count)], {
      execArgv: ["--max-old-space-size=700"],
      silent: true,
      env: { ...process.env, ...env },
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

/** No target has an end of its own: what hangs is killed. */
const timeout = 24 * 3_600_000;

test.each(Object.entries(targets))(`%s, seed ${seed}`, { timeout }, async (name, { share }) => {
  expectNothing(name, await fuzz(name, Math.max(1, Math.round(runs * share))));
});

const scratch = scratchFolder("fuzz");
/** Tools and libraries of Debian's packages, and a Go program of Debian's. */
const PROGRAMS =
  /\/(xtables-(nft|legacy)-multi|nft|ipset|conntrack|lib(xtables|ipset|nftnl|nftables)\.so\.[0-9.]+|libxt_(set|mark|nat)\.so|libxt_MARK\.so)$/;
const GO_PROGRAM = "/usr/bin/docker-registry";

test(`binaries of Debian, seed ${seed}`, { timeout }, async (context) => {
  const root = await debianRoot("bookworm");
  if (!root.ok) return skipTest(context, "fuzzing with real binaries", root.reason);
  if (!existsSync(GO_PROGRAM))
    return skipTest(context, "fuzzing with real binaries", "docker-registry is not installed");
  const names = readdirSync(join(root.root.folder, "usr"), { recursive: true, encoding: "utf8" });
  const paths = names.map((name) => join(root.root.folder, "usr", name)).filter((path) => PROGRAMS.test(path));
  expect(paths.length).toBeGreaterThan(8);
  for (const path of [...paths, GO_PROGRAM])
    if (isProgram(path)) scratch.write(`binaries/${basename(path)}`, readFileSync(path));
  const count = Math.max(1, Math.round(runs * (realTargets.binaries?.share ?? 0)));
  expectNothing("binaries", await fuzz("binaries", count, { FUZZ_BINARIES: join(scratch.path, "binaries") }));
});

/** A 64-bit ELF file, not the link to one: completions and settings have names of tools too. */
function isProgram(path: string): boolean {
  return lstatSync(path).isFile() && readFileSync(path).toString("latin1", 0, 5) === "\x7fELF\x02";
}

function expectNothing(name: string, { code, output, hanging }: Finished): void {
  console.log(output.trimEnd());
  expect(hanging, "an input that does not end").toBeUndefined();
  expect(output).not.toMatch(/^FINDING/m);
  expect(code).toBe(0);
  expect(output).toMatch(new RegExp(`^${name}: \\d+ runs, seed ${seed}`, "m"));
  expect(Number(/peak (\d+) MiB/.exec(output)?.[1])).toBeLessThan(PEAK);
}

describe("what was found", () => {
  test.each(regressions)("$target: $what", async ({ target, input }) => {
    await targets[target]?.run(input);
  });
});
