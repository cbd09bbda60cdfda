import { expect, test } from "vitest";
import { readReports } from "../../src/files/read-reports.ts";
import { UserError } from "../../src/model/error.ts";
import { type Report, summarize } from "../../src/model/report.ts";
import { scratchFolder } from "../support/scratch.ts";
import { samples } from "./samples.ts";

/** What all reports of one run may have together. The way through the second Action is in test/e2e/gather.test.ts. */

/** A report of one platform, as large as one may be. */
function large(cells: number, findings: number): Report {
  const report = structuredClone(samples.clean as Report);
  const image = report.images[0];
  const platform = image?.platforms[0];
  if (image === undefined || platform === undefined) throw new Error("no platform");
  image.platforms = [platform];
  const common = { severity: "notice", image: image.reference, platform: platform.platform, message: "m" } as const;
  const hosts = Array.from({ length: cells }, (_, n) => `h${n}`);
  report.findings = Array.from({ length: findings }, (_, n) => ({
    ...common,
    rule: `r${n}`,
    hosts: findings > cells ? [hosts[0] ?? ""] : hosts,
    evidence: [],
  }));
  const numbers = report.findings.map((_, n) => n);
  platform.cells = hosts.map((host, n) => ({
    host,
    kernel: "6.1",
    programs: [],
    verdict: "pass",
    findings: findings <= cells || n === 0 ? numbers : [],
    missing: [],
  }));
  return { ...report, ...summarize(report.findings, report.images) };
}

/** One of cells that lack facts. */
function unknown(cells: number, facts: number): Report {
  const report = large(cells, 0);
  for (const cell of report.images[0]?.platforms[0]?.cells ?? []) {
    cell.verdict = "unknown";
    cell.missing = Array.from({ length: facts }, (_, n) => ({ fact: `f${n}`, rule: "r" }));
  }
  return { ...report, ...summarize(report.findings, report.images) };
}

const scratch = scratchFolder("totals");

function read(times: number, report: Report, name: string) {
  const json = Buffer.from(JSON.stringify(report));
  for (let n = 0; n < times; n++) scratch.write(`${name}/${n}.json`, json);
  return () => readReports([name], scratch.path);
}

test("as many findings and missing facts as there may be", () => {
  expect(read(50, large(1, 1000), "findings")()).toHaveLength(50);
  expect(read(2, unknown(750, 200), "facts")()).toHaveLength(2);
});

test.each<[string, number, Report]>([
  ["150000 cells (platform x host)", 8, large(20_000, 0)],
  ["50000 findings", 51, large(1, 1000)],
  ["1000000 names of hosts and programs, and numbers of findings", 4, large(20_000, 7)],
  ["300000 missing facts", 3, unknown(750, 200)],
])("no more than %s together", (what, times, report) => {
  expect(read(times, report, what)).toThrow(
    new UserError(`the reports have more than ${what} together; put together those of fewer legs`),
  );
});
