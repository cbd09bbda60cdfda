import { describe, expect, test } from "vitest";
import { ask, kubelet, messageOf, type ProfileSpec, type ProgramSpec, type Setup } from "../../support/cells.ts";

const rule = "native-nft-in-iptables-table";
const image = { nft: "1.8.13" };
const writes = (...constructs: string[]): ProgramSpec => ({
  name: "agent",
  backend: "native-nft",
  nft: "1.1.3",
  writes: constructs,
});
const lists: ProfileSpec = { operations: ["list"] };
const restores: ProfileSpec = { operations: ["save-restore"] };

describe("the image reads what a program put there", () => {
  test.each<[string, Setup, string[]]>([
    [
      "an expression that iptables doesn't know: the newest refuses",
      { image, programs: [writes("nft-unknown-expression")] },
      ["error agent"],
    ],
    [
      "a reader that only appends",
      { image, programs: [writes("nft-unknown-expression")], profile: { operations: ["append"] } },
      [],
    ],
    ["a set lookup, listed", { image, programs: [writes("nft-set-lookup")], profile: lists }, ["warning agent"]],
    [
      "a set lookup, saved and restored",
      { image, programs: [writes("nft-set-lookup")], profile: restores },
      ["error agent"],
    ],
    ["a set lookup, not known what the image does", { image, programs: [writes("nft-set-lookup")] }, ["warning agent"]],
    [
      "ports, for an old reader",
      { image: { nft: "1.8.7" }, programs: [writes("nft-port-or-mark")], profile: lists },
      ["warning agent"],
    ],
    ["ports, for a new one", { image, programs: [writes("nft-port-or-mark")], profile: restores }, []],
    [
      "a second base chain makes 1.8.7 abort",
      { image: { nft: "1.8.7" }, programs: [writes("nft-second-base-chain")] },
      ["error agent"],
    ],
    [
      "and is only announced when 1.8.11 lists it",
      { image: { nft: "1.8.11" }, programs: [writes("nft-second-base-chain")], profile: lists },
      [],
    ],
    [
      "and gone when 1.8.11 saves and restores the table",
      { image: { nft: "1.8.11" }, programs: [writes("nft-second-base-chain")], profile: restores },
      ["error agent"],
    ],
    ["tables of another name", { image, programs: [writes("nft-table-of-other-name", "nft-unchanged")] }, []],
    [
      "a native program that is not stated to touch iptables' tables",
      { image, programs: [{ name: "kindnet", backend: "native-nft", nft: "1.1.3", writes: [] }] },
      [],
    ],
    ["rules not stated", { image, programs: [{ name: "kindnet", backend: "native-nft", nft: "1.1.3" }] }, []],
    [
      "version of nft not known, and it doesn't matter",
      { image, programs: [{ ...writes("nft-unknown-expression"), nft: null }] },
      ["error agent"],
    ],
    [
      "version of nft not known, and it matters",
      {
        image: { nft: "1.8.7" },
        programs: [{ ...writes("nft-port-range", "nft-port-range-cmp"), nft: null }],
        profile: lists,
      },
      ["missing: version of the nft of agent"],
    ],
    [
      "version of the image not known, and it matters",
      { image: { nft: null }, programs: [writes("nft-second-base-chain")] },
      ["missing: version of the image's iptables"],
    ],
    ["a legacy image", { image: { legacy: "1.8.13" }, programs: [writes("nft-unknown-expression")] }, []],
    ["the host's own tools", { image: { ...image, hostExec: true }, programs: [writes("nft-unknown-expression")] }, []],
    ["in a pod's namespace", { image, programs: [writes("nft-unknown-expression")], network: "pod" }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("names both", () => {
    expect(messageOf(rule, { image, programs: [writes("nft-set-lookup")], profile: restores })).toMatch(
      /^the image's iptables 1\.8\.13 silently restores other rules from tables of iptables in which agent put native nft rules: lookups in nft sets/,
    );
  });
});

describe("the image put it there", () => {
  const own: ProfileSpec = { writes: ["nft-unknown-expression"] };
  const reader: ProgramSpec = { name: "agent", backend: "nft", iptables: "1.8.13", operations: ["list"], writes: [] };
  test.each<[string, Setup, string[]]>([
    ["a program that lists", { image: { nftTool: "1.1.3" }, programs: [reader], profile: own }, ["error agent"]],
    ["a kubelet that appends and checks", { image: { nftTool: "1.1.3" }, programs: [kubelet], profile: own }, []],
    [
      "a reader in the other backend",
      { image: { nftTool: "1.1.3" }, programs: [{ ...reader, backend: "legacy" }], profile: own },
      [],
    ],
    [
      "version of the reader not known",
      {
        image: { nftTool: "1.1.3" },
        programs: [{ ...reader, iptables: null }],
        profile: { writes: ["nft-second-base-chain"] },
      },
      ["missing: version of the iptables of agent"],
    ],
    ["through netlink, without nft", { image, programs: [reader], profile: own }, ["error agent"]],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});
