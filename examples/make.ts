import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ApkPackage,
  type Architecture,
  apkDatabase,
  basePackages,
  directory,
  file,
  link,
  type NetfilterRelease,
  netfilterPackages,
} from "./alpine.ts";
import { type Entry, ociArchive, type PlatformImage } from "./archive.ts";
import { buildElf, type GoModule, goBuildInfo } from "./elf.ts";
import { wrapperScript } from "./wrapper.ts";

/**
 * Makes the sample images: `node scripts/node24.mjs examples/make.ts`. The same bytes on every machine.
 * Sources: Kilo's Dockerfile and go.mod at 0.6.0 and 0.7.0 (https://github.com/squat/kilo), Alpine's package contents
 * (https://pkgs.alpinelinux.org). Kilo takes its packages from another Alpine release than its base.
 */

interface Sample {
  name: string;
  title: string;
  architectures: Architecture[];
  /** Alpine release of the base image. `merged`: /bin, /lib and /sbin are links into /usr, as in new installations since 3.23
   * (https://alpinelinux.org/posts/2025-10-01-usr-merge.html). */
  base: { release: string; musl: string; busybox: string; merged: boolean };
  packages: NetfilterRelease;
  legacy: boolean;
  kilo: { version: string; go: string; iptablesModule: string; netlinkModule: string; plugins: string };
}

const v312: NetfilterRelease = {
  iptables: { version: "1.8.4", revision: "r2" },
  ipset: { version: "7.6", revision: "r0", library: "13.1.0" },
  libnftnl: { version: "1.1.6", revision: "r0", library: "11.3.0", topVersion: 14, package: "libnftnl-libs" },
  libmnl: "1.0.4-r0",
  libxtables: { library: "12.2.0" },
  sbin: "sbin",
  packaging: "together",
};
const v320: NetfilterRelease = {
  iptables: { version: "1.8.10", revision: "r3" },
  ipset: { version: "7.21", revision: "r2", library: "13.4.0" },
  libnftnl: { version: "1.2.6", revision: "r0", library: "11.6.0", topVersion: 17, package: "libnftnl" },
  libmnl: "1.0.5-r2",
  libxtables: { library: "12.7.0" },
  sbin: "sbin",
  packaging: "split",
};
const v322: NetfilterRelease = {
  iptables: { version: "1.8.11", revision: "r1" },
  ipset: { version: "7.24", revision: "r0", library: "13.4.0" },
  libnftnl: {
    version: "1.2.9",
    revision: "r0",
    library: "11.6.0",
    topVersion: 17,
    exports: ["nftnl_obj_unset"],
    package: "libnftnl",
  },
  libmnl: "1.0.5-r2",
  libxtables: { library: "12.7.0", exports: ["xtables_strtoul_base"] },
  sbin: "usr/sbin",
  packaging: "split",
};
const kilo060 = {
  version: "0.6.0",
  go: "go1.18",
  iptablesModule: "v0.6.1-0.20220901214115-d2b8608923d1",
  netlinkModule: "v1.1.1-0.20210330154013-f5de75959ad5",
  plugins: "v1.1.1",
};
const kilo070 = {
  version: "0.7.0",
  go: "go1.25.0",
  iptablesModule: "v0.8.0",
  netlinkModule: "v1.3.1",
  plugins: "v1.9.0",
};

const samples: Sample[] = [
  {
    name: "kilo-0.6.0",
    title: "Kilo 0.6.0: Alpine 3.15 with packages of v3.12",
    architectures: ["amd64"],
    base: { release: "3.15.0", musl: "1.2.2-r7", busybox: "1.34.1-r3", merged: false },
    packages: v312,
    legacy: true,
    kilo: kilo060,
  },
  {
    name: "kilo-0.7.0",
    title: "Kilo 0.7.0: Alpine 3.23 with packages of v3.20",
    architectures: ["amd64"],
    base: { release: "3.23.0", musl: "1.2.5-r21", busybox: "1.37.0-r30", merged: true },
    packages: v320,
    legacy: false,
    kilo: kilo070,
  },
  {
    name: "kilo-fixed",
    title: "Kilo 0.7.0 as it could be: Alpine 3.22, with iptables-legacy",
    architectures: ["amd64", "arm64"],
    base: { release: "3.22.0", musl: "1.2.5-r10", busybox: "1.37.0-r18", merged: false },
    packages: v322,
    legacy: true,
    kilo: kilo070,
  },
];

/** The archives by file name. */
export function makeSamples(): Map<string, Buffer> {
  return new Map(
    samples.map((sample) => {
      const images = sample.architectures.map((architecture) => makeImage(sample, architecture));
      return [`${sample.name}.tar`, ociArchive(`example.test/${sample.name}:latest`, images)];
    }),
  );
}

/** One layer for each step of Kilo's Dockerfile. */
function makeImage(sample: Sample, architecture: Architecture): PlatformImage {
  const { merged } = sample.base;
  const base = basePackages(architecture, sample.base);
  const tools = netfilterPackages(architecture, sample.packages, { legacy: sample.legacy });
  const owned = (packages: ApkPackage[]) =>
    packages.flatMap(({ files }) => files).map((entry) => inRoot(entry, merged));
  const database = (packages: ApkPackage[]) =>
    file(`${merged ? "usr/" : ""}lib/apk/db/installed`, apkDatabase(packages, architecture));
  return {
    architecture,
    layers: [
      { createdBy: "FROM alpine", entries: [...skeleton(merged), ...owned(base), database(base)] },
      { createdBy: "RUN apk add ipset iptables ip6tables", entries: [...owned(tools), database([...base, ...tools])] },
      { createdBy: "RUN iptables-wrapper-installer.sh", entries: installWrapper(sample) },
      { createdBy: "COPY kg portmap", entries: programs(sample, architecture) },
    ],
    entrypoint: ["/opt/bin/kg"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    labels: {
      "org.opencontainers.image.title": `${sample.title} (reduced re-creation)`,
      "org.opencontainers.image.description":
        "Sample for netfilter-compat, not the project's image: package records, links and version marks only. Nothing in it runs.",
    },
  };
}

function skeleton(merged: boolean): Entry[] {
  if (!merged) return ["bin", "etc", "lib", "sbin", "usr"].map(directory);
  const folders = ["etc", "usr", "usr/bin", "usr/lib", "usr/sbin"].map(directory);
  return [...folders, ...["bin", "lib", "sbin"].map((name) => link(name, `usr/${name}`))];
}

/** Where a packaged file lies: with merged /usr, `sbin/x` is unpacked through the link to `usr/sbin/x`. */
function inRoot(entry: Entry, merged: boolean): Entry {
  return merged && /^(bin|lib|sbin)\//.test(entry.path) ? { ...entry, path: `usr/${entry.path}` } : entry;
}

/** The installer looks into /usr/sbin first, writes the wrapper beside iptables and turns the six names into links to it. */
function installWrapper({ base, packages }: Sample): Entry[] {
  const sbin = base.merged ? "usr/sbin" : packages.sbin;
  const names = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-restore`, `${name}-save`]);
  return [
    file(`${sbin}/iptables-wrapper`, wrapperScript(sbin), 0o755),
    ...names.map((name) => link(`${sbin}/${name}`, `/${sbin}/iptables-wrapper`)),
  ];
}

/** kg, and the one of the CNI plugins that runs iptables, on the host. */
function programs({ kilo }: Sample, architecture: Architecture): Entry[] {
  const goIptables = { path: "github.com/coreos/go-iptables", version: kilo.iptablesModule };
  const netlink = { path: "github.com/vishvananda/netlink", version: kilo.netlinkModule };
  const kg = goProgram(architecture, kilo.go, "github.com/squat/kilo", "/cmd/kg", "(devel)", [goIptables, netlink], {
    "-ldflags": `-X github.com/squat/kilo/pkg/version.Version=${kilo.version}`,
  });
  const portmap = goProgram(
    architecture,
    kilo.go,
    "github.com/containernetworking/plugins",
    "/plugins/meta/portmap",
    "(devel)",
    [goIptables, netlink],
    { "-ldflags": `-X github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=${kilo.plugins}` },
  );
  return [
    ...["opt", "opt/bin", "opt/cni", "opt/cni/bin"].map(directory),
    file("opt/bin/kg", kg, 0o755),
    file("opt/cni/bin/portmap", portmap, 0o755),
  ];
}

function goProgram(
  architecture: Architecture,
  go: string,
  module: string,
  command: string,
  version: string,
  dependencies: GoModule[],
  settings: Record<string, string>,
): Buffer {
  const target = { CGO_ENABLED: "0", GOARCH: architecture, GOOS: "linux" };
  const main = { path: module, version };
  const info = goBuildInfo({
    go,
    path: `${module}${command}`,
    main,
    dependencies,
    settings: { ...settings, ...target },
  });
  return buildElf({ architecture, goBuildInfo: info });
}

if (import.meta.main) for (const [name, bytes] of makeSamples()) writeFileSync(join(import.meta.dirname, name), bytes);
