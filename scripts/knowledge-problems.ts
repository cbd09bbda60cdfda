import * as z from "zod/mini";
import { didYouMean } from "../src/model/suggest.ts";

/**
 * What is wrong in a file of src/knowledge, one line each: `kernels.0.release.source: is missing`. Besides what the schema
 * refuses, that is a name that the schema doesn't have: a misspelt optional field would be a fact that nobody reads.
 */
export function problemsIn(data: unknown, schema: z.core.$ZodType): string[] {
  const result = z.safeParse(schema, data);
  const wrong = (result.error?.issues ?? []).map((issue) => `${placeOf(issue.path)}: ${sentence(issue, data)}`);
  return [...unknownNames(data, schema, []), ...emptySources(data, []), ...wrong];
}

type Path = readonly PropertyKey[];

function placeOf(path: Path): string {
  return path.length === 0 ? "the whole file" : path.map(String).join(".");
}

function sentence(issue: z.core.$ZodIssue, data: unknown): string {
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], data);
  if (value === undefined) return "is missing";
  const shown = JSON.stringify(value).slice(0, 60);
  if (issue.code === "invalid_value") return `${shown} is not one of ${issue.values.join(", ")}`;
  if (issue.code === "too_small" && (value === "" || (Array.isArray(value) && value.length === 0))) return "is empty";
  if (issue.code === "invalid_type") return `${shown} is no ${issue.expected}`;
  return `${shown}: ${issue.message}`;
}

function unknownNames(value: unknown, schema: z.core.$ZodType, path: Path): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
      return unknownNames(value, def.innerType, path);
    case "array":
      return Array.isArray(value) ? value.flatMap((item, i) => unknownNames(item, def.element, [...path, i])) : [];
    case "record":
      return fieldsOf(value).flatMap(([name, field]) => unknownNames(field, def.valueType, [...path, name]));
    case "union":
      return (
        def.options.map((option) => unknownNames(value, option, path)).sort((a, b) => a.length - b.length)[0] ?? []
      );
    case "object":
      return fieldsOf(value).flatMap(([name, field]) => {
        const inner = Object.hasOwn(def.shape, name) ? def.shape[name] : undefined;
        if (inner !== undefined) return unknownNames(field, inner, [...path, name]);
        const names = Object.keys(def.shape);
        return [
          `${placeOf([...path, name])}: no such field; ${didYouMean(name, names, `there are ${names.join(", ")}`)}`,
        ];
      });
    default:
      return [];
  }
}

function emptySources(value: unknown, path: Path): string[] {
  return fieldsOf(value).flatMap(([name, field]) =>
    name === "source" && field === ""
      ? [`${placeOf([...path, name])}: is empty; name where it was read`]
      : emptySources(field, [...path, name]),
  );
}

function fieldsOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
