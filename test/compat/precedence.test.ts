import { expect, test } from "vitest";
import { keepOnePerCause, precedence } from "../../src/compat/precedence.ts";
import { rules } from "../../src/compat/rules/index.ts";
import type { RawFinding } from "../../src/compat/types.ts";
import { ruleIds } from "../../src/model/rule-ids.ts";

function finding(rule: string, severity: RawFinding["severity"], cause: string, program?: string): RawFinding {
  const evidence = [{ fact: `${rule} says so`, source: "test" }];
  return {
    kind: "finding",
    rule,
    severity,
    cause,
    message: rule,
    evidence,
    ...(program === undefined ? {} : { program }),
  };
}
const kept = (...findings: RawFinding[]) =>
  keepOnePerCause(findings).map(({ rule, severity }) => `${severity} ${rule}`);

test("every rule of the contract is built, once and in its order", () => {
  expect(rules.map((rule) => rule.id)).toEqual([...ruleIds]);
});

test("the list names rules, each once", () => {
  expect(new Set(precedence).size).toBe(precedence.length);
  for (const id of precedence) expect(ruleIds as readonly string[]).toContain(id);
});

test("causes of their own all stay", () => {
  expect(kept(finding("nft-newer-writer", "error", "a"), finding("silent-match-loss", "error", "b"))).toHaveLength(2);
});

test("the worst of one cause stays", () => {
  expect(kept(finding("nft-newer-writer", "warning", "a"), finding("silent-match-loss", "error", "a"))).toEqual([
    "error silent-match-loss",
  ]);
});

test.each(precedence.slice(1).map((rule, i) => [precedence[i]!, rule] as const))("%s before %s", (first, second) => {
  for (const order of [
    [first, second],
    [second, first],
  ])
    expect(kept(...order.map((rule) => finding(rule, "error", "a")))).toEqual([`error ${first}`]);
});

test("a rule that is not in the list stands behind those that are", () => {
  expect(kept(finding("host-exec", "error", "a"), finding("ipset-protocol", "error", "a"))).toEqual([
    "error ipset-protocol",
  ]);
});

test("programs that bring their own tools stand before those that run the host's; the others are named", () => {
  const [one, ...rest] = keepOnePerCause([
    { ...finding("nft-newer-writer", "error", "a", "kubelet@1.31"), dependsOnHost: true },
    finding("nft-newer-writer", "error", "a", "docker"),
    finding("silent-match-loss", "warning", "a", "agent"),
  ]);
  expect(rest).toEqual([]);
  expect(one?.program).toBe("docker");
  expect(one?.evidence.at(-1)?.fact).toBe("the same with kubelet@1.31");
});

test("each of the others is a fact of its own, so that hosts with other programs share them", () => {
  const programs = ["docker", "kubelet@1.31", "agent"];
  const [one] = keepOnePerCause(programs.map((program) => finding("nft-newer-writer", "error", "a", program)));
  expect(one?.evidence.slice(-2).map(({ fact }) => fact)).toEqual([
    "the same with kubelet@1.31",
    "the same with agent",
  ]);
});
