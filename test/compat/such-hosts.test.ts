import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { rules } from "../../src/compat/rules/index.ts";
import type { Cell } from "../../src/compat/types.ts";
import { ruleCases } from "../replay/rule-cases.ts";
import { buildCell, buildHost, buildInput, kubelet, type Setup } from "../support/cells.ts";

/** What rules that look only at a host's iptables say is taken over from one host to the next: they must not look further. */

/** An object that has these properties, and says so when another is asked for. */
function only<T extends object>(what: string, object: T, names: readonly string[]): T {
  return new Proxy(object, {
    get(target, name) {
      if (typeof name === "string" && !names.includes(name)) throw new Error(`${what}.${name} was looked at`);
      return Reflect.get(target, name);
    },
  });
}

function narrow(cell: Cell): Cell {
  const { version, release, installed, ownBackend } = cell.host.iptables;
  const facts = Object.entries({ version, release, installed, ownBackend })
    .filter(([, fact]) => fact !== undefined)
    .map(([name, fact]) => [name, only(`iptables.${name}`, fact!, ["value"])]);
  const iptables = only("iptables", Object.fromEntries(facts), ["version", "release", "installed", "ownBackend"]);
  const host = only("host", { ...cell.host, iptables }, ["iptables"]);
  return { ...cell, host, choice: only("choice", cell.choice, ["backend", "hostExec"]) };
}

const setups: Setup[] = [...ruleCases.map(({ setup }) => setup), { image: { nft: "1.8.11" }, programs: [kubelet] }];
const narrowRules = rules.filter((rule) => rule.looksAt === "iptables");

describe("a rule that looks at the iptables of a host", () => {
  test("is one of those whose outcome hosts share", () => {
    expect(narrowRules.map((rule) => rule.id)).toEqual([
      "nft-newer-writer",
      "silent-match-loss",
      "image-newer-writer",
      "native-nft-in-iptables-table",
      "buggy-version",
      "tool-too-old",
      "missing-library",
      "arch-mismatch",
      "file-capabilities",
      "version-mismatch",
    ]);
  });

  test.each(narrowRules)("$id looks at nothing else, and says the same", (rule) => {
    for (const setup of setups)
      expect(rule.evaluate(narrow(buildCell(setup)))).toEqual(rule.evaluate(buildCell(setup)));
  });

  test("the guard notices one that does", () => {
    const rule = rules.find(({ id }) => id === "legacy-modules-missing")!;
    expect(() => rule.evaluate(narrow(buildCell({ image: { legacy: "1.8.11" } })))).toThrow("was looked at");
  });
});

test("hosts with other iptables, builds and backends get answers of their own, in any order", () => {
  const hosts = ["1.8.4", "1.8.7", "1.8.11"].flatMap((version) =>
    [undefined, "17.el8"].flatMap((release) =>
      ([undefined, "nft", "legacy"] as const).map((backend) => {
        const host = buildHost(backend === undefined ? { iptables: version } : { iptables: version, backend });
        const fact = { value: release ?? "", source: "test", confidence: "stated" as const };
        if (release !== undefined) host.iptables.release = fact;
        return { ...host, id: `${version} ${release} ${backend}` };
      }),
    ),
  );
  const setup: Setup = { image: { nft: "1.8.11", legacy: "1.8.11" }, programs: [kubelet] };
  const programs = buildInput(setup).hosts[0]!.programs;
  const say = (list: typeof hosts, input = buildInput(setup)) =>
    new Map(
      evaluatePlatform({ ...input, hosts: list.map((host) => ({ host, programs })) }).map((cell) => [
        cell.host.id,
        JSON.stringify([cell.findings, cell.missing]),
      ]),
    );
  const together = say(hosts);
  expect(say([...hosts].reverse())).toEqual(together);
  // The backends of all selected hosts are one more fact: there are always both.
  const both = ["nft", "legacy"].map((backend) => ({
    ...hosts.find((host) => host.iptables.backend?.value === backend)!,
    id: backend,
  }));
  for (const host of hosts) expect(say([host, ...both]).get(host.id)).toBe(together.get(host.id));
  expect(new Set(together.values()).size).toBeGreaterThan(4);
});
