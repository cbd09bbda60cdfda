// Started as a process by publish.test.ts: what the Action does once it has a report. Arguments: the report's file.
import { readFileSync } from "node:fs";
import { readInputs } from "../../src/github/inputs.ts";
import { publish } from "../../src/github/publish.ts";

const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const { inputs } = readInputs(process.env);
await publish({ report, inputs, env: process.env, retryUnit: 1 });
