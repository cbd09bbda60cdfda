// Rebuilds dist/ and compares it byte for byte with what is committed: people run dist/, so it must be what src/ says.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

/** @returns {Map<string, string>} file name to content */
function readAll() {
  return new Map(readdirSync(dist).map((name) => [name, readFileSync(join(dist, name), "latin1")]));
}

const committed = readAll();
await import("./build.mjs");
const built = readAll();
const names = [...new Set([...committed.keys(), ...built.keys()])].sort();
const different = names.filter((name) => committed.get(name) !== built.get(name));
for (const name of different)
  console.error(`dist/${name} is not what the source builds: run npm run build and commit dist/`);
console.log(`${names.length} files in dist/, ${different.length} differ from the source`);
process.exit(different.length === 0 ? 0 : 1);
