import fc from "fast-check";
import { expect, test } from "vitest";
import { parseApkDatabase } from "../../src/toolchain/packages/apk.ts";
import { parseDpkgFileList, parseDpkgStatus, parseDpkgSums } from "../../src/toolchain/packages/dpkg.ts";
import { isSpdxDocument, parseSpdx } from "../../src/toolchain/packages/spdx.ts";
import { apkDatabase, dpkgStatus } from "../support/netfilter-binaries.ts";

const APK = apkDatabase([
  {
    name: "iptables",
    version: "1.8.4-r2",
    files: [
      ["/sbin/xtables-nft-multi", Buffer.from("Hello World")],
      ["/etc/ethertypes", Buffer.from("x")],
      "/usr/lib/libxtables.so.12.2.0",
    ],
  },
  { name: "musl", version: "1.1.24-r10" },
]);

test("an apk database gives packages and the files that matter", () => {
  expect(parseApkDatabase(APK)).toEqual({
    packages: [
      {
        name: "iptables",
        version: "1.8.4-r2",
        files: [
          { path: "/sbin/xtables-nft-multi", digest: "sha1:0a4d55a8d778e5022fab701977c5d840bbc486d0" },
          { path: "/usr/lib/libxtables.so.12.2.0" },
        ],
      },
      { name: "musl", version: "1.1.24-r10", files: [] },
    ],
    problems: [],
  });
  expect(parseApkDatabase("")).toEqual({ packages: [], problems: [] });
});

test("apk 3 writes SHA-256 checksums; of another length or kind there is none", () => {
  const files = ["Q2uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", "Q2uU0n", "X1uU0nuZNN"].map(
    (checksum, i) => `F:sbin\nR:f${i}\nZ:${checksum}\n`,
  );
  expect(parseApkDatabase(`P:x\nV:1-r0\n${files.join("")}\n`).packages[0]?.files).toEqual([
    { path: "/sbin/f0", digest: "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9" },
    { path: "/sbin/f1" },
    { path: "/sbin/f2" },
  ]);
});

test.each([
  ["cut inside a line", APK.slice(0, 38), /middle of a line/],
  ["no text at all", "\0\0\0\x1f\x8b", /line 1 is no field/],
  ["a record without version", "P:iptables\nF:sbin\n\n", /no version/],
  ["a record without name", "V:1.8.4-r2\n\n", /no name/],
  ["two records in one", APK.replace("\n\n", "\n"), /line 14 names a second package in a record/],
])("a damaged apk database says so: %s", (_, text, problem) => {
  expect(parseApkDatabase(text).problems.join("\n")).toMatch(problem);
});

test("dpkg: only installed packages count, held ones among them", () => {
  const text = dpkgStatus([
    { name: "iptables", version: "1.8.9-2" },
    { name: "ipset", version: "7.17-1", status: "hold ok installed" },
    { name: "nftables", version: "1.0.6-2", status: "deinstall ok config-files" },
    { name: "libmnl0", version: "1.0.4-3", status: "install ok half-installed" },
    // Unpacked without their scripts, as images that are built in one go have them: the files are there.
    { name: "libnftnl11", version: "1.2.4-2", status: "install ok unpacked" },
    { name: "libxtables12", version: "1.8.9-2", status: "install ok triggers-pending" },
  ]);
  expect(parseDpkgStatus(text, "status")).toEqual({
    packages: [
      { name: "iptables", version: "1.8.9-2" },
      { name: "ipset", version: "7.17-1" },
      { name: "libnftnl11", version: "1.2.4-2" },
      { name: "libxtables12", version: "1.8.9-2" },
    ],
    problems: [],
  });
});

test("status.d: a stanza written by hand, without status and final newline", () => {
  expect(parseDpkgStatus("Package: nftables\nVersion: 1.0.6.1", "status.d")).toEqual({
    packages: [{ name: "nftables", version: "1.0.6.1" }],
    problems: [],
  });
});

test.each([
  ["no stanza", "\x7fELF binary\n", /line 1 is no field/],
  ["no name", "Version: 1\nStatus: install ok installed\n", /names no package/],
  ["no status", "Package: iptables\nVersion: 1\n", /has no status/],
  ["no version", "Package: iptables\nStatus: install ok installed\n", /has no version/],
  ["cut", "Package: iptables\nStatus: install ok installed\nVersion: 1.8", /middle of a line/],
  ["a state that is none", "Package: x\nStatus: install ok instaXled\nVersion: 1\n", /has a status that is none/],
  [
    "two stanzas in one",
    "Package: x\nStatus: install ok installed\nPackage: y\nVersion: 1\n",
    /names a second package/,
  ],
  ["begins with a continuation", " more\n", /continues nothing/],
])("a damaged dpkg status says so: %s", (_, text, problem) => {
  expect(parseDpkgStatus(text, "status").problems.join("\n")).toMatch(problem);
});

test("file lists keep programs and netfilter libraries", () => {
  expect(parseDpkgFileList("/.\n/usr/sbin\n/usr/sbin/xtables-nft-multi\n/usr/share/doc/iptables/copyright\n")).toEqual([
    { path: "/usr/sbin/xtables-nft-multi" },
  ]);
  expect(parseDpkgSums(`${"0".repeat(32)}  usr/sbin/nft\n${"1".repeat(32)}  usr/share/doc/x\n`)).toEqual([
    { path: "/usr/sbin/nft", digest: `md5:${"0".repeat(32)}` },
  ]);
});

const SPDX = JSON.stringify({
  spdxVersion: "SPDX-2.3",
  packages: [
    { name: "iptables", SPDXID: "a", versionInfo: "1.8.13-r0" },
    { name: "musl", versionInfo: "1.2.5" },
    { name: "nftables" },
  ],
});
const WANTED = new Set(["iptables", "nftables"]);

test("an SPDX document gives the packages that are wanted and have a version, and never throws", () => {
  expect(parseSpdx(SPDX, WANTED)).toEqual([{ name: "iptables", version: "1.8.13-r0" }]);
  const many = Array.from({ length: 500 }, (_, i) => ({ name: "iptables", versionInfo: `1.${i}` }));
  expect(parseSpdx(JSON.stringify({ packages: many }), WANTED)).toHaveLength(16);
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 2 }),
      fc.nat(SPDX.length),
      fc.string({ unit: "binary", maxLength: 10 }),
      (value, at, junk) => {
        const texts = [value, `{"packages":${value}}`, `{"packages":[${value}]}`, SPDX.slice(0, at) + junk, junk];
        for (const text of [...texts, SPDX.slice(0, at) + junk + SPDX.slice(at + junk.length)])
          for (const { name, version } of parseSpdx(text, WANTED)) {
            expect(WANTED).toContain(name);
            expect(version).toMatch(/^[\w.+~:-]{1,80}$/);
          }
      },
    ),
    { numRuns: 100 },
  );
});

test.each([
  ["/var/lib/db/sbom/iptables-1.8.13-r0.spdx.json", true],
  ["/usr/share/spdx/iptables.spdx.json", true],
  ["/opt/bitnami/common/.spdx-ipset.spdx", true],
  ["/opt/bitnami/.spdx-x.spdx", true],
  ["/home/x/var/lib/db/sbom/x.json", false],
  ["/srv/iptables.spdx.json", false],
  ["/opt/bitnami/x/iptables.spdx", false],
])("%s holds an SBOM: %s", (path, expected) => {
  expect(isSpdxDocument(path)).toBe(expected);
});

test("parsers never throw, and what is cut off a database is never silent nonsense", () => {
  const status = dpkgStatus([{ name: "iptables", version: "1.8.9-2" }]);
  fc.assert(
    fc.property(
      fc.constantFrom(APK, status),
      fc.nat(),
      fc.string({ unit: "binary", maxLength: 40 }),
      (text, at, junk) => {
        const cut = at % text.length;
        const mutated = text.slice(0, cut) + junk + text.slice(cut + junk.length);
        for (const { packages, problems } of [parseApkDatabase(mutated), parseDpkgStatus(mutated, "status")]) {
          expect(problems.length).toBeLessThanOrEqual(3);
          for (const { name, version } of packages) expect(name !== "" && version !== "").toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});
