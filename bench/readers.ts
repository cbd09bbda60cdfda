/**
 * What the benchmark measures, one run a process: `ours LAYOUT` or `bare gzip|zstd BLOB...`. Prints CPU seconds and peak
 * memory in megabytes.
 */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { openImages } from "../src/image/open-images.ts";
import { probeContent } from "../src/toolchain/probe.ts";

/** The least there is to do: both digests of each layer, with the buffer sizes that cost least. */
async function readBare(packing: string, blobs: string[]): Promise<void> {
  for (const blob of blobs) {
    const stored = createHash("sha256");
    const unpacked = createHash("sha256");
    const engine =
      packing === "gzip" ? createGunzip({ chunkSize: 256 * 1024 }) : createZstdDecompress({ chunkSize: 1024 * 1024 });
    const file = createReadStream(blob, { highWaterMark: 512 * 1024 });
    file.on("data", (chunk) => stored.update(chunk));
    engine.on("data", (chunk: Buffer) => unpacked.update(chunk));
    await pipeline(file, engine);
    stored.digest();
    unpacked.digest();
  }
}

const [mode, ...args] = process.argv.slice(2);
if (mode === "bare") await readBare(args[0] ?? "", args.slice(1));
else await openImages(`oci:${args[0]}`, { probe: probeContent });
const { user, system } = process.cpuUsage();
// Not getrusage's maximum: it still counts the process that this one was forked from.
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const figures = { cpu: (user + system) / 1e6, memory: Number(peak) / 1024 };
process.stdout.write(JSON.stringify(figures));
