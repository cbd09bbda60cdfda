import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import type { ImageConfig } from "../../src/model/image.ts";
import { contextOf } from "../../src/settings.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { buildHost, buildInput, buildProgram, type HostSpec, kubelet } from "../support/cells.ts";
import { buildElf } from "../support/elf-builder.ts";
import { staticXtablesMulti, wrapperScripts, xtablesMulti } from "../support/netfilter-binaries.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** Files of an image that made something that breaks come out as a pass, or something that works as an error. From the files
 * to the findings; each was one once. */

const COMMANDS = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];

function link(folder: string, target: string, suffix = ""): Listing {
  const name = (command: string) => command.replace("tables", `tables${suffix}`);
  return Object.fromEntries(COMMANDS.map((command) => [`${folder}/${name(command)}`, `-> ${target}`]));
}

/** Both backends under their names, without a plain `iptables`. */
const BACKENDS: Listing = {
  "/bin/busybox": buildElf({ strings: ["BusyBox v1.36.1 (2024)"] }),
  "/bin/sh": "-> busybox",
  "/usr/sbin/xtables-nft-multi": staticXtablesMulti("1.8.11", "nft"),
  "/usr/sbin/xtables-legacy-multi": staticXtablesMulti("1.8.11", "legacy"),
  ...link("/usr/sbin", "xtables-nft-multi", "-nft"),
  ...link("/usr/sbin", "xtables-legacy-multi", "-legacy"),
};
const NFT: Listing = { ...BACKENDS, ...link("/usr/sbin", "xtables-nft-multi") };

/** Without the tables of iptables-legacy. */
const NO_LEGACY: HostSpec = { modules: { absent: ["ip_tables", "iptable_filter", "iptable_nat", "ip6_tables"] } };

/** `error missing-library: ...` and `missing: fact` of an image on one host, notices left out. */
function say(listing: Listing, config: Partial<ImageConfig> = {}, host: HostSpec = NO_LEGACY): string[] {
  const variables = [...new Set(programProfiles.flatMap(({ selects }) => selects?.variable?.name ?? []))];
  const toolchain = inspectToolchain(makePlatform(listing, config), { programs: [...programProfiles], variables });
  const image = contextOf({}, "image", toolchain);
  const hosts = [{ host: buildHost(host), programs: [buildProgram(kubelet)] }];
  const [cell] = evaluatePlatform({ ...buildInput({ image: {} }), toolchain, image, hosts });
  if (cell === undefined) throw new Error("one host gives one cell");
  return [
    ...cell.findings
      .filter(({ severity }) => severity !== "notice")
      .map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`),
    ...new Set(cell.missing.map(({ fact }) => `missing: ${fact}`)),
  ];
}

test("the control: an nft image on a host without legacy tables", () => {
  expect(say(NFT)).toEqual([]);
  expect(say({ ...BACKENDS, ...link("/usr/sbin", "xtables-legacy-multi") })).toEqual([
    expect.stringMatching(/^error legacy-modules-missing: /),
  ]);
});

describe("a script in the place of iptables that leaves the container", () => {
  const script = (text: string): Listing => ({ ...BACKENDS, "/usr/local/sbin/iptables": `#!/bin/sh\n${text}\n` });
  const unknown = ["missing: backend of /usr/local/sbin/iptables in the image"];

  test("runs the host's tools", () => {
    expect(say(script('exec chroot /host /usr/sbin/iptables "$@"'))).toEqual([]);
    expect(say(script('exec nsenter -t 1 -m -n iptables "$@"'))).toEqual([]);
  });
  test("enters the host's network alone and runs the image's legacy", () => {
    expect(say(script('exec nsenter -t 1 -n /usr/sbin/iptables-legacy "$@"'))).toEqual(unknown);
  });
  test("has another way that stays", () => {
    expect(say(script('[ -d /host ] && exec chroot /host iptables "$@"\nexec iptables-legacy "$@"'))).toEqual(unknown);
  });
  test("changes to a root of the image", () => {
    const root = { ...script('exec chroot /opt/root iptables "$@"'), "/opt/root/usr/sbin/iptables": "x" };
    expect(say(root)).toEqual(unknown);
    expect(say({ ...root, "/opt/root/usr/sbin/iptables": { directory: true } })).toEqual(unknown);
    expect(say({ ...script('exec chroot /host iptables "$@"'), "/host": { directory: true } })).toEqual([]);
  });
});

describe("a wrapper that nothing in the image can run", () => {
  const wrapped = (script: string): Listing => ({
    ...BACKENDS,
    "/usr/sbin/iptables-wrapper": script,
    ...link("/usr/sbin", "iptables-wrapper"),
  });
  const without = (...paths: string[]) =>
    Object.fromEntries(Object.entries(wrapped(wrapperScripts.v2)).filter(([path]) => !paths.includes(path)));
  const cannot = (what: string) => [
    `error missing-library: /usr/sbin/iptables-wrapper needs ${what}, not in the image: it does not start, "no such file or directory"`,
  ];

  test("the control", () => {
    expect(say(wrapped(wrapperScripts.v2))).toEqual([]);
    expect(say(wrapped(wrapperScripts.v2.replace("/bin/sh", "/usr/bin/env sh")))).toEqual(cannot("/usr/bin/env"));
  });
  test("no shell", () => {
    expect(say(without("/bin/sh"))).toEqual(cannot("/bin/sh"));
    expect(say(without("/bin/busybox"))).toEqual(cannot("/bin/sh"));
    expect(say(wrapped(wrapperScripts.v2.replace("/bin/sh", "/bin/bash")))).toEqual(cannot("/bin/bash"));
  });
  test("env finds no shell", () => {
    const env = { "/usr/bin/env": "-> /bin/busybox" };
    const script = (shell: string) => wrapped(wrapperScripts.v2.replace("/bin/sh", `/usr/bin/env -S ${shell} -e`));
    expect(say({ ...script("bash"), ...env })).toEqual(cannot("bash"));
    expect(say({ ...script("sh"), ...env })).toEqual([]);
  });
  test("lines that end as Windows writes them", () => {
    expect(say(wrapped(wrapperScripts.v2.replaceAll("\n", "\r\n")))).toEqual(cannot("/bin/sh\\r"));
  });
});

test("a program that holds both backends is neither", () => {
  const both = buildElf({ strings: ["1.8.11 (nf_tables)", "1.8.11 (legacy)"] });
  expect(say({ "/usr/sbin/iptables": both })).toEqual(["missing: backend of /usr/sbin/iptables in the image"]);
});

test("a root for other machines, or with libraries of its own, beside the tools that run is no error", () => {
  const file = "/opt/root/usr/sbin/xtables-nft-multi";
  const errors = (listing: Listing) => say(listing).filter((line) => line.startsWith("error"));
  expect(errors({ ...NFT, [file]: xtablesMulti("1.8.11", "nft", "arm64") })).toEqual([]);
  expect(errors({ ...NFT, [file]: xtablesMulti("1.8.9", "nft") })).toEqual([]);
  const run = "/usr/sbin/xtables-nft-multi";
  expect(errors({ ...NFT, [run]: xtablesMulti("1.8.11", "nft", "arm64") })).toEqual([
    expect.stringMatching(/^error missing-library: /),
    expect.stringMatching(/^error arch-mismatch: /),
  ]);
  const legacy = { ...NFT, "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.11", "legacy", "arm64") };
  expect(errors(legacy)).toEqual([expect.stringMatching(/^error arch-mismatch: /)]);
});
