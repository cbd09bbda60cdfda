import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { scanLayer } from "../../src/image/layer.ts";
import { createBudget, defaultLimits } from "../../src/image/limits.ts";
import { mergeLayers } from "../../src/image/merge.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import type { ImageConfig } from "../../src/model/image.ts";
import { toolchainSchema } from "../../src/model/toolchain.ts";
import { contextOf } from "../../src/settings.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { buildElf } from "../support/elf-builder.ts";
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
import { hasCommand } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

const KNOWLEDGE = {
  programs: [
    { id: "kilo", recognise: { goModules: ["github.com/squat/kilo"] } },
    { id: "kube-proxy", recognise: { goModules: ["k8s.io/kubernetes/cmd/kube-proxy"] } },
    { id: "kubelet", recognise: { goModules: ["k8s.io/kubernetes/cmd/kubelet"] } },
    { id: "calico", recognise: { paths: ["/usr/bin/calico-node"] } },
  ],
  variables: ["FELIX_IPTABLESBACKEND"],
};

/** Inspects a listing; the result always fits the published schema and survives JSON. */
function inspect(listing: Listing, config: Partial<ImageConfig> = {}, platform = "linux/amd64") {
  const toolchain = inspectToolchain(makePlatform(listing, config, platform), KNOWLEDGE);
  expect(toolchainSchema.parse(JSON.parse(JSON.stringify(toolchain)))).toEqual(toolchain);
  return toolchain;
}

/** One line a tool: enough to see all that was found. */
function toolLines(toolchain: ReturnType<typeof inspect>): string[] {
  return toolchain.tools.map(
    ({ name, version, backend, path, target, package: owner }) =>
      `${name} ${version} ${backend ?? "-"} ${path} -> ${target}${owner ? ` [${owner.name} ${owner.version}]` : ""}`,
  );
}

function backends(toolchain: ReturnType<typeof inspect>): Record<string, string> {
  return Object.fromEntries(Object.entries(toolchain.defaults).map(([name, { backend }]) => [name, backend]));
}

const COMMANDS = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];
const linkAll = (directory: string, target: string): Listing =>
  Object.fromEntries(COMMANDS.map((name) => [`${directory}/${name}`, `-> ${target}`]));

/** Alpine 3.12 packages on a root of Alpine 3.15, with the wrapper. */
const KILO: Listing = {
  "/etc/os-release": { content: 'ID=alpine\nVERSION_ID="3.15.0"\n', mode: 0o644 },
  "/lib/apk/db/installed": {
    content: apkDatabase([
      { name: "iptables", version: "1.8.4-r2", files: ["/sbin/xtables-nft-multi", "/sbin/xtables-legacy-multi"] },
      { name: "ipset", version: "7.6-r0", files: ["/usr/sbin/ipset", "/usr/lib/libipset.so.13.2.0"] },
      { name: "libnftnl-libs", version: "1.1.6-r0", files: ["/usr/lib/libnftnl.so.11.3.0"] },
    ]),
    mode: 0o644,
  },
  "/sbin/xtables-nft-multi": xtablesMulti("1.8.4", "nft"),
  "/sbin/xtables-legacy-multi": xtablesMulti("1.8.4", "legacy"),
  "/sbin/iptables-nft": "-> xtables-nft-multi",
  "/sbin/iptables-legacy": "-> xtables-legacy-multi",
  "/sbin/iptables-wrapper": wrapperScripts.v2,
  ...linkAll("/sbin", "/sbin/iptables-wrapper"),
  "/usr/sbin/ipset": ipset(),
  "/usr/lib/libipset.so.13": "-> libipset.so.13.2.0",
  "/usr/lib/libipset.so.13.2.0": libipset("7.6"),
  "/usr/lib/libnftnl.so.11.3.0": libnftnl(14),
  "/bin/busybox": buildElf({ needed: ["libc.so.6"], strings: ["BusyBox v1.34.1 (2021)"] }),
  "/sbin/modprobe": "-> /bin/busybox",
  "/opt/bin/kg": goProgram({
    path: "github.com/squat/kilo/cmd/kg",
    module: "github.com/squat/kilo",
    dependencies: [
      ["github.com/coreos/go-iptables", "v0.6.0"],
      ["golang.org/x/sys", "v0.1.0"],
    ],
    settings: ['-ldflags="-X github.com/squat/kilo/pkg/version.Version=0.6.0"', "vcs.revision=0123abcd"],
  }),
};

test("the Kilo image: apk, wrapper v2, packages of another release than os-release", () => {
  const toolchain = inspect(KILO, {
    env: ["PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "FELIX_IPTABLESBACKEND=NFT", "TOKEN=secret"],
    entrypoint: ["/opt/bin/kg"],
  });
  expect(toolLines(toolchain)).toEqual([
    "iptables 1.8.4 legacy /sbin/iptables-legacy -> /sbin/xtables-legacy-multi [iptables 1.8.4-r2]",
    "iptables 1.8.4 nft /sbin/iptables-nft -> /sbin/xtables-nft-multi [iptables 1.8.4-r2]",
    "ip6tables 1.8.4 legacy /sbin/xtables-legacy-multi -> /sbin/xtables-legacy-multi [iptables 1.8.4-r2]",
    "ip6tables 1.8.4 nft /sbin/xtables-nft-multi -> /sbin/xtables-nft-multi [iptables 1.8.4-r2]",
    "ipset 7.6 - /usr/sbin/ipset -> /usr/sbin/ipset [ipset 7.6-r0]",
  ]);
  expect(toolchain).toMatchObject({
    os: { id: "alpine", versionId: "3.15.0" },
    architecture: "amd64",
    selector: { kind: "iptables-wrapper", version: "v2", effective: true, path: "/sbin/iptables-wrapper" },
    program: {
      name: "kilo",
      version: "0.6.0",
      module: "github.com/squat/kilo",
      libraries: ["github.com/coreos/go-iptables@v0.6.0"],
    },
    modprobe: true,
    environment: { FELIX_IPTABLESBACKEND: "NFT" },
    missing: [],
  });
  expect(toolchain.libraries.map(({ name, soVersion, versions }) => [name, soVersion, ...versions])).toEqual([
    ["libipset", "13.2.0", "7.6", "7.6"],
    ["libnftnl", "11.3.0", "1.1.6", "1.1.6"],
  ]);
  expect(backends(toolchain)).toMatchObject({ iptables: "auto", "ip6tables-restore": "auto", nft: "none" });
  expect(toolchain.defaults.iptables?.via).toEqual(["/sbin/iptables", "/sbin/iptables-wrapper"]);
  for (const tool of toolchain.tools)
    expect(tool.evidence.map(({ source }) => source).join()).toMatch(/ in layer sha256:a+/);
});

test("Debian: usr-merge, alternatives, list files", () => {
  const toolchain = inspect(
    {
      "/usr/sbin": { directory: true },
      "/sbin": "-> usr/sbin",
      "/lib": "-> usr/lib",
      "/usr/lib/os-release": "ID=debian\n",
      "/etc/os-release": "-> ../usr/lib/os-release",
      "/var/lib/dpkg/status": dpkgStatus([
        { name: "iptables", version: "1.8.9-2" },
        { name: "nftables", version: "1.0.6-2+deb12u2" },
        { name: "ipset", version: "7.17-1" },
        { name: "libipset13", version: "7.17-1" },
      ]),
      "/var/lib/dpkg/info/iptables.list": "/usr/sbin/xtables-nft-multi\n/usr/sbin/xtables-legacy-multi\n",
      "/var/lib/dpkg/info/nftables.list": "/usr/sbin/nft\n",
      "/var/lib/dpkg/info/ipset.list": "/sbin/ipset\n",
      "/var/lib/dpkg/info/libipset13:amd64.list": "/lib/x86_64-linux-gnu/libipset.so.13.4.0\n",
      "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
      "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.9", "legacy"),
      "/usr/sbin/iptables-nft": "-> xtables-nft-multi",
      "/usr/sbin/ip6tables-nft": "-> xtables-nft-multi",
      "/usr/sbin/ebtables-nft": "-> xtables-nft-multi",
      "/usr/sbin/iptables-legacy": "-> xtables-legacy-multi",
      "/usr/sbin/iptables": "-> /etc/alternatives/iptables",
      "/usr/sbin/ip6tables": "-> /etc/alternatives/ip6tables",
      "/usr/sbin/iptables-save": "-> /etc/alternatives/iptables-save",
      "/etc/alternatives/iptables": "-> /usr/sbin/iptables-nft",
      "/etc/alternatives/ip6tables": "-> /usr/sbin/ip6tables-gone",
      "/etc/alternatives/iptables-save": "-> iptables-save",
      "/usr/sbin/nft": nft("1.0.6"),
      "/usr/sbin/ipset": ipset(),
      "/usr/lib/x86_64-linux-gnu/libipset.so.13": "-> libipset.so.13.4.0",
      "/usr/lib/x86_64-linux-gnu/libipset.so.13.4.0": libipset("7.17"),
    },
    { cmd: ["bash"] },
  );
  expect(toolLines(toolchain)).toEqual([
    "iptables 1.8.9 nft /usr/sbin/iptables -> /usr/sbin/xtables-nft-multi [iptables 1.8.9-2]",
    "iptables 1.8.9 legacy /usr/sbin/iptables-legacy -> /usr/sbin/xtables-legacy-multi [iptables 1.8.9-2]",
    "ip6tables 1.8.9 nft /usr/sbin/ip6tables-nft -> /usr/sbin/xtables-nft-multi [iptables 1.8.9-2]",
    "ip6tables 1.8.9 legacy /usr/sbin/xtables-legacy-multi -> /usr/sbin/xtables-legacy-multi [iptables 1.8.9-2]",
    "ebtables 1.8.9 nft /usr/sbin/ebtables-nft -> /usr/sbin/xtables-nft-multi [iptables 1.8.9-2]",
    "nft 1.0.6 nft /usr/sbin/nft -> /usr/sbin/nft [nftables 1.0.6-2+deb12u2]",
    "ipset 7.17 - /usr/sbin/ipset -> /usr/sbin/ipset [ipset 7.17-1]",
  ]);
  expect(toolchain.defaults.iptables).toEqual({
    backend: "nft",
    via: ["/usr/sbin/iptables", "/etc/alternatives/iptables", "/usr/sbin/iptables-nft", "/usr/sbin/xtables-nft-multi"],
  });
  expect(toolchain.defaults.ip6tables).toEqual({
    backend: "none",
    via: ["/usr/sbin/ip6tables", "/etc/alternatives/ip6tables", "/usr/sbin/ip6tables-gone"],
    dangling: true,
  });
  expect(toolchain.defaults["iptables-save"]).toMatchObject({ backend: "none" });
  expect(toolchain.selector).toMatchObject({ kind: "alternatives", effective: true });
  expect(toolchain.os.id).toBe("debian");
  expect(toolchain.program).toBeUndefined();
  expect(toolchain.missing).toEqual([]);
});

test("usr/lib/apk/db with the apk program deleted; sbin linked to bin (Wolfi)", () => {
  const toolchain = inspect({
    "/usr/bin/xtables-nft-multi": xtablesMulti("1.8.13", "nft"),
    "/usr/bin/iptables": "-> xtables-nft-multi",
    "/usr/sbin": "-> bin",
    "/usr/lib/apk/db/installed": apkDatabase([
      { name: "iptables", version: "1.8.13-r0", files: ["/usr/sbin/xtables-nft-multi"] },
    ]),
  });
  expect(toolLines(toolchain)[0]).toBe(
    "iptables 1.8.13 nft /usr/sbin/iptables -> /usr/bin/xtables-nft-multi [iptables 1.8.13-r0]",
  );
  expect(toolchain.selector).toMatchObject({ kind: "symlink" });
});

test("distroless: status.d without file lists, a stanza written by hand", () => {
  const toolchain = inspect({
    "/var/lib/dpkg/status.d/iptables": "Package: iptables\nVersion: 1.8.9-2\n",
    "/var/lib/dpkg/status.d/nftables": "Package: nftables\nVersion: 1.0.6.1\n",
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
    "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.9", "legacy"),
    "/usr/sbin/iptables-wrapper": wrapperScripts.v2,
    ...linkAll("/usr/sbin", "iptables-wrapper"),
    "/usr/sbin/nft": nft("1.0.6.1"),
  });
  expect(toolLines(toolchain)).toContain("nft 1.0.6.1 nft /usr/sbin/nft -> /usr/sbin/nft [nftables 1.0.6.1]");
  expect(toolchain.tools[0]?.evidence[0]?.fact).toMatch(/has no file list/);
  expect(backends(toolchain)).toMatchObject({ iptables: "auto" });
});

test("a package rebuilt or replaced: the bytes are what runs", () => {
  const toolchain = inspect({
    "/lib/apk/db/installed": apkDatabase([{ name: "iptables", version: "1.8.10-r3", files: ["/usr/sbin/iptables"] }]),
    "/usr/sbin/iptables": xtablesMulti("1.8.4", "legacy"),
  });
  expect(toolchain.tools[0]).toMatchObject({
    version: "1.8.4",
    byteVersion: "1.8.4",
    package: { version: "1.8.10-r3" },
  });
});

test("a foreign binary beside a database that does not know it", () => {
  const toolchain = inspect({
    "/var/lib/dpkg/status": dpkgStatus([{ name: "iptables", version: "1.8.9-2" }]),
    "/var/lib/dpkg/info/iptables.list": "/usr/sbin/xtables-nft-multi\n",
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
    "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.4", "legacy"),
    "/usr/sbin/iptables": "-> xtables-legacy-multi",
  });
  const foreign = toolchain.tools.find(({ backend, name }) => backend === "legacy" && name === "iptables");
  expect(foreign).toMatchObject({ version: "1.8.4" });
  expect(foreign?.package).toBeUndefined();
});

test("static tools without any database, for another architecture than stated", () => {
  const toolchain = inspect(
    {
      "/bin/aux/xtables-legacy-multi": staticXtablesMulti("1.8.11", "legacy"),
      "/bin/aux/iptables": "-> iptables-detect.sh",
      "/bin/aux/iptables-detect.sh": wrapperScripts.k3s,
    },
    { env: ["PATH=/bin/aux:/bin"] },
    "linux/arm/v7",
  );
  expect(toolchain.architecture).toBe("arm");
  expect(toolchain.tools[0]).toMatchObject({ version: "1.8.11", backend: "legacy", architecture: "amd64" });
  expect(toolchain.selector).toMatchObject({ kind: "iptables-wrapper", version: "k3s", effective: true });
});

test("a link into a folder that isn't there is named as far as it leads", () => {
  const toolchain = inspect({
    "/usr/sbin/iptables": "-> /etc/alternatives/iptables",
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
  });
  expect(toolchain.defaults.iptables).toEqual({
    backend: "none",
    via: ["/usr/sbin/iptables", "/etc/alternatives/iptables"],
    dangling: true,
  });
});

test("two releases of one backend: the one that PATH reaches first stands in front", () => {
  const toolchain = inspect({
    "/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft"),
    "/sbin/iptables-nft": "-> xtables-nft-multi",
    "/usr/local/sbin/xtables-nft-multi": xtablesMulti("1.8.4", "nft"),
    "/usr/local/sbin/iptables-nft": "-> xtables-nft-multi",
    "/usr/local/sbin/iptables": "-> xtables-nft-multi",
  });
  const versions = toolchain.tools.filter(({ name }) => name === "iptables").map(({ version }) => version);
  expect(versions).toEqual(["1.8.4", "1.8.11"]);
});

test("copies of a multi-call binary at the names are one tool a program", () => {
  const bytes = xtablesMulti("1.8.9", "nft");
  const toolchain = inspect({
    "/usr/sbin/iptables": bytes,
    "/usr/sbin/iptables-save": bytes,
    "/usr/sbin/ip6tables": bytes,
    "/usr/sbin/xtables-nft-multi": bytes,
  });
  expect(toolLines(toolchain)).toEqual([
    "iptables 1.8.9 nft /usr/sbin/iptables -> /usr/sbin/iptables",
    "ip6tables 1.8.9 nft /usr/sbin/ip6tables -> /usr/sbin/ip6tables",
  ]);
  expect(backends(toolchain)).toMatchObject({ iptables: "nft", "iptables-save": "nft" });
  expect(toolchain.selector).toBeUndefined();
});

test.each(Object.entries(wrapperScripts))("wrapper %s as iptables", (version, script) => {
  const toolchain = inspect({ "/usr/sbin/iptables-wrapper": script, "/usr/sbin/iptables": "-> iptables-wrapper" });
  expect(toolchain.selector).toMatchObject({ kind: "iptables-wrapper", version, effective: true });
  expect(toolchain.defaults.iptables?.backend).toBe("auto");
  expect(toolchain.missing).toEqual([]);
});

const START_SCRIPTS = {
  kind: '#!/bin/bash\nselect_iptables() {\n  [ "$num_legacy_lines" -ge 10 ]\n}\nexec "$@"\n',
  "klipper-lb": "#!/bin/sh\ncheck_iptables_mode() {\n  lsmod\n}\nset_legacy() {\n  ln -sf x y\n}\n",
};

test.each(
  Object.entries(START_SCRIPTS),
)("the start script of %s sets the links, when the image starts it", (version, script) => {
  const listing: Listing = {
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft"),
    ...linkAll("/usr/sbin", "xtables-nft-multi"),
    "/usr/bin/entry": script,
  };
  const started = inspect(listing, { entrypoint: ["/usr/bin/entry"], cmd: ["/sbin/init"] });
  expect(started.selector).toMatchObject({ version, effective: true, path: "/usr/bin/entry" });
  expect(backends(started)).toMatchObject({ iptables: "auto", "ip6tables-save": "auto", nft: "none" });
  const other = inspect(listing, { entrypoint: ["/bin/other"] });
  expect(other.selector).toMatchObject({ kind: "symlink" });
  expect(backends(other)).toMatchObject({ iptables: "nft" });
});

test.each([
  ["/usr/sbin", "/usr/sbin", true],
  // Alpine 3.21 moved the programs: https://github.com/k3s-io/klipper-lb/issues/77
  ["/sbin", "/usr/sbin", false],
  ["/sbin", "/sbin", true],
  ["/usr/local/sbin", "/usr/sbin", true],
  ["/opt/bin", "/usr/sbin", false],
])("a start script that sets its links in %s where the commands are in %s", (folder, commands, effective) => {
  const script = `#!/bin/sh\nBIN_DIR="${folder}"\ncheck_iptables_mode() {\n  lsmod\n}\nset_legacy() {\n  ln -sf x y\n}\n`;
  const toolchain = inspect(
    {
      [`${commands}/xtables-nft-multi`]: xtablesMulti("1.8.11", "nft"),
      ...linkAll(commands, "xtables-nft-multi"),
      "/usr/bin/entry": script,
    },
    { cmd: ["entry"] },
  );
  expect(toolchain.selector).toMatchObject({ version: "klipper-lb", effective, path: "/usr/bin/entry" });
  expect(toolchain.defaults.iptables?.backend).toBe(effective ? "auto" : "nft");
});

test("what a start script leaves alone stays as its link has it: klipper-lb, ip6tables-save and -restore", () => {
  const script =
    '#!/bin/sh\nBIN_DIR="/usr/sbin"\ncheck_iptables_mode() {\n  lsmod\n}\nset_legacy() {\n    for i in iptables iptables-save iptables-restore ip6tables; do \n        ln -sf x y\n    done\n}\n';
  const toolchain = inspect(
    {
      "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft"),
      ...linkAll("/usr/sbin", "xtables-nft-multi"),
      "/usr/bin/entry": script,
    },
    { cmd: ["entry"] },
  );
  expect(backends(toolchain)).toEqual({
    iptables: "auto",
    "iptables-save": "auto",
    "iptables-restore": "auto",
    ip6tables: "auto",
    "ip6tables-save": "nft",
    "ip6tables-restore": "nft",
    nft: "none",
    ipset: "none",
  });
});

test("k3s' helper that sets the links is no wrapper itself", () => {
  const toolchain = inspect({ "/bin/aux/xtables-set-mode.sh": "#!/bin/sh\nscript_name=xtables-set-mode.sh\n" });
  expect(toolchain.selector).toBeUndefined();
});

test.each(["go", "v3"] as const)("the Go wrapper, generation %s, present and outside of PATH", (generation) => {
  const wrapper = goWrapper(generation);
  const reached = inspect({ "/usr/sbin/iptables-wrapper": wrapper, "/usr/sbin/iptables": "-> iptables-wrapper" });
  expect(reached.selector).toMatchObject({ kind: "iptables-wrapper", version: generation, effective: true });
  expect(reached.defaults.iptables?.backend).toBe("auto");
  // kube-router v2.9: installed in the root, so the links are there too.
  const idle = inspect({
    "/iptables-wrapper": wrapper,
    "/iptables": "-> /iptables-wrapper",
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.13", "nft"),
    "/usr/sbin/iptables": "-> xtables-nft-multi",
  });
  expect(idle.selector).toMatchObject({ version: generation, effective: false, path: "/iptables-wrapper" });
  expect(idle.defaults.iptables?.backend).toBe("nft");
});

const inShell = (name: string) => `$\{${name}}`;
const plainV2 = wrapperScripts.v2.concat(`rm -f "/usr/sbin/${inShell("cmd")}"\n`);
const alternativesV2 = wrapperScripts.v2.concat(
  `alternatives --set iptables "/usr/sbin/iptables-${inShell("mode")}"\n`,
);
const merged: Listing = { "/sbin": "-> usr/sbin" };
/** Run in a chroot, 2026-11: v2 calls itself until it is killed, v3 starts process after process. */
test.each<[where: string, loops: string | undefined, tree: Listing]>([
  ["in the folder of the links", undefined, { "/usr/sbin/iptables": "-> iptables-wrapper" }],
  [
    "by the same folder's other name",
    undefined,
    { ...merged, "/usr/local/bin/iptables": "-> /sbin/iptables", "/usr/sbin/iptables": "-> iptables-wrapper" },
  ],
  [
    "by a link to the link that it replaces",
    undefined,
    { "/usr/local/sbin/iptables": "-> /usr/sbin/iptables", "/usr/sbin/iptables": "-> iptables-wrapper" },
  ],
  [
    "by the alternatives",
    undefined,
    {
      "/usr/local/sbin/iptables": "-> /etc/alternatives/iptables",
      "/etc/alternatives/iptables": "-> /usr/sbin/iptables-wrapper",
    },
  ],
  [
    "by a link in a folder before it",
    "/usr/sbin",
    { "/usr/local/sbin/iptables": "-> /usr/sbin/iptables-wrapper", "/usr/sbin/iptables": "-> xtables-nft-multi" },
  ],
])("a wrapper that is called %s: it sets %s and calls itself again", (_, loops, tree) => {
  const nft = { "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft") };
  for (const wrapper of [plainV2, alternativesV2, goWrapper("go"), goWrapper("v3")]) {
    const { selector } = inspect({ ...nft, ...tree, "/usr/sbin/iptables-wrapper": wrapper });
    expect(selector).toMatchObject({ kind: "iptables-wrapper", effective: true });
    expect(selector?.loops).toBe(loops);
  }
});

test("a Go wrapper that lies where PATH looks first, called by its own name for iptables", () => {
  const { selector } = inspect({
    "/usr/local/bin/iptables": goWrapper("v3"),
    "/usr/sbin/iptables": "-> xtables-nft-multi",
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft"),
  });
  expect(selector).toMatchObject({ effective: true, loops: "/usr/sbin" });
});

test("a fork of which it is not known where it sets its links is not said to call itself", () => {
  const { selector } = inspect({
    "/usr/local/sbin/iptables": "-> /usr/sbin/iptables-wrapper",
    "/usr/sbin/iptables-wrapper": wrapperScripts["kube-ovn"],
  });
  expect(selector).toMatchObject({ version: "kube-ovn", effective: true });
  expect(selector?.loops).toBeUndefined();
});

test("the wrapper's installer is no wrapper", () => {
  const installer = `#!/bin/sh\n# [--no-sanity-check]\ncat <<EOF\n${wrapperScripts.v2}EOF\n`;
  const toolchain = inspect({
    "/iptables-wrapper-installer.sh": installer,
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
    "/usr/sbin/iptables": "-> xtables-nft-multi",
  });
  expect(toolchain.selector).toMatchObject({ kind: "symlink" });
});

const legacyTools: Listing = {
  "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.9", "legacy"),
  "/usr/sbin/iptables-legacy": "-> xtables-legacy-multi",
};
test.each([
  ['#!/bin/sh\nexec /usr/sbin/iptables-legacy -w 5 "$@"\n', "legacy"],
  ['#!/usr/bin/env bash\n# waits\nset -euo pipefail\n\nexec "iptables-legacy" --wait "$@"\n', "legacy"],
  ['#!/bin/busybox sh\n/usr/sbin/xtables-legacy-multi iptables "$@"\n', "legacy"],
  // What is more than that, or less, may be anything.
  ['#!/bin/sh\n[ -e /x ] && exec /usr/sbin/iptables-nft "$@"\nexec /usr/sbin/iptables-legacy "$@"\n', "unknown"],
  ['#!/bin/sh\nexec "$TOOL" "$@"\n', "unknown"],
  ['#!/bin/sh\nexec /usr/sbin/iptables-legacy $(options) "$@"\n', "unknown"],
  ['#!/bin/sh\nexec /usr/sbin/iptables-legacy "$@" || exec /usr/sbin/iptables-nft "$@"\n', "unknown"],
  ['#!/bin/sh\nexec iptables -w "$@"\n', "unknown"],
  ['#!/bin/sh\nexec /usr/sbin/gone "$@"\n', "unknown"],
  ['#!/usr/bin/python3\nexec /usr/sbin/iptables-legacy "$@"\n', "unknown"],
])("a script that only adds options, %j: %s", (script, backend) => {
  const toolchain = inspect({ ...legacyTools, "/usr/sbin/iptables": script });
  expect(toolchain.selector).toMatchObject({ kind: "script", effective: true });
  expect(toolchain.defaults.iptables?.backend).toBe(backend);
  expect(toolchain.defaults.iptables?.via.at(-1)).toBe(
    backend === "legacy" ? "/usr/sbin/xtables-legacy-multi" : "/usr/sbin/iptables",
  );
  expect(toolchain.missing.map(({ fact }) => fact).includes("what /usr/sbin/iptables does")).toBe(backend !== "legacy");
});

test("an unknown script is unknown, and one that leaves the container runs the host's tools", () => {
  const unknown = inspect({ "/usr/sbin/iptables": '#!/bin/sh\nexec /opt/iptables "$@"\n' });
  expect(unknown.selector).toMatchObject({ kind: "script", effective: true });
  expect(unknown.defaults.iptables?.backend).toBe("unknown");
  expect(unknown.missing).toEqual([
    { fact: "what /usr/sbin/iptables does", reason: "/usr/sbin/iptables is an unknown script" },
  ]);
  const host = inspect({
    "/usr/sbin/iptables": '#!/bin/bash\n# a comment with chroot in it\nexec chroot /host /usr/sbin/iptables "$@"\n',
  });
  expect(host.defaults.iptables).toMatchObject({ backend: "unknown", hostExec: true });
  expect(host.missing).toEqual([]);
});

test("PATH decides: order of the image's own, runtimes' default without one", () => {
  const listing: Listing = {
    "/usr/local/sbin/iptables": xtablesMulti("1.8.4", "legacy"),
    "/usr/sbin/iptables": xtablesMulti("1.8.9", "nft"),
    "/opt/iptables": xtablesMulti("1.8.9", "nft"),
  };
  expect(inspect(listing).defaults.iptables).toEqual({ backend: "legacy", via: ["/usr/local/sbin/iptables"] });
  expect(inspect(listing, { env: ["PATH=.:bin:/usr/sbin/:/usr/local/sbin"] }).defaults.iptables?.backend).toBe("nft");
  expect(inspect(listing, { env: ["PATH=/nowhere"] }).defaults.iptables).toEqual({ backend: "none", via: [] });
});

const AGENT = { "/opt/agent/bin/agentd": buildElf({}), "/usr/bin/agentd": buildElf({}) };
const TWO: Listing = {
  "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.11", "nft"),
  ...linkAll("/usr/sbin", "xtables-nft-multi"),
  "/opt/tools/iptables": xtablesMulti("1.8.4", "legacy"),
};
const doubt = (value: string, why: string) => [
  { fact: "what iptables is", reason: `/entrypoint.sh sets PATH to ${value}, ${why}` },
];
const WHETHER = "and whether it does is not known beforehand";
const WHICH = "which is not known beforehand";

test.each<[title: string, lines: string, backend: string, missing: object[]]>([
  ["in front", "export PATH=/opt/tools:$PATH\n", "legacy", []],
  ["in front, quoted, in two steps", `PATH="/opt:$\{PATH}"\nPATH=/opt/tools:"$PATH"; export PATH\n`, "legacy", []],
  ["for the program alone", 'PATH=/opt/tools:/usr/sbin exec agentd "$@"\n', "legacy", []],
  ["behind", "export PATH=$PATH:/opt/tools\n", "nft", []],
  ["for another command alone", "PATH=/opt/tools:$PATH setup\n", "nft", []],
  ["in a comment", "# PATH=/opt/tools:$PATH\n", "nft", []],
  ["in another variable", "MYPATH=/opt/tools:$PATH\n", "nft", []],
  [
    "in a condition, to another file",
    "if true; then\n  PATH=/opt/tools:$PATH\nfi\n",
    "unknown",
    doubt("/opt/tools:$PATH", WHETHER),
  ],
  ["in a condition, to the same file", "if true; then\n  PATH=/opt/other:$PATH\nfi\n", "nft", []],
  ["from a variable", 'export PATH="$TOOLS:$PATH"\n', "unknown", doubt("$TOOLS:$PATH", WHICH)],
  ["with another variable", "A=b PATH=/opt/tools:$PATH C='d e' exec agentd\n", "legacy", []],
  ["by env", "exec /usr/bin/env PATH=/opt/tools:$PATH agentd\n", "legacy", []],
  ["if something holds", "[ -d /opt/tools ] && PATH=/opt/tools:$PATH\n", "unknown", doubt("/opt/tools:$PATH", WHETHER)],
  ["from a command", "export PATH=$(pwd)/tools:$PATH\n", "unknown", doubt("$(pwd)/tools:$PATH", WHICH)],
])("a start script that changes PATH %s", (_, lines, backend, missing) => {
  const script = { "/entrypoint.sh": `#!/bin/sh\n${lines}exec agentd\n` };
  const toolchain = inspect({ ...TWO, ...AGENT, ...script }, { entrypoint: ["/entrypoint.sh"] });
  expect(backends(toolchain)).toMatchObject({ iptables: backend, "iptables-save": "nft", ip6tables: "nft" });
  expect(toolchain.missing).toEqual(missing);
  expect(toolchain.program?.name).toBe("agentd");
  // Of one that nobody starts nothing follows.
  const other = inspect({ ...TWO, ...AGENT, ...script }, { entrypoint: ["/usr/bin/agentd"] });
  expect(backends(other)).toMatchObject({ iptables: "nft" });
});

const AT_START = "the image's entrypoint";
const unsaid = (says: string, why: string) => [
  { fact: "what iptables is", reason: `${AT_START} sets PATH to ${says}, ${why}` },
];
const TOOLS_FIRST = "PATH=/opt/tools:/usr/sbin:/usr/bin";

test.each<[title: string, entrypoint: string[], backend: string, missing: object[]]>([
  ["env", ["env", TOOLS_FIRST, "agentd"], "legacy", []],
  ["env by its path, behind other variables", ["/usr/bin/env", "A=b", TOOLS_FIRST, "agentd"], "legacy", []],
  ["env that keeps nothing else", ["env", "-i", TOOLS_FIRST, "agentd"], "legacy", []],
  ["env with one string", ["env", "-S", `${TOOLS_FIRST} agentd`], "legacy", []],
  [
    "env behind programs that start others",
    ["tini", "-e", "143", "--", "gosu", "u", "env", TOOLS_FIRST, "agentd"],
    "legacy",
    [],
  ],
  ["env with the same folders", ["env", "PATH=/usr/sbin:/usr/bin", "agentd"], "nft", []],
  ["env, where no shell reads the variable", ["env", "PATH=/opt/tools:$PATH:/usr/bin", "agentd"], "legacy", []],
  ["env, of another variable", ["env", "MYPATH=/opt/tools", "agentd"], "nft", []],
  ["env as an argument", ["agentd", "env", TOOLS_FIRST], "nft", []],
  ["a shell's exec", ["sh", "-c", "PATH=/opt/tools:$PATH exec agentd --now"], "legacy", []],
  ["a shell's last command", ["/bin/sh", "-ec", "A=b PATH=/opt/tools:$PATH agentd"], "legacy", []],
  ["a shell, exported", ["sh", "-c", 'export PATH="/opt/tools:$PATH" && exec agentd'], "legacy", []],
  ["a shell, behind what may fail", ["sh", "-c", "cd /srv && PATH=/opt/tools:$PATH exec agentd"], "legacy", []],
  ["a shell's env", ["bash", "-o", "pipefail", "-c", "exec env PATH=/opt/tools:$PATH agentd"], "legacy", []],
  ["a shell, for another command", ["sh", "-c", "PATH=/opt/tools:$PATH setup; exec agentd"], "nft", []],
  ["a shell, in quotes", ["sh", "-c", "echo '; PATH=/opt/tools:/usr/bin '; exec agentd"], "nft", []],
  ["a shell, in a comment", ["sh", "-c", "# PATH=/opt/tools\nexec agentd"], "nft", []],
  ["env without a PATH", ["env", "-i", "agentd"], "unknown", []],
  [
    "a shell, in a condition",
    ["sh", "-c", "if x; then PATH=/opt/tools:$PATH; fi; exec agentd"],
    "unknown",
    unsaid("/opt/tools:$PATH", WHETHER),
  ],
  [
    "a shell, if something holds",
    ["sh", "-c", "[ -d /opt/tools ] && PATH=/opt/tools:$PATH; exec agentd"],
    "unknown",
    unsaid("/opt/tools:$PATH", WHETHER),
  ],
  ["a shell, from a variable", ["sh", "-c", "PATH=$TOOLS:$PATH exec agentd"], "unknown", unsaid("$TOOLS:$PATH", WHICH)],
  ["a login shell", ["sh", "-lc", "exec agentd"], "unknown", unsaid("what /etc/profile says", WHICH)],
  ["a login shell, and then", ["sh", "-lc", "PATH=/usr/sbin:/usr/bin exec agentd"], "nft", []],
])("an entrypoint that changes PATH: %s", (_, entrypoint, backend, missing) => {
  const starters = { "/bin/sh": buildElf({}), "/bin/bash": buildElf({}), "/usr/bin/tini": buildElf({}) };
  const toolchain = inspect({ ...TWO, ...AGENT, ...starters }, { entrypoint });
  expect(backends(toolchain).iptables).toBe(backend);
  if (backend !== "unknown" || missing.length > 0) expect(toolchain.missing).toEqual(missing);
  expect(toolchain.program?.path).toMatch(/agentd$/);
});

test("without a PATH not even one iptables is known to be found", () => {
  const one = { "/usr/sbin/iptables": xtablesMulti("1.8.11", "nft"), ...AGENT };
  const toolchain = inspect(one, { entrypoint: ["env", "-i", "agentd"] });
  expect(toolchain.missing).toEqual(unsaid("nothing at all", WHICH));
  expect(inspect(one, { entrypoint: ["env", "-u", "HOME", "agentd"] }).missing).toEqual([]);
});

test("a login shell mostly keeps the usual folders, and those alone", () => {
  const entrypoint = ["bash", "-lc", "exec agentd"];
  const at = (folder: string) => ({
    [`${folder}/iptables`]: xtablesMulti("1.8.11", "nft"),
    ...AGENT,
    "/bin/bash": buildElf({}),
  });
  const env = ["PATH=/opt/tools:/usr/sbin:/usr/bin:/bin"];
  expect(inspect(at("/usr/sbin"), { entrypoint, env }).missing).toEqual([]);
  expect(inspect(at("/opt/tools"), { entrypoint, env }).missing).toEqual(unsaid("what /etc/profile says", WHICH));
});

test("a start script is found with the PATH that the entrypoint makes, and changes it further", () => {
  const first = {
    "/opt/agent/bin/run": "#!/bin/sh\nPATH=/opt/tools:$PATH\nexec agentd\n",
    "/usr/bin/run": "#!/bin/sh\n",
  };
  const toolchain = inspect(
    { ...TWO, ...AGENT, ...first },
    { entrypoint: ["env", "PATH=/opt/agent/bin:/usr/sbin", "run"] },
  );
  expect(backends(toolchain)).toMatchObject({ iptables: "legacy", ip6tables: "nft" });
});

test("a tool that only the new PATH reaches says who moved it", () => {
  const script = { "/entrypoint.sh": "#!/bin/sh\nexport PATH=/opt/tools:$PATH\nexec agentd\n" };
  const toolchain = inspect({ ...TWO, ...AGENT, ...script }, { entrypoint: ["/entrypoint.sh"] });
  const moved = toolchain.tools.filter(({ evidence }) => evidence.some(({ fact }) => fact.includes("sets PATH")));
  expect(moved.map(({ name, target }) => [name, target])).toEqual([["iptables", "/opt/tools/iptables"]]);
  expect(moved[0]?.evidence.at(-1)).toEqual({
    fact: "/entrypoint.sh sets PATH to /opt/tools:$PATH",
    source: expect.stringContaining("/entrypoint.sh"),
  });
});

test("a PATH from a variable says nothing where there is only one of each command; one without the old folders holds", () => {
  const { "/opt/tools/iptables": _, ...one } = TWO;
  const start = (lines: string) => ({ ...one, ...AGENT, "/entrypoint.sh": `#!/bin/sh\n${lines}exec agentd\n` });
  const variable = inspect(start("PATH=$TOOLS:$PATH\n"), { entrypoint: ["/entrypoint.sh"] });
  expect(variable.missing).toEqual([]);
  expect(backends(variable)).toMatchObject({ iptables: "nft" });
  const replaced = inspect(start("PATH=/opt/agent/bin\n"), { entrypoint: ["/entrypoint.sh"] });
  expect(backends(replaced)).toMatchObject({ iptables: "none", "ip6tables-save": "none" });
  expect(replaced.tools.map(({ name, path }) => `${name} ${path}`)).toEqual([
    "iptables /usr/sbin/xtables-nft-multi",
    "ip6tables /usr/sbin/xtables-nft-multi",
  ]);
});

test("what cannot be run does not hide what can", () => {
  const toolchain = inspect({
    "/usr/local/sbin/iptables": "-> /gone",
    "/usr/sbin/iptables": { content: xtablesMulti("1.8.9", "nft"), mode: 0o644 },
    "/sbin/iptables": xtablesMulti("1.8.9", "legacy"),
  });
  expect(toolchain.defaults.iptables).toEqual({ backend: "legacy", via: ["/sbin/iptables"] });
});

test("an image without any tool is told as such", () => {
  const toolchain = inspect(
    {
      "/bin/kindnetd": goProgram({
        path: "sigs.k8s.io/kindnet/cmd/kindnetd",
        module: "sigs.k8s.io/kindnet",
        dependencies: [["github.com/google/nftables", "v0.2.0"]],
      }),
    },
    { entrypoint: ["/bin/kindnetd"] },
  );
  expect(toolchain).toMatchObject({
    tools: [],
    libraries: [],
    modprobe: false,
    program: { name: "kindnet", libraries: ["github.com/google/nftables@v0.2.0"] },
    missing: [],
  });
  expect(new Set(Object.values(backends(toolchain)))).toEqual(new Set(["none"]));
});

test("busybox is never taken for iptables", () => {
  const toolchain = inspect({
    "/bin/busybox": buildElf({ needed: ["libc.so.6"], strings: ["BusyBox v1.36.1 (2024)"] }),
    "/sbin/iptables": "-> /bin/busybox",
  });
  expect(toolchain.tools).toEqual([]);
  expect(toolchain.defaults.iptables?.backend).toBe("unknown");
  expect(toolchain.missing[0]?.reason).toMatch(/busybox is busybox, which has no such command/);
});

test("a packed tool has the version of its package and an unknown backend", () => {
  const packed = buildElf({ padding: 4096 });
  packed.write("UPX!", 236, "latin1");
  const owned = inspect({
    "/usr/sbin/iptables": packed,
    "/lib/apk/db/installed": apkDatabase([{ name: "iptables", version: "1.8.11-r1", files: ["/usr/sbin/iptables"] }]),
  });
  expect(toolLines(owned)).toEqual(["iptables 1.8.11 - /usr/sbin/iptables -> /usr/sbin/iptables [iptables 1.8.11-r1]"]);
  expect(owned.missing).toContainEqual({ fact: "backend of /usr/sbin/iptables", reason: "packed by UPX" });
  expect(owned.missing).toContainEqual({
    fact: "what /usr/sbin/iptables does",
    reason: "/usr/sbin/iptables is packed by UPX",
  });
  // No command of PATH leads to it: it may be that tool all the same.
  const hidden = inspect({ "/opt/fw/bin/xtables-nft-multi": packed, "/opt/fw/bin/agent": packed });
  expect(hidden.tools.map(({ name, version, target }) => [name, version, target])).toEqual([
    ["iptables", null, "/opt/fw/bin/xtables-nft-multi"],
    ["ip6tables", null, "/opt/fw/bin/xtables-nft-multi"],
  ]);
  const foreign = inspect({ "/usr/sbin/iptables": packed });
  expect(foreign.tools[0]?.version).toBeNull();
  expect(foreign.missing).toContainEqual({ fact: "version of /usr/sbin/iptables", reason: "packed by UPX" });
});

test("a damaged database is a missing fact, and the bytes still speak", () => {
  const damaged = inspect({ "/lib/apk/db/installed": "P:iptables\nV:1.8" });
  expect(damaged.missing[0]?.fact).toBe("packages of /lib/apk/db/installed");
  const rpm = inspect({
    "/var/lib/rpm/rpmdb.sqlite": { content: "SQLite format 3\0", mode: 0o644 },
    "/usr/sbin/iptables": xtablesMulti("1.8.10", "nft"),
  });
  expect(rpm.missing).toEqual([{ fact: "packages of /var/lib/rpm/rpmdb.sqlite", reason: expect.any(String) }]);
  expect(rpm.tools[0]).toMatchObject({ version: "1.8.10", byteVersion: "1.8.10" });
  const dangling = inspect({ "/var/lib/rpm/Packages": "-> /gone" });
  expect(dangling.missing).toEqual([{ fact: "packages of /var/lib/rpm/Packages", reason: "its link leads nowhere" }]);
  const renamed = inspect({ "/lib/apk/db/installed": "-> /var/apk.db", "/var/apk.db": apkDatabase([]) });
  expect(renamed.missing).toEqual([
    {
      fact: "packages of /lib/apk/db/installed",
      reason: "its link leads to /var/apk.db, a name under which no database is looked for",
    },
  ]);
});

test("a file that was replaced belongs to no record; a copy of a package's file to its package", () => {
  const packaged = xtablesMulti("1.8.10", "nft");
  const database = apkDatabase([
    { name: "iptables", version: "1.8.10-r3", files: [["/usr/sbin/xtables-nft-multi", packaged]] },
  ]);
  const replaced = inspect({
    "/lib/apk/db/installed": database,
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.4", "nft"),
  }).tools[0];
  expect(replaced).toMatchObject({ version: "1.8.4", replacedPackage: { name: "iptables", version: "1.8.10-r3" } });
  expect(replaced?.package).toBeUndefined();
  expect(replaced?.evidence[0]?.fact).toBe(
    "package iptables 1.8.10-r3 names /usr/sbin/xtables-nft-multi with another content: it was replaced",
  );
  const copied = inspect({ "/lib/apk/db/installed": database, "/usr/sbin/iptables": packaged }).tools[0];
  expect(copied).toMatchObject({ package: { name: "iptables", version: "1.8.10-r3" } });
  expect(copied?.evidence[0]?.fact).toBe("/usr/sbin/iptables is a copy of a file of package iptables 1.8.10-r3");
});

test("dpkg: the checksums beside the file list decide", () => {
  const packaged = nft("1.0.6");
  const md5 = createHash("md5").update(packaged).digest("hex");
  const listing = (content: Buffer): Listing => ({
    "/var/lib/dpkg/status": dpkgStatus([{ name: "nftables", version: "1.0.6-2" }]),
    "/var/lib/dpkg/info/nftables.md5sums": `${md5}  usr/sbin/nft\n`,
    "/var/lib/dpkg/info/nftables.list": "/usr/sbin/nft\n",
    "/usr/sbin/nft": content,
  });
  expect(inspect(listing(packaged)).tools[0]?.package).toMatchObject({ name: "nftables" });
  const patched = inspect(listing(Buffer.concat([packaged, Buffer.alloc(1)]))).tools[0];
  expect(patched).toMatchObject({ version: "1.0.6", replacedPackage: { name: "nftables" } });
  expect(patched?.package).toBeUndefined();
});

const EBTABLES: Listing = {
  "/usr/lib/ebtables/libebtc.so": buildElf({
    soname: "libebtc.so",
    strings: ["ebtables v2.0.11 (legacy) (December 2011)"],
  }),
  "/etc/ld.so.conf": "/usr/lib/ebtables\n",
};
const ebtables = (padding = 0) => buildElf({ needed: ["libebtc.so", "libc.so.6"], padding });

test("helpers of one build of ebtables are that tool; one of another build is another", () => {
  const toolchain = inspect({
    ...EBTABLES,
    "/usr/sbin/ebtables-legacy": ebtables(),
    "/usr/sbin/ebtables-legacy-restore": ebtables(16),
    "/usr/sbin/ebtablesd": ebtables(32),
    "/usr/sbin/ebtables": "-> ebtables-legacy",
  });
  expect(toolLines(toolchain)).toEqual(["ebtables 2.0.11 legacy /usr/sbin/ebtables -> /usr/sbin/ebtables-legacy"]);
  const mixed = inspect({
    ...EBTABLES,
    "/usr/sbin/ebtables-legacy": ebtables(),
    "/opt/old/ebtablesd": buildElf({ strings: ["ebtables v2.0.10 (December 2011)"] }),
  });
  expect(toolLines(mixed)).toEqual([
    "ebtables 2.0.11 legacy /usr/sbin/ebtables-legacy -> /usr/sbin/ebtables-legacy",
    "ebtables 2.0.10 legacy /opt/old/ebtablesd -> /opt/old/ebtablesd",
  ]);
});

test("ipset without its library has no version of its own", () => {
  const toolchain = inspect({ "/usr/sbin/ipset": ipset() });
  expect(toolchain.tools[0]).toMatchObject({ name: "ipset", version: null });
  expect(toolchain.missing).toEqual([{ fact: "version of /usr/sbin/ipset", reason: "its libipset.so was not found" }]);
});

const NFT_TEXTS = ["--includepath", "1.0.6", "nftables", "%s v%s (%s)"];
const libnftables = (needed: string[]) =>
  buildElf({ soname: "libnftables.so.1", needed, strings: ["1.0.6"], definitions: ["LIBNFTABLES_1"] });

test.each<[title: string, listing: Listing, json: boolean | undefined]>([
  ["its library needs libjansson", { "/usr/lib/libnftables.so.1": libnftables(["libjansson.so.4"]) }, true],
  ["its library does not", { "/usr/lib/libnftables.so.1": libnftables(["libnftnl.so.11"]) }, false],
  ["its library is not there", {}, undefined],
  [
    "the program refuses it",
    {
      "/usr/lib/libnftables.so.1": libnftables(["libjansson.so.4"]),
      "/usr/sbin/nft": buildElf({
        needed: ["libnftables.so.1"],
        strings: [...NFT_TEXTS, "JSON support not compiled-in\n"],
      }),
    },
    false,
  ],
  ["static with it", { "/usr/sbin/nft": buildElf({ strings: [...NFT_TEXTS, "json_schema_version"] }) }, true],
  ["static, the bytes don't tell", { "/usr/sbin/nft": buildElf({ strings: NFT_TEXTS }) }, undefined],
])("JSON support of nft: %s", (_, listing, json) => {
  const tool = inspect({ "/usr/sbin/nft": nft("1.0.6"), ...listing }).tools[0];
  expect(tool).toMatchObject({ name: "nft", version: "1.0.6" });
  expect(tool?.json).toBe(json);
});

const scratch = scratchFolder("inspect").path;

test("file capabilities as setcap and tar write them into a layer", async (context) => {
  if (!hasCommand("setcap")) skipTest(context, "file capabilities written by setcap", "setcap is not installed");
  const folder = join(scratch, "capabilities");
  const file = join(folder, "usr/sbin/xtables-nft-multi");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, xtablesMulti("1.8.12", "nft"), { mode: 0o755 });
  const set = spawnSync("setcap", ["cap_net_admin,cap_net_raw+eip", file], { timeout: 30_000 });
  if (set.status !== 0) skipTest(context, "file capabilities written by setcap", `${set.stderr}`.trim());
  const tar = execFileSync("tar", ["--format=pax", "--xattrs", "--xattrs-include=*", "-C", folder, "-c", "."], {
    timeout: 60_000,
  });
  const limits = defaultLimits;
  const layer = await scanLayer(Readable.from([tar]), { probe: probeContent, limits, budget: createBudget(limits) });
  const platform = { ...makePlatform({}), tree: mergeLayers([layer]).tree };
  const tools = inspectToolchain(platform, KNOWLEDGE).tools;
  expect(tools.map(({ target, fileCapabilities }) => [target, fileCapabilities])).toEqual([
    ["/usr/sbin/xtables-nft-multi", true],
    ["/usr/sbin/xtables-nft-multi", true],
  ]);
});

test("file capabilities are seen", () => {
  const toolchain = inspect({
    "/usr/sbin/iptables": { content: xtablesMulti("1.8.12", "nft"), xattrs: { "security.capability": "\x01" } },
  });
  expect(toolchain.tools[0]?.fileCapabilities).toBe(true);
});

test.each<[title: string, listing: Listing, config: Partial<ImageConfig>, name: string | undefined]>([
  [
    "behind tini and a start script",
    {
      "/sbin/tini": buildElf({}),
      "/entrypoint.sh": '#!/bin/sh\nset -e\nexec /usr/bin/kube-proxy "$@"\n',
      "/usr/bin/kube-proxy": goProgram({ path: "k8s.io/kubernetes/cmd/kube-proxy", module: "k8s.io/kubernetes" }),
    },
    { entrypoint: ["/sbin/tini", "--", "/entrypoint.sh"] },
    "kube-proxy",
  ],
  [
    "by a known path somewhere in the image",
    { "/usr/bin/calico-node": buildElf({}), "/usr/sbin/start_runit": "#!/bin/sh\n" },
    { cmd: ["start_runit"] },
    "calico",
  ],
  ["a program that is not written in Go", { "/usr/bin/agentd": buildElf({}) }, { cmd: ["agentd", "-f"] }, "agentd"],
  ["a shell is no program of an image", { "/bin/bash": buildElf({}) }, { cmd: ["bash"] }, undefined],
])("the image's program: %s", (_, listing, config, name) => {
  expect(inspect(listing, config).program?.name).toBe(name);
});

test.each([
  ["github.com/projectcalico/calico/node/cmd/calico-node", "/bin/calico-node", "calico"],
  ["command-line-arguments", "/bin/calico-node", "calico"],
  [
    "github.com/projectcalico/calico/kube-controllers/cmd/kube-controllers",
    "/usr/bin/kube-controllers",
    "kube-controllers",
  ],
  ["command-line-arguments", "/usr/bin/kube-controllers", "kube-controllers"],
  ["github.com/projectcalico/calico/cni-plugin/cmd/install", "/opt/cni/bin/install", "install"],
  ["github.com/projectcalico/calico/cmd/calico", "/usr/bin/calico", "/usr/bin/calico"],
  ["github.com/cilium/cilium/daemon", "/usr/bin/cilium-agent", "cilium"],
  ["github.com/cilium/cilium/operator", "/usr/bin/cilium-operator-generic", "cilium-operator-generic"],
  ["k8s.io/kubernetes/cmd/kube-proxy", "/usr/local/bin/kube-proxy", "kube-proxy"],
  ["k8s.io/kubernetes/cmd/kube-apiserver", "/usr/local/bin/kube-apiserver", "kubernetes"],
  ["antrea.io/antrea/v2/cmd/antrea-agent", "/usr/bin/agent", "antrea"],
  ["antrea.io/antrea/v2/cmd/antrea-controller", "/usr/local/bin/antrea-controller", "antrea-controller"],
  ["github.com/aws/amazon-vpc-cni-k8s/cmd/aws-vpc-cni", "/app/aws-vpc-cni", "aws-vpc-cni"],
  ["github.com/aws/amazon-vpc-cni-k8s/cmd/aws-vpc-cni-init", "/init/aws-vpc-cni-init", "amazon-vpc-cni-k8s"],
  ["istio.io/istio/pilot/cmd/pilot-agent", "/usr/bin/agent", "istio"],
  ["istio.io/istio/pilot/cmd/pilot-discovery", "/usr/local/bin/pilot-discovery", "pilot-discovery"],
  ["k8s.io/dns/cmd/node-cache", "/usr/bin/cache", "node-local-dns"],
  ["k8s.io/dns/cmd/kube-dns", "/kube-dns", "dns"],
  ["github.com/linkerd/linkerd2-proxy-init/cni-plugin", "/opt/cni/bin/linkerd-cni", "linkerd2-proxy-init"],
  ["github.com/docker/cli/cmd/docker", "/usr/local/bin/docker", "cli"],
  ["sigs.k8s.io/kind/images/kindnetd/cmd/kindnetd", "/bin/kindnetd", "kind-kindnetd"],
  ["sigs.k8s.io/kindnet/cmd/kindnetd", "/bin/kindnetd", "kindnet"],
  ["sigs.k8s.io/kube-network-policies/cmd/kube-network-policies/standard", "/bin/netpol", "kube-network-policies"],
  ["sigs.k8s.io/kube-network-policies/cmd/kube-ip-tracker/standard", "/bin/kube-ip-tracker", "kube-ip-tracker"],
  ["tailscale.com/cmd/tailscaled", "/usr/bin/agent", "tailscale"],
  ["command-line-arguments", "/usr/bin/azure-npm", "azure-npm"],
  ["command-line-arguments", "/usr/local/bin/azure-cns", "azure-cns"],
  ["github.com/submariner-io/submariner/pkg/globalnet", "/usr/bin/agent", "submariner"],
  ["github.com/submariner-io/submariner", "/usr/local/bin/submariner-gateway", "submariner-gateway"],
])("of the programs of one repository only the one that is known is taken for it: %s as %s", (path, file, name) => {
  const [module] = /^(?:github\.com\/)?[^/]+\/[^/]+(?:\/v2)?/.exec(path) ?? [];
  const program = goProgram({ path, ...(module === undefined ? {} : { module }) });
  const programs = programProfiles.flatMap(({ id, recognise }) => (recognise === undefined ? [] : [{ id, recognise }]));
  const platform = makePlatform({ [file]: program }, { entrypoint: [file] });
  const toolchain = inspectToolchain(platform, { programs, variables: [] });
  expect(toolchain.program?.name).toBe(name);
  expect(contextOf({}, "image", toolchain).profile?.id).toBe(programProfiles.find(({ id }) => id === name)?.id);
});

test.each([
  ["example.com/agent/v2", "agent"],
  ["gopkg.in/k8snetworkplumbingwg/multus-cni.v4", "multus-cni"],
])("the major version of module %s is no part of its program's name", (module, name) => {
  const program = goProgram({ path: `${module}/cmd/x`, module });
  expect(inspect({ "/usr/bin/x": program }, { cmd: ["x"] }).program?.name).toBe(name);
});

test.each([
  ["v0.6.1", [], "v0.6.1"],
  ["v0.6.1-0.20240627120000-0123456789ab", [], "v0.6.1-0.20240627120000-0123456789ab"],
  ["v0.0.0-20240627120000-0123456789ab", [], null],
  ["(devel)", [], null],
  ["(devel)", ['-ldflags="-X main.version=v0.9.1"'], "v0.9.1"],
])("version of a Go program whose module says %s, %j", (version, settings, expected) => {
  const agent = goProgram({ path: "example.com/agent", module: "example.com/agent", version, settings });
  expect(inspect({ "/usr/bin/agent": agent }, { cmd: ["agent"] }).program?.version).toBe(expected);
});

test("several known programs and none started: which one is missing", () => {
  const toolchain = inspect({
    "/usr/bin/kubelet": goProgram({ path: "k8s.io/kubernetes/cmd/kubelet" }),
    "/usr/bin/kube-proxy": goProgram({ path: "k8s.io/kubernetes/cmd/kube-proxy" }),
  });
  expect(toolchain.program).toBeUndefined();
  expect(toolchain.missing[0]?.fact).toBe("the program of the image");
});

const spdx = (packages: unknown) => ({ content: JSON.stringify({ spdxVersion: "SPDX-2.3", packages }), mode: 0o644 });

test("an SBOM in the image is a claim beside the bytes, where no record owns the file, and nothing more", () => {
  const sbom = spdx([{ name: "iptables", versionInfo: "1.8.13-r0" }, { name: "glibc", versionInfo: "2.40" }, null, 7]);
  const listing: Listing = {
    "/usr/sbin/iptables": xtablesMulti("1.8.4", "legacy"),
    "/var/lib/db/sbom/iptables-1.8.13-r0.spdx.json": sbom,
    "/opt/bitnami/common/.spdx-ipset.spdx": spdx([{ name: "ipset", versionInfo: "7.24" }]),
    "/usr/sbin/ipset": ipset(),
  };
  const { tools, missing } = inspect(listing);
  expect(tools.map(({ name, version, package: record }) => [name, version, record])).toEqual([
    ["iptables", "1.8.4", undefined],
    ["ipset", null, undefined],
  ]);
  expect(tools.map(({ evidence }) => evidence[0])).toEqual([
    {
      fact: "an SBOM in the image claims iptables 1.8.13-r0",
      source: expect.stringMatching(/^\/var\/lib\/db\/sbom\/iptables-1\.8\.13-r0\.spdx\.json in layer /),
    },
    { fact: "an SBOM in the image claims ipset 7.24", source: expect.stringMatching(/^\/opt\/bitnami\//) },
  ]);
  expect(missing).toEqual([{ fact: "version of /usr/sbin/ipset", reason: "its libipset.so was not found" }]);
  const recorded = inspect({
    ...listing,
    "/lib/apk/db/installed": apkDatabase([{ name: "iptables", version: "1.8.4-r2", files: ["/usr/sbin/iptables"] }]),
  });
  expect(JSON.stringify(recorded.tools[0]?.evidence)).not.toContain("SBOM");
  // Elsewhere, or without packages, it is a file like any other.
  for (const [path, content] of [
    ["/srv/iptables.spdx.json", sbom],
    ["/usr/share/spdx/iptables.spdx.json", spdx({ name: "iptables" })],
    ["/usr/share/spdx/iptables.spdx.json", { content: "[".repeat(200_000), mode: 0o644 }],
    ["/usr/share/spdx/iptables.spdx.json", spdx([{ name: "iptables", versionInfo: "1 \u001b[31m" }])],
  ] as const)
    expect(
      inspect({ "/usr/sbin/iptables": xtablesMulti("1.8.4", "legacy"), [path]: content }).tools[0]?.evidence,
    ).toHaveLength(1);
});

const xtables = (strings: string[]) => buildElf({ soname: "libxtables.so.12", needed: ["libc.so.6"], strings });

test.each<[file: string, bytes: Buffer, versions: [string | null, string | null]]>([
  ["libnftnl.so.11.3.0", libnftnl(14), ["1.1.6", "1.1.7"]],
  // The name alone, and a name that says less than the versions in it.
  ["libnftnl.so.7.1.0", buildElf({ soname: "libnftnl.so.7" }), ["1.0.9", "1.0.9"]],
  ["libnftnl.so.11", libnftnl(16), ["1.1.9", "1.2.0"]],
  ["libnftnl.so.11.6.0", libnftnl(17), ["1.2.1", "1.2.8"]],
  [
    "libnftnl.so.11.6.0",
    buildElf({ soname: "libnftnl.so.11", definitions: ["LIBNFTNL_17"], strings: ["nftnl_obj_unset"] }),
    ["1.2.5", "1.2.9"],
  ],
  ["libnftnl.so.11.8.0", libnftnl(19), ["1.3.2", null]],
  ["libnftnl.so.11.9.0", libnftnl(20), [null, null]],
  ["libxtables.so.12.2.0", xtables([]), ["1.8.2", "1.8.4"]],
  ["libxtables.so.12.7.0", xtables([]), ["1.8.9", "1.8.10"]],
  ["libxtables.so.12.7.0", xtables(["xtables_strtoul_base"]), ["1.8.11", null]],
  ["libip4tc.so.0.1.0", buildElf({ soname: "libip4tc.so.0" }), [null, "1.8.2"]],
  ["libip6tc.so.2.0.0", buildElf({ soname: "libip6tc.so.2" }), ["1.8.3", null]],
  ["libmnl.so.0.2.0", buildElf({ soname: "libmnl.so.0" }), [null, null]],
])("releases that %s can be", (file, bytes, versions) => {
  expect(inspect({ [`/usr/lib/${file}`]: bytes }).libraries.map((library) => library.versions)).toEqual([versions]);
});

test("a record makes one release of a range when it lies in it; a file that was replaced keeps the range", () => {
  const listing = (version: string, bytes = libnftnl(17)): Listing => ({
    "/usr/lib/libnftnl.so.11.6.0": libnftnl(17),
    "/lib/apk/db/installed": apkDatabase([
      { name: "libnftnl", version, files: [["/usr/lib/libnftnl.so.11.6.0", bytes]] },
    ]),
  });
  expect(inspect(listing("1.2.4-r0")).libraries[0]).toMatchObject({ versions: ["1.2.4", "1.2.4"] });
  expect(inspect(listing("1.3.1-r0")).libraries[0]).toMatchObject({
    versions: ["1.2.1", "1.2.8"],
    package: { version: "1.3.1-r0" },
  });
  const replaced = inspect(listing("1.2.4-r0", libnftnl(16))).libraries[0];
  expect(replaced).toMatchObject({ versions: ["1.2.1", "1.2.8"] });
  expect(replaced?.package).toBeUndefined();
  expect(replaced?.evidence[0]?.fact).toMatch(/names \/usr\/lib\/libnftnl\.so\.11\.6\.0 with another content/);
});

/** What these scripts do with the links or PATH, in their words. */
const DIND = `#!/bin/sh
set -eu
if [ "$1" = 'dockerd' ]; then
\tset -- docker-init -- "$@"
\tiptablesLegacy=
\tif [ -n "\${DOCKER_IPTABLES_LEGACY+x}" ]; then iptablesLegacy="$DOCKER_IPTABLES_LEGACY"; fi
\tif [ -n "$iptablesLegacy" ]; then
\t\texport PATH="/usr/local/sbin/.iptables-legacy:$PATH"
\tfi
fi
exec "$@"
`;
const weave = (links: "nft" | "legacy") => `#!/bin/sh
setup_iptables_backend() {
    if [ "\${num_legacy_lines}" -ge "\${num_nft_lines}" ]; then mode="legacy"; fi
    if [ "$mode" = "${links}" ]; then
      ln -s /sbin/iptables-${links} /sbin/iptables
    fi
}
setup_iptables_backend
exec /usr/bin/weave-npc "$@"
`;
const bothBackends = (directory: string, at: "nft" | "legacy"): Listing => ({
  [`${directory}/xtables-nft-multi`]: xtablesMulti("1.8.13", "nft"),
  [`${directory}/xtables-legacy-multi`]: xtablesMulti("1.8.13", "legacy"),
  ...linkAll(directory, `xtables-${at}-multi`),
});

test("docker:dind: the start script puts a folder of legacy links in front of PATH, or not", () => {
  const listing = {
    ...bothBackends("/usr/sbin", "nft"),
    ...linkAll("/usr/local/sbin/.iptables-legacy", "/usr/sbin/xtables-legacy-multi"),
    "/usr/local/bin/dockerd-entrypoint.sh": DIND,
  };
  const env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_IPTABLES_LEGACY=1"];
  const started = inspect(listing, { env, entrypoint: ["dockerd-entrypoint.sh"] });
  expect(started).toMatchObject({ selector: { version: "docker-dind", effective: true }, missing: [] });
  expect(new Set(COMMANDS.map((name) => backends(started)[name]))).toEqual(new Set(["auto"]));
  // Another script that does so chooses by what nobody knows, and one that isn't started changes nothing.
  const other = { ...listing, "/usr/local/bin/dockerd-entrypoint.sh": DIND.replaceAll("DOCKER_IPTABLES_LEGACY", "X") };
  expect(inspect(other, { env, entrypoint: ["dockerd-entrypoint.sh"] }).defaults.iptables?.backend).toBe("unknown");
  expect(inspect(listing, { env, entrypoint: ["/bin/sleep"] })).toMatchObject({
    selector: { kind: "symlink" },
    defaults: { iptables: { backend: "nft" } },
  });
});

test.each([
  // weave-kube 2.9.0, then all up to 2.8.1, then weave-npc 2.9.0, whose script never leads to legacy.
  ["nft", "legacy", true],
  ["legacy", "nft", true],
  ["nft", "nft", false],
] as const)("weave: an image with links to %s and a start script that sets them to %s", (at, links, effective) => {
  const listing = { ...bothBackends("/sbin", at), "/home/weave/launch.sh": weave(links) };
  const { selector, defaults } = inspect(listing, { entrypoint: ["/home/weave/launch.sh"] });
  expect(selector).toMatchObject({ version: "weave", effective, path: "/home/weave/launch.sh" });
  expect(defaults.iptables?.backend).toBe(effective ? "auto" : at);
});

test.each<[user: string, listing: Listing, expected: unknown]>([
  ["", {}, undefined],
  ["0:1000", {}, undefined],
  ["root", {}, undefined],
  ["65534", {}, { name: "65534" }],
  ["nonroot:nonroot", {}, { name: "nonroot:nonroot" }],
  ["rooted", {}, { name: "rooted" }],
  ["app", { "/usr/bin/sudo": buildElf({}) }, { name: "app", becomesRoot: "/usr/bin/sudo" }],
])("the image's user %j", (user, listing, expected) => {
  expect(inspect(listing, { user }).user).toEqual(expected);
});
