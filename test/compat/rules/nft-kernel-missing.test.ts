import { expect, test } from "vitest";
import { ask, type Setup } from "../../support/cells.ts";

const host = (modules: object) => ({ backend: "legacy" as const, modules });
const absent = host({ absent: ["nf_tables"] });

test.each<[string, Setup, string[]]>([
  ["iptables-nft on a kernel that has it", { image: { nft: "1.8.11" }, host: host({ loadable: ["nf_tables"] }) }, []],
  ["iptables-nft on one that has not", { image: { nft: "1.8.11" }, host: absent }, ["error"]],
  [
    "a further package brings it",
    { image: { nft: "1.8.11" }, host: host({ "optional-package": ["nf_tables"] }) },
    ["warning"],
  ],
  [
    "not known",
    { image: { nft: "1.8.11" }, host: host({ unknown: ["nf_tables"] }) },
    ["missing: state of kernel module nf_tables"],
  ],
  ["nft alone", { image: { nftTool: "1.1.3" }, host: absent }, ["error"]],
  [
    "nft beside iptables-legacy, which is what runs",
    { image: { legacy: "1.8.11", nftTool: "1.1.3" }, host: absent },
    [],
  ],
  ["a wrapper that picks legacy", { image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" }, host: absent }, []],
  ["no tool", { image: {}, host: absent }, []],
  ["the host's own tools", { image: { nft: "1.8.11", hostExec: true }, host: absent }, []],
  ["in a pod's namespace", { image: { nft: "1.8.11" }, host: absent, network: "pod" }, ["error"]],
])("%s", (_, setup, expected) => expect(ask("nft-kernel-missing", setup)).toEqual(expected));
