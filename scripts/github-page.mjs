// Draws GitHub Markdown the way github.com does, near enough to judge a comment by: GFM, raw HTML, the published sanitising
// rules and style sheet, in a headless Chromium. It approximates GitHub's pipeline; it is not GitHub's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import rehypeRaw from "rehype-raw";
import rehypeSanitize from "rehype-sanitize";
import rehypeStringify from "rehype-stringify";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

const require = createRequire(import.meta.url);
const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * @param {string} markdown
 * @returns {Promise<string>} sanitised HTML
 */
export async function toHtml(markdown) {
  const file = await unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(remarkRehype, { allowDangerousHtml: true })
    .use(rehypeRaw)
    .use(rehypeSanitize)
    .use(rehypeStringify)
    .process(markdown);
  return String(file);
}

/**
 * A page with one comment, as wide as github.com shows it.
 * @param {string} markdown
 * @param {"light" | "dark"} scheme
 */
export async function toPage(markdown, scheme) {
  const css = readFileSync(require.resolve(`github-markdown-css/github-markdown-${scheme}.css`), "utf8");
  const [ground, line] = scheme === "dark" ? ["#0d1117", "#3d444d"] : ["#ffffff", "#d1d9e0"];
  return `<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>${css}
    body { margin: 0; background: ${ground}; padding: 8px; }
    .comment { border: 1px solid ${line}; border-radius: 6px; padding: 16px; box-sizing: border-box; background: ${ground}; }
    .markdown-body { font-size: 14px; }
  </style></head><body><div class="comment"><article class="markdown-body">${await toHtml(markdown)}</article></div></body></html>`;
}

/**
 * Opens a browser for several pages.
 * @param {string} [executablePath] default `/usr/bin/chromium`, or the variable CHROMIUM
 */
export async function openBrowser(executablePath = process.env.CHROMIUM || "/usr/bin/chromium") {
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  return {
    /**
     * @param {string} markdown
     * @param {{ scheme: "light" | "dark", width: number, open?: boolean | number, path?: string }} options width in CSS pixels of
     *   the whole page; `open` unfolds all details or that many; `path` for the PNG
     * @returns {Promise<{ overflow: string[], height: number, links: number, images: number }>} what sticks out of the comment
     */
    async draw(markdown, options) {
      const page = await browser.newPage({ viewport: { width: options.width, height: 100 }, deviceScaleFactor: 2 });
      try {
        await page.setContent(await toPage(markdown, options.scheme));
        const shown = options.open === true ? Number.POSITIVE_INFINITY : Number(options.open ?? 0);
        const result = await page.evaluate(
          (limit) => {
            const all = [...document.querySelectorAll("details")];
            for (const details of all.slice(0, limit === null ? all.length : limit)) details.open = true;
            const box = document.querySelector(".markdown-body");
            // Tables scroll by themselves on GitHub: one that has to is as bad as one that sticks out.
            const wide = [...box.querySelectorAll("*")].filter(
              (element) =>
                element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline",
            );
            return {
              overflow: wide.map((element) => `${element.tagName.toLowerCase()}: ${element.textContent.slice(0, 60)}`),
              height: document.body.scrollHeight,
              links: document.querySelectorAll("a").length,
              images: document.querySelectorAll("img").length,
            };
          },
          Number.isFinite(shown) ? shown : null,
        );
        if (options.path) await page.screenshot({ path: options.path, fullPage: true });
        return result;
      } finally {
        await page.close();
      }
    },
    close: () => browser.close(),
  };
}
