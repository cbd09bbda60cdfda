import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  test: {
    include: ["test/**/*.test.ts"],
    // The long sweeps: npm run test:full.
    exclude: process.env.FULL_TESTS === "1" ? [] : ["test/**/*.full.test.ts"],
    // Tests that build real images share one folder of Debian roots; each worker is a process, so two are enough.
    pool: "forks",
    maxWorkers: 2,
    // Prints what was skipped and why, and where the time went.
    globalSetup: ["test/support/skip-summary.ts"],
    // What hangs ends by limits of its own (each spawned command has one); a machine that others use is merely slow.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    reporters: ["default", ["json", { outputFile: ".cache/test-results.json" }]],
  },
});
