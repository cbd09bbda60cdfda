import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as build from "./netfilter-binaries.ts";
import { standIn } from "./rpm-stand-ins.ts";

/**
 * rpm packages with the names and versions of real distributions and stand-ins for their files, built and installed by the
 * real rpm, so that its databases can be read.
 */

export interface RpmPackage {
  name: string;
  epoch?: number;
  version: string;
  release: string;
  files: Record<string, Buffer>;
}

const multi = (version: string, backend: "nft" | "legacy") => ({
  [`/usr/sbin/xtables-${backend}-multi`]: standIn(`iptables ${version} ${backend}`, () =>
    build.xtablesMulti(version, backend),
  ),
});
const nft = (version: string) => standIn(`nft ${version}`, () => build.nft(version));
const ipset = () => standIn("ipset", () => build.ipset());
const libipset = (version: string) => standIn(`libipset ${version}`, () => build.libipset(version));
const libnftnl = (top: number) => standIn(`libnftnl ${top}`, () => build.libnftnl(top));

/**
 * Names, epochs, versions and releases as public package lists have them: RHEL 8.8 and its rebuilds (dnf logs: nftables
 * 1:0.9.3-26.el8 beside iptables 1.8.4), RHEL 9.5 (one dnf log has nftables 1:1.0.9-3.el9 and iptables-nft 1.8.10-11.el9_5),
 * AlmaLinux 10.0 (file names in its vault), Amazon Linux 2 and 2023 (aws/eks-distro-build-tooling,
 * eks-distro-base-minimal-packages at d6d2704a), Azure Linux 3.0 (Azure/AgentBaker,
 * release-notes/AKSAzureLinuxV3/gen2/latest.txt).
 *
 * Those lists show no epochs of RHEL 10, Amazon Linux and Azure Linux, so these packages have none here. SLES 15 SP4 is known
 * by its change log, which tells the version alone: its release is {@link UNKNOWN_RELEASE}.
 */
const UNKNOWN_RELEASE = "0";
export const rpmDistributions = {
  "rhel-8": [
    { name: "iptables", version: "1.8.4", release: "24.el8_8.2", files: multi("1.8.4", "nft") },
    { name: "nftables", epoch: 1, version: "0.9.3", release: "26.el8", files: { "/usr/sbin/nft": nft("0.9.3") } },
    { name: "libnftnl", version: "1.1.5", release: "5.el8", files: { "/usr/lib64/libnftnl.so.11.2.0": libnftnl(13) } },
    { name: "ipset", version: "7.1", release: "1.el8", files: { "/usr/sbin/ipset": ipset() } },
    {
      name: "ipset-libs",
      version: "7.1",
      release: "1.el8",
      files: { "/usr/lib64/libipset.so.13.1.0": libipset("7.1") },
    },
  ],
  "rhel-9": [
    { name: "iptables-nft", version: "1.8.10", release: "11.el9_5", files: multi("1.8.10", "nft") },
    { name: "nftables", epoch: 1, version: "1.0.9", release: "3.el9", files: { "/usr/sbin/nft": nft("1.0.9") } },
    {
      name: "libnftnl",
      version: "1.2.6",
      release: "4.el9_4",
      files: { "/usr/lib64/libnftnl.so.11.6.0": libnftnl(17) },
    },
  ],
  "rhel-10": [
    { name: "iptables-nft", version: "1.8.11", release: "9.el10_0", files: multi("1.8.11", "nft") },
    { name: "nftables", version: "1.1.1", release: "4.el10_0", files: { "/usr/sbin/nft": nft("1.1.1") } },
    {
      name: "libnftnl",
      version: "1.2.8",
      release: "2.el10",
      files: { "/usr/lib64/libnftnl.so.11.6.0": libnftnl(17) },
    },
  ],
  "amazon-linux-2": [
    { name: "iptables", version: "1.8.4", release: "10.amzn2.1.2", files: multi("1.8.4", "legacy") },
    { name: "iptables-nft", version: "1.8.4", release: "10.amzn2.1.2", files: multi("1.8.4", "nft") },
    {
      name: "libnftnl",
      version: "1.1.5",
      release: "4.amzn2",
      files: { "/usr/lib64/libnftnl.so.11.2.0": libnftnl(13) },
    },
    { name: "ipset", version: "6.29", release: "1.amzn2.0.1", files: { "/usr/sbin/ipset": ipset() } },
    {
      name: "ipset-libs",
      version: "6.29",
      release: "1.amzn2.0.1",
      files: { "/usr/lib64/libipset.so.13.0.0": libipset("6.29") },
    },
  ],
  "amazon-linux-2023": [
    { name: "iptables-nft", version: "1.8.8", release: "3.amzn2023.0.2", files: multi("1.8.8", "nft") },
    { name: "iptables-legacy", version: "1.8.8", release: "3.amzn2023.0.2", files: multi("1.8.8", "legacy") },
    { name: "nftables", version: "1.0.4", release: "3.amzn2023.0.3", files: { "/usr/sbin/nft": nft("1.0.4") } },
    {
      name: "libnftnl",
      version: "1.2.2",
      release: "2.amzn2023.0.2",
      files: { "/usr/lib64/libnftnl.so.11.6.0": libnftnl(17) },
    },
  ],
  "sles-15": [
    {
      name: "iptables",
      version: "1.8.7",
      release: UNKNOWN_RELEASE,
      files: { ...multi("1.8.7", "legacy"), ...multi("1.8.7", "nft") },
    },
  ],
  "azure-linux-3": [
    {
      name: "iptables",
      version: "1.8.10",
      release: "4.azl3",
      files: { ...multi("1.8.10", "legacy"), ...multi("1.8.10", "nft") },
    },
    { name: "nftables", version: "1.0.9", release: "2.azl3", files: { "/usr/sbin/nft": nft("1.0.9") } },
    { name: "ipset", version: "7.17", release: "2.azl3", files: { "/usr/sbin/ipset": ipset() } },
    {
      name: "libnftnl",
      version: "1.2.6",
      release: "1.azl3",
      files: { "/usr/lib64/libnftnl.so.11.6.0": libnftnl(17) },
    },
  ],
} satisfies Record<string, RpmPackage[]>;

export type RpmDistribution = keyof typeof rpmDistributions;

/** One more package, whose header is larger than a database page: 400 files in ten folders. */
export const bulkyPackage: RpmPackage = {
  name: "bulky",
  version: "1.0",
  release: "1",
  files: Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`/usr/share/bulky/${i % 10}/file-${i}`, Buffer.from(`${i}`)]),
  ),
};

/** Version as a package record shows it. */
export function rpmVersion({ epoch, version, release }: RpmPackage): string {
  return `${epoch ? `${epoch}:` : ""}${version}-${release}`;
}

/** Builds the packages with rpmbuild; returns the .rpm files. */
export function buildRpms(folder: string, packages: RpmPackage[]): string[] {
  mkdirSync(join(folder, "files"), { recursive: true });
  return packages.map((item) => {
    const copies = Object.entries(item.files).map(([path, content], i) => {
      const source = join(folder, "files", `${item.name}-${i}`);
      writeFileSync(source, content);
      return `install -D -m 755 ${source} %{buildroot}${path}`;
    });
    const spec = join(folder, `${item.name}.spec`);
    writeFileSync(spec, specText(item, copies));
    const top = join(folder, "top");
    const define = (name: string, value: string) => ["--define", `${name} ${value}`];
    const options = ["-bb", "--quiet", "--nodeps", "--target", "x86_64-redhat-linux"];
    const defines = [
      ...define("_topdir", top),
      ...define("_build_id_links", "none"),
      ...define("__os_install_post", "%{nil}"),
    ];
    const output = join(top, "RPMS/x86_64");
    execFileSync("rpmbuild", [...options, ...defines, spec], { stdio: ["ignore", "ignore", "pipe"], timeout: 120_000 });
    const file = readdirSync(output).find((name) => name.startsWith(`${item.name}-${item.version}-`));
    if (file === undefined) throw new Error(`rpmbuild made no ${item.name}`);
    return join(output, file);
  });
}

function specText(item: RpmPackage, copies: string[]): string {
  return [
    `Name: ${item.name}`,
    ...(item.epoch === undefined ? [] : [`Epoch: ${item.epoch}`]),
    `Version: ${item.version}`,
    `Release: ${item.release}`,
    "Summary: Stand-in",
    "License: Apache-2.0",
    "AutoReqProv: no",
    "%description",
    "Stand-in.",
    "%install",
    ...copies,
    "%files",
    ...Object.keys(item.files),
    "",
  ].join("\n");
}

export interface RpmInstallation {
  backend: "sqlite" | "ndb" | "bdb";
  /** Of the database in the new root. */
  path?: string;
  /** A root with rpm in it; its version decides which formats it can write. */
  chroot?: string;
  /** Arguments of one more run of rpm, when all is installed. */
  query?: string[];
  /** Names of packages that are taken out again before. */
  erase?: string[];
}

/**
 * Installs packages with the machine's rpm, or with that of another root, into an empty root.
 * @returns the database folder's files by name, and as `query` what rpm answered to that
 */
export function installRpms(
  folder: string,
  rpms: string[],
  { backend, path = "/var/lib/rpm", chroot, query = [], erase = [] }: RpmInstallation,
): Record<string, Buffer> {
  const root = join(chroot ?? folder, "new-root");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "rpms"), { recursive: true });
  for (const rpm of rpms) copyFileSync(rpm, join(root, "rpms", basename(rpm)));
  const inside = chroot === undefined ? root : "/new-root";
  const base = ["--root", inside, "--dbpath", path, "--define", `_db_backend ${backend}`];
  const run = (args: string[]): Buffer => {
    const command = chroot === undefined ? ["rpm"] : ["chroot", chroot, "rpm"];
    const [program = "", ...rest] = [...command, ...base, ...args];
    return execFileSync(program, rest, { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  };
  run(["--initdb"]);
  const files = rpms.map((rpm) => join(inside, "rpms", basename(rpm)));
  run(["-i", "--nodeps", "--nosignature", "--noscripts", "--ignorearch", ...files]);
  if (erase.length > 0) run(["-e", "--nodeps", "--noscripts", ...erase]);
  const database = join(root, path);
  const names = readdirSync(database).filter((name) => /^(?:Packages|Packages\.db|rpmdb\.sqlite(?:-wal)?)$/.test(name));
  const read: [name: string, bytes: Buffer][] = names.map((name) => [name, readFileSync(join(database, name))]);
  if (query.length > 0) read.push(["query", run(query)]);
  rmSync(root, { recursive: true, force: true });
  return Object.fromEntries(read);
}
