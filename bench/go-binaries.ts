/**
 * Reads an image of ten Go programs of 80 MB each and compares CPU time and peak memory with the least that any program
 * could do in Node: read, decompress and hash the same layers (`bare-loop.mjs`), as runs of `dist/cli.js inspect`. The programs are real: Go's linker wrote them, around a part
 * of the running Node's code that is as hard to pack as their own would be; half of them are position-independent, which
 * puts more of a program where build information is looked for. Fails when the limits are not kept.
 *
 *   node scripts/node24.mjs bench/go-binaries.ts [ROUNDS]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { openImages } from "../src/image/open-images.ts";
import { contentOf } from "../src/toolchain/content.ts";
import { probeContent } from "../src/toolchain/probe.ts";
import {
  addImage,
  type BuiltLayer,
  buildLayer,
  type Files,
  finishLayout,
  type LayerPacking,
} from "../test/support/image-writer.ts";
import { writeTar } from "../test/support/tar-writer.ts";
import { compare, type Figures } from "./measure.ts";

const CLI = join(import.meta.dirname, "../dist/cli.js");
const CPU_LIMIT = 1.5;
const MEMORY_LIMIT = 60;
const PROGRAMS = 10;
const MEGABYTES = 80;

const SOURCE = `package main

import (
	_ "embed"
	"fmt"
	"net/http"
)

//go:embed code
var code []byte

func main() { fmt.Println(len(code), http.ListenAndServe("localhost:0", nil)) }
`;

function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): string {
  const child = spawnSync(command, args, { encoding: "utf8", ...options });
  if (child.status !== 0) throw new Error(`${command} ${args[0]}: ${child.error?.message ?? child.stderr}`);
  return child.stdout;
}

/** One program, told from the others by what is embedded. */
function buildProgram(folder: string, index: number): Buffer {
  const node = readFileSync(process.execPath);
  const at = index * 1e6;
  writeFileSync(join(folder, "code"), node.subarray(at, at + (MEGABYTES - 8) * 2 ** 20));
  writeFileSync(join(folder, "go.mod"), `module example.org/program${index}\n\ngo 1.22\n`);
  writeFileSync(join(folder, "main.go"), SOURCE);
  const mode = index % 2 === 0 ? "exe" : "pie";
  run("go", ["build", "-trimpath", "-ldflags=-s -w", `-buildmode=${mode}`, "-o", "program", "."], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOTOOLCHAIN: "local" },
  });
  return readFileSync(join(folder, "program"));
}

function writeLayout(layout: string, layers: BuiltLayer[]): void {
  const files: Files = new Map();
  finishLayout(files, [addImage(files, layers)]);
  for (const [name, data] of files) {
    mkdirSync(dirname(join(layout, name)), { recursive: true });
    writeFileSync(join(layout, name), data);
  }
}

/** All of them must be told: a reader that looks at nothing is no measure. */
async function countPrograms(layout: string): Promise<number> {
  const images = await openImages(`oci:${layout}`, { probe: probeContent });
  const nodes = images.flatMap(({ platforms }) => platforms.flatMap(({ tree }) => [...tree.walk()]));
  return nodes.filter(({ path, node }) => {
    const content = contentOf(node);
    return content?.kind === "binary" && content.go?.main?.path === `example.org/${basename(path)}`;
  }).length;
}

async function check(packing: LayerPacking, tars: Buffer[], folder: string, rounds: number): Promise<boolean> {
  const layout = join(folder, packing);
  const layers = tars.map((tar) => buildLayer(tar, packing));
  writeLayout(layout, layers);
  const blobs = layers.map((layer) => join(layout, "blobs/sha256", layer.digest.slice(7)));
  const figures = await compare(
    {
      bare: [process.execPath, join(import.meta.dirname, "bare-loop.mjs"), packing, ...blobs],
      ours: [process.execPath, CLI, "inspect", `oci:${layout}`, "--format", "json"],
    },
    rounds,
  );
  const told = await countPrograms(layout);
  const { bare, ours } = figures as Record<"bare" | "ours", Figures>;
  const [ratio, more] = [ours.cpu / bare.cpu, ours.memory - bare.memory];
  const good = ratio <= CPU_LIMIT && more <= MEMORY_LIMIT && told === PROGRAMS;
  console.log(
    [
      `${packing}: ${PROGRAMS} Go programs of ${MEGABYTES} MB, ${told} of them told; ${rounds} rounds, least of each`,
      `  bare loop  ${bare.cpu.toFixed(2)} s CPU  ${bare.memory.toFixed(0)} MB peak`,
      `  inspect    ${ours.cpu.toFixed(2)} s CPU  ${ours.memory.toFixed(0)} MB peak`,
      `  ratio      ${ratio.toFixed(2)} (limit ${CPU_LIMIT})  ${more.toFixed(0)} MB more (limit ${MEMORY_LIMIT})  ${good ? "kept" : "NOT KEPT"}`,
    ].join("\n"),
  );
  return good;
}

const folder = mkdtempSync(join(tmpdir(), "netfilter-compat-bench-go-"));
try {
  const source = join(folder, "source");
  mkdirSync(source);
  const tars = Array.from({ length: PROGRAMS }, (_, index) =>
    writeTar([{ name: `usr/bin/program${index}`, mode: 0o755, content: buildProgram(source, index) }]),
  );
  const rounds = Number(process.argv[2] ?? 3);
  for (const packing of ["gzip", "zstd"] as const)
    if (!(await check(packing, tars, folder, rounds))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
