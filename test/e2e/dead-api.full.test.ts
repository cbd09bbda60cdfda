import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { samples } from "../report/samples.ts";
import { runStep } from "../support/action-step.ts";
import { root } from "../support/spawn.ts";

/** Waits for the real deadline: 25 seconds. */

test("an API that takes the connection and never answers costs the comment, and less than 30 seconds", async () => {
  const folder = mkdtempSync(join(tmpdir(), "netfilter-compat-dead-"));
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    writeFileSync(join(folder, "report.json"), JSON.stringify(samples["kilo-broken"]));
    const start = performance.now();
    const run = await runStep({
      command: [join(root, "dist/report.js")],
      folder,
      apiUrl: `http://127.0.0.1:${port}`,
      inputs: { reports: join(folder, "report.json") },
    });
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(run.code).toBe(1);
    expect(run.outputs.verdict).toBe("fail");
    expect(run.summary).toMatch(/^### ❌/);
    expect(run.log).toMatch(/^::warning::No pull-request comment: GitHub's API can't be reached/m);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
