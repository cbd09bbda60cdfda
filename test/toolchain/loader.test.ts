import { describe, expect, test } from "vitest";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { buildElf, type ElfRecipe } from "../support/elf-builder.ts";
import { listFolder } from "../support/folder-tree.ts";
import { xtablesMulti } from "../support/netfilter-binaries.ts";
import { debianRoot } from "../support/roots.ts";
import { skipTest } from "../support/skip.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

function missing(listing: Listing, env: string[] = []): string[] {
  const toolchain = inspectToolchain(makePlatform(listing, { env }), { programs: [], variables: [] });
  return (toolchain.missingLibraries ?? []).map(({ path, library }) => `${path}: ${library}`);
}

const GLIBC = "/lib64/ld-linux-x86-64.so.2";
const MUSL = "/lib/ld-musl-x86_64.so.1";
const tool = (recipe: ElfRecipe): Listing => ({
  "/usr/sbin/iptables": buildElf({ strings: ["1.8.9 (nf_tables)"], interpreter: GLIBC, ...recipe }),
});
const library = (soname: string, recipe: ElfRecipe = {}) => buildElf({ soname, needed: [], ...recipe });
const LIBC = library("libc.so.6", { definitions: ["GLIBC_2.2.5", "GLIBC_2.34"] });
const BASE: Listing = { [GLIBC]: library("ld-linux-x86-64.so.2"), "/lib/x86_64-linux-gnu/libc.so.6": LIBC };

describe("glibc", () => {
  test("everything is there; the loader is a library by its own name", () => {
    expect(missing({ ...BASE, ...tool({ needed: ["libc.so.6", "ld-linux-x86-64.so.2"] }) })).toEqual([]);
  });

  test("a library that is not there, a link that leads nowhere, one of another machine", () => {
    const needed = ["libmnl.so.0", "libnftnl.so.11", "libxtables.so.12", "libc.so.6"];
    const listing: Listing = {
      ...BASE,
      ...tool({ needed }),
      "/usr/lib/libnftnl.so.11": "-> libnftnl.so.11.6.0",
      "/usr/lib/libxtables.so.12": library("libxtables.so.12", { architecture: "arm64" }),
    };
    expect(missing(listing)).toEqual(
      ["libmnl.so.0", "libnftnl.so.11", "libxtables.so.12"].map((name) => `/usr/sbin/iptables: ${name}`),
    );
  });

  test("what its libraries ask for counts, circles end", () => {
    const listing: Listing = {
      ...BASE,
      ...tool({ needed: ["libnftables.so.1"] }),
      "/usr/lib64/libnftables.so.1": library("libnftables.so.1", { needed: ["libjansson.so.4", "libgmp.so.10"] }),
      "/usr/lib64/libjansson.so.4": library("libjansson.so.4", { needed: ["libnftables.so.1", "libgone.so.1"] }),
      "/usr/lib64/libgmp.so.10": "#!/bin/sh of no use, but there",
    };
    expect(missing(listing)).toEqual(["/usr/sbin/iptables: libgone.so.1"]);
  });

  test("versions that the provider does not define; weak ones and libraries without versions don't count", () => {
    const needs = [
      { file: "libc.so.6", versions: ["GLIBC_2.34", "GLIBC_2.38"] },
      { file: "libmnl.so.0", versions: ["LIBMNL_1.0"] },
    ];
    const binary = tool({ needed: ["libc.so.6", "libmnl.so.0"], needs });
    const listing: Listing = { ...BASE, ...binary, "/usr/lib/libmnl.so.0": library("libmnl.so.0") };
    expect(missing(listing)).toEqual(["/usr/sbin/iptables: GLIBC_2.38 (libc.so.6)"]);
  });

  test("found through linked folders, the interpreter too", () => {
    const listing: Listing = {
      ...tool({ needed: ["libc.so.6"] }),
      "/usr/lib/ld-linux-x86-64.so.2": library("ld-linux-x86-64.so.2"),
      "/usr/lib/libc.so.6": LIBC,
      "/lib64": "-> usr/lib64",
      "/usr/lib64": "-> lib",
    };
    expect(missing(listing)).toEqual([]);
  });

  test("without its interpreter nothing else is said", () => {
    expect(missing(tool({ needed: ["libc.so.6", "libmnl.so.0"] }))).toEqual([`/usr/sbin/iptables: ${GLIBC}`]);
  });

  test.each<[title: string, recipe: ElfRecipe, listing: Listing, env: string[]]>([
    ["RUNPATH with $ORIGIN", { runpath: "$ORIGIN/../own" }, { "/usr/own/libx.so.1": LIBC }, []],
    ["RUNPATH in braces and $LIB", { runpath: `$\{ORIGIN}/$LIB` }, { "/usr/sbin/lib64/libx.so.1": LIBC }, []],
    ["LD_LIBRARY_PATH of the image", {}, { "/opt/lib/libx.so.1": LIBC }, ["LD_LIBRARY_PATH=relative:/opt/lib"]],
    ["ld.so.conf", {}, { "/etc/ld.so.conf": "# x\n/opt/lib/ # y\n", "/opt/lib/libx.so.1": LIBC }, []],
    [
      "an include of ld.so.conf, which includes itself",
      {},
      {
        "/etc/ld.so.conf": "include ld.so.conf.d/*.conf\ninclude /etc/ld.so.conf\n",
        "/etc/ld.so.conf.d/own.conf": "/opt/lib\n",
        "/opt/lib/libx.so.1": LIBC,
      },
      [],
    ],
  ])("found through %s", (_, recipe, extra, env) => {
    const listing: Listing = { ...BASE, ...tool({ needed: ["libx.so.1", "libc.so.6"], ...recipe }) };
    expect(missing(listing, env)).toEqual(["/usr/sbin/iptables: libx.so.1"]);
    expect(missing({ ...listing, ...extra }, env)).toEqual([]);
  });
});

describe("musl", () => {
  const binary = tool({ interpreter: MUSL, needed: ["libxtables.so.12", "libc.musl-x86_64.so.1", "libm.so.6"] });
  const loader: Listing = { [MUSL]: library("libc.musl-x86_64.so.1") };

  test("the loader is the C library and all its parts; its own default folders, no others", () => {
    const xtables = library("libxtables.so.12");
    expect(missing({ ...loader, ...binary, "/usr/lib/libxtables.so.12": xtables })).toEqual([]);
    const elsewhere: Listing = { "/usr/lib64/libxtables.so.12": xtables, "/etc/ld.so.conf": "/usr/lib64\n" };
    expect(missing({ ...loader, ...binary, ...elsewhere })).toEqual(["/usr/sbin/iptables: libxtables.so.12"]);
  });

  test("its path file replaces the default folders", () => {
    const config: Listing = { "/etc/ld-musl-x86_64.path": "/opt/lib:/lib\n/usr/local/lib" };
    const xtables = library("libxtables.so.12");
    expect(missing({ ...loader, ...binary, ...config, "/opt/lib/libxtables.so.12": xtables })).toEqual([]);
    expect(missing({ ...loader, ...binary, ...config, "/usr/lib/libxtables.so.12": xtables })).toHaveLength(1);
  });

  test("versions are not looked at", () => {
    const listing: Listing = {
      ...loader,
      ...tool({
        interpreter: MUSL,
        needed: ["libmnl.so.0"],
        needs: [{ file: "libmnl.so.0", versions: ["LIBMNL_9"] }],
      }),
      "/usr/lib/libmnl.so.0": library("libmnl.so.0", { definitions: ["LIBMNL_1.0"] }),
    };
    expect(missing(listing)).toEqual([]);
  });
});

test("a static program needs nothing", () => {
  expect(missing({ "/usr/sbin/iptables": buildElf({ strings: ["1.8.9 (nf_tables)"] }) })).toEqual([]);
});

test("each tool once, in the report's order, whatever its names", () => {
  const listing: Listing = {
    "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
    "/usr/sbin/iptables": "-> xtables-nft-multi",
    "/usr/sbin/ip6tables": "-> xtables-nft-multi",
  };
  expect(missing(listing)).toEqual(
    ["libxtables.so.12", "libc.so.6"].map((name) => `/usr/sbin/xtables-nft-multi: ${name}`),
  );
});

test(
  "real Debian roots: nothing is missing until a library goes, or the tools come from a newer release",
  { timeout: 600_000 },
  async (context) => {
    const old = await debianRoot("bullseye");
    const recent = await debianRoot("trixie");
    if (!old.ok || !recent.ok)
      skipTest(context, "libraries of real Debian roots", !old.ok ? old.reason : !recent.ok ? recent.reason : "");
    const bullseye = listFolder(old.root.folder);
    const trixie = listFolder(recent.root.folder);
    expect(missing(bullseye)).toEqual([]);
    expect(missing(trixie)).toEqual([]);
    const without = Object.fromEntries(Object.entries(trixie).filter(([path]) => !/\/libmnl\.so/.test(path)));
    expect(missing(without)).toContain("/usr/sbin/xtables-nft-multi: libmnl.so.0");
    expect(missing(without)).not.toContain("/usr/sbin/xtables-legacy-multi: libmnl.so.0");
    // Copied from a newer distribution, with the netfilter libraries and without its C library.
    const copied = Object.entries(trixie).filter(([path]) =>
      /\/(?:xtables-nft-multi|lib(?:nftnl|xtables|mnl)\.so[^/]*)$/.test(path),
    );
    expect(missing({ ...bullseye, ...Object.fromEntries(copied) })).toContain(
      "/usr/sbin/xtables-nft-multi: GLIBC_2.34 (libc.so.6)",
    );
  },
);
