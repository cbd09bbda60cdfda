import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import knowledge from "../../src/knowledge/xt-extensions.json" with { type: "json" };
import type { BinaryContent } from "../../src/toolchain/content.ts";
import {
  compareWithPackages,
  DEBIAN_ARCHITECTURES,
  type DebianArchitecture,
  listRegistrations,
  NETFILTER_PACKAGES,
  openSuite,
  type Suite,
} from "../support/debian-packages.ts";
import { linkExtension, registerExtensions } from "../support/registered-extensions.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { probe } from "../support/tree.ts";

/** Real packages of two Debian releases: what the bytes say must be what the package is called. All releases that are kept
 * and all architectures: debian-sweep.full.test.ts. */

const scratch = scratchFolder("packages").path;
const SAMPLE: [suite: string, architectures: DebianArchitecture[]][] = [
  ["bookworm", ["amd64"]],
  ["trixie", ["amd64"]],
];

/** By suite and architecture; the same in all of them. */
const registered = new Map<string, string[]>();
let bookworm: Suite | undefined;

for (const [name, architectures] of SAMPLE)
  test(`bytes and packages agree in ${name}, ${architectures.join(", ")}`, { timeout: 300_000 }, (context) => {
    const suite = openSuite(join(scratch, name), name, architectures);
    if (typeof suite === "string") skipTest(context, `packages of Debian ${name}`, suite);
    if (name === "bookworm") bookworm = suite;
    for (const architecture of architectures) {
      const files = suite.fetch(architecture, NETFILTER_PACKAGES);
      if (typeof files === "string") skipTest(context, `packages of Debian ${name}, ${architecture}`, files);
      const { wrong, ...counts } = compareWithPackages(files, DEBIAN_ARCHITECTURES[architecture]);
      expect(wrong).toEqual([]);
      expect(counts).toMatchObject({ exact: 12, ranges: 5, unversioned: 6 });
      registered.set(`${name} ${architecture}`, listRegistrations(files));
    }
  });

test("iptables 1.8.9 and 1.8.11 register the same extensions, all that programs are known to use among them", (context) => {
  if (registered.size < SAMPLE.length)
    skipTest(context, "extensions of two suites", "their packages were not to be had");
  const [first = [], ...others] = registered.values();
  expect(first.length).toBeGreaterThan(190);
  for (const other of others) expect(other).toEqual(first);
  const names = first.map((line) => line.split(" ")[2]);
  for (const name of Object.keys(knowledge.extensions)) expect.soft(names).toContain(name);
});

test("extensions register what their bytes say when they are loaded", { timeout: 300_000 }, (context) => {
  const what = "loading the extensions of iptables";
  if (process.arch !== "x64") skipTest(context, what, `it is done with those for amd64, not ${process.arch}`);
  const suite = bookworm;
  if (suite === undefined) skipTest(context, what, "packages of Debian bookworm were not to be had");
  const packages = suite.unpack("amd64", ["iptables", "libxtables12", "libxtables-dev"]);
  if (typeof packages === "string") skipTest(context, what, packages);
  const [iptables = "", libxtables = "", headers = ""] = ["iptables", "libxtables12", "libxtables-dev"].map((name) =>
    packages.get(name),
  );
  const folder = join(scratch, "loaded");
  mkdirSync(folder);
  const loaded = registerExtensions({ iptables, libxtables, headers, scratch: folder });
  if (typeof loaded === "string") skipTest(context, what, loaded);
  const files = suite.fetch("amd64", ["iptables"]);
  if (typeof files === "string") skipTest(context, what, files);
  expect(loaded.length).toBeGreaterThan(190);
  expect(listRegistrations(files)).toEqual(loaded.sort());
});

test("pointers that the linker packed (DT_RELR) are read as well", { timeout: 300_000 }, (context) => {
  const what = "an extension with packed relocations";
  const packages = bookworm?.unpack("amd64", ["libxtables-dev"]);
  if (!(packages instanceof Map)) skipTest(context, what, packages ?? "packages of Debian bookworm were not to be had");
  const folder = join(scratch, "linked");
  mkdirSync(folder);
  for (const options of [[], ["-Wl,-z,pack-relative-relocs"]]) {
    const bytes = linkExtension(packages.get("libxtables-dev") ?? "", folder, options);
    if (typeof bytes === "string") skipTest(context, what, bytes);
    expect((probe("/usr/lib/xtables/libxt_own.so", bytes) as BinaryContent).extensions).toEqual({
      registrations: [
        { name: "one", kind: "match", family: "ipv4", revision: 2, realName: undefined },
        { name: "two", kind: "match", family: "any", revision: 5, realName: "one" },
      ],
    });
  }
});
