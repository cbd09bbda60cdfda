import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { encodeEntry } from "../test/support/tar-writer.ts";
import { digestOf, writeLayout } from "./images.ts";

/** Images of growing size, to see how time and memory grow with bytes and with entries. One zstd layer each. */

/** Uncompressed MB (2^20) of real files, at least: whole ones only, and the largest has a quarter of a gigabyte. */
export const byteSteps = [300, 600, 1200, 1800, 2400];
/** Entries: small files, links and directories. */
export const entrySteps = [10_000, 50_000, 100_000, 200_000, 300_000];

const BLOCK = 512;

interface ScaleImage {
  layout: string;
  layer: string;
  /** MB (2^20). */
  unpacked: number;
}

/** The first entries of a real layer, up to a size. */
export async function imageOfBytes(cache: string, tar: string, megabytes: number): Promise<ScaleImage> {
  return await imageOf(join(cache, "scale", `${megabytes}-MB`), (layer) => copyFront(tar, layer, megabytes * 2 ** 20));
}

/** So many entries, some forty in each directory. */
export async function imageOfEntries(cache: string, entries: number): Promise<ScaleImage> {
  return await imageOf(join(cache, "scale", `${entries}-entries`), (layer) => writeEntries(layer, entries));
}

async function imageOf(folder: string, make: (layer: string) => void): Promise<ScaleImage> {
  const tar = join(folder, "layer.tar");
  const layer = `${tar}.zst`;
  const layout = join(folder, "zstd");
  if (!existsSync(layout)) {
    mkdirSync(folder, { recursive: true });
    make(tar);
    execFileSync("zstd", ["-q", "-f", "-3", tar]);
    await writeLayout(folder, "zstd", [layer], [await digestOf(tar)]);
  }
  return { layout, layer, unpacked: Math.round(statSync(tar).size / 2 ** 20) };
}

/** Copies whole entries. Extended headers stay with what follows them. */
function copyFront(source: string, target: string, bytes: number): void {
  const from = openSync(source, "r");
  const header = Buffer.alloc(BLOCK);
  let end = 0;
  for (let at = 0; at < bytes && readSync(from, header, 0, BLOCK, at) === BLOCK && header[0] !== 0; ) {
    const size = Number.parseInt(header.toString("latin1", 124, 136), 8);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (!"xgLK".includes(String.fromCharCode(header[156] ?? 0))) end = at;
  }
  const to = openSync(`${target}.new`, "w");
  const buffer = Buffer.alloc(2 ** 20);
  for (let at = 0; at < end; )
    at += writeSync(to, buffer, 0, readSync(from, buffer, 0, Math.min(buffer.length, end - at), at));
  writeSync(to, Buffer.alloc(2 * BLOCK));
  closeSync(from);
  closeSync(to);
  renameSync(`${target}.new`, target);
}

function writeEntries(target: string, entries: number): void {
  const to = openSync(`${target}.new`, "w");
  for (let from = 0; from < entries; from += 40) {
    const directory = `usr/share/package-${from}`;
    const pieces = encodeEntry({ name: `${directory}/`, flag: "5", mode: 0o755 });
    for (let i = 1; i < 40 && from + i < entries; i++) {
      const name = `${directory}/some-file-${i}.txt`;
      pieces.push(
        ...(i % 8 === 0
          ? encodeEntry({ name, flag: "2", linkname: "../other/file" })
          : encodeEntry({ name, mode: 0o644, content: "one line of text\n" })),
      );
    }
    writeSync(to, Buffer.concat(pieces));
  }
  writeSync(to, Buffer.alloc(2 * BLOCK));
  closeSync(to);
  renameSync(`${target}.new`, target);
}
