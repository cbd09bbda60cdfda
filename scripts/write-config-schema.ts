// Writes schema/*.schema.json and docs/configuration.md from the schemas that the program itself uses; with --check it only
// compares.
import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod/mini";
import { configSchema } from "../src/config/schema.ts";
import { reportSchema } from "../src/model/report-schema.ts";
import { renderConfigPage } from "./config-page.ts";

const config = z.toJSONSchema(configSchema, { target: "draft-7" });

const documents = [
  {
    name: "config",
    schema: config,
    title: "netfilter-compat config",
    description: "The file .github/netfilter-compat.yml",
  },
  {
    name: "report",
    // As it is read: a later version may add fields.
    schema: z.toJSONSchema(reportSchema, { target: "draft-7", io: "input" }),
    title: "netfilter-compat report",
    description: "The JSON report, schemaVersion 1: output report-file of the Action, check --format json",
  },
];

const files = [
  ...documents.map(({ name, schema, title, description }) => ({
    path: `schema/${name}.schema.json`,
    text: `${JSON.stringify({ ...schema, title, description }, null, 2)}\n`,
  })),
  { path: "docs/configuration.md", text: renderConfigPage(config as Parameters<typeof renderConfigPage>[0]) },
];

for (const { path, text } of files) {
  const file = new URL(`../${path}`, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${path} is stale: run npm run generate`);
    process.exitCode = 1;
  }
}
