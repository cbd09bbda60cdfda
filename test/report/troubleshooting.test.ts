import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/spawn.ts";

/** docs/troubleshooting.md goes by message: each message is one that the program has. */

const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(root, "src", name), "utf8"))
  .join("\n");
const messages = [...page.matchAll(/^### `([^`]+)`$/gm)].map(([, message]) => message ?? "");

test("there are messages", () => {
  expect(messages.length).toBeGreaterThan(20);
});

test.each(messages)("%s", (message) => {
  // `...` stands for what differs from case to case.
  for (const part of message.split("...")) expect(source.includes(part.trim()), part).toBe(true);
});

test("links to sections and pages lead somewhere", () => {
  for (const name of ["troubleshooting.md", "recipes.md", "configuration.md"]) {
    const text = readFileSync(join(root, "docs", name), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\((?!https:)([^)]+)\)/g)) {
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? text : readFileSync(join(root, "docs", file), "utf8");
      if (anchor !== undefined) expect(anchorsOf(linked), `${name}: ${target}`).toContain(anchor);
    }
  }
});

/** As GitHub names headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replace(/\s/g, "-"),
  );
}
