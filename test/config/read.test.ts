import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/read.ts";
import { UserError } from "../../src/model/error.ts";
import { root } from "../support/spawn.ts";

const complete = `
hosts:
  - ubuntu-22.04
  - "ubuntu >= 20.04"
  - nodes: nodes.json
  - id: edge
    extends: debian-12
    kernel: "6.1.0-13-amd64"
    iptables: {version: "1.8.9", backend: nft}
    modules: {ip_tables: absent}
    programs: [kubelet@1.31]
programs:
  - kube-proxy@1.31
  - {name: agent, iptables: "1.8.9", backend: nft, ipset: "7.17", writes: [mark-match, port-range], operations: [list], changes-rules: true}
images:
  - {match: "*calico*", program: calico, env: {FELIX_IPTABLESBACKEND: NFT}, network: host, modules: host}
ignore:
  - {rule: mixed-backends, host: "talos-*", until: 2027-01-31, reason: "waiting"}
severity: {wrapper-missing: warning}
fail-on: error
fail-on-unknown: true
`;

test("every option of the documentation is read as written", () => {
  expect(readConfig(complete, "c.yml")).toEqual(parse(complete));
});

test("an empty file, or one of comments, is no config", () => {
  expect(readConfig("", "c.yml")).toEqual({});
  expect(readConfig("# nothing yet\n", "c.yml")).toEqual({});
});

describe("mistakes name file, line and field", () => {
  test.each([
    [
      "hosts:\n  - ubuntu-22.04\n  - id: edge\n    iptables: {version: 1.8}\n",
      "c.yml:4: hosts[1].iptables.version: 1.8 is a number: put it in quotes (YAML reads 7.20 as 7.2)",
    ],
    [
      "programs:\n  - {name: agent, ipset: 7.20}\n",
      "c.yml:2: programs[0].ipset: 7.2 is a number: put it in quotes (YAML reads 7.20 as 7.2)",
    ],
    [
      'hosts:\n  - {id: e, iptables: {version: "1.8.x"}}\n',
      'c.yml:2: hosts[0].iptables.version: "1.8.x": expected a version of two to four numbers in quotes, e.g. "1.8.9"',
    ],
    [
      "hosts:\n  - id: edge\n    modules: {ip_tables: present}\n",
      'c.yml:3: hosts[0].modules.ip_tables: "present" is not one of builtin, loaded, loadable, optional-package, absent',
    ],
    ["host:\n  - a\n", "c.yml:2: host: no such option here"],
    ["hosts: ubuntu-22.04\n", 'c.yml:1: hosts: "ubuntu-22.04" is not a list'],
    [
      "ignore:\n  - {rule: x, until: 2027-02-31, reason: r}\n",
      'c.yml:2: ignore[0].until: "2027-02-31" is not a day of the calendar',
    ],
    ["ignore:\n  - {rule: x, reason: r}\n", "c.yml:2: ignore[0].until: is missing"],
    ["ignore:\n  - {rule: x, until: 2027-01-31}\n", "c.yml:2: ignore[0].reason: is missing"],
    [
      "ignore:\n  - {rule: x, until: 2027-01-31, reason: r}\n  - {until: 2027-01-31, reason: r}\n",
      "c.yml:3: ignore[1]: would silence everything: name a rule, a host or a program",
    ],
    ["fail-on: sometimes\n", 'c.yml:1: fail-on: "sometimes" is not one of error, warning, never'],
    [
      "severity: {buggy-version: loud}\n",
      'c.yml:1: severity.buggy-version: "loud" is not one of error, warning, notice',
    ],
    ["images:\n  - {match: a, network: bridge}\n", 'c.yml:2: images[0].network: "bridge" is not one of host, pod'],
    ["hosts: [\n", "c.yml:2: not valid YAML"],
    ["a: 1\na: 2\n", "c.yml:2: not valid YAML"],
    ["- a list\n", 'c.yml:1: the whole file: ["a list"] is not a mapping'],
  ])("%j", (text, message) => {
    expect(() => readConfig(text, "c.yml")).toThrow(UserError);
    expect(() => readConfig(text, "c.yml")).toThrow(message);
  });
});

test("an expansion of aliases without end is refused, not computed", () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
  expect(() => readConfig(`l0: &l0 [x]\n${levels.join("\n")}\n`, "c.yml")).toThrow(/not usable YAML/);
});

test("a file of megabytes is refused", () => {
  expect(() => readConfig(`#${"x".repeat(300_000)}`, "c.yml")).toThrow(/larger than/);
});

test("whatever the text, it is a config or one clear line", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify({ hosts: value })),
      ),
      (text) => {
        try {
          readConfig(text, "c.yml");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message).toMatch(/^c\.yml:/);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("the published schema accepts what the program accepts, and refuses what it refuses", () => {
  const schema = JSON.parse(readFileSync(`${root}schema/config.schema.json`, "utf8"));
  const validate = new Ajv({ strict: false }).compile(schema);
  expect(validate(parse(complete))).toBe(true);
  expect(validate({ hosts: "a" })).toBe(false);
  expect(validate({ ignore: [{ rule: "x", reason: "r" }] })).toBe(false);
  expect(validate({ programs: [{ name: "a", ipset: 7.2 }] })).toBe(false);
});
