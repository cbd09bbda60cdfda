import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { buildHost, buildInput, evaluate, kubelet, richWriter, type Setup, say } from "../support/cells.ts";

describe("facts that are not known", () => {
  test("what holds for both backends of the host stays a finding", () => {
    const setup: Setup = { image: { nft: "1.8.11", architecture: "arm64" }, host: { backend: null } };
    expect(say(setup)).toContain("error arch-mismatch");
  });

  test("what only one backend would make a warning is left out", () => {
    const host = { backend: null, modules: { "optional-package": ["ip_tables"] as string[] } };
    expect(say({ image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" }, host })).toEqual([]);
  });

  test("what only one backend would make an error is a missing fact of that rule", () => {
    const host = { backend: null, modules: { absent: ["ip_tables"] } };
    expect(say({ image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" }, host })).toEqual([
      "missing legacy-modules-missing: default backend of the host's iptables",
    ]);
  });

  test("in a pod's namespace the host's backend decides nothing", () => {
    expect(say({ image: { nft: "1.8.11" }, host: { backend: null }, network: "pod" })).toEqual([]);
  });

  test("a missing fact is named once for a rule", () => {
    const { missing } = evaluate({ image: { nft: null }, programs: [richWriter, { ...richWriter, version: "2.1" }] });
    const keys = missing.map(({ rule, fact }) => `${rule} ${fact}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

test("what may not be the files that run passes nowhere, and findings stay", () => {
  const decisive = { fact: "which files of layer sha256:1 are run", reason: "x", decisive: true };
  const judge = (setup: Setup, missing: Toolchain["missing"]) => {
    const input = buildInput(setup);
    const [cell] = evaluatePlatform({ ...input, toolchain: { ...input.toolchain, missing } });
    return { rules: cell?.findings.map(({ rule }) => rule), missing: cell?.missing };
  };
  const missing = [{ fact: decisive.fact, rule: "missing-binary" }];
  expect(judge({ image: { nft: "1.8.11" } }, [decisive])).toEqual({ rules: [], missing });
  expect(judge({ image: { nft: "1.8.11", architecture: "arm64" } }, [decisive])).toEqual({
    rules: ["arch-mismatch"],
    missing,
  });
  const { decisive: _, ...other } = decisive;
  expect(judge({ image: { nft: "1.8.11" } }, [other])).toEqual({ rules: [], missing: [] });
});

test("the image's own program is not its own neighbour", () => {
  const setup: Setup = {
    image: { nft: "1.8.7" },
    programs: [kubelet, richWriter],
    profile: { id: "kube-router", operations: ["list"] },
  };
  expect(say(setup)).toEqual([]);
  expect(say({ ...setup, profile: { id: "other", operations: ["list"] } })).toEqual(["error nft-newer-writer"]);
});

test("wrapper-missing looks at the whole selection", () => {
  const input = buildInput({ image: { nft: "1.8.11" } });
  const hosts = (["nft", "legacy"] as const).map((backend) => ({
    host: buildHost({ backend }),
    programs: input.hosts[0]!.programs,
  }));
  const rulesOf = (count: number) =>
    evaluatePlatform({ ...input, hosts: hosts.slice(-count) }).map(({ findings }) => findings.map(({ rule }) => rule));
  expect(rulesOf(1)).toEqual([["nft-on-legacy-host"]]);
  expect(rulesOf(2)).toEqual([[], ["wrapper-missing"]]);
});
