import { expect, test } from "vitest";
import type { BinaryContent } from "../../src/toolchain/content.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { buildElf, type ElfRecipe } from "../support/elf-builder.ts";
import { goProgram, libipset, libnftnl, nft, staticXtablesMulti, xtablesMulti } from "../support/netfilter-binaries.ts";
import { probe } from "../support/tree.ts";

function identify(path: string, bytes: Buffer) {
  return (probe(path, bytes) as BinaryContent | undefined)?.identity;
}

const elf = (recipe: ElfRecipe) => buildElf({ needed: ["libc.so.6"], ...recipe });

test.each<[title: string, path: string, bytes: Buffer, expected: object]>([
  [
    "1.8.8 and later, nft",
    "/usr/sbin/xtables-nft-multi",
    xtablesMulti("1.8.9", "nft"),
    { tool: "iptables", version: "1.8.9", backend: "nft" },
  ],
  [
    "1.8.8 and later, legacy",
    "/sbin/xtables-legacy-multi",
    xtablesMulti("1.8.11", "legacy"),
    { tool: "iptables", version: "1.8.11", backend: "legacy" },
  ],
  [
    "up to 1.8.7",
    "/sbin/xtables-nft-multi",
    xtablesMulti("1.8.4", "nft"),
    { tool: "iptables", version: "1.8.4", backend: "nft" },
  ],
  [
    "a renamed copy",
    "/opt/tools/bin/fw",
    xtablesMulti("1.8.4", "legacy"),
    { tool: "iptables", version: "1.8.4", backend: "legacy" },
  ],
  [
    "a static build",
    "/bin/aux/xtables-nft-multi",
    staticXtablesMulti("1.8.11", "nft"),
    { tool: "iptables", version: "1.8.11", backend: "nft" },
  ],
  [
    "1.6, whose backend is in its name only",
    "/sbin/xtables-multi",
    elf({ needed: ["libxtables.so.12"], strings: ["1.6.2"] }),
    { tool: "iptables", version: "1.6.2", backend: "legacy" },
  ],
  [
    "arptables, whose format is that of iptables",
    "/usr/sbin/arptables-legacy",
    elf({ strings: ["arp_tables", "0.0.5", "%s v%s (legacy)"] }),
    { tool: "arptables", version: "0.0.5", backend: "legacy" },
  ],
  [
    "a copy of iptables at the name of arptables",
    "/usr/sbin/arptables",
    elf({ needed: ["libxtables.so.12"], strings: ["arp_tables", "1.8.7", "%s v%s (nf_tables)"] }),
    { tool: "iptables", version: "1.8.7", backend: "nft" },
  ],
  [
    "two versions: none",
    "/sbin/xtables-nft-multi",
    elf({ strings: ["1.8.4", "1.2.3", "%s v%s (nf_tables)"] }),
    { tool: "iptables", version: null, candidates: ["1.8.4", "1.2.3"] },
  ],
  [
    "ebtables before its library",
    "/sbin/ebtables-legacy",
    elf({ strings: ["ebtables v2.0.10 (December 2011)"] }),
    { tool: "ebtables", version: "2.0.10", backend: "legacy" },
  ],
  [
    "busybox",
    "/bin/busybox",
    elf({ strings: ["BusyBox v1.36.1 (2024)", "iptables"] }),
    { tool: "busybox", version: "1.36.1" },
  ],
  ["ipvsadm", "/sbin/ipvsadm", elf({ strings: ["ipvsadm v1.31 2019/12/24"] }), { tool: "ipvsadm", version: "1.31" }],
  ["nft", "/usr/sbin/nft", nft("1.0.6.1"), { tool: "nft", version: "1.0.6.1" }],
  [
    "nft with its library inside",
    "/usr/sbin/nft",
    elf({ needed: ["libnftnl.so.11"], strings: ["--includepath", "1.0.6", "%s v%s (%s)"] }),
    { tool: "nft", version: "1.0.6" },
  ],
  [
    "conntrack",
    "/usr/sbin/conntrack",
    elf({ strings: ["1.4.7", "%s v%s (conntrack-tools)"] }),
    { tool: "conntrack", version: "1.4.7" },
  ],
  [
    "libipset's two-part version",
    "/usr/lib/libipset.so.13.4.0",
    libipset("7.17"),
    { tool: "libipset", version: "7.17" },
  ],
  [
    "a static ipset",
    "/sbin/ipset",
    buildElf({ strings: ["Kernel and userspace incompatible: settype %s", "7.6", "ipset"] }),
    { tool: "ipset", version: "7.6" },
  ],
  [
    "the ipset front end",
    "/usr/sbin/ipset",
    elf({ needed: ["libipset.so.13", "libc.so.6"] }),
    { tool: "ipset", version: null, versionIn: "libipset.so" },
  ],
  [
    "libnftnl of the Kilo story",
    "/usr/lib/libnftnl.so.11.3.0",
    libnftnl(14),
    { tool: "libnftnl", library: { soVersion: "11.3.0", min: "1.1.6", max: "1.1.7" } },
  ],
  [
    "the newest libnftnl is open upwards",
    "/usr/lib/libnftnl.so.11.8.0",
    libnftnl(19),
    { library: { min: "1.3.2", max: null } },
  ],
])("%s", (_, path, bytes, expected) => {
  expect(identify(path, bytes)).toMatchObject(expected);
});

test.each<[title: string, path: string, bytes: Buffer]>([
  [
    "a program that speaks of tables and holds a version",
    "/usr/bin/psql",
    elf({ strings: ["tables", "1.8.9", "1.8.9 (nf_tables"] }),
  ],
  ["a version that is not NUL-bounded", "/usr/bin/x", elf({ strings: ["iptables 1.8.9 (nf_tables)"] })],
  [
    "a Go program with iptables' text",
    "/usr/bin/agent",
    goProgram({ path: "example.com/agent" }, { strings: ["1.8.9 (nf_tables)"] }),
  ],
  [
    "a program with other libraries",
    "/usr/bin/x",
    elf({ needed: ["libssl.so.3"], strings: ["tables", "1.8.9 (legacy)"] }),
  ],
  ["a program that uses libipset", "/usr/sbin/keepalived", elf({ needed: ["libipset.so.13", "libssl.so.3"] })],
])("not taken for a tool: %s", (_, path, bytes) => {
  expect(identify(path, bytes)).toBeUndefined();
});

test("a packed tool is unreadable, never absent", () => {
  const bytes = buildElf({ strings: ["x"], padding: 4096 });
  bytes.write("UPX!", 236, "latin1");
  expect(probe("/usr/sbin/iptables", bytes)).toMatchObject({ kind: "binary", packed: true, architecture: "amd64" });
});

test("a tool that ends before its size does is unreadable, another program nothing", () => {
  const bytes = Buffer.concat([xtablesMulti("1.8.9", "nft"), Buffer.alloc(8192)]);
  const read = (path: string) => {
    const sink = probeContent({ path, size: bytes.length + 1, mode: 0o755, xattrs: {} });
    sink?.write(bytes);
    return sink?.end();
  };
  expect(read("/usr/sbin/xtables-nft-multi")).toMatchObject({ problem: "it ends early" });
  expect(read("/usr/sbin/fw")).toBeUndefined();
});

test("what is kept of a file is the same whatever the pieces in which it comes", () => {
  const files: [path: string, bytes: Buffer][] = [
    ["/usr/sbin/xtables-nft-multi", xtablesMulti("1.8.9", "nft")],
    ["/opt/bin/fw", staticXtablesMulti("1.8.4", "legacy")],
    ["/usr/lib/libipset.so.13", libipset("7.17")],
    ["/usr/lib/libnftnl.so.11", libnftnl(14)],
    ["/usr/sbin/nft", nft("1.0.6")],
    ["/usr/sbin/iptables-save", Buffer.from("\x7fELFtoo short")],
    ["/usr/sbin/iptables-save", Buffer.from("\x7fEL")],
    ["/usr/sbin/iptables-save", Buffer.from("neither")],
    ["/usr/sbin/iptables", Buffer.from("#!")],
    ["/usr/sbin/iptables", Buffer.from('#!/bin/sh\nexec chroot /host iptables "$@"\n')],
    ["/usr/sbin/iptables", Buffer.from(`#!/bin/sh\n${"# long\n".repeat(20_000)}exec nothing\n`)],
    ["/var/lib/dpkg/info/nftables.list", Buffer.from("/.\n/usr\n/usr/sbin\n/usr/sbin/nft\n")],
  ];
  for (const [path, bytes] of files) {
    const whole = probe(path, bytes, 0o755, bytes.length);
    for (const chunk of [1, 3, 4, 5, 1000, 4095, 4096, 4097, bytes.length - 1].filter((size) => size < bytes.length))
      expect(probe(path, bytes, 0o755, chunk), `${path} in pieces of ${chunk}`).toEqual(whole);
  }
});

test("Go build information is found in programs of any size, whatever the pieces", () => {
  const dependencies: [string, string][] = [["github.com/coreos/go-iptables", "v0.6.0"]];
  const program = {
    path: "github.com/squat/kilo/cmd/kg",
    module: "github.com/squat/kilo",
    version: "v0.6.0",
    dependencies,
  };
  for (const [path, padding, chunk] of [
    ["/opt/bin/kg", 0, 64 * 1024],
    ["/opt/bin/kg", 0, 7],
    ["/opt/kilo/kg", 100, 33],
    ["/opt/bin/kg", 9 * 1024 * 1024, 64 * 1024],
  ] as const) {
    const content = probe(path, goProgram(program, { padding }), 0o755, chunk);
    expect(content).toMatchObject({
      go: {
        goVersion: "go1.22.3",
        path: program.path,
        main: { path: program.module, version: "v0.6.0" },
        dependencies: [{ path: "github.com/coreos/go-iptables", version: "v0.6.0" }],
      },
    });
  }
});

test("Go's older build information is told, not guessed", () => {
  const bytes = buildElf({ go: { version: "go1.15", modules: "", pointerFormat: true } });
  expect(probe("/opt/agent", bytes)).toMatchObject({ problem: expect.stringContaining("before 1.18") });
});

test("libraries without mode bits are read, plain files are not", () => {
  expect(probe("/usr/lib/libnftnl.so.11.3.0", libnftnl(14), 0o644)).toBeDefined();
  expect(probe("/usr/share/data", libnftnl(14), 0o644)).toBeUndefined();
});

test.each([
  ["tools", "iptables ip6tables-nft xtables-legacy-multi nft ipset conntrack conntrackd ebtables arptables"],
  [
    "libraries",
    "nftnl.so.11 xtables.so.12 mnl.so.0 ip4tc.so.2 ip6tc.so ipset.so.13 nftables.so.1 ebtc.so.0 nfnetlink.so.0",
  ],
  ["support", "c.so.6 c-2.31.so m.so.6 dl.so.2 jansson.so.4 edit.so.2 netfilter_log.so.1 nl-3.so.200 nl-genl-3.so.200"],
  ["loaders", "ld-linux-x86-64.so.2 ld-musl-x86_64.so.1 ld64.so.1 ld64.so.2 ld.so.1 ld-2.31.so"],
  ["extensions", "xt_mark.so ipt_REJECT.so ip6t_frag.so ebt_ip.so arpt_mangle.so"],
])("%s are looked at whatever their mode", (kind, names) => {
  const prefix = kind === "tools" || kind === "loaders" ? "" : "lib";
  for (const name of names.split(" "))
    expect(probeContent({ path: `/x/${prefix}${name}`, size: 9, mode: 0o644, xattrs: {} }), name).toBeDefined();
  for (const name of ["iptables.8.gz", "iptables.conf", "libxt_mark.a", "nft.rules", "libcrypt.so.1", "tab"])
    expect(probeContent({ path: `/x/${name}`, size: 9, mode: 0o644, xattrs: {} }), name).toBeUndefined();
});
