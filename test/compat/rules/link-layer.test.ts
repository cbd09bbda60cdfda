import { describe, expect, test } from "vitest";
import type { Toolchain } from "../../../src/model/toolchain.ts";
import { ask, buildTool, type HostSpec, messageOf, outcomesOf, type Setup, say } from "../../support/cells.ts";

/** ebtables and arptables: a kernel that has what iptables needs may lack what they need. */

type Name = "ebtables" | "arptables";

/** A package of its own, as Debian's ebtables: `ebtables` leads to it, or only its own name does. */
function legacyTool(name: Name, path: string = `/usr/sbin/${name}`) {
  const target = `/usr/sbin/${name}-legacy`;
  return ({ tools }: Toolchain) =>
    void tools.push({ ...buildTool(name, "2.0.11", "legacy"), path, target, via: [...new Set([path, target])] });
}

/** What the package iptables brings under that name: the same file as iptables-nft. */
function nftTool(name: Name) {
  return ({ tools }: Toolchain) => void tools.push({ ...buildTool(name, "1.8.11", "nft"), path: `/usr/sbin/${name}` });
}

const withLegacy = (name: Name): Setup["image"] => ({ nft: "1.8.11", change: legacyTool(name) });
const withNft = (name: Name): Setup["image"] => ({ nft: "1.8.11", change: nftTool(name) });
const without = (...absent: string[]): HostSpec => ({ modules: { absent } });
const runs = (...commands: string[]) => ({ runs: commands });
const loaded: HostSpec = { modules: { loaded: ["ebtables", "arp_tables"] } };

describe("ebtables and arptables of the legacy kind", () => {
  const rule = "legacy-modules-missing";
  test.each<[string, Setup, string[]]>([
    ["a program that runs ebtables", { image: withLegacy("ebtables"), profile: runs("ebtables") }, ["error"]],
    [
      "under the backend's name",
      {
        image: { nft: "1.8.11", change: legacyTool("ebtables", "/usr/sbin/ebtables-legacy") },
        profile: runs("ebtables-legacy"),
      },
      ["error"],
    ],
    ["by its save command", { image: withLegacy("ebtables"), profile: runs("ebtables-save") }, ["error"]],
    ["arptables likewise", { image: withLegacy("arptables"), profile: runs("arptables") }, ["error"]],
    [
      "one that is only supposed to",
      { image: withLegacy("ebtables"), profile: { ...runs("ebtables"), runsConfidence: "inferred" } },
      ["warning"],
    ],
    ["no program is known", { image: withLegacy("ebtables") }, ["warning"]],
    ["it is all that the image has", { image: { change: legacyTool("ebtables") } }, ["error"]],
    ["in a pod's namespace", { image: withLegacy("ebtables"), network: "pod" }, ["warning"]],
  ])("%s", (_, setup, expected) =>
    expect(ask(rule, { ...setup, host: without("ebtables", "arp_tables") })).toEqual(expected));

  test.each<[string, Setup]>([
    [
      "a program that runs none (distroless-iptables carries ebtables for others)",
      { image: withLegacy("ebtables"), profile: runs("iptables-save") },
    ],
    [
      "a program of whose commands nothing more is stated",
      { image: withLegacy("ebtables"), profile: { operations: ["append"] } },
    ],
    ["a program that runs the other of the two", { image: withLegacy("ebtables"), profile: runs("arptables") }],
    [
      "only its own name leads to it",
      { image: { nft: "1.8.11", change: legacyTool("ebtables", "/usr/sbin/ebtables-legacy") } },
    ],
    ["ebtables is that of nft", { image: withNft("ebtables"), profile: runs("ebtables") }],
    [
      "another core is gone",
      {
        image: withLegacy("ebtables"),
        profile: runs("ebtables"),
        host: { modules: { absent: ["ip_tables", "arp_tables"], loaded: ["ebtables"] } },
      },
    ],
    ["the kernel has it", { image: withLegacy("ebtables"), profile: runs("ebtables"), host: loaded }],
  ])("look-alike: %s", (_, setup) =>
    expect(ask(rule, { host: without("ebtables", "arp_tables"), ...setup })).toEqual([]));

  test("on disk, and nothing loads it: kubelet and kube-proxy load what iptables needs alone", () => {
    const host: HostSpec = { backend: "legacy", modules: { loadable: ["ebtables"] } };
    const setup: Setup = {
      image: { legacy: "1.8.11", change: legacyTool("ebtables") },
      profile: runs("ebtables"),
      host,
    };
    expect(ask(rule, setup)).toEqual(["error"]);
    expect(ask(rule, { ...setup, image: { ...setup.image, modprobe: true }, modules: "host" })).toEqual([]);
  });

  test("its state isn't known: missing where it could be an error", () => {
    const setup: Setup = { image: withLegacy("ebtables") };
    expect(ask(rule, { ...setup, profile: runs("ebtables") })).toEqual(["missing: state of kernel module ebtables"]);
    expect(ask(rule, setup)).toEqual([]);
  });

  test("says what is meant, where it comes from, and what to do", () => {
    const setup: Setup = { image: withLegacy("ebtables"), host: without("ebtables") };
    expect(messageOf(rule, setup)).toBe(
      "ebtables-legacy cannot work: the kernel has no ebtables (whether the image runs it is not known)",
    );
    const [finding] = outcomesOf(rule, setup);
    expect(finding).toMatchObject({
      tool: "ebtables",
      remedy: expect.stringContaining("ebtables-nft"),
      evidence: [
        { fact: "ebtables is /usr/sbin/ebtables -> /usr/sbin/ebtables-legacy" },
        { fact: expect.stringContaining("absent") },
      ],
    });
  });

  test("it is a finding beside that of iptables-legacy, not instead of it", () => {
    const image = { legacy: "1.8.11", change: legacyTool("ebtables") };
    const cell = { image, profile: runs("ebtables"), host: without("ip_tables", "ebtables") };
    expect(say(cell)).toEqual(["error legacy-modules-missing", "error legacy-modules-missing"]);
  });
});

describe("ebtables and arptables of nft", () => {
  const rule = "nft-kernel-missing";
  const host = without("nf_tables_bridge", "nf_tables_arp");
  test.each<[string, Setup, string[]]>([
    ["a program that runs ebtables", { image: withNft("ebtables"), profile: runs("ebtables") }, ["error"]],
    ["arptables likewise", { image: withNft("arptables"), profile: runs("arptables-nft") }, ["error"]],
    [
      "beside an iptables-legacy",
      {
        image: { legacy: "1.8.11", nft: "1.8.11", default: "legacy", change: nftTool("ebtables") },
        profile: runs("ebtables"),
      },
      ["error"],
    ],
    ["it is all that the image has", { image: { change: nftTool("ebtables") } }, ["error"]],
  ])("%s", (_, setup, expected) => expect(ask(rule, { ...setup, host })).toEqual(expected));

  test.each<[string, Setup]>([
    ["the package iptables brings it, and no program is known", { image: withNft("ebtables"), host }],
    ["a program that runs none", { image: withNft("ebtables"), profile: runs("ipset"), host }],
    ["ebtables is the legacy one", { image: withLegacy("ebtables"), profile: runs("ebtables"), host }],
    [
      "the kernel has it",
      { image: withNft("ebtables"), profile: runs("ebtables"), host: { modules: { builtin: ["nf_tables_bridge"] } } },
    ],
    [
      "only gaps are recorded: a state that isn't known is none",
      { image: withNft("ebtables"), profile: runs("ebtables") },
    ],
  ])("look-alike: %s", (_, setup) => expect(ask(rule, setup)).toEqual([]));

  test("says what is missing", () => {
    expect(messageOf(rule, { image: withNft("ebtables"), profile: runs("ebtables"), host })).toBe(
      "ebtables-nft cannot work: the kernel has no nf_tables_bridge",
    );
  });
});
