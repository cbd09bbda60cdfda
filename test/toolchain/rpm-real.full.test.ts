import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { readRpmFile } from "../../src/toolchain/packages/rpm/rpm.ts";
import { readSqlitePackages } from "../../src/toolchain/packages/rpm/sqlite.ts";
import { debianRoot, hasCommand } from "../support/roots.ts";
import {
  buildRpms,
  bulkyPackage,
  installRpms,
  type RpmDistribution,
  type RpmPackage,
  rpmDistributions,
} from "../support/rpm-databases.ts";
import { expectTied, inspectListing, type RpmFormat, rpmFormats, rpmImage } from "../support/rpm-images.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

/**
 * Every distribution's packages in every format and both folders, written now by the rpm that still writes that format. With
 * UPDATE_GOLDEN=1 the committed databases are written anew (see their README).
 */

/** Debian releases by the format that their rpm writes. */
const SUITES: Record<RpmFormat, string> = { bdb: "bullseye", ndb: "trixie", sqlite: "bookworm" };
const fixtures = fileURLToPath(new URL("fixtures/rpm", import.meta.url));
const scratch = scratchFolder("rpm-full").path;
const names = Object.keys(rpmDistributions) as RpmDistribution[];

function listPackages(path: string, bytes: Buffer): string[] {
  const read = readRpmFile(path, bytes);
  const { packages, problems } =
    read.format === "packages"
      ? read
      : read.format === "sqlite"
        ? readSqlitePackages(read.pages)
        : { packages: [], problems: ["a log alone"] };
  expect(problems).toEqual([]);
  return packages.map((entry) => JSON.stringify(entry)).sort();
}

for (const backend of Object.keys(rpmFormats) as RpmFormat[])
  test(`${backend}, by the rpm of Debian ${SUITES[backend]}`, { timeout: 900_000 }, async (context) => {
    const what = `rpm databases in the format ${backend}`;
    if (!hasCommand("rpmbuild")) skipTest(context, what, "rpmbuild is not installed");
    const made = await debianRoot(SUITES[backend], "amd64", ["rpm", "bash", "coreutils", "dash", "base-files"]);
    if (!made.ok) skipTest(context, what, made.reason);
    // The root is shared, and this one is written to.
    const chroot = join(scratch, backend);
    cpSync(made.root.folder, chroot, { recursive: true, verbatimSymlinks: true });
    const { file, distributions } = rpmFormats[backend];
    for (const distribution of names) {
      const packages: RpmPackage[] = rpmDistributions[distribution];
      const rpms = buildRpms(join(scratch, `${backend}-${distribution}`), [...packages, bulkyPackage]);
      for (const path of ["/var/lib/rpm", "/usr/lib/sysimage/rpm"]) {
        // In one of them a package was removed again: its pages are free, and nothing is damaged.
        const erase = path === "/var/lib/rpm" ? [] : [bulkyPackage.name];
        const files = installRpms(join(scratch, distribution), rpms, { backend, path, chroot, erase });
        expect(Object.keys(files), distribution).toContain(file);
        const database = Object.entries(files).map(([name, content]) => [`${path}/${name}`, { content, mode: 0o644 }]);
        expectTied(inspectListing(rpmImage(packages, Object.fromEntries(database))), packages);
        if (path !== "/var/lib/rpm" || !(distributions as readonly string[]).includes(distribution)) continue;
        const fixture = join(fixtures, `${distribution}.${file}.zst`);
        if (process.env.UPDATE_GOLDEN === "1") writeFileSync(fixture, zstdCompressSync(files[file]!));
        expect(listPackages(file, zstdDecompressSync(readFileSync(fixture)))).toEqual(listPackages(file, files[file]!));
      }
    }
  });
