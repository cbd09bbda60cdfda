import { parseArgs } from "node:util";
import { type FailLevel, failLevels } from "./model/choices.ts";
import { messageOf, UserError } from "./model/error.ts";
import { given } from "./model/given.ts";
import {
  formatLimit,
  isLimitName,
  type LimitName,
  limitTable,
  parseLimit,
  type ReadLimits,
  toReadLimits,
} from "./model/limits.ts";
import { didYouMean } from "./model/suggest.ts";

/** What a command line asks for. */
export type Invocation =
  | { command: "check"; options: CheckArguments }
  | { command: "inspect"; images: string[]; format: "text" | "json"; output?: string; reading: ReadingArguments }
  | { command: "hosts"; id?: string; nodes?: string; collect?: boolean; format: "text" | "json" }
  | { command: "explain"; rule: string }
  | { command: "help" }
  | { command: "version" };

/** How images are read. */
export interface ReadingArguments {
  platforms: string[];
  /** As `--limit` states them. */
  limits: Partial<ReadLimits>;
  insecureRegistries: string[];
  lazy: boolean;
  cache?: string;
  quiet: boolean;
}

export interface CheckArguments {
  images: string[];
  toolchains: string[];
  hosts?: string;
  config?: string;
  base: string[];
  baseReports: string[];
  reading: ReadingArguments;
  format: "text" | "json" | "markdown" | "sarif";
  output?: string;
  failOn?: FailLevel;
  failOnUnknown?: boolean;
  failOnExisting?: boolean;
}

export const usage = `netfilter-compat: will the netfilter tools inside this image work on the hosts it is shipped to?

  netfilter-compat check IMAGE... [--hosts LIST]... [--config FILE] [--base IMAGE | --base-report FILE]...
                   [--platform P]... [--format text|json|markdown|sarif] [--output FILE]
                   [--fail-on error|warning|never] [--fail-on-unknown] [--fail-on-existing]
                   [--limit NAME=VALUE]... [--cache DIR] [--quiet]
                   [--insecure-registry HOST[:PORT]]... [--lazy]
  netfilter-compat check --toolchain FILE...     FILE is what \`inspect --format json\` printed
  netfilter-compat inspect IMAGE... [--platform P]... [--format text|json] [--output FILE]
                   [--limit NAME=VALUE]... [--cache DIR] [--quiet]
                   [--insecure-registry HOST[:PORT]]... [--lazy]
  netfilter-compat hosts [ID] [--from-nodes FILE] [--format text|json]
  netfilter-compat hosts --collect               a shell script that prints a node's facts; read-only
  netfilter-compat explain RULE

IMAGE: docker-archive:PATH  oci-archive:PATH  oci:DIR  or a path; #NAME:TAG picks one image of an archive, @DIGEST one
       of a folder. docker-daemon:NAME  docker://NAME  or a name. Or the file of docker buildx build --metadata-file.
LIST:  ids from \`netfilter-compat hosts\`, separated by commas: ubuntu-22.04, ubuntu-22.04@6.2, talos-*, default.
FILE:  config, by default .github/netfilter-compat.yml if it is there; or a report that --format json wrote.
DIR:   made when it isn't there; an image that was inspected before isn't read again.
--quiet: no progress on stderr.
--insecure-registry: may be spoken to without TLS where it has none, as registries of this machine may.
--lazy: of a registry's eStargz and zstd:chunked layers fetch what is needed. Trusts who built the image and its base: what
       the layers' tables of contents leave out is not seen, though most runtimes unpack it.
--limit: what an image may make the run read, keep and wait for; more is exit code 2. Sizes in KiB, MiB, GiB, times in s, min, h:
${listLimits()}
Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or unreadable input.
`;

/** Names and default values in lines that fit a terminal. */
function listLimits(): string {
  const items = limitTable.map(({ name, unit, standard }) => `${name}=${formatLimit(unit, standard)}`);
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length < 100) lines[lines.length - 1] = `${last} ${item}`;
    else lines.push(`       ${item}`);
  }
  return lines.join("\n");
}

const readingOptions = {
  platform: { type: "string", multiple: true },
  limit: { type: "string", multiple: true },
  "insecure-registry": { type: "string", multiple: true },
  lazy: { type: "boolean" },
  cache: { type: "string" },
  quiet: { type: "boolean" },
} as const;

const checkOptions = {
  ...readingOptions,
  hosts: { type: "string", multiple: true },
  config: { type: "string" },
  base: { type: "string", multiple: true },
  "base-report": { type: "string", multiple: true },
  format: { type: "string" },
  output: { type: "string" },
  toolchain: { type: "string", multiple: true },
  "fail-on": { type: "string" },
  "fail-on-unknown": { type: "boolean" },
  "fail-on-existing": { type: "boolean" },
} as const;

/**
 * Reads the arguments after `node cli.js`.
 * @throws UserError that says which argument is wrong
 */
export function parseArguments(argv: readonly string[]): Invocation {
  const [command, ...rest] = argv;
  if (command === undefined || command === "--help" || command === "-h" || command === "help")
    return { command: "help" };
  if (rest.includes("--help") || rest.includes("-h")) return { command: "help" };
  switch (command) {
    case "--version":
    case "version":
      return { command: "version" };
    case "check":
      return { command: "check", options: parseCheck(rest) };
    case "inspect":
      return parseInspect(rest);
    case "hosts":
      return parseHosts(rest);
    case "explain":
      return parseExplain(rest);
    default:
      throw new UserError(`unknown command "${command}": use check, inspect, hosts or explain (--help shows how)`);
  }
}

function parseCheck(args: string[]): CheckArguments {
  const { values, positionals } = parse(args, checkOptions, "check");
  const toolchains = values.toolchain ?? [];
  if (positionals.length === 0 && toolchains.length === 0) {
    throw new UserError("check: name at least one image, e.g. check docker-archive:image.tar (--help shows how)");
  }
  if (positionals.length > 0 && toolchains.length > 0) {
    throw new UserError("check: --toolchain takes the place of images: give one or the other");
  }
  const { base = [], "base-report": baseReports = [] } = values;
  if (base.length > 0 && baseReports.length > 0)
    throw new UserError("check: --base and --base-report: one of them is the base");
  return {
    images: positionals,
    toolchains,
    base,
    baseReports,
    reading: toReading(values),
    format: oneOf("--format", values.format ?? "text", ["text", "json", "markdown", "sarif"]),
    ...given({
      hosts: values.hosts?.join(","),
      config: values.config,
      output: values.output,
      failOn: values["fail-on"] === undefined ? undefined : oneOf("--fail-on", values["fail-on"], failLevels),
      failOnUnknown: values["fail-on-unknown"],
      failOnExisting: values["fail-on-existing"],
    }),
  };
}

function toReading(values: {
  platform?: string[];
  limit?: string[];
  "insecure-registry"?: string[];
  lazy?: boolean;
  cache?: string;
  quiet?: boolean;
}): ReadingArguments {
  const { platform = [], limit = [], "insecure-registry": insecure = [], lazy = false, cache, quiet = false } = values;
  const registry = { insecureRegistries: insecure, lazy };
  const others = { quiet, ...given({ cache }) };
  return { platforms: platform.flatMap((list) => list.split(",")), limits: parseLimits(limit), ...registry, ...others };
}

function parseInspect(args: string[]): Invocation {
  const { format, output } = checkOptions;
  const { values, positionals } = parse(args, { ...readingOptions, format, output }, "inspect");
  if (positionals.length === 0) throw new UserError("inspect: name at least one image (--help shows how)");
  return {
    command: "inspect",
    images: positionals,
    reading: toReading(values),
    format: oneOf("--format", values.format ?? "text", ["text", "json"]),
    ...given({ output: values.output }),
  };
}

/** `NAME=VALUE` each; the last of a name counts. */
function parseLimits(options: readonly string[]): Partial<ReadLimits> {
  const stated: Partial<Record<LimitName, number>> = {};
  for (const option of options) {
    const equals = option.indexOf("=");
    const name = equals < 0 ? option : option.slice(0, equals);
    const names = limitTable.map((row) => row.name);
    if (!isLimitName(name))
      throw new UserError(`--limit: there is no limit "${name}"; ${didYouMean(name, names, "--help lists them")}`);
    if (equals < 0) throw new UserError(`--limit ${name}: say what it should be: --limit ${name}=VALUE`);
    try {
      stated[name] = parseLimit(name, option.slice(equals + 1));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`--limit ${name}: ${error.message}`);
      throw error;
    }
  }
  return toReadLimits(stated);
}

function parseHosts(args: string[]): Invocation {
  const { values, positionals } = parse(
    args,
    { "from-nodes": { type: "string" }, collect: { type: "boolean" }, format: { type: "string" } },
    "hosts",
  );
  const [id, extra] = positionals;
  if (extra !== undefined) throw new UserError(`hosts: one id at a time, "${extra}" is one too many`);
  const nodes = values["from-nodes"];
  if (id !== undefined && nodes !== undefined) throw new UserError("hosts: give an id or --from-nodes, not both");
  const collect = values.collect === true;
  if (collect && (id !== undefined || nodes !== undefined || values.format !== undefined))
    throw new UserError("hosts: --collect prints a script and takes nothing beside it");
  return {
    command: "hosts",
    ...(collect ? { collect } : {}),
    format: oneOf("--format", values.format ?? "text", ["text", "json"]),
    ...given({ id, nodes }),
  };
}

function parseExplain(args: string[]): Invocation {
  const { positionals } = parse(args, {}, "explain");
  const [rule, extra] = positionals;
  if (rule === undefined || extra !== undefined)
    throw new UserError("explain: name one rule, e.g. explain nft-newer-writer");
  return { command: "explain", rule };
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

function parse<T extends Options>(args: string[], options: T, command: string) {
  const parsed = parseStrictly(args, options, command);
  const seen = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    // An empty one is a variable that wasn't set, and of two the first would count for nothing.
    if (token.value === "") throw new UserError(`--${token.name}: is empty; leave it out or say what it should be`);
    const { type, multiple } = options[token.name] ?? {};
    if (type === "string" && multiple !== true && seen.has(token.name))
      throw new UserError(`${command}: --${token.name} is given twice: leave one of them out`);
    seen.add(token.name);
  }
  return parsed;
}

function parseStrictly<T extends Options>(args: string[], options: T, command: string) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    const text = messageOf(error);
    const unknown = /^Unknown option '--([^']+)'/.exec(text)?.[1];
    const names = Object.keys(options).map((name) => `--${name}`);
    if (unknown !== undefined)
      throw new UserError(
        `${command}: there is no option --${unknown}; ${didYouMean(`--${unknown}`, names, "--help shows them all")}`,
      );
    // Node's first sentence names the argument; the rest explains how to escape it.
    throw new UserError(`${command}: ${text.split(". ")[0]} (--help shows the options)`);
  }
}

function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw new UserError(`${option} ${value}: use ${allowed.join(", ")}`);
  return found;
}
