import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { hasCommand } from "../support/roots.ts";
import {
  buildRpms,
  bulkyPackage,
  installRpms,
  type RpmDistribution,
  type RpmPackage,
  rpmDistributions,
  rpmVersion,
} from "../support/rpm-databases.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** Databases that real rpm programs wrote, in the three formats and both folders. */

const FORMATS = {
  bdb: { file: "Packages", distributions: ["rhel-8", "amazon-linux-2"], root: process.env.RPM_BDB_ROOT },
  ndb: { file: "Packages.db", distributions: ["sles-15"], root: process.env.RPM_NDB_ROOT },
  sqlite: {
    file: "rpmdb.sqlite",
    distributions: ["rhel-9", "rhel-10", "amazon-linux-2023"],
    root: process.env.RPM_BDB_ROOT === undefined ? undefined : "",
  },
} as const;
const CASES = Object.entries(FORMATS).flatMap(([backend, { file, distributions }]) =>
  distributions.map((distribution) => ({ backend: backend as keyof typeof FORMATS, file, distribution })),
);
const fixtures = fileURLToPath(new URL("fixtures/rpm", import.meta.url));
const scratch = scratchFolder("rpm").path;

// Only where someone has roots with the old rpm programs: it writes the fixtures anew (see their README).
for (const [backend, { file, distributions, root }] of Object.entries(FORMATS)) {
  if (root === undefined) continue;
  test(`writes the ${backend} databases of ${fixtures}`, () => {
    for (const distribution of distributions) {
      const rpms = buildRpms(join(scratch, distribution), [...rpmDistributions[distribution], bulkyPackage]);
      const options = { backend: backend as keyof typeof FORMATS, ...(root ? { chroot: root } : {}) };
      const bytes = installRpms(join(scratch, distribution), rpms, options)[file];
      writeFileSync(join(fixtures, `${distribution}.${file}.zst`), zstdCompressSync(bytes!));
    }
  });
}

const LINKS: Listing = {
  "/usr/sbin/iptables": "-> xtables-nft-multi",
  "/usr/sbin/ip6tables": "-> xtables-nft-multi",
  "/usr/lib64/libipset.so.13": "-> libipset.so.13.0.0",
};

/** An image with a distribution's files and the database. */
function listing(packages: RpmPackage[], database: Listing): Listing {
  const files = packages.flatMap((item) => Object.entries(item.files));
  const ipset = files.find(([path]) => path.includes("libipset.so"))?.[0];
  return {
    ...LINKS,
    ...(ipset ? { "/usr/lib64/libipset.so.13": `-> ${ipset}` } : {}),
    ...Object.fromEntries(files),
    ...database,
  };
}

function inspect(entries: Listing) {
  return inspectToolchain(makePlatform(entries), { programs: [], variables: [] });
}

/** Every file of the packages that is a tool or library is tied to its package, and nothing is missing. */
function expectTied(toolchain: ReturnType<typeof inspect>, packages: RpmPackage[]): void {
  expect(toolchain.missing).toEqual([]);
  const seen = new Map<string, unknown>([
    ...toolchain.tools.map((tool) => [tool.target, tool.package] as const),
    ...toolchain.libraries.map((library) => [library.path, library.package] as const),
  ]);
  for (const item of packages)
    for (const path of Object.keys(item.files))
      expect(seen.get(path), path).toEqual({ name: item.name, version: rpmVersion(item), database: "rpm" });
  expect(seen.size).toBe(packages.flatMap((item) => Object.keys(item.files)).length);
}

test.each(CASES)("$distribution: $backend", ({ file, distribution }) => {
  const packages: RpmPackage[] = rpmDistributions[distribution as RpmDistribution];
  const bytes = zstdDecompressSync(readFileSync(join(fixtures, `${distribution}.${file}.zst`)));
  const content = { content: bytes, mode: 0o644 };
  expectTied(inspect(listing(packages, { [`/var/lib/rpm/${file}`]: content })), packages);
  // Newer releases have the folder in /usr and a link at the old place.
  const moved: Listing = {
    [`/usr/lib/sysimage/rpm/${file}`]: content,
    "/var/lib/rpm": "-> ../../usr/lib/sysimage/rpm",
  };
  expectTied(inspect(listing(packages, moved)), packages);
});

test("the stand-ins that the databases describe are those that the tests build", () => {
  const hash = createHash("sha256");
  for (const packages of Object.values(rpmDistributions) as RpmPackage[][])
    for (const { files } of packages) for (const content of Object.values(files)) hash.update(content);
  // Another value: the builder of ELF files has changed, and the databases have to be written again (see their README).
  expect(hash.digest("hex")).toMatchInlineSnapshot(
    `"ac3e670ff9f1fddb2db69bbe36893907dd909bccfcbea0caa4d4fe2749479789"`,
  );
});

test("packages that the machine's rpm installs now", { timeout: 120_000 }, (context) => {
  for (const command of ["rpm", "rpmbuild"])
    if (!hasCommand(command)) skipTest(context, "a database of the machine's own rpm", `${command} is not installed`);
  const packages: RpmPackage[] = rpmDistributions["amazon-linux-2023"];
  const rpms = buildRpms(join(scratch, "now"), [...packages, bulkyPackage]);
  for (const path of ["/var/lib/rpm", "/usr/lib/sysimage/rpm"]) {
    const files = installRpms(join(scratch, "now"), rpms, { backend: "sqlite", path });
    const database = Object.entries(files).map(([name, content]) => [`${path}/${name}`, { content, mode: 0o644 }]);
    expectTied(inspect(listing(packages, Object.fromEntries(database))), packages);
  }
});
