// Writes docs/compatibility.md from src/knowledge; with --check it only compares.
//
//   node scripts/node24.mjs scripts/write-compatibility.ts [--check]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { compatibilityPage } from "./compatibility-page.ts";

const file = new URL("../docs/compatibility.md", import.meta.url);
const text = compatibilityPage();
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
  console.error("docs/compatibility.md is stale: run npm run generate");
  process.exitCode = 1;
}
