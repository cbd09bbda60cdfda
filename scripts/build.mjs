// Bundles src/ into dist/: readable, not minified, byte for byte the same on every machine. Writes the licences of what is
// bundled beside it.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const { build } = await import("esbuild").catch(() => {
  process.stderr.write("esbuild is missing: run npm ci first\n");
  process.exit(2);
});
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const out = join(root, "dist");
/** Stands for the build's name until all of it is there. */
const BUILD = "@build@";

/** Programs that start with a small file load the rest as a file of its own, so that it is read only when it is wanted. */
const later = { "./cli.ts": "./commands.js", "./cli-inspect.ts": "./inspect.js", "./main.ts": "./action.js" };
const loadLater = {
  name: "load-later",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(cli|cli-inspect|main)\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: later[path], external: true } : undefined,
    );
  },
};

/**
 * `import` of Node's http reads each of its exports, WebSocket among them, and that loads Node's whole fetch: a quarter of the
 * time the Action takes to start. `require` leaves it alone.
 */
const requireHttp = {
  name: "require-http",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path: path.replace("node:", ""), namespace: "required" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require("node:${path}")`,
    }));
  },
};

const result = await build({
  absWorkingDir: root,
  entryPoints: {
    index: "src/action-start.ts",
    action: "src/main.ts",
    cli: "src/start.ts",
    commands: "src/cli.ts",
    inspect: "src/cli-inspect.ts",
    report: "src/gather.ts",
  },
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  conditions: ["import"],
  legalComments: "none",
  metafile: true,
  // What is committed goes only once the new one is whole.
  write: false,
  plugins: [loadLater, requireHttp],
  logLevel: "warning",
  define: { __VERSION__: JSON.stringify(version), __BUILD__: JSON.stringify(BUILD) },
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
});
const bundles = named(result.outputFiles.map(({ path, text }) => ({ name: basename(path), text })));
const files = [
  ...bundles,
  { name: "package.json", text: '{ "type": "module" }\n' },
  { name: "licenses.txt", text: licences(Object.keys(result.metafile.inputs)) },
];
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
for (const { name, text } of files) writeFileSync(join(out, name), text);

/** The bundles with the digest of all of them in each. */
function named(unnamed) {
  const sorted = unnamed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const digest = createHash("sha256").update(JSON.stringify(sorted.map(({ text }) => text)));
  const name = digest.digest("hex").slice(0, 16);
  return sorted.map(({ name: file, text }) => ({ name: file, text: text.replaceAll(BUILD, name) }));
}

/** The licence text of every package that has a file in the bundle. */
function licences(inputs) {
  const names = new Set();
  for (const input of inputs) {
    const path = input.split("node_modules/").at(-1);
    if (path === undefined || !input.includes("node_modules/")) continue;
    names.add(
      input.slice(0, input.lastIndexOf("node_modules/") + 13) +
        path
          .split("/")
          .slice(0, path.startsWith("@") ? 2 : 1)
          .join("/"),
    );
  }
  return [...names]
    .sort()
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const file = readdirSync(join(root, folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
      const text =
        file === undefined
          ? `${manifest.license} (the package carries no licence file)`
          : readFileSync(join(root, folder, file), "utf8");
      return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text.trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
