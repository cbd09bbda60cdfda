import { describe, expect, test } from "vitest";
import type { ImageReport, PlatformReport, Report } from "../../src/model/report.ts";
import { parseReport } from "../../src/model/report-schema.ts";
import { headline } from "../../src/report/headline.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { mergeReports } from "../../src/report/merge.ts";
import { samples } from "./samples.ts";

/** Reports put together; the way through the second Action is in test/e2e/legs.test.ts and gather.test.ts. */

/** Two hold texts that no report may. */
const plain = Object.entries(samples).filter(([name]) => !["hostile", "wide"].includes(name));

test.each(plain)("%s is a report that can be read back, alone and merged with each other", (_, report) => {
  expect(parseReport(report)).toEqual({ report });
  for (const [, other] of plain) {
    const merged = mergeReports([
      { name: "a", report },
      { name: "b", report: other },
    ]);
    expect(parseReport(JSON.parse(JSON.stringify(merged)))).toEqual({ report: merged });
    expect(merged.counts.errors).toBe(report.counts.errors + other.counts.errors);
    expect(merged.counts.unknowns).toBe(report.counts.unknowns + other.counts.unknowns);
  }
});

/** One image, one platform, some hosts: what there is to tell apart. */
function leg(architecture: string, hosts: Record<string, string>, unjudged: string[] = [], name = "agent"): Report {
  const report = structuredClone(samples.clean as Report);
  const image = report.images[0] as ImageReport;
  const platform = image.platforms[0] as PlatformReport;
  platform.platform = `linux/${architecture}`;
  platform.toolchain.architecture = architecture;
  platform.cells = Object.entries(hosts).map(([host, program]) => ({
    host,
    kernel: "6.1",
    programs: [program],
    verdict: "pass",
    findings: [],
    missing: [],
  }));
  if (unjudged.length > 0)
    platform.unjudged = unjudged.map((host) => ({ host, kernel: "6.1", architectures: ["other"] }));
  image.platforms = [platform];
  image.reference = name;
  return report;
}

const merge = (...reports: Report[]) => mergeReports(reports.map((report, index) => ({ name: `leg${index}`, report })));
const tables = (...reports: Report[]) => merge(...reports).images.map(({ platforms }) => platforms.length);

describe("one table", () => {
  test("of the same hosts, in any order", () => {
    expect(tables(leg("amd64", { a: "p", b: "p" }), leg("arm64", { b: "p", a: "p" }))).toEqual([2]);
  });
  test("where a platform can't be started on some, and says so", () => {
    expect(tables(leg("amd64", { a: "p", b: "p" }), leg("arm64", { a: "p" }, ["b"]))).toEqual([2]);
    expect(tables(leg("amd64", { a: "p" }, ["b"]), leg("arm64", { b: "q" }, ["a"]))).toEqual([2]);
  });
});

describe("tables of their own", () => {
  test("where a host wasn't among those to check", () => {
    expect(tables(leg("amd64", { a: "p", b: "p" }), leg("arm64", { a: "p" }))).toEqual([1, 1]);
    expect(tables(leg("amd64", { a: "p" }), leg("arm64", { b: "p" }))).toEqual([1, 1]);
  });
  test("where the programs on a host differ, also those that only a later leg tells", () => {
    expect(tables(leg("amd64", { a: "p" }), leg("arm64", { a: "q" }))).toEqual([1, 1]);
    const legs = [leg("amd64", { a: "p" }, ["b"]), leg("arm64", { a: "p", b: "p" }), leg("arm", { a: "p", b: "q" })];
    expect(tables(...legs)).toEqual([2, 1]);
  });
  test("where the kernel of a host differs, judged or not", () => {
    const other = leg("arm64", { a: "p" }, ["b"]);
    const [unjudged] = other.images[0]?.platforms[0]?.unjudged ?? [];
    if (unjudged) unjudged.kernel = "5.15";
    expect(tables(leg("amd64", { a: "p", b: "p" }), other)).toEqual([1, 1]);
  });
  test("of the same platform", () => {
    const merged = merge(leg("amd64", { a: "p" }), leg("amd64", { a: "p" }));
    expect(merged.images.map(({ reference }) => reference)).toEqual(["agent", "agent (leg1)"]);
  });
  test("and the headline doesn't say that all were checked on all", () => {
    const merged = merge(leg("amd64", { a: "p", b: "p" }), leg("arm64", { a: "p" }));
    expect(headline(merged).sentence).toBe("Both images work on all hosts that each was checked on.");
    expect(renderMarkdown(merged)).toContain("**`agent (leg1)`** · linux/arm64\n");
  });
});

test("an image that was checked on no host is not known, whatever the others are", () => {
  const merged = merge(leg("amd64", { a: "p" }), leg("arm64", {}, ["a"], "other"));
  expect(merged.verdict).toBe("unknown");
  expect(merged.counts.unknowns).toBe(0);
  expect(headline(merged).sentence).toBe("No host was checked for `other`, so nothing is known.");
});

test("as many images as reports may hold, under names that collide, take no time to speak of", () => {
  const image = leg("amd64", { a: "p" }).images[0] as ImageReport;
  const many = (count: number, name: (n: number) => string): Report => ({
    ...leg("amd64", { a: "p" }),
    images: Array.from({ length: count }, (_, n) => ({ ...image, reference: name(n) })),
  });
  const reports = Array.from({ length: 256 }, () => many(256, (n) => `image ${n}`));
  const merged = mergeReports(reports.map((report) => ({ name: "same", report })));
  expect(new Set(merged.images.map(({ reference }) => reference)).size).toBe(256 * 256);
});
