import { describe, expect, test } from "vitest";
import { ask, type ProfileSpec, type Setup } from "../../support/cells.ts";

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
