import { expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { findProfile } from "../../src/hosts/programs.ts";
import { buildInput, type ProgramSpec, type Setup, say } from "../support/cells.ts";

/** A program that a variable makes speak nftables itself (Felix, Tailscale): what it then leaves alone isn't judged. */

const native = { name: "AGENT_NFTABLES", values: ["Enabled"], writes: [] as string[] };
const kubeProxy: ProgramSpec = {
  name: "kube-proxy",
  version: "1.33",
  backend: "nft",
  iptables: "1.8.9",
  writes: ["mark-match", "port"],
  operations: ["list", "append"],
};

function agent(environment: Record<string, string>, more: Partial<Setup> = {}): Setup {
  return {
    image: { legacy: "1.8.4", ipset: "7.6" },
    profile: { selects: "path", runs: ["iptables-save", "ipset", "conntrack"], operations: ["list"], native },
    environment,
    host: { modules: { absent: ["ip_tables", "iptable_filter", "iptable_nat"] } },
    ...more,
  };
}

test("without the variable its iptables, its wrapper and its commands are judged", () => {
  expect(say(agent({}))).toEqual(["error legacy-modules-missing", "error missing-binary"]);
  expect(say(agent({ AGENT_NFTABLES: "Disabled" }))).toEqual(["error legacy-modules-missing", "error missing-binary"]);
});

test("with it nothing of them is", () => {
  expect(say(agent({ AGENT_NFTABLES: "enabled" }))).toEqual([]);
});

test("but the kernel has to have nf_tables", () => {
  const host = { modules: { absent: ["nf_tables"] } };
  expect(say(agent({ AGENT_NFTABLES: "Enabled" }, { host }))).toEqual(["error nft-kernel-missing"]);
});

test("its nft is run in this mode if it drives nft, and not otherwise", () => {
  const writer: ProgramSpec = { name: "kube-proxy-nftables", backend: "native-nft", nft: "1.1.3", writes: [] };
  const withNft = (libraries: string[]) => ({
    image: { nft: "1.8.11", nftTool: "1.0.6", program: { name: "own", libraries } },
    programs: [writer],
  });
  const knftables = withNft(["sigs.k8s.io/knftables@v0.0.19"]);
  expect(say(agent({ AGENT_NFTABLES: "Enabled" }, knftables))).toEqual(["error nft-set-userdata"]);
  expect(new Set(say(agent({}, knftables)))).toEqual(new Set(["error missing-binary", "warning nft-set-userdata"]));
});

test("what it then puts into iptables' own tables breaks those who list them", () => {
  const writes = ["nft-unknown-expression"];
  const profile = { selects: "path" as const, native: { ...native, writes } };
  const setup = { profile, programs: [kubeProxy], host: {} };
  expect(say(agent({ AGENT_NFTABLES: "Enabled" }, setup))).toEqual(["error native-nft-in-iptables-table"]);
  expect(say(agent({}, { ...setup, image: { nft: "1.8.11" } }))).toEqual([]);
});

test("a program that is told its backend by default doesn't look at the node's (Linkerd's charts name nft)", () => {
  const profile = findProfile("linkerd");
  const judge = (absent: string) => {
    const host = { backend: "legacy" as const, modules: { absent: [absent] } };
    const input = buildInput({ image: { nft: "1.8.13", legacy: "1.8.13" }, host, network: "pod" });
    const [cell] = evaluatePlatform({ ...input, image: { ...input.image, ...(profile && { profile }) } });
    return cell?.findings.map(({ severity, rule }) => `${severity} ${rule}`);
  };
  expect(profile?.selects?.told).toBe("nft");
  expect(judge("nf_tables")).toEqual(["error nft-kernel-missing"]);
  expect(judge("ip_tables")).toEqual([]);
});
