import { Ajv } from "ajv";
import formatsPlugin from "ajv-formats";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { byteLength } from "../../src/report/budget.ts";
import { renderSarif } from "../../src/report/sarif.ts";
import { readRuleHelp } from "../../src/rule-pages.ts";
import schema from "../support/sarif-schema.json" with { type: "json" };
import { hostTitles, samples } from "./samples.ts";

/** SARIF against the standard's schema, and against what GitHub takes. */

// The schema is of draft 4, which differs from ajv's in the name of its own address only, as far as this one goes.
const { id: _, $schema: __, notice: ___, ...rules } = schema;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formatsPlugin.default(ajv);
const validate = ajv.compile(rules);

const context = { hostTitles, reportName: "agent", docsBase: "https://github.com/example/x/blob/v1/docs/rules/" };
const options = { fallbackFile: "Dockerfile", ruleHelp: readRuleHelp() };

interface Sarif {
  runs: {
    automationDetails: { id: string };
    tool: { driver: { rules: { properties: { tags: string[] }; help?: { markdown: string } }[] } };
    results: {
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
      partialFingerprints: Record<string, string>;
    }[];
  }[];
}
const sarifOf = (report: Report): Sarif => JSON.parse(renderSarif(report, context, options));

describe.each(Object.entries(samples))("%s", (_name, report) => {
  const sarif = sarifOf(report);

  test("fits the schema", () => {
    expect(validate(sarif) ? [] : validate.errors).toEqual([]);
  });

  test("keeps GitHub's limits", () => {
    expect(sarif.runs).toHaveLength(1);
    const [run] = sarif.runs;
    expect(run?.automationDetails.id).toBe("netfilter-compat/agent");
    expect(run?.results.length).toBeLessThanOrEqual(5000);
    for (const rule of run?.tool.driver.rules ?? []) expect(rule.properties.tags.length).toBeLessThanOrEqual(10);
    for (const { locations } of run?.results ?? []) {
      expect(locations).toHaveLength(1);
      const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
      // Relative to the repository's root: no scheme, no slash at the start, no way out.
      expect(artifactLocation?.uri).toMatch(/^(?![a-z]+:|\/)[^\s]+$/i);
      expect(artifactLocation?.uri.split("/")).not.toContain("..");
      expect(region?.startLine).toBeGreaterThan(0);
    }
    const prints = run?.results.map((result) => JSON.stringify(result.partialFingerprints)) ?? [];
    expect(new Set(prints).size).toBe(prints.length);
  });
});

test("the schema is not satisfied by anything", () => {
  const sarif = sarifOf(samples["kilo-broken"] as Report) as unknown as { runs: { results: { level: string }[] }[] };
  for (const result of sarif.runs[0]?.results ?? []) result.level = "fatal";
  expect(validate(sarif)).toBe(false);
});

test("fingerprints stay when versions, lines and tags change", () => {
  const before = samples["kilo-broken"] as Report;
  const text = JSON.stringify(before).replaceAll("1.8.4", "1.8.5").replaceAll('"line":14', '"line":20');
  const prints = (report: Report) => sarifOf(report).runs[0]?.results.map((result) => result.partialFingerprints);
  expect(prints(JSON.parse(text))).toEqual(prints(before));
});

test("results as long as they may be: as many as GitHub takes, worst first", () => {
  const report = structuredClone(samples["400-findings"]) as Report;
  const hosts = Array.from({ length: 150 }, (_, i) => `host-${i}`.padEnd(80, "h"));
  const text = (i: number) => String.fromCodePoint(0x4e00 + (i % 1000));
  report.findings = Array.from({ length: 2000 }, (_, i) => ({
    ...(report.findings[i % 400] as Report["findings"][number]),
    severity: i % 2 === 0 ? ("error" as const) : ("warning" as const),
    message: `${i} ${text(i).repeat(590)}`,
    remedy: `${i} ${text(i + 1).repeat(1190)}`,
    hosts,
  }));
  const sarif = renderSarif(report, context, options);
  expect(byteLength(sarif)).toBeLessThan(10_000_000);
  const { results } = JSON.parse(sarif).runs[0];
  expect(results.length).toBeGreaterThan(300);
  expect(results.length).toBeLessThan(1000);
  expect(new Set(results.map((result: { level: string }) => result.level))).toEqual(new Set(["error"]));
  for (const result of results) expect(result.properties.hosts.length).toBeLessThanOrEqual(100);
  expect(validate(JSON.parse(sarif))).toBe(true);
});

test("what GitHub allows a rule", () => {
  for (const [id, { summary, markdown }] of options.ruleHelp) {
    expect(id.length).toBeLessThanOrEqual(255);
    expect(summary.length).toBeLessThanOrEqual(1024);
    expect(markdown.length).toBeGreaterThan(200);
    expect(markdown.length).toBeLessThan(30_000);
  }
  expect(options.ruleHelp.size).toBeLessThan(25_000);
});

test("ten thousand findings: the worst 5000", () => {
  const report = structuredClone(samples["400-findings"]) as Report;
  report.findings = Array.from({ length: 10_000 }, (_, i) => ({
    ...(report.findings[i % 400] as Report["findings"][number]),
    message: `statement ${i}`,
  }));
  const text = renderSarif(report, context, { fallbackFile: "Dockerfile" });
  expect(JSON.parse(text).runs[0].results).toHaveLength(5000);
  expect(byteLength(text)).toBeLessThan(10 * 1024 * 1024);
});
