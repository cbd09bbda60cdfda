import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { listHosts } from "../../src/host-listing.ts";
import { catalogue } from "../../src/hosts/catalogue.ts";
import { readCollected } from "../../src/hosts/collected.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import { resolveSettings } from "../../src/settings.ts";
import { scratchFolder } from "../support/scratch.ts";

const script = fileURLToPath(new URL("../../scripts/collect-host-facts.sh", import.meta.url));
const scratch = scratchFolder("collected");
const folder = scratch.path;

const node = `format=netfilter-compat-facts-1
kernel=6.12.0-124.29.1.el10_1.x86_64
architecture=x86_64
name=worker-1
os.ID=rhel
os.VERSION_ID=10.1
os.PRETTY_NAME=Red Hat Enterprise Linux 10.1
tool.iptables=iptables v1.8.11 (nf_tables)
tool.ip6tables=ip6tables v1.8.11 (nf_tables)
tool.nft=nftables v1.1.1 (Commodore Bullmoose #2)
tool.ipset=absent
module.ip_tables=absent
module.nf_tables=loaded
module.nft_compat=blocked
module.ip_set=loadable
config.NETFILTER_XTABLES_COMPAT=n
end=1
`;
const read = (facts: string) => readCollected({ facts, from: "facts/worker.facts" });
const states = (facts: string) =>
  Object.fromEntries(Object.entries(read(facts).kernel.modules).map(([name, fact]) => [name, fact.value]));

describe("facts of a node", () => {
  test("become a host, each with the file as its source; what was not seen stays unknown", () => {
    const host = read(node);
    expect(host).toMatchObject({
      id: "worker-1",
      distribution: "rhel",
      release: "10.1",
      kernel: { id: "6.12", release: { value: "6.12.0-124.29.1.el10_1.x86_64" }, xtablesCompat: { value: false } },
      iptables: { version: { value: "1.8.11" }, backend: { value: "nft" }, installed: { value: true } },
      nft: { version: { value: "1.1.1" } },
      ipset: { installed: { value: false } },
    });
    expect(host.ipset.version).toBeUndefined();
    const tables = ["filter", "nat", "mangle", "raw", "security"].map((table) => [`iptable_${table}`, "absent"]);
    expect(states(node)).toEqual({
      ip_tables: "absent",
      // Without it there are no tables of it.
      ...Object.fromEntries(tables),
      nf_tables: "loaded",
      nft_compat: "absent",
      ip_set: "loadable",
    });
    expect(host.kernel.modules.ip_tables).toEqual({
      value: "absent",
      source: "facts/worker.facts",
      confidence: "stated",
    });
    expect(host.kernel.modules.nft_compat?.note).toContain("told not to load");
  });

  test.each([
    ["iptables v1.8.9 (nf_tables)", "1.8.9", "nft"],
    ["iptables v1.8.9 (legacy)", "1.8.9", "legacy"],
    ["iptables v1.6.1", "1.6.1", "legacy"],
    ["iptables v1.8.0", "1.8.0", undefined],
    ["unreadable", undefined, undefined],
  ])("%s", (said, version, backend) => {
    const host = read(node.replace(/tool\.iptables=.*/, `tool.iptables=${said}`));
    expect([host.iptables.version?.value, host.iptables.backend?.value]).toEqual([version, backend]);
    expect(host.iptables.installed?.value).toBe(true);
  });

  test.each([
    ["1.8.11-2.el10", "2.el10"],
    ["1:1.8.11-2+b1", "2+b1"],
    ["1.8.11-r1", "r1"],
    ["1.8.4-17.el8_3.1", undefined],
    ["package iptables is not installed", undefined],
  ])("of the package %s: its release, if it is the version that runs", (said, expected) => {
    const host = read(node.replace("tool.iptables=", `package.iptables=${said}\ntool.iptables=`));
    expect(host.iptables.release?.value).toBe(expected);
  });

  test("that can't work together are told, not refused: a node can be broken", () => {
    const legacy = node.replace("v1.8.11 (nf_tables)", "v1.8.11 (legacy)");
    expect(selectHosts([{ facts: legacy, from: "w.facts" }]).notes).toEqual([
      "host worker-1 (w.facts): the backend is legacy, and the kernel module ip_tables is absent",
    ]);
  });

  const config = (lines: string) => `format=netfilter-compat-facts-1\nkernel=${lines}\nconfig.NF_TABLES=y\nend=1\n`;
  test("a kernel's config stands in where no list of modules could be read", () => {
    expect(states(config("6.1.0\nconfig.IP_NF_IPTABLES=y\nconfig.IP_NF_FILTER=y\nconfig.IP_NF_NAT=m"))).toEqual({
      nf_tables: "builtin",
      ip_tables: "builtin",
      iptable_filter: "builtin",
    });
    // From 6.17 on IP_NF_IPTABLES misleads.
    expect(states(config("6.18.1\nconfig.IP_NF_IPTABLES=y\nconfig.IP_NF_FILTER=y"))).toMatchObject({
      ip_tables: "absent",
      ip6_tables: "absent",
      iptable_filter: "absent",
      ip6table_nat: "absent",
    });
    expect(states(config("6.18.1\nconfig.NETFILTER_XTABLES_LEGACY=y\nconfig.IP_NF_IPTABLES=y"))).toMatchObject({
      ip_tables: "builtin",
    });
    expect(states(config("6.12.1\nconfig.IP_NF_IPTABLES=y\nconfig.IP_NF_IPTABLES_LEGACY=n"))).toMatchObject({
      ip_tables: "absent",
    });
  });

  test("lines of a terminal around it, carriage returns, unknown keys and control characters don't matter", () => {
    const noisy = `Creating debugging pod...\r\n${node.replaceAll("\n", "\r\n")}`.replace(
      "name=worker-1",
      "name=w\u001b[31m1\nfuture.key=1",
    );
    expect(read(noisy)).toMatchObject({ id: "w-31m1", iptables: { version: { value: "1.8.11" } } });
  });

  test.each([
    ["something else", "hello\n", "no line format="],
    ["cut short", node.replace("end=1\n", ""), "cut short"],
    ["two nodes in one", node + node.replace("6.12.0", "6.13.0"), "kernel is there twice"],
    ["no kernel", node.replace(/^kernel=.*$/m, "kernel="), 'kernel "" is no kernel release'],
    ["a state that is none", node.replace("=loadable", "=perhaps"), 'module.ip_set: "perhaps" is no state'],
    ["too large", node + "x".repeat(70_000), "larger than 65536"],
  ])("%s is an error of one line that names the file", (_, facts, message) => {
    expect(() => read(facts)).toThrow(message);
    expect(() => read(facts)).toThrow(/^facts\/worker\.facts: [^\n]*$/);
  });

  test("names that JavaScript's objects have, and very long ones, harm nothing", () => {
    const host = read(
      node.replace("name=worker-1", `name=${"a/".repeat(300)}`).replace("module.ip_set", "module.constructor"),
    );
    expect(host.id.length).toBeLessThanOrEqual(100);
    expect(Object.hasOwn(host.kernel.modules, "constructor")).toBe(true);
    expect(host.kernel.modules.ip_set).toBeUndefined();
  });

  test("two files of the same name are a mistake", () => {
    const entry = { facts: node, from: "a" };
    expect(() => selectHosts([entry, entry], catalogue)).toThrow('two hosts of the id "worker-1"');
  });
});

describe("the script", () => {
  const run = spawnSync("sh", [script], { encoding: "utf8", timeout: 60_000 });

  test("describes this machine, and the config takes what it wrote", () => {
    expect([run.status, run.stderr]).toEqual([0, ""]);
    writeFileSync(join(folder, "node.facts"), run.stdout);
    writeFileSync(join(folder, "config.yml"), "hosts:\n  - {facts: node.facts}\n  - debian-12\n");
    const { hosts } = resolveSettings({ folder, configFile: "config.yml", today: "2026-11-22" });
    expect(hosts).toHaveLength(2);
    expect(hosts[0]!.host.kernel.release).toEqual({ value: release(), source: "node.facts", confidence: "stated" });
    expect(Object.keys(hosts[0]!.host.iptables)).toContain("installed");
  });

  test("gives the same again: it changes nothing", () => {
    expect(spawnSync("sh", [script], { encoding: "utf8", timeout: 60_000 }).stdout).toBe(run.stdout);
  });

  test("tells loaded, built in, on disk, blocked and missing modules apart", () => {
    // The script's own function, on files of ours.
    for (const [name, text] of Object.entries({
      "modules.builtin": "kernel/net/netfilter/nf_tables.ko\n",
      "modules.dep": "kernel/net/ipv4/netfilter/ip_tables.ko.xz:\nkernel/net/netfilter/ipset/ip_set.ko.zst:\n",
      modules: "nft_compat 20480 1 - Live 0x0\n",
      "no.conf": "install ip_set /bin/false\n",
    }))
      writeFileSync(join(folder, name), text);
    const sh = `eval "$(sed -n '/^state()/,/^}/p' '${script}' | sed 's:/proc/modules:${folder}/modules:; s:/etc/modprobe.d:${folder}/no.conf:')"
folder='${folder}'; for m in nft_compat nf_tables ip_tables ip_set ip6_tables; do echo "$m=$(state $m)"; done`;
    expect(spawnSync("sh", ["-c", sh], { encoding: "utf8", timeout: 60_000 }).stdout).toBe(
      "nft_compat=loaded\nnf_tables=builtin\nip_tables=loadable\nip_set=blocked\nip6_tables=absent\n",
    );
  });

  test.each([
    ["rpm", { rpm: "echo 1.8.4-17.el8_3.1" }, "17.el8_3.1"],
    ["rpm, to which the file is nobody's", { rpm: "exit 1", "dpkg-query": "echo 1.8.4-3ubuntu2.1" }, "3ubuntu2.1"],
    ["dpkg", { rpm: "exit 1", "dpkg-query": "echo 1:1.8.4-3" }, "3"],
    ["another version's", { rpm: "echo 1.8.5-10.el8" }, undefined],
  ])("names the package of the iptables that runs: %s", (_, commands, release) => {
    const bin = scratch.folder();
    const all = { iptables: "echo 'iptables v1.8.4 (nf_tables)'", ...commands };
    for (const [name, body] of Object.entries(all))
      writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    const said = spawnSync("sh", [script], {
      encoding: "utf8",
      timeout: 60_000,
      env: { PATH: `${bin}:/usr/bin:/bin` },
    });
    expect([said.status, said.stderr]).toEqual([0, ""]);
    const host = readCollected({ facts: said.stdout, from: "x" });
    expect(host.iptables).toMatchObject({ version: { value: "1.8.4" }, backend: { value: "nft" } });
    expect(host.iptables.release?.value).toBe(release);
  });

  test("is what `hosts --collect` prints", () => {
    expect(listHosts({ collect: true, format: "text" }, folder)).toMatch(/^#!\/bin\/sh\n/);
    const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
    const printed = spawnSync(process.execPath, [cli, "hosts", "--collect"], { encoding: "utf8", timeout: 60_000 });
    expect([printed.status, printed.stdout]).toEqual([0, listHosts({ collect: true, format: "text" }, folder)]);
  });
});
