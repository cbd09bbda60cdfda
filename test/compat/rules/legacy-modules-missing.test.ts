import { expect, test } from "vitest";
import { ask, kubelet, messageOf, type Setup } from "../../support/cells.ts";

const rule = "legacy-modules-missing";
const legacy = { legacy: "1.8.11" };
/** IPv6 alone is what it is for. */
const v6Alone: Setup["image"] = {
  ...legacy,
  change(toolchain) {
    toolchain.tools = toolchain.tools.filter(({ name }) => name === "ip6tables");
    toolchain.defaults.iptables = { backend: "none", via: [] };
  },
};
const both = { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" };
const nftNode = (modules: object) => ({ backend: "nft" as const, modules });

test.each<[string, Setup, string[]]>([
  ["everything loaded", { image: legacy }, []],
  ["no ip_tables", { image: legacy, host: nftNode({ absent: ["ip_tables"] }) }, ["error"]],
  ["one table absent", { image: legacy, host: nftNode({ absent: ["iptable_nat"] }) }, ["error"]],
  ["in a further package", { image: legacy, host: nftNode({ "optional-package": ["ip_tables"] }) }, ["warning"]],
  ["builtin", { image: legacy, host: nftNode({ builtin: ["ip_tables", "iptable_filter", "iptable_nat"] }) }, []],
  [
    "state not known",
    { image: legacy, host: nftNode({ unknown: ["ip_tables"] }) },
    ["missing: state of kernel module ip_tables"],
  ],
  [
    "absent beats unknown",
    { image: legacy, host: nftNode({ unknown: ["iptable_nat"], absent: ["ip_tables"] }) },
    ["error"],
  ],
  ["loadable, no modprobe", { image: legacy, host: nftNode({ loadable: ["ip_tables"] }) }, ["error"]],
  [
    "loadable, modprobe in the image",
    { image: { ...legacy, modprobe: true }, host: nftNode({ loadable: ["ip_tables"] }) },
    ["warning"],
  ],
  [
    "loadable, modprobe and the right to load",
    { image: { ...legacy, modprobe: true }, host: nftNode({ loadable: ["ip_tables"] }), modules: "host" },
    [],
  ],
  [
    "loadable, the right to load but no modprobe",
    { image: legacy, host: nftNode({ loadable: ["ip_tables"] }), modules: "host" },
    ["error"],
  ],
  [
    "loadable, modprobe without the right to load",
    { image: { ...legacy, modprobe: true }, host: nftNode({ loadable: ["ip_tables"] }), modules: "none" },
    ["error"],
  ],
  [
    "loadable tables of a loaded core are autoloaded",
    { image: legacy, host: nftNode({ loadable: ["iptable_filter", "iptable_nat"] }) },
    [],
  ],
  [
    "the kubelet's own legacy iptables loads them",
    {
      image: legacy,
      host: { backend: "legacy", modules: { loadable: ["ip_tables", "ip6_tables"] } },
      programs: [kubelet],
    },
    [],
  ],
  [
    "a legacy host on which nothing runs",
    { image: legacy, host: { backend: "legacy", modules: { loadable: ["ip_tables"] } }, programs: [] },
    ["error"],
  ],
  ["IPv6 alone is missing", { image: legacy, host: nftNode({ absent: ["ip6_tables"] }) }, ["warning"]],
  ["IPv6 not known", { image: legacy, host: nftNode({ unknown: ["ip6table_filter"] }) }, []],
  [
    "an image with the tool of IPv6 alone: that of IPv4 doesn't matter",
    { image: v6Alone, host: nftNode({ absent: ["ip_tables"] }) },
    [],
  ],
  ["and that of IPv6 does", { image: v6Alone, host: nftNode({ absent: ["ip6_tables"] }) }, ["error"]],
  [
    "also where it isn't known",
    { image: v6Alone, host: nftNode({ unknown: ["ip6table_filter"] }) },
    ["missing: state of kernel module ip6table_filter"],
  ],
  ["an nft image", { image: { nft: "1.8.11" }, host: nftNode({ absent: ["ip_tables"] }) }, []],
  ["a wrapper that picks nft", { image: both, host: nftNode({ absent: ["ip_tables"] }) }, []],
  ["the host's own tools", { image: { ...legacy, hostExec: true }, host: nftNode({ absent: ["ip_tables"] }) }, []],
  ["in a pod's namespace", { image: legacy, host: nftNode({ absent: ["ip_tables"] }), network: "pod" }, ["error"]],
])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

test("names what is missing, and IPv6 only where IPv4 works", () => {
  const host = nftNode({ absent: ["ip_tables", "iptable_nat", "ip6_tables"] });
  expect(messageOf(rule, { image: legacy, host })).toBe(
    "iptables-legacy cannot work: the kernel has no ip_tables, iptable_nat",
  );
});
