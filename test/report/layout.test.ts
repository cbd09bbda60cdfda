import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { skipTest } from "../support/skip.ts";

/** Every golden comment drawn by a browser: nothing sticks out, no table has to be scrolled, nothing is loaded. */

const folder = new URL("./golden/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".md"));
/** CSS pixels: the column of a comment on github.com, and a phone. */
const widths = { desktop: 876, phone: 390 };

interface Drawn {
  overflow: string[];
  images: number;
  height: number;
}
interface Browser {
  draw(markdown: string, options: { scheme: string; width: number; open: boolean | number }): Promise<Drawn>;
  close(): Promise<void>;
}

const chromium = process.env.CHROMIUM || "/usr/bin/chromium";
let browser: Browser | undefined;
beforeAll(async () => {
  if (!existsSync(chromium)) return;
  const page = await import(fileURLToPath(new URL("../../scripts/github-page.mjs", import.meta.url)));
  browser = await page.openBrowser(chromium);
});
afterAll(() => browser?.close());

test("there are at least twelve situations", () => {
  expect(names.length).toBeGreaterThanOrEqual(12);
});

const cases = names.flatMap((name) => Object.entries(widths).map(([device, width]) => [name, device, width] as const));

test.for(cases)("%s on a %s", async ([name, , width], context) => {
  if (browser === undefined) return skipTest(context, "layout of comments", `no browser at ${chromium}`);
  const markdown = readFileSync(new URL(name, folder), "utf8");
  // Unfolded: what is folded away can't stick out.
  for (const scheme of ["light", "dark"]) {
    const drawn = await browser.draw(markdown, { scheme, width, open: 12 });
    expect(drawn.overflow, scheme).toEqual([]);
    expect(drawn.images).toBe(0);
  }
});

test("the measurement sees what sticks out", async (context) => {
  if (browser === undefined) return skipTest(context, "layout of comments", `no browser at ${chromium}`);
  const table = `| a | b |\n|---|---|\n| ${"x".repeat(200)} | y |\n`;
  const { overflow } = await browser.draw(table, { scheme: "light", width: widths.phone, open: 0 });
  expect(overflow.length).toBeGreaterThan(0);
});
