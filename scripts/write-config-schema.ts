// Writes schema/*.schema.json from the schemas that the program itself uses; with --check it only compares.
import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod/mini";
import { configSchema } from "../src/config/schema.ts";
import { reportSchema } from "../src/model/report-schema.ts";

const documents = [
  {
    name: "config",
    schema: z.toJSONSchema(configSchema, { target: "draft-7" }),
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

for (const { name, schema, title, description } of documents) {
  const file = new URL(`../schema/${name}.schema.json`, import.meta.url);
  const text = `${JSON.stringify({ ...schema, title, description }, null, 2)}\n`;
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`schema/${name}.schema.json is stale: run npm run generate`);
    process.exitCode = 1;
  }
}
