import type * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";

/**
 * JSON as the programs that run images read it. Their reader (encoding/json of Go) takes a key for a field also when it is
 * written in other letters (`Layers`, `LAYERS`, with a long s), and of several such keys the last one counts, mostly. A document
 * that says something else to a strict reader than to them would be an image that is not the one that is run.
 * Source: https://pkg.go.dev/encoding/json#Unmarshal
 */

/** As deep as Go's reader goes. */
const MAX_DEPTH = 10_000;
/** Three times as many as an index of 5,000 images has. Parsed, a value of two bytes takes a hundred. */
const MAX_VALUES = 200_000;

/**
 * Looks for what takes much more memory parsed than as text.
 * @param text JSON, or anything
 * @param most values
 * @returns for the end of a sentence; undefined when there is nothing
 */
export function findExcess(text: string, most = MAX_VALUES): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === "]" || character === "}") depth--;
    else if (character === "," || character === "[" || character === "{") {
      if (++values > most) return `holds more than ${most} values`;
      if (character !== "," && ++depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
    }
  }
  return undefined;
}

/**
 * Looks for what readers of JSON understand in different ways.
 * @param text valid JSON
 * @returns for the end of a sentence; undefined when there is nothing
 */
export function findDoubleMeaning(text: string): string | undefined {
  /** The keys of each object that is open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      last = text.slice(at, end);
      at = end - 1;
    } else if (character === "{" || character === "[") {
      if (open.push(character === "{" ? new Set() : null) > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
    } else if (character === "}" || character === "]") open.pop();
    else if (character === ":") {
      const key = last.includes("\\") ? (JSON.parse(last) as string) : last.slice(1, -1);
      const keys = open.at(-1);
      if (keys?.has(key)) return `has the key ${quote(key)} twice in one object`;
      keys?.add(key);
    }
  }
  return undefined;
}

/** @param start of its first quotation mark @returns behind its last one */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === '"' || character === undefined) return at + 1;
  }
}

/**
 * Gives the fields that a schema knows the names that it has for them, as Go's reader would. What does not have the form of the
 * schema stays as it is.
 * @param value of JSON; not changed
 * @throws UserError for the end of a sentence
 */
export function nameFields(value: unknown, schema: z.core.$ZodType): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
      return nameFields(value, def.innerType);
    case "array":
      return Array.isArray(value) ? value.map((item) => nameFields(item, def.element)) : value;
    case "object":
      return Array.isArray(value) ? value : nameOwn(value, def.shape as Readonly<Record<string, z.core.$ZodType>>);
    default:
      return value;
  }
}

function nameOwn(value: object, shape: Readonly<Record<string, z.core.$ZodType>>): Record<string, unknown> {
  const names = new Map(Object.keys(shape).map((name) => [fold(name), name]));
  const found: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = names.get(fold(key));
    if (name === undefined) continue;
    if (Object.hasOwn(found, name)) throw new UserError(`has two keys that Go reads as ${quote(name)}`);
    found[name] = nameFields(item, shape[name] as z.core.$ZodType);
  }
  return found;
}

/** The same for keys that Go takes for the same as an English one: two letters outside ASCII have a twin in it. */
export function fold(key: string): string {
  return key
    .replace(/\u017f/g, "s")
    .replace(/\u212a/g, "k")
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
