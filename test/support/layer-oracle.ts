import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type TarEntry, writeTar } from "./tar-writer.ts";

/**
 * What a stack of layers leaves on a disk: GNU tar unpacks it and a shell script removes what whiteouts name, both in a
 * chroot, so links lead where they would lead in a container.
 */

/** One layer as the generator makes it: whiteouts are entries too, wherever they stand. */
export type OracleLayer = TarEntry[];

const TOOLS = ["tar", "sh", "rm"];
const quick = { encoding: "utf8", timeout: 30_000 } as const;

/** Why the oracle cannot run here; undefined when it can. */
export function missingForOracle(): string | undefined {
  if (process.getuid?.() !== 0) return "chroot needs root";
  if (!/GNU tar/.test(spawnSync("tar", ["--version"], quick).stdout ?? "")) return "no GNU tar";
  if (spawnSync("ldd", [which("tar") ?? "/"], quick).status !== 0) return "no ldd to find tar's libraries";
  return undefined;
}

function which(tool: string): string | undefined {
  return spawnSync("sh", ["-c", `command -v ${tool}`], quick).stdout.trim() || undefined;
}

/** Gathers the programs that run inside the chroots, once. */
export function prepareToolbox(folder: string): string {
  const toolbox = join(folder, "toolbox");
  mkdirSync(toolbox, { recursive: true });
  for (const tool of TOOLS) {
    const path = which(tool) ?? "";
    copyFileSync(path, join(toolbox, tool));
    const libraries = spawnSync("ldd", [path], quick).stdout;
    for (const [, library] of libraries.matchAll(/(\/\S+\.so[^\s)]*)/g)) {
      if (library !== undefined) copyFileSync(library, join(toolbox, basename(library)));
    }
  }
  const loader = readdirSync(toolbox).find((name) => name.startsWith("ld-")) ?? "";
  copyFileSync(join(toolbox, loader), join(toolbox, "loader"));
  return toolbox;
}

/**
 * Unpacks the layers into `root`.
 * @returns false when GNU tar refused one of them
 */
export function unpackOnDisk(root: string, toolbox: string, layers: readonly OracleLayer[]): boolean {
  const inside = join(root, ".oracle");
  mkdirSync(inside, { recursive: true });
  for (const name of readdirSync(toolbox)) linkSync(join(toolbox, name), join(inside, name));
  const run = "/.oracle/loader --library-path /.oracle";
  const script = [`cd / || exit 9`, `rm() { ${run} /.oracle/rm "$@"; }`, `tar() { ${run} /.oracle/tar "$@"; }`];
  const directories = directoryNames(layers);
  for (const [index, layer] of layers.entries()) script.push(...scriptOf(layer, index, inside, directories));
  writeFileSync(join(inside, "script"), `${script.join("\n")}\n`);
  const { status, stderr, error } = spawnSync(
    "chroot",
    [root, "/.oracle/loader", "--library-path", "/.oracle", "/.oracle/sh", "/.oracle/script"],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (status === 0) return true;
  if (status === 2) return false;
  throw new Error(`the oracle failed (${status}): ${stderr}`, { cause: error });
}

/** Shell lines that apply one layer: what it hides first, then its files in order. */
function scriptOf(layer: OracleLayer, index: number, folder: string, directories: Set<string>): string[] {
  const own = new Set(layer.map(nameOf));
  const lines: string[] = [];
  const files: TarEntry[] = [];
  for (const entry of layer) {
    const name = nameOf(entry);
    const parent = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
    const base = name.slice(name.lastIndexOf("/") + 1);
    if (!base.startsWith(".wh.")) {
      files.push(entry);
      continue;
    }
    // A link on the way that this layer replaces hides what is behind it: nothing there is removed.
    const parents = parent.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/"));
    const guards = parents.filter((path) => own.has(path)).map((path) => `[ -L './${path}' ] || `);
    const hide =
      base === ".wh..wh..opq"
        ? `{ [ -d './${parent}' ] && ( cd './${parent}' && rm -rf -- * ); }`
        : `rm -rf -- './${parent}/${base.slice(4)}'`;
    lines.push(`${guards.join("")}${hide}`);
  }
  let batch: TarEntry[] = [];
  const flush = (number: number) => {
    if (batch.length === 0) return;
    const tar = `layer-${index}-${number}.tar`;
    writeFileSync(join(folder, tar), writeTar(batch));
    lines.push(`tar -xpPf /.oracle/${tar} || exit 2`);
    batch = [];
  };
  for (const [number, entry] of files.entries()) {
    if (entry.flag !== "5" && directories.has(basename(nameOf(entry)))) {
      // GNU tar puts no file in the place of a directory that is not empty; container runtimes do.
      flush(number);
      const path = `./${nameOf(entry)}`;
      lines.push(`if [ -d '${path}' ] && [ ! -L '${path}' ]; then rm -rf -- '${path}'; fi`);
    }
    batch.push(entry);
  }
  flush(files.length);
  return lines;
}

/** Last components of all directories: only a file of such a name can meet one. */
function directoryNames(layers: readonly OracleLayer[]): Set<string> {
  const names = layers.flat().flatMap((entry) => {
    const parts = nameOf(entry).split("/");
    return entry.flag === "5" ? parts : parts.slice(0, -1);
  });
  return new Set(names);
}

function nameOf(entry: TarEntry): string {
  return `${entry.name}`.replace(/\/$/, "");
}

/** Everything below a directory, one line a path: type, mode, link target or content. */
export function listDisk(root: string): string[] {
  const lines: string[] = [];
  function visit(folder: string): void {
    for (const name of readdirSync(join(root, folder))) {
      if (folder === "" && name === ".oracle") continue;
      const path = `${folder}/${name}`;
      const found = lstatSync(join(root, path));
      const mode = (found.mode & 0o7777).toString(8);
      if (found.isSymbolicLink()) lines.push(`${path} -> ${readlinkSync(join(root, path))}`);
      else if (found.isDirectory()) lines.push(`${path}/ ${mode}`);
      else lines.push(`${path} ${mode} ${readFileSync(join(root, path), "latin1")}`);
      if (found.isDirectory()) visit(path);
    }
  }
  visit("");
  return lines.sort();
}
