import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { debianReleases, disagreementsOf, type Observation, observe, type Release } from "./in-vivo.ts";
import { type Case, cases, encodings } from "./lab.ts";

/** Every construct of encodings.json on this machine's kernel, by one case each; all cases are in-vivo.full.test.ts's. */

const scratch = scratchFolder("in-vivo");
let releases: Release[] = [];
const observed = new Map<string, Observation>();
const cells = new Map<string, number>();

beforeAll(async () => {
  releases = await debianReleases();
}, 600_000);

/** A construct's cases, those that hold little else first: of several constructs in one rule only the worst is seen. */
function casesOf(construct: string): Case[] {
  const holding = cases.filter((item) => item.constructs.includes(construct));
  return holding.sort((a, b) => a.constructs.length - b.constructs.length || a.id.localeCompare(b.id));
}

function observeOnce(item: Case): Observation {
  const known = observed.get(item.id) ?? observe(item, releases, join(scratch.path, "stderr"));
  observed.set(item.id, known);
  return known;
}

describe("what a reader does with a writer's rule", () => {
  test.for(Object.keys(encodings.constructs))(
    "%s: the kernel agrees with the prediction for every pair",
    { timeout: 300_000 },
    (construct, context) => {
      const what = `rules in vivo: ${construct}`;
      if (releases.length < 2) skipTest(context, what, "fewer than two Debian roots to write and read with");
      const reasons: string[] = [];
      for (const item of casesOf(construct)) {
        const { seen, refused } = observeOnce(item);
        reasons.push(...refused.map(({ writer, reason }) => `${item.id}, ${writer.suite}: ${reason}`));
        if (seen.length === 0) continue;
        expect(disagreementsOf(item, seen)).toEqual([]);
        cells.set(item.id, seen.length);
        return;
      }
      skipTest(context, what, `no case of it can be written here (${reasons[0] ?? "there is none"})`);
    },
  );
});

afterAll(() => {
  const outcomes = [...cells.values()].reduce((sum, count) => sum + count, 0);
  const versions = releases.map((release) => release.iptables).join(", ");
  console.log(
    `in vivo: ${cells.size} cases, ${outcomes} outcomes of ${releases.length ** 2} pairs of ${versions} as predicted`,
  );
});
