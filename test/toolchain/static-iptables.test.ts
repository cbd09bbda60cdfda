import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { ExtensionSet } from "../../src/model/toolchain.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { listRegistrations, openSuite } from "../support/debian-packages.ts";
import { buildStaticIptables, type StaticIptables } from "../support/iptables-source.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { makePlatform } from "../support/tree.ts";

/** Programs that bring everything with them, in an image that holds nothing else: no database, no libraries, no folders. */

const scratch = scratchFolder("static").path;

let built: StaticIptables | string;

beforeAll(() => {
  built = buildStaticIptables(join(scratch, "source"));
}, 900_000);

test("FROM scratch with iptables built from Debian's source package", (context) => {
  const what = "a statically linked iptables";
  if (typeof built === "string") skipTest(context, what, built);
  for (const { legacy, nft } of [built, built.stripped]) {
    const { tools, libraries, extensions, missing } = inspect(legacy, nft);
    const told = tools.map(({ name, version, backend, target }) => `${name} ${version} ${backend} ${target}`);
    // A file of another name is what its links make of it.
    expect(told).toEqual([
      `iptables ${built.version} legacy /bin/fw`,
      `iptables ${built.version} nft /bin/xtables-nft-multi`,
      `ip6tables ${built.version} nft /bin/xtables-nft-multi`,
    ]);
    expect(libraries).toEqual([]);
    expect(missing).toEqual([]);
    expect(extensions?.map(({ library }) => library)).toEqual(["/bin/fw", "/bin/xtables-nft-multi"]);
  }
});

test("what they hold are the extensions of the package of the same version", { timeout: 300_000 }, (context) => {
  const what = "extensions of a statically linked iptables";
  if (typeof built === "string") skipTest(context, what, built);
  const suite = openSuite(join(scratch, "suite"), "bookworm", ["amd64"]);
  if (typeof suite === "string") skipTest(context, what, suite);
  const files = suite.fetch("amd64", ["iptables"]);
  if (typeof files === "string") skipTest(context, what, files);
  const families = { any: 0, ipv4: 2, arp: 3, bridge: 7, ipv6: 10 };
  const held = ({ list = [] }: ExtensionSet) =>
    list.flatMap(({ name, realName = "-", family, revisions }) =>
      revisions.map((revision) => `${name} ${realName} ${revision} ${families[family]}`),
    );
  const lines = listRegistrations(files).filter((line) => !line.startsWith("libxt_connlabel.so "));
  const withoutFiles = (some: string[]) => some.map((line) => line.split(" ").slice(2).join(" ")).sort();
  const [legacy, nft] = inspect(built.stripped.legacy, built.stripped.nft).extensions ?? [];
  if (!legacy || !nft) throw new Error("no extensions");
  expect(held(nft).sort()).toEqual(withoutFiles(lines));
  // The legacy program serves IPv4 and IPv6 only.
  expect(held(legacy).sort()).toEqual(withoutFiles(lines.filter((line) => !/^lib(?:ebt|arpt)_/.test(line))));
});

function inspect(legacy: Buffer, nft: Buffer) {
  const listing = {
    "/bin/fw": legacy,
    "/bin/iptables": "-> fw",
    "/bin/xtables-nft-multi": nft,
    "/bin/iptables-nft": "-> xtables-nft-multi",
    // What the second one needs is there.
    "/lib/libmnl.so.0": "x",
    "/lib/libm.so.6": "x",
    "/lib/libc.so.6": "x",
    "/lib64/ld-linux-x86-64.so.2": "x",
    "/lib/ld-linux-aarch64.so.1": "x",
  };
  return inspectToolchain(makePlatform(listing, { env: ["PATH=/bin"] }), { programs: [], variables: [] });
}
