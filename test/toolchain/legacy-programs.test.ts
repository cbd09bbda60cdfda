import { join } from "node:path";
import { expect, test } from "vitest";
import type { ImageConfig } from "../../src/model/image.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { openSuite } from "../support/debian-packages.ts";
import { buildElf } from "../support/elf-builder.ts";
import { dpkgStatus, goProgram, xtablesMulti } from "../support/netfilter-binaries.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** Programs that write the legacy tables themselves, by libip4tc and libip6tc, whatever `iptables` is. */

const linked = (...libraries: string[]) => buildElf({ needed: [...libraries, "libc.so.6"] });
const miniupnpd = linked("libip4tc.so.2", "libip6tc.so.2");

function inspect(listing: Listing, config: Partial<ImageConfig> = {}) {
  return inspectToolchain(makePlatform(listing, config), { programs: [], variables: [] });
}

function told(listing: Listing, config: Partial<ImageConfig> = {}): string[] {
  const { legacyPrograms = [] } = inspect(listing, config);
  return legacyPrograms.map(
    ({ path, libraries, started }) => `${path} ${libraries.join(" ")}${started ? ", started" : ""}`,
  );
}

test("a program that asks for libip4tc or libip6tc", () => {
  expect(told({ "/usr/sbin/miniupnpd": miniupnpd })).toEqual(["/usr/sbin/miniupnpd libip4tc.so.2 libip6tc.so.2"]);
  expect(told({ "/usr/sbin/old": linked("libiptc.so.0") })).toEqual(["/usr/sbin/old libiptc.so.0"]);
  expect(told({ "/usr/bin/v6": linked("libip6tc.so.2") })).toEqual(["/usr/bin/v6 libip6tc.so.2"]);
  expect(told({ "/usr/bin/iptables-agent": miniupnpd })).toEqual([
    "/usr/bin/iptables-agent libip4tc.so.2 libip6tc.so.2",
  ]);
});

test("the image starts it, by itself or by a script", () => {
  const started = ["/usr/sbin/miniupnpd libip4tc.so.2 libip6tc.so.2, started"];
  const listing: Listing = {
    "/usr/sbin/miniupnpd": miniupnpd,
    "/bin/sh": buildElf({ strings: ["BusyBox v1.36.1 (2024)"] }),
  };
  expect(told(listing, { entrypoint: ["miniupnpd", "-d"] })).toEqual(started);
  const script = { ...listing, "/start.sh": "#!/bin/sh\niptables -N MINIUPNPD\nexec /usr/sbin/miniupnpd -d\n" };
  expect(told(script, { entrypoint: ["/start.sh"] })).toEqual(started);
});

test("a program of Go that links it with cgo", () => {
  const go = goProgram(
    { path: "example.com/agent", module: "example.com/agent" },
    { needed: ["libip4tc.so.2", "libc.so.6"] },
  );
  expect(told({ "/usr/bin/agent": go })).toEqual(["/usr/bin/agent libip4tc.so.2"]);
});

test("of very many those that the image starts come first, and what is left out is said", () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`/usr/bin/agent${i}`, miniupnpd]));
  const { legacyPrograms = [], missing } = inspect(
    { ...many, "/usr/sbin/miniupnpd": miniupnpd },
    { cmd: ["miniupnpd"] },
  );
  expect(legacyPrograms).toHaveLength(20);
  expect(legacyPrograms[0]?.path).toBe("/usr/sbin/miniupnpd");
  expect(missing).toEqual([{ fact: "11 more programs that are linked with libip4tc", reason: "20 are listed" }]);
});

test("says what it asks for", () => {
  const { legacyPrograms } = inspect({
    "/usr/sbin/miniupnpd": miniupnpd,
    "/var/lib/dpkg/status": dpkgStatus([{ name: "miniupnpd-iptables", version: "2.3.1-1" }]),
    "/var/lib/dpkg/info/miniupnpd-iptables.list": "/usr/sbin/miniupnpd\n",
  });
  expect(legacyPrograms?.[0]?.evidence.map(({ fact }) => fact)).toEqual([
    "it is linked with libip4tc.so.2, libip6tc.so.2",
  ]);
});

test.each<[string, Listing]>([
  [
    "a plugin, which a program may load",
    { "/usr/lib/collectd/iptables.so": buildElf({ soname: "iptables.so", needed: ["libip4tc.so.2"] }) },
  ],
  [
    "a library that asks for it (libsystemd-shared)",
    {
      "/usr/lib/systemd/libsystemd-shared-252.so": buildElf({
        soname: "libsystemd-shared-252.so",
        needed: ["libip4tc.so.2"],
      }),
    },
  ],
  [
    "iptables itself",
    {
      "/usr/sbin/xtables-legacy-multi": buildElf({
        needed: ["libip4tc.so.2", "libip6tc.so.2", "libxtables.so.12"],
        strings: ["iptables-save", "1.8.9", "%s v%s (legacy)"],
      }),
    },
  ],
  ["a file of a tool's name that can't be told", { "/usr/sbin/iptables": linked("libip4tc.so.0", "libxtables.so.10") }],
  ["the nft side of it", { "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft") }],
  ["libxtables alone, which knows the options and no kernel", { "/usr/bin/tc": linked("libxtables.so.12") }],
  ["nftables' libraries", { "/usr/sbin/miniupnpd": linked("libnftnl.so.11", "libmnl.so.0") }],
  ["a file that can't be run", { "/usr/sbin/miniupnpd": { content: miniupnpd, mode: 0o644 } }],
])("look-alike: %s", (_, listing) => expect(told(listing)).toEqual([]));

test("real packages of Debian", { timeout: 120_000 }, (context) => {
  const suite = openSuite(join(scratchFolder("legacy-programs").path, "bookworm"), "bookworm", ["amd64"]);
  if (typeof suite === "string") skipTest(context, "programs of Debian that are linked with libip4tc", suite);
  const packages = [
    "miniupnpd-iptables",
    "miniupnpd-nftables",
    "collectd-core",
    "rtpengine-daemon",
    "iptables",
    "iproute2",
  ];
  const files = suite.fetch("amd64", packages);
  if (typeof files === "string") skipTest(context, "programs of Debian that are linked with libip4tc", files);
  const asking = files.filter(({ content }) => content.needed.some((name) => /^libip[46]?tc\./.test(name)));
  expect(asking.map(({ name, content }) => `${name} ${content.identity?.tool ?? "-"}`).sort()).toEqual([
    "miniupnpd -",
    "rtpengine -",
    "xtables-legacy-multi iptables",
  ]);
});
