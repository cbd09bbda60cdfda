// The main job on the samples that ship in the repository: three images, one after the other, against the small matrix of
// the story. Says what to expect, runs the real command line, and fails when the verdicts are others.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const samples = [
  { file: "examples/kilo-0.6.0.tar", says: "the image of the story: fails", status: 1 },
  { file: "examples/kilo-0.7.0.tar", says: "its successor as it is: warnings that are true", status: 0 },
  { file: "examples/kilo-fixed.tar", says: "both backends, newer tools: clean", status: 0 },
];

let unexpected = 0;
for (const { file, says, status } of samples) {
  console.log(`\n$ netfilter-compat check ${file} --config examples/matrix.yml      (${says})\n`);
  const run = spawnSync(
    process.execPath,
    [join(root, "dist/cli.js"), "check", file, "--config", "examples/matrix.yml"],
    {
      cwd: root,
      stdio: "inherit",
    },
  );
  if (run.status === status) continue;
  unexpected++;
  console.log(`expected exit code ${status}, got ${run.status}`);
}
process.exit(unexpected === 0 ? 0 : 1);
