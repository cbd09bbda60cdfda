// Started as a process by fuzz.test.ts and by hand: node test/fuzz/worker.ts TARGET SEED RUNS [SECONDS]
import * as fc from "fast-check";
import { realTargets, targets } from "./targets.ts";

/** CPU seconds for one run, generous: the largest inputs take some tens of milliseconds. */
const SLOW = 10;

const [name = "", seed = "1", runs = "100", seconds] = process.argv.slice(2);
const target = targets[name] ?? realTargets[name];
if (target === undefined)
  throw new Error(`no target ${name}: ${Object.keys({ ...targets, ...realTargets }).join(", ")}`);

let slowest = 0;
const property = fc.asyncProperty(target.input, async (input) => {
  // What hangs is what was announced last.
  process.send?.(JSON.stringify(input));
  const before = process.cpuUsage();
  await target.run(input);
  const { user, system } = process.cpuUsage(before);
  slowest = Math.max(slowest, (user + system) / 1e6);
  if ((user + system) / 1e6 > SLOW) throw new Error(`it took ${(user + system) / 1e6} s`);
});
const result = await fc.check(property, {
  seed: Number(seed),
  numRuns: Number(runs),
  ...(seconds === undefined ? {} : { interruptAfterTimeLimit: Number(seconds) * 1000 }),
});
if (result.failed && result.counterexample !== null) {
  const error = result.errorInstance;
  console.log(`FINDING ${name}: ${JSON.stringify(result.counterexample[0])}`);
  console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (error instanceof Error && error.cause instanceof Error) console.log(error.cause.stack);
  process.exitCode = 1;
}
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`${name}: ${result.numRuns} runs, seed ${seed}, slowest ${slowest.toFixed(2)} s, peak ${peak} MiB`);
process.disconnect?.();
