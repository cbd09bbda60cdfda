import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import {
  claimLayout,
  expectLimit,
  HUNDRED_GIB,
  hugeHeader,
  inspect,
  madeUp,
  manyEntries,
  writeBlob,
  writeLayer,
  zstdBomb,
} from "./bombs.ts";

/** The same with the limits as they are built in: minutes. */

const scratch = scratchFolder("bombs-full");

function folderOf(name: string): string {
  const folder = join(scratch.path, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

test("a hundred gigabytes end at 32 GiB", { timeout: 900_000 }, () => {
  const folder = folderOf("zstd");
  const digest = madeUp("full");
  writeBlob(folder, digest, [zstdBomb(hugeHeader({ name: "zeros" }, HUNDRED_GIB), HUNDRED_GIB)]);
  expectLimit(inspect(claimLayout(folder, [{ digest }])), "layer-size");
});

test("a million files are read, one more is too many", { timeout: 900_000 }, () => {
  const folder = folderOf("million");
  const entryOf = (i: number) => [{ name: `usr/share/${i % 5000}/file-${i}` }];
  const whole = claimLayout(folder, [{ digest: writeLayer(folder, manyEntries(1_000_000, entryOf)) }]);
  const { status, stderr, peak } = inspect(whole);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(peak).toBeLessThan(1500);
  const more = folderOf("more");
  expectLimit(
    inspect(claimLayout(more, [{ digest: writeLayer(more, manyEntries(1_000_001, entryOf)) }])),
    "layer-entries",
    1500,
  );
});
