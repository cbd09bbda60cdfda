// Writes schema/config.schema.json from the schema that the program itself uses; with --check it only compares.
import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod/mini";
import { configSchema } from "../src/config/schema.ts";

const file = new URL("../schema/config.schema.json", import.meta.url);
const schema = {
  ...z.toJSONSchema(configSchema, { target: "draft-7" }),
  title: "netfilter-compat config",
  description: "The file .github/netfilter-compat.yml",
};
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    console.error("schema/config.schema.json is stale: run npm run generate");
    process.exit(1);
  }
} else writeFileSync(file, text);
