import { describe, expect, test } from "vitest";
import type { LegacyProgram, Toolchain } from "../../../src/model/toolchain.ts";
import { ask, evaluate, type HostSpec, messageOf, type Setup, say } from "../../support/cells.ts";

/** Programs of the image that write the legacy tables by libip4tc, whatever `iptables` is (miniupnp#876, #590). */

function withProgram(path: string, change: Partial<LegacyProgram> = {}) {
  const evidence = [{ fact: "it is linked with libip4tc.so.2", source: path }];
  return (toolchain: Toolchain) => {
    toolchain.legacyPrograms = [{ path, libraries: ["libip4tc.so.2"], started: true, evidence, ...change }];
  };
}

const miniupnpd = withProgram("/usr/sbin/miniupnpd");
const idle = withProgram("/usr/sbin/miniupnpd", { started: false });
const rtpengine = withProgram("/usr/bin/rtpengine");
const unknown = withProgram("/usr/bin/agent");
const v6 = withProgram("/usr/bin/agent", { libraries: ["libip6tc.so.2"] });
const nft = { nft: "1.8.11" };
const noLegacy: HostSpec = { modules: { absent: ["ip_tables", "iptable_filter", "iptable_nat"] } };

describe("legacy-modules-missing", () => {
  const rule = "legacy-modules-missing";
  test.each<[string, Setup, string[]]>([
    ["miniupnpd beside an iptables-nft", { image: { ...nft, change: miniupnpd }, host: noLegacy }, ["error"]],
    ["alone", { image: { change: miniupnpd }, host: noLegacy }, ["error"]],
    ["in a pod's namespace", { image: { ...nft, change: miniupnpd }, host: noLegacy, network: "pod" }, ["error"]],
    [
      "a table that it writes into",
      { image: { ...nft, change: miniupnpd }, host: { modules: { absent: ["iptable_nat"] } } },
      ["error"],
    ],
    ["something else may start it", { image: { ...nft, change: idle }, host: noLegacy }, ["warning"]],
    [
      "rtpengine, which does so only with an option",
      { image: { ...nft, change: rtpengine }, host: noLegacy },
      ["warning"],
    ],
    ["a program of which nothing is known", { image: { ...nft, change: unknown }, host: noLegacy }, ["warning"]],
    [
      "with libip6tc alone",
      { image: { ...nft, change: v6 }, host: { modules: { absent: ["ip6_tables"] } } },
      ["warning"],
    ],
    [
      "nothing loads them",
      { image: { ...nft, change: miniupnpd }, host: { modules: { loadable: ["ip_tables"] } } },
      ["error"],
    ],
    [
      "their state isn't known",
      { image: { ...nft, change: miniupnpd }, host: { modules: { unknown: ["ip_tables"] } } },
      ["missing: state of kernel module ip_tables"],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test.each<[string, Setup]>([
    ["no such program", { image: nft, host: noLegacy }],
    ["the kernel has them", { image: { ...nft, change: miniupnpd } }],
    ["the other family's are gone", { image: { ...nft, change: v6 }, host: noLegacy }],
    [
      "a table that nobody says it writes into",
      { image: { ...nft, change: rtpengine }, host: { modules: { absent: ["iptable_nat"] } } },
    ],
  ])("look-alike: %s", (_, setup) => expect(ask(rule, setup)).toEqual([]));

  test("says why, and what to do", () => {
    const setup: Setup = { image: { ...nft, change: rtpengine }, host: noLegacy };
    expect(messageOf(rule, setup)).toBe(
      "/usr/bin/rtpengine, which is linked with libip4tc, cannot work: the kernel has no ip_tables, iptable_filter (whether it is told to is not known)",
    );
    const [finding] = evaluate({ ...setup, image: { ...nft, change: miniupnpd } }).findings;
    expect(finding).toMatchObject({ severity: "error", remedy: expect.stringContaining("miniupnpd-nftables") });
  });
});

describe("beside rules in nft", () => {
  const onNode = (setup: Setup) => ask("legacy-on-nft-host", setup);
  const inImage = (setup: Setup) => ask("mixed-backends", setup);

  test("of the node's kubelet", () => {
    expect(onNode({ image: { ...nft, change: miniupnpd } })).toEqual(["error"]);
    expect(onNode({ image: { ...nft, change: unknown } })).toEqual(["warning"]);
    expect(messageOf("legacy-on-nft-host", { image: { ...nft, change: miniupnpd } })).toBe(
      "/usr/sbin/miniupnpd, which is linked with libip4tc, writes the legacy tables whatever `iptables` is, while the node's kubelet writes iptables-nft rules: two rule sets apply, neither sees the other",
    );
  });
  test("look-alikes: a legacy node, a namespace of its own, no such program", () => {
    expect(onNode({ image: { ...nft, change: miniupnpd }, host: { backend: "legacy" } })).toEqual([]);
    expect(onNode({ image: { ...nft, change: miniupnpd }, network: "pod" })).toEqual([]);
    expect(onNode({ image: nft })).toEqual([]);
  });

  test("of the image's own iptables, which makes the chains that it looks for", () => {
    expect(inImage({ image: { ...nft, change: miniupnpd }, network: "pod" })).toEqual(["error"]);
    expect(inImage({ image: { ...nft, change: rtpengine }, network: "pod" })).toEqual(["warning"]);
  });
  test("look-alikes: an image whose iptables is legacy, one without, one that runs the host's", () => {
    expect(inImage({ image: { legacy: "1.8.11", change: miniupnpd }, network: "pod" })).toEqual([]);
    expect(inImage({ image: { change: miniupnpd }, network: "pod" })).toEqual([]);
    expect(inImage({ image: { ...nft, hostExec: true, change: miniupnpd }, network: "pod" })).toEqual([]);
  });

  test("one cause, one finding: the most specific of the worst", () => {
    expect(say({ image: { ...nft, change: miniupnpd } })).toEqual(["error legacy-on-nft-host"]);
    expect(say({ image: { ...nft, change: miniupnpd }, host: noLegacy })).toEqual(["error legacy-modules-missing"]);
    expect(say({ image: { ...nft, change: miniupnpd }, host: { backend: "legacy" } })).toContain(
      "error mixed-backends",
    );
  });
});

test("an image without any tool whose program is linked so is no riddle", () => {
  const riddle =
    "missing missing-binary: how the image reaches netfilter: no tool in the image (native netlink, or the host's tools?)";
  expect(say({ image: {} })).toEqual([riddle]);
  expect(say({ image: { change: miniupnpd }, network: "pod" })).toEqual([]);
  expect(say({ image: { change: idle }, network: "pod" })).toEqual([riddle]);
});
