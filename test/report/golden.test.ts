import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { inspectionSchema } from "../../src/model/toolchain.ts";
import { buildAnnotations } from "../../src/report/annotations.ts";
import { COMMENT_LIMIT, fitMarkdown } from "../../src/report/budget.ts";
import { renderInspectionText } from "../../src/report/inspection-text.ts";
import { renderInspectionJson, renderJson } from "../../src/report/json.ts";
import { renderSarif } from "../../src/report/sarif.ts";
import { renderText } from "../../src/report/text.ts";
import type { ReportContext } from "../../src/report/view.ts";
import { expectGolden } from "../support/golden.ts";
import { hostTitles, inspection, samples } from "./samples.ts";

const context: ReportContext = {
  hostTitles,
  docsBase: "https://github.com/example/netfilter-compat/blob/v1/docs/rules/",
  sourceBase: `https://github.com/example/agent/blob/${"0".repeat(40)}/`,
  runUrl: "https://github.com/example/agent/actions/runs/1",
};
const golden = (name: string) => new URL(`./golden/${name}`, import.meta.url);

describe.each(Object.keys(samples))("%s", (name) => {
  const report = samples[name];
  if (!report) throw new Error(name);

  test("comment", () => {
    expectGolden(golden(`${name}.md`), fitMarkdown(report, context, COMMENT_LIMIT, "\n<!-- marker -->\n"));
  });

  test("terminal", () => {
    expectGolden(golden(`${name}.txt`), renderText(report, { hostTitles }));
  });

  test("annotations", () => {
    expectGolden(golden(`${name}.annotations.json`), `${JSON.stringify(buildAnnotations(report, context), null, 2)}\n`);
  });

  test("JSON holds the report unchanged, whatever order its keys had", () => {
    const json = renderJson(report);
    expect(JSON.parse(json)).toEqual(report);
    const reversed = JSON.parse(JSON.stringify(report), (_, value) =>
      value && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(renderJson(reversed)).toBe(json);
  });
});

test("a comment that turned green", () => {
  const fixedBy = "iptables 1.8.4 -> 1.8.11, ipset 7.6 -> 7.24: buggy-version, nft-newer-writer are no longer found";
  const report = samples.clean;
  if (!report) throw new Error("no sample");
  expectGolden(golden("turned-green.md"), fitMarkdown(report, { ...context, fixedBy }, COMMENT_LIMIT));
});

test("JSON of the report, SARIF and inspection", () => {
  const broken = samples["three-platforms"];
  if (!broken) throw new Error("no sample");
  expectGolden(golden("three-platforms.json"), renderJson(broken));
  const options = {
    fallbackFile: "Dockerfile",
    ruleHelp: new Map([["nft-newer-writer", { summary: "A newer writer.", markdown: "# nft-newer-writer" }]]),
  };
  expectGolden(golden("three-platforms.sarif.json"), renderSarif(broken, { ...context, reportName: "agent" }, options));
  expectGolden(golden("inspection.txt"), renderInspectionText(inspection));
  const json = renderInspectionJson(inspection);
  expectGolden(golden("inspection.json"), json);
  expect(z.parse(inspectionSchema, JSON.parse(json))).toEqual(inspection);
});
