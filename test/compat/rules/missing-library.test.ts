import { describe, expect, test } from "vitest";
import { ask, type ImageSpec, messageOf, type Setup } from "../../support/cells.ts";

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

  test.each([
    [["libmnl.so.0"], 'it ends with "error while loading shared libraries"'],
    [["GLIBC_2.38 (libc.so.6)"], 'it ends with "error while loading shared libraries"'],
    [["/lib64/ld-linux-x86-64.so.2"], 'it does not start, "no such file or directory"'],
    [
      ["xt_xlate_set_get (libxtables.so.12)"],
      'it ends with "symbol lookup error", its libraries are of another release',
    ],
    [["libmnl.so.0", "nftnl_x (libnftnl.so.11)"], 'it ends with "error while loading shared libraries"'],
  ])("without %j %s", (libraries, expected) => {
    const image = lacks(iptables, ...libraries);
    expect(messageOf(rule, { image })).toBe(`${iptables} needs ${libraries.join(", ")}, not in the image: ${expected}`);
  });

  const held = (names: string[], more: object = {}): ImageSpec => ({
    nft: "1.8.11",
    change: (toolchain) => {
      const target = toolchain.tools.find(({ name }) => name === "iptables")?.target ?? "";
      toolchain.extensions = [
        {
          library: "/usr/lib/libxtables.so.12.7.0",
          directory: "/usr/lib/xtables",
          files: names.length,
          tools: [target],
          list: names.map((name) => ({ name, family: "any", revisions: [0] })),
          ...more,
        },
      ];
    },
  });
  const all = ["comment", "conntrack", "MASQUERADE", "DNAT", "mark", "MARK", "addrtype", "statistic", "recent"];
  const without = (...names: string[]) => all.filter((name) => !names.includes(name));
  const kilo = { id: "kilo" };
  test.each<[string, Setup, string[]]>([
    ["extensions of a program are all there", { image: held(all), profile: kilo }, []],
    ["one that the program always uses is not", { image: held(without("MASQUERADE")), profile: kilo }, ["error"]],
    ["one that it does not use is not", { image: held(without("statistic")), profile: kilo }, []],
    [
      "a match of a target's name is another",
      { image: held(without("MARK")), profile: { id: "kube-proxy" } },
      ["error"],
    ],
    ["one that it uses when asked to", { image: held(without("recent")), profile: { id: "kube-proxy" } }, ["warning"]],
    ["there is none at all", { image: held([]), profile: kilo }, ["error"]],
    ["of an unknown program a common one is not", { image: held(without("conntrack")) }, ["warning"]],
    [
      "its file is there and could not be read",
      { image: held(without("MASQUERADE"), { unread: ["libxt_MASQUERADE.so"] }), profile: kilo },
      [],
    ],
    ["nobody looked into the files", { image: held([], { list: undefined }), profile: kilo }, []],
    ["another program loads them", { image: held([], { tools: ["/opt/iptables"] }), profile: kilo }, []],
    ["a static program holds what it holds", { image: held([], { directory: undefined }), profile: kilo }, []],
    ["the program writes no iptables rules", { image: held([]), profile: { ...kilo, writes: [] } }, []],
  ])("extensions: %s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});
