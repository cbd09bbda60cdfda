import { describe, expect, test } from "vitest";
import type { Toolchain } from "../../../src/model/toolchain.ts";
import { ask, kubelet, messageOf, outcomesOf, type ProgramSpec, type Setup, say } from "../../support/cells.ts";

const nft = { nft: "1.8.11" };
const legacy = { legacy: "1.8.11" };
const both = { nft: "1.8.11", legacy: "1.8.11" };
const nftHost = { backend: "nft" as const };
const legacyHost = { backend: "legacy" as const };

describe("legacy-on-nft-host and nft-on-legacy-host", () => {
  test.each<[string, Setup, string[], string[]]>([
    ["legacy on nft", { image: legacy, host: nftHost }, ["error"], []],
    ["nft on legacy", { image: nft, host: legacyHost }, [], ["error"]],
    ["legacy on legacy", { image: legacy, host: legacyHost }, [], []],
    ["nft on nft", { image: nft, host: nftHost }, [], []],
    ["in a pod's namespace nobody else writes", { image: legacy, host: nftHost, network: "pod" }, [], []],
    ["the host's own tools", { image: { ...legacy, hostExec: true }, host: nftHost }, [], []],
    ["no iptables", { image: { nftTool: "1.1.3" }, host: legacyHost }, [], []],
    ["a wrapper that follows", { image: { ...both, wrapper: "v2" }, host: legacyHost }, [], []],
  ])("%s", (_, setup, onNft, onLegacy) => {
    expect(ask("legacy-on-nft-host", setup)).toEqual(onNft);
    expect(ask("nft-on-legacy-host", setup)).toEqual(onLegacy);
  });

  test("the host's backend is not known: no guess, the fact is named", () => {
    const fact = "default backend of the host's iptables";
    expect(say({ image: legacy, host: { backend: null } })).toEqual([`missing legacy-on-nft-host: ${fact}`]);
    expect(say({ image: nft, host: { backend: null } })).toEqual([`missing nft-on-legacy-host: ${fact}`]);
    expect(say({ image: { ...both, wrapper: "v3" }, host: { backend: null } })).toEqual([]);
  });

  test("the image's backend is not known: likewise", () => {
    const image = { ...both, default: "unknown" as const };
    expect(say({ image, host: nftHost })).toEqual([
      "missing legacy-on-nft-host: backend of /usr/sbin/script in the image",
    ]);
  });
});

describe("a program that chooses by a variable", () => {
  const variable = {
    name: "AGENT_BACKEND",
    values: { NFT: "nft", Legacy: "legacy", Auto: "auto" },
    default: "auto",
  } as const;
  const profile = { selects: "self" as const, variable };
  const setup = (value: string): Setup => ({
    image: both,
    host: legacyHost,
    profile,
    environment: { AGENT_BACKEND: value },
    selected: ["nft", "legacy"],
  });

  test("is told to change it: no wrapper would", () => {
    expect(say(setup("NFT"))).toEqual(["error nft-on-legacy-host"]);
    expect(outcomesOf("nft-on-legacy-host", setup("NFT"))[0]).toHaveProperty(
      "remedy",
      "Set AGENT_BACKEND to Auto, so that it follows each host, or to Legacy on such hosts.",
    );
    expect(ask("wrapper-missing", setup("NFT"))).toEqual([]);
  });

  test("and is left alone where it fits", () => {
    expect(say(setup("Legacy"))).toEqual([]);
    expect(say(setup("Auto"))).toEqual([]);
  });

  test("unless it has no binaries of the backend", () => {
    expect(ask("wrapper-missing", { ...setup("Auto"), image: nft })).toEqual(["error"]);
  });
});

describe("wrapper-missing", () => {
  const rule = "wrapper-missing";
  test.each<[string, Setup, string[]]>([
    ["hosts of both backends, legacy here", { image: legacy, host: nftHost, selected: ["nft", "legacy"] }, ["error"]],
    ["hosts of one backend: remedy text only", { image: legacy, host: nftHost, selected: ["nft"] }, []],
    ["hosts of both, this one fits", { image: nft, host: nftHost, selected: ["nft", "legacy"] }, []],
    ["a wrapper with nft binaries only", { image: { ...nft, wrapper: "v2" }, host: legacyHost }, ["error"]],
    ["the same on an nft host", { image: { ...nft, wrapper: "v2" }, host: nftHost }, []],
    [
      "a wrapper that is there and idle is another rule's",
      { image: { ...legacy, idleWrapper: "v2" }, host: nftHost, selected: ["nft", "legacy"] },
      [],
    ],
    ["in a pod's namespace", { image: legacy, host: nftHost, selected: ["nft", "legacy"], network: "pod" }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("keeps its place before the plain mismatch", () => {
    expect(say({ image: { ...nft, wrapper: "v2" }, host: legacyHost })).toEqual(["error wrapper-missing"]);
  });
});

describe("wrapper-ineffective", () => {
  const rule = "wrapper-ineffective";
  test.each<[string, Setup, string[]]>([
    ["the result differs from the host", { image: { ...legacy, idleWrapper: "v3" }, host: nftHost }, ["error"]],
    ["the result happens to fit", { image: { ...nft, idleWrapper: "v3" }, host: nftHost }, ["notice"]],
    ["an effective one", { image: { ...both, wrapper: "v3" }, host: nftHost }, []],
    ["no wrapper", { image: legacy, host: nftHost }, []],
    [
      "the program chooses for itself",
      { image: { ...both, default: "legacy", idleWrapper: "v2" }, host: nftHost, profile: { selects: "self" } },
      [],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  const looping = {
    ...both,
    wrapper: "v2",
    change: (toolchain: Toolchain) => {
      toolchain.selector!.loops = "/usr/local/sbin";
    },
  };
  test.each<[string, Setup, string[]]>([
    ["one that calls itself fails wherever it runs", { image: looping, host: nftHost }, ["error"]],
    ["in a pod's namespace too", { image: looping, host: legacyHost, network: "pod" }, ["error"]],
    ["the program runs no plain iptables", { image: looping, host: nftHost, profile: { selects: "self" } }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("says what to take away where the wrapper calls itself", () => {
    const [finding] = outcomesOf(rule, { image: looping, host: nftHost });
    expect(finding).toMatchObject({
      message: expect.stringContaining("the first `iptables` never ends"),
      remedy: expect.stringContaining("take /usr/sbin/iptables and the commands beside it out of PATH"),
    });
  });

  test("says where `iptables` leads instead", () => {
    expect(messageOf(rule, { image: { ...legacy, idleWrapper: "v3" }, host: nftHost })).toContain(
      "(/usr/sbin/iptables -> /usr/sbin/xtables-legacy-multi): it always uses legacy",
    );
  });
});

describe("mixed-backends", () => {
  const rule = "mixed-backends";
  const legacyProgram: ProgramSpec = { name: "agent", backend: "legacy" };
  const command = (name: string, backend: "nft" | "legacy") => ({
    ...both,
    default: "nft" as const,
    change: (toolchain: { defaults: Record<string, unknown> }) => {
      toolchain.defaults[name] = { backend, via: [`/usr/sbin/${name}`] };
    },
  });

  test.each<[string, Setup, string[]]>([
    ["one backend", { image: both }, []],
    ["restore in the other backend", { image: command("iptables-restore", "legacy") }, ["error"]],
    ["save in the other backend", { image: command("iptables-save", "legacy") }, ["error"]],
    ["one family in each backend may be meant", { image: command("ip6tables", "legacy") }, ["warning"]],
    ["a program beside image and kubelet", { image: nft, programs: [kubelet, legacyProgram] }, ["notice agent"]],
    [
      "no kubelet's backend known",
      { image: nft, host: { backend: null }, programs: [legacyProgram] },
      ["warning agent"],
    ],
    ["the image itself is the odd one: the mismatch speaks", { image: legacy, programs: [kubelet] }, []],
    [
      "native nft is no backend of iptables",
      { image: nft, programs: [kubelet, { name: "kindnet", backend: "native-nft" }] },
      [],
    ],
    ["not known what it uses", { image: nft, programs: [kubelet, { name: "agent", backend: "unknown" }] }, []],
    ["in a pod's namespace", { image: nft, programs: [legacyProgram], network: "pod" }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});
