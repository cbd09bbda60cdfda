// Imports point one way. Reads the import lines of src/ (TypeScript 7 has no JavaScript API to ask) and compares them with
// the table below, which is the one in the README.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const src = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

/** What each room may import besides itself. Files directly in src/ join the rooms. */
const allowed = {
  model: [],
  knowledge: ["model"],
  image: ["model"],
  toolchain: ["model", "knowledge"],
  hosts: ["model", "knowledge"],
  compat: ["model", "knowledge"],
  report: ["model"],
  dockerfile: ["model", "files"],
  config: ["model"],
  files: ["model"],
  github: ["model", "report", "files"],
};
/** Packages, Node's own modules included, that only some rooms may use. */
const packages = {
  model: [/^zod\/mini$/],
  knowledge: [/^zod\/mini$/],
  image: [/^node:/, /^tar-stream$/, /^zod\/mini$/],
  toolchain: [/^node:path\/posix$/, /^node:crypto$/],
  hosts: [/^semver$/, /^zod\/mini$/],
  compat: [],
  report: [],
  dockerfile: [/^dockerfile-ast$/, /^node:(fs|path)/],
  config: [/^yaml$/, /^zod\/mini$/],
  files: [/^node:/],
  github: [/^zod\/mini$/, /^@actions\//, /^@octokit\//, /^node:/],
};

const problems = [];
let files = 0;
for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
  files++;
  const file = join(entry.parentPath, entry.name);
  const room = relative(src, file).split("/")[0];
  if (room.endsWith(".ts")) continue;
  if (allowed[room] === undefined) problems.push(`${relative(src, file)}: src/${room} is not in the table of rooms`);
  for (const specifier of importsOf(readFileSync(file, "utf8"))) check(file, room, specifier);
}

/** @param {string} file @param {string} room @param {string} specifier */
function check(file, room, specifier) {
  const name = relative(src, file);
  if (!specifier.startsWith(".")) {
    if (!(packages[room] ?? []).some((pattern) => pattern.test(specifier)))
      problems.push(`${name}: src/${room} may not import ${specifier}`);
    return;
  }
  const target = relative(src, resolve(dirname(file), specifier));
  if (target.startsWith("../")) {
    if (!/^\.\.\/node_modules\/tar-stream\//.test(target) || room !== "image")
      problems.push(`${name}: imports ${target} from outside src`);
    return;
  }
  const other = target.split("/")[0];
  if (other === room || (allowed[room] ?? []).includes(other)) return;
  problems.push(`${name}: src/${room} may not import src/${other}`);
}

/** @param {string} text @returns {string[]} */
function importsOf(text) {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

for (const problem of problems) console.error(problem);
console.log(`${files} files, ${problems.length} imports against the direction`);
process.exit(problems.length === 0 ? 0 : 1);
