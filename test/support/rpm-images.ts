import { expect } from "vitest";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { type RpmPackage, rpmVersion } from "./rpm-databases.ts";
import { type Listing, makePlatform } from "./tree.ts";

/** Images with the files of rpm packages and a database of them. */

const LINKS: Listing = {
  "/usr/sbin/iptables": "-> xtables-nft-multi",
  "/usr/sbin/ip6tables": "-> xtables-nft-multi",
};

/** An image with the packages' files and the database. */
export function rpmImage(packages: RpmPackage[], database: Listing): Listing {
  const files = packages.flatMap((item) => Object.entries(item.files));
  const libipset = files.find(([path]) => path.includes("libipset.so"))?.[0];
  return {
    ...LINKS,
    ...(libipset ? { "/usr/lib64/libipset.so.13": `-> ${libipset}` } : {}),
    ...Object.fromEntries(files),
    ...database,
  };
}

export function inspectListing(entries: Listing): Toolchain {
  return inspectToolchain(makePlatform(entries), { programs: [], variables: [] });
}

/** Every file of the packages that is a tool or library is tied to its package, and nothing is missing. */
export function expectTied(toolchain: Toolchain, packages: RpmPackage[]): void {
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

/** The databases' names by format, and the distributions of which one is committed in that format. */
export const rpmFormats = {
  bdb: { file: "Packages", distributions: ["rhel-8", "amazon-linux-2"] },
  ndb: { file: "Packages.db", distributions: ["sles-15"] },
  sqlite: { file: "rpmdb.sqlite", distributions: ["rhel-9", "rhel-10", "amazon-linux-2023", "azure-linux-3"] },
} as const;
export type RpmFormat = keyof typeof rpmFormats;
