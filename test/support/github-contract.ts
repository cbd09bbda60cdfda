import { Ajv, type ValidateFunction } from "ajv";
import formatsPlugin from "ajv-formats";
import description from "./github-openapi.json" with { type: "json" };

/** GitHub's OpenAPI description as a judge of requests and answers. */

export interface Call {
  method: string;
  /** Without prefix and query. */
  path: string;
  query: URLSearchParams;
  body: unknown;
}

interface Operation {
  template: string;
  pattern: RegExp;
  names: string[];
  parameters: { name: string; place: string; required: boolean; validate: ValidateFunction; type: string }[];
  body: ValidateFunction | undefined;
  answers: Map<number, ValidateFunction | undefined>;
}

type Json = { [key: string]: Json } & { [index: number]: Json };

const ajv = new Ajv({ strict: false, allErrors: true });
// The package is CommonJS: its function is the default export's default.
formatsPlugin.default(ajv);
ajv.addSchema({ $id: "github", ...description });

function compile(schema: unknown): ValidateFunction {
  // References in the description are relative to its root.
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"github#/components/')));
}

const operations = new Map<string, Operation[]>();
for (const [template, methods] of Object.entries(description.paths as unknown as Json))
  for (const [method, operation] of Object.entries(methods)) {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
    const entry: Operation = {
      template,
      pattern: new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}$`),
      names,
      parameters: Object.values(operation.parameters ?? {}).map(readParameter),
      body: operation.requestBody ? compile(operation.requestBody.content?.["application/json"]?.schema) : undefined,
      answers: new Map(
        Object.entries(operation.responses ?? {}).map(([status, { content }]) => [
          Number(status),
          content ? compile(content["application/json"]?.schema) : undefined,
        ]),
      ),
    };
    operations.set(method.toUpperCase(), [...(operations.get(method.toUpperCase()) ?? []), entry]);
  }

function readParameter(parameter: Json): Operation["parameters"][number] {
  const reference = (parameter as { $ref?: string }).$ref;
  const found: Json | undefined =
    reference === undefined
      ? parameter
      : (description.components.parameters as unknown as Json)[reference.replace("#/components/parameters/", "")];
  if (!found) throw new Error(`no parameter ${reference}`);
  const {
    name,
    in: place,
    required,
    schema,
  } = found as unknown as {
    name: string;
    in: string;
    required?: boolean;
    schema: { type: string };
  };
  return { name, place, required: required === true, validate: compile(schema), type: schema.type };
}

export interface Checked {
  template: string;
  /** Path parameters by name. */
  parameters: Record<string, string>;
  /** What the description says against the request. */
  problems: string[];
}

/** @returns undefined for a request that is none of the described operations */
export function checkRequest(call: Call): Checked | undefined {
  for (const operation of operations.get(call.method) ?? []) {
    const match = operation.pattern.exec(call.path);
    if (!match) continue;
    const parameters = Object.fromEntries(
      operation.names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? "")]),
    );
    return { template: operation.template, parameters, problems: problemsOf(operation, parameters, call) };
  }
  return undefined;
}

function problemsOf(operation: Operation, path: Record<string, string>, call: Call): string[] {
  const problems: string[] = [];
  for (const { name, place, required, validate, type } of operation.parameters) {
    const text = place === "path" ? path[name] : (call.query.get(name) ?? undefined);
    if (text === undefined) {
      if (required) problems.push(`parameter ${name} is missing`);
    } else if (!validate(type === "integer" ? Number(text) : text))
      problems.push(`${name}: ${ajv.errorsText(validate.errors)}`);
  }
  const known = operation.parameters.filter((p) => p.place === "query").map((p) => p.name);
  for (const name of call.query.keys()) if (!known.includes(name)) problems.push(`unknown query parameter ${name}`);
  if (operation.body && !operation.body(call.body)) problems.push(`body: ${ajv.errorsText(operation.body.errors)}`);
  return problems;
}

/** What the description says against an answer of ours, so that the stand-in can't drift from GitHub. */
export function checkAnswer(method: string, template: string, status: number, body: unknown): string[] {
  const operation = operations.get(method)?.find((entry) => entry.template === template);
  const validate = operation?.answers.get(status);
  if (!validate || validate(body)) return [];
  return [`answer ${status} of ${method} ${template}: ${ajv.errorsText(validate.errors)}`];
}
