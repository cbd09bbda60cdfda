import type * as z from "zod/mini";
import { didYouMean } from "../model/suggest.ts";
import { fieldsAt } from "./expected.ts";
import { configSchema } from "./schema.ts";

/** What is said of a config that doesn't fit its schema. */

/** Keys and indexes from the root. */
export type Path = readonly PropertyKey[];

type Issue = z.core.$ZodIssue;

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, key) => (current as Record<PropertyKey, unknown> | undefined)?.[key], root);
}

/**
 * The innermost place of an issue and one sentence on it.
 * @param parent where the issue's own path begins
 * @param root the whole config, as plain values
 */
export function describeIssue(issue: Issue, parent: Path, root: unknown): { path: Path; text: string } {
  const path = [...parent, ...issue.path];
  const value = valueAt(root, path);
  switch (issue.code) {
    case "invalid_union":
      return describeUnion(issue, path, root);
    case "unrecognized_keys":
      return describeUnknownKey(issue.keys[0] ?? "", path);
    case "invalid_value":
      return { path, text: `${show(value)} is not one of ${issue.values.map(String).join(", ")}` };
    case "invalid_type":
      if (typeof value === "number" && issue.expected === "string") {
        return { path, text: `${value} is a number: put it in quotes (YAML reads 7.20 as 7.2)` };
      }
      return { path, text: kindProblem(value, issue.expected, path) };
    case "invalid_format":
    case "too_small":
    case "too_big":
      return {
        path,
        text: issue.message === "Invalid input" ? lengthProblem(value) : `${show(value)}: expected ${issue.message}`,
      };
    default:
      return { path, text: `${show(value)} is not allowed here` };
  }
}

function lengthProblem(value: unknown): string {
  const isEmpty = value === "" || (Array.isArray(value) && value.length === 0);
  return isEmpty ? "is empty" : `${show(value)} is too long`;
}

function describeUnknownKey(key: string, parent: Path): { path: Path; text: string } {
  const path = [...parent, key];
  if (key === "<<") return { path, text: "merge keys are not read: write the fields out" };
  const known = fieldsAt(configSchema, parent);
  const all = known.length > 12 ? "docs/configuration.md lists them" : `there are ${known.join(", ")}`;
  return { path, text: `no such option here; ${didYouMean(key, known, all)}` };
}

/** What is there is of another kind: says how the right one is written. */
function kindProblem(value: unknown, expected: string, path: Path): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is empty: say what it should be, or leave it out";
  const known = expected === "object" ? fieldsAt(configSchema, path) : [];
  const fields = known.length === 0 ? "" : ` of ${known.join(", ")}`;
  return `${show(value)} is not ${article(expected)}${fields}${expected === "array" ? listHint(value) : ""}`;
}

function listHint(value: unknown): string {
  if (typeof value === "string") return `: write [${value.slice(0, 60)}]`;
  return typeof value === "object" ? ': begin each entry with "- "' : "";
}

/** Of several allowed shapes the one whose kind fits the value speaks: a mapping is told what is wrong in it. */
function describeUnion(union: Extract<Issue, { code: "invalid_union" }>, path: Path, root: unknown) {
  const fitting = union.errors.filter(
    (issues) => !issues.some((inner) => inner.code === "invalid_type" && inner.path.length === 0),
  );
  const [best] = fitting.sort(
    (a, b) => a.filter(isUnknownKey).length - b.filter(isUnknownKey).length || b.length - a.length,
  );
  // A name that none of the shapes has is the mistake; that the right one is missing follows from it.
  const issue = best?.find(isUnknownKey) ?? best?.[0];
  if (issue !== undefined) return describeIssue(issue, path, root);
  const value = valueAt(root, path);
  return { path, text: value === null ? "is empty: take it away" : `${show(value)} is neither text nor a mapping` };
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
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
