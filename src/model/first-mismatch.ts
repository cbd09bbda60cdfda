import * as z from "zod/mini";

/** The first place where a value is not what a schema says. */
export interface Mismatch {
  path: (string | number)[];
  /** `expected string`, `is missing`: a clause in the words of the schema. */
  problem: string;
}

/**
 * Looks for one place in a parsed document that does not fit, in the order of the schema, and stops there. Zod gathers all
 * such places: of a few megabytes that somebody made wrong everywhere it makes gigabytes, and a stack that overflows. Checks of
 * an object or a list as a whole (its length) are left to the parser: with all parts right it finds few.
 * @returns undefined when every part fits
 */
export function firstMismatch(value: unknown, schema: z.core.$ZodType): Mismatch | undefined {
  const path: (string | number)[] = [];
  const problem = look(value, schema, path);
  return problem === undefined ? undefined : { path, problem };
}

/** @param path where `value` is; left at the place that does not fit */
function look(value: unknown, schema: z.core.$ZodType, path: Mismatch["path"]): string | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
      return value === undefined ? undefined : look(value, def.innerType, path);
    case "nullable":
      return value === null ? undefined : look(value, def.innerType, path);
    case "array":
      return Array.isArray(value) ? lookIn(value.entries(), () => def.element, path) : "expected array";
    case "record":
      return isObject(value) ? lookIn(Object.entries(value), () => def.valueType, path) : "expected object";
    case "object":
      return isObject(value) ? lookIn(fieldsOf(value, def.shape), (name) => def.shape[name], path) : "expected object";
    case "union":
      return look(value, chooseOption(def.options, value), path);
    default:
      if (z.safeParse(schema, value).success) return undefined;
      if (value === undefined) return "is missing";
      return def.type === "literal" ? `is not ${def.values.join(" or ")}` : `expected ${def.type}`;
  }
}

function lookIn<Key extends string | number>(
  parts: Iterable<readonly [Key, unknown]>,
  schemaOf: (key: Key) => z.core.$ZodType | undefined,
  path: Mismatch["path"],
): string | undefined {
  for (const [key, part] of parts) {
    const schema = schemaOf(key);
    if (schema === undefined) continue;
    path.push(key);
    const problem = look(part, schema, path);
    if (problem !== undefined) return problem;
    path.pop();
  }
  return undefined;
}

/** Of a list and what is none the one that the value is. */
function chooseOption(options: readonly z.core.$ZodType[], value: unknown): z.core.$ZodType {
  const isList = (option: z.core.$ZodType) => (option as z.core.$ZodTypes)._zod.def.type === "array";
  return options.find((option) => isList(option) === Array.isArray(value)) ?? (options[0] as z.core.$ZodType);
}

function fieldsOf(value: object, shape: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.keys(shape).map((name) => [name, Object.hasOwn(value, name) ? value[name as never] : undefined]);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
