import { describe, expect, test } from "vitest";
import { ask, type ImageSpec, kubelet, messageOf, type ProgramSpec, type Setup, say } from "../../support/cells.ts";

const rule = "wrapper-misdetects";
const with_ = (wrapper: string | null): ImageSpec => ({ nft: "1.8.11", legacy: "1.8.11", wrapper });
const nftHost = { backend: "nft" as const };
const builtinNft = { ...nftHost, modules: { builtin: ["nf_tables"] } };
const legacyHost = { backend: "legacy" as const };
const nftProgram: ProgramSpec = { name: "agent", backend: "nft" };
const legacyProgram: ProgramSpec = { name: "other", backend: "legacy" };
const native: ProgramSpec = { name: "kube-proxy-nftables", backend: "native-nft" };

describe("with a kubelet every generation gets it right", () => {
  test.each(["v1", "v2", "go", "v3", "kube-ovn", "cilium", "k3s", null])("%s", (wrapper) => {
    expect(ask(rule, { image: with_(wrapper), host: nftHost, programs: [kubelet] })).toEqual([]);
    expect(ask(rule, { image: with_(wrapper), host: legacyHost, programs: [kubelet] })).toEqual([]);
  });
});

describe("without one", () => {
  test.each<[string, Setup, string[]]>([
    ["v1 on a fresh nft host", { image: with_("v1"), host: nftHost, programs: [] }, ["error"]],
    [
      "v1 beside native nft, which it doesn't count",
      { image: with_("v1"), host: nftHost, programs: [native] },
      ["error"],
    ],
    ["v1 beside a program with nft rules", { image: with_("v1"), host: nftHost, programs: [nftProgram] }, []],
    ["v1 on a legacy host", { image: with_("v1"), host: legacyHost, programs: [] }, []],
    ["klipper-lb where nf_tables is built in", { image: with_("klipper-lb"), host: builtinNft }, ["error"]],
    ["klipper-lb where it is a module in use", { image: with_("klipper-lb"), host: nftHost }, []],
    ["terway on RHEL 8", { image: with_("terway"), host: { ...nftHost, kernel: "4.18.0-553.el8_10.x86_64" } }, []],
    [
      "terway on RHEL 8 with legacy",
      { image: with_("terway"), host: { ...legacyHost, kernel: "4.18.0-553.el8_10.x86_64" } },
      ["error"],
    ],
    ["terway elsewhere counts", { image: with_("terway"), host: { ...nftHost, kernel: "5.15.0-91-generic" } }, []],
    [
      "terway elsewhere, nothing to count",
      { image: with_("terway"), host: { ...nftHost, kernel: "5.15.0-91-generic" }, programs: [] },
      ["error"],
    ],
    [
      "k3s with its variable",
      { image: with_("k3s"), host: nftHost, programs: [], environment: { IPTABLES_MODE: "nft" } },
      [],
    ],
    ["v2 on a fresh nft host", { image: with_("v2"), host: nftHost, programs: [] }, []],
    ["v2 on a fresh legacy host", { image: with_("v2"), host: legacyHost, programs: [] }, ["error"]],
    ["v2 counts where a program uses legacy", { image: with_("v2"), host: legacyHost, programs: [legacyProgram] }, []],
    ["v3 does not count", { image: with_("v3"), host: legacyHost, programs: [legacyProgram] }, ["error"]],
    [
      "of unknown version, nobody has rules there",
      { image: with_(null), host: nftHost, programs: [native] },
      ["warning"],
    ],
    ["of unknown version, somebody has", { image: with_(null), host: nftHost, programs: [nftProgram] }, []],
    ["in a pod's namespace nobody else writes", { image: with_("v1"), host: nftHost, network: "pod" }, []],
    [
      "a wrapper that nothing leads to",
      { image: { legacy: "1.8.11", idleWrapper: "v1" }, host: nftHost, programs: [] },
      [],
    ],
    [
      "what it wants isn't in the image: another rule",
      { image: { nft: "1.8.11", wrapper: "v1" }, host: nftHost, programs: [] },
      [],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("rules of both backends: the fact that decides is named", () => {
    const fact = "which backend holds more rules when the wrapper first runs";
    for (const wrapper of ["v1", "v2", "cilium"])
      expect(say({ image: with_(wrapper), host: nftHost, programs: [nftProgram, legacyProgram] })).toEqual([
        `missing legacy-on-nft-host: ${fact}`,
        `missing wrapper-misdetects: ${fact}`,
      ]);
  });

  test("what a fork looks at and nobody stated is not guessed", () => {
    expect(say({ image: with_("terway"), host: nftHost, programs: [kubelet] })).toContain(
      "missing legacy-on-nft-host: full release of kernel 6.12",
    );
    expect(say({ image: with_("k3s"), host: nftHost, programs: [] })).toContain(
      "missing legacy-on-nft-host: what iptables-wrapper k3s takes where it finds no rules",
    );
  });

  test("says what it found, and stands before the plain mismatch", () => {
    const setup: Setup = { image: with_("v1"), host: nftHost, programs: [] };
    expect(messageOf(rule, setup)).toBe(
      "iptables-wrapper v1 finds no kubelet and takes legacy, while the node uses nft: two rule sets apply, neither sees the other",
    );
    expect(say(setup)).toEqual([`error ${rule}`]);
  });

  test("legacy that the kernel doesn't have is the worse cause", () => {
    const host = { ...nftHost, modules: { absent: ["ip_tables"] } };
    expect(say({ image: with_("v1"), host, programs: [] })).toEqual(["error legacy-modules-missing"]);
  });
});
