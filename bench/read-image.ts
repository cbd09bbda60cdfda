/**
 * Reads a generated image of some 340 MB, in gzip and in zstd layers, and compares CPU time and peak memory with the least
 * that any program could do in Node: read, decompress and hash the same layers. Both run as processes of their own, by
 * turns, from bundles as the Action ships them. Fails when the limits are not kept.
 *
 *   npm run bench [-- ROUNDS]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
import type { TarEntry } from "../test/support/tar-writer.ts";

const CPU_LIMIT = 1.4;
const MEMORY_LIMIT = 60;
/** Files and megabytes of each layer: a base, two package layers, the program. */
const LAYERS = [
  { files: 9_000, megabytes: 170 },
  { files: 4_500, megabytes: 90 },
  { files: 1_500, megabytes: 40 },
  { files: 20, megabytes: 40 },
];

interface Figures {
  cpu: number;
  memory: number;
}

/** Numbers between 0 and 1 from a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FOLDERS = ["usr/bin", "usr/lib/x86_64-linux-gnu", "usr/share/doc/package"];

/** Files whose content is cut from the running Node binary: it compresses as the binaries in an image do. */
function makeEntries(seed: number, files: number, megabytes: number, source: Buffer): TarEntry[] {
  const random = createRandom(seed);
  const mean = (megabytes * 2 ** 20) / files;
  return Array.from({ length: files }, (_, i) => {
    // Most files are small, few are large.
    const size = Math.min(source.length / 2, Math.floor((-Math.log(1 - random())) ** 3 * (mean / 6)));
    const offset = Math.floor(random() * (source.length - size));
    const kind = Math.floor((i / files) * FOLDERS.length);
    const name = `${FOLDERS[kind]}${kind === 2 ? `-${i >> 3}` : ""}/file-${seed}-${i}`;
    return { name, mode: kind === 0 ? 0o755 : 0o644, content: source.subarray(offset, offset + size) };
  });
}

function makeLayers(packing: LayerPacking): BuiltLayer[] {
  const source = readFileSync(process.execPath);
  return LAYERS.map(({ files, megabytes }, i) => buildLayer(makeEntries(i + 1, files, megabytes, source), packing));
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
  const layers = makeLayers(packing);
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
      `${packing}: ${(stored / 2 ** 20).toFixed(0)} MB stored, ${rounds} rounds, least of each`,
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
