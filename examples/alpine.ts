import { createHash } from "node:crypto";
import type { Entry, PlatformImage } from "./archive.ts";
import { buildElf, type ElfSpec, type Registration } from "./elf.ts";

/**
 * Alpine packages reduced to stand-ins: the paths, links, so-names and version marks of the real ones, and the records that
 * apk would have written of exactly these files.
 * Names, paths and versions: https://pkgs.alpinelinux.org (v3.12, v3.20, v3.22).
 */

export type Architecture = PlatformImage["architecture"];

export interface ApkPackage {
  name: string;
  version: string;
  origin: string;
  description: string;
  license: string;
  depends: string[];
  files: Entry[];
}

/** What differs between the Alpine releases that the samples take packages from. */
export interface NetfilterRelease {
  iptables: { version: string; revision: string };
  ipset: { version: string; revision: string; library: string };
  libnftnl: {
    version: string;
    revision: string;
    library: string;
    topVersion: number;
    exports?: string[];
    package: string;
  };
  libmnl: string;
  /** Directory of iptables: `/sbin` up to v3.20, `/usr/sbin` later. */
  sbin: "sbin" | "usr/sbin";
  libxtables: { library: string; exports?: string[] };
  /** `together`: one package for both backends, ip6tables and libraries apart or not, as up to v3.18. `split`: iptables is
   * nft only and iptables-legacy a package of its own, since v3.19. */
  packaging: "together" | "split";
}

const apkArchitecture = { amd64: "x86_64", arm64: "aarch64" };
const netfilterLicense = "GPL-2.0-or-later";

export function directory(path: string): Entry {
  return { path, type: "directory" };
}

export function file(path: string, content: Buffer | string, mode = 0o644): Entry {
  return { path, type: "file", content: Buffer.from(content), mode };
}

export function link(path: string, target: string): Entry {
  return { path, type: "link", target };
}

/** A program or library of musl-based Alpine. */
function binary(path: string, architecture: Architecture, spec: Omit<ElfSpec, "architecture">): Entry {
  return file(path, buildElf({ architecture, ...spec }), 0o755);
}

function program(path: string, architecture: Architecture, needed: string[], strings: string[] = []): Entry {
  const arch = apkArchitecture[architecture];
  const interpreter = `/lib/ld-musl-${arch}.so.1`;
  return binary(path, architecture, { interpreter, needed: [...needed, `libc.musl-${arch}.so.1`], strings });
}

/** `libNAME.so.MAJOR.MINOR.MICRO` with its so-name link. */
function library(
  name: string,
  number: string,
  architecture: Architecture,
  spec: Pick<ElfSpec, "versions" | "exports" | "strings"> & { needed?: string[] } = {},
): Entry[] {
  const soname = `${name}.so.${number.split(".")[0]}`;
  const needed = [...(spec.needed ?? []), `libc.musl-${apkArchitecture[architecture]}.so.1`];
  const body = binary(`usr/lib/${name}.so.${number}`, architecture, { ...spec, needed, soname });
  return [body, link(`usr/lib/${soname}`, `${name}.so.${number}`)];
}

/** musl, busybox and os-release: what the wrapper and the programs need of the base. */
export function basePackages(
  architecture: Architecture,
  base: { release: string; musl: string; busybox: string; merged: boolean },
): ApkPackage[] {
  const prefix = base.merged ? "usr/" : "";
  const arch = apkArchitecture[architecture];
  const loader = `ld-musl-${arch}.so.1`;
  const version = base.busybox.replace(/-r\d+$/, "");
  return [
    {
      ...describePackage("alpine-release", `${base.release}-r0`, "Alpine release data", "MIT", []),
      origin: "alpine-base",
      files: [file("etc/os-release", osRelease(base.release))],
    },
    {
      ...describePackage("musl", base.musl, "the musl c library (libc) implementation", "MIT", []),
      files: [
        binary(`${prefix}lib/${loader}`, architecture, { soname: `libc.musl-${arch}.so.1`, strings: ["musl libc"] }),
        link(`${prefix}lib/libc.musl-${arch}.so.1`, loader),
      ],
    },
    {
      ...describePackage(
        "busybox",
        base.busybox,
        "Size optimized toolbox of many common UNIX utilities",
        "GPL-2.0-only",
        ["so:libc.musl"],
      ),
      files: [
        program(`${prefix}bin/busybox`, architecture, [], [`BusyBox v${version} (2026-01-01 00:00:00 UTC)`]),
        link(`${prefix}bin/sh`, "/bin/busybox"),
        link(`${prefix}sbin/modprobe`, "/bin/busybox"),
      ],
    },
  ];
}

function osRelease(release: string): string {
  return `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${release}\nPRETTY_NAME="Alpine Linux v${release.split(".").slice(0, 2).join(".")}"\n`;
}

function describePackage(
  name: string,
  version: string,
  description: string,
  license: string,
  depends: string[],
): Omit<ApkPackage, "files"> {
  return { name, version, origin: name, description, license, depends };
}

/** iptables, ip6tables, ipset and the libraries they need. `legacy` adds iptables-legacy where that is a package. */
export function netfilterPackages(
  architecture: Architecture,
  release: NetfilterRelease,
  options: { legacy: boolean },
): ApkPackage[] {
  const tools =
    release.packaging === "together" ? togetherIptables(architecture, release) : splitIptables(architecture, release);
  if (options.legacy && release.packaging === "split") tools.push(...legacyIptables(architecture, release));
  return [...libraryPackages(architecture, release), ...tools, ...ipsetPackage(architecture, release)];
}

function libraryPackages(architecture: Architecture, { libmnl, libnftnl }: NetfilterRelease): ApkPackage[] {
  const versions = Array.from({ length: libnftnl.topVersion - 10 }, (_, index) => `LIBNFTNL_${index + 11}`);
  const exports = libnftnl.exports ?? [];
  return [
    {
      ...describePackage("libmnl", libmnl, "Library for minimalistic netlink", "LGPL-2.1-or-later", []),
      files: library("libmnl", "0.2.0", architecture, { versions: ["LIBMNL_1.0", "LIBMNL_1.1", "LIBMNL_1.2"] }),
    },
    {
      ...describePackage(
        libnftnl.package,
        `${libnftnl.version}-${libnftnl.revision}`,
        "Low-level library to nf_tables",
        netfilterLicense,
        ["so:libmnl.so.0"],
      ),
      origin: "libnftnl",
      files: library("libnftnl", libnftnl.library, architecture, { needed: ["libmnl.so.0"], versions, exports }),
    },
  ];
}

/** The strings by which each release tells its version and backend: two in one since 1.8.8, apart before. */
function versionMarks(version: string, backend: "nf_tables" | "legacy"): string[] {
  const minor = Number(version.split(".")[2]);
  return minor >= 8 ? [`${version} (${backend})`, version] : [version, `%s v%s (${backend})`];
}

function multi(backend: "nft" | "legacy", architecture: Architecture, { iptables, sbin }: NetfilterRelease): Entry {
  const needed = backend === "nft" ? ["libmnl.so.0", "libnftnl.so.11"] : ["libip4tc.so.2", "libip6tc.so.2"];
  const marks = versionMarks(iptables.version, backend === "nft" ? "nf_tables" : "legacy");
  return program(`${sbin}/xtables-${backend}-multi`, architecture, [...needed, "libxtables.so.12"], marks);
}

/** `iptables-nft`, `iptables-nft-save`, ... -> xtables-nft-multi. */
function links(sbin: string, names: string[], target: string): Entry[] {
  const verbs = ["", "-restore", "-save"];
  return names.flatMap((name) => verbs.map((verb) => link(`${sbin}/${name}${verb}`, target)));
}

function xtablesLibrary(architecture: Architecture, { libxtables }: NetfilterRelease): Entry[] {
  return library("libxtables", libxtables.library, architecture, {
    strings: ["/usr/lib/xtables"],
    exports: libxtables.exports ?? [],
  });
}

/** Some of the extensions, with the highest revisions of iptables 1.8: those that Kilo and kube-proxy write rules with. */
const extensionFiles: [name: string, kind: "match" | "target", registers: Registration[]][] = [
  ["addrtype", "match", [{ name: "addrtype", revision: 1 }]],
  ["comment", "match", [{ name: "comment", revision: 0 }]],
  ["conntrack", "match", [{ name: "conntrack", revision: 3 }]],
  ["mark", "match", [{ name: "mark", revision: 1 }]],
  ["set", "match", [{ name: "set", revision: 4 }]],
  ["standard", "target", [{ name: "standard", revision: 0 }]],
  ["udp", "match", [{ name: "udp", revision: 0 }]],
  ["DNAT", "target", [{ name: "DNAT", revision: 2 }]],
  ["MARK", "target", [{ name: "MARK", revision: 2 }]],
  ["MASQUERADE", "target", [{ name: "MASQUERADE", revision: 0 }]],
  ["SNAT", "target", [{ name: "SNAT", revision: 2 }]],
];

function extensions(architecture: Architecture): Entry[] {
  return extensionFiles.map(([name, kind, registers]) =>
    binary(`usr/lib/xtables/libxt_${name}.so`, architecture, {
      soname: `libxt_${name}.so`,
      exports: [`xtables_register_${kind}`],
      registers,
    }),
  );
}

const iptablesText = "Linux kernel firewall, NAT and packet mangling tools";

function togetherIptables(architecture: Architecture, release: NetfilterRelease): ApkPackage[] {
  const version = `${release.iptables.version}-${release.iptables.revision}`;
  const { sbin } = release;
  return [
    {
      ...describePackage("iptables", version, iptablesText, netfilterLicense, ["so:libmnl.so.0", "so:libnftnl.so.11"]),
      files: [
        multi("legacy", architecture, release),
        multi("nft", architecture, release),
        ...links(sbin, ["iptables", "iptables-legacy"], "xtables-legacy-multi"),
        ...links(sbin, ["iptables-nft"], "xtables-nft-multi"),
        ...library("libip4tc", "2.0.0", architecture),
        ...library("libip6tc", "2.0.0", architecture),
        ...xtablesLibrary(architecture, release),
        ...extensions(architecture),
      ],
    },
    {
      ...describePackage("ip6tables", version, iptablesText, netfilterLicense, ["iptables"]),
      origin: "iptables",
      files: [
        ...links(sbin, ["ip6tables", "ip6tables-legacy"], "xtables-legacy-multi"),
        ...links(sbin, ["ip6tables-nft"], "xtables-nft-multi"),
      ],
    },
  ];
}

function splitIptables(architecture: Architecture, release: NetfilterRelease): ApkPackage[] {
  const version = `${release.iptables.version}-${release.iptables.revision}`;
  const names = ["iptables", "ip6tables", "iptables-nft", "ip6tables-nft"];
  return [
    {
      ...describePackage("libxtables", version, `${iptablesText} (library)`, netfilterLicense, []),
      origin: "iptables",
      files: xtablesLibrary(architecture, release),
    },
    {
      ...describePackage("iptables", version, iptablesText, netfilterLicense, [
        "so:libmnl.so.0",
        "so:libnftnl.so.11",
        "so:libxtables.so.12",
      ]),
      files: [
        multi("nft", architecture, release),
        ...links(release.sbin, names, "xtables-nft-multi"),
        ...extensions(architecture),
      ],
    },
  ];
}

function legacyIptables(architecture: Architecture, release: NetfilterRelease): ApkPackage[] {
  const version = `${release.iptables.version}-${release.iptables.revision}`;
  const part = (name: string, files: Entry[]): ApkPackage => ({
    ...describePackage(name, version, `${iptablesText} (legacy)`, netfilterLicense, []),
    origin: "iptables",
    files,
  });
  return [
    part("libip4tc", library("libip4tc", "2.0.0", architecture)),
    part("libip6tc", library("libip6tc", "2.0.0", architecture)),
    part("iptables-legacy", [
      multi("legacy", architecture, release),
      ...links(release.sbin, ["iptables-legacy", "ip6tables-legacy"], "xtables-legacy-multi"),
    ]),
  ];
}

function ipsetPackage(architecture: Architecture, { ipset }: NetfilterRelease): ApkPackage[] {
  const depends = ["so:libmnl.so.0"];
  return [
    {
      ...describePackage(
        "ipset",
        `${ipset.version}-${ipset.revision}`,
        "Manage Linux IP sets",
        netfilterLicense,
        depends,
      ),
      files: [
        program("usr/sbin/ipset", architecture, ["libipset.so.13"]),
        // The version stands beside the word `ipset`.
        ...library("libipset", ipset.library, architecture, {
          needed: ["libmnl.so.0"],
          strings: [ipset.version, "ipset"],
        }),
      ],
    },
  ];
}

/** The text of `lib/apk/db/installed`: one record a package, checksums those of the files themselves. A package's own
 * checksum (`C:`) is left out, because there is no package. */
export function apkDatabase(packages: ApkPackage[], architecture: Architecture): string {
  return packages.map((one) => `${apkRecord(one, apkArchitecture[architecture])}\n`).join("");
}

function apkRecord(one: ApkPackage, architecture: string): string {
  const size = one.files.reduce((sum, entry) => sum + (entry.type === "file" ? entry.content.length : 0), 0);
  const lines = [
    `P:${one.name}`,
    `V:${one.version}`,
    `A:${architecture}`,
    `I:${size}`,
    `T:${one.description}`,
    `L:${one.license}`,
    `o:${one.origin}`,
    ...(one.depends.length > 0 ? [`D:${one.depends.join(" ")}`] : []),
  ];
  for (const [folder, entries] of Map.groupBy(one.files, ({ path }) => path.slice(0, path.lastIndexOf("/"))))
    lines.push(`F:${folder}`, ...entries.flatMap(fileLines));
  return `${lines.join("\n")}\n`;
}

/** `R:` the name, `a:` owner and mode where they are not 0:0:644, `Z:` SHA-1 of the content or of a link's target. */
function fileLines(entry: Entry): string[] {
  if (entry.type === "directory") return [];
  const content = entry.type === "file" ? entry.content : Buffer.from(entry.target);
  const mode = entry.type === "file" ? entry.mode : 0o777;
  const checksum = createHash("sha1").update(content).digest("base64");
  return [
    `R:${entry.path.slice(entry.path.lastIndexOf("/") + 1)}`,
    ...(mode === 0o644 ? [] : [`a:0:0:${mode.toString(8)}`]),
    `Z:Q1${checksum}`,
  ];
}
