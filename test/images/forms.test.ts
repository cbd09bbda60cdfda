import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { inspectImages } from "../../src/inspect.ts";
import { buildElf } from "../support/elf-builder.ts";
import { describeToolchain, writeImage } from "../support/form-images.ts";
import { expectGolden } from "../support/golden.ts";
import type { ConfigOptions } from "../support/image-writer.ts";
import {
  apkDatabase,
  dpkgStatus,
  goProgram,
  goWrapper,
  ipset,
  libipset,
  libnftnl,
  nft,
  staticXtablesMulti,
  wrapperScripts,
  xtablesMulti,
} from "../support/netfilter-binaries.ts";
import { type RpmPackage, rpmDistributions } from "../support/rpm-databases.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { Listing } from "../support/tree.ts";

/**
 * The forms in which published images bundle their tools, each as an archive of several layers and with all that is told of it
 * in golden/forms. The files are stand-ins; debian-forms.test.ts has the forms that Debian's own files can take.
 */

interface Form {
  layers: Listing[];
  options?: ConfigOptions;
}

const COMMANDS = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];
const all = (directory: string, entry: string | Buffer): Listing =>
  Object.fromEntries(COMMANDS.map((name) => [`${directory}/${name}`, entry]));
const text = (content: string) => ({ content, mode: 0o644 });
const osRelease = (id: string, version: string) => text(`ID=${id}\nVERSION_ID="${version}"\n`);
const linked = (pairs: Record<string, string>): Listing =>
  Object.fromEntries(Object.entries(pairs).map(([path, target]) => [path, `-> ${target}`]));

const nftMulti = xtablesMulti("1.8.11", "nft");
const legacyMulti = xtablesMulti("1.8.11", "legacy");

/** Alpine's packages with a split-off legacy one, in a folder for programs. */
function alpine(sbin: string, database: string): Listing {
  return {
    [database]: text(
      apkDatabase([
        { name: "iptables", version: "1.8.11-r1", files: [[`${sbin}/xtables-nft-multi`, nftMulti]] },
        { name: "iptables-legacy", version: "1.8.11-r1", files: [[`${sbin}/xtables-legacy-multi`, legacyMulti]] },
        {
          name: "ipset",
          version: "7.24-r0",
          files: [
            ["/usr/sbin/ipset", ipset()],
            ["/usr/lib/libipset.so.13.4.0", libipset("7.24")],
          ],
        },
      ]),
    ),
    [`${sbin}/xtables-nft-multi`]: nftMulti,
    [`${sbin}/xtables-legacy-multi`]: legacyMulti,
    [`${sbin}/iptables-nft`]: "-> xtables-nft-multi",
    [`${sbin}/iptables-legacy`]: "-> xtables-legacy-multi",
    "/usr/sbin/ipset": ipset(),
    "/usr/lib/libipset.so.13": "-> libipset.so.13.4.0",
    "/usr/lib/libipset.so.13.4.0": libipset("7.24"),
  };
}

/** Written by a real rpm, see its README. */
const RHEL_9: RpmPackage[] = rpmDistributions["rhel-9"];
const RHEL_9_DATABASE = zstdDecompressSync(
  readFileSync(new URL("../toolchain/fixtures/rpm/rhel-9.rpmdb.sqlite.zst", import.meta.url)),
);

const usrMerge = linked({ "/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib" });
const status = (name: string, version: string) => `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\n`;
const md5 = (path: string, content: Buffer) => `${createHash("md5").update(content).digest("hex")}  ${path.slice(1)}\n`;

const FORMS: Record<string, Form> = {
  "wolfi: programs in /usr/bin, database in /usr/lib/apk behind /lib": {
    layers: [
      {
        "/etc/os-release": osRelease("wolfi", "20230201"),
        ...linked({ "/lib": "usr/lib", "/sbin": "usr/sbin", "/bin": "usr/bin", "/usr/sbin": "bin" }),
        "/usr/lib/apk/db/installed": text(
          apkDatabase([
            // Recorded as it was packed: below the link.
            {
              name: "iptables",
              version: "1.8.13-r0",
              files: [["/usr/sbin/xtables-nft-multi", xtablesMulti("1.8.13", "nft")]],
            },
            { name: "nftables", version: "1.1.6-r0", files: [["/usr/bin/nft", nft("1.1.6")]] },
          ]),
        ),
        "/usr/bin/xtables-nft-multi": {
          content: xtablesMulti("1.8.13", "nft"),
          xattrs: { "security.capability": "\x01\0\0\x02" },
        },
        ...all("/usr/bin", "-> xtables-nft-multi"),
        "/usr/bin/nft": nft("1.1.6"),
      },
    ],
  },
  "alpine 3.22 below, 3.23 above: merged /usr, the database moved": {
    layers: [
      { "/etc/os-release": osRelease("alpine", "3.22.1"), ...alpine("/usr/sbin", "/lib/apk/db/installed") },
      {
        "/etc/os-release": osRelease("alpine", "3.23.0"),
        "/.wh.lib": "",
        "/.wh.sbin": "",
        ...usrMerge,
        ...alpine("/usr/sbin", "/usr/lib/apk/db/installed"),
        ...all("/usr/sbin", "-> xtables-nft-multi"),
      },
    ],
  },
  "alpine before merged /usr, links laid over /sbin": {
    layers: [
      { "/etc/os-release": osRelease("alpine", "3.18.0"), ...alpine("/sbin", "/lib/apk/db/installed") },
      { ...all("/sbin", "-> xtables-legacy-multi") },
      { "/sbin/iptables-wrapper": wrapperScripts.v2, ...all("/sbin", "-> /sbin/iptables-wrapper") },
    ],
  },
  "klipper-lb: apk deleted, the start script sets the links": {
    layers: [
      { "/etc/os-release": osRelease("alpine", "3.24.0"), ...alpine("/usr/sbin", "/lib/apk/db/installed") },
      {
        ...all("/usr/sbin", "-> xtables-nft-multi"),
        "/sbin/.wh.apk": "",
        "/usr/bin/entry":
          "#!/bin/sh\ncheck_iptables_mode() {\n  lsmod\n}\nset_legacy() {\n  ln -sf x y\n}\ncheck_iptables_mode\n",
      },
    ],
    options: { config: { Cmd: ["entry"] } },
  },
  "distroless: status.d with checksums, a stanza written by hand, squashed": {
    layers: [
      {
        "/var/lib/dpkg/status.d/iptables": text(status("iptables", "1.8.9-2")),
        "/var/lib/dpkg/status.d/iptables.md5sums": text(
          md5("/usr/sbin/xtables-nft-multi", xtablesMulti("1.8.9", "nft")) +
            md5("/usr/sbin/xtables-legacy-multi", xtablesMulti("1.8.9", "legacy")),
        ),
        "/var/lib/dpkg/status.d/nftables": text("Package: nftables\nVersion: 1.0.6.1"),
        "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
        "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.9", "legacy"),
        "/usr/sbin/nft": nft("1.0.6"),
        "/usr/sbin/iptables-wrapper": wrapperScripts.v2,
        ...all("/usr/sbin", "-> /usr/sbin/iptables-wrapper"),
        "/usr/local/bin/kube-proxy": goProgram({
          path: "k8s.io/kubernetes/cmd/kube-proxy",
          module: "k8s.io/kubernetes",
          dependencies: [["sigs.k8s.io/knftables", "v0.0.20"]],
        }),
      },
    ],
    options: { config: { Entrypoint: ["/usr/local/bin/kube-proxy"] } },
  },
  "distroless: status.d alone": {
    layers: [
      { "/var/lib/dpkg/status.d/base-files": text(status("base-files", "12.4")) },
      {
        "/var/lib/dpkg/status.d/iptables": text(status("iptables", "1.8.7-1")),
        "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.7", "nft"),
        ...all("/usr/sbin", "-> xtables-nft-multi"),
      },
    ],
  },
  "azure: copies in place of links, nothing records them": {
    layers: [
      {
        "/etc/os-release": osRelease("azurelinux", "3.0"),
        "/var/lib/rpmmanifest/container-manifest-2": text(
          "bash\t5.2.15-3.azl3\t1\t1\tMicrosoft Corporation\t(none)\t1\tx86_64\t0\tbash-5.2.15-3.azl3.src.rpm\n",
        ),
      },
      {
        ...all("/usr/sbin", xtablesMulti("1.8.10", "nft")),
        "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.10", "nft"),
      },
      { "/usr/sbin/iptables-legacy": xtablesMulti("1.8.10", "legacy"), "/usr/lib/libnftnl.so.11.6.0": libnftnl(17) },
    ],
  },
  "kube-ovn: wrapper links in /usr/local/sbin, file capabilities, alternatives below": {
    layers: [
      {
        "/etc/os-release": osRelease("ubuntu", "24.04"),
        "/var/lib/dpkg/status": text(dpkgStatus([{ name: "iptables", version: "1.8.10-3ubuntu2" }])),
        "/var/lib/dpkg/info/iptables.list": text("/usr/sbin/xtables-nft-multi\n/usr/sbin/xtables-legacy-multi\n"),
        "/usr/sbin/xtables-nft-multi": {
          content: xtablesMulti("1.8.10", "nft"),
          xattrs: { "security.capability": "\x01\0\0\x02" },
        },
        "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.10", "legacy"),
        "/usr/sbin/iptables-nft": "-> xtables-nft-multi",
        "/usr/sbin/iptables": "-> /etc/alternatives/iptables",
        "/etc/alternatives/iptables": "-> /usr/sbin/iptables-nft",
        "/usr/sbin/iptables-wrapper": wrapperScripts["kube-ovn"],
        ...all("/usr/local/sbin", "-> /usr/sbin/iptables-wrapper"),
      },
    ],
  },
  "kube-router: the wrapper installed where no PATH leads": {
    layers: [
      { "/etc/os-release": osRelease("alpine", "3.24.0"), ...alpine("/usr/sbin", "/usr/lib/apk/db/installed") },
      {
        ...all("/usr/sbin", "-> xtables-nft-multi"),
        "/iptables-wrapper": goWrapper("v3"),
        ...all("", "-> /iptables-wrapper"),
        "/usr/local/bin/kube-router": goProgram({
          path: "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",
          module: "github.com/cloudnativelabs/kube-router/v2",
          dependencies: [["github.com/coreos/go-iptables", "v0.8.0"]],
        }),
      },
    ],
    options: { config: { Entrypoint: ["/usr/local/bin/kube-router"] } },
  },
  "tailscale: the link replaced by hand, to a program that is not installed": {
    layers: [
      {
        "/etc/os-release": osRelease("alpine", "3.22.0"),
        "/lib/apk/db/installed": text(
          apkDatabase([
            {
              name: "iptables",
              version: "1.8.11-r1",
              files: [["/usr/sbin/xtables-nft-multi", nftMulti], "/usr/sbin/iptables"],
            },
          ]),
        ),
        "/usr/sbin/xtables-nft-multi": nftMulti,
        ...all("/usr/sbin", "-> xtables-nft-multi"),
      },
      { "/usr/sbin/iptables": "-> /usr/sbin/iptables-legacy", "/usr/sbin/ip6tables": "-> /usr/sbin/ip6tables-legacy" },
    ],
  },
  "ovn-kubernetes: scripts that run the host's tools, laid over the links": {
    layers: [
      {
        "/etc/os-release": osRelease("fedora", "41"),
        "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.10", "nft"),
        ...all("/usr/sbin", "-> xtables-nft-multi"),
      },
      { ...all("/usr/sbin", '#!/bin/bash\nexec chroot /host /usr/sbin/"$(basename "$0")" "$@"\n') },
    ],
  },
  "hardened: static programs beside a database that doesn't know them": {
    layers: [
      {
        "/etc/os-release": osRelease("sles", "15.6"),
        "/var/lib/dpkg/status": text(dpkgStatus([{ name: "bash", version: "5" }])),
      },
      {
        "/usr/sbin/xtables-legacy-multi": staticXtablesMulti("1.8.11", "legacy"),
        "/usr/sbin/xtables-nft-multi": staticXtablesMulti("1.8.11", "nft"),
        "/usr/sbin/iptables-detect.sh": wrapperScripts.k3s,
        ...all("/usr/sbin", "-> iptables-detect.sh"),
      },
    ],
  },
  "arm: a program of another architecture came along": {
    layers: [
      {
        "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft", "arm"),
        ...all("/usr/sbin", "-> xtables-nft-multi"),
        "/usr/sbin/nft": nft("1.1.3", "arm64"),
      },
    ],
    options: { architecture: "arm", variant: "v7" },
  },
  "calico: a legacy program copied beside a database that doesn't know it": {
    layers: [
      {
        "/etc/os-release": osRelease("rhel", "9.6"),
        ...Object.fromEntries(RHEL_9.flatMap((item) => Object.entries(item.files))),
        "/var/lib/rpm/rpmdb.sqlite": { content: RHEL_9_DATABASE, mode: 0o644 },
        ...all("/usr/sbin", "-> xtables-nft-multi"),
      },
      { "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.8", "legacy"), "/usr/sbin/nft": nft("1.1.1") },
    ],
    options: { config: { Env: ["PATH=/usr/sbin:/usr/bin", "FELIX_IPTABLESBACKEND=NFT", "OTHER=1"] } },
  },
  "kindnet: no tool at all": {
    layers: [
      { "/var/lib/dpkg/status.d/base": text(status("base-files", "12.4")) },
      {
        "/bin/kindnetd": goProgram({
          path: "sigs.k8s.io/kindnet/cmd/kindnetd",
          module: "sigs.k8s.io/kindnet",
          dependencies: [["github.com/google/nftables", "v0.2.0"]],
        }),
      },
    ],
    options: { config: { Entrypoint: ["/bin/kindnetd"] } },
  },
  "busybox with a link named iptables, links in a circle": {
    layers: [
      {
        "/bin/busybox": buildElf({ needed: ["libc.so.6"], strings: ["BusyBox v1.36.1 (2024-01-01)"] }),
        "/sbin/iptables": "-> /bin/busybox",
        "/sbin/ip6tables": "-> /sbin/ip6tables-legacy",
        "/sbin/ip6tables-legacy": "-> /sbin/ip6tables",
      },
    ],
  },
};

const scratch = scratchFolder("forms");

test.each(Object.entries(FORMS))("%s", async (title, { layers, options }) => {
  const name = title.replace(/\W+/g, "-");
  const { archive, digests } = writeImage(layers, options);
  const file = scratch.write(`${name}.tar`, archive);
  const { images } = await inspectImages([`oci-archive:${file}`]);
  const [platform] = images[0]?.platforms ?? [];
  expect(images[0]?.platforms).toHaveLength(1);
  expectGolden(new URL(`golden/forms/${name}.txt`, import.meta.url), describeToolchain(platform!.toolchain, digests));
});
