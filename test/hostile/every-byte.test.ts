import { join } from "node:path";
import { test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { archives, expectSameOrError } from "./every-byte.ts";

const scratch = scratchFolder("every-byte");

/** Compressed, an image has a thousand bytes that all matter. */
test.each(["gzipped docker archive", "docker archive in zstd"] as const)("%s", { timeout: 900_000 }, async (name) => {
  await expectSameOrError(join(scratch.path, "image"), archives[name]);
});
