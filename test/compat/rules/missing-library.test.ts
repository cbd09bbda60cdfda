import { describe, expect, test } from "vitest";
import { ask, type ImageSpec, type Setup } from "../../support/cells.ts";

describe("missing-library", () => {
  const rule = "missing-library";
  const lacks = (path: string, ...libraries: string[]): ImageSpec => ({
    nft: "1.8.11",
    ipset: "7.24",
    change: (toolchain) => {
      toolchain.missingLibraries = libraries.map((library) => ({ path, library }));
    },
  });
  const iptables = "/usr/sbin/xtables-nft-multi";
  test.each<[string, Setup, string[]]>([
    ["nothing is missing", { image: lacks(iptables) }, []],
    ["nobody looked", { image: { nft: "1.8.11" } }, []],
    ["of the iptables that runs", { image: lacks(iptables, "libmnl.so.0") }, ["error"]],
    ["several are one finding", { image: lacks(iptables, "libmnl.so.0", "libnftnl.so.11") }, ["error"]],
    ["of an ipset that nobody is known to run", { image: lacks("/usr/sbin/ipset", "libipset.so.13") }, ["warning"]],
    [
      "of an ipset that the program runs",
      { image: lacks("/usr/sbin/ipset", "libipset.so.13"), profile: { runs: ["ipset"] } },
      ["error"],
    ],
    [
      "of a file that could not be told to be a tool",
      { image: lacks("/usr/sbin/iptables", "libxtables.so.12") },
      ["error"],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});
