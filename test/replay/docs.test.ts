import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { precedence } from "../../src/compat/precedence.ts";
import { rules } from "../../src/compat/rules/index.ts";
import { ruleIds } from "../../src/model/rule-ids.ts";

// The rules' pages: one for each id, with the parts that a reader looks for, and true about what is built.

const folder = new URL("../../docs/rules/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const built = new Set<string>(rules.map((rule) => rule.id));
const parts = ["What breaks", "Why", "Who was hit", "How we know", "How to fix", "How to silence"];

test.each(ruleIds)("%s has a page", (id) => {
  const page = read(`${id}.md`);
  expect(page.startsWith(`# ${id}\n\n`)).toBe(true);
  expect([...page.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(parts);
  expect(page).toContain(`- rule: ${id}\n`);
  expect(page.includes("Status: planned")).toBe(!built.has(id));
  expect(page.split("\n").length).toBeLessThanOrEqual(66);
});

test("no page without a rule, and no link to a file that isn't there", () => {
  const pages = readdirSync(folder);
  expect(pages.filter((name) => name !== "README.md").sort()).toEqual(ruleIds.map((id) => `${id}.md`).sort());
  for (const name of pages) {
    for (const [, target] of read(name).matchAll(/\]\((?!https:)([^)#]+)\)/g)) {
      expect([name, target, existsSync(new URL(target!, folder))]).toEqual([name, target, true]);
    }
  }
});

test("the index lists every rule and the engine's order of precedence", () => {
  const index = read("README.md");
  const rows = [...index.matchAll(/^\| \[([a-z0-9-]+)\]\(.*\| (yes|planned) \|$/gm)];
  expect(rows.map((row) => row[1])).toEqual([...ruleIds]);
  for (const [, id, state] of rows) expect([id, state]).toEqual([id, built.has(id!) ? "yes" : "planned"]);
  expect([...index.matchAll(/^\d+\. \[([a-z-]+)\]/gm)].map((match) => match[1])).toEqual([...precedence]);
});
