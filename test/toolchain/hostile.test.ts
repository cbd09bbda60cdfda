import fc from "fast-check";
import { expect, test } from "vitest";
import type { ContentSink, StreamedFile } from "../../src/model/image.ts";
import { readElfDynamic, readElfHeader } from "../../src/toolchain/binaries/elf.ts";
import { parseGoBuild } from "../../src/toolchain/binaries/go.ts";
import { identify } from "../../src/toolchain/binaries/identify.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { readScript } from "../../src/toolchain/scripts.ts";
import { buildElf } from "../support/elf-builder.ts";
import { apkDatabase, nft, wrapperScripts, xtablesMulti } from "../support/netfilter-binaries.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** What an image of a pull request may hold to make the inspection slow, large or silent. */

const MIB = 1024 * 1024;

/** Streams a made-up file of any size through the probe. Returns how much of it was asked for. */
function stream(file: Partial<StreamedFile> & { path: string; size: number }, piece: (at: number) => Buffer) {
  const sink = probeContent({ mode: 0o755, xattrs: {}, ...file });
  let read = 0;
  while (sink && read < file.size) {
    const chunk = piece(read).subarray(0, file.size - read);
    read += chunk.length;
    if (!sink.write(chunk)) break;
  }
  return { read, content: sink?.end() as { kind: string; problem?: string; problems?: string[] } | undefined };
}

const zeros = Buffer.alloc(MIB);

function inspect(listing: Listing) {
  return inspectToolchain(makePlatform(listing), { programs: [], variables: [] });
}

test("a shell script of 200 MB at the name iptables: 256 KiB of it are read, and it is known to be cut", () => {
  const line = Buffer.from(`${"echo ".repeat(200)}\n`.repeat(1000));
  const { read, content } = stream({ path: "/usr/sbin/iptables", size: 200 * MIB }, (at) =>
    at === 0 ? Buffer.concat([Buffer.from("#!/bin/sh\n"), line]) : line,
  );
  expect(read).toBeLessThan(2 * MIB);
  expect(content).toMatchObject({ kind: "script", script: { truncated: true } });
});

test("a script whose one line is all there is of it takes no time", () => {
  for (const text of [
    `#!/bin/sh\n${"exec ".repeat(13_000)}`,
    `#!/bin/sh\n${"exec -".repeat(11_000)}`,
    `#!/bin/sh\nexec ${"-a ".repeat(21_000)}`,
    `#!/bin/sh\n${"chroot\t".repeat(9000)}`,
    `#!${" ".repeat(64_000)}`,
  ]) {
    const start = performance.now();
    expect(readScript(Buffer.from(text), false)?.starts.length).toBeLessThanOrEqual(16);
    expect(performance.now() - start).toBeLessThan(2000);
  }
});

test.each([
  ["a database", "/var/lib/rpm/rpmdb.sqlite", 10_240 * MIB, 1],
  ["a database that claims less than it has", "/lib/apk/db/installed", 10_240 * MIB, 33],
  ["a list of files", "/var/lib/dpkg/info/iptables.list", 10_240 * MIB, 33],
  ["os-release", "/etc/os-release", 10_240 * MIB, 2],
  ["nothing but holes, named like a tool", "/usr/sbin/nft", 10_240 * MIB, 1],
  ["nothing but holes, named like a library", "/usr/lib/libnftnl.so.11", 10_240 * MIB, 1],
  ["a start script of zeros", "/entrypoint.sh", 10_240 * MIB, 1],
])("10 GB of %s are not read", (_, path, size, most) => {
  const before = process.memoryUsage().rss;
  const { read } = stream({ path, size }, () => zeros);
  expect(read).toBeLessThanOrEqual(most * MIB);
  expect(process.memoryUsage().rss - before).toBeLessThan(120 * MIB);
});

test("a tool of 10 GB that is an ELF file is said to be too large, and neither kept nor hashed", () => {
  const head = buildElf({ needed: ["libxtables.so.12"], strings: ["1.8.9 (nf_tables)"], padding: MIB });
  const { read, content } = stream({ path: "/usr/sbin/iptables", size: 10_240 * MIB }, (at) =>
    at === 0 ? head : zeros,
  );
  expect(read).toBeLessThan(4 * MIB);
  expect(content).toEqual({ kind: "binary", architecture: "amd64", needed: [], problem: "it is larger than 8 MiB" });
});

test("a size that is only claimed takes no memory", () => {
  const before = process.memoryUsage().rss;
  const sinks: (ContentSink | undefined)[] = [];
  for (let i = 0; i < 50; i++) {
    const sink = probeContent({ path: "/lib/apk/db/installed", size: 32 * MIB, mode: 0o644, xattrs: {} });
    sink?.write(Buffer.from("P:x\n"));
    sinks.push(sink);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  for (const sink of sinks)
    expect(sink?.end()).toMatchObject({ problems: [expect.stringMatching(/larger/), expect.anything()] });
});

/** Sets one field of the first program header of a 64-bit file, by its place in elf(5). */
function patched(bytes: Buffer, segment: number, field: number, value: bigint): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(value, 64 + segment * 56 + field);
  return copy;
}

test("an ELF file whose offsets and sizes lie anywhere ends the reading, and the rest of the image is told", () => {
  const bytes = xtablesMulti("1.8.9", "nft");
  const wild = [2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 32n, 1n, BigInt(bytes.length), BigInt(bytes.length - 1)];
  for (const segment of [0, 1, 2])
    for (const field of [8, 16, 32])
      for (const value of wild) {
        const hostile = patched(bytes, segment, field, value);
        const toolchain = inspect({ "/usr/sbin/iptables": hostile, "/usr/sbin/nft": nft("1.0.6") });
        expect(toolchain.tools.map(({ name }) => name)).toContain("nft");
      }
});

test("version records in circles end", () => {
  const bytes = buildElf({
    needed: ["libc.so.6"],
    definitions: Array.from({ length: 300 }, (_, i) => `X_${i}`),
    needs: [{ file: "libc.so.6", versions: Array.from({ length: 300 }, (_, i) => `Y_${i}`) }],
  });
  fc.assert(
    fc.property(fc.nat(bytes.length - 5), fc.integer({ min: 0, max: 64 }), (at, value) => {
      const hostile = Buffer.from(bytes);
      hostile.writeInt32LE(value, at);
      const header = readElfHeader(hostile);
      const dynamic = header && readElfDynamic(hostile, header);
      expect(dynamic?.versions().needs.length ?? 0).toBeLessThanOrEqual(1024);
      expect(dynamic?.versions().definitions.length ?? 0).toBeLessThanOrEqual(1024);
    }),
    { numRuns: 500 },
  );
});

test("eight megabytes of versions, marks and near misses are searched in a moment", () => {
  for (const filler of [
    "\x001.8.9",
    "\x001.8.9 (nf_tables",
    "1.1.1.1.1.",
    "\0",
    "\x00ebtables v",
    "BusyBox v1.",
    "\x007.1\0ipset",
  ]) {
    const bytes = Buffer.alloc(8 * MIB, filler, "latin1");
    Buffer.from("\x7fELF %s v%s (nf_tables) includepath ").copy(bytes);
    const start = performance.now();
    const identity = identify({ name: "iptables", bytes, dynamic: undefined });
    expect(identity?.candidates?.length ?? 0).toBeLessThanOrEqual(8);
    expect(performance.now() - start).toBeLessThan(8000);
  }
});

test("Go's build information with lengths of its own", () => {
  const magic = Buffer.from("\xff Go buildinf:\x08\x02", "latin1");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const build = parseGoBuild(Buffer.concat([magic, Buffer.alloc(16), Buffer.from(bytes)]));
      if (build !== undefined && build !== "old-format") expect(build.dependencies.length).toBeLessThanOrEqual(4096);
    }),
    { numRuns: 500 },
  );
});

test("one damaged part leaves the rest of the inventory as it is", () => {
  const healthy: Listing = {
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
    "/usr/sbin/iptables": "-> xtables-nft-multi",
    "/usr/sbin/iptables-wrapper": wrapperScripts.v2,
    "/usr/sbin/nft": nft("1.0.6"),
  };
  const before = inspect(healthy);
  const damages: Listing = {
    "/var/lib/rpm/Packages": "junk",
    "/usr/lib/sysimage/rpm/Packages.db": "RpmP",
    "/var/lib/rpm/rpmdb.sqlite-wal": "no log",
    "/lib/apk/db/installed": "\0\0\0",
    "/var/lib/dpkg/status": "no stanza",
    "/etc/ld.so.conf": "include /etc/ld.so.conf\n".repeat(1000),
    "/usr/lib/libnftnl.so.11": "\x7fELF",
    "/usr/sbin/ipset": "\x7fELF\x02\x01",
  };
  const after = inspect({ ...healthy, ...damages });
  const known = (toolchain: typeof before) => toolchain.tools.filter(({ name }) => name !== "ipset");
  expect(known(after)).toEqual(known(before));
  expect(after.selector).toEqual(before.selector);
  const facts = after.missing.map(({ fact }) => fact);
  for (const path of [
    "/var/lib/rpm/Packages",
    "/usr/lib/sysimage/rpm/Packages.db",
    "/lib/apk/db/installed",
    "/var/lib/dpkg/status",
  ])
    expect(facts).toContain(`packages of ${path}`);
  expect(facts).toContain("version of /usr/sbin/ipset");
});

test("a database of very many packages, and files with names of any length", () => {
  const many = apkDatabase(Array.from({ length: 60_000 }, (_, i) => ({ name: `p${i}`, version: "1-r0" })));
  const toolchain = inspect({ "/lib/apk/db/installed": many, "/usr/sbin/nft": nft("1.0.6") });
  expect(toolchain.missing[0]?.reason).toMatch(/more than 50000 packages/);
  expect(toolchain.tools).toHaveLength(1);
  const long = inspect({ "/lib/apk/db/installed": `P:x\nV:1\nF:${"usr/".repeat(100_000)}sbin\nR:nft\n\n` });
  expect(long.missing).toEqual([]);
});
