import { describe, expect, test } from "vitest";
import { resolvePrograms } from "../../src/hosts/programs.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import type { HostEntry, OwnHost } from "../../src/hosts/types.ts";
import { UserError } from "../../src/model/error.ts";
import { globMatches } from "../../src/model/glob.ts";

describe("a glob", () => {
  const cases: [pattern: string, text: string, fits: boolean][] = [
    ["talos-1.1?", "talos-1.10", true],
    ["talos-1.1?", "talos-1.1", false],
    ["talos-1.1?", "talos-1.100", false],
    ["*", "", true],
    ["?*", "", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["a*a", "a", false],
    ["*?b*", "ab", true],
    ["*a?c*", "xabxabc", true],
    ["debian-1.", "debian-12", false],
    ["(a|b)", "a", false],
  ];
  test.each(cases)("%s on %s: %s", (pattern, text, fits) => expect(globMatches(pattern, text)).toBe(fits));

  test("made to go back and forth ends at once, in a selection too", () => {
    const pattern = `${"*a".repeat(20_000)}b`;
    const text = "a".repeat(20_000);
    const begun = performance.now();
    expect(globMatches(pattern, text)).toBe(false);
    expect(globMatches(`${"*a?".repeat(30)}b`, text)).toBe(false);
    expect(() => selectHosts([`${"a*".repeat(30)}b`])).toThrow(/no host fits/);
    expect(() => selectHosts(["maintained", `not ${"*-".repeat(3000)}x*`])).toThrow(/no host fits/);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe("a bound", () => {
  const own = (count: number): OwnHost[] => Array.from({ length: count }, (_, i) => ({ id: `own-${i}` }));
  const chain = (count: number): OwnHost[] =>
    Array.from({ length: count }, (_, i) => ({ id: `c${i}`, extends: i === count - 1 ? "debian-12" : `c${i + 1}` }));
  const nodes = (count: number): HostEntry => ({
    from: "nodes.json",
    nodes: Array.from({ length: count }, (_, i) => ({
      metadata: { name: `n${i}` },
      status: { nodeInfo: { osImage: "Debian GNU/Linux 12 (bookworm)", kernelVersion: `6.1.0-${i}-amd64` } },
    })),
  });

  test("is generous enough for what it stops", () => {
    expect(selectHosts(own(2000)).hosts).toHaveLength(2000);
    expect(selectHosts(chain(20)).hosts[0]?.distribution).toBe("debian");
    expect(selectHosts([nodes(5000)]).hosts).toHaveLength(5000);
    expect(resolvePrograms(Array.from({ length: 200 }, () => "docker"))).toHaveLength(200);
  });

  const beyond: [name: string, run: () => unknown, message: RegExp][] = [
    ["own hosts", () => selectHosts(own(2001)), /2001 hosts of the config's own are more than 2000/],
    ["own hosts that are not selected", () => selectHosts(["debian-12"], undefined, own(2001)), /more than 2000/],
    ["entries", () => selectHosts(Array.from({ length: 5001 }, () => "*@*")), /5001 entries are more than 5000/],
    ["selected hosts", () => selectHosts([nodes(5001)]), /5001 selected hosts are more than 5000/],
    ["a chain", () => selectHosts(chain(21)), /host "c0": a chain of more than 20 hosts/],
    [
      "programs",
      () => resolvePrograms(Array(201).fill("docker")),
      /config: 201 programs in one list are more than 200/,
    ],
    [
      "programs of one host",
      () => selectHosts([{ id: "a", programs: Array(201).fill("docker") }]),
      /host "a": 201 programs in one list/,
    ],
  ];
  test.each(beyond)("%s", (_name, run, message) => {
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  });
});

test.each(["constructor", "toString", "__proto__", "not hasOwnProperty", ""])("%o is no host", (name) => {
  const run = () => selectHosts(name.startsWith("not") ? ["default", name] : [name]);
  expect(run).toThrow(UserError);
  expect(run).toThrow(/is no host/);
});
