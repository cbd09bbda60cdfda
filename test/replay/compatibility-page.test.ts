import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compatibilityPage } from "../../scripts/compatibility-page.ts";
import { catalogueHosts } from "../../src/knowledge/hosts/index.ts";
import { boundaryConstructs } from "../../src/model/program.ts";

const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");

test("docs/compatibility.md is what the data says", () => {
  expect(page === compatibilityPage(), "stale: run scripts/write-compatibility.ts").toBe(true);
});

test("it has every boundary construct and every host, and tables whose rows have as many cells as their head", () => {
  for (const construct of boundaryConstructs) expect(page).toContain(`\n\`${construct}\`\n`);
  for (const { id } of catalogueHosts) expect(page).toContain(`| \`${id}\` |`);
  for (const block of page.split("\n\n").filter((part) => part.startsWith("| "))) {
    const widths = block
      .trimEnd()
      .split("\n")
      .map((line) => line.match(/(?<!\\)\|/g)?.length);
    expect(new Set(widths).size, block.slice(0, 80)).toBe(1);
  }
});

test("it says what was measured of the story: a mark written by 1.8.8 or later, read by 1.8.7 or older", () => {
  const table = page.split("`mark-match`")[1]!.split("\n\n")[1];
  expect(table).toBe(
    [
      "| read by | written by 1.8.0 to 1.8.7 | written by 1.8.8 and later |",
      "| --- | --- | --- |",
      "| 1.8.0 to 1.8.7 | ok | **misread** / **rewritten** |",
      "| 1.8.8 and later | ok | ok |",
    ].join("\n"),
  );
});
