import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
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
import { expectTied, inspectListing, rpmFormats, rpmImage } from "../support/rpm-images.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import type { Listing } from "../support/tree.ts";

/** Databases that real rpm programs wrote, in the three formats and both folders. Those of programs that this machine may not
 * have are committed; rpm-real.full.test.ts writes them anew. */

const CASES = Object.entries(rpmFormats).flatMap(([backend, { file, distributions }]) =>
  distributions.map((distribution) => ({ backend, file, distribution })),
);
const fixtures = fileURLToPath(new URL("fixtures/rpm", import.meta.url));
const scratch = scratchFolder("rpm").path;

test.each(CASES)("$distribution: $backend", ({ file, distribution }) => {
  const packages: RpmPackage[] = rpmDistributions[distribution as RpmDistribution];
  const bytes = zstdDecompressSync(readFileSync(join(fixtures, `${distribution}.${file}.zst`)));
  const content = { content: bytes, mode: 0o644 };
  expectTied(inspectListing(rpmImage(packages, { [`/var/lib/rpm/${file}`]: content })), packages);
  // Newer releases have the folder in /usr and a link at the old place.
  const moved: Listing = {
    [`/usr/lib/sysimage/rpm/${file}`]: content,
    "/var/lib/rpm": "-> ../../usr/lib/sysimage/rpm",
  };
  expectTied(inspectListing(rpmImage(packages, moved)), packages);
});

function needRpm(context: Parameters<typeof skipTest>[0]): void {
  for (const command of ["rpm", "rpmbuild"])
    if (!hasCommand(command)) skipTest(context, "a database of the machine's own rpm", `${command} is not installed`);
}

test("packages that the machine's rpm installs now", { timeout: 120_000 }, (context) => {
  needRpm(context);
  const packages: RpmPackage[] = rpmDistributions["amazon-linux-2023"];
  const rpms = buildRpms(join(scratch, "now"), [...packages, bulkyPackage]);
  for (const path of ["/var/lib/rpm", "/usr/lib/sysimage/rpm"]) {
    const files = installRpms(join(scratch, "now"), rpms, { backend: "sqlite", path });
    const database = Object.entries(files).map(([name, content]) => [`${path}/${name}`, { content, mode: 0o644 }]);
    expectTied(inspectListing(rpmImage(packages, Object.fromEntries(database))), packages);
  }
});

/** https://github.com/aquasecurity/trivy, pkg/fanal/analyzer/pkg/rpm: the query that writes the text. */
const MANIFEST_FORMAT =
  "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{INSTALLTIME}\\t%{BUILDTIME}\\t%{VENDOR}\\t(none)\\t%{SIZE}\\t%{ARCH}\\t%{EPOCHNUM}\\t%{SOURCERPM}\\n";

test("a distroless image has the text that rpm printed in place of the database", { timeout: 120_000 }, (context) => {
  needRpm(context);
  // One of them has an epoch, which only the text's ninth column tells.
  const packages: RpmPackage[] = rpmDistributions["azure-linux-3"].map((item) =>
    item.name === "nftables" ? { ...item, epoch: 1 } : item,
  );
  const rpms = buildRpms(join(scratch, "manifest"), packages);
  const query = ["-qa", "--qf", MANIFEST_FORMAT];
  const { query: text } = installRpms(join(scratch, "manifest"), rpms, { backend: "sqlite", query });
  const manifest = { "/var/lib/rpmmanifest/container-manifest-2": { content: text!, mode: 0o644 } };
  const toolchain = inspectListing(rpmImage(packages, manifest));
  expect(toolchain.missing).toEqual([]);
  expect(new Map(toolchain.tools.map(({ name, package: owner }) => [name, owner]))).toEqual(
    new Map(
      [
        ["iptables", "iptables"],
        ["ip6tables", "iptables"],
        ["nft", "nftables"],
        ["ipset", "ipset"],
      ].map(([name, owner]) => {
        const item = packages.find((one) => one.name === owner)!;
        return [name, { name: item.name, version: rpmVersion(item), database: "rpm" }];
      }),
    ),
  );
  expect(toolchain.tools[0]?.evidence[0]?.fact).toMatch(
    /^package iptables 1\.8\.10-4\.azl3 is installed and has no file/,
  );
  // Cut anywhere it says so, and the bytes still speak.
  const cut = { "/var/lib/rpmmanifest/container-manifest-2": { content: text!.subarray(0, 40), mode: 0o644 } };
  const damaged = inspectListing(rpmImage(packages, cut));
  expect(damaged.missing.map(({ fact }) => fact)).toEqual([
    "packages of /var/lib/rpmmanifest/container-manifest-2",
    "version of /usr/sbin/ipset",
  ]);
  expect(damaged.tools.map(({ version }) => version)).toEqual(
    toolchain.tools.map(({ name, version }) => (name === "ipset" ? null : version)),
  );
});
