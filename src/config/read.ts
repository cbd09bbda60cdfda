import { type Document, LineCounter, parseDocument, visit, type YAMLParseError } from "yaml";
import type * as z from "zod/mini";
import { type ConfigPath, UserError } from "../model/error.ts";
import { type LimitName, limitTable, parseLimit, type ReadLimits, toReadLimits } from "../model/limits.ts";
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
    throw new UserError(`${file}:${lines.linePos(syntax.pos[0]).line}: not valid YAML: ${syntaxProblem(syntax)}`);
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

/** The library's sentence, but for one that tells programmers what to call. */
function syntaxProblem({ code, message }: YAMLParseError): string {
  return code === "MULTIPLE_DOCS" ? "a second document begins here (---); a config is one" : message;
}

/** Plain values; the library bounds the expansion of aliases and says so by throwing. */
function toPlain(document: Document, file: string, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const many = problem.startsWith("Excessive alias count");
    const line = aliasLine(document, lines, !many);
    throw new UserError(`${file}${line}: not usable YAML: ${many ? "the aliases multiply without end" : problem}`);
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

type Path = readonly PropertyKey[];

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

type Issue = z.core.$ZodIssue;

/** The innermost place of an issue and one sentence on it. */
function describeIssue(issue: Issue, parent: Path, root: unknown): { path: Path; text: string } {
  const path = [...parent, ...issue.path];
  const value = path.reduce<unknown>(
    (current, key) => (current as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
  switch (issue.code) {
    case "invalid_union":
      return describeUnion(issue, path, root);
    case "unrecognized_keys":
      return { path: [...path, issue.keys[0] ?? ""], text: "no such option here" };
    case "invalid_value":
      return { path, text: `${show(value)} is not one of ${issue.values.map(String).join(", ")}` };
    case "invalid_type":
      if (typeof value === "number" && issue.expected === "string") {
        return { path, text: `${value} is a number: put it in quotes (YAML reads 7.20 as 7.2)` };
      }
      return { path, text: value === undefined ? "is missing" : `${show(value)} is not ${article(issue.expected)}` };
    case "invalid_format":
    case "too_small":
    case "too_big":
      return {
        path,
        text: `${show(value)}: ${issue.message === "Invalid input" ? lengthProblem(value) : issue.message}`,
      };
    default:
      return { path, text: `${show(value)} is not allowed here` };
  }
}

function lengthProblem(value: unknown): string {
  return value === "" ? "is empty" : "is too long";
}

/** Of several allowed shapes the one whose kind fits the value speaks: a mapping is told what is wrong in it. */
function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, path: Path, root: unknown) {
  const fitting = issue.errors.filter(
    (issues) => !issues.some((inner) => inner.code === "invalid_type" && inner.path.length === 0),
  );
  const best = fitting.sort(
    (a, b) => a.filter(isUnknownKey).length - b.filter(isUnknownKey).length || b.length - a.length,
  )[0]?.[0];
  return best === undefined ? { path, text: "must be text or a mapping" } : describeIssue(best, path, root);
}

function isUnknownKey(issue: Issue): boolean {
  return issue.code === "unrecognized_keys";
}

function article(kind: string): string {
  const names: Record<string, string> = {
    string: "text",
    object: "a mapping",
    array: "a list",
    record: "a mapping",
    boolean: "true or false",
  };
  return names[kind] ?? kind;
}

/** A value as the message quotes it: short, on one line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
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
