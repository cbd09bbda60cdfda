import { writeFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { OpenedImage } from "../../src/model/image.ts";
import { addImage, buildLayer, dockerLegacy, type Files, finishLayout, packFiles } from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";

/** A small image, and what becomes of it when it is cut at every byte and one bit is turned in every byte. */

const lower = buildLayer(
  [
    { name: "usr/sbin/", flag: "5" },
    { name: "usr/sbin/nft", content: "\x7fELF 1.0.6", mode: 0o755 },
    { name: "usr/sbin/old", content: "x" },
  ],
  "none",
);
const upper = buildLayer(
  [
    { name: "usr/sbin/.wh.old" },
    { name: "usr/sbin/iptables", flag: "2", linkname: "xtables-nft-multi" },
    { name: "lib/apk/db/installed", content: "P:iptables\nV:1.8.10-r3\n\n", pax: { mtime: "1.5" } },
  ],
  "gzip",
);
const frames = buildLayer([{ name: "etc/os-release", content: "ID=alpine\n" }], "zstd");

const layout: Files = new Map();
finishLayout(layout, [addImage(layout, [lower, upper, frames])]);
// No names: nothing in an archive says whether those are right.
const legacy = packFiles(dockerLegacy([{ layers: [lower, upper, frames], tags: null }]));
/** The forms that small images come in. */
export const archives = {
  "docker archive": legacy,
  "OCI archive": packFiles(layout),
  "gzipped docker archive": gzipSync(legacy),
  "docker archive in zstd": zstdCompressSync(legacy),
};

function inventory(images: OpenedImage[]): string {
  return JSON.stringify(
    images.map(({ platforms }) =>
      platforms.map(({ platform, configDigest, config, layers, tree }) => ({
        platform,
        configDigest,
        config,
        // Of layers what does not depend on the name under which they are stored.
        layers: layers.map(({ diffId }) => diffId),
        files: [...tree.walk()],
      })),
    ),
    // Archives of docker save do not state how a layer is stored, only what it unpacks to.
    (key, value: unknown) => (key === "layer" ? undefined : value),
  );
}

/** The inventory, or undefined where there is an error as there should be. */
async function read(path: string, data: Buffer): Promise<string | undefined> {
  writeFileSync(path, data);
  try {
    return inventory(await openImages(path, { probe: keepAll }));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}

/** Each cut and each turned bit gives the same inventory as the whole, or an error. */
export async function expectSameOrError(path: string, archive: Buffer): Promise<void> {
  const whole = await read(path, archive);
  expect(whole).toContain("1.8.10-r3");
  const counts = { cut: 0, flipped: 0 };
  const wrong: string[] = [];
  let next = 0;
  async function work(file: string): Promise<void> {
    for (let at = next++; at < archive.length; at = next++) {
      const cut = await read(file, archive.subarray(0, at));
      if (cut !== undefined) counts.cut++;
      if (cut !== undefined && cut !== whole) wrong.push(`cut at ${at}`);
      const changed = Buffer.from(archive);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const flipped = await read(file, changed);
      if (flipped !== undefined) counts.flipped++;
      if (flipped !== undefined && flipped !== whole) wrong.push(`bit ${at % 8} of byte ${at}`);
    }
  }
  // Most of the time is ways to zlib's threads and back.
  await Promise.all(Array.from({ length: 8 }, (_, i) => work(`${path}-${i}`)));
  expect(wrong).toEqual([]);
  // Only the zeros at the end may be missing.
  expect(counts.cut).toBeLessThanOrEqual(1024 + 512);
  expect(counts.flipped).toBeLessThan(archive.length);
}
