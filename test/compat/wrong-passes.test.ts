import { describe, expect, test } from "vitest";
import { assembleReport } from "../../src/compat/assemble.ts";
import { evaluatePlatform, type PlatformInput } from "../../src/compat/engine.ts";
import type { Policy } from "../../src/compat/policy.ts";
import { findRemedy } from "../../src/compat/remedy.ts";
import { resolveProgram } from "../../src/hosts/programs.ts";
import { distributions } from "../../src/knowledge/distributions/index.ts";
import type { Report } from "../../src/model/report.ts";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { buildInput, buildTool, kubelet, type ProgramSpec, type Setup } from "../support/cells.ts";

/** Ways in which something that breaks could come out as a pass. Each was one once. */

const plain: Policy = { severity: {}, ignore: [], today: "2026-11-23" };
const old: Setup["image"] = { nft: "1.8.7" };
const writer = (name: string, more: Partial<ProgramSpec> = {}): ProgramSpec => ({
  name,
  id: name,
  backend: "nft",
  iptables: "1.8.9",
  writes: ["port-range"],
  operations: ["list"],
  ...more,
});

function report(input: PlatformInput, policy: Policy = plain, base?: PlatformInput): Report {
  const platform = {
    platform: "linux/amd64",
    toolchain: input.toolchain,
    cells: evaluatePlatform(input),
    unjudged: [],
    ...(base === undefined
      ? {}
      : { base: { reference: "base", digest: "sha256:b", toolchain: base.toolchain, cells: evaluatePlatform(base) } }),
  };
  const images = [{ reference: "image", digest: "sha256:a", platforms: [platform] }];
  return assembleReport(images, policy, { name: "test", version: "0" }, []);
}

test("the control: a newer writer of the same backend fails", () => {
  expect(report(buildInput({ image: old, programs: [writer("a")] })).verdict).toBe("fail");
});

test("a co-writer whose backend isn't stated makes the cell unknown and is named", () => {
  const { verdict, images } = report(buildInput({ image: old, programs: [writer("a", { backend: "unknown" })] }));
  expect(verdict).toBe("unknown");
  expect(images[0]?.platforms[0]?.cells[0]?.missing).toContainEqual({
    fact: "backend of a",
    rule: "nft-newer-writer",
    state: { under: "programs", entry: '{name: "a", backend: nft}' },
  });
  expect(
    report(buildInput({ image: { nft: "1.8.11" }, programs: [writer("a", { backend: "unknown" })] })).verdict,
  ).toBe("pass");
});

describe("two binaries of one backend: the one that the command leads to counts", () => {
  const two = (first: string, second: string) => (toolchain: Toolchain) => {
    const [tool] = toolchain.tools;
    if (tool === undefined) throw new Error("no tool");
    const at = (folder: string, version: string) => ({
      ...tool,
      version,
      path: `${folder}/iptables`,
      target: `${folder}/xtables-nft-multi`,
    });
    // The list is not in PATH order.
    toolchain.tools = [at("/sbin", second), at("/usr/local/sbin", first)];
    toolchain.defaults.iptables = {
      backend: "nft",
      via: ["/usr/local/sbin/iptables", "/usr/local/sbin/xtables-nft-multi"],
    };
  };
  test.each([
    ["1.8.4", "1.8.11", "fail"],
    ["1.8.11", "1.8.4", "pass"],
  ])("%s first, %s behind it", (first, second, verdict) => {
    const image = { nft: "1.8.11", change: two(first, second) };
    expect(report(buildInput({ image, programs: [writer("a")] })).verdict).toBe(verdict);
  });
});

describe("a base image excuses only what it had", () => {
  const image = (modprobe: boolean): Setup => ({
    image: { legacy: "1.8.9", modprobe },
    host: { backend: "legacy", modules: { loadable: ["ip_tables"] } },
    programs: [],
  });
  test("the same finding exists; a worse one is new", () => {
    const warned = buildInput(image(true));
    const broken = buildInput(image(false));
    expect(report(warned, plain, warned).findings.map(({ severity, existing }) => [severity, existing])).toEqual([
      ["warning", true],
    ]);
    const worse = report(broken, plain, warned);
    expect(worse.verdict).toBe("fail");
    expect(worse.findings.map(({ severity, existing }) => [severity, existing])).toEqual([["error", undefined]]);
  });
  test("a further program that breaks is new", () => {
    const one = buildInput({ image: old, programs: [writer("a")] });
    const both = buildInput({ image: old, programs: [writer("a"), writer("b")] });
    expect(
      report(both, plain, one)
        .findings.filter(({ existing }) => existing !== true)
        .map(({ program }) => program),
    ).toEqual(["b"]);
  });
});

describe("what is ignored hides nothing else", () => {
  const both = buildInput({ image: old, programs: [writer("a"), writer("b")] });
  const ignore = (program: string): Policy => ({
    ...plain,
    ignore: [{ rule: "nft-newer-writer", program, until: "2027-01-01", reason: "r" }],
  });
  test.each(["a", "b"])("ignoring %s leaves the other one's error", (program) => {
    const other = program === "a" ? "b" : "a";
    const result = report(both, ignore(program));
    expect(result.verdict).toBe("fail");
    const active = result.findings.filter(({ ignored, severity }) => ignored === undefined && severity === "error");
    expect(active.map((finding) => finding.program)).toEqual([other]);
    expect(result.notes).toEqual([]);
  });
  test("an entry that has ended hides nothing and is told with the finding, unless another one holds", () => {
    const entry = (until: string, place: number) => ({
      rule: "nft-newer-writer",
      program: "a",
      until,
      reason: until,
      place: `c.yml:${place}`,
    });
    const ignored = (...days: string[]) =>
      report(buildInput({ image: old, programs: [writer("a")] }), { ...plain, ignore: days.map(entry) });
    const ended = ignored("2026-01-01", "2026-11-22");
    expect(ended.verdict).toBe("fail");
    expect(ended.findings[0]?.expired).toEqual({ until: "2026-11-22", reason: "2026-11-22", place: "c.yml:1" });
    const held = ignored("2026-11-22", "2026-11-23");
    expect(held.verdict).not.toBe("fail");
    expect(held.findings[0]).toMatchObject({ ignored: { until: "2026-11-23" } });
    expect(held.findings[0]).not.toHaveProperty("expired");
  });
  test.each([
    ["a", "a@1.36", true],
    ["a@1.36", "a@1.36", true],
    ["a@*", "a@1.36", true],
    ["a@1.35", "a@1.36", false],
    ["a", "a-nftables@1.36", false],
    ["a@1.36", "a", false],
  ])("an entry for %s on a finding about %s", (program, name, fits) => {
    const on = buildInput({ image: old, programs: [writer(name)] });
    const ignore = [{ rule: "nft-newer-writer", program, until: "2027-01-01", reason: "r" }];
    expect(report(on, { ...plain, ignore }).verdict === "fail").toBe(!fits);
  });
  test("an entry for one host that has ended is told of that host alone", () => {
    const on = buildInput({ image: old, programs: [writer("a")] });
    const entry = { rule: "nft-newer-writer", host: "elsewhere", until: "2026-01-01", reason: "r" };
    expect(report(on, { ...plain, ignore: [entry] }).findings[0]).not.toHaveProperty("expired");
  });
  test("that tables are refused says nothing of rules that are lost", () => {
    const input = buildInput({
      image: old,
      programs: [writer("a", { writes: ["port-range", "mark-match"] })],
      profile: { operations: ["list", "save-restore"] },
    });
    const told = (rule?: string) =>
      report(input, rule === undefined ? plain : { ...plain, ignore: [{ rule, until: "2027-01-01", reason: "r" }] })
        .findings.filter(({ severity }) => severity === "error")
        .map((finding) => [finding.rule, finding.ignored !== undefined]);
    expect(told()).toEqual([["nft-newer-writer", false]]);
    expect(told("nft-newer-writer")).toEqual([
      ["nft-newer-writer", true],
      ["silent-match-loss", false],
    ]);
  });
  test("one statement of one cause is ignored with the other rules that make it", () => {
    const input = buildInput({ image: { legacy: "1.8.11", wrapper: "v1" } });
    const ignore = [{ rule: "wrapper-missing", until: "2027-01-01", reason: "r" }];
    const result = report(input, { ...plain, ignore });
    expect(result.findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule)).toEqual([
      "wrapper-missing",
    ]);
  });
  test("a lowered severity leaves what is worse then", () => {
    const quiet = writer("b", { writes: ["mark-match"] });
    const input = buildInput({
      image: old,
      programs: [writer("a"), quiet],
      profile: { operations: ["list", "save-restore"] },
    });
    const result = report(input, { ...plain, severity: { "nft-newer-writer": "notice" } });
    expect(result.verdict).toBe("fail");
    expect(result.findings.map(({ rule }) => rule)).toContain("silent-match-loss");
  });
});

describe("binaries that no command leads to", () => {
  const hidden = (toolchain: Toolchain) => {
    for (const name of Object.keys(toolchain.defaults)) toolchain.defaults[name] = { backend: "none", via: [] };
  };
  test("legacy alone on a host without its tables is unknown", () => {
    const host = { modules: { absent: ["ip_tables", "iptable_filter", "iptable_nat"] } };
    const { verdict, images } = report(buildInput({ image: { legacy: "1.8.11", change: hidden }, host }));
    expect(verdict).toBe("unknown");
    expect(images[0]?.platforms[0]?.cells[0]?.missing[0]?.fact).toMatch(/how the image runs iptables/);
  });
  test("an old nft beside a newer writer is unknown", () => {
    expect(report(buildInput({ image: { ...old, change: hidden }, programs: [writer("a")] })).verdict).toBe("unknown");
  });
});

test("siblings of a wrapper that are fixed to the other backend break where it picks this one", () => {
  const change = (toolchain: Toolchain) => {
    toolchain.defaults["iptables-restore"] = {
      backend: "legacy",
      via: ["/sbin/iptables-restore", "/sbin/xtables-legacy-multi"],
    };
  };
  const image = { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2", change };
  expect(report(buildInput({ image })).findings.map(({ rule, severity }) => [rule, severity])).toEqual([
    ["mixed-backends", "error"],
  ]);
  expect(report(buildInput({ image, host: { backend: "legacy" } })).findings).toEqual([]);
});

test("an image whose sets an older lister on the node can't read", () => {
  const lister: ProgramSpec = {
    name: "lister",
    id: "lister",
    backend: "legacy",
    ipset: "7.11",
    listsAllSets: true,
    creates: [],
  };
  const setup = (creates: string[]): Setup => ({
    image: { nft: "1.8.11", ipset: "7.24" },
    host: { kernel: "6.8.0" },
    programs: [lister],
    profile: { ipset: { creates, listsAll: false } },
  });
  const severities = (creates: string[]) =>
    report(buildInput(setup(creates)))
      .findings.filter(({ rule }) => rule === "ipset-revision")
      .map(({ severity }) => severity);
  expect(severities(["hash:ip"])).toEqual(["error"]);
  expect(severities(["bitmap:port"])).toEqual([]);
});

test("a program of one's own that lists all sets, or doesn't", () => {
  const input = buildInput({
    image: { nft: "1.8.11", ipset: "7.24" },
    host: { kernel: "6.8.0" },
    profile: { ipset: { creates: ["hash:ip"], listsAll: false } },
  });
  const severities = (more: object) => {
    const program = resolveProgram({ name: "lister", backend: "nft", iptables: "1.8.11", ipset: "7.11", ...more });
    return report({ ...input, hosts: input.hosts.map((entry) => ({ ...entry, programs: [program] })) })
      .findings.filter(({ rule }) => rule === "ipset-revision")
      .map(({ severity }) => severity);
  };
  expect(severities({})).toEqual(["warning"]);
  expect(severities({ "lists-all-sets": true })).toEqual(["error"]);
  expect(severities({ "lists-all-sets": false })).toEqual([]);
});

test("a node that matches nothing is unknown whatever the image", () => {
  const input = buildInput({ image: { nft: "1.8.11" } });
  const unmatched = {
    ...input,
    hosts: input.hosts.map((entry) => ({ ...entry, host: { ...entry.host, unmatched: "system of node x" } })),
  };
  expect(report(input).verdict).toBe("pass");
  expect(report(unmatched).verdict).toBe("unknown");
});

test("ebtables of the same multi-call binary is not an iptables of its own", () => {
  const change = (toolchain: Toolchain) => {
    const [tool] = toolchain.tools;
    if (tool !== undefined) toolchain.tools.push({ ...tool, name: "ebtables", version: "1.8.4" });
  };
  expect(report(buildInput({ image: { nft: "1.8.11", change }, programs: [writer("a")] })).verdict).toBe("pass");
});

test("a maker of sets whose nft isn't known, beside an nft that may crash on them", () => {
  const maker: ProgramSpec = {
    name: "kube-proxy-nftables",
    id: "kube-proxy-nftables@1.36",
    backend: "native-nft",
    nft: null,
  };
  const setup = (nftTool: string): Setup => ({
    image: { nftTool, program: { name: "agent", libraries: ["sigs.k8s.io/knftables@v0.0.16"] } },
    programs: [maker],
  });
  const missing = (nftTool: string) => report(buildInput(setup(nftTool))).images[0]?.platforms[0]?.cells[0]?.missing;
  expect(missing("1.0.6")).toEqual([
    {
      fact: "version of the nft of kube-proxy-nftables@1.36",
      rule: "nft-set-userdata",
      state: { under: "programs", entry: '{name: "kube-proxy-nftables", nft: "1.0.9"}' },
    },
  ]);
  expect(missing("1.1.4")).toEqual([]);
});

describe("a break is only taken from the image by a program that does the same", () => {
  const victim: ProgramSpec = { ...writer("victim"), iptables: "1.8.7", writes: ["address-prefix"] };
  const other = (more: Partial<ProgramSpec>) =>
    writer("other", { iptables: "1.8.11", operations: ["append"], ...more });
  const profile: Setup["profile"] = {
    writes: ["port-range"],
    operations: ["append"],
    tables: { writes: { "port-range": ["filter"] } },
  };
  const severities = (image: Setup["image"], more: Partial<ProgramSpec>, own = profile) =>
    report(buildInput({ image, programs: [victim, other(more)], profile: own }))
      .findings.filter(({ rule, program }) => rule === "image-newer-writer" && program === "victim")
      .map(({ severity }) => severity);

  test("the control", () => {
    expect(severities({ nft: "1.8.11" }, { writes: ["port-range"] })).toEqual(["notice"]);
    expect(severities({ nft: "1.8.11" }, { writes: ["address-prefix"] })).toEqual(["error"]);
  });
  test("of two versions in the image the one that breaks is compared", () => {
    const change = (toolchain: Toolchain) => {
      for (const tool of toolchain.tools.filter(({ name }) => name === "ip6tables")) {
        tool.version = "1.8.11";
        tool.target = "/opt/xtables-nft-multi";
      }
      for (const [name, command] of Object.entries(toolchain.defaults))
        if (name.startsWith("ip6tables")) command.via = [`/usr/sbin/${name}`, "/opt/xtables-nft-multi"];
    };
    expect(severities({ nft: "1.8.7", change }, { writes: ["address-prefix"] })).toEqual(["error"]);
  });
  test("another table that is broken excuses nothing", () => {
    const nflog = (...tables: ("filter" | "mangle")[]) => ({
      writes: ["nflog"],
      tables: { writes: { nflog: tables } },
    });
    expect(severities({ nft: "1.8.11" }, nflog("mangle"))).toEqual(["error"]);
    expect(severities({ nft: "1.8.11" }, nflog("mangle", "filter"))).toEqual(["notice"]);
  });
  test("where a table is not stated, it may be the same one", () => {
    const { tables: _, ...anywhere } = profile;
    const nflog = { writes: ["nflog"], tables: { writes: { nflog: ["mangle" as const] } } };
    expect(severities({ nft: "1.8.11" }, nflog, anywhere)).toEqual(["notice"]);
    expect(severities({ nft: "1.8.11" }, { writes: ["nflog"] })).toEqual(["notice"]);
  });
});

test("a reader whose backend isn't known, beside an image whose rules aren't", () => {
  const reader = writer("reader", { backend: "unknown", iptables: "1.8.6" });
  const { verdict, findings } = report(buildInput({ image: { nft: "1.8.11" }, programs: [reader] }));
  expect(verdict).toBe("warn");
  expect(findings.map(({ rule }) => rule)).toEqual(["image-newer-writer"]);
  expect(findings[0]?.message).toMatch(
    /the common rules are assumed\), if reader uses nft, which is not known either$/,
  );
});

describe("a wrapper that only counts rules doesn't follow the kubelet where others write in the other backend", () => {
  const beside = (backend: ProgramSpec["backend"]): ProgramSpec => ({ name: "other", id: "other", backend: backend! });
  const facts = (wrapper: string, programs: ProgramSpec[], host: Setup["host"] = {}) =>
    report(buildInput({ image: { nft: "1.8.11", legacy: "1.8.11", wrapper }, host, programs }))
      .images[0]?.platforms[0]?.cells[0]?.missing.filter(({ rule }) => rule === "wrapper-misdetects")
      .map(({ fact }) => fact);
  const more = ["which backend holds more rules when the wrapper first runs"];

  test.each(["v1", "v1-timeout", "kind", "k3s"])("%s", (wrapper) => {
    expect(facts(wrapper, [kubelet, beside("legacy")])).toEqual(more);
    expect(facts(wrapper, [kubelet, beside("nft")], { backend: "legacy" })).toEqual(more);
    // Both at once: the second stays open if the first is legacy.
    expect(facts(wrapper, [kubelet, beside("unknown")])).toEqual(["backend of other", ...more]);
    expect(facts(wrapper, [beside("unknown")])).toEqual(["backend of other"]);
    expect(facts(wrapper, [kubelet, beside("nft"), beside("native-nft"), beside("none")])).toEqual([]);
  });
  test.each(["v2", "cilium", "go"])("%s looks for its chains first", (wrapper) => {
    expect(facts(wrapper, [kubelet, beside("legacy")])).toEqual([]);
  });
  test("without a kubelet, what nobody knows of a program is no error", () => {
    expect(facts("v1", [beside("unknown")])).toEqual(["backend of other"]);
    expect(
      report(buildInput({ image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "v1" }, programs: [beside("unknown")] }))
        .verdict,
    ).toBe("unknown");
  });
});

describe("a defect of ip6tables alone", () => {
  const beside = writer("busy", { iptables: "1.8.11", writes: ["nft-ct-state"], changesRules: true });
  const image = (v4: string, v6: string): Setup["image"] => ({
    nft: v4,
    change: (toolchain) => {
      for (const tool of toolchain.tools.filter(({ name }) => name === "ip6tables")) {
        tool.version = v6;
        tool.target = "/opt/xtables-nft-multi";
      }
    },
  });
  const defects = (v4: string, v6: string, profile?: NonNullable<Setup["profile"]>) =>
    report(buildInput({ image: image(v4, v6), programs: [beside], ...(profile === undefined ? {} : { profile }) }))
      .findings.filter(({ rule }) => rule === "buggy-version")
      .map(({ severity, message }) => `${severity} ${message.split(":")[0]}`);
  test("1.8.4 crashes whatever iptables is", () => {
    expect(defects("1.8.11", "1.8.4")).toContain("error ip6tables 1.8.4");
    expect(defects("1.8.4", "1.8.11")).toContain("error iptables 1.8.4");
    expect(defects("1.8.11", "1.8.11")).toEqual([]);
  });
  test("1.8.5 refuses --random-fully in ip6tables only", () => {
    const profile = { writes: ["random-fully"], operations: ["append" as const] };
    expect(defects("1.8.11", "1.8.5", profile)).toContain("warning ip6tables 1.8.5");
    expect(defects("1.8.5", "1.8.11", profile)).not.toContain("warning iptables 1.8.5");
  });
});

test("a module that only an old iptables needs, and an iptables of unknown version", () => {
  const missing = (module: string, writes: string[]) =>
    report(
      buildInput({
        image: { nft: null },
        host: { modules: { absent: [module] } },
        programs: [],
        profile: { writes, operations: ["append"] },
      }),
    ).images[0]?.platforms[0]?.cells[0]?.missing.filter(({ rule }) => rule === "xt-module-missing");
  expect(missing("xt_mark", ["mark-match"])).toEqual([
    { fact: "version of the image's iptables", rule: "xt-module-missing" },
  ]);
  expect(missing("xt_mark", ["port"])).toEqual([]);
  expect(missing("xt_recent", ["mark-match"])).toEqual([]);
});

test("extensions that the base image lacked excuse no other ones", () => {
  const image = (...names: string[]): Setup => ({
    image: {
      nft: "1.8.11",
      change: (toolchain) => {
        const list = names.map((name) => ({ name, family: "any" as const, revisions: [0] }));
        const directory = "/usr/lib/xtables";
        const tools = ["/usr/sbin/xtables-nft-multi"];
        toolchain.extensions = [{ library: "/usr/lib/libxtables.so.12", directory, files: list.length, tools, list }];
      },
    },
    programs: [],
    profile: { id: "flannel" },
  });
  const without = (...names: string[]) =>
    buildInput(image(...["comment", "mark", "MASQUERADE"].filter((name) => !names.includes(name))));
  expect(report(without("mark"), plain, without("mark")).verdict).toBe("warn");
  expect(report(without("mark", "comment"), plain, without("mark")).verdict).toBe("fail");
});

test("a program that only saves and restores meets the tables that saving leaves out", () => {
  const told = (...operations: NonNullable<NonNullable<Setup["profile"]>["operations"]>) =>
    report(buildInput({ image: old, programs: [writer("a")], profile: { operations } }))
      .findings.filter(({ rule }) => /newer-writer|match-loss/.test(rule))
      .map(({ rule, severity }) => `${severity} ${rule}`);
  expect(told("save-restore")).toEqual(["warning silent-match-loss"]);
  expect(told("list", "save-restore")).toEqual(["error nft-newer-writer"]);
  expect(told("append")).toEqual([]);
});

test("an image with the tool of IPv6 alone", () => {
  const change = (toolchain: Toolchain) => {
    toolchain.tools = toolchain.tools.filter(({ name }) => name === "ip6tables");
    for (const name of ["iptables", "iptables-save", "iptables-restore"])
      toolchain.defaults[name] = { backend: "none", via: [] };
  };
  const { verdict, findings } = report(buildInput({ image: { ...old, change }, programs: [writer("a")] }));
  expect(verdict).toBe("fail");
  expect(findings[0]?.message).toMatch(/^the image's ip6tables 1\.8\.7 refuses tables/);
  const legacy = { legacy: "1.8.11", change };
  expect(report(buildInput({ image: legacy })).findings.map(({ rule }) => rule)).toContain("legacy-on-nft-host");
});

test("what is worse for one of the host's possible backends is neither certain nor hidden", () => {
  const busy = writer("busy", { backend: "follows-kubelet", iptables: "1.8.11", writes: ["port"], changesRules: true });
  const race = (backend: "nft" | "legacy" | null) => {
    const input = buildInput({ image: { nft: "1.8.4" }, host: { backend }, programs: [busy] });
    const { findings, images } = report(input);
    const missing = images[0]?.platforms[0]?.cells[0]?.missing.filter(({ rule }) => rule === "buggy-version");
    return [findings.find(({ rule }) => rule === "buggy-version")?.severity, missing?.map(({ fact }) => fact)];
  };
  expect(race("nft")).toEqual(["error", []]);
  expect(race("legacy")).toEqual(["warning", []]);
  expect(race(null)).toEqual(["warning", ["default backend of the host's iptables"]]);
});

describe("a legacy table besides filter and nat", () => {
  const tables = { writes: { "tcp-flags": ["mangle" as const], notrack: ["raw" as const] } };
  const told = (modules: object, profile: NonNullable<Setup["profile"]>) => {
    const host = { backend: "legacy" as const, modules };
    const { findings, images } = report(buildInput({ image: { legacy: "1.8.11" }, host, profile }));
    return [
      ...findings.map(({ severity, message }) => `${severity} ${message}`),
      ...(images[0]?.platforms[0]?.cells[0]?.missing.map(({ fact }) => fact) ?? []),
    ];
  };
  const there = ["iptable_mangle", "ip6table_mangle"];

  test("it is needed by a program that is stated to write there", () => {
    const mangle = { writes: ["tcp-flags"], tables };
    expect(told({ loaded: there }, mangle)).toEqual([]);
    expect(told({ absent: there }, mangle)).toEqual([
      "error iptables-legacy cannot write into mangle: the kernel has no iptable_mangle",
    ]);
    expect(told({ loaded: ["iptable_mangle"], absent: ["ip6table_mangle"] }, mangle)).toEqual([
      "warning ip6tables-legacy cannot write into mangle: the kernel has no ip6table_mangle",
    ]);
    expect(told({}, mangle)).toEqual(["state of kernel module iptable_mangle"]);
    expect(told({ loaded: there, "optional-package": ["iptable_raw"] }, { writes: ["notrack"], tables })).toEqual([
      "warning iptables-legacy works only if a further package brings iptable_raw",
    ]);
  });
  test("and by no other", () => {
    expect(told({ absent: there }, { writes: ["tcp-flags"] })).toEqual([]);
    expect(told({ absent: there }, { writes: ["port"], tables })).toEqual([]);
    const reads = { operations: ["list" as const], tables: { reads: { list: ["mangle" as const] } } };
    expect(told({ absent: there }, { writes: ["port"], ...reads })).toEqual([]);
  });
});

test.each(["6.20.1", "6.21.1"])("an image with ipset %s, the repair of a release", (ipset) => {
  const writer: ProgramSpec = { name: "writer", id: "writer", backend: "legacy", ipset: "7.24", creates: ["hash:ip"] };
  const input = buildInput({
    image: { nft: "1.8.11", ipset },
    host: { kernel: "6.8.0" },
    programs: [writer],
    profile: { ipset: { creates: [], listsAll: true } },
  });
  const { verdict, images } = report(input);
  expect(verdict).toBe("fail");
  expect(images[0]?.platforms[0]?.cells[0]?.missing).toEqual([]);
});

test("a remedy doesn't clear what nobody can tell with it", () => {
  const change = (toolchain: Toolchain) => {
    toolchain.os = { id: "alpine", versionId: "3.18.4" };
    for (const tool of toolchain.tools)
      tool.package = { name: "iptables", version: `${tool.version}-r2`, database: "apk" };
  };
  const clears = (backend: "nft" | null) => {
    const image = { nft: "1.8.9", legacy: "1.8.9", default: "legacy" as const, change };
    const one = buildInput({ image, host: { backend, modules: { absent: ["ip_tables"] } } });
    const [other] = buildInput({ image, host: { backend: "legacy" } }).hosts;
    const input = { ...one, hosts: [...one.hosts, { ...other!, host: { ...other!.host, id: "other" } }] };
    const cells = evaluatePlatform(input);
    expect(cells[0]?.findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
      "error legacy-modules-missing",
    ]);
    const remedy = findRemedy(input, cells, distributions);
    expect(remedy?.text).toMatch(/install iptables-wrapper/);
    return remedy?.clears("node", "legacy-modules-missing", "backend");
  };
  expect(clears("nft")).toBe(true);
  // With a wrapper that follows the kubelet it depends on what nobody stated.
  expect(clears(null)).toBe(false);
});

describe("an ip6tables that is not what iptables is", () => {
  const v6 = (version: string) => (toolchain: Toolchain) => {
    for (const name of ["ip6tables", "ip6tables-save", "ip6tables-restore"])
      toolchain.defaults[name] = { backend: "nft", via: [`/usr/sbin/${name}`, "/opt/xtables-nft-multi"] };
    const [known] = toolchain.tools;
    if (known === undefined) throw new Error("no tool");
    toolchain.tools.push({ ...known, name: "ip6tables", backend: "nft", version, target: "/opt/xtables-nft-multi" });
  };
  const messages = (setup: Setup, rule: string) =>
    report(buildInput({ host: { backend: "legacy" }, ...setup }))
      .findings.filter((finding) => finding.rule === rule)
      .map(({ severity, message }) => `${severity} ${message}`);

  test("nft beside an iptables-legacy meets newer writers", () => {
    const told = (version: string) =>
      messages({ image: { legacy: "1.8.11", change: v6(version) }, programs: [writer("a")] }, "nft-newer-writer");
    expect(told("1.8.7")).toEqual([expect.stringMatching(/^error the image's ip6tables 1\.8\.7 refuses tables/)]);
    expect(told("1.8.11")).toEqual([]);
  });
  test("and is read by older ones", () => {
    const programs = [writer("a", { iptables: "1.8.7" })];
    const profile = { writes: ["port-range"], operations: ["append" as const] };
    const told = (version: string) =>
      messages({ image: { legacy: "1.8.11", change: v6(version) }, programs, profile }, "image-newer-writer");
    expect(told("1.8.11")).toEqual([expect.stringMatching(/^error .* the image's ip6tables 1\.8\.11 stored/)]);
    expect(told("1.8.7")).toEqual([]);
  });
  test("and has its own defects", () => {
    const programs = [writer("busy", { iptables: "1.8.11", writes: [], changesRules: true })];
    const told = (version: string) =>
      messages({ image: { legacy: "1.8.11", change: v6(version) }, programs }, "buggy-version").map(
        (text) => text.split(":")[0],
      );
    expect(told("1.8.4")).toContain("error ip6tables 1.8.4");
    expect(told("1.8.11")).toEqual([]);
  });
  test("but a program that runs the binaries of its backend by name runs no command", () => {
    const profile = { selects: "self" as const };
    const image = { legacy: "1.8.11", change: v6("1.8.7") };
    expect(messages({ image, programs: [writer("a")], profile }, "nft-newer-writer")).toEqual([]);
  });
  test.each(["nft", "legacy"] as const)("native nft rules are read by it, too, beside %s", (backend) => {
    const programs: ProgramSpec[] = [
      { name: "agent", id: "agent", backend: "native-nft", nft: "1.1.3", writes: ["nft-second-base-chain"] },
    ];
    const profile = { operations: ["list" as const] };
    const told = (version: string) =>
      messages(
        { image: { [backend]: "1.8.11", change: v6(version) }, host: { backend }, programs, profile },
        "native-nft-in-iptables-table",
      );
    expect(told("1.8.7")).toEqual([expect.stringMatching(/^error the image's ip6tables 1\.8\.7 fails/)]);
    expect(told("1.8.11")).toEqual([]);
  });
});

describe("an image with ebtables and no iptables", () => {
  const change = (tool: string, version: string) => (toolchain: Toolchain) => {
    toolchain.tools = [buildTool(tool, version, "nft")];
  };
  const told = (tool: string, version: string, program: Partial<ProgramSpec>) =>
    report(buildInput({ image: { change: change(tool, version) }, programs: [writer("a", program)] }))
      .findings.filter(({ rule }) => rule !== "missing-binary")
      .map(({ rule, severity, message }) => `${severity} ${rule} ${message.split(" stored ")[0]}`);

  const among = { iptables: "1.8.11", writes: ["eb-among", "port-range"] };

  test("meets who writes rules of bridges", () => {
    const refuses = ["warning nft-newer-writer the image's ebtables 1.8.3 refuses tables in which a (iptables 1.8.11)"];
    expect(told("ebtables", "1.8.3", among)).toEqual(refuses);
    expect(told("ebtables", "1.8.4", among)).toEqual([]);
    expect(told("ebtables", "1.8.3", { ...among, writes: ["port-range", "nflog"] })).toEqual([]);
    expect(told("ebtables", "1.8.3", { iptables: "1.8.11", writes: null })).toEqual([]);
  });
  test("arptables meets who writes rules of ARP", () => {
    const arp = { iptables: "1.8.11", writes: ["arp-src"] };
    expect(told("arptables", "1.8.3", among)).toEqual([]);
    expect(told("ebtables", "1.8.0", arp)).toEqual([]);
    expect(told("arptables", "1.8.0", arp)).toEqual([
      "warning nft-newer-writer the image's arptables 1.8.0 refuses tables in which a (iptables 1.8.11)",
    ]);
  });
  test("meets native nft rules in the tables of bridges", () => {
    const bridge: Partial<ProgramSpec> = { backend: "native-nft", nft: "1.1.3", writes: ["nft-bridge"] };
    expect(told("ebtables", "1.8.11", bridge)).toEqual([
      expect.stringMatching(/^warning native-nft-in-iptables-table the image's ebtables 1\.8\.11 fails/),
    ]);
    expect(told("arptables", "1.8.11", bridge)).toEqual([]);
  });
  test("or with an iptables-legacy", () => {
    const image: Setup["image"] = {
      legacy: "1.8.11",
      change: (toolchain) => toolchain.tools.push(buildTool("ebtables", "1.8.3", "nft")),
    };
    const input = buildInput({ image, host: { backend: "legacy" }, programs: [writer("a", among)] });
    expect(report(input).findings.map(({ rule }) => rule)).toContain("nft-newer-writer");
  });
});
