import { describe, expect, test } from "vitest";
import { describeFix, readMemory, writeMemory } from "../../src/github/memory.ts";
import type { Report } from "../../src/model/report.ts";
import { corpus } from "../report/injection-corpus.ts";
import { samples } from "../report/samples.ts";

/** What the comment says to itself from run to run. */

function sample(name: string): Report {
  const report = samples[name];
  if (report === undefined) throw new Error(name);
  return structuredClone(report);
}
const broken = sample("kilo-broken");
const clean = sample("clean");
/** The comment of a run, as far as it matters here. */
const body = (report: Report, fixed?: string, before?: string) =>
  `### x\n\n${writeMemory(report, fixed, readMemory(before))}<!-- marker -->\n`;

test("what was written is read", () => {
  const memory = readMemory(body(broken));
  expect(memory).toMatchObject({ verdict: "fail", rules: ["buggy-version", "nft-newer-writer"] });
  expect(memory?.tools).toMatchObject({ iptables: "1.8.4" });
  expect(readMemory(body(clean, "x -> y"))?.fixed).toBe("x -> y");
  expect(readMemory(body(broken).replaceAll("\n", "\r\n"))).toEqual(memory);
});

describe("what turned it green", () => {
  test("other tools", () => {
    const now = sample("clean");
    for (const { tools } of now.images.flatMap((image) => image.platforms.map((p) => p.toolchain)))
      for (const tool of tools.filter(({ name }) => /iptables/.test(name))) tool.version = "1.8.11";
    expect(describeFix(readMemory(body(broken)), now)).toMatch(
      /^iptables 1\.8\.4 -> 1\.8\.11.*: buggy-version, nft-newer-writer are no longer found$/,
    );
  });

  test("what is only ignored, or in the base too, is not fixed", () => {
    for (const mark of [{ ignored: { reason: "r", until: "2999-01-01" } }, { existing: true }]) {
      const now = structuredClone(broken);
      now.verdict = "warn";
      for (const finding of now.findings) Object.assign(finding, mark);
      expect(describeFix(readMemory(body(broken)), now)).toBeUndefined();
      now.findings = now.findings.filter(({ rule }) => rule !== "buggy-version");
      expect(describeFix(readMemory(body(broken)), now)).toBe("The same tools: buggy-version is no longer found");
    }
  });

  test("an error that is a warning now", () => {
    const now = structuredClone(broken);
    now.verdict = "warn";
    now.findings = now.findings.filter(({ rule }) => rule !== "nft-newer-writer");
    for (const finding of now.findings) finding.severity = "warning";
    expect(describeFix(readMemory(body(broken)), now)).toBe(
      "The same tools: nft-newer-writer is no longer found; buggy-version is no longer an error",
    );
  });

  test("something else: hosts, programs", () => {
    const now = structuredClone(broken);
    Object.assign(now, { verdict: "pass", findings: [], counts: { errors: 0, warnings: 0, notices: 0, unknowns: 0 } });
    expect(describeFix(readMemory(body(broken)), now)).toBe(
      "The same tools: buggy-version, nft-newer-writer are no longer found",
    );
  });

  test("it is said as long as it stays green, and not when it was green all along, is red or not known", () => {
    expect(describeFix(readMemory(body(clean, "x -> y")), clean)).toBe("x -> y");
    expect(describeFix(readMemory(body(clean)), clean)).toBeUndefined();
    expect(describeFix(readMemory(body(clean, "x -> y")), broken)).toBeUndefined();
    expect(describeFix(readMemory(body(broken)), sample("unknown"))).toBeUndefined();
    expect(describeFix(readMemory(body(broken)), broken)).toBeUndefined();
    expect(describeFix(undefined, clean)).toBeUndefined();
  });

  test("a run in between that could not judge loses nothing", () => {
    const between = body(sample("unknown"), undefined, body(sample("unknown"), undefined, body(broken)));
    expect(describeFix(readMemory(between), clean)).toMatch(/nft-newer-writer are no longer found$/);
    const green = body(sample("unknown"), undefined, body(clean, "x -> y"));
    expect(describeFix(readMemory(green), clean)).toBe("x -> y");
    expect(describeFix(readMemory(body(sample("unknown"))), clean)).toBeUndefined();
  });
});

describe("what can't be read is nothing", () => {
  const line = (text: string) => `<!-- netfilter-compat memory=${text} -->`;
  test.each([
    ["no text", undefined],
    ["a comment of an earlier version", "### x\n<!-- netfilter-compat report=a -->"],
    ["no code", line("%")],
    ["no JSON", line("%7B")],
    ["another shape", line(encodeURIComponent('{"verdict":"good","rules":[],"tools":{}}'))],
    ["too many rules", line(encodeURIComponent(`{"verdict":"fail","rules":[${'"a",'.repeat(60)}"a"],"tools":{}}`))],
    ["too long", line("a".repeat(3000))],
    ["not on a line of its own", `x ${writeMemory(broken, undefined)}`],
  ])("%s", (_, text) => {
    expect(readMemory(text)).toBeUndefined();
  });
});

test.each(corpus.map((text) => [JSON.stringify(text), text]))("%s stays inside of its hidden line", (_, text) => {
  const report = structuredClone(broken);
  for (const { tools } of report.images.flatMap((image) => image.platforms.map((p) => p.toolchain)))
    for (const tool of tools) tool.version = text.slice(0, 100);
  expect(writeMemory(report, text.slice(0, 100))).toMatch(/^(?:<!-- netfilter-compat memory=[\w.!~*'()%]+ -->\n)?$/);
});
