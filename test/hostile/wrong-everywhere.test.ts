import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { readReport } from "../../src/files/read-reports.ts";
import { firstMismatch } from "../../src/model/first-mismatch.ts";
import { readInspections } from "../../src/saved-inspections.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Documents of ours that somebody made wrong at every place: one place is told, and not all are gathered. */

const scratch = scratchFolder("wrong-everywhere");
const many = Array.from({ length: 1_200_000 }, () => ({}));

test.each([
  ["images", { schemaVersion: 1, tool: { name: "a", version: "1" }, images: many }, /images\.0\.reference: is missing/],
  [
    "platforms",
    { schemaVersion: 1, tool: { name: "a", version: "1" }, images: [{ reference: "", digest: "", platforms: many }] },
    /images\.0\.platforms\.0\.platform: is missing/,
  ],
  ["tool", { schemaVersion: 1, images: many }, /tool: expected object/],
])("a saved inspection: %s", (name, document, message) => {
  const file = scratch.write(`${name}.json`, Buffer.from(JSON.stringify(document)));
  expect(() => readInspections([file], [])).toThrow(message);
});

test("a saved report whose lists are all short enough", () => {
  const platform = { platform: "", toolchain: { tools: many.slice(0, 100) } };
  const report = {
    schemaVersion: 1,
    tool: { name: "a", version: "1" },
    verdict: "pass",
    counts: { errors: 0, warnings: 0, notices: 0, unknowns: 0, existing: 0, ignored: 0 },
    images: Array.from({ length: 200 }, () => ({
      reference: "",
      digest: "",
      platforms: Array.from({ length: 60 }, () => platform),
    })),
    findings: [],
    notes: [],
  };
  const file = scratch.write("report.json", Buffer.from(JSON.stringify(report)));
  expect(() => readReport(file, "report.json")).toThrow("report.json: not a report of netfilter-compat: ");
});

describe("the first place that does not fit is the one that the parser names first", () => {
  const schema = z.object({
    a: z.optional(z.nullable(z.string())),
    b: z.array(z.object({ c: z.enum(["x", "y"]), d: z.record(z.string(), z.number()) })),
    e: z.union([z.string(), z.array(z.string())]),
    f: z.literal(1),
  });
  const right = { a: null, b: [{ c: "x", d: { g: 1 } }], e: ["h"], f: 1 };
  test.each<[string, unknown]>([
    ["", 5],
    ["", null],
    ["", []],
    ["a", { ...right, a: 1 }],
    ["b", { ...right, b: {} }],
    ["b", { ...right, b: undefined }],
    ["b.0", { ...right, b: [[]] }],
    ["b.1.c", { ...right, b: [right.b[0], { c: "z", d: {} }] }],
    ["b.0.d.g", { ...right, b: [{ c: "y", d: { g: "1" } }] }],
    ["f", { ...right, f: "1" }],
    ["f", Object.assign(Object.create({ f: 1 }), { ...right, f: undefined })],
  ])("%s", (path, value) => {
    expect(firstMismatch(value, schema)?.path.join(".")).toBe(path);
    const result = schema.safeParse(value);
    expect(result.error?.issues[0]?.path.join(".")).toBe(path);
  });

  test.each([right, { ...right, a: "1" }, { b: [], e: "", f: 1 }])("%j fits", (value) => {
    expect(firstMismatch(value, schema)).toBeUndefined();
    expect(schema.safeParse(value).success).toBe(true);
  });

  test("of several forms the one of the same kind tells", () => {
    expect(firstMismatch({ ...right, e: ["h", 1] }, schema)).toEqual({ path: ["e", 1], problem: "expected string" });
    expect(firstMismatch({ ...right, e: 1 }, schema)).toEqual({ path: ["e"], problem: "expected string" });
  });
});
