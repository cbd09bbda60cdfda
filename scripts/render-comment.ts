// Draws the comment that the README shows: docs/images/comment.png and comment-dark.png.
//
//   node scripts/render-comment.ts                 the two pictures
//   node scripts/render-comment.ts REPORT.json     the same from a saved report; the pictures that are committed come from
//       netfilter-compat check examples/kilo-0.6.0.tar --config examples/matrix.yml --format json --output REPORT.json
//   node scripts/render-comment.ts --all FOLDER    every golden report, desktop and phone, light and dark, and index.html with
//                                                  all of them side by side
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue, toHost } from "../src/hosts/catalogue.ts";
import type { Report } from "../src/model/report.ts";
import { COMMENT_LIMIT, fitMarkdown } from "../src/report/budget.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const goldenFolder = join(root, "test/report/golden");
/** Widths in CSS pixels: the column of a comment on github.com, and a phone. */
const widths = { desktop: 876, phone: 390 };

interface Browser {
  draw(
    markdown: string,
    options: { scheme: string; width: number; open?: boolean | number; path?: string },
  ): Promise<{ overflow: string[] }>;
  close(): Promise<void>;
}

async function open(): Promise<Browser> {
  // By address, so that checking types does not need the packages that draw.
  const { openBrowser } = await import(new URL("./github-page.mjs", import.meta.url).href);
  return openBrowser();
}

function markdownOf(argument: string | undefined): string {
  if (argument === undefined) return readFileSync(join(goldenFolder, "kilo-broken.md"), "utf8");
  const report: Report = JSON.parse(readFileSync(argument, "utf8"));
  const hosts = catalogue.hosts.flatMap((row) => row.kernels.map((kernel) => toHost(row, kernel)));
  return fitMarkdown(report, { hostTitles: new Map(hosts.map(({ id, title }) => [id, title])) }, COMMENT_LIMIT);
}

async function drawPictures(browser: Browser, argument: string | undefined): Promise<void> {
  const folder = join(root, "docs/images");
  mkdirSync(folder, { recursive: true });
  const markdown = markdownOf(argument);
  for (const [scheme, name] of [
    ["light", "comment.png"],
    ["dark", "comment-dark.png"],
  ] as const)
    report(name, await browser.draw(markdown, { scheme, width: widths.desktop, path: join(folder, name) }));
}

async function drawAll(browser: Browser, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const sheet: string[] = [];
  for (const file of readdirSync(goldenFolder).filter((name) => name.endsWith(".md"))) {
    sheet.push(`<h2>${file.replace(".md", "")}</h2>`);
    for (const [device, width] of Object.entries(widths))
      for (const scheme of ["light", "dark"]) {
        const name = `${file.replace(".md", "")}-${device}-${scheme}.png`;
        const markdown = readFileSync(join(goldenFolder, file), "utf8");
        report(name, await browser.draw(markdown, { scheme, width, open: 1, path: join(folder, name) }));
        sheet.push(`<img src="${name}" width="${Math.round(width / 2)}" alt="${device}, ${scheme}">`);
      }
  }
  const style =
    "<style>body { font: 14px sans-serif; background: #888 } img { vertical-align: top; margin: 4px }</style>";
  writeFileSync(join(folder, "index.html"), `<!doctype html><meta charset="utf-8">${style}\n${sheet.join("\n")}\n`);
}

function report(name: string, { overflow }: { overflow: string[] }): void {
  process.stdout.write(`${name}${overflow.length === 0 ? "" : `: sticks out: ${overflow.join("; ")}`}\n`);
}

const [first, second] = process.argv.slice(2);
const browser = await open();
try {
  if (first === "--all") await drawAll(browser, second ?? "comment-pictures");
  else await drawPictures(browser, first);
} finally {
  await browser.close();
}
