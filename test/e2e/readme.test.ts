import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/read.ts";
import { catalogue } from "../../src/hosts/catalogue.ts";
import { resolveProgram } from "../../src/hosts/programs.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import { ruleIds } from "../../src/model/rule-ids.ts";
import { root } from "../support/spawn.ts";

/** The README promises what is there. */

const readme = readFileSync(`${root}README.md`, "utf8");
const action = parse(readFileSync(`${root}action.yml`, "utf8")) as {
  inputs: Record<string, { required: boolean; default?: string }>;
  outputs: Record<string, unknown>;
};

function section(title: string): string {
  const start = readme.indexOf(`### ${title}\n`);
  expect(start, title).toBeGreaterThan(0);
  return readme.slice(start).split(/\n#{2,3} /)[0] ?? "";
}

/** First column of a section's table. */
function names(title: string): string[] {
  return [...section(title).matchAll(/^\| `([\w-]+)` \|/gm)].map((match) => match[1] ?? "");
}

const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
const workflows = blocks.filter((block) => block.includes("jobs:"));
const configs = blocks.filter((block) => block.startsWith("hosts:"));

test("it is short enough to be read", () => {
  expect(readme.split("\n").length).toBeLessThan(250);
});

test("the tables of inputs and outputs are action.yml's", () => {
  expect(names("Inputs")).toEqual(Object.keys(action.inputs));
  expect(names("Outputs")).toEqual(Object.keys(action.outputs));
  const required = Object.entries(action.inputs).filter(([, input]) => input.required);
  expect(required.map(([name]) => name)).toEqual(["image"]);
});

describe("workflows to paste", () => {
  test.each(workflows)("parses, uses inputs that exist, and grants what the comment needs", (text) => {
    const workflow = parse(text) as {
      jobs: Record<string, { permissions: Record<string, string>; steps: { uses?: string; with?: object }[] }>;
    };
    for (const job of Object.values(workflow.jobs)) {
      const uses = job.steps.filter((step) => step.uses?.includes("netfilter-compat"));
      expect(uses).toHaveLength(1);
      for (const step of uses) {
        for (const name of Object.keys(step.with ?? {})) expect(Object.keys(action.inputs)).toContain(name);
      }
      expect(job.permissions).toMatchObject({ contents: "read", "pull-requests": "write" });
    }
  });
  test("there is one", () => expect(workflows.length).toBeGreaterThan(0));
});

test("the config to paste is valid, and what it names exists", () => {
  expect(configs).toHaveLength(1);
  const config = readConfig(configs[0] ?? "", "README.md");
  selectHosts((config.hosts ?? []).filter((host) => typeof host === "string" || "id" in host));
  config.programs?.forEach(resolveProgram);
  for (const { rule } of config.ignore ?? []) expect(ruleIds).toContain(rule);
  for (const rule of Object.keys(config.severity ?? {})) expect(ruleIds).toContain(rule);
});

test("the queries it shows select hosts", () => {
  const shown = [
    ...section("Hosts")
      .split("\n\n")[1]!
      .matchAll(/`([^`]+)`/g),
  ].map((match) => match[1] ?? "");
  const queries = shown.filter((text) => /^[a-z]/.test(text) && !/^(hosts|npx|node|not )/.test(text));
  expect(queries.length).toBeGreaterThan(4);
  for (const query of queries) expect(selectHosts([query]).hosts.length, query).toBeGreaterThan(0);
});

test("its figures are the data's", () => {
  const figures = (before: string, after: string) => readme.match(new RegExp(`${before}(\\d+) ${after}`))?.[1];
  expect(Number(figures("catalogue of ", "node systems")), "catalogue of ... node systems").toBe(
    catalogue.hosts.length,
  );
  const incidents = JSON.parse(readFileSync(`${root}test/replay/incidents.json`, "utf8")) as unknown[];
  expect(Number(figures("", "public incidents")), "... public incidents").toBe(incidents.length);
});

test("every link inside the repository leads somewhere", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");
  for (const link of links.filter((target) => !target.startsWith("http"))) {
    expect(() => readFileSync(`${root}${link}`), link).not.toThrow();
  }
});

test("the table of rooms is the one that the import check enforces", () => {
  const check = readFileSync(`${root}scripts/check-imports.mjs`, "utf8");
  const table = /const allowed = \{([\s\S]*?)\};/.exec(check)?.[1] ?? "";
  const enforced = [...table.matchAll(/^\s*(\w+): \[(.*)\],$/gm)].map(([, room, list]) => [
    room,
    (list ?? "").replaceAll('"', "") || "-",
  ]);
  const shown = [...readme.matchAll(/^\| `src\/(\w+)` \| [^|]+ \| ([^|]+) \|$/gm)].map(([, room, list]) => [
    room,
    list,
  ]);
  expect(new Map(shown as [string, string][])).toEqual(new Map(enforced as [string, string][]));
});
