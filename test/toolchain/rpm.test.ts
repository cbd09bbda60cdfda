import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readBerkeleyHash } from "../../src/toolchain/packages/rpm/berkeley.ts";
import { readRpmHeader } from "../../src/toolchain/packages/rpm/header.ts";
import { readRpmFile } from "../../src/toolchain/packages/rpm/rpm.ts";
import { readSqlitePackages, summariseSqlite, summariseSqliteLog } from "../../src/toolchain/packages/rpm/sqlite.ts";
import type { ParsedPackages } from "../../src/toolchain/packages/types.ts";
import { hasBerkeleyDb, writeBerkeley } from "../support/rpm-berkeley.ts";
import { buildRpmHeader } from "../support/rpm-header.ts";
import { inspectListing } from "../support/rpm-images.ts";
import { readRows, type SqliteFiles, writeJournalled, writeSqlite } from "../support/rpm-sqlite.ts";
import { skipTest } from "../support/skip.ts";

const fixture = (name: string) =>
  zstdDecompressSync(readFileSync(new URL(`fixtures/rpm/${name}.zst`, import.meta.url)));
const FIXTURES = {
  bdb: { path: "/var/lib/rpm/Packages", bytes: fixture("rhel-8.Packages") },
  ndb: { path: "/usr/lib/sysimage/rpm/Packages.db", bytes: fixture("sles-15.Packages.db") },
  sqlite: { path: "/var/lib/rpm/rpmdb.sqlite", bytes: fixture("rhel-9.rpmdb.sqlite") },
};

function read(path: string, bytes: Buffer): ParsedPackages {
  const file = readRpmFile(path, bytes);
  if (file.format === "packages") return file;
  if (file.format === "sqlite-journal") throw new Error("a journal holds no packages of its own");
  return readSqlitePackages(file.pages);
}

function readWithLog({ file, log }: SqliteFiles): ParsedPackages {
  return readSqlitePackages(summariseSqlite(file), log && summariseSqliteLog(log));
}

function names({ packages }: ParsedPackages): string[] {
  return packages.map(({ name, version }) => `${name} ${version}`).sort();
}

test("a header: version with epoch and release, files that matter with their checksums", () => {
  const sha256 = "ab".repeat(32);
  const blob = buildRpmHeader({
    name: "nftables",
    epoch: 1,
    version: "1.0.9",
    release: "3.el9",
    files: [
      { path: "/usr/sbin/nft", digest: sha256 },
      { path: "/usr/share/doc/nftables/README", digest: sha256 },
      { path: "/usr/sbin/nft-link", digest: "" },
      { path: "/usr/sbin/replaced", digest: sha256, state: 1 },
      { path: "/usr/sbin/excluded", digest: sha256, state: 2 },
      { path: "/usr/lib64/libnftables.so.1.1.0", digest: sha256, state: 0 },
    ],
  });
  expect(readRpmHeader(blob)).toEqual({
    name: "nftables",
    version: "1:1.0.9-3.el9",
    files: [
      { path: "/usr/sbin/nft", digest: `sha256:${sha256}` },
      { path: "/usr/lib64/libnftables.so.1.1.0", digest: `sha256:${sha256}` },
    ],
  });
});

test("a header: MD5 where it states nothing else, no checksum of a kind that is not computed, epoch 0", () => {
  const files = [{ path: "/usr/sbin/ipset", digest: "00" }];
  const md5 = buildRpmHeader({ name: "ipset", version: "6.29", epoch: 0, files, digestAlgorithm: 1 });
  expect(readRpmHeader(md5)).toEqual({
    name: "ipset",
    version: "6.29",
    files: [{ path: "/usr/sbin/ipset", digest: "md5:00" }],
  });
  const sha512 = buildRpmHeader({ name: "ipset", version: "7.1", release: "1", files, digestAlgorithm: 10 });
  expect(readRpmHeader(sha512)?.files).toEqual([{ path: "/usr/sbin/ipset" }]);
  expect(readRpmHeader(buildRpmHeader({ name: "", version: "1" }))).toBeUndefined();
  expect(readRpmHeader(Buffer.alloc(0))).toBeUndefined();
  expect(readRpmHeader(Buffer.alloc(64, 0xff))).toBeUndefined();
});

test("what is no database says so; an empty one that rpm made is whole", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("text"), Buffer.alloc(8192)])
    for (const { path } of Object.values(FIXTURES)) {
      const { packages, problems } = read(path, bytes);
      expect(packages).toEqual([]);
      expect(problems.length).toBeGreaterThan(0);
    }
  expect(readWithLog(writeSqlite(4096, ({ checkpoint }) => checkpoint()))).toEqual({ packages: [], problems: [] });
});

const header = (id: number, padding: number) => buildRpmHeader({ name: `p${id}`, version: `1.${padding}`, padding });

test("an uncheckpointed log: added, changed and removed packages count", () => {
  const files = writeSqlite(4096, ({ put, remove, checkpoint }) => {
    for (let id = 1; id <= 40; id++) put(id, header(id, id * 300));
    checkpoint();
    put(41, header(41, 30_000));
    put(7, header(7, 9));
    remove(9);
  });
  expect(files.log?.length).toBeGreaterThan(30_000);
  const expected = Array.from({ length: 41 }, (_, i) => i + 1)
    .filter((id) => id !== 9)
    .map((id) => `p${id} 1.${id === 7 ? 9 : id === 41 ? 30_000 : id * 300}`);
  expect(readWithLog(files)).toMatchObject({ problems: [] });
  expect(names(readWithLog(files))).toEqual(expected.sort());
  // The file alone is as it was before.
  expect(names(readWithLog({ ...files, log: undefined }))).toContain("p9 1.2700");
});

test("everything still in the log, the file empty or without the table", () => {
  const files = writeSqlite(4096, ({ put }) => put(1, header(1, 20_000)));
  expect(names(readWithLog(files))).toEqual(["p1 1.20000"]);
  expect(names(readWithLog({ ...files, file: Buffer.alloc(0) }))).toEqual(["p1 1.20000"]);
  expect(readWithLog({ ...files, log: undefined }).problems).toEqual(["it has no table Packages"]);
});

test("a log counts up to its last whole transaction; an old one behind it does not", () => {
  const files = writeSqlite(4096, ({ put, begin, commit }) => {
    put(1, header(1, 10));
    begin();
    put(2, header(2, 40_000));
    commit();
  });
  const cut = { ...files, log: files.log!.subarray(0, files.log!.length - 5000) };
  expect(names(readWithLog(cut))).toEqual(["p1 1.10"]);
  expect([...readRows(cut).keys()]).toEqual([1]);
  const damaged = Buffer.from(files.log!);
  damaged[damaged.length - 30_000]! ^= 1;
  expect(names(readWithLog({ ...files, log: damaged }))).toEqual(["p1 1.10"]);
  expect(readWithLog({ ...files, log: Buffer.from("no log at all") }).problems[0]).toMatch(/no write-ahead log/);
});

const FOLDER = "/var/lib/rpm";

/** What an image with these files lacks, as its report says it. */
function missingOf({ file, log, journal }: SqliteFiles): string[] {
  const files = { "": file, "-wal": log, "-journal": journal };
  const present = Object.entries(files).flatMap(([end, content]) =>
    content ? [[`${FOLDER}/rpmdb.sqlite${end}`, { content, mode: 0o644 }] as const] : [],
  );
  return inspectListing(Object.fromEntries(present)).missing.map(({ fact, reason }) => `${fact}: ${reason}`);
}

test("a transaction that was cut off and not rolled back is said, whatever the file holds", () => {
  const before = new Map(Array.from({ length: 30 }, (_, id) => [id + 1, header(id + 1, 3000)] as const));
  const within = new Map(Array.from({ length: 30 }, (_, id) => [id + 1, header(id + 1, 9000)] as const));
  const cutOff = writeJournalled("DELETE", false, before, within);
  // SQLite rolls back; the file alone holds something else.
  expect(readRows(cutOff)).toEqual(before);
  const stale = readWithLog({ ...cutOff, log: undefined });
  expect(names(stale)).not.toEqual(
    [...before.values()].map((blob) => names({ packages: [readRpmHeader(blob)!], problems: [] })[0]).sort(),
  );
  expect(missingOf(cutOff)).toEqual([
    expect.stringMatching(
      /^packages of \/var\/lib\/rpm\/rpmdb\.sqlite: .*rpmdb\.sqlite-journal holds a transaction that was not rolled back/,
    ),
  ]);
  // A journal is read no further than its header, so its end says nothing.
  expect(missingOf({ ...cutOff, journal: cutOff.journal!.subarray(0, 600) })).toHaveLength(1);
});

test.each([
  "DELETE",
  "TRUNCATE",
  "PERSIST",
] as const)("a journal whose transaction has ended is nothing: %s", (mode) => {
  const before = new Map([[1, header(1, 10)]]);
  const within = new Map(Array.from({ length: 20 }, (_, id) => [id + 1, header(id + 1, 9000)] as const));
  const files = writeJournalled(mode, true, before, within);
  expect(files.journal?.length).toEqual({ DELETE: undefined, TRUNCATE: 0, PERSIST: expect.any(Number) }[mode]);
  expect(missingOf(files)).toEqual([]);
  expect(names(readWithLog(files))).toEqual([...within.keys()].map((id) => `p${id} 1.9000`).sort());
  expect(readRows(files)).toEqual(within);
});

test("a log with packages of which the file has none: through the image as by itself", () => {
  const files = writeSqlite(4096, ({ put }) => put(1, header(1, 20_000)));
  expect(missingOf(files)).toEqual([]);
  expect(missingOf({ ...files, log: undefined })).toEqual([
    `packages of ${FOLDER}/rpmdb.sqlite: not all can be read: it has no table Packages`,
  ]);
});

test("whatever is written, the same rows as SQLite reads", () => {
  const step = fc.record({
    kind: fc.constantFrom("put", "put", "put", "remove", "checkpoint"),
    id: fc.integer({ min: 1, max: 60 }),
    size: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 20_000 })),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(512, 1024, 4096, 65536),
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0.3, max: 1, noNaN: true }),
      (pageSize, steps, share) => {
        const files = writeSqlite(pageSize, (writer) => {
          for (const { kind, id, size } of steps)
            if (kind === "put") writer.put(id, header(id, size));
            else if (kind === "remove") writer.remove(id);
            else writer.checkpoint();
        });
        const expected = [...files.rows.values()].map(
          (blob) => `${readRpmHeader(blob)?.name} ${readRpmHeader(blob)?.version}`,
        );
        expect(readWithLog(files).problems).toEqual([]);
        expect(names(readWithLog(files))).toEqual(expected.sort());
        // A log that was cut off somewhere is read as far as SQLite reads it.
        const log = files.log?.subarray(0, Math.floor(files.log.length * share));
        if (files.file.length > 0 && steps.some(({ kind }) => kind === "checkpoint")) {
          const cut = { file: files.file, log };
          expect(readWithLog(cut).packages.length).toBe(readRows(cut).size);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test.each(Object.entries(FIXTURES))("%s: damage is never silent about pages, and never throws", (_, {
  path,
  bytes,
}) => {
  const whole = names(read(path, bytes));
  expect(whole.length).toBeGreaterThan(1);
  // Cut at a page that holds packages: either all of them are there, or it says that not all are.
  for (let pages = 0; pages * 4096 < bytes.length; pages++) {
    const { packages, problems } = read(path, bytes.subarray(0, pages * 4096));
    if (packages.length < whole.length) expect(problems.length, `${pages} pages`).toBeGreaterThan(0);
  }
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 30 }),
      fc.nat(bytes.length),
      (changes, size) => {
        const mutated = Buffer.from(bytes.subarray(0, Math.max(size, bytes.length / 2)));
        for (const [at, value] of changes) if (at < mutated.length) mutated[at] = value;
        const { packages, problems } = read(path, mutated);
        expect(problems.length).toBeLessThanOrEqual(4);
        for (const { name, version } of packages) expect(name !== "" && version !== "").toBe(true);
        summariseSqliteLog(mutated);
        readRpmHeader(mutated);
      },
    ),
    { numRuns: 150 },
  );
});

test("whatever is put into a Berkeley DB and taken out of it, the rest is read and nothing is damaged", (context) => {
  if (!hasBerkeleyDb()) skipTest(context, "Berkeley DB files with many entries", "perl has no DB_File");
  const step = fc.record({
    remove: fc.boolean(),
    id: fc.integer({ min: 1, max: 300 }),
    size: fc.oneof(fc.nat(500), fc.nat(20_000)),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(512, 4096, 65536),
      fc.array(step, { minLength: 50, maxLength: 900, size: "max" }),
      (pageSize, steps) => {
        const { bytes, left } = writeBerkeley(
          pageSize,
          steps.map(({ remove, id, size }) => ({ id, ...(remove ? {} : { header: header(id, size) }) })),
        );
        expect(readBerkeleyHash(bytes).problems).toEqual([]);
        expect(names(readBerkeleyHash(bytes))).toEqual(
          [...left.values()].map((blob) => `${readRpmHeader(blob)?.name} ${readRpmHeader(blob)?.version}`).sort(),
        );
      },
    ),
    { numRuns: 12 },
  );
});

test("pages that point in circles and values that share pages end", () => {
  const { path, bytes } = FIXTURES.sqlite;
  for (const target of [1, 2, 3]) {
    const looping = Buffer.from(bytes);
    // Every overflow page names the same next one.
    for (let page = 3; page * 4096 < looping.length; page++)
      if (looping.readUInt8(page * 4096) === 0) looping.writeUInt32BE(target, page * 4096);
    expect(read(path, looping).problems.length).toBeLessThanOrEqual(3);
  }
  const ndb = Buffer.from(FIXTURES.ndb.bytes);
  // All slots are the first package's, whose block is the largest part of the file.
  for (let slot = 3; slot < 256; slot++) ndb.copy(ndb, slot * 16, 32, 48);
  expect(read(FIXTURES.ndb.path, ndb).problems.at(-1)).toMatch(/larger than the file/);
  const bdb = Buffer.from(FIXTURES.bdb.bytes);
  for (let page = 1; page * 4096 < bdb.length; page++)
    if (bdb.readUInt8(page * 4096 + 25) === 7) bdb.writeUInt32LE(page, page * 4096 + 16);
  expect(read(FIXTURES.bdb.path, bdb).problems[0]).toMatch(/cannot be read/);
});

test("65 MB of a made-up database of each kind are read in a moment", () => {
  for (const { path, bytes } of Object.values(FIXTURES)) {
    const large = Buffer.alloc(64 * 1024 * 1024);
    for (let at = 0; at < large.length; at += bytes.length) bytes.copy(large, at);
    const start = performance.now();
    read(path, large);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
});
