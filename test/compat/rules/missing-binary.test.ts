import { expect, test } from "vitest";
import type { Toolchain } from "../../../src/model/toolchain.ts";
import { ask, messageOf, type Setup, say } from "../../support/cells.ts";

const rule = "missing-binary";
const both = { nft: "1.8.11", legacy: "1.8.11" };
const how = "missing: how the image reaches netfilter: no tool in the image (native netlink, or the host's tools?)";
const dangle =
  (...names: string[]) =>
  (toolchain: Toolchain) => {
    for (const name of names)
      toolchain.defaults[name] = { backend: "none", via: [`/usr/sbin/${name}`, "/sbin/xtables-multi"], dangling: true };
  };

test.each<[string, Setup, string[]]>([
  ["no tool at all", { image: {} }, [how]],
  [
    "no tool, a program known to speak netlink",
    { image: { program: { name: "own" } }, profile: { backend: "native-nft" } },
    [],
  ],
  [
    "no tool, a program known to speak something else",
    { image: { program: { name: "own" } }, profile: { backend: "follows-kubelet" } },
    [`missing: how own reaches netfilter: no tool in the image (native netlink, or the host's tools?)`],
  ],
  ["no tool, the host's are run", { image: { hostExec: true } }, []],
  ["a link that leads nowhere", { image: { ...both, change: dangle("iptables") } }, ["error"]],
  ["a command that the program runs", { image: both, profile: { runs: ["ipset"] } }, ["error"]],
  [
    "one that it is only deduced to run",
    { image: both, profile: { runs: ["ipset"], runsConfidence: "inferred" } },
    ["warning"],
  ],
  ["the command is there", { image: { ...both, ipset: "7.24" }, profile: { runs: ["ipset", "iptables-save"] } }, []],
  [
    "a backend-named command",
    { image: { nft: "1.8.11" }, profile: { runs: ["iptables-legacy-save", "iptables-nft-restore"] } },
    ["error"],
  ],
  ["modprobe", { image: { ...both, modprobe: true }, profile: { runs: ["modprobe"] } }, []],
  ["iptables wanted, only ipset there", { image: { ipset: "7.24" }, profile: { selects: "path" } }, ["error"]],
  [
    "an iptables that leads nowhere, wanted by the program: one cause",
    { image: { ipset: "7.24", change: dangle("iptables") }, profile: { selects: "path" } },
    ["error"],
  ],
  ["v2 wants nft and has only legacy", { image: { legacy: "1.8.11", wrapper: "v2" } }, ["error"]],
  [
    "v1 takes legacy without looking",
    { image: { nft: "1.8.11", wrapper: "v1" }, host: { backend: "legacy" } },
    ["error"],
  ],
  ["v1 counts nft rules and finds them", { image: { nft: "1.8.11", wrapper: "v1" } }, ["warning"]],
  ["v2 on its good host, with nothing to choose from", { image: { nft: "1.8.11", wrapper: "v2" } }, ["warning"]],
  ["neither binary", { image: { ipset: "7.24", wrapper: "v2" } }, ["error"]],
  ["a wrapper with both", { image: { ...both, wrapper: "go" } }, []],
  ["an idle wrapper needs nothing", { image: { nft: "1.8.11", idleWrapper: "v2" } }, []],
])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

test("commands of one family that dangle together are one finding", () => {
  const image = { ...both, change: dangle("iptables", "iptables-save", "ip6tables") };
  expect(say({ image })).toEqual(["error missing-binary"]);
});

test("says which binaries the selector wants", () => {
  expect(messageOf(rule, { image: { legacy: "1.8.11", wrapper: "v2" } })).toBe(
    "the image's selector runs the nft binaries here, and they are not in the image",
  );
});
