/**
 * Reads an image made of this machine's own files, in gzip and in zstd layers, and compares CPU time and peak memory with the least
 * that any program could do in Node: read, decompress and hash the same layers. Both run as processes of their own, by
 * turns, from bundles as the Action ships them. Fails when the limits are not kept.
 *
 *   npm run bench [-- ROUNDS]
 */
import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import {
  addImage,
  type BuiltLayer,
  buildLayer,
  type Files,
  finishLayout,
  type LayerPacking,
} from "../test/support/image-writer.ts";
import { type TarEntry, writeTar } from "../test/support/tar-writer.ts";

const CPU_LIMIT = 1.4;
const MEMORY_LIMIT = 60;
/**
 * What of this machine goes into the image, a layer each, and how many megabytes of it at most. Together some 40 entries a
 * megabyte, as in the root of a Debian image with common programs (344 MB, 15,146 entries).
 */
const PARTS = [
  { folders: ["/usr/bin", "/usr/sbin"], megabytes: 90 },
  { folders: [`/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`, "/usr/lib"], megabytes: 150 },
  { folders: ["/usr/share"], megabytes: 40 },
];
const LEAST_MEGABYTES = 300;

interface Figures {
  cpu: number;
  memory: number;
}

/** Files and links below a folder, in the order of their names, until the bytes are used up. */
function* collect(folder: string, budget: { bytes: number }): Generator<TarEntry> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const found = lstatSync(path);
    const entry = { name: path.slice(1), mode: found.mode & 0o7777 };
    if (found.isSymbolicLink()) yield { ...entry, flag: "2", linkname: readlinkSync(path) };
    else if (found.isDirectory()) {
      yield { ...entry, name: `${entry.name}/`, flag: "5" };
      yield* collect(path, budget);
    } else if (found.isFile() && found.size <= budget.bytes) {
      budget.bytes -= found.size;
      yield { ...entry, content: readFileSync(path) };
    }
  }
}

/** Names that do not fit the header go into an extended one. */
function withLongNames(entry: TarEntry): TarEntry {
  const { name, linkname = "" } = entry;
  if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(linkname) <= 100) return entry;
  return {
    ...entry,
    name: "long",
    linkname: "",
    pax: { path: name, ...(linkname === "" ? {} : { linkpath: linkname }) },
  };
}

/** One layer for each part of this machine, and one with a single large program: the running Node. */
function makeLayers(packing: LayerPacking): { layers: BuiltLayer[]; entries: number; megabytes: number } {
  const lists = PARTS.map(({ folders, megabytes }) => {
    const budget = { bytes: megabytes * 2 ** 20 };
    return folders.flatMap((folder) => [...collect(folder, budget)]);
  });
  lists.push([
    { name: "usr/local/bin/program", mode: 0o755, content: readFileSync(process.execPath).subarray(0, 60e6) },
  ]);
  const tars = lists.map((list) => writeTar(list.map(withLongNames)));
  const megabytes = tars.reduce((total, tar) => total + tar.length, 0) / 2 ** 20;
  if (megabytes < LEAST_MEGABYTES)
    throw new Error(`this machine has only ${megabytes.toFixed(0)} MB to make an image of`);
  return { layers: tars.map((tar) => buildLayer(tar, packing)), entries: lists.flat().length, megabytes };
}

function writeLayout(folder: string, layers: BuiltLayer[]): void {
  const files: Files = new Map();
  finishLayout(files, [addImage(files, layers)]);
  for (const [name, data] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), data);
  }
}

function run(bundle: string, args: string[]): Figures {
  const child = spawnSync(process.execPath, [bundle, ...args], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(`${args.join(" ")}: ${child.stderr}`);
  return JSON.parse(child.stdout) as Figures;
}

/** The least of each figure: what else the machine does can only add. */
function least(figures: Figures[]): Figures {
  return {
    cpu: Math.min(...figures.map((figure) => figure.cpu)),
    memory: Math.min(...figures.map((figure) => figure.memory)),
  };
}

function compare(packing: LayerPacking, folder: string, bundle: string, rounds: number): boolean {
  const { layers, entries, megabytes } = makeLayers(packing);
  const layout = join(folder, packing);
  writeLayout(layout, layers);
  const blobs = layers.map((layer) => join(layout, "blobs/sha256", layer.digest.slice(7)));
  const stored = layers.reduce((total, layer) => total + layer.bytes.length, 0);
  const bare: Figures[] = [];
  const ours: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(run(bundle, ["bare", packing, ...blobs]));
    ours.push(run(bundle, ["ours", layout]));
  }
  const [b, o] = [least(bare), least(ours)];
  const ratio = o.cpu / b.cpu;
  const more = o.memory - b.memory;
  const good = ratio <= CPU_LIMIT && more <= MEMORY_LIMIT;
  console.log(
    [
      `${packing}: ${megabytes.toFixed(0)} MB in ${entries} entries, ${(stored / 2 ** 20).toFixed(0)} MB stored; ${rounds} rounds, least of each`,
      `  bare loop  ${b.cpu.toFixed(2)} s CPU  ${b.memory.toFixed(0)} MB peak`,
      `  ours       ${o.cpu.toFixed(2)} s CPU  ${o.memory.toFixed(0)} MB peak`,
      `  ratio      ${ratio.toFixed(2)} (limit ${CPU_LIMIT})  ${more.toFixed(0)} MB more (limit ${MEMORY_LIMIT})  ${good ? "kept" : "NOT KEPT"}`,
    ].join("\n"),
  );
  return good;
}

const folder = mkdtempSync(join(tmpdir(), "netfilter-compat-bench-"));
try {
  const bundle = join(folder, "readers.mjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "readers.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const rounds = Number(process.argv[2] ?? 5);
  const kept = (["gzip", "zstd"] as const).map((packing) => compare(packing, folder, bundle, rounds));
  if (kept.includes(false)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
