import { describe, expect, test } from "vitest";
import { decideOnHost } from "../../src/compat/wrapper-decision.ts";
import { wrapperChoicesFileSchema } from "../../src/knowledge/schema/wrapper-choices.ts";
import choicesJson from "../../src/knowledge/wrapper-choices.json" with { type: "json" };
import type { Kernel } from "../../src/model/host.ts";
import { type Setup, say } from "../support/cells.ts";
import { decideWrapper } from "./decide-wrapper.ts";
import measured from "./fixtures/wrapper-decisions.json" with { type: "json" };

/** What the data make of a node, held against what the real scripts and programs chose when they were run. */

const choices = wrapperChoicesFileSchema.parse(choicesJson).generations;

/** Names in the measurement that are not generations of their own. */
const MEASURED_AS: Record<string, { version: string; variable?: string }> = {
  spiderpool: { version: "v1-timeout" },
  "k3s IPTABLES_MODE=nft": { version: "k3s", variable: "nft" },
  "k3s IPTABLES_MODE=legacy": { version: "k3s", variable: "legacy" },
};

function choiceOf(version: string) {
  const choice = choices.find((candidate) => candidate.version === version);
  if (choice === undefined) throw new Error(`no generation ${version}`);
  return choice;
}

test("every generation was measured, in every state", () => {
  const known = choices.map(({ version }) => version).sort();
  for (const row of measured.rows) {
    const names = [...row.nft, ...row.legacy];
    const versions = new Set(names.map((name) => MEASURED_AS[name]?.version ?? name));
    expect([...versions].sort(), row.state).toEqual(known);
  }
  expect(measured.rows.length).toBeGreaterThan(30);
});

describe.each([...measured.rows, ...measured.kubeletChains])("$state", ({
  rules,
  chains,
  release,
  modules,
  ...chosen
}) => {
  test.each(["nft", "legacy"] as const)("%s", (backend) => {
    for (const name of chosen[backend]) {
      const { version, variable } = MEASURED_AS[name] ?? { version: name };
      const decided = decideWrapper(choiceOf(version), { variable, rules, chains, release, modules });
      // Without rules k3s' script asks what isn't in the view; it was measured in a container of cgroup v1.
      expect(decided ?? (version === "k3s" ? "legacy" : undefined), name).toBe(backend);
    }
  });
});

const fact = <T>(value: T) => ({ value, source: "test", confidence: "seen" as const });
const kernelOf = (release: string, state?: Kernel["modules"][string]["value"]): Kernel => ({
  id: "test",
  release: fact(release),
  modules: state === undefined ? {} : { nf_tables: fact(state) },
});

test.each([
  ["loaded", false, "nft"],
  ["builtin", true, "legacy"],
  ["absent", false, "legacy"],
  ["loadable", true, "nft"],
  ["loadable", false, "whether nf_tables is loaded when the image starts"],
  [undefined, true, "state of kernel module nf_tables"],
  // `loadable` would not answer it.
  [undefined, false, "whether nf_tables is loaded when the image starts"],
] as const)("klipper-lb on a host whose nf_tables is %s, in use: %s", (state, inUse, expected) => {
  const decision = decideOnHost(choiceOf("klipper-lb").kernel!, kernelOf("6.12", state), inUse);
  expect("backend" in decision ? decision.backend : "missing" in decision && decision.missing).toBe(expected);
});

test.each([
  ["3.10.0-1160.119.1.el7.x86_64", "legacy"],
  ["4.18.0-553.el8_10.x86_64", "nft"],
  ["5.14.0-427.13.1.el9_4.x86_64", "undecided"],
  ["5.15.0-91-generic", "undecided"],
  ["5.10", "full release of kernel 5.10"],
])("terway on kernel %s: %s", (release, expected) => {
  const decision = decideOnHost(choiceOf("terway").kernel!, kernelOf(release), false);
  const said = "backend" in decision ? decision.backend : "missing" in decision ? decision.missing : "undecided";
  expect(said).toBe(expected);
});

test("docker-dind takes legacy where the kernel has no nf_tables, others don't", () => {
  const on = (wrapper: string, more: Partial<Setup> = {}) =>
    say({
      image: { nft: "1.8.13", legacy: "1.8.13", wrapper },
      host: { backend: "legacy", modules: { absent: ["nf_tables"] } },
      network: "pod",
      ...more,
    });
  expect(on("docker-dind")).toEqual([]);
  expect(on("v3")).toEqual(["error nft-kernel-missing"]);
  // The variable goes before all.
  expect(on("docker-dind", { environment: { DOCKER_IPTABLES_LEGACY: "" } })).toEqual(["error nft-kernel-missing"]);
  const host = { modules: { absent: ["ip_tables"] } };
  expect(on("docker-dind", { host })).toEqual([]);
  expect(on("docker-dind", { host, environment: { DOCKER_IPTABLES_LEGACY: "1" } })).toEqual([
    "error legacy-modules-missing",
  ]);
});

test("the release of a node is whole, however short (Bottlerocket)", () => {
  const kernel = kernelOf("6.12.55");
  const stated = { ...kernel, release: { ...kernel.release, confidence: "stated" as const } };
  const { kernel: choice } = choiceOf("terway");
  expect(decideOnHost(choice!, kernel, false)).toEqual({ missing: "full release of kernel 6.12.55" });
  expect(decideOnHost(choice!, stated, false)).toEqual({ undecided: true });
});
