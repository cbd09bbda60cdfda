import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { problemsIn } from "../../scripts/knowledge-problems.ts";
import { hostSchema } from "../../src/model/host.ts";

/** What a contributor reads of a slip in a file of the catalogue. */

const row = readFileSync(new URL("../../src/knowledge/hosts/debian-14.json", import.meta.url), "utf8");

function problemsAfter(before: string | RegExp, after: string): string[] {
  const text = row.replace(before, after);
  expect(text).not.toBe(row);
  return problemsIn(JSON.parse(text), hostSchema);
}

const cases: [name: string, before: string | RegExp, after: string, problem: string][] = [
  ["a fact without source", /"source": "[^"]*", /, "", "kernels.0.release.source: is missing"],
  [
    "an empty source",
    /"source": "[^"]*"/,
    '"source": ""',
    "kernels.0.release.source: is empty; name where it was read",
  ],
  ["a misspelt optional field", '"osImage"', '"osimage"', "osimage: no such field; did you mean osImage?"],
  [
    "a field of a fact that isn't one",
    '"confidence": "seen", "note"',
    '"confidence": "seen", "remark"',
    "kernels.0.release.remark: no such field; there are value, source, confidence, note",
  ],
  [
    "a state that isn't one",
    '"value": "loadable"',
    '"value": "present"',
    'kernels.0.modules.arp_tables.value: "present" is not one of builtin, loaded, loadable, optional-package, absent',
  ],
  ["text for yes or no", '"maintained": false', '"maintained": "no"', 'maintained: "no" is no boolean'],
];

test.each(cases)("%s", (_, before, after, problem) => {
  expect(problemsAfter(before, after)).toEqual([problem]);
});

test("the row as it is has none", () => expect(problemsIn(JSON.parse(row), hostSchema)).toEqual([]));
