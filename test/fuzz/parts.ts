import { readFileSync } from "node:fs";
import { gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { samples } from "../report/samples.ts";
import { buildElf } from "../support/elf-builder.ts";
import {
  addBlob,
  addImage,
  addIndex,
  buildLayer,
  dockerLegacy,
  type Files,
  finishLayout,
  named,
  packFiles,
} from "../support/image-writer.ts";
import {
  apkDatabase,
  dpkgStatus,
  goProgram,
  goWrapper,
  ipset,
  libipset,
  libnftnl,
  nft,
  wrapperScripts,
  xtablesMulti,
} from "../support/netfilter-binaries.ts";
import { encodePax, gnuLong, type TarEntry, writeTar } from "../support/tar-writer.ts";

/** Small real parts that the fuzzers change. */

const run = { mode: 0o755 };
const long = `${"d".repeat(90)}/${"e".repeat(90)}`;
const rpm = (name: string) =>
  zstdDecompressSync(readFileSync(new URL(`../toolchain/fixtures/rpm/${name}.zst`, import.meta.url)));

/** Files of an image by path. */
export const files: Record<string, Buffer> = {
  "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
  "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.4", "legacy", "arm64"),
  "/usr/sbin/nft": nft("1.0.6"),
  "/usr/sbin/ipset": ipset("arm"),
  "/usr/lib/libipset.so.13": libipset("7.17"),
  "/usr/lib/libnftnl.so.11": libnftnl(17),
  "/usr/bin/agent": goProgram({ path: "example.com/agent", module: "example.com/agent" }),
  "/usr/sbin/iptables-wrapper": goWrapper("v3"),
  "/usr/lib/libc.so.6": buildElf({
    soname: "libc.so.6",
    definitions: ["GLIBC_2.2.5", "GLIBC_2.34"],
    needs: [{ file: "ld-linux-x86-64.so.2", versions: ["GLIBC_PRIVATE"] }],
  }),
  "/usr/local/sbin/iptables": Buffer.from(wrapperScripts.v2),
  "/entrypoint.sh": Buffer.from(
    `${wrapperScripts["kube-ovn"]}update-alternatives --set iptables /usr/sbin/iptables-nft\nexec -a x chroot /host iptables "$@"\n`,
  ),
  "/lib/apk/db/installed": Buffer.from(
    apkDatabase([
      {
        name: "iptables",
        version: "1.8.10-r3",
        files: [["/usr/sbin/xtables-nft-multi", xtablesMulti("1.8.9", "nft")]],
      },
    ]),
  ),
  "/var/lib/dpkg/status": Buffer.from(
    dpkgStatus([
      { name: "iptables", version: "1.8.9-2" },
      { name: "ipset", version: "7.17-1" },
    ]),
  ),
  "/var/lib/dpkg/info/iptables.list": Buffer.from("/.\n/usr\n/usr/sbin\n/usr/sbin/xtables-nft-multi\n"),
  "/var/lib/dpkg/info/iptables.md5sums": Buffer.from(`${"0".repeat(32)}  usr/sbin/xtables-nft-multi\n`),
  "/etc/os-release": Buffer.from('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'),
  "/etc/ld.so.conf": Buffer.from("include /etc/ld.so.conf.d/*.conf\n/usr/local/lib\n"),
  "/etc/ld-musl-x86_64.path": Buffer.from("/lib:/usr/lib\n"),
};

/** Package databases of which each run reads one. */
export const databases: Record<string, { path: string; bytes: Buffer }> = {
  apk: { path: "/lib/apk/db/installed", bytes: files["/lib/apk/db/installed"] as Buffer },
  dpkg: { path: "/var/lib/dpkg/status", bytes: files["/var/lib/dpkg/status"] as Buffer },
  list: { path: "/var/lib/dpkg/info/iptables.list", bytes: files["/var/lib/dpkg/info/iptables.list"] as Buffer },
  sums: { path: "/var/lib/dpkg/info/iptables.md5sums", bytes: files["/var/lib/dpkg/info/iptables.md5sums"] as Buffer },
  bdb: { path: "/var/lib/rpm/Packages", bytes: rpm("rhel-8.Packages") },
  ndb: { path: "/usr/lib/sysimage/rpm/Packages.db", bytes: rpm("sles-15.Packages.db") },
  sqlite: { path: "/var/lib/rpm/rpmdb.sqlite", bytes: rpm("rhel-9.rpmdb.sqlite") },
};

const tools: TarEntry[] = Object.entries(files).map(([path, content]) => ({ name: path.slice(1), content, ...run }));

/** Archives of every form that the reader knows. */
export const tars: Record<string, Buffer> = {
  tools: writeTar(tools.slice(0, 3)),
  forms: writeTar([
    { name: "usr/", flag: "5" },
    { name: "usr/sbin/", flag: "5", format: "gnu" },
    gnuLong("L", long),
    { name: "short", content: "1" },
    gnuLong("K", long),
    { name: "link", flag: "2", linkname: "x" },
    { name: "old", format: "v7", content: "22" },
    {
      name: "x",
      pax: { path: long, uid: "70000", "SCHILY.xattr.security.capability": Buffer.from([1, 0, 0, 2, 255, 0]) },
    },
    { name: "g", flag: "g", content: encodePax({ uid: "5", comment: "c" }) },
    { name: "prefixed", prefix: "a/b", content: "333" },
    { name: "hard", flag: "1", linkname: "short" },
    { name: "dev", flag: "3" },
    { name: "fifo", flag: "6" },
  ]),
  sparse: writeTar([
    {
      name: "s",
      content: "7\n0\n512\n".padEnd(512, "\0") + "x".repeat(512),
      pax: {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": "4096",
        "GNU.sparse.name": "usr/sbin/nft",
      },
      ...run,
    },
    {
      name: "t",
      content: "12345",
      pax: { "GNU.sparse.map": "0,5", "GNU.sparse.size": "100", "GNU.sparse.numblocks": "1" },
    },
    {
      name: "usr/sbin/iptables",
      flag: "S",
      format: "gnu",
      content: "abc",
      ...run,
      edit(header) {
        for (const [at, value] of [
          [386, 0],
          [398, 3],
          [483, 2000],
        ] as const)
          header.write(`${value.toString(8).padStart(11, "0")}\0`, at, "latin1");
      },
    },
  ]),
  layers: writeTar([
    { name: "etc/", flag: "5" },
    { name: "etc/.wh..wh..opq" },
    { name: "etc/.wh.passwd" },
    { name: "sbin", flag: "2", linkname: "usr/sbin" },
    { name: "sbin/iptables", flag: "2", linkname: "../../usr/sbin/x" },
    { name: "usr/sbin/x", content: "#!/bin/sh\n", ...run },
    { name: "usr/sbin/y", flag: "1", linkname: "sbin/x" },
    { name: ".wh..wh.plnk/1.2", content: "1" },
    { name: "z", flag: "1", linkname: ".wh..wh.plnk/1.2" },
  ]),
};

const tar = tars.forms as Buffer;
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from("abc")]);

/** Compressed streams with what each holds. */
export const streams: Record<string, Buffer> = {
  gzip: gzipSync(tar),
  members: Buffer.concat([gzipSync(tar.subarray(0, 3000)), gzipSync(Buffer.alloc(0)), gzipSync(tar.subarray(3000))]),
  zstd: zstdCompressSync(tar),
  frames: Buffer.concat([zstdCompressSync(tar.subarray(0, 3000)), skippable, zstdCompressSync(tar.subarray(3000))]),
  plain: tar,
};

const one = buildLayer(tools.slice(0, 2), "none");
const two = buildLayer([{ name: "etc/.wh.passwd" }], "gzip");

const runConfig = { Env: ["PATH=/usr/sbin"], Entrypoint: ["/entrypoint.sh"], Cmd: "x" };

function layout(): Files {
  const made: Files = new Map();
  const images = ["amd64", "arm64"].map((architecture) => ({
    ...addImage(made, [one, two], { architecture, config: runConfig }),
    platform: { os: "linux", architecture },
  }));
  const proof = addBlob(made, Buffer.from('{"layers":[],"config":{"digest":"sha256:0"}}'));
  const attestation = {
    ...proof,
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  };
  return finishLayout(made, [named(addIndex(made, [...images, attestation]), "app:1")]);
}

/** Images as sets of files. */
export const images: Record<string, Files> = {
  layout: layout(),
  legacy: dockerLegacy([{ layers: [one, two], tags: ["app:1", "app:2"] }]),
  both: new Map([
    ...layout(),
    ...dockerLegacy([{ layers: [one, two], tags: ["app:1"], options: { architecture: "amd64", config: runConfig } }]),
  ]),
};

/** The same as archives. */
export const archives: Record<string, Buffer> = Object.fromEntries(
  Object.entries(images).flatMap(([name, made]) => [
    [name, packFiles(made)],
    [`${name}.gz`, gzipSync(packFiles(made))],
  ]),
);

/** Saved reports as they are gathered. */
export const reports: Record<string, unknown> = Object.fromEntries(
  Object.entries(samples).filter(([name]) => name !== "400-findings"),
);

export const configs: Record<string, string> = {
  full: `hosts:
  - ubuntu-22.04@6.2
  - "debian >= 12"
  - id: edge
    extends: debian-12
    kernel: "6.1.0-13-amd64"
    iptables: {version: "1.8.9", backend: nft}
    modules: {ip_tables: absent}
    programs: [kubelet@1.31]
programs:
  - kube-proxy@1.31
  - {name: agent, iptables: "1.8.9", backend: nft, ipset: "7.17", writes: [mark-match, port-range], operations: [list]}
images:
  - {match: "*calico*", program: calico, env: {FELIX_IPTABLESBACKEND: NFT}, network: host, modules: host}
ignore:
  - {rule: mixed-backends, host: "talos-*", until: 2027-01-31, reason: "tracked"}
severity: {wrapper-missing: warning}
fail-on: error
limits: {layer-size: 20GiB, entries: 100, total-time: 90s}
`,
  anchors: "programs: &p [docker]\nhosts:\n  - {id: a, programs: *p}\n  - default\n",
  small: "fail-on: never\n",
};

export const nodes: Record<string, unknown> = {
  list: {
    apiVersion: "v1",
    kind: "List",
    items: [
      ["n1", "Ubuntu 22.04.5 LTS", "5.15.0-25-generic"],
      ["n2", "Talos (v1.13.0)", "6.18.24-talos"],
      ["n3", "Something else", "4.19"],
    ].map(([name, osImage, kernelVersion]) => ({
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/os": "linux" } },
      status: {
        nodeInfo: {
          osImage,
          kernelVersion,
          architecture: "amd64",
          kubeletVersion: "v1.35.1",
          operatingSystem: "linux",
        },
      },
    })),
  },
};

export const facts: Record<string, string> = {
  rhel: `format=netfilter-compat-facts-1
kernel=6.12.0-124.29.1.el10_1.x86_64
architecture=x86_64
name=worker-1
os.ID=rhel
os.VERSION_ID=10.1
os.PRETTY_NAME=Red Hat Enterprise Linux 10.1
tool.iptables=iptables v1.8.11 (nf_tables)
tool.nft=nftables v1.1.1 (Commodore Bullmoose #2)
tool.ipset=absent
module.ip_tables=absent
module.nf_tables=loaded
module.nft_compat=blocked
config.NETFILTER_XTABLES_COMPAT=n
end=1
`,
};

export const dockerfiles: Record<string, string> = {
  stages: `# syntax=docker/dockerfile:1
# escape=\\
ARG BASE=alpine:3.20
FROM $BASE AS build
ARG TOOLS="ipset iptables"
RUN apk add --no-cache \\
    # the firewall
    $TOOLS && sh -c 'apk add nftables'
FROM debian:12
RUN <<EOF
set -e
apt-get install -y iptables
EOF
COPY --from=build /usr/sbin/iptables /usr/sbin/
ONBUILD RUN ["dnf", "-y", "install", "iptables-nft"]
ENTRYPOINT ["/entrypoint.sh"]
`,
};

export const challenges: Record<string, string> = {
  bearer: 'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull"',
  several: 'Basic realm="x", Bearer realm="https://a/b?c=d",error="invalid_token", Negotiate',
};

export const references: Record<string, string> = {
  registry: `docker://registry.example:5000/team/app:1.2@sha256:${"a".repeat(64)}`,
  daemon: "docker-daemon:app:latest",
  archive: "docker-archive:dir/image.tar#app:1",
  name: "ghcr.io/team/app",
};
