import * as z from "zod/mini";
import { moduleStateSchema } from "../model/host.ts";
import { operationSchema } from "../model/program.ts";
import { severities } from "../model/report.ts";
import { backendSchema } from "../model/toolchain.ts";

/** The config file, `.github/netfilter-compat.yml`. Published as schema/config.schema.json. */

/** A version must be text: YAML reads an unquoted 7.20 as the number 7.2. */
const version = z
  .string()
  .check(z.regex(/^\d+(\.\d+){1,3}$/, 'a version of two to four numbers in quotes, e.g. "1.8.9"'));

const ownProgram = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(100)),
  iptables: z.optional(version),
  backend: z.optional(backendSchema),
  ipset: z.optional(version),
  nft: z.optional(version),
  writes: z.optional(z.array(z.string())),
  operations: z.optional(z.array(operationSchema)),
});
const program = z.union([z.string(), ownProgram]);

const ownHost = z.strictObject({
  id: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]*$/i, "letters, digits, dots, dashes and underscores")),
  extends: z.optional(z.string()),
  kernel: z.optional(z.string()),
  iptables: z.optional(z.strictObject({ version: z.optional(version), backend: z.optional(backendSchema) })),
  nft: z.optional(z.strictObject({ version: z.optional(version) })),
  ipset: z.optional(z.strictObject({ version: z.optional(version) })),
  modules: z.optional(z.record(z.string(), moduleStateSchema)),
  programs: z.optional(z.array(program)),
});
const nodesFile = z.strictObject({ nodes: z.string() });

const image = z.strictObject({
  match: z.string(),
  program: z.optional(z.string()),
  env: z.optional(z.record(z.string(), z.string())),
  network: z.optional(z.enum(["host", "pod"])),
  modules: z.optional(z.enum(["host", "none"])),
});

const ignore = z.strictObject({
  rule: z.optional(z.string()),
  host: z.optional(z.string()),
  program: z.optional(z.string()),
  until: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/, "a date, e.g. 2027-01-31")),
  reason: z.string().check(z.minLength(1), z.maxLength(500)),
});

export const failOnSchema = z.enum(["error", "warning", "never"]);

export const configSchema = z.strictObject({
  hosts: z.optional(z.array(z.union([z.string(), nodesFile, ownHost]))),
  programs: z.optional(z.array(program)),
  images: z.optional(z.array(image)),
  ignore: z.optional(z.array(ignore)),
  severity: z.optional(z.record(z.string(), z.enum(severities))),
  "fail-on": z.optional(failOnSchema),
  "fail-on-unknown": z.optional(z.boolean()),
  "fail-on-existing": z.optional(z.boolean()),
  comment: z.optional(z.enum(["on-failure", "always", "never"])),
});

export type Config = z.infer<typeof configSchema>;
export type ConfigHost = NonNullable<Config["hosts"]>[number];
