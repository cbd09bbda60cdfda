import { describe, expect, test } from "vitest";
import type { Toolchain } from "../../../src/model/toolchain.ts";
import { ask, type HostSpec, type ImageSpec, messageOf, type Setup } from "../../support/cells.ts";

/** An image whose tools were built for one architecture and that states another. */
function built(stated: string, architecture: string | undefined, image: ImageSpec = { nft: "1.8.11" }): ImageSpec {
  return {
    ...image,
    architecture: stated,
    change: (toolchain: Toolchain) => {
      for (const tool of toolchain.tools) {
        if (architecture === undefined) delete tool.architecture;
        else tool.architecture = architecture;
      }
    },
  };
}

describe("arch-mismatch", () => {
  const rule = "arch-mismatch";
  test.each<[string, Setup, string[]]>([
    ["the same", { image: built("arm64", "arm64") }, []],
    ["another machine: one finding a file", { image: built("arm64", "amd64") }, ["error"]],
    [
      "two files",
      { image: built("arm64", "amd64", { nft: "1.8.11", legacy: "1.8.11", default: "nft" }) },
      ["error", "error"],
    ],
    ["32-bit tools in a 64-bit image", { image: built("amd64", "386") }, ["warning"]],
    ["64-bit tools in a 32-bit image", { image: built("386", "amd64") }, ["error"]],
    ["the header doesn't tell", { image: built("arm64", undefined) }, []],
    ["no architecture stated", { image: built("", "amd64") }, []],
    ["in a pod's namespace", { image: built("arm64", "amd64"), network: "pod" }, ["error"]],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("names file, tools and both architectures", () => {
    expect(messageOf(rule, { image: built("arm64", "amd64") })).toBe(
      "/usr/sbin/xtables-nft-multi (iptables, ip6tables) is built for amd64 in an image for arm64: `exec format error`",
    );
  });
});

describe("legacy-32-bit", () => {
  const rule = "legacy-32-bit";
  const legacy = { legacy: "1.8.11" };
  const off: HostSpec = { backend: "legacy", xtablesCompat: false };
  test.each<[string, Setup, string[]]>([
    ["386 legacy without the code", { image: built("386", "386", legacy), host: off }, ["warning"]],
    ["arm legacy without the code", { image: built("arm", "arm", legacy), host: off }, ["warning"]],
    ["on a kernel of 32 bits", { image: built("arm", "arm", legacy), host: { ...off, architectures: ["arm"] } }, []],
    [
      "386 legacy with it",
      { image: built("386", "386", legacy), host: { backend: "legacy", xtablesCompat: true } },
      [],
    ],
    ["not known", { image: built("386", "386", legacy), host: { backend: "legacy" } }, []],
    ["amd64 legacy", { image: built("amd64", "amd64", legacy), host: off }, []],
    ["386 nft", { image: built("386", "386"), host: off }, []],
    ["a 32-bit binary in a 64-bit image", { image: built("amd64", "386", legacy), host: off }, ["warning"]],
    [
      "a wrapper that picks nft",
      {
        image: built("386", "386", { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" }),
        host: { backend: "nft", xtablesCompat: false },
      },
      [],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});
