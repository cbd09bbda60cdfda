import { describe, expect, test } from "vitest";
import {
  ask,
  type ImageSpec,
  messageOf,
  type ProfileSpec,
  type ProgramSpec,
  type Setup,
  say,
} from "../../support/cells.ts";

const rule = "nft-set-userdata";
const writer: ProgramSpec = { name: "agent", backend: "native-nft", nft: "1.1.3" };
const setMaker: ProgramSpec = { ...writer, name: "kube-proxy-nftables" };
const old: ImageSpec = { nftTool: "1.0.6" };
const lists: ProfileSpec = { runs: ["nft"], operations: ["list"] };
const withKnftables = (version: string): ImageSpec => ({
  ...old,
  program: { name: "own", libraries: [`sigs.k8s.io/knftables@${version}`] },
});

describe("the image as reader", () => {
  test.each<[string, Setup, string[]]>([
    ["sets known, lists known", { image: old, programs: [setMaker], profile: lists }, ["error kube-proxy-nftables"]],
    ["sets not known", { image: old, programs: [writer], profile: lists }, ["warning agent"]],
    ["lists not known", { image: old, programs: [setMaker] }, ["warning kube-proxy-nftables"]],
    [
      "a library that lists all tables",
      { image: withKnftables("v0.0.18"), programs: [setMaker] },
      ["error kube-proxy-nftables"],
    ],
    [
      "a newer one that doesn't",
      { image: withKnftables("v0.0.21"), programs: [setMaker] },
      ["warning kube-proxy-nftables"],
    ],
    ["an older writer", { image: old, programs: [{ ...setMaker, nft: "1.1.1" }], profile: lists }, []],
    [
      "the writer's nft not known",
      { image: old, programs: [{ ...setMaker, nft: null }], profile: lists },
      ["missing: version of the nft of kube-proxy-nftables"],
    ],
    [
      "a writer that brings nft and uses iptables",
      { image: old, programs: [{ ...setMaker, backend: "follows-kubelet" }], profile: lists },
      [],
    ],
    ["1.0.6.1 is good", { image: { nftTool: "1.0.6.1" }, programs: [setMaker], profile: lists }, []],
    [
      "1.1.1 is not",
      { image: { nftTool: "1.1.1" }, programs: [setMaker], profile: lists },
      ["error kube-proxy-nftables"],
    ],
    [
      "1.1.1 as calico builds it is",
      { image: { nftTool: "1.1.1" }, programs: [setMaker], profile: { ...lists, id: "calico" } },
      [],
    ],
    ["1.1.3 is", { image: { nftTool: "1.1.3" }, programs: [setMaker], profile: lists }, []],
    [
      "1.1.2: nobody knows",
      { image: { nftTool: "1.1.2" }, programs: [setMaker], profile: lists },
      ["missing: how nft 1.1.2 reads sets of nft 1.1.2 and later"],
    ],
    [
      "1.1.2 where it could only warn",
      { image: { nftTool: "1.1.2" }, programs: [setMaker], profile: { runs: ["nft"] } },
      [],
    ],
    [
      "version not known",
      { image: { nftTool: null }, programs: [setMaker], profile: lists },
      ["missing: version of the image's nft"],
    ],
    [
      "a program that is known not to run nft",
      { image: { ...old, nft: "1.8.9" }, programs: [setMaker], profile: { runs: ["iptables-save"] } },
      [],
    ],
    ["no nft", { image: { nft: "1.8.9" }, programs: [setMaker] }, []],
    ["in a pod's namespace", { image: old, programs: [setMaker], profile: lists, network: "pod" }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});

describe("the image as writer", () => {
  const image: ImageSpec = { nftTool: "1.1.6" };
  const reader: ProgramSpec = { name: "agent", backend: "native-nft", nft: "1.0.6", operations: ["list"] };
  const maker: ProfileSpec = { id: "kube-proxy-nftables", runs: ["nft"] };
  test.each<[string, Setup, string[]]>([
    ["sets known, a program that lists", { image, programs: [reader], profile: maker }, ["error agent"]],
    ["sets not known", { image, programs: [reader] }, ["warning agent"]],
    [
      "a program that lists its own tables",
      { image, programs: [{ ...reader, operations: [] }], profile: maker },
      ["warning agent"],
    ],
    ["a good reader", { image, programs: [{ ...reader, nft: "1.1.4" }], profile: maker }, []],
    ["the host's own nft", { image, programs: [], host: { nft: "1.0.9" } }, ["warning"]],
    [
      "the host's own nft, beside iptables of an unknown program",
      { image: { ...image, nft: "1.8.11" }, programs: [], host: { nft: "1.0.9" } },
      ["notice"],
    ],
    ["the host's own nft is newer", { image, programs: [], host: { nft: "1.1.5" } }, []],
    ["nothing known of the host's nft", { image, programs: [] }, []],
    [
      "a program that is known not to run nft",
      { image: { ...image, nft: "1.8.11" }, programs: [reader], host: { nft: "1.0.9" }, profile: { selects: "path" } },
      [],
    ],
    ["an old writer", { image: { nftTool: "1.1.1" }, programs: [reader], host: { nft: "1.0.9" }, profile: maker }, []],
    ["version not known", { image: { nftTool: null }, programs: [reader], profile: maker }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("program and host that crash alike are one finding", () => {
    expect(say({ image, programs: [reader], host: { nft: "1.0.9" }, profile: maker })).toEqual([`error ${rule}`]);
  });

  test("says the condition", () => {
    expect(messageOf(rule, { image, programs: [], host: { nft: "1.0.9" } })).toBe(
      "the host's own nft 1.0.9 crashes when it lists sets that the image's nft 1.1.6 wrote, if the image makes named sets or maps of one declared type",
    );
  });
});

describe("a program with an nftables mode that is off by default", () => {
  const felix: ProfileSpec = { runs: ["iptables-save"], selects: "self", operations: ["list"] };
  const image = (nftTool: string, version = "v0.0.18"): ImageSpec => ({
    nft: "1.8.11",
    nftTool,
    program: { name: "own", libraries: [`sigs.k8s.io/knftables@${version}`] },
  });

  test("is warned of sets that its nft would crash on, and of no more than that", () => {
    expect(ask(rule, { image: image("1.1.0"), programs: [setMaker], profile: felix })).toEqual([
      "warning kube-proxy-nftables",
    ]);
    expect(messageOf(rule, { image: image("1.1.0"), programs: [setMaker], profile: felix })).toMatch(
      /, if the image's nftables mode is on$/,
    );
    expect(ask(rule, { image: image("1.1.0"), programs: [{ ...setMaker, nft: null }], profile: felix })).toEqual([]);
  });

  test("is left alone with a good nft, without such writers, and by the nft of hosts", () => {
    expect(ask(rule, { image: image("1.1.4"), programs: [setMaker], profile: felix })).toEqual([]);
    expect(ask(rule, { image: image("1.1.0"), profile: felix })).toEqual([]);
    expect(ask(rule, { image: image("1.1.6"), host: { nft: "1.0.2" }, profile: felix })).toEqual([]);
  });

  test("without the library it runs no nft", () => {
    const bare = { nft: "1.8.11", nftTool: "1.1.0" };
    expect(ask(rule, { image: bare, programs: [setMaker], profile: felix })).toEqual([]);
  });
});
