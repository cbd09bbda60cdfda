import type * as z from "zod/mini";

/** What the schema has at a place of the config, for messages. */

type Path = readonly PropertyKey[];

/** Names of the fields that a mapping at this place may have; empty where any name may stand, and where none is expected. */
export function fieldsAt(schema: z.core.$ZodType, path: Path): string[] {
  const names = shapesAt(schema, path).flatMap((shape) => (shape.type === "object" ? Object.keys(shape.shape) : []));
  return [...new Set(names)];
}

/** All that may stand at this place, of every alternative on the way. */
function shapesAt(schema: z.core.$ZodType, path: Path): z.core.$ZodTypes["_zod"]["def"][] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "optional") return shapesAt(def.innerType, path);
  if (def.type === "union") return def.options.flatMap((option) => shapesAt(option, path));
  const [key, ...rest] = path;
  if (key === undefined) return [def];
  const inner = innerAt(def, key);
  return inner === undefined ? [] : shapesAt(inner, rest);
}

function innerAt(def: z.core.$ZodTypes["_zod"]["def"], key: PropertyKey): z.core.$ZodType | undefined {
  if (def.type === "array") return def.element;
  if (def.type === "record") return def.valueType;
  return def.type === "object" && Object.hasOwn(def.shape, key) ? def.shape[key as string] : undefined;
}
