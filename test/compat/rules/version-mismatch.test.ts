import { expect, test } from "vitest";
import { ask, messageOf, type Setup } from "../../support/cells.ts";

function image(name: string, version: string, byteVersion?: string): Setup["image"] {
  return {
    nft: "1.8.9",
    change: (toolchain) => {
      for (const tool of toolchain.tools) {
        tool.package = { name, version, database: "dpkg" };
        if (byteVersion !== undefined) tool.byteVersion = byteVersion;
      }
    },
  };
}

test.each<[string, Setup["image"], string[]]>([
  ["they agree", image("iptables", "1.8.9-2+b1", "1.8.9"), []],
  ["they agree, with an epoch", image("iptables", "1:1.8.9-2", "1.8.9"), []],
  ["the binary was replaced: both families are one finding", image("iptables", "1.8.4-r2", "1.8.9"), ["warning"]],
  ["the bytes don't tell", image("iptables", "1.8.4-r2"), []],
  ["a program's package that carries a copy", image("calico-node", "3.28.0", "1.8.9"), []],
])("%s", (_, spec, expected) => expect(ask("version-mismatch", { image: spec })).toEqual(expected));

test("names both", () => {
  expect(messageOf("version-mismatch", { image: image("iptables", "1.8.4-r2", "1.8.9") })).toBe(
    "package iptables says 1.8.4, but /usr/sbin/xtables-nft-multi is 1.8.9",
  );
});
