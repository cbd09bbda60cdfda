import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import * as facts from "../../src/compat/unknown-facts.ts";
import { readConfig } from "../../src/config/read.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import type { Host } from "../../src/model/host.ts";
import type { MissingFact } from "../../src/model/report.ts";
import { contextOf, resolveSettings } from "../../src/settings.ts";
import { ruleCases } from "../replay/rule-cases.ts";
import { buildHost, buildToolchain, evaluate, type ImageSpec, kubelet, type Setup } from "../support/cells.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Whoever is asked to state a fact is shown the line that states it, and that line is one that the config takes. */

const scratch = scratchFolder("unknown-facts");

/** Each way to say that a fact isn't known, but those that are no fact of the config's. */
const { missing, describeMissing, unknownImageTool, ...stated } = facts;
const examples: Record<keyof typeof stated, facts.UnknownFact> = {
  unknownModule: facts.unknownModule("ip_tables"),
  unknownHostBackend: facts.unknownHostBackend(),
  unknownHostIptables: facts.unknownHostIptables(),
  unknownKernel: facts.unknownKernel(),
  unknownSystem: facts.unknownSystem('system "X" is not in the catalogue'),
  unknownBackendOf: facts.unknownBackendOf("agent@1.2"),
  unknownToolOf: facts.unknownToolOf('my "own" agent', "ipset"),
  unknownProgram: facts.unknownProgram("how the image runs iptables", "kilo"),
  unknownVariable: facts.unknownVariable("what calico does with X=y", "FELIX_IPTABLESBACKEND", "NFT"),
};

const [catalogued] = selectHosts(["ubuntu-22.04"]).hosts;
const [otherKernel] = selectHosts(["ubuntu-22.04@6.2"]).hosts;
const named = (id: string): Host => ({ ...buildHost({ kernel: "6.1.0-13-amd64" }), id });
const hosts: [string, Host][] = [
  ["a host of the catalogue", catalogued!],
  ["one with another kernel", otherKernel!],
  ["a cluster's", named("debian-12@6.1.0-99-amd64")],
  ["a cluster's of a system that isn't known", named("plan-9-from-bell-labs@4.19.0")],
  ["an own host", named("edge")],
  ["one whose kernel is no release", named("[x](https://evil.example)@`echo`://x\u0007")],
];

function configOf({ state }: MissingFact): string {
  return `${state?.under}:\n  - ${state?.entry}\n`;
}

describe.each(Object.entries(examples))("%s", (_, fact) => {
  test.each(hosts)("%s", (_title, host) => {
    const config = configOf(describeMissing(missing("nft-kernel-missing", fact), host));
    expect(Object.keys(readConfig(config, "c.yml"))).toEqual([fact.state?.under]);
    scratch.write("c.yml", Buffer.from(config));
    expect(() => resolveSettings({ folder: scratch.path, configFile: "c.yml", today: "2026-11-23" })).not.toThrow();
  });
});

test("nodes of a list are told more by what is collected on one of them", () => {
  const node = {
    metadata: { name: "a" },
    status: { nodeInfo: { osImage: "Talos (v1.11.2)", kernelVersion: "6.12.43-talos" } },
  };
  const [host] = selectHosts([{ nodes: { items: [node] }, from: "nodes.json" }]).hosts;
  const fact = describeMissing(missing("nft-kernel-missing", facts.unknownModule("nf_tables")), host!);
  expect(readConfig(configOf(fact), "c.yml").hosts).toEqual([{ facts: "NODE.txt" }]);
  const collected = { facts: "format=netfilter-compat-facts-1\nname=a\nkernel=6.12.43-talos\nend=1\n", from: "a.txt" };
  const [refined] = selectHosts([{ nodes: { items: [node] }, from: "nodes.json" }, collected]).hosts;
  expect(refined?.kernel.release.source).toBe("nodes.json");
  expect(refined?.ofCluster).toBeUndefined();
});

test("what only an image's files tell has no line", () => {
  expect(describeMissing(missing("buggy-version", unknownImageTool("nft")), catalogued!)).toEqual({
    fact: "version of the image's nft",
    rule: "buggy-version",
  });
});

describe("the line is the answer: with it the fact is known", () => {
  const images: [string, ImageSpec][] = [
    ["legacy", { legacy: "1.8.11" }],
    ["nft", { nft: "1.8.7" }],
    ["both, with a wrapper", { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" }],
  ];
  test.each(images)("of every host of the catalogue, for %s", (_, image) => {
    const toolchain = buildToolchain(image);
    const settings = resolveSettings({ folder: scratch.path, hosts: ["*"], today: "2026-11-23" });
    const input = { toolchain, image: contextOf({}, "image", toolchain), hosts: settings.hosts };
    const open = evaluatePlatform(input).flatMap((cell) =>
      cell.missing.filter(({ state }) => state?.under === "hosts"),
    );
    expect(open.length).toBeGreaterThan(0);
    for (const fact of open) {
      scratch.write("h.yml", Buffer.from(configOf(fact)));
      const again = resolveSettings({ folder: scratch.path, configFile: "h.yml", today: "2026-11-23" });
      const [cell] = evaluatePlatform({ ...input, hosts: again.hosts });
      expect(cell?.missing.map(({ fact: text }) => text)).not.toContain(fact.fact);
    }
  });

  const setups: [string, Setup][] = [
    ["an own program's backend", { image: { nft: "1.8.7" }, programs: [kubelet, agent({ iptables: "1.8.9" })] }],
    ["its iptables", { image: { nft: "1.8.7" }, programs: [kubelet, agent({ backend: "nft" })] }],
  ];
  test.each(setups)("%s", (_, setup) => {
    const [fact] = evaluate(setup).missing;
    const program = readConfig(configOf(fact!), "c.yml").programs?.[0];
    const known = typeof program === "object" ? program : {};
    const programs = (setup.programs ?? []).map((one) => ("agent" === one.name ? { ...one, ...known } : one));
    const texts = (from: Setup) => evaluate(from).missing.map(({ fact: text }) => text);
    expect(texts({ ...setup, programs: programs as NonNullable<Setup["programs"]> })).not.toContain(fact?.fact);
  });

  test("how an image without a tool reaches netfilter", () => {
    const toolchain = buildToolchain({});
    const told = (text: string) => {
      const image = contextOf(readConfig(text, "c.yml"), "image", toolchain);
      return evaluatePlatform({ toolchain, image, hosts: [{ host: catalogued!, programs: [] }] })[0]!.missing;
    };
    const [fact] = told("");
    expect(fact?.fact).toMatch(/^how the image reaches netfilter/);
    expect(told(configOf(fact!))).toEqual([]);
  });
});

function agent(more: object) {
  return { name: "agent", id: "agent", writes: ["port-range"], operations: ["list" as const], ...more };
}

describe("remedies of findings that ask for something in the config name the field by a line that it takes", () => {
  const loadable: Setup = {
    image: { legacy: "1.8.11", modprobe: true },
    host: { backend: "legacy", modules: { loadable: ["ip_tables"] } },
    programs: [],
  };
  const remedies = [...ruleCases.map(({ setup }) => setup), loadable].flatMap((setup) =>
    evaluate(setup).all.flatMap(({ remedy }) => remedy ?? []),
  );
  const asking = [...new Set(remedies)].filter((text) => /\b(config|state|say so)\b/i.test(text));

  test("there are remedies, and one that asks", () => {
    expect(new Set(remedies).size).toBeGreaterThan(10);
    expect(asking.length).toBeGreaterThan(0);
  });

  test.each(asking)("%s", (text) => {
    const [, entry, list] = /`- (\{.*?\})` under `(\w+)`/.exec(text) ?? [];
    expect(Object.keys(readConfig(`${list}:\n  - ${entry}\n`, "c.yml"))).toEqual([list]);
  });
});

test.each([
  ["docker-archive:out/operator.tar", "docker-archive:out/agent.tar"],
  ["docker-archive:images.tar#example/operator:pr", "docker-archive:images.tar#example/agent:pr"],
  ["docker-daemon:operator:test", "docker-daemon:agent:test"],
  ["docker://ghcr.io:443/example/operator@sha256:0b", "docker://ghcr.io:443/example/agent@sha256:0a"],
  ["oci:layout-operator", "oci:layout-agent"],
  ["ghcr.io/example/operator:pr-1", "ghcr.io/example/agent:pr-1"],
])("what is stated of %s is not taken for true of another image", (operator, agent) => {
  const toolchain = buildToolchain({});
  const hosts = [{ host: catalogued!, programs: [] }];
  const [cell] = evaluatePlatform({ toolchain, image: contextOf({}, operator, toolchain), hosts });
  const config = configOf(cell!.missing[0]!);
  const { images } = readConfig(config, "c.yml");
  expect(contextOf({ images }, operator, toolchain).profile?.id).toBe("kube-proxy-nftables");
  expect(contextOf({ images }, agent, toolchain).profile).toBeUndefined();
});

test("a reference that is no plain name gives no pattern", () => {
  for (const reference of ["docker-archive:a b`c.tar", "docker-archive:x/", 'oci:"'])
    expect(contextOf({}, reference, buildToolchain({})).match).toBe("*");
});
