import { describe, expect, test } from "vitest";
import { findProfile } from "../../../src/hosts/programs.ts";
import type { Toolchain } from "../../../src/model/toolchain.ts";
import { ask, buildProfile, evaluate, messageOf, type ProfileSpec, type Setup, say } from "../../support/cells.ts";

describe("tool-too-old", () => {
  const rule = "tool-too-old";
  const proxy: ProfileSpec = { id: "kube-proxy-nftables", runs: ["nft"] };
  const linked = { name: "own", libraries: ["sigs.k8s.io/knftables@v0.0.18"] };
  test.each<[string, Setup, string[]]>([
    ["nft before 1.0.1 for kube-proxy", { image: { nftTool: "1.0.0" }, profile: proxy }, ["error"]],
    ["nft 1.0.1", { image: { nftTool: "1.0.1" }, profile: proxy }, []],
    ["version not known", { image: { nftTool: null }, profile: proxy }, ["missing: version of the image's nft"]],
    ["a library that may not be used", { image: { nftTool: "0.9.8", program: linked } }, ["warning"]],
    ["the library, version not known", { image: { nftTool: null, program: linked } }, []],
    ["one tool, two reasons: one finding", { image: { nftTool: "0.9.8", program: linked }, profile: proxy }, ["error"]],
    ["no nft", { image: { nft: "1.8.11" }, profile: proxy }, []],
    [
      "--random-fully",
      { image: { legacy: "1.6.1" }, host: { backend: "legacy" }, profile: { writes: ["random-fully"] } },
      ["error"],
    ],
    [
      "--random-fully, new enough",
      { image: { legacy: "1.6.2" }, host: { backend: "legacy" }, profile: { writes: ["random-fully"] } },
      [],
    ],
    [
      "the option is not used",
      { image: { legacy: "1.6.1" }, host: { backend: "legacy" }, profile: { writes: ["port"] } },
      [],
    ],
    [
      "the host's own tools",
      {
        image: { legacy: "1.6.1", hostExec: true },
        host: { backend: "legacy" },
        profile: { writes: ["random-fully"] },
      },
      [],
    ],
    ["bitmask", { image: { ipset: "7.11" }, profile: { writes: ["bitmask"] } }, ["error"]],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});

describe("an nft that is built without JSON support", () => {
  const rule = "tool-too-old";
  const json =
    (value: boolean | undefined) =>
    ({ tools }: Toolchain) => {
      for (const tool of tools) if (tool.name === "nft" && value !== undefined) tool.json = value;
    };
  const linked = { name: "own", libraries: ["sigs.k8s.io/knftables@v0.0.18"] };
  const nft = (value: boolean | undefined, program?: typeof linked) => ({
    nftTool: "1.1.1",
    change: json(value),
    ...(program === undefined ? {} : { program }),
  });
  const proxy: ProfileSpec = { id: "kube-proxy-nftables", runs: ["nft"] };
  const native: ProfileSpec = { id: "istio-cni", runs: ["nft"], backend: "native-nft" };

  test.each<[string, Setup, string[]]>([
    ["kube-proxy goes on, and stale chains stay (rke2#8840)", { image: nft(false), profile: proxy }, ["warning"]],
    [
      "Istio's node agent in native mode fails for each pod (istio#58964)",
      { image: nft(false), profile: native },
      ["error"],
    ],
    ["a program with knftables may use it", { image: nft(false, linked) }, ["warning"]],
    [
      "whether it has that can't be told",
      { image: nft(undefined), profile: native },
      ["missing: whether the image's nft is built with JSON support"],
    ],
    ["that could be no more than a warning", { image: nft(undefined), profile: proxy }, []],
    [
      "too old as well: both are said",
      { image: { ...nft(false), nftTool: "1.0.0" }, profile: proxy },
      ["error", "warning"],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test.each<[string, Setup]>([
    ["with it", { image: nft(true), profile: native }],
    ["Istio's node agent with iptables", { image: nft(false), profile: { ...native, backend: "nft" } }],
    ["a program that speaks netlink or runs nft without lists", { image: nft(false) }],
    ["no nft at all", { image: {}, profile: proxy }],
  ])("look-alike: %s", (_, setup) => expect(ask(rule, setup)).toEqual([]));

  test("says what is missing", () => {
    expect(messageOf(rule, { image: nft(false), profile: native })).toBe(
      "nft 1.1.1 is built without JSON support: Istio in native nftables mode lists sets with `nft --json`: `JSON support not compiled-in`, for each pod again",
    );
  });

  test("from the variable that switches Istio's mode to the finding", () => {
    const profile = findProfile("istio-cni")!;
    const cell = evaluate({
      image: nft(false, linked),
      environment: { NATIVE_NFTABLES: "true" },
      profile: { id: "istio-cni", selects: "self", native: { name: "NATIVE_NFTABLES", values: ["true"], writes: [] } },
    });
    expect(cell.findings.filter(({ rule: id }) => id === rule).map(({ severity }) => severity)).toEqual(["error"]);
    expect(profile.selects?.native?.name).toBe("NATIVE_NFTABLES");
    expect(buildProfile(native).id).toBe(profile.id);
  });
});

describe("a kernel that a program refuses (kubernetes#124152)", () => {
  const image = { nftTool: "1.1.3" };
  const profile: ProfileSpec = { id: "kube-proxy-nftables", runs: ["nft"], backend: "native-nft" };
  const on = (kernel: string, more: ProfileSpec = profile): string[] => say({ image, profile: more, host: { kernel } });

  test.each(["4.18.0-553.el8_10.x86_64", "5.4", "5.10.0-30-amd64", "5.12.19"])("%s", (kernel) => {
    expect(on(kernel)).toEqual(["error nft-kernel-missing"]);
  });
  test.each([
    "5.13.0-52-generic",
    "5.14.0-427.el9.x86_64",
    "5.15",
    "6.1",
    "7.3.4+deb13-amd64",
  ])("look-alike: %s", (kernel) => {
    expect(on(kernel)).toEqual([]);
  });
  test("look-alike: kube-proxy in iptables mode asks for none", () => {
    expect(
      say({ image: { nft: "1.8.9" }, profile: { id: "kube-proxy" }, host: { kernel: "4.18.0-553.el8_10.x86_64" } }),
    ).toEqual([]);
  });
  test("says how to go on", () => {
    const setup: Setup = { image, profile, host: { kernel: "5.10.0-30-amd64" } };
    expect(messageOf("nft-kernel-missing", setup)).toBe(
      "kernel 5.10.0-30-amd64 is too old: kube-proxy in nftables mode refuses kernels before 5.13 unless nftables.skipKernelVersionCheck is set",
    );
  });
});
