import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import knowledge from "../../src/knowledge/xt-extensions.json" with { type: "json" };
import {
  type Agreement,
  compareWithPackages,
  DEBIAN_ARCHITECTURES,
  type DebianArchitecture,
  listRegistrations,
  NETFILTER_PACKAGES,
  openSuite,
} from "../support/debian-packages.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

/** Every netfilter package of the Debian releases that are kept, on three architectures. */

const SUITES = ["bullseye", "bookworm", "trixie", "forky", "sid"];
const ARCHITECTURES = Object.keys(DEBIAN_ARCHITECTURES) as DebianArchitecture[];
const scratch = scratchFolder("sweep").path;
const totals: [where: string, agreement: Agreement][] = [];

for (const name of SUITES)
  test(`bytes and packages agree in ${name}`, { timeout: 900_000 }, (context) => {
    const suite = openSuite(join(scratch, name), name, ARCHITECTURES);
    if (typeof suite === "string") skipTest(context, `packages of Debian ${name}`, suite);
    let registered: string[] | undefined;
    for (const architecture of ARCHITECTURES) {
      const files = suite.fetch(architecture, NETFILTER_PACKAGES);
      if (typeof files === "string") skipTest(context, `packages of Debian ${name}, ${architecture}`, files);
      const agreement = compareWithPackages(files, DEBIAN_ARCHITECTURES[architecture]);
      totals.push([`${name} ${architecture}`, agreement]);
      expect(agreement.wrong).toEqual([]);
      expect(agreement).toMatchObject({ exact: 12, ranges: 5, unversioned: 6 });
      const lines = listRegistrations(files);
      registered ??= lines;
      expect(lines.length).toBeGreaterThan(180);
      expect(lines).toEqual(registered);
      expect(missingOf(lines)).toEqual([]);
    }
  });

/** Extensions that programs are known to use and that no file registers. */
function missingOf(lines: string[]): string[] {
  const names = new Set(lines.map((line) => line.split(" ")[2]));
  return Object.keys(knowledge.extensions).filter((name) => !names.has(name));
}

afterAll(() => {
  const sum = (key: "exact" | "ranges" | "unversioned" | "others") =>
    totals.reduce((all, [, agreement]) => all + agreement[key], 0);
  const lines = totals.map(
    ([where, { exact, ranges, unversioned, others, wrong }]) =>
      `${where.padEnd(16)} exact ${exact}, range ${ranges}, no version in the bytes ${unversioned}, none of the tools ${others}, wrong ${wrong.length}`,
  );
  const all = `all: exact ${sum("exact")}, range ${sum("ranges")}, no version in the bytes ${sum("unversioned")}, none of the tools ${sum("others")}`;
  process.stdout.write(`\n${[...lines, all].join("\n")}\n`);
});
