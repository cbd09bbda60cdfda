import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeAge } from "../../src/compat/age.ts";
import asOf from "../../src/knowledge/as-of.json" with { type: "json" };
import { root } from "../support/spawn.ts";

function daysAfter(days: number): string {
  return new Date(Date.parse(asOf.date) + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

test.each([-1, 0, 30, 183])("%i days after the knowledge was gone through nothing is said", (days) => {
  expect(describeAge(daysAfter(days))).toEqual([]);
});

test.each([184, 3000])("%i days after, the report names its day, in words that stay the same", (days) => {
  expect(describeAge(daysAfter(days))).toEqual([expect.stringContaining(`as of ${asOf.date}`)]);
  expect(describeAge(daysAfter(days))).toEqual(describeAge(daysAfter(days + 1)));
});

test("no source was read after that day", () => {
  const folder = join(root, "src/knowledge");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  const read = files.flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/\(read (\d{4}-\d\d-\d\d)\)/g)].map(([, day = ""]) => day),
  );
  expect(read.length).toBeGreaterThan(20);
  expect(read.filter((day) => day > asOf.date)).toEqual([]);
});
