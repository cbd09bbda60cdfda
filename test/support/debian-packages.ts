import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compareVersions, upstreamVersion } from "../../src/model/version.ts";
import { narrowByFileName } from "../../src/toolchain/binaries/library-range.ts";
import type { BinaryContent } from "../../src/toolchain/content.ts";
import { aptEnvironment, preparePrivateApt, runPrivateApt } from "./private-apt.ts";
import { probe } from "./tree.ts";

/** Real Debian packages, and whether what their files' bytes say is what the packages are called. */

/** Debian's architectures with the names that ELF files give. */
export const DEBIAN_ARCHITECTURES = { amd64: "amd64", arm64: "arm64", armhf: "arm" } as const;
export type DebianArchitecture = keyof typeof DEBIAN_ARCHITECTURES;

export const NETFILTER_PACKAGES = [
  "arptables",
  "busybox",
  "busybox-static",
  "conntrack",
  "conntrackd",
  "ebtables",
  "ipset",
  "iptables",
  "ipvsadm",
  "libip4tc2",
  "libip6tc2",
  "libipset13",
  "libmnl0",
  "libnetfilter-conntrack3",
  "libnfnetlink0",
  "libnftables1",
  "libnftnl11",
  "libxtables12",
  "nftables",
];

/** Files with an exact version in their bytes. */
const EXACT =
  /^(?:xtables-(?:nft|legacy)-multi|nft|conntrackd?|busybox|ipvsadm|arptables-legacy|lib(?:nftables|ipset)\.so\.[\d.]+|libebtc\.so(?:\.[\d.]+)?)$/;
/** Files that are one of a few releases. */
const RANGE = /^lib(?:nftnl|xtables|netfilter_conntrack|ip[46]tc)\.so\.[\d.]+$/;
/** Files that are told by name and whose bytes hold no version. */
const UNVERSIONED = /^(?:ipset|ebtables-legacy|ebtables-legacy-restore|ebtablesd|lib(?:mnl|nfnetlink)\.so\.[\d.]+)$/;

export interface PackageFile {
  /** Package, version and architecture with the path in it, for messages. */
  label: string;
  name: string;
  content: BinaryContent;
  /** Upstream version of the package. */
  version: string;
}

/** Where the packages of a suite are fetched. An apt of its own: it neither reads nor changes the machine's lists. */
export interface Suite {
  /** @returns the files of the packages that are programs or libraries, or why they cannot be had */
  fetch(architecture: DebianArchitecture, packages: string[]): PackageFile[] | string;
  /** @returns the folder of each package's files, by the package's name, or why they cannot be had */
  unpack(architecture: DebianArchitecture, packages: string[]): Map<string, string> | string;
}

/** @returns a reason instead when this machine cannot have the suite */
export function openSuite(folder: string, suite: string, architectures: DebianArchitecture[]): Suite | string {
  const problem = preparePrivateApt(folder, suite, architectures);
  if (problem !== undefined) return problem;
  const all = execFileSync("apt-cache", ["pkgnames", "lib"], {
    encoding: "utf8",
    env: aptEnvironment(folder),
    maxBuffer: 1 << 26,
    timeout: 120_000,
  });
  const known = new Set(all.split("\n"));
  // Debian 13 renamed libraries when time_t became 64 bits wide.
  const renamed = (name: string) => (known.has(`${name}t64`) ? `${name}t64` : name);
  let round = 0;
  const download = (architecture: DebianArchitecture, packages: string[]): string[] | string => {
    const target = join(folder, `${architecture}-${round++}`);
    mkdirSync(target);
    const names = packages.map((name) => `${renamed(name)}:${architecture}/${suite}`);
    const failed = runPrivateApt(folder, ["download", "-qq", ...names], target);
    return failed ?? readdirSync(target).map((file) => join(target, file));
  };
  return {
    fetch(architecture, packages) {
      const debs = download(architecture, packages);
      return typeof debs === "string" ? debs : debs.flatMap(readPackage);
    },
    unpack(architecture, packages) {
      const debs = download(architecture, packages);
      if (typeof debs === "string") return debs;
      return new Map(debs.map((deb) => [field(deb, "Package"), unpackDeb(deb)]));
    },
  };
}

function field(deb: string, name: string): string {
  return execFileSync("dpkg-deb", ["-f", deb, name], { encoding: "utf8", timeout: 60_000 }).trim();
}

function unpackDeb(deb: string): string {
  const folder = `${deb}.files`;
  mkdirSync(folder);
  const tar = execFileSync("dpkg-deb", ["--fsys-tarfile", deb], { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 });
  execFileSync("tar", ["-x", "-C", folder], { input: tar, timeout: 60_000 });
  return folder;
}

/** What the probe keeps of each file of a package. */
function readPackage(deb: string): PackageFile[] {
  const version = upstreamVersion(field(deb, "Version")) ?? "";
  const folder = unpackDeb(deb);
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((path) => {
    const file = join(folder, path);
    const stat = lstatSync(file);
    if (!stat.isFile()) return [];
    const content = probe(`/${path}`, readFileSync(file), stat.mode & 0o777) as BinaryContent | undefined;
    if (content?.kind !== "binary") return [];
    return [{ label: `${basename(deb)}: /${path}`, name: basename(path), content, version }];
  });
}

const FAMILY_NUMBERS = { any: 0, ipv4: 2, arp: 3, bridge: 7, ipv6: 10 };

/**
 * What the bytes of iptables' extensions say they register, sorted: `FILE KIND NAME REAL-NAME REVISION FAMILY`, the kernel's
 * number of the family. A file that could not be told says so.
 */
export function listRegistrations(files: PackageFile[]): string[] {
  const lines = files.flatMap(({ name, content: { extensions } }) => {
    if (extensions?.problem !== undefined) return [`${name} ${extensions.problem}`];
    return (extensions?.registrations ?? []).map(
      ({ name: own, kind, realName = "-", revision, family }) =>
        `${name} ${kind} ${own} ${realName} ${revision} ${FAMILY_NUMBERS[family]}`,
    );
  });
  return lines.sort();
}

export interface Agreement {
  exact: number;
  ranges: number;
  unversioned: number;
  /** Other programs and libraries of the packages, rightly taken for none of the tools. */
  others: number;
  wrong: string[];
}

/** Compares bytes and package versions, file by file; the packages' version is the truth. */
export function compareWithPackages(files: PackageFile[], machine: string): Agreement {
  const agreement: Agreement = { exact: 0, ranges: 0, unversioned: 0, others: 0, wrong: [] };
  for (const file of files) {
    const { label, name, content } = file;
    if (content.architecture !== machine) agreement.wrong.push(`${label}: machine ${content.architecture}`);
    const kind = EXACT.test(name)
      ? "exact"
      : RANGE.test(name)
        ? "ranges"
        : UNVERSIONED.test(name)
          ? "unversioned"
          : "others";
    const problem = { exact: checkExact, ranges: checkRange, unversioned: checkUnversioned, others: checkOther }[kind](
      file,
    );
    if (problem === undefined) agreement[kind]++;
    else agreement.wrong.push(`${label}: ${problem}`);
  }
  return agreement;
}

function checkExact({ name, content: { identity }, version }: PackageFile): string | undefined {
  if (identity?.version !== version) return `${identity?.version ?? "no version"} instead of ${version}`;
  const backend = name.includes("legacy") || name.startsWith("libebtc") ? "legacy" : "nft";
  return /^xtables-|^arptables/.test(name) && identity.backend !== backend ? `backend ${identity.backend}` : undefined;
}

function checkRange({ name, content: { identity }, version }: PackageFile): string | undefined {
  if (!identity?.library) return "not told as a library";
  const { min, max } = narrowByFileName(identity.tool, name, identity.library);
  if (min === null && max === null) return "no range";
  const within =
    (min === null || compareVersions(min, version) <= 0) && (max === null || compareVersions(version, max) <= 0);
  return within ? undefined : `${min} to ${max} without ${version}`;
}

function checkUnversioned({ name, content: { identity } }: PackageFile): string | undefined {
  if (!identity) return "not told";
  if (identity.version !== null) return `version ${identity.version}`;
  const library = name === "ipset" ? "libipset.so" : name.startsWith("ebtables") ? "libebtc.so" : undefined;
  return identity.versionIn === library ? undefined : `version in ${identity.versionIn}`;
}

function checkOther({ content: { identity } }: PackageFile): string | undefined {
  return identity && `told as ${identity.tool}`;
}
