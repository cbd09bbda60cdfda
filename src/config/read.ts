import { type Document, LineCounter, parseDocument, visit, type YAMLParseError } from "yaml";
import { type ConfigPath, messageOf, UserError } from "../model/error.ts";
import { type LimitName, limitTable, parseLimit, type ReadLimits, toReadLimits } from "../model/limits.ts";
import { describeIssue, type Path, show } from "./problem.ts";
import { type Config, configSchema } from "./schema.ts";

/** Bytes; a config is a few hundred lines at most, and a pull request from a stranger can carry any. */
export const maximumConfigSize = 256 * 1024;

/** A config, and where its parts stand. */
export interface LocatedConfig {
  config: Config;
  /** `file:line: field` of a part. */
  place(path: ConfigPath): string;
  /** `file:line` of a part. */
  line(path: ConfigPath): string;
}

/**
 * Reads the config.
 * @param text YAML
 * @param file as errors name it
 * @throws UserError with file, line and field of the first mistake
 */
export function readConfig(text: string, file: string): Config {
  return readLocatedConfig(text, file).config;
}

/** The same, for who checks more than the form and has to say where a mistake is. */
export function readLocatedConfig(text: string, file: string): LocatedConfig {
  if (text.length > maximumConfigSize) throw new UserError(`${file}: larger than ${maximumConfigSize} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: "error",
  });
  const line = (path: Path) => `${file}:${lineOf(path, document, lines)}`;
  const place = (path: Path) => `${line(path)}: ${fieldName(path)}`;
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    throw new UserError(`${file}:${lines.linePos(syntax.pos[0]).line}: not valid YAML: ${syntaxProblem(syntax, text)}`);
  }
  const value = toPlain(document, file, lines);
  if (value === null || value === undefined) return { config: {}, place, line };
  const result = configSchema.safeParse(value);
  if (result.success) {
    checkIgnores(result.data, place);
    for (const [name, stated] of statedLimits(result.data)) {
      const problem = limitProblem(name, stated);
      if (problem !== undefined) throw new UserError(`${place(["limits", name])}: ${problem}`);
    }
    return { config: result.data, place, line };
  }
  const [first] = result.error.issues;
  if (first === undefined) throw new UserError(`${file}: not a valid config`);
  const { path, text: problem } = describeIssue(first, [], value);
  throw new UserError(`${place(path)}: ${problem}`);
}

const quoteStar = 'text that begins with * stands in quotes, e.g. "*calico*"';

/** The library's sentence, but for those that tell programmers what to call, or not what to do. */
function syntaxProblem({ code, message, pos }: YAMLParseError, text: string): string {
  switch (code) {
    case "MULTIPLE_DOCS":
      return "a second document begins here (---); a config is one";
    case "RESOURCE_EXHAUSTION":
      return "too many levels inside each other";
    case "DUPLICATE_KEY":
      return `the key ${show(text.slice(pos[0]).split(/[:\s]/, 1)[0])} is there twice: join the two`;
    case "BAD_ALIAS":
      return quoteStar;
    case "BAD_SCALAR_START":
      return `${message}: put the text in quotes`;
    default:
      return message;
  }
}

/** Plain values; the library bounds the expansion of aliases and says so by throwing. */
function toPlain(document: Document, file: string, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const problem = messageOf(error);
    const many = problem.startsWith("Excessive alias count");
    const line = aliasLine(document, lines, !many);
    const what = many ? "the aliases multiply without end" : `${problem}; ${quoteStar}`;
    throw new UserError(`${file}${line}: not usable YAML: ${what}`);
  }
}

/** `:3` for the first alias, or the first that names nothing; empty when there is none. */
function aliasLine(document: Document, lines: LineCounter, unresolved: boolean): string {
  let offset: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (unresolved && alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset === undefined ? "" : `:${lines.linePos(offset).line}`;
}

/** `ignore[0].until` */
function fieldName(path: Path): string {
  const field = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return field.replace(/^\./, "") || "the whole file";
}

/** A missing key has no place of its own: its parent's line is the nearest. */
function lineOf(path: Path, document: Document, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** An ignore names what it is for, and a day that exists. */
function checkIgnores(config: Config, place: (path: Path) => string): void {
  config.ignore?.forEach((entry, index) => {
    if (entry.rule === undefined && entry.host === undefined && entry.program === undefined) {
      throw new UserError(`${place(["ignore", index])}: would silence everything: name a rule, a host or a program`);
    }
    const date = new Date(`${entry.until}T00:00:00Z`);
    if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== entry.until) {
      throw new UserError(`${place(["ignore", index, "until"])}: ${show(entry.until)} is not a day of the calendar`);
    }
  });
}

function statedLimits(config: Config): [LimitName, string][] {
  return limitTable.flatMap(({ name }) => {
    const stated = config.limits?.[name];
    return stated === undefined ? [] : [[name, String(stated)]];
  });
}

function limitProblem(name: LimitName, text: string): string | undefined {
  try {
    parseLimit(name, text);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** The limits that a config states, in base units. */
export function limitsOf(config: Config): Partial<ReadLimits> {
  return toReadLimits(Object.fromEntries(statedLimits(config).map(([name, text]) => [name, parseLimit(name, text)])));
}
