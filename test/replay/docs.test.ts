import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { precedence } from "../../src/compat/precedence.ts";
import { ruleIds } from "../../src/model/rule-ids.ts";
import { incidents, rulesOf } from "./incident-replay.ts";
import { measuredCells } from "./lab.ts";

// The rules' pages: one for each id, with the parts that a reader looks for.

const folder = new URL("../../docs/rules/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const parts = ["What breaks", "Why", "Who was hit", "How we know", "How to fix", "How to silence"];

test.each(ruleIds)("%s has a page", (id) => {
  const page = read(`${id}.md`);
  expect(page.startsWith(`# ${id}\n\n`)).toBe(true);
  expect([...page.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(parts);
  expect(page).toContain(`- rule: ${id}\n`);
  expect(page.split("\n").length).toBeLessThanOrEqual(66);
});

/** The parts of a page by title. */
function partsOf(id: string): Map<string, string> {
  const [, ...sections] = read(`${id}.md`).split(/^## /m);
  return new Map(
    sections.map((section) => {
      const end = section.indexOf("\n");
      return [section.slice(0, end), section.slice(end).trim()];
    }),
  );
}

test.each(ruleIds)("%s: every part says something that can be followed", (id) => {
  expect(read(`${id}.md`)).toMatch(/^Severity: \S/m);
  const page = partsOf(id);
  const part = (title: string) => page.get(title) ?? "";
  for (const title of parts) expect(part(title).length, title).toBeGreaterThan(50);
  expect(part("Who was hit")).toMatch(/\]\(https:\/\/github\.com\/[^)]+\)/);
  const tests = part("How we know").match(/test\/[\w./-]+\.test\.ts/g) ?? [];
  expect(tests).not.toEqual([]);
  for (const path of tests) expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
  expect(part("How to silence")).toMatch(/ignore:\n\s*- rule: /);
});

test.each(ruleIds)("%s: people whose incident replays are among those who were hit", (id) => {
  const replayed = incidents.filter((incident) => incident.expect.image === "flag" && rulesOf(incident).includes(id));
  const told = partsOf(id).get("Who was hit") ?? "";
  const linked = replayed.filter(({ url }) => told.includes(`(${url})`));
  expect(linked.length > 0).toBe(replayed.length > 0);
});

test("observations are counted right wherever they are told", () => {
  const sizes = (["iptables", "nft"] as const).map((kind) => measuredCells(kind));
  const known = [...sizes, sizes.reduce((a, b) => a + b, 0)].map((size) => size.toLocaleString("en"));
  const texts = [...ruleIds.map((id) => read(`${id}.md`)), readFileSync(new URL("../../README.md", folder), "utf8")];
  const told = texts.flatMap((text) =>
    [...text.matchAll(/(\d+,\d{3})\s+(?:observations|with nft)/g)].map(([, size]) => size),
  );
  expect(told.length).toBeGreaterThan(4);
  for (const size of told) expect(known).toContain(size);
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
  const rows = [...index.matchAll(/^\| \[([a-z0-9-]+)\]\(.*\| (.*) \|$/gm)];
  expect(rows.map((row) => row[1])).toEqual([...ruleIds]);
  for (const [, id = "", severity] of rows) expect(read(`${id}.md`), id).toContain(`Severity: ${severity}.\n`);
  expect([...index.matchAll(/^\d+\. \[([a-z-]+)\]/gm)].map((match) => match[1])).toEqual([...precedence]);
});
