import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compareWithPackages,
  DEBIAN_ARCHITECTURES,
  type DebianArchitecture,
  NETFILTER_PACKAGES,
  openSuite,
} from "../support/debian-packages.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

/** Real packages of two Debian releases: what the bytes say must be what the package is called. All releases that are kept
 * and all architectures: debian-sweep.full.test.ts. */

const scratch = scratchFolder("packages").path;
const SAMPLE: [suite: string, architectures: DebianArchitecture[]][] = [
  ["bookworm", ["amd64", "arm64", "armhf"]],
  ["trixie", ["amd64"]],
];

for (const [name, architectures] of SAMPLE)
  test(`bytes and packages agree in ${name}, ${architectures.join(", ")}`, { timeout: 300_000 }, (context) => {
    const suite = openSuite(join(scratch, name), name, architectures);
    if (typeof suite === "string") skipTest(context, `packages of Debian ${name}`, suite);
    for (const architecture of architectures) {
      const files = suite.fetch(architecture, NETFILTER_PACKAGES);
      if (typeof files === "string") skipTest(context, `packages of Debian ${name}, ${architecture}`, files);
      const { wrong, ...counts } = compareWithPackages(files, DEBIAN_ARCHITECTURES[architecture]);
      expect(wrong).toEqual([]);
      expect(counts).toMatchObject({ exact: 12, ranges: 5, unversioned: 6 });
    }
  });
