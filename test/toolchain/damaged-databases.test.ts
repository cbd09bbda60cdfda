import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { parseApkDatabase } from "../../src/toolchain/packages/apk.ts";
import { parseDpkgStatus } from "../../src/toolchain/packages/dpkg.ts";
import { readRpmHeader } from "../../src/toolchain/packages/rpm/header.ts";
import { parseRpmManifest } from "../../src/toolchain/packages/rpm/manifest.ts";
import { readRpmFile } from "../../src/toolchain/packages/rpm/rpm.ts";
import { readSqlitePackages, summariseSqlite, summariseSqliteLog } from "../../src/toolchain/packages/rpm/sqlite.ts";
import type { ParsedPackages } from "../../src/toolchain/packages/types.ts";
import {
  apkDatabase,
  dpkgStatus,
  ipset,
  libipset,
  libnftnl,
  nft,
  xtablesMulti,
} from "../support/netfilter-binaries.ts";
import { buildRpmHeader } from "../support/rpm-header.ts";
import { inspectListing } from "../support/rpm-images.ts";
import { readRows, writeSqlite } from "../support/rpm-sqlite.ts";
import { skipTest } from "../support/skip.ts";
import type { Listing } from "../support/tree.ts";

/**
 * Package databases of every kind, damaged in every way that a disk, a cut-off build or a hostile image can: what the bytes of
 * the tools say stays as it is, and a package that is lost is never lost silently.
 */

const TOOLS = {
  "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.8", "nft"),
  "/usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.8", "legacy"),
  "/usr/sbin/nft": nft("1.0.4"),
  "/usr/sbin/ipset": ipset(),
  "/usr/lib/libipset.so.13.4.0": libipset("7.17"),
  "/usr/lib64/libnftnl.so.11.6.0": libnftnl(17),
};
const IMAGE: Listing = {
  ...TOOLS,
  "/usr/sbin/iptables": "-> xtables-nft-multi",
  "/usr/lib/libipset.so.13": "-> libipset.so.13.4.0",
};

const fixture = (name: string) =>
  zstdDecompressSync(readFileSync(new URL(`fixtures/rpm/${name}.zst`, import.meta.url)));
const files = (paths: string[]) =>
  paths.map((path): [string, Buffer] => [path, TOOLS[path as keyof typeof TOOLS] ?? Buffer.from(path)]);
const APK = apkDatabase([
  {
    name: "iptables",
    version: "1.8.8-r1",
    files: files(["/usr/sbin/xtables-nft-multi", "/usr/sbin/xtables-legacy-multi"]),
  },
  { name: "ipset", version: "7.17-r0", files: files(["/usr/sbin/ipset", "/usr/lib/libipset.so.13.4.0"]) },
  { name: "nftables", version: "1.0.4-r0", files: files(["/usr/sbin/nft"]) },
  ...Array.from({ length: 12 }, (_, i) => ({
    name: `filler-${i}`,
    version: `${i}.0-r0`,
    files: files([`/usr/bin/f${i}`]),
  })),
]);
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

/** The first stanzas of the machine's own dpkg, with the tools' among them. */
function realStatus(): string | undefined {
  const path = "/var/lib/dpkg/status";
  if (!existsSync(path)) return undefined;
  const stanzas = readFileSync(path, "utf8")
    .split(/(?<=\n)\n/)
    .slice(0, 25);
  const own = dpkgStatus([
    { name: "iptables", version: "1.8.8-1" },
    { name: "nftables", version: "1.0.4-1" },
  ]);
  return `${stanzas.slice(0, 12).join("\n")}\n${own}${stanzas.slice(12).join("\n")}`;
}

const header = (id: number) =>
  buildRpmHeader({
    name: `p${id}`,
    version: `1.${id}`,
    release: "1",
    files: [{ path: "/usr/sbin/nft", digest: "ab".repeat(32) }],
    padding: id * 250,
  });

/** Half of the packages only in the log. */
const WAL = writeSqlite(4096, ({ put, checkpoint }) => {
  for (let id = 1; id <= 15; id++) put(id, header(id));
  checkpoint();
  for (let id = 16; id <= 30; id++) put(id, header(id));
});

function readRpm(path: string, bytes: Buffer): ParsedPackages {
  const read = readRpmFile(path, bytes);
  if (read.format === "packages") return read;
  return read.format === "sqlite" ? readSqlitePackages(read.pages) : { packages: [], problems: [] };
}

const LOG = "rpm, SQLite's log";

interface Database {
  path: string;
  bytes: Buffer;
  read(bytes: Buffer): ParsedPackages;
  /** What lies beside it and is whole. */
  beside?: Listing;
}

const text = (parse: (text: string) => ParsedPackages) => (bytes: Buffer) => parse(bytes.toString("latin1"));
const rpm = (name: string, path: string): Database => ({
  path,
  bytes: fixture(name),
  read: (bytes) => readRpm(path, bytes),
});

const DATABASES: Record<string, Database> = {
  apk: { path: "/lib/apk/db/installed", bytes: Buffer.from(APK), read: text(parseApkDatabase) },
  "dpkg status": {
    path: "/var/lib/dpkg/status",
    bytes: Buffer.from(realStatus() ?? ""),
    read: text((read) => parseDpkgStatus(read, "status")),
    beside: {
      "/var/lib/dpkg/info/nftables.list": "/usr/sbin/nft\n",
      "/var/lib/dpkg/info/nftables.md5sums": `${md5(TOOLS["/usr/sbin/nft"])}  usr/sbin/nft\n`,
    },
  },
  "dpkg status.d": {
    path: "/var/lib/dpkg/status.d/nftables",
    bytes: Buffer.from("Package: nftables\nVersion: 1.0.4-1\nArchitecture: amd64\nDescription: text\n more\n"),
    read: text((read) => parseDpkgStatus(read, "status.d")),
  },
  "rpm, Berkeley DB": rpm("amazon-linux-2.Packages", "/var/lib/rpm/Packages"),
  "rpm, ndb": rpm("sles-15.Packages.db", "/usr/lib/sysimage/rpm/Packages.db"),
  "rpm, SQLite": rpm("amazon-linux-2023.rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite"),
  [LOG]: {
    path: "/var/lib/rpm/rpmdb.sqlite-wal",
    bytes: WAL.log!,
    read: (bytes) => readSqlitePackages(summariseSqlite(WAL.file), summariseSqliteLog(bytes)),
    beside: { "/var/lib/rpm/rpmdb.sqlite": { content: WAL.file, mode: 0o644 } },
  },
  "rpm, distroless text": {
    path: "/var/lib/rpmmanifest/container-manifest-2",
    bytes: Buffer.from(
      ["iptables", "nftables", "ipset", "bash"]
        .map((name) => `${name}\t1.0.4-1.azl3\t1\t1\tMicrosoft Corporation\t(none)\t1\tx86_64\t0\t${name}-1.src.rpm\n`)
        .join(""),
    ),
    read: text(parseRpmManifest),
  },
};

/** Places are shares of the length, so that one description fits every database and a failure can be read. */
type Damage =
  | { bytes: [place: number, value: number][] }
  | { cutAt: number }
  | { lose: number; size: number }
  | { double: number; size: number; to: number }
  | { zeroPage: number }
  | { junk: Uint8Array; at: number };

function harm(bytes: Buffer, damage: Damage): Buffer {
  const place = (share: number) => Math.floor(share * bytes.length);
  const copy = Buffer.from(bytes);
  if ("bytes" in damage) for (const [share, value] of damage.bytes) copy[place(share)] = value;
  else if ("cutAt" in damage) return copy.subarray(0, place(damage.cutAt));
  else if ("lose" in damage)
    return Buffer.concat([bytes.subarray(0, place(damage.lose)), bytes.subarray(place(damage.lose) + damage.size)]);
  else if ("double" in damage) {
    const part = bytes.subarray(place(damage.double), place(damage.double) + damage.size);
    return Buffer.concat([bytes.subarray(0, place(damage.to)), part, bytes.subarray(place(damage.to))]);
  } else if ("zeroPage" in damage) {
    const start = place(damage.zeroPage) & ~4095;
    copy.fill(0, start, Math.min(start + 4096, copy.length));
  } else Buffer.from(damage.junk).copy(copy, place(damage.at));
  return copy;
}

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ bytes: fc.array(fc.tuple(share, fc.nat(255)), { minLength: 1, maxLength: 30 }) }),
  fc.record({ cutAt: share }),
  fc.record({ lose: share, size: fc.nat(5000) }),
  fc.record({ double: share, size: fc.nat(5000), to: share }),
  fc.record({ zeroPage: share }),
  fc.record({ junk: fc.uint8Array({ minLength: 1, maxLength: 64 }), at: share }),
);

/** What the tools' own bytes tell: everything but the records. */
function told({ tools, libraries, defaults, selector }: Toolchain) {
  const own = (source: { source: string }) => !/lib\/(?:apk|dpkg|rpm|sysimage|rpmmanifest)\//.test(source.source);
  return {
    tools: tools.map(({ package: _, replacedPackage: __, evidence, ...rest }) => ({
      ...rest,
      evidence: evidence.filter(own),
    })),
    // A record also narrows what a so-number leaves open.
    libraries: libraries.map(({ package: _, versions: __, evidence, ...rest }) => ({
      ...rest,
      evidence: evidence.filter(own),
    })),
    defaults,
    selector,
  };
}

const BARE = told(inspectListing(IMAGE));

function inspectWith({ path, beside }: Database, bytes: Buffer): Toolchain {
  return inspectListing({ ...IMAGE, ...beside, [path]: { content: bytes, mode: 0o644 } });
}

describe.each(Object.entries(DATABASES))("%s", (kind, database) => {
  test("whole: every record is read and nothing is missing", (context) => {
    if (database.bytes.length === 0) skipTest(context, `a damaged ${kind}`, "this machine has no dpkg");
    expect(database.read(database.bytes).problems).toEqual([]);
    const toolchain = inspectWith(database, database.bytes);
    expect(toolchain.missing).toEqual([]);
    expect(told(toolchain)).toEqual(BARE);
  });

  test("damaged: the bytes still speak, and what else is missing is said of the database alone", (context) => {
    if (database.bytes.length === 0) skipTest(context, `a damaged ${kind}`, "this machine has no dpkg");
    fc.assert(
      fc.property(damages, (damage) => {
        const toolchain = inspectWith(database, harm(database.bytes, damage));
        expect(told(toolchain)).toEqual(BARE);
        for (const { fact, reason } of toolchain.missing) {
          expect(fact).toMatch(/^packages of \/(?:lib|var\/lib|usr\/lib\/sysimage)\/[\w./-]+$/);
          expect(reason).toMatch(/^not all can be read: /);
        }
      }),
      { numRuns: 120 },
    );
  });

  // A log ends for SQLite where a frame doesn't fit: the test below.
  if (kind === LOG) return;

  test("damaged: fewer packages are never all there are, and work is bounded by the file", (context) => {
    if (database.bytes.length === 0) skipTest(context, `a damaged ${kind}`, "this machine has no dpkg");
    const whole = database.read(database.bytes).packages.length;
    // Records of a text are lines: one that lies between two, or at the end, is lost with all that belonged to it.
    const isText = /apk|dpkg|text/.test(kind);
    fc.assert(
      fc.property(damages, (damage) => {
        const bytes = harm(database.bytes, damage);
        const { packages, problems } = database.read(bytes);
        expect(problems.length).toBeLessThanOrEqual(4);
        expect(packages.length).toBeLessThanOrEqual(2 * whole + bytes.length / 64);
        for (const { name, version } of packages) expect(name !== "" && version !== "").toBe(true);
        if (!isText && packages.length < whole) expect(problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});

test("a damaged log counts as far as it does for SQLite", () => {
  const whole = names(WAL.rows.values());
  fc.assert(
    fc.property(damages, (damage) => {
      const log = harm(WAL.log!, damage);
      const { packages, problems } = readSqlitePackages(summariseSqlite(WAL.file), summariseSqliteLog(log));
      const read = packages.map(({ name }) => name).sort();
      if (problems.length === 0) expect(read).toEqual(names(readRows({ file: WAL.file, log }).values()));
      for (const name of read) expect(whole).toContain(name);
    }),
    { numRuns: 60 },
  );
});

function names(headers: Iterable<Buffer>): (string | undefined)[] {
  return [...headers].map((blob) => readRpmHeader(blob)?.name).sort();
}
