import { expect, test } from "vitest";
import { evaluatePlatform } from "../../../src/compat/engine.ts";
import { selectHosts } from "../../../src/hosts/select.ts";
import { programProfiles } from "../../../src/knowledge/programs/index.ts";
import type { Toolchain } from "../../../src/model/toolchain.ts";
import { contextOf } from "../../../src/settings.ts";
import { ask, buildToolchain, messageOf, outcomesOf, type Setup, say } from "../../support/cells.ts";

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

const of =
  (id: string, versionId: string, database?: "apk" | "dpkg" | "rpm", source = "image") =>
  (toolchain: Toolchain) => {
    toolchain.os = { id, versionId };
    for (const tool of toolchain.tools) {
      if (database !== undefined) tool.package = { name: tool.name, version: tool.version ?? "", database };
      tool.evidence = [{ fact: "package", source }];
    }
  };
const felix = { runs: ["iptables-legacy-save", "iptables-legacy-restore", "ipset"] };

test("commands that one package brings are one finding", () => {
  const setup = { image: { nft: "1.8.11" }, profile: felix };
  expect(ask(rule, setup)).toEqual(["error", "error"]);
  expect(outcomesOf(rule, setup)[0]).toHaveProperty(
    "message",
    expect.stringMatching(/runs `iptables-legacy-save` and `iptables-legacy-restore`, which are not in the image$/),
  );
  const none = { image: { ipset: "7.24" }, profile: { selects: "path" as const, runs: ["iptables-save", "nft"] } };
  expect(ask(rule, none)).toEqual(["error", "error"]);
});

const copy = "The image has no package manager: install it in an earlier stage and copy its files with `COPY --from`.";
test.each<[string, Setup, string[]]>([
  [
    "Alpine",
    { image: { nft: "1.8.11", change: of("alpine", "3.23.0", "apk") }, profile: felix },
    [
      "Add package iptables-legacy. The line for it: `RUN apk add --no-cache iptables-legacy`.",
      "Add package ipset. The line for it: `RUN apk add --no-cache ipset`.",
    ],
  ],
  [
    "Ubuntu without any tool of a package",
    { image: { ipset: "7.19", change: of("ubuntu", "24.04") }, profile: { selects: "path" } },
    ["Add package iptables. The line for it: `RUN apt-get update && apt-get install -y iptables`."],
  ],
  [
    "UBI 9, whose legacy backend is EPEL's",
    { image: { nft: "1.8.10", ipset: "7.11", change: of("rhel", "9.6", "rpm") }, profile: felix },
    ["Add package iptables-legacy (EPEL)."],
  ],
  [
    "UBI 10, which has none",
    { image: { nft: "1.8.11", ipset: "7.22", change: of("rhel", "10.0", "rpm") }, profile: felix },
    [
      "No package of RHEL, CentOS, AlmaLinux, Rocky Linux, UBI brings the legacy binaries of iptables: copy them from an image that has them, with their libraries.",
    ],
  ],
  [
    "distroless",
    {
      image: { nftTool: "1.0.6", wrapper: "v2", change: of("debian", "12", "dpkg", "/var/lib/dpkg/status.d/nftables") },
      profile: { runs: ["iptables-save"], selects: "path" },
    },
    [`Add package iptables. ${copy}`],
  ],
  [
    "another distribution",
    { image: { ipset: "7.24" }, profile: { selects: "path" } },
    ["Add the package that brings the nft binaries of iptables."],
  ],
])("what to install: %s", (_, setup, expected) => {
  const findings = outcomesOf(rule, setup).filter((outcome) => outcome.kind === "finding");
  expect(findings.map(({ remedy }) => remedy)).toEqual(expected);
});

test("Felix without the legacy binaries takes the plain commands, which an nft host wants anyway", () => {
  const profile = programProfiles.find(({ id }) => id === "calico")!;
  const toolchain = buildToolchain({ nft: "1.8.11", ipset: "7.24" });
  const image = { ...contextOf({}, "calico.tar", toolchain), profile };
  const hosts = selectHosts(["ubuntu-24.04"]).hosts.map((host) => ({ host, programs: [] }));
  const [cell] = evaluatePlatform({ toolchain, image, hosts });
  expect(cell!.findings.filter((finding) => finding.rule === rule)).toEqual([]);
});
