import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../src/model/error.ts";
import { resolveSettings } from "../../src/settings.ts";
import { expectGolden } from "../support/golden.ts";
import { scratchFolder } from "../support/scratch.ts";

/**
 * Every mistake that a config or a file it names can hold, and the one line that a user reads of it: golden/mistakes.md, to be
 * read by a person.
 */

const node = (fields: string) => `{"kind": "Node", "metadata": {"name": "n"}, "status": {"nodeInfo": ${fields}}}`;
const collected = (...lines: string[]) => ["format=netfilter-compat-facts-1", ...lines, "end=1", ""].join("\n");

/** Files that configs below name. */
const files: Record<string, string | Buffer> = {
  "pods.json": '{"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "p"}}]}',
  "status.json": '{"kind": "Status", "status": "Failure"}',
  "empty.json": '{"kind": "List", "items": []}',
  "nothing.json": "",
  "utf16.json": Buffer.from('\ufeff{"kind": "List", "items": []}', "utf16le"),
  "cut.json": '{"kind": "List", "items": [',
  "kernel.json": node('{"osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": 6.1}'),
  "windows.json": node(
    '{"osImage": "Windows Server 2022", "kernelVersion": "10.0.20348", "operatingSystem": "windows"}',
  ),
  "no.facts": "hello\n",
  "cut.facts": "format=netfilter-compat-facts-1\nkernel=6.1.0\n",
  "two.facts": collected("kernel=6.1.0", "kernel=6.2.0"),
  "state.facts": collected("kernel=6.1.0", "module.ip_tables=perhaps"),
  "kernel.facts": collected("kernel=plan9"),
  "ok.facts": collected("kernel=6.1.0", "name=edge"),
};

const aliases = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("");

const mistakes: [name: string, config: string | Buffer][] = [
  ["a tab as indentation", "hosts:\n\t- debian-12\n"],
  ["a key twice", "fail-on: error\nhosts: [debian-12]\nfail-on: never\n"],
  ["an open bracket", "hosts: [debian-12\n"],
  ["a star without quotes", "hosts: [*]\n"],
  ["a pattern without quotes", "images:\n  - match: *calico*\n"],
  ["an @ without quotes", "hosts: [@ubuntu]\n"],
  ["levels without end", `hosts: ${"[".repeat(20_000)}\n`],
  ["two documents", "hosts: [debian-12]\n---\nhosts: [debian-13]\n"],
  ["UTF-16", Buffer.from("\ufeffhosts: [debian-12]\n", "utf16le")],
  ["aliases without end", `l0: &l0 [x]\n${aliases.join("\n")}\n`],
  ["an alias of nothing", "hosts: [*base]\n"],
  ["a merge key", "base: &b {id: a}\nhosts:\n  - {<<: *b, id: c}\n"],
  ["megabytes", `# ${"x".repeat(300_000)}\n`],
  ["a name of every object", "__proto__: {fail-on: never}\n"],
  ["Windows line ends, then a mistake", "hosts: [debian-12]\r\n\r\nfail-on: eror\r\n"],
  ["a byte order mark, then a mistake", "\ufefffail-on: eror\n"],
  ["a list for the whole", "- debian-12\n"],
  ["an unknown option", "hosts: [debian-12]\nfailon: error\n"],
  ["an option from elsewhere", "hosts:\n  - id: a\n    os: debian\n"],
  ["a limit of another spelling", "limits: {layersize: 5GiB}\n"],
  ["an option without value", "hosts:\n"],
  ["an entry without value", "hosts:\n  - debian-12\n  -\n"],
  ["text for a list", "hosts: debian-12\n"],
  ["one entry for a list", "ignore:\n  rule: mixed-backends\n  until: 2027-01-31\n  reason: x\n"],
  ["text for a mapping", 'hosts:\n  - id: a\n    iptables: "1.8.9"\n'],
  ["a number for a host", "hosts: [12]\n"],
  ["a host with a colon behind it", "hosts:\n  - debian-12:\n"],
  ["a program as key", "programs:\n  - kube-proxy: 1.31\n"],
  ["a number as version", "hosts:\n  - id: edge\n    iptables: {version: 1.8}\n"],
  ["a host without id", "hosts:\n  - {extends: debian-12}\n"],
  ["an id with a space", "hosts:\n  - {id: my edge}\n"],

  ["a typo in an id", "hosts:\n  - debian-12\n  - ubunut-22.04\n"],
  ["a kernel it doesn't have", "hosts: [ubuntu-22.04@9.9]\n"],
  ["a distribution without release", "hosts: [ubuntu]\n"],
  ["an @ without a kernel", 'hosts: ["ubuntu-22.04@"]\n'],
  ["two kernels", 'hosts: ["ubuntu-22.04@6.2@6.5"]\n'],
  ["a glob that fits nothing", "hosts:\n  - slackware-*\n"],
  ["a glob with a class", 'hosts: ["talos-[12]*"]\n'],
  ["a comparison with a code name", 'hosts: ["ubuntu >= jammy"]\n'],
  ["a comparison of an unknown distribution", 'hosts: ["ubunto >= 20.04"]\n'],
  ["a comparison that nothing fits", 'hosts: ["debian >= 40"]\n'],
  ["taking away first", "hosts: [not rhel-8]\n"],
  ["nothing left", "hosts: [debian-12, not debian-12]\n"],
  ["an empty entry", 'hosts: [debian-12, ""]\n'],

  ["extends goes in a circle", "hosts:\n  - {id: a, extends: b}\n  - {id: b, extends: a}\n"],
  ["it extends itself", "hosts:\n  - id: a\n    extends: a\n"],
  ["it extends nothing known", "hosts:\n  - id: a\n    extends: debain-12\n"],
  ["it extends a kernel that isn't there", "hosts:\n  - id: a\n    extends: debian-12@2.6\n"],
  ["one id twice", "hosts:\n  - id: a\n  - id: a\n"],
  ["one id twice, once collected", "hosts:\n  - id: edge\n  - facts: ok.facts\n"],
  ["a module that no rule asks for", "hosts:\n  - id: a\n    modules:\n      ip_tablez: absent\n"],
  ["a state that is none", "hosts:\n  - id: a\n    modules:\n      ip_tables: present\n"],
  ["a version of the future", 'hosts:\n  - id: a\n    iptables:\n      version: "99.99"\n'],
  ["a version before the first", 'hosts:\n  - id: a\n    ipset: {version: "0.0"}\n'],
  ["a kernel that is none", "hosts:\n  - id: a\n    kernel: bookworm\n"],
  ["a kernel of the future", 'hosts:\n  - id: a\n    kernel: "99.1"\n'],
  ["a kernel as a number", "hosts:\n  - id: a\n    kernel: 6.10\n"],
  ["a release without a version", "hosts:\n  - id: a\n    iptables: {release: 17.el8}\n"],
  [
    "legacy without ip_tables",
    "hosts:\n  - id: a\n    iptables: {backend: legacy}\n    modules: {ip_tables: absent}\n",
  ],
  [
    "the base's legacy without ip_tables",
    "hosts:\n  - id: a\n    extends: ubuntu-20.04\n    modules: {ip_tables: absent}\n",
  ],
  ["nft without nf_tables", "hosts:\n  - id: a\n    extends: debian-12\n    modules: {nf_tables: absent}\n"],
  ["nft before there was any", 'hosts:\n  - id: a\n    iptables: {version: "1.6.1", backend: nft}\n'],
  ["a table without its core", "hosts:\n  - id: a\n    modules: {ip_tables: absent, iptable_nat: loaded}\n"],
  ["nft_compat on a kernel before it", "hosts:\n  - id: a\n    kernel: 3.10.0\n    modules: {nft_compat: loaded}\n"],
  ["more hosts than a report can show", `hosts:\n${many(2001, (i) => `  - {id: h${i}}\n`)}`],

  ["nodes that are not there", "hosts:\n  - nodes: nope.json\n"],
  ["nodes that are pods", "hosts:\n  - nodes: pods.json\n"],
  ["nodes that are an error of the server", "hosts:\n  - nodes: status.json\n"],
  ["no nodes", "hosts:\n  - nodes: empty.json\n"],
  ["nodes of nothing", "hosts:\n  - nodes: nothing.json\n"],
  ["nodes as PowerShell writes them", "hosts:\n  - nodes: utf16.json\n"],
  ["nodes that are a folder", "hosts:\n  - nodes: .\n"],
  ["nodes cut short", "hosts:\n  - nodes: cut.json\n"],
  ["a kernel that is no text", "hosts:\n  - nodes: kernel.json\n"],
  ["nodes that all run Windows", "hosts:\n  - nodes: windows.json\n"],
  ["facts that are none", "hosts:\n  - facts: no.facts\n"],
  ["facts cut short", "hosts:\n  - facts: cut.facts\n"],
  ["facts of two nodes", "hosts:\n  - facts: two.facts\n"],
  ["facts with a state that is none", "hosts:\n  - facts: state.facts\n"],
  ["facts without a kernel", "hosts:\n  - facts: kernel.facts\n"],
  ["the same facts twice", "hosts:\n  - facts: ok.facts\n  - facts: ok.facts\n"],

  ["an unknown program", "programs:\n  - kubelet@1.36\n  - kubeproxy@1.36\n"],
  ["a program's version that is none", "programs: [kubelet@newest]\n"],
  ["a program's version of which nothing is known", "programs:\n  - kube-proxy@1.9\n"],
  ["an unknown program on a host", "hosts:\n  - id: a\n    programs:\n      - kubelet@1.36\n      - dokcer\n"],
  ["a construct that no rule has", "programs:\n  - {name: agent, writes: [mark-mach]}\n"],
  ["a word for all constructs", "programs:\n  - {name: agent, writes: all}\n"],
  ["a set type that ipset hasn't", 'programs:\n  - {name: agent, creates: ["hash:banana"]}\n'],
  ["a program's tool of the future", 'programs:\n  - {name: agent, nft: "77.0"}\n'],
  ["more programs than a node runs", `programs:\n${many(201, () => "  - docker\n")}`],
  ["an image's program that is none", 'images:\n  - match: "*calico*"\n    program: calcio\n'],
  ["an image's program of no version", 'images:\n  - match: "*calico*"\n    program: calico@new\n'],

  ["a rule that is none, ignored", 'ignore:\n  - {rule: mixed-backend, until: 2027-01-31, reason: "x"}\n'],
  ["a rule that is none, with a severity", "severity:\n  mixed-backend: error\n"],
  ["a severity that is none", "severity: {mixed-backends: fatal}\n"],
  ["an ignore that is only a rule", "ignore:\n  - mixed-backends\n"],
  ["an ignore for everything", "ignore:\n  - {until: 2027-01-31, reason: x}\n"],
  ["an ignore without end", "ignore:\n  - {rule: mixed-backends, reason: x}\n"],
  ["an ignore until another way of writing", "ignore:\n  - {rule: mixed-backends, until: 2027-1-31, reason: x}\n"],
  ["an ignore until no day", "ignore:\n  - {rule: mixed-backends, until: 2027-02-30, reason: x}\n"],
  ["an ignore without reason", 'ignore:\n  - {rule: mixed-backends, until: 2027-01-31, reason: ""}\n'],
];

const folder = scratchFolder("mistakes").path;
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);

/** What a user reads; undefined when nothing was said. */
function complaintAbout(config: string | Buffer): string | undefined {
  writeFileSync(join(folder, "c.yml"), config);
  try {
    resolveSettings({ folder, configFile: "c.yml", today: "2026-11-22" });
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
}

test("every mistake is one line that says where it is and what to do", () => {
  const lines = mistakes.map(([name, config]) => {
    const said = complaintAbout(config);
    expect(said, name).toBeDefined();
    expect(said, name).not.toMatch(/[\n\r]/);
    expect(said?.startsWith("c.yml"), `${name}: ${said}`).toBe(true);
    const shown = String(config).length > 200 ? `${String(config).slice(0, 60)}...` : String(config);
    // What the catalogue grows by is no change of a message.
    const steady = said
      ?.replace(/newest known is [\d.]+/, "newest known is ...")
      .replace(/in the catalogue, only [^;]+;/, "in the catalogue, only ...;")
      .replace(/(needs a release:) [^;]+/, "$1 ...")
      .replace(/(no set type of ipset; known are) .*/, "$1 ...")
      .replace(/(; it has) .*(, or @\*)/, "$1 ...$2")
      .replace(/(; there are) .*/, "$1 ...");
    return `## ${name}\n\n${JSON.stringify(shown.replaceAll("\ufeff", "<BOM>").replaceAll("\0", "<NUL>"))}\n\n> ${steady}\n`;
  });
  expectGolden(new URL("./golden/mistakes.md", import.meta.url), `${lines.join("\n")}`);
});

test("what only looks like a mistake is none", () => {
  for (const config of [
    "\ufeffhosts: [debian-12]\r\nfail-on: error\r\n",
    "base: &b {id: a}\n".replace("base", "severity").replace("&b {id: a}", "&b {mixed-backends: error}"),
    "hosts:\n  - &edge {id: a, extends: debian-12}\n  - debian-12\n",
    'hosts: ["talos-1.1?", "not talos-1.10"]\n',
    "hosts:\n  - {id: debian-12, extends: debian-12}\n  - debian-12\n",
    "# nothing yet\n",
  ])
    expect(complaintAbout(config), config).toBeUndefined();
});
