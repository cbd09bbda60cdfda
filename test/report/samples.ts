import type { Cell, Finding, MissingFact, Report, Severity, Verdict } from "../../src/model/report.ts";
import { severities, verdicts } from "../../src/model/report.ts";
import type { Inspection, Tool, Toolchain } from "../../src/model/toolchain.ts";
import { mergeReports } from "../../src/report/merge.ts";

/** Reports as the checker builds them, one for each situation that people meet. */

export const hostTitles = new Map([
  ["ubuntu-22.04", "Ubuntu 22.04"],
  ["ubuntu-22.04@6.2", "Ubuntu 22.04"],
  ["ubuntu-24.04", "Ubuntu 24.04"],
  ["debian-12", "Debian 12"],
  ["debian-13", "Debian 13"],
  ["rhel-8", "RHEL 8"],
  ["rhel-9", "RHEL 9"],
  ["rhel-10", "RHEL 10"],
  ["amazon-linux-2023", "Amazon Linux 2023"],
  ["flatcar-stable", "Flatcar (stable)"],
  ["talos-1.11", "Talos 1.11"],
  ["bottlerocket-1.50", "Bottlerocket 1.50"],
  ["cos-121", "Container-Optimized OS 121"],
]);
const hosts = [...hostTitles.keys()];

function tool(
  name: string,
  version: string | null,
  backend: "nft" | "legacy" | undefined,
  pkg: string,
  path: string,
): Tool {
  const target = name.includes("tables") && backend ? `/sbin/xtables-${backend}-multi` : path;
  return {
    name,
    version,
    ...(backend === undefined ? {} : { backend }),
    path,
    target,
    via: path === target ? [path] : [path, target],
    architecture: "amd64",
    package: { name: pkg.split(" ")[0] ?? "", version: pkg.split(" ")[1] ?? "", database: "apk" },
    evidence: [{ fact: `package ${pkg} owns ${target}`, source: "/lib/apk/db/installed" }],
  };
}

const layer = "sha256:3f1c09d9a6bcf0e5b1b9f2f7a4b6f6d4f1e8a7c5d3b2a190817263544536271a";

export function toolchain(version: string, ipset: string, wrapper = "v2"): Toolchain {
  return {
    os: { id: "alpine", versionId: "3.15.11" },
    architecture: "amd64",
    tools: [
      tool("iptables", version, "nft", `iptables ${version}-r2`, "/sbin/iptables-nft"),
      tool("iptables", version, "legacy", `iptables ${version}-r2`, "/sbin/iptables-legacy"),
      tool("ipset", ipset, undefined, `ipset ${ipset}-r0`, "/usr/sbin/ipset"),
    ],
    libraries: [
      {
        name: "libnftnl",
        soVersion: "11.3.0",
        path: "/usr/lib/libnftnl.so.11.3.0",
        versions: ["1.1.6", "1.1.7"],
        package: { name: "libnftnl-libs", version: "1.1.6-r0", database: "apk" },
        evidence: [{ fact: "libnftnl.so.11.3.0", source: "/usr/lib/libnftnl.so.11" }],
      },
    ],
    defaults: {
      iptables: { backend: "auto", via: ["/sbin/iptables", "/sbin/iptables-wrapper"] },
      ip6tables: { backend: "auto", via: ["/sbin/ip6tables", "/sbin/iptables-wrapper"] },
      ipset: { backend: "unknown", via: ["/usr/sbin/ipset"] },
      nft: { backend: "none", via: [] },
    },
    selector: {
      kind: "iptables-wrapper",
      version: wrapper,
      effective: true,
      path: "/sbin/iptables-wrapper",
      evidence: [{ fact: `iptables-wrapper ${wrapper}`, source: `/sbin/iptables-wrapper in ${layer}` }],
    },
    program: {
      name: "kilo",
      version: "0.6.0",
      path: "/opt/bin/kg",
      module: "github.com/squat/kilo",
      libraries: ["github.com/coreos/go-iptables@v0.6.0"],
      evidence: [{ fact: "Go module github.com/squat/kilo v0.6.0", source: "/opt/bin/kg" }],
    },
    modprobe: true,
    environment: {},
    missing: [],
  };
}

const noTools: Toolchain = {
  ...toolchain("1", "1"),
  os: { id: null, versionId: null },
  tools: [],
  libraries: [],
  defaults: {},
  modprobe: false,
};

type Draft = Omit<Finding, "image" | "platform"> & { platforms?: string[] };
interface Sample {
  image?: string;
  platforms?: Record<string, Toolchain>;
  hosts?: string[];
  findings?: Draft[];
  missing?: { hosts: string[]; platforms?: string[]; facts: MissingFact[] }[];
  /** The base image: its tools, and its verdict where that isn't a pass. */
  base?: { toolchain: Toolchain; verdicts: Partial<Record<string, Verdict>>; fixed?: Draft[] };
  notes?: string[];
}

/** Puts cells, verdicts and counts together the way the engine does. */
function build(sample: Sample): Report {
  const image = sample.image ?? "docker-archive:out/kilo.tar";
  const platforms = sample.platforms ?? { "linux/amd64": toolchain("1.8.4", "7.6") };
  const findings: Finding[] = (sample.findings ?? []).flatMap(({ platforms: on, ...draft }) =>
    (on ?? Object.keys(platforms)).map((platform) => ({ ...draft, image, platform })),
  );
  const counted = findings.filter((f) => !f.existing && !f.ignored);
  const cell = (platform: string, host: string): Cell => {
    const own = findings
      .map((f, i) => (f.platform === platform && f.hosts.includes(host) ? i : -1))
      .filter((i) => i >= 0);
    const active = own.map((i) => findings[i]).filter((f) => f !== undefined && counted.includes(f));
    const missing = (sample.missing ?? [])
      .filter((m) => m.hosts.includes(host) && (m.platforms ?? [platform]).includes(platform))
      .flatMap((m) => m.facts);
    const has = (severity: Severity) => active.some((f) => f?.severity === severity);
    const asBefore = own.some((i) => findings[i]?.existing && findings[i]?.severity !== "notice");
    const verdict: Verdict = has("error")
      ? "fail"
      : missing.length > 0
        ? "unknown"
        : has("warning") || asBefore
          ? "warn"
          : "pass";
    return {
      host,
      kernel: "5.15.0-25-generic",
      programs: ["kubelet@1.31", "kube-router"],
      verdict,
      findings: own,
      missing,
      ...(sample.base === undefined ? {} : { base: sample.base.verdicts[host] ?? "pass" }),
    };
  };
  const base = sample.base && {
    reference: "docker-archive:base/kilo.tar",
    digest: `sha256:${"cd34".repeat(16)}`,
    tools: sample.base.toolchain.tools.map(({ name, version }) => ({ name, version })),
  };
  const fixed = Object.keys(platforms).flatMap((platform) =>
    (sample.base?.fixed ?? []).map(({ platforms: _, ...draft }) => ({ ...draft, image, platform })),
  );
  const list = Object.entries(platforms).map(([platform, chain]) => ({
    platform,
    toolchain: chain,
    cells: (sample.hosts ?? hosts).map((host) => cell(platform, host)),
    ...(base === undefined ? {} : { base }),
  }));
  const all = list.flatMap((p) => p.cells.map((c) => c.verdict));
  const [errors = 0, warnings = 0, notices = 0] = severities.map((s) => counted.filter((f) => f.severity === s).length);
  return {
    schemaVersion: 1,
    tool: { name: "netfilter-compat", version: "0.1.0" },
    verdict: verdicts.find((v) => all.includes(v)) ?? "unknown",
    counts: { errors, warnings, notices, unknowns: all.filter((v) => v === "unknown").length },
    images: [{ reference: image, digest: `sha256:${"ab12".repeat(16)}`, platforms: list }],
    findings,
    ...(fixed.length === 0 ? {} : { fixed }),
    notes: sample.notes ?? [],
  };
}

const raise =
  "Raise the image's iptables to 1.8.8 or later (1.8.11 or later is best), not beyond what the hosts' own tools can read: `FROM alpine:3.22` and `apk add iptables iptables-legacy`";

const newerWriter: Draft = {
  rule: "nft-newer-writer",
  severity: "error",
  hosts: [
    "ubuntu-22.04",
    "ubuntu-22.04@6.2",
    "ubuntu-24.04",
    "debian-12",
    "debian-13",
    "rhel-9",
    "rhel-10",
    "flatcar-stable",
  ],
  program: "kube-router",
  message:
    "the image's iptables 1.8.4 refuses tables in which kube-router (iptables 1.8.9) stored port ranges: `table 'filter' is incompatible, use 'nft' tool`",
  evidence: [
    { fact: "package iptables 1.8.4-r2 owns /sbin/xtables-nft-multi", source: "/lib/apk/db/installed" },
    {
      fact: "iptables-nft 1.8.8 and later store `port-range` in a form that readers up to 1.8.7 refuse to list",
      source: "measured with iptables 1.8.0 to 1.8.13 in fresh network namespaces, 2026-11",
    },
    {
      fact: "kube-router carries iptables 1.8.9",
      source: "https://github.com/cloudnativelabs/kube-router/blob/v2.1.0/Dockerfile",
    },
    { fact: "the same combination in the field", source: "https://github.com/squat/kilo/issues/388" },
  ],
  remedy: raise,
  location: { file: "Dockerfile", line: 14 },
};
const buggy: Draft = {
  rule: "buggy-version",
  severity: "error",
  hosts: newerWriter.hosts,
  message: "iptables 1.8.4 crashes now and then while another program changes rules (kube-router keeps changing them)",
  evidence: [
    {
      fact: "6 to 19 % of `iptables -S` runs of 1.8.4 end in a segmentation fault under change; none of 1.8.5",
      source: "measured with iptables releases in fresh network namespaces, 2026-11",
    },
  ],
  remedy: raise,
  location: { file: "Dockerfile", line: 14 },
};
const silent: Draft = {
  rule: "silent-match-loss",
  severity: "warning",
  hosts: newerWriter.hosts,
  program: "kubelet@1.31",
  message: "the image's iptables 1.8.4 silently lists wrongly marks written by kubelet@1.31 (iptables 1.8.9)",
  evidence: [
    {
      fact: "readers up to 1.8.7 drop `-m mark` when they list it",
      source: "measured with iptables releases in fresh network namespaces, 2026-11",
    },
  ],
  remedy: raise,
  location: { file: "Dockerfile", line: 14 },
};
const ipset: Draft = {
  rule: "ipset-revision",
  severity: "warning",
  hosts: ["ubuntu-22.04@6.2", "ubuntu-24.04", "debian-13"],
  message: "ipset 7.6 can't read sets of type hash:ip that another program makes at revision 6",
  evidence: [
    { fact: "kernel 6.2 offers hash:ip up to revision 6, ipset 7.6 knows up to 5", source: "ipset_hash_ip.c of both" },
  ],
  remedy: "Raise the image's ipset to 7.17 or later.",
};
const wrapper: Draft = {
  rule: "wrapper-missing",
  severity: "warning",
  hosts: ["rhel-8", "amazon-linux-2023"],
  message: "the wrapper has no legacy backend to choose: the image holds no iptables-legacy",
  evidence: [{ fact: "/usr/sbin/iptables-legacy is missing", source: "image" }],
  remedy: "Add the package iptables-legacy: `apk add iptables-legacy`",
};
const hostExec: Draft = {
  rule: "host-exec",
  severity: "notice",
  hosts,
  message: "the image also runs the host's own iptables",
  evidence: [],
};

/** The fact as it is missing on a host, with the entry that states all that is missing there. */
function nat(host: string, fields = "modules: {iptable_nat: loaded}"): MissingFact {
  const entry = `{id: ${host}, extends: ${host}, ${fields}}`;
  return {
    fact: "state of kernel module iptable_nat",
    rule: "legacy-modules-missing",
    state: { under: "hosts", entry },
  };
}
const natOfTwo = nat("bottlerocket-1.50", "iptables: {backend: nft}, modules: {iptable_nat: loaded}");
const clean = { "linux/amd64": toolchain("1.8.11", "7.24") };
const hostile =
  "`|@octocat #1 <img src=https://evil.example/x.png> ![x](https://evil.example/y.png) <!-- --> \u202Egpj.exe \u001b[31m::error::x %0A $x$ </details>";

function many(): Draft[] {
  return Array.from({ length: 400 }, (_, i) => ({
    ...newerWriter,
    rule: ["nft-newer-writer", "xt-module-missing", "tool-too-old", "missing-library"][i % 4] ?? "",
    severity: i < 150 ? "error" : "warning",
    hosts: [hosts[i % hosts.length] ?? ""],
    message: `statement ${i + 1} of a long list about iptables 1.8.4 and program-${i}`,
    remedy: `change number ${i + 1}`,
  }));
}

export const samples: Record<string, Report> = {
  "kilo-broken": build({
    findings: [newerWriter, buggy, silent, ipset],
    notes: ["2 layers hold the same file /sbin/iptables-wrapper; the later one counts"],
  }),
  clean: build({ platforms: clean }),
  "warnings-only": build({ platforms: { "linux/amd64": toolchain("1.8.10", "7.22") }, findings: [wrapper, hostExec] }),
  unknown: build({
    platforms: clean,
    findings: [ipset],
    missing: [
      { hosts: ["talos-1.11"], facts: [nat("talos-1.11")] },
      { hosts: ["cos-121"], facts: [nat("cos-121")] },
      {
        hosts: ["bottlerocket-1.50"],
        facts: [natOfTwo, { ...natOfTwo, fact: "default backend of the host's iptables", rule: "legacy-on-nft-host" }],
      },
    ],
  }),
  "three-platforms": build({
    image: "oci:dist/agent",
    platforms: {
      "linux/amd64": toolchain("1.8.11", "7.24"),
      "linux/arm64": toolchain("1.8.11", "7.24"),
      "linux/arm/v7": toolchain("1.8.4", "7.6"),
    },
    findings: [
      { ...newerWriter, platforms: ["linux/arm/v7"] },
      { ...wrapper, platforms: ["linux/amd64", "linux/arm64"] },
    ],
    missing: [
      {
        hosts: ["talos-1.11"],
        platforms: ["linux/arm/v7"],
        facts: [{ fact: "32-bit legacy support of the kernel", rule: "legacy-32-bit" }],
      },
    ],
  }),
  "400-findings": build({ findings: many() }),
  "no-tools": build({
    platforms: { "linux/amd64": noTools },
    missing: [
      {
        hosts,
        facts: [
          {
            fact: "how kg reaches netfilter: no tool in the image (native netlink, or the host's tools?)",
            rule: "missing-binary",
            state: { under: "images", entry: '{match: "*kilo.tar", tools: none}' },
          },
        ],
      },
    ],
  }),
  "existing-only": build({
    base: {
      toolchain: toolchain("1.8.4", "7.6"),
      verdicts: Object.fromEntries(newerWriter.hosts.map((host) => [host, "fail"])),
    },
    findings: [
      { ...newerWriter, existing: true },
      { ...silent, existing: true },
    ],
  }),
  compared: build({
    platforms: { "linux/amd64": toolchain("1.8.10", "7.24") },
    base: {
      toolchain: toolchain("1.8.4", "7.6"),
      verdicts: Object.fromEntries(newerWriter.hosts.slice(0, 5).map((host) => [host, "fail"])),
      fixed: [{ ...newerWriter, hosts: newerWriter.hosts.slice(0, 5) }],
    },
    findings: [
      {
        ...newerWriter,
        rule: "image-newer-writer",
        hosts: ["rhel-8"],
        message: "iptables 1.8.4 of the host refuses tables in which the image's iptables 1.8.10 stored port ranges",
        remedy: "Keep the image's iptables at 1.8.7 or earlier, or drop RHEL 8",
      },
      { ...wrapper, existing: true },
    ],
  }),
  "fixed-by-change": build({
    platforms: clean,
    base: {
      toolchain: toolchain("1.8.4", "7.6"),
      verdicts: Object.fromEntries(newerWriter.hosts.map((host) => [host, "fail"])),
      fixed: [newerWriter, buggy],
    },
  }),
  ignored: build({
    findings: [{ ...ipset, ignored: { reason: "the nodes' kube-proxy runs in iptables mode", until: "2027-01-31" } }],
    platforms: clean,
    notes: ["ignore entry for mixed-backends matches nothing: remove it"],
  }),
  "ignore-ended": build({
    findings: [
      {
        ...newerWriter,
        expired: { reason: "tracked in #12", until: "2026-10-01", place: ".github/netfilter-compat.yml:14" },
      },
      { ...buggy, ignored: { reason: "waits for the next base image", until: "2027-01-31" } },
      silent,
    ],
    notes: [
      ".github/netfilter-compat.yml:14: ignore entry for nft-newer-writer expired on 2026-10-01: it no longer applies",
    ],
  }),
  hostile: build({
    image: `docker-archive:out/${hostile}.tar`,
    platforms: {
      [`linux/${hostile}`]: {
        ...toolchain(hostile, hostile),
        missing: [{ fact: hostile, reason: hostile }],
        environment: { [hostile]: hostile },
      },
    },
    hosts: [hostile, "debian-12"],
    findings: [
      {
        ...newerWriter,
        rule: "nft-newer-writer",
        hosts: [hostile],
        message: `1. ${hostile}`,
        remedy: `# ${hostile}`,
        program: hostile,
        location: { file: `a b/(${hostile})`, line: 3 },
        evidence: [
          { fact: hostile, source: hostile },
          { fact: `- ${hostile}`, source: "https://evil.example/" },
        ],
      },
      { ...wrapper, rule: hostile, hosts: ["debian-12"], ignored: { reason: hostile, until: hostile } },
    ],
    missing: [{ hosts: ["debian-12"], facts: [{ fact: hostile, rule: hostile }] }],
    notes: [hostile, "::warning::from a note"],
  }),
};

/** Every platform says something else. */
const many8 = ["amd64", "arm64", "arm/v7", "arm/v6", "386", "ppc64le", "s390x", "riscv64"].map(
  (name) => `linux/${name}`,
);
samples["eight-platforms"] = build({
  platforms: Object.fromEntries(many8.map((platform) => [platform, toolchain("1.8.4", "7.6")])),
  findings: many8.map((platform, i) => ({
    ...[newerWriter, wrapper][i % 2]!,
    hosts: hosts.slice(0, i + 1),
    platforms: [platform],
  })),
});

/** Words that no line can be broken in. */
const wide = (n: number) => "wide".repeat(n);
samples.wide = build({
  image: `docker-archive:out/${wide(60)}.tar`,
  platforms: { "linux/amd64": toolchain("1.8.4", wide(20)), [`linux/${wide(30)}`]: toolchain(wide(20), "7.6") },
  hosts: [wide(30), "ip-10-0-12-34.eu-central-1.compute.internal", "debian-12"],
  findings: [
    {
      ...newerWriter,
      platforms: ["linux/amd64"],
      hosts: [wide(30)],
      program: wide(100),
      message: wide(140),
      remedy: `\`${wide(200)}\``,
      location: { file: `${wide(60)}/Dockerfile`, line: 1 },
      evidence: [{ fact: wide(140), source: `https://github.com/${wide(130)}` }],
    },
  ],
  missing: [{ hosts: ["debian-12"], facts: [{ fact: wide(120), rule: "legacy-32-bit" }] }],
  notes: [wide(140)],
});

/** One report of three legs, two of which checked the same image. */
samples.gathered = mergeReports([
  { name: "amd64", report: leg("linux/amd64", "1.8.4") },
  { name: "arm64", report: leg("linux/arm64", "1.8.11") },
  { name: "ubi", report: leg("linux/amd64", "1.8.10") },
]);

function leg(platform: string, version: string): Report {
  const findings = version === "1.8.11" ? [] : [version === "1.8.4" ? newerWriter : wrapper];
  return build({ image: "docker-archive:agent.tar", platforms: { [platform]: toolchain(version, "7.24") }, findings });
}

/** A toolchain with all that `inspect` can tell besides. */
const unusual: Toolchain = {
  ...toolchain("1.8.9", "7.17"),
  tools: [
    {
      name: "iptables",
      version: "1.8.11",
      backend: "nft",
      path: "/usr/sbin/iptables",
      target: "/usr/sbin/xtables-nft-multi",
      via: ["/usr/sbin/iptables", "/usr/sbin/xtables-nft-multi"],
      architecture: "arm64",
      replacedPackage: { name: "iptables", version: "1.8.9-2", database: "dpkg" },
      byteVersion: "1.8.11",
      fileCapabilities: true,
      evidence: [
        { fact: "its bytes hold: 1.8.11 (nf_tables)", source: `/usr/sbin/xtables-nft-multi in ${layer}` },
        { fact: "iptables 1.8.9-2 names it with another content", source: `/var/lib/dpkg/status in ${layer}` },
      ],
    },
    {
      name: "nft",
      version: "1.0.6",
      backend: "nft",
      path: "/usr/sbin/nft",
      target: "/usr/sbin/nft",
      via: [],
      architecture: "amd64",
      package: { name: "nftables", version: "1.0.9-1", database: "dpkg" },
      byteVersion: "1.0.6",
      json: false,
      evidence: [],
    },
  ],
  missingLibraries: [{ path: "/usr/sbin/nft", library: "libjansson.so.4" }],
  extensions: [
    {
      library: "/usr/lib/libxtables.so.12.7.0",
      directory: "/usr/lib/xtables",
      files: 3,
      tools: ["/usr/sbin/xtables-nft-multi"],
      list: [
        { name: "conntrack", kind: "match", family: "ipv4", revisions: [0, 1, 2, 3] },
        { name: "conntrack", kind: "match", family: "ipv6", revisions: [1, 2, 3] },
        { name: "DNAT", kind: "target", family: "ipv4", revisions: [0, 2] },
      ],
      unread: ["libxt_mark.so"],
    },
    { library: "/bin/iptables", tools: ["/bin/iptables"], list: [{ name: "mark", family: "any", revisions: [0, 1] }] },
  ],
  modprobe: true,
  environment: { FELIX_IPTABLESBACKEND: "NFT" },
  missing: [{ fact: "extensions in /usr/lib/xtables", reason: "what libxt_mark.so registers could not be read" }],
};

export const inspection: Inspection = {
  schemaVersion: 1,
  tool: { name: "netfilter-compat", version: "0.1.0" },
  images: [
    ...(["kilo-broken", "three-platforms", "no-tools"] as const).flatMap((name) =>
      (samples[name]?.images ?? []).map(({ reference, digest, platforms }) => ({
        reference,
        digest,
        platforms: platforms.map(({ platform, toolchain: chain }) => ({ platform, toolchain: chain })),
      })),
    ),
    {
      reference: "unusual.tar",
      digest: `sha256:${"ab12".repeat(16)}`,
      platforms: [{ platform: "linux/amd64", toolchain: unusual }],
    },
  ],
};
