/** docs/configuration.md from the config's published schema. */

interface Schema {
  type?: string | string[];
  description?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

const head = `# Configuration

The file \`.github/netfilter-compat.yml\`, or the one that the input \`config\` names. It may be absent. An input of the Action
beats it, it beats what is built in. Mistakes are told with file, line and field. Editors check and complete it with

\`\`\`yaml
# yaml-language-server: $schema=https://raw.githubusercontent.com/OWNER/netfilter-compat/COMMIT/schema/config.schema.json
\`\`\`

Versions are put in quotes: YAML reads 7.20 as the number 7.2.

This page is written from the schema by \`npm run generate\`.
`;

/** @param schema JSON schema of the config */
export function renderConfigPage(schema: Schema): string {
  const sections: string[] = [];
  describeFields("", schema, "Top level", sections);
  return `${head}\n${sections.join("\n")}`;
}

/** A table of the fields of an object, then one for each object below. */
function describeFields(path: string, schema: Schema, title: string, sections: string[]): void {
  const fields = Object.entries(schema.properties ?? {});
  const rows = fields.map(([name, field]) => {
    const needed = schema.required?.includes(name) ? " (required)" : "";
    if (field.description === undefined) throw new Error(`${path}${name} has no description in src/config/schema.ts`);
    return `| \`${name}\`${needed} | ${kindOf(field)} | ${field.description.replaceAll("|", "\\|")} |`;
  });
  sections.push(`## ${title}\n\n| field | value | meaning |\n|---|---|---|\n${rows.join("\n")}\n`);
  for (const [name, field] of fields)
    for (const below of objectsIn(field))
      describeFields(`${path}${name}.`, below, titleOf(`${path}${name}`, field, below), sections);
}

function titleOf(path: string, field: Schema, below: Schema): string {
  const several = objectsIn(field).length > 1;
  const first = Object.keys(below.properties ?? {})[0] ?? "";
  const entry = field.items === undefined ? `\`${path}\`` : `Entry of \`${path}\``;
  return several ? `${entry} with \`${first}\`` : entry;
}

/** Objects that a value may be or hold; programs are described once. */
function objectsIn(field: Schema): Schema[] {
  const candidates = [field, field.items, ...(field.items?.anyOf ?? []), ...(field.anyOf ?? [])];
  return candidates.filter((schema): schema is Schema => schema?.properties !== undefined);
}

function kindOf(field: Schema): string {
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(", ");
  if (field.anyOf) return [...new Set(field.anyOf.map(kindOf))].join(" or ");
  if (field.type === "array") return `list of ${kindOf(field.items ?? {})}`;
  if (field.properties) return "mapping, below";
  if (Array.isArray(field.type)) return field.type.map((type: string) => kindOf({ ...field, type })).join(" or ");
  if (field.type === "object") return `mapping of names to ${kindOf((field.additionalProperties as Schema) ?? {})}`;
  return { string: "text", boolean: "`true`, `false`", number: "number" }[field.type ?? ""] ?? "";
}
