// Writes docs/performance.md and its plot from docs/performance.json, which `npm run bench -- --write` leaves.
//
//   node scripts/node24.mjs scripts/write-performance.ts
import { readFileSync, writeFileSync } from "node:fs";
import { plotScale, type ScalePoint } from "./performance-plot.ts";

interface Figures {
  cpu: number;
  wall: number;
  memory: number;
}

interface Results {
  machine: { cpu: string; memory: string; kernel: string; versions: Record<string, string> };
  start: Record<"node" | "version" | "action" | "commands", number>;
  rows: {
    image: string;
    source: string;
    stored: number;
    unpacked: number;
    entries: number;
    figures: Record<string, Figures>;
  }[];
  scale: ScalePoint[];
  /** What a reader of this run has to know; written by hand. */
  notes?: string[];
  goals: { what: string; measured: number; limit: number }[];
}

const docs = new URL("../docs/", import.meta.url);
const results = JSON.parse(readFileSync(new URL("performance.json", docs), "utf8")) as Results;
writeFileSync(new URL("performance.md", docs), page(results));
if (results.scale.length > 0) writeFileSync(new URL("images/performance.svg", docs), plotScale(results.scale));

function page({ machine, start, rows, scale, goals, notes }: Results): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const missed = goals.filter(({ measured, limit }) => measured > limit);
  const inspect = rows.map((row) => {
    const { "bare loop": bare, inspect: own } = row.figures;
    if (bare === undefined || own === undefined) return "";
    return tableRow([
      row.image,
      row.source,
      `${row.stored.toFixed(0)} MB`,
      seconds(bare.cpu),
      seconds(own.cpu),
      (own.cpu / bare.cpu).toFixed(2),
      seconds(own.wall),
      `${own.memory.toFixed(0)} MB`,
      signed(own.memory - bare.memory),
    ]);
  });
  const others = rows.flatMap((row) =>
    Object.entries(row.figures)
      .filter(() => Object.keys(row.figures).length > 2)
      .map(([name, { cpu, wall, memory }]) =>
        tableRow([row.image, row.source, name, seconds(cpu), seconds(wall), `${memory.toFixed(0)} MB`]),
      ),
  );
  return `# Performance

What reading costs, against the least that any program could do in Node: read the layers, decompress them, and compute the
digests of both sides (\`bench/bare-loop.mjs\`). \`npm run bench\` measures it; this page and its plot are written from one run by
\`scripts/write-performance.ts\`. Nothing of it runs in CI, where times say more about the neighbours than about the program.

Machine: ${machine.cpu}, ${machine.memory} of memory, ${machine.kernel}. ${versions.join(", ")}. Programs ran by turns, and the
least of each figure counts: compare the figures of one row with each other, not with another machine's.

The images are Debian 12 systems of real packages: ${describeImages(rows)}. \`inspect\` is the whole command, \`node dist/cli.js
inspect IMAGE --format json\`: starting the program, finding the image, verifying every digest, reading all packages, programs
and scripts in it, and telling the toolchain.

## Reading

| image | source | stored | bare loop, CPU | inspect, CPU | ratio | inspect, time | memory | beyond the bare loop |
|---|---|---|---|---|---|---|---|---|
${inspect.filter((line) => line !== "").join("\n")}

The bare loop takes its bytes from the same place: files, the registry on loopback, the socket. The daemon is a stand-in that
answers as Docker's does, because what a daemon does before the first byte is its own affair: with uncompressed layers, as from
the classic image store, and with layers as they were pulled, as from containerd's; the registry is Debian's
docker-registry. No layer is written to disk. Memory hardly depends on the bytes of an image, but on its entries and on what is
kept of its programs.
${(notes ?? []).map((note) => `\n${note}\n`).join("")}
## Other programs

| image | source | program | CPU | time | memory |
|---|---|---|---|---|---|
${others.join("\n")}

\`skopeo copy\` from an OCI layout to a directory neither decompresses nor looks into the layers: it copies the blobs and computes
one digest of each; with \`--dest-decompress\` it unpacks them. \`umoci unpack\` writes every file to disk; \`syft\` catalogues far
more than the netfilter tools.

## Growth

${scale.length === 0 ? "Not measured in this run." : "![CPU time and peak memory by bytes and by entries](images/performance.svg)"}

Front parts of a real layer, and layers of small files, links and directories; one zstd layer each. CPU time is linear in bytes and
in entries. Memory is nearly flat in bytes${bytesOfEntry(scale)} at its peak, because what is under each name must be known
to merge layers.

## Start

Milliseconds until the first output, least of several runs: \`node -e 0\` ${start.node.toFixed(0)} (until its end), \`--version\`
${start.version.toFixed(0)}, the Action ${start.action.toFixed(0)} (the line with its version), \`hosts\`
${start.commands.toFixed(0)} (all of the knowledge loaded).

## Goals

${goals.length - missed.length} of ${goals.length} goals were kept in this run.

| goal | measured | at most | |
|---|---|---|---|
${goals.map(({ what, measured, limit }) => tableRow([what, measured.toFixed(2), `${limit}`, measured > limit ? "missed" : "kept"])).join("\n")}

Where \`inspect\` misses the ratio, it is for what the bare loop does not do, and for the smaller image: starting takes about a
tenth of a second, and looking into the programs, scripts and package records of a Debian system twice that. Uncompressed
layers show it most, because there the bare loop has next to nothing to do. A daemon's answer is one stream from front to back,
so its tar is read twice over: as the archive, and as the layers in it. The copy by \`skopeo\` that leaves layers compressed is
no reading of the image, and faster: what has to decompress it, the bare loop too, takes longer than that copy.
`;
}

/** From the smallest and the largest number of entries. */
function bytesOfEntry(scale: readonly ScalePoint[]): string {
  const points = scale.filter(({ kind }) => kind === "entries");
  const [first, last] = [points[0], points.at(-1)];
  if (first?.figures.inspect === undefined || last?.figures.inspect === undefined) return "; entries take some";
  const bytes = ((last.figures.inspect.memory - first.figures.inspect.memory) * 2 ** 20) / (last.size - first.size);
  return `; an entry takes ${(bytes / 1000).toFixed(2)} KB`;
}

function describeImages(rows: Results["rows"]): string {
  const names = [...new Set(rows.map(({ image }) => image))];
  return names
    .map((name) => {
      const row = rows.find(({ image, source }) => image === name && source.endsWith("gzip"));
      return row === undefined
        ? name
        : `${name}, ${row.unpacked.toFixed(0)} MB in ${row.entries} entries, ${row.stored.toFixed(0)} MB with gzip`;
    })
    .join("; ");
}

function tableRow(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function signed(megabytes: number): string {
  return `${megabytes < 0 ? "-" : "+"}${Math.abs(megabytes).toFixed(0)} MB`;
}
