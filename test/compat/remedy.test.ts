import { describe, expect, test } from "vitest";
import { evaluatePlatform, type HostWithPrograms } from "../../src/compat/engine.ts";
import { findRemedy, type Remedy } from "../../src/compat/remedy.ts";
import { defaultPrograms } from "../../src/hosts/programs.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import type { HostEntry } from "../../src/hosts/types.ts";
import { distributions } from "../../src/knowledge/distributions/index.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import { given } from "../../src/model/given.ts";
import type { Backend, PackageRecord, Selector, Tool, Toolchain } from "../../src/model/toolchain.ts";
import { expectGolden } from "../support/golden.ts";

/** The remedies of images of every kind of package manager, on the default hosts and on hosts that want different things. */

interface ImageSpec {
  os: [id: string, version: string];
  iptables: string;
  /** What package each backend is from; none: no package owns it. */
  packages: Partial<Record<Backend, PackageRecord | undefined>>;
  default: Backend;
  wrapper?: string;
  /** Where a wrapper lies that is not what `iptables` runs, and the link that is. */
  /** What a start script does to the links. */
  setBy?: string;
  idle?: { wrapper: string; first: string };
  ipset?: PackageRecord;
  /** Where the records of packages were read. */
  records?: string;
}
const apk = (name: string, version: string): PackageRecord => ({ name, version, database: "apk" });
const dpkg = (name: string, version: string): PackageRecord => ({ name, version, database: "dpkg" });
const rpm = (name: string, version: string): PackageRecord => ({ name, version, database: "rpm" });

function toolOf(name: string, version: string, record: PackageRecord | undefined, backend?: Backend): Tool {
  const target = backend === undefined ? `/usr/sbin/${name}` : `/usr/sbin/xtables-${backend}-multi`;
  const path = backend === undefined ? target : `/usr/sbin/${name}-${backend}`;
  return {
    name,
    version,
    ...(backend === undefined ? {} : { backend }),
    path,
    target,
    via: [path, target],
    architecture: "amd64",
    ...(record === undefined ? {} : { package: record }),
    evidence: [],
  };
}

function image(spec: ImageSpec): Toolchain {
  const backends = Object.keys(spec.packages) as Backend[];
  const commands = ["iptables", "ip6tables"];
  const tools = backends.flatMap((backend) =>
    commands.map((name) => toolOf(name, spec.iptables, spec.packages[backend], backend)),
  );
  const { records: source } = spec;
  if (source !== undefined) for (const { evidence } of tools) evidence.push({ fact: "package", source });
  if (spec.ipset !== undefined) tools.push(toolOf("ipset", spec.ipset.version.split("-")[0]!, spec.ipset));
  const path = "/usr/sbin/iptables";
  const via = (name: string) =>
    spec.wrapper === undefined
      ? [spec.idle?.first.replace("iptables", name) ?? `/usr/sbin/${name}`, `/usr/sbin/${name}-${spec.default}`]
      : [path];
  return {
    os: { id: spec.os[0], versionId: spec.os[1] },
    architecture: "amd64",
    tools,
    libraries: [],
    defaults: Object.fromEntries(
      commands
        .flatMap((name) => [name, `${name}-save`, `${name}-restore`])
        .map((name) => {
          const target = `/usr/sbin/xtables-${spec.default}-multi`;
          return [
            name,
            spec.wrapper === undefined || spec.setBy !== undefined
              ? { backend: spec.default, via: [...via(name), target], ...given({ setBy: spec.setBy }) }
              : { backend: "auto", via: [path] },
          ];
        }),
    ),
    ...(spec.wrapper === undefined ? {} : { selector: selectorOf(spec.wrapper, true, path) }),
    ...(spec.idle === undefined ? {} : { selector: selectorOf("v2", false, spec.idle.wrapper) }),
    modprobe: false,
    environment: {},
    missing: [],
  };
}

const selectorOf = (version: string, effective: boolean, path: string): Selector => ({
  kind: "iptables-wrapper",
  version,
  effective,
  path,
  evidence: [],
});
const both = (record: PackageRecord) => ({ legacy: record, nft: record });
const images: Record<string, ImageSpec> = {
  "Alpine 3.18 as it comes: legacy": {
    os: ["alpine", "3.18.4"],
    iptables: "1.8.9",
    packages: both(apk("iptables", "1.8.9-r2")),
    default: "legacy",
    ipset: apk("ipset", "7.17-r0"),
  },
  "Alpine 3.12 with a wrapper": {
    os: ["alpine", "3.15.0"],
    iptables: "1.8.4",
    packages: both(apk("iptables", "1.8.4-r2")),
    default: "nft",
    wrapper: "v1",
    ipset: apk("ipset", "7.6-r0"),
  },
  "Alpine 3.23, a wrapper without the package of legacy": {
    os: ["alpine", "3.23.0"],
    iptables: "1.8.11",
    packages: { nft: apk("iptables", "1.8.11-r1") },
    default: "nft",
    wrapper: "v2",
    ipset: apk("ipset", "7.24-r0"),
  },
  "Alpine 3.23, both backends and no wrapper": {
    os: ["alpine", "3.23.0"],
    iptables: "1.8.11",
    packages: { legacy: apk("iptables-legacy", "1.8.11-r1"), nft: apk("iptables", "1.8.11-r1") },
    default: "legacy",
  },
  "Alpine 3.23 with packages of 3.20": {
    os: ["alpine", "3.23.0"],
    iptables: "1.8.10",
    packages: { nft: apk("iptables", "1.8.10-r3") },
    default: "nft",
    wrapper: "v2",
    ipset: apk("ipset", "7.21-r2"),
  },
  "Alpine 3.20, nft alone": {
    os: ["alpine", "3.20.1"],
    iptables: "1.8.10",
    packages: { nft: apk("iptables", "1.8.10-r3") },
    default: "nft",
  },
  "Debian 11 as it comes: nft": {
    os: ["debian", "11"],
    iptables: "1.8.7",
    packages: both(dpkg("iptables", "1.8.7-1")),
    default: "nft",
    ipset: dpkg("ipset", "7.10-1"),
  },
  "distroless with the files of Debian 11": {
    os: ["debian", "11"],
    iptables: "1.8.4",
    packages: both(dpkg("iptables", "1.8.4-1")),
    default: "nft",
    wrapper: "v2",
    records: "/var/lib/dpkg/status.d/iptables in layer sha256:ab",
  },
  "Debian 12 switched to legacy": {
    os: ["debian", "12"],
    iptables: "1.8.9",
    packages: both(dpkg("iptables", "1.8.9-2")),
    default: "legacy",
  },
  "Debian 12, a wrapper behind links in a folder that PATH has before its own": {
    os: ["debian", "12"],
    iptables: "1.8.9",
    packages: both(dpkg("iptables", "1.8.9-2")),
    default: "legacy",
    idle: { wrapper: "/usr/sbin/iptables-wrapper", first: "/usr/local/sbin/iptables" },
  },
  "Debian 12, a wrapper that was copied and not installed": {
    os: ["debian", "12"],
    iptables: "1.8.9",
    packages: both(dpkg("iptables", "1.8.9-2")),
    default: "legacy",
    idle: { wrapper: "/usr/local/bin/iptables-wrapper", first: "/usr/sbin/iptables" },
  },
  "Debian 12, a wrapper whose links a start script sets anew": {
    os: ["debian", "12"],
    iptables: "1.8.9",
    packages: both(dpkg("iptables", "1.8.9-2")),
    default: "legacy",
    wrapper: "v2",
    setBy: "ln -sf /usr/sbin/xtables-legacy-multi /usr/sbin/iptables of /entry.sh",
  },
  "Debian 12, links that a start script sets, no wrapper": {
    os: ["debian", "12"],
    iptables: "1.8.9",
    packages: both(dpkg("iptables", "1.8.9-2")),
    default: "legacy",
    setBy: "update-alternatives --set iptables /usr/sbin/iptables-legacy of /entry.sh",
  },
  "Debian 12, whose nft binaries were left out": {
    os: ["debian", "12"],
    iptables: "1.8.9",
    packages: { legacy: dpkg("iptables", "1.8.9-2") },
    default: "legacy",
  },
  "Ubuntu 20.04 as it comes: legacy": {
    os: ["ubuntu", "20.04"],
    iptables: "1.8.4",
    packages: both(dpkg("iptables", "1.8.4-3ubuntu2.1")),
    default: "legacy",
  },
  "UBI 8": {
    os: ["rhel", "8.4"],
    iptables: "1.8.4",
    packages: { nft: rpm("iptables", "1.8.4-17.el8") },
    default: "nft",
    ipset: rpm("ipset", "7.1-1.el8"),
  },
  "AlmaLinux 8": {
    os: ["almalinux", "8.4"],
    iptables: "1.8.4",
    packages: { nft: rpm("iptables", "1.8.4-17.el8") },
    default: "nft",
  },
  "Amazon Linux 2 with iptables-nft": {
    os: ["amzn", "2"],
    iptables: "1.8.4",
    packages: { legacy: rpm("iptables", "1.8.4-10.amzn2.1.2"), nft: rpm("iptables-nft", "1.8.4-10.amzn2.1.2") },
    default: "nft",
  },
  "Fedora 41": {
    os: ["fedora", "41"],
    iptables: "1.8.10",
    packages: { nft: rpm("iptables-nft", "1.8.10-15.fc41") },
    default: "nft",
  },
  "openSUSE, of which no newer packages are known": {
    os: ["opensuse-leap", "15.5"],
    iptables: "1.8.7",
    packages: both(rpm("iptables", "1.8.7-1.1")),
    default: "legacy",
  },
  "Debian 11 with an iptables that no package owns": {
    os: ["debian", "11"],
    iptables: "1.8.4",
    packages: { nft: undefined },
    default: "nft",
  },
};

function hostsOf(entries: readonly HostEntry[]): HostWithPrograms[] {
  const programs = defaultPrograms();
  return selectHosts(entries).hosts.map((host) => ({ host, programs: host.programs ?? programs }));
}
const context = (profile?: string) => {
  const found = programProfiles.find((candidate) => candidate.id === profile);
  return {
    ...(found === undefined ? {} : { profile: found }),
    environment: {},
    network: "host" as const,
    modules: "unknown" as const,
  };
};

function remedyOf(spec: ImageSpec, hosts: HostWithPrograms[], profile?: string): Remedy | undefined {
  const input = { toolchain: image(spec), image: context(profile), hosts };
  return findRemedy(input, evaluatePlatform(input), distributions);
}
const errors = (spec: ImageSpec, hosts: HostWithPrograms[], profile?: string) =>
  evaluatePlatform({ toolchain: image(spec), image: context(profile), hosts })
    .filter((cell) => cell.findings.some((finding) => finding.severity === "error"))
    .map((cell) => cell.host.id);

describe("remedies on the default hosts", () => {
  const hosts = hostsOf(["default"]);

  test("of images of every package manager, as they are read", () => {
    const lines = Object.entries(images).map(([name, spec]) => {
      const { text, upgrade } = remedyOf(spec, hosts) ?? { text: "(what the rules say)" };
      return `## ${name}\n\n${text}\n${upgrade === undefined ? "" : `\nbase: ${upgrade.distribution}:${upgrade.release}\n`}`;
    });
    expectGolden(new URL("./golden/remedies.md", import.meta.url), lines.join("\n"));
  });

  const after: [before: string, after: ImageSpec][] = [
    [
      "Alpine 3.18 as it comes: legacy",
      {
        os: ["alpine", "3.22.0"],
        iptables: "1.8.11",
        packages: { nft: apk("iptables", "1.8.11-r1") },
        default: "nft",
        ipset: apk("ipset", "7.24-r0"),
      },
    ],
    [
      "Debian 11 as it comes: nft",
      {
        os: ["debian", "12"],
        iptables: "1.8.9",
        packages: both(dpkg("iptables", "1.8.9-2")),
        default: "nft",
        ipset: dpkg("ipset", "7.17-1"),
      },
    ],
    [
      "Debian 12 switched to legacy",
      {
        os: ["debian", "12"],
        iptables: "1.8.9",
        packages: both(dpkg("iptables", "1.8.9-2")),
        default: "nft",
        wrapper: "v2",
      },
    ],
    [
      "Ubuntu 20.04 as it comes: legacy",
      {
        os: ["ubuntu", "26.04"],
        iptables: "1.8.11",
        packages: both(dpkg("iptables", "1.8.11-2ubuntu3")),
        default: "nft",
      },
    ],
  ];
  test.each(after)("%s: an image built as its remedy says has no error left", (name, spec) => {
    expect(remedyOf(images[name]!, hosts)?.text).toMatch(
      /that leaves (?:no error, only warnings,|neither error nor warning) on the selected hosts/,
    );
    expect(errors(spec, hosts)).toEqual([]);
  });

  test("an image without an error or a warning needs none", () => {
    const good = images["Alpine 3.20, nft alone"]!;
    const spec = { ...good, iptables: "1.8.11", packages: { nft: apk("iptables", "1.8.11-r1") } };
    expect(remedyOf(spec, hosts)).toBeUndefined();
  });

  test("a wrapper takes the place of save and restore too", () => {
    const spec = images["Alpine 3.20, nft alone"]!;
    const mixed = hostsOf(["debian-13", "bottlerocket-1.33"]);
    expect(errors(spec, mixed)).toEqual(["bottlerocket-1.33"]);
    const remedy = remedyOf(spec, mixed);
    expect(remedy?.text).toMatch(
      /iptables-legacy.*and install iptables-wrapper v2 .*: that leaves n.* on the selected/,
    );
    expect(remedy?.clears("bottlerocket-1.33", "wrapper-missing", "backend")).toBe(true);
  });

  test("what is unknown of a host is not promised", () => {
    const spec = images["Alpine 3.18 as it comes: legacy"]!;
    expect(remedyOf(spec, hostsOf(["debian-13", "cos-129"]))?.text).toContain(
      ": that leaves no known error; what is unknown of cos-129 stays unknown.",
    );
  });

  test("legacy that a program may choose by itself is kept", () => {
    const spec = images["Alpine 3.18 as it comes: legacy"]!;
    const toolchain: Toolchain = {
      ...image(spec),
      program: { name: "agent", version: null, libraries: [], path: "/agent", evidence: [] },
    };
    const input = { toolchain, image: context(), hosts };
    expect(findRemedy(input, evaluatePlatform(input), distributions)?.text).toContain(
      "RUN apk add --no-cache iptables iptables-legacy ipset",
    );
  });
});

describe("a program that can speak nftables itself", () => {
  const hosts = hostsOf(["debian-13", "rhel-10"]);
  const spec = images["Debian 12 switched to legacy"]!;
  const told = (profile: string, network: "host" | "pod") => {
    const input = { toolchain: image(spec), image: { ...context(profile), network }, hosts };
    return findRemedy(input, evaluatePlatform(input), distributions);
  };

  test("is told to, where both backends and a wrapper were the alternative", () => {
    const remedy = told("tailscale", "pod");
    expect(remedy?.text).toBe(
      "Set TS_DEBUG_FIREWALL_MODE=nftables, so that Tailscale speaks nftables itself: that leaves neither error nor warning on the selected hosts.",
    );
    expect(remedy?.clears("rhel-10", "legacy-modules-missing", "backend")).toBe(true);
  });

  test("is not where that breaks others, and not where packages alone do", () => {
    // On the node Tailscale's native rules stand in tables that kube-proxy lists.
    expect(told("tailscale", "host")?.text).toContain("install iptables-wrapper");
    const old = images["Debian 11 as it comes: nft"]!;
    const written = hostsOf([
      {
        id: "new",
        extends: "debian-13",
        programs: [{ name: "agent", iptables: "1.8.9", backend: "nft", writes: ["nflog"] }],
      },
    ]);
    // Nor for a defect that no known release cures.
    const unowned = { ...old, packages: { nft: undefined } };
    expect(errors(unowned, written, "calico")).toEqual(["new"]);
    expect(remedyOf(unowned, written, "calico")).toBeUndefined();
    expect(remedyOf(old, written, "calico")?.text).toMatch(
      /^`RUN apt-get update && apt-get install -y iptables ipset` on a base of Debian 12/,
    );
  });
});

describe("hosts that want different packages", () => {
  const writer = {
    name: "agent",
    iptables: "1.8.9",
    backend: "nft",
    writes: ["nflog"],
    operations: ["append"],
  } as const;
  const reader = { name: "reader", iptables: "1.8.7", backend: "nft", writes: [], operations: ["list"] } as const;
  const copy = <T extends { writes: readonly string[]; operations: readonly string[] }>(program: T) =>
    ({ ...program, writes: [...program.writes], operations: [...program.operations] }) as never;
  const hosts = hostsOf([
    { id: "new", extends: "debian-13", programs: [copy(writer)] },
    { id: "old", extends: "ubuntu-22.04", programs: [copy(reader)] },
  ]);
  const spec = images["Debian 11 as it comes: nft"]!;

  test("are named, with what to do about them; nothing is offered as a change of one line", () => {
    expect(errors(spec, hosts, "kube-router")).toEqual(["new"]);
    const remedy = remedyOf(spec, hosts, "kube-router");
    expect(remedy?.upgrade).toBeUndefined();
    expectGolden(new URL("./golden/conflict.txt", import.meta.url), `${remedy?.text}\n`);
    expect(remedy?.clears("new", "nft-newer-writer", "newer-writer")).toBe(true);
  });

  test("without the old reader the same release is simply right", () => {
    const remedy = remedyOf(spec, hosts.slice(0, 1), "kube-router");
    expect(remedy?.text).toMatch(/^`RUN .*` on a base of Debian 12 or later .*: that leaves n/);
    expect(remedy?.upgrade).toEqual({ distribution: "debian", release: "12" });
  });
});
