import { join } from "node:path";
import { test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { archives, expectSameOrError } from "./every-byte.ts";

const scratch = scratchFolder("every-byte");

/** Of the uncompressed forms most bytes are padding: minutes. */
test.each(["docker archive", "OCI archive"] as const)("%s", { timeout: 900_000 }, async (name) => {
  await expectSameOrError(join(scratch.path, "image"), archives[name]);
});
