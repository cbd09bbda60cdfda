import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import type { LimitName } from "../../src/model/limits.ts";
import { buildConfig, json, sha256 } from "../support/image-writer.ts";
import { root } from "../support/spawn.ts";
import { encodeEntry, type TarEntry } from "../support/tar-writer.ts";

/**
 * Images that are small on disk and large to read, written at test time. Digests of their layers are made up where they are
 * never compared: a limit ends the reading before.
 */

const GIB = 2 ** 30;
const BLOCK = 128 * 1024;

/** The header of a file of any size, in base 256 where octal digits do not reach. */
export function hugeHeader(entry: TarEntry, size: number): Buffer {
  const [header] = encodeEntry({
    ...entry,
    edit(block) {
      block.writeUInt32BE(0x80000000, 124);
      block.writeBigUInt64BE(BigInt(size), 128);
      entry.edit?.(block);
    },
  });
  return header ?? Buffer.alloc(0);
}

/** A zstd frame: these bytes, then zeros up to `size` in blocks of one repeated byte (RFC 8878, 3.1.1.2). */
export function zstdBomb(head: Buffer, size: number): Buffer {
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]);
  const blocks = Math.ceil(size / BLOCK);
  const body = Buffer.alloc(blocks * 4);
  for (let i = 0; i < blocks; i++) {
    const last = i === blocks - 1 ? 1 : 0;
    body.writeUIntLE((BLOCK << 3) | (1 << 1) | last, i * 4, 3);
  }
  const first = Buffer.alloc(3);
  first.writeUIntLE(head.length << 3, 0, 3);
  return Buffer.concat([frame, first, head, body]);
}

/** gzip members that follow each other: these bytes, then zeros. About a thousandth of `size`. */
export function* gzipBomb(head: Buffer, size: number): Generator<Buffer> {
  yield gzipSync(head);
  const member = gzipSync(Buffer.alloc(BLOCK * 512));
  for (let written = 0; written < size; written += BLOCK * 512) yield member;
}

/** A folder with an OCI layout of one image whose layers lie in files already; their digests are only claimed. */
export function claimLayout(folder: string, layers: { digest: string; diffId?: string; mediaType?: string }[]): string {
  const put = (data: Buffer) => {
    const digest = sha256(data);
    writeBlob(folder, digest, [data]);
    return { digest, size: data.length };
  };
  const claimed = layers.map(({ digest, diffId = digest, mediaType = "application/vnd.oci.image.layer.v1.tar" }) => ({
    digest,
    diffId,
    mediaType,
    bytes: Buffer.alloc(0),
  }));
  const config = put(buildConfig(claimed));
  const manifest = put(
    json({ config, layers: claimed.map(({ digest, mediaType }) => ({ digest, mediaType, size: 1 })) }),
  );
  writeFileSync(join(folder, "index.json"), json({ manifests: [manifest] }));
  return folder;
}

/** Writes a blob piece by piece under a digest. */
export function writeBlob(folder: string, digest: string, pieces: Iterable<Buffer>): void {
  const file = join(folder, "blobs/sha256", digest.slice(7));
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, "w");
  for (const piece of pieces) writeSync(descriptor, piece);
  closeSync(descriptor);
}

/** The same for a file that is mostly a hole. */
export function writeHollowBlob(folder: string, digest: string, head: Buffer, size: number): void {
  const file = join(folder, "blobs/sha256", digest.slice(7));
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, "w");
  writeSync(descriptor, head);
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}

/** A digest that nothing has. */
export function madeUp(text: string): string {
  return sha256(text);
}

/** Pieces of a tar of very many entries; a whole archive with its end. */
export function* manyEntries(count: number, entryOf: (index: number) => TarEntry[]): Generator<Buffer> {
  let pieces: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    for (const entry of entryOf(i)) pieces.push(...encodeEntry(entry));
    if (pieces.length < 4000) continue;
    yield Buffer.concat(pieces);
    pieces = [];
  }
  yield Buffer.concat([...pieces, Buffer.alloc(1024)]);
}

/** Writes a layer of true digest and returns it. */
export function writeLayer(folder: string, pieces: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  function* hashed() {
    for (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
  }
  const waiting = madeUp(folder);
  const buffered = join(folder, "blobs/sha256", waiting.slice(7));
  writeBlob(folder, waiting, hashed());
  const digest = `sha256:${hash.digest("hex")}`;
  renameSync(buffered, join(folder, "blobs/sha256", digest.slice(7)));
  return digest;
}

export const HUNDRED_GIB = 100 * GIB;

const MIB = 2 ** 20;
/** MiB. The program itself has about 130. */
export const PEAK = 700;
/** Before a run counts as one that does not end. */
const SECONDS = 600;

/** The peak of this process alone: getrusage counts that of the parent, before the program was loaded, too. */
const atExit = `data:text/javascript,${encodeURIComponent(
  [
    'import { readFileSync, writeSync } from "node:fs";',
    'process.on("exit", () => writeSync(2, "peak=" + /VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status"))[1] + "\\n"));',
  ].join(""),
)}`;

interface Outcome {
  status: number | null;
  stderr: string;
  /** MiB. */
  peak: number;
}

/** Runs the built command line, whose peak is told when it exits. */
export function inspect(reference: string, ...limits: string[]): Outcome {
  const options = limits.flatMap((limit) => ["--limit", limit]);
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", atExit, join(root, "dist/cli.js"), "inspect", "--quiet", ...options, "--", reference],
    { encoding: "utf8", timeout: SECONDS * 1000, maxBuffer: 64 * MIB, killSignal: "SIGKILL" },
  );
  const peak = Number(/^peak=(\d+)$/m.exec(stderr)?.[1] ?? Number.NaN) / 1024;
  return { status, stderr: stderr.replace(/^peak=.*\n/m, ""), peak };
}

/** One line, exit code 2, bounded memory. */
export function expectLimit({ status, stderr, peak }: Outcome, limit: LimitName, most = PEAK): void {
  expect(stderr).toMatch(
    new RegExp(`^netfilter-compat: .*raise the limit: --limit ${limit}=\\S+, or limits in the config file\\n$`),
  );
  expect(status).toBe(2);
  expect(peak).toBeLessThan(most);
}
