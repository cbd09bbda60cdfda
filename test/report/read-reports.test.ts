import { describe, expect, test } from "vitest";
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

const scratch = scratchFolder("totals");

function read(times: number, report: Report, name: string) {
  const json = Buffer.from(JSON.stringify(report));
  for (let n = 0; n < times; n++) scratch.write(`${name}/${n}.json`, json);
  return () => readReports([name], scratch.path);
}

describe("all reports together", () => {
  test.each<[string, number, Report]>([
    ["150000 cells (platform x host)", 7, large(20_000, 0)],
    ["50000 findings", 50, large(1, 1000)],
    ["600000 names of hosts and numbers of findings", 2, large(20_000, 7)],
  ])("no more than %s", (what, most, report) => {
    expect(read(most, report, what)()).toHaveLength(most);
    const tooMany = read(most + 1, report, what);
    expect(tooMany).toThrow(UserError);
    expect(tooMany).toThrow(`the reports have more than ${what} together; put together those of fewer legs`);
  });
});
