import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import userdata from "../../src/knowledge/nft-userdata.json" with { type: "json" };
import { inRange, upstreamVersion } from "../../src/model/version.ts";
import { debianRoot, packageVersions, type Root, type RootResult } from "../support/roots.ts";
import { skipTest } from "../support/skip.ts";

// What nft-userdata.json says, seen on this machine's kernel: one release of nft makes a set in a fresh network namespace,
// another one lists it. Needs root, network namespaces and Debian's packages.

const suites = ["bullseye", "bookworm", "trixie", "sid"];
const roots = new Map<string, RootResult>();

beforeAll(async () => {
  for (const suite of suites) roots.set(suite, await debianRoot(suite));
});

function needRoot(context: { skip(note?: string): never }, suite: string): Root {
  const result = roots.get(suite);
  if (result?.ok !== true) return skipTest(context, `nft of Debian ${suite}`, result?.reason ?? "no root");
  if (spawnSync("unshare", ["-n", "true"], { timeout: 10_000 }).status !== 0)
    return skipTest(context, `nft of Debian ${suite}`, "network namespaces cannot be made here");
  return result.root;
}

function nftVersion(root: Root): string {
  return upstreamVersion(packageVersions(root.folder).get("nftables") ?? "") ?? "none";
}

/** Exit code of the reader, 128 plus the signal when one ended it. The writer has to succeed. */
function writeAndRead(writer: Root, script: string, reader: Root, command: string): number | null {
  const steps = 'chroot "$0" nft "$1" || exit 99; chroot "$2" nft $3 > /dev/null';
  return spawnSync("unshare", ["-n", "sh", "-c", steps, writer.folder, script, reader.folder, command], {
    timeout: 60_000,
  }).status;
}

const typed = [
  "add table ip t; add set ip t s { type ipv4_addr; }",
  "add table ip t; add map ip t m { type ipv4_addr : verdict; }",
  "add table inet t; add set inet t s { type ipv4_addr; flags interval; }",
];
const harmless = [
  "add table ip t; add set ip t s { typeof ip saddr; }",
  "add table ip t; add set ip t s { type ipv4_addr . inet_service; }",
  "add table ip t; add chain ip t c; add rule ip t c tcp dport { 22, 80 } accept",
];
const crashed = 128 + 11;

function predicted(writer: string, reader: string): number {
  const crashes = inRange(reader, userdata.crashing) && !userdata.good.includes(reader);
  return inRange(writer, userdata.writer) && crashes ? crashed : 0;
}

describe.each(suites)("sets that nft of Debian %s makes", (from) => {
  for (const to of suites) {
    test(`listed by that of ${to}`, (context) => {
      const writer = needRoot(context, from);
      const reader = needRoot(context, to);
      const expected = predicted(nftVersion(writer), nftVersion(reader));
      for (const script of typed)
        for (const command of ["list ruleset", "list sets"])
          expect.soft(writeAndRead(writer, script, reader, command), `${command}: ${script}`).toBe(expected);
      for (const script of harmless) expect.soft(writeAndRead(writer, script, reader, "list ruleset"), script).toBe(0);
    });
  }
});

test("one's own table can still be listed and changed from 1.0.6 on", (context) => {
  const writer = needRoot(context, "trixie");
  const reader = needRoot(context, "bookworm");
  expect(writeAndRead(writer, typed[0]!, reader, "add table ip own ; list table ip own")).toBe(0);
});
