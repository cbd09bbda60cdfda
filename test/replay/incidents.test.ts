import { describe, expect, test } from "vitest";
import { evaluatePlatform, type RawCell } from "../../src/compat/engine.ts";
import { rules } from "../../src/compat/rules/index.ts";
import { ruleIds } from "../../src/model/rule-ids.ts";
import type { ImageFacts, Incident } from "./incident.ts";
import { answer, evaluateIncident, incidents, rulesOf } from "./incident-replay.ts";

// Public incidents against the engine. `flag`: the rule, or one that says the same of the same cause, must speak as an
// error or a warning. `clean`: none of them may. `undecidable`: the thread lacks the named fact; then nothing may be claimed
// either way, so that neither a finding nor a silent pass counts as a success.

const built = new Set<string>(rules.map((rule) => rule.id));

function evaluate(incident: Incident, image: ImageFacts): RawCell {
  return evaluateIncident(evaluatePlatform, incident, image);
}

function shown(cell: RawCell): string {
  const said = cell.findings.map((finding) => `${finding.severity} ${finding.rule}: ${finding.message}`);
  const missing = cell.missing.map((item) => `missing ${item.fact} (${item.rule})`);
  return [...said, ...missing].join("\n    ") || "nothing";
}

type Result = "caught" | "by a sibling" | "missed" | "left alone" | "false alarm" | "undecidable" | "rule not built";

function judge(incident: Incident): Result {
  const wanted = rulesOf(incident);
  if (incident.expect.image === "undecidable") return "undecidable";
  if (!wanted.some((rule) => built.has(rule))) return "rule not built";
  const got = answer(evaluate(incident, incident.image), wanted);
  if (incident.expect.image === "clean") return got === "clean" ? "left alone" : "false alarm";
  if (got !== "flag") return "missed";
  // A sibling is a rule that says the same of the same cause (`acceptRules`).
  return answer(evaluate(incident, incident.image), wanted.slice(0, 1)) === "flag" ? "caught" : "by a sibling";
}

test("120 incidents, each with a public address, a known rule and reasons where they are due", () => {
  expect(incidents).toHaveLength(120);
  expect(new Set(incidents.map((incident) => incident.id)).size).toBe(120);
  for (const incident of incidents) {
    for (const rule of rulesOf(incident)) expect(ruleIds as readonly string[], incident.id).toContain(rule);
    expect(incident.acceptRules === undefined, incident.id).toBe(incident.acceptReason === undefined);
    expect(incident.expect.image === "undecidable", incident.id).toBe(incident.undecidable !== undefined);
    expect(incident.expect.fixed !== undefined && incident.fixedImage === undefined, incident.id).toBe(false);
  }
});

describe("every incident", () => {
  const decided = incidents.filter((incident) => incident.expect.image !== "undecidable");
  const testable = decided.filter((incident) => rulesOf(incident).some((rule) => built.has(rule)));

  test.each(testable.map((incident) => [incident.id, incident] as const))("%s", (_, incident) => {
    const cell = evaluate(incident, incident.image);
    expect(answer(cell, rulesOf(incident)), shown(cell)).toBe(incident.expect.image);
  });

  const repaired = testable.filter((incident) => incident.expect.fixed === "clean");
  test.each(repaired.map((incident) => [incident.id, incident] as const))("%s, repaired", (_, incident) => {
    const cell = evaluate(incident, incident.fixedImage!);
    expect(answer(cell, rulesOf(incident)), shown(cell)).not.toBe("flag");
  });

  const negatives = incidents.filter((incident) => incident.negative === true);
  test.each(
    negatives.map((incident) => [incident.id, incident] as const),
  )("%s shows no error of any rule", (_, incident) => {
    const cell = evaluate(incident, incident.image);
    const errors = cell.findings.filter((finding) => finding.severity === "error");
    expect(errors, shown(cell)).toEqual([]);
  });

  const open = incidents.filter((incident) => incident.expect.image === "undecidable");
  test.each(open.map((incident) => [incident.id, incident] as const))("%s stays open", (_, incident) => {
    const cell = evaluate(incident, incident.image);
    expect(answer(cell, rulesOf(incident)), shown(cell)).not.toBe("flag");
  });
});

test("the table", () => {
  const table = new Map<string, Map<Result, number>>();
  for (const incident of incidents) {
    const row = table.get(incident.category) ?? new Map<Result, number>();
    const result = judge(incident);
    row.set(result, (row.get(result) ?? 0) + 1);
    table.set(incident.category, row);
  }
  const all: Result[] = [
    "caught",
    "by a sibling",
    "left alone",
    "missed",
    "false alarm",
    "undecidable",
    "rule not built",
  ];
  const line = (name: string, cells: readonly (string | number)[]) =>
    [name.padEnd(26), ...cells.map((cell) => String(cell).padStart(14))].join(" ");
  const sums = all.map((result) => incidents.filter((incident) => judge(incident) === result).length);
  const undecided = incidents.filter((incident) => incident.undecidable !== undefined);
  console.log(
    [
      line("category", all),
      ...[...table].sort().map(([name, row]) =>
        line(
          name,
          all.map((result) => row.get(result) ?? 0),
        ),
      ),
      line("all", sums),
      "",
      ...undecided.map((incident) => `undecidable: ${incident.id} (${incident.expectRule}): ${incident.undecidable}`),
    ].join("\n"),
  );
  expect(sums.reduce((sum, count) => sum + count, 0)).toBe(120);
});
