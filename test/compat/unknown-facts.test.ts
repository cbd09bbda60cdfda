import { describe, expect, test } from "vitest";
import { parse as readYaml } from "yaml";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import type { RawMissing } from "../../src/compat/unknown-facts.ts";
import * as facts from "../../src/compat/unknown-facts.ts";
import { readConfig } from "../../src/config/read.ts";
import { catalogue } from "../../src/hosts/catalogue.ts";
import { isOwnKernel } from "../../src/hosts/kernels.ts";
import { defaultPrograms } from "../../src/hosts/programs.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import type { OwnHost } from "../../src/hosts/types.ts";
import { UserError } from "../../src/model/error.ts";
import { type Host, moduleStateSchema } from "../../src/model/host.ts";
import type { MissingFact } from "../../src/model/report.ts";
import { kernelSeries } from "../../src/model/version.ts";
import { contextOf, resolveSettings } from "../../src/settings.ts";
import { ruleCases } from "../replay/rule-cases.ts";
import {
  buildHost,
  buildProgram,
  buildToolchain,
  evaluate,
  type ImageSpec,
  kubelet,
  type Setup,
} from "../support/cells.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Whoever is asked to state a fact is shown the line that states it, and that line is one that the config takes. */

const scratch = scratchFolder("unknown-facts");

/** Each way to say that a fact isn't known, but those that are no fact of the config's. */
const { missing, describeMissing: describeAll, unknownImageTool, ...stated } = facts;
const describeMissing = (fact: RawMissing, host: Host, match?: string) => describeAll([fact], host, match)[0]!;
const examples: Record<keyof typeof stated, facts.UnknownFact> = {
  unknownModule: facts.unknownModule("ip_tables"),
  unknownHostBackend: facts.unknownHostBackend(),
  unknownHostIptables: facts.unknownHostIptables(),
  unknownKernel: facts.unknownKernel(),
  unknownSystem: facts.unknownSystem('system "X" is not in the catalogue'),
  unknownBackendOf: facts.unknownBackendOf("agent@1.2"),
  unknownToolOf: facts.unknownToolOf('my "own" agent', "ipset"),
  unknownProgram: facts.unknownProgram("how the image runs iptables", "kilo"),
  unknownTools: facts.unknownTools("how the image reaches netfilter"),
  unknownVariable: facts.unknownVariable("what calico does with X=y", "FELIX_IPTABLESBACKEND", "NFT"),
  unknownOption: facts.unknownOption("EnableNFTables of flannel", "EnableNFTables", "false"),
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
      return evaluatePlatform({ toolchain, image, hosts: [{ host: catalogued!, programs: [] }] })[0]!;
    };
    const [fact] = told("").missing;
    expect(fact?.fact).toMatch(/^how the image reaches netfilter/);
    const config = configOf(fact!);
    expect(config).toContain("tools: none");
    // The answer must not be a wrong alarm either: of a program that runs nft by name, say.
    for (const answer of [config, config.replace("none", "host")])
      expect(told(answer)).toMatchObject({ missing: [], findings: [] });
  });
});

/** Images, and what the config says of them. */
const asked: [string, ImageSpec, string?][] = [
  ["legacy", { legacy: "1.8.11" }],
  ["nft", { nft: "1.8.7" }],
  ["both, with a wrapper", { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" }],
  ["both, with one that counts", { nft: "1.8.7", legacy: "1.8.7", wrapper: "v1" }],
  ["both, with one that looks at the kernel", { nft: "1.8.8", legacy: "1.8.8", wrapper: "klipper-lb" }],
  ["both, with one that looks at its release", { nft: "1.8.4", legacy: "1.8.4", wrapper: "terway" }],
  ["both, with one that tries nft", { nft: "1.8.13", legacy: "1.8.13", wrapper: "docker-dind" }],
  ["both, and what runs isn't known", { nft: "1.8.9", legacy: "1.8.9", default: "unknown" }],
  ["kube-router's", { nft: "1.8.4", legacy: "1.8.4", ipset: "7.6", wrapper: "v2" }, "kube-router"],
  ["calico's", { nft: "1.8.4", legacy: "1.8.4", ipset: "7.1" }, "calico"],
];

function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

describe("whoever states all that is asked for, with whatever values, is asked for nothing else", () => {
  /** What each field may be stated to be. */
  const releases = ["1.8.2", "1.8.4", "1.8.7", "1.8.8", "1.8.9", "1.8.11"];
  const values: Record<string, readonly string[]> = {
    modules: moduleStateSchema.options,
    backend: ["nft", "legacy"],
    version: releases,
    iptables: releases,
    ipset: ["6.38", "7.6", "7.24"],
  };
  const programs = [
    ...defaultPrograms(),
    ...[agent({}), agent({ name: "other", iptables: "1.8.4" })].map(buildProgram),
  ];

  /** What the distribution's own kernel of that series is called: one of another origin has other modules. */
  function ownReleases({ kernel, id }: Host): string[] {
    const series = kernelSeries(kernel.release.value);
    const row = catalogue.hosts.find((known) => known.id === id.split("@")[0]);
    if (series === undefined || row === undefined) return [];
    const endings = [".0-13-amd64", ".0-25-generic", ".7-0-lts", ".43", ".43+", ".0-150600.23.25-default"];
    return endings.map((ending) => `${series}${ending}`).filter((release) => isOwnKernel(row, release));
  }

  /** Entries with other values in the same fields: all of them, or as many as show each value beside each other's. */
  function variants(text: string, host: Host): object[] {
    const entry = readYaml(text) as Record<string, unknown>;
    const slots: { at: string[]; options: readonly string[] }[] = [];
    const walk = (node: object, at: string[]) => {
      for (const [name, value] of Object.entries(node)) {
        if (at.length === 0 && /^(id|extends|name|match|program|facts)$/.test(name)) continue;
        if (typeof value === "object") walk(value as object, [...at, name]);
        else if (name === "kernel") slots.push({ at: [name], options: ownReleases(host) });
        else slots.push({ at: [...at, name], options: values[at[0] === "modules" ? "modules" : name] ?? [value] });
      }
    };
    walk(entry, []);
    const total = slots.reduce((product, { options }) => product * options.length, 1);
    const count = Math.min(total, 60);
    return Array.from({ length: count }, (_, index) => {
      const made = structuredClone(entry);
      let rest = total <= 60 ? index : Number((BigInt(index) * 2654435761n) % BigInt(total));
      for (const { at, options } of slots) {
        const inside = at.slice(0, -1).reduce((node, name) => node[name] as Record<string, unknown>, made);
        inside[at.at(-1)!] = options[rest % options.length];
        rest = Math.floor(rest / options.length);
      }
      return made;
    });
  }

  test.each(asked)("%s", (_, spec, program) => {
    const toolchain = buildToolchain(spec);
    const config = program === undefined ? {} : { images: [{ match: "*", program }] };
    const image = contextOf(config, "image", toolchain);
    const settings = resolveSettings({ folder: scratch.path, hosts: ["*"], today: "2026-11-23" });
    const later: string[] = [];
    let stated = 0;
    for (const { host } of settings.hosts) {
      const first = evaluatePlatform({ toolchain, image, hosts: [{ host, programs }] })[0]?.missing ?? [];
      const entries = new Set(first.flatMap(({ state }) => (state?.under === "hosts" ? [state.entry] : [])));
      // One entry has it all.
      expect(entries.size, host.id).toBeLessThan(2);
      for (const entry of entries)
        for (const variant of variants(entry, host)) {
          const own = orUndefined(() => selectHosts([variant as OwnHost]).hosts[0]);
          // What contradicts itself is refused.
          if (own === undefined) continue;
          stated++;
          const again = evaluatePlatform({ toolchain, image, hosts: [{ host: own, programs }] })[0]?.missing ?? [];
          for (const { fact } of again)
            if (!first.some((known) => known.fact === fact))
              later.push(`${host.id}: ${fact} after ${JSON.stringify(variant)}`);
        }
    }
    expect(later.slice(0, 10)).toEqual([]);
    expect(stated).toBeGreaterThan(20);
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
  expect(contextOf({ images }, operator, toolchain).tools).toBe("none");
  expect(contextOf({ images }, agent, toolchain).tools).toBeUndefined();
});

test("a reference that is no plain name gives no pattern", () => {
  for (const reference of ["docker-archive:a b`c.tar", "docker-archive:x/", 'oci:"'])
    expect(contextOf({}, reference, buildToolchain({})).match).toBe("*");
});
