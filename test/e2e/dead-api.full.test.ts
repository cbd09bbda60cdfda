import { join } from "node:path";
import { expect, test } from "vitest";
import { samples } from "../report/samples.ts";
import { runStep } from "../support/action-step.ts";
import { addressOf, listenForSockets } from "../support/listen.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** Waits for the real deadline: 25 seconds. */

const scratch = scratchFolder("dead-api");

test("an API that takes the connection and never answers costs the comment, and less than 30 seconds", async () => {
  const server = await listenForSockets(() => {});
  const reports = scratch.write("report.json", JSON.stringify(samples["kilo-broken"]));
  const start = performance.now();
  const run = await runStep({
    command: [join(root, "dist/report.js")],
    folder: scratch.path,
    apiUrl: `http://${addressOf(server)}`,
    inputs: { reports },
  });
  expect(performance.now() - start).toBeLessThan(30_000);
  expect(run.code).toBe(1);
  expect(run.outputs.verdict).toBe("fail");
  expect(run.summary).toMatch(/^### ❌/);
  expect(run.log).toMatch(/^::warning::No pull-request comment: GitHub's API can't be reached/m);
});
