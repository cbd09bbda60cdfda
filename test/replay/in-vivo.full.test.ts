import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { recordSkip, skipTest } from "../support/skip.ts";
import { debianReleases, disagreementsOf, observe, type Release } from "./in-vivo.ts";
import { cases } from "./lab.ts";

/** Every case of the laboratory on this machine's kernel. */

const scratch = scratchFolder("in-vivo-full");
let releases: Release[] = [];

beforeAll(async () => {
  releases = await debianReleases();
}, 600_000);

describe("what a reader does with a writer's case", () => {
  test.for(cases)("$id", { timeout: 300_000 }, (item, context) => {
    const what = `rules in vivo, ${item.id}`;
    if (releases.length < 2) skipTest(context, what, "fewer than two Debian roots to write and read with");
    const { seen, refused } = observe(item, releases, join(scratch.path, "stderr"));
    if (seen.length === 0) skipTest(context, what, refused[0]?.reason ?? "nobody wrote it");
    for (const { writer, reason } of refused) recordSkip({ what: `${what} of Debian ${writer.suite}`, reason });
    expect(disagreementsOf(item, seen)).toEqual([]);
  });
});
