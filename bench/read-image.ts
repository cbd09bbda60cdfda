/**
 * Reads real images with `dist/cli.js inspect`, the whole command as people run it, and compares it in the same run, by turns,
 * with the least that any program could do in Node (`bare-loop.mjs`) and with other programs that read whole images. Also
 * how long the programs take to start, and how reading grows with the image. Prints tables, writes `docs/performance.json`
 * when asked (`npm run format` puts it into shape), and fails when a goal is missed.
 *
 *   npm run build && node scripts/node24.mjs bench/read-image.ts [--quick] [--rounds N] [--write]
 *
 * --quick: the smaller image only, one round. --rounds: how often the smaller image is read, default 5; the larger one less. The first run makes the images, a quarter of an hour and 30 GB in TMPDIR.
 */
import { execFileSync } from "node:child_process";
import { createReadStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasCommand } from "../test/support/roots.ts";
import { type BenchImage, type Packing, packings, prepareImage } from "./images.ts";
import { type Command, compare, type Figures, firstByte } from "./measure.ts";
import { byteSteps, entrySteps, imageOfBytes, imageOfEntries } from "./scale.ts";
import { push, startDaemon, startRegistry } from "./servers.ts";

/** One image from one source. */
interface Row {
  image: string;
  source: string;
  /** MB (2^20). */
  stored: number;
  unpacked: number;
  entries: number;
  figures: Record<string, Figures>;
}

interface Goal {
  what: string;
  measured: number;
  limit: number;
}

const { values: options } = parseArgs({
  options: { quick: { type: "boolean" }, write: { type: "boolean" }, rounds: { type: "string", default: "5" } },
});
const rounds = options.quick ? 1 : Number(options.rounds);
const root = join(import.meta.dirname, "..");
const cache = join(tmpdir(), "netfilter-compat-bench");
const MB = 2 ** 20;
const node = process.execPath;

function ours(reference: string): Command {
  return [node, join(root, "dist/cli.js"), "inspect", reference, "--format", "json"];
}

function bare(packing: Packing, layers: readonly string[]): Command {
  return [node, join(root, "bench/bare-loop.mjs"), packing, ...layers];
}

/** Other programs' work on the same image; only those that are installed. */
function others(image: BenchImage, packing: Packing): Record<string, Command> {
  const out = join(cache, "out");
  const layout = image.layouts[packing];
  const copy = ["skopeo", "--insecure-policy", "copy", "-q", `oci:${layout}:latest`, `dir:${out}`] as const;
  return {
    "skopeo copy": copy,
    // Without it the blobs are copied as they are; with it they are unpacked, as they have to be to be looked into.
    ...(packing === "none" ? {} : { "skopeo copy, decompressing": [...copy, "--dest-decompress"] as const }),
    // umoci 0.4 does not know zstd.
    ...(packing === "gzip" ? { "umoci unpack": ["umoci", "unpack", "--image", `${layout}:latest`, out] } : {}),
    ...(hasCommand("syft") && image.name === "medium"
      ? { syft: ["syft", "scan", "-q", "-o", "json", `oci-dir:${layout}`] }
      : {}),
    ...(hasCommand("trivy") ? { trivy: ["trivy", "image", "--offline-scan", "--input", layout] } : {}),
  };
}

function clearOutput(): void {
  rmSync(join(cache, "out"), { recursive: true, force: true });
}

async function measureRow(
  image: BenchImage,
  source: string,
  packing: Packing,
  commands: Record<string, Command>,
): Promise<Row> {
  const { other, own } = split(commands);
  const figures = await compare(own, image.name === "medium" ? rounds : Math.ceil(rounds / 3));
  Object.assign(figures, await compare(other, Math.ceil(rounds / 5), clearOutput));
  clearOutput();
  const row: Row = {
    image: image.name,
    source,
    stored: image.bytes[packing] / MB,
    unpacked: image.bytes.none / MB,
    entries: image.entries,
    figures,
  };
  printRow(row);
  return row;
}

function split(commands: Record<string, Command>) {
  const isOwn = (name: string) => name === "bare loop" || name === "inspect";
  const pick = (own: boolean) => Object.fromEntries(Object.entries(commands).filter(([name]) => isOwn(name) === own));
  return { own: pick(true), other: pick(false) };
}

function printRow({ image, source, stored, unpacked, entries, figures }: Row): void {
  const size = `${stored.toFixed(0)} MB stored, ${unpacked.toFixed(0)} MB unpacked, ${entries} entries`;
  console.log(`\n${image}, ${source}: ${size}`);
  const least = figures["bare loop"];
  for (const [name, { cpu, wall, memory }] of Object.entries(figures)) {
    const ratio = least === undefined ? "" : `${(cpu / least.cpu).toFixed(2)} of the bare loop`;
    console.log(
      `  ${name.padEnd(28)}${cpu.toFixed(2).padStart(8)} s CPU ${wall.toFixed(2).padStart(8)} s ${memory.toFixed(0).padStart(6)} MB  ${ratio}`,
    );
  }
}

async function measureSources(image: BenchImage): Promise<Row[]> {
  const rows: Row[] = [];
  for (const packing of packings)
    rows.push(
      await measureRow(image, `OCI layout, ${packing}`, packing, {
        "bare loop": bare(packing, image.layers[packing]),
        inspect: ours(`oci:${image.layouts[packing]}`),
        ...others(image, packing),
      }),
    );
  const archives = [
    ["OCI archive, gzip", "gzip", `oci-archive:${image.ociArchive}`],
    ["Docker archive, uncompressed", "none", `docker-archive:${image.dockerArchive}`],
  ] as const;
  for (const [source, packing, reference] of archives) {
    // Other files than the layers that the bare loop reads: neither may come from the disk where the other does not.
    await warm(reference.slice(reference.indexOf(":") + 1));
    rows.push(
      await measureRow(image, source, packing, {
        "bare loop": bare(packing, image.layers[packing]),
        inspect: ours(reference),
      }),
    );
  }
  return [...rows, ...(await measureRegistry(image)), ...(await measureDaemon(image))];
}

/** Reads a file into the page cache. */
async function warm(file: string): Promise<void> {
  for await (const _ of createReadStream(file, { highWaterMark: MB }));
}

async function measureRegistry(image: BenchImage): Promise<Row[]> {
  const registry = await startRegistry(cache);
  try {
    const rows: Row[] = [];
    for (const packing of ["gzip", "zstd"] as const) {
      const name = push(registry.host, image, packing);
      const urls = blobDigests(image, packing).map(
        (digest) => `http://${registry.host}/v2/${image.name}/blobs/${digest}`,
      );
      rows.push(
        await measureRow(image, `registry, ${packing}`, packing, {
          "bare loop": bare(packing, urls),
          inspect: ours(`docker://${name}`),
        }),
      );
    }
    return rows;
  } finally {
    registry.close();
  }
}

function blobDigests(image: BenchImage, packing: Packing): string[] {
  const layout = image.layouts[packing];
  const read = (name: string) => JSON.parse(readFileSync(join(layout, name), "utf8"));
  const [manifest] = read("index.json").manifests as { digest: string }[];
  const { layers } = read(`blobs/sha256/${manifest?.digest.slice(7)}`) as { layers: { digest: string }[] };
  return layers.map(({ digest }) => digest);
}

/** What `docker save` gives: uncompressed layers from the classic image store, layers as they were pulled from containerd's. */
async function measureDaemon(image: BenchImage): Promise<Row[]> {
  const archives = { none: image.dockerArchive, gzip: image.ociArchive };
  const urls = image.layers.gzip.map((_, i) => `/layers/${i}`);
  const files = Object.fromEntries(urls.map((url, i) => [url, image.layers.gzip[i] as string]));
  const daemon = await startDaemon(cache, { archives, files });
  const reading = (packing: keyof typeof archives, paths: string[]) => ({
    "bare loop": bare(
      packing,
      paths.map((path) => `unix:${daemon.socket}:${path}`),
    ),
    inspect: ["env", `DOCKER_HOST=unix://${daemon.socket}`, ...ours(`docker-daemon:${packing}:latest`)] as const,
  });
  try {
    return [
      await measureRow(image, "daemon (a stand-in), uncompressed", "none", reading("none", ["/images/none/get"])),
      await measureRow(image, "daemon (a stand-in), gzip", "gzip", reading("gzip", urls)),
    ];
  } finally {
    daemon.close();
  }
}

async function measureStart() {
  const cli = join(root, "dist/cli.js");
  const start = await firstByte(
    {
      node: [node, "-e", "0"],
      version: [node, cli, "--version"],
      action: [node, join(root, "dist/index.js")],
      commands: [node, cli, "hosts"],
    },
    rounds * 5,
  );
  console.log(
    `\nstart, ms until the first output: node -e 0 ${start.node.toFixed(0)}, --version ${start.version.toFixed(0)}, Action ${start.action.toFixed(0)}, hosts ${start.commands.toFixed(0)}`,
  );
  return start;
}

async function measureScale(image: BenchImage) {
  const points = [];
  const steps = [];
  for (const size of byteSteps) {
    const step = await bytesOf(image, size);
    steps.push({ kind: "MB", size: step.unpacked, ...step });
  }
  for (const size of entrySteps) steps.push({ kind: "entries", size, ...(await imageOfEntries(cache, size)) });
  for (const { kind, size, layout, layer } of steps) {
    const commands = { "bare loop": bare("zstd", [layer]), inspect: ours(`oci:${layout}`) };
    const figures = await compare(commands, Math.ceil(rounds / 2));
    console.log(
      `${size} ${kind}: ${Object.entries(figures)
        .map(([name, { cpu, memory }]) => `${name} ${cpu.toFixed(2)} s CPU ${memory.toFixed(0)} MB`)
        .join(", ")}`,
    );
    points.push({ kind, size, figures });
  }
  return points;
}

function bytesOf(image: BenchImage, size: number) {
  const [, libraries = ""] = image.layers.none;
  return imageOfBytes(cache, libraries, size);
}

/** The goals of reading, and what was measured. */
function goalsOf(rows: Row[], start: { node: number; version: number; action: number }): Goal[] {
  const goals: Goal[] = [];
  for (const { image, source, figures } of rows) {
    const [least, own] = [figures["bare loop"], figures.inspect];
    if (least === undefined || own === undefined) continue;
    const what = `${image}, ${source}`;
    goals.push({
      what: `${what}: CPU, of the bare loop`,
      measured: own.cpu / least.cpu,
      limit: source.includes("uncompressed") || source.includes("none") ? 1.2 : 1.3,
    });
    goals.push({ what: `${what}: memory beyond the bare loop, MB`, measured: own.memory - least.memory, limit: 60 });
    for (const name of ["skopeo copy", "skopeo copy, decompressing", "umoci unpack"]) {
      const other = figures[name];
      if (other !== undefined)
        goals.push({ what: `${what}: time, of ${name}`, measured: own.wall / other.wall, limit: 1 });
    }
  }
  goals.push({ what: "--version, of node -e 0", measured: start.version / start.node, limit: 3 });
  goals.push({ what: "Action to its first log line, of node -e 0", measured: start.action / start.node, limit: 6 });
  return goals;
}

function versionOf(command: string, args: string[]): string {
  if (!hasCommand(command)) return "";
  return /\d+\.\d+[.\d]*/.exec(execFileSync(command, args, { encoding: "utf8" }))?.[0] ?? "";
}

function describeMachine() {
  const [cpu] = cpus();
  const versions = {
    node: process.versions.node,
    skopeo: versionOf("skopeo", ["--version"]),
    umoci: versionOf("umoci", ["--version"]),
    "docker-registry": versionOf("docker-registry", ["--version"]),
    syft: versionOf("syft", ["--version"]),
    trivy: versionOf("trivy", ["--version"]),
  };
  return {
    cpu: `${cpus().length} x ${cpu?.model.trim()}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    kernel: execFileSync("uname", ["-sr"], { encoding: "utf8" }).trim(),
    versions: Object.fromEntries(Object.entries(versions).filter(([, version]) => version !== "")),
  };
}

mkdirSync(cache, { recursive: true });
const names = options.quick ? (["medium"] as const) : (["medium", "large"] as const);
const start = await measureStart();
const rows: Row[] = [];
let biggest: BenchImage | undefined;
for (const name of names) {
  biggest = await prepareImage(cache, name);
  rows.push(...(await measureSources(biggest)));
}
const scale = options.quick || biggest === undefined ? [] : await measureScale(biggest);
const goals = goalsOf(rows, start);
console.log("\ngoals");
for (const { what, measured, limit } of goals)
  console.log(`  ${measured <= limit ? "kept  " : "MISSED"} ${what}: ${measured.toFixed(2)} (at most ${limit})`);
if (options.write)
  writeFileSync(
    join(root, "docs/performance.json"),
    `${JSON.stringify({ machine: describeMachine(), start, rows, scale, goals }, null, 1)}\n`,
  );
if (goals.some(({ measured, limit }) => measured > limit)) process.exitCode = 1;
