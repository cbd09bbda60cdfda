import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path/posix";
import { expect, test } from "vitest";
import { inspectImages } from "../../src/inspect.ts";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { toTarEntry, writeImage } from "../support/form-images.ts";
import { addImage, buildLayer, finishLayout, named, packFiles } from "../support/image-writer.ts";
import type { Listing } from "../support/tree.ts";
import { linkChain, recordedVersion } from "./on-disk.ts";
import { createWorkshop, needRoot, type Skippable } from "./workshop.ts";

/** The forms that Debian's own programs take when people rearrange them: what is told still is what Debian's records say. */

const workshop = createWorkshop();

/** What iptables, nftables and ipset bring; their libraries of the C library and so on are not needed to tell them. */
const WANTED = /\/(?:ip6?tables\S*|xtables\S*|nft|ipset|lib(?:xtables|nftnl|mnl|ip[46]tc|ipset|nftables)\.so\S*)$/;
const FOLDERS = ["/bin", "/sbin", "/lib", "/lib64"];
const BELOW = ["/usr/bin", "/usr/sbin", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/etc/alternatives"];

/** Of a root on disk: the programs, their libraries, the alternatives; directories that are links stay links. */
function pick(folder: string): Listing {
  const listing: Listing = {};
  for (const directory of [...FOLDERS, ...BELOW]) {
    const place = join(folder, directory);
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) listing[directory] = `-> ${readlinkSync(place)}`;
    // What lies below a link lies elsewhere.
    else if (stat?.isDirectory() && realpathSync(place) === place)
      for (const name of readdirSync(place)) pickFile(listing, folder, `${directory}/${name}`);
  }
  return listing;
}

function pickFile(listing: Listing, folder: string, path: string): void {
  if (!path.startsWith("/etc/alternatives/") && !WANTED.test(path)) return;
  const file = join(folder, path);
  const stat = lstatSync(file);
  if (stat.isSymbolicLink()) listing[path] = `-> ${readlinkSync(file)}`;
  else if (stat.isFile()) listing[path] = { content: readFileSync(file), mode: stat.mode & 0o777 };
}

const PACKAGES = ["iptables", "nftables", "ipset", "libipset13:amd64"];

function records(folder: string): Listing {
  const listing: Listing = { "/var/lib/dpkg/status": read("/var/lib/dpkg/status") };
  function read(path: string) {
    return { content: readFileSync(join(folder, path)), mode: 0o644 };
  }
  for (const name of PACKAGES)
    for (const end of ["list", "md5sums"])
      listing[`/var/lib/dpkg/info/${name}.${end}`] = read(`/var/lib/dpkg/info/${name}.${end}`);
  return listing;
}

/** What distroless images have instead: a stanza a file, with its checksums or without. */
function statusFolder(folder: string, withSums: boolean): Listing {
  const stanzas = readFileSync(join(folder, "var/lib/dpkg/status"), "utf8").split("\n\n");
  const listing: Listing = {};
  for (const name of PACKAGES) {
    const plain = name.replace(/:.*/, "");
    const stanza = stanzas.find((text) => text.includes(`Package: ${plain}\n`)) ?? "";
    const content = `${stanza.replace(/^Status: .*\n/m, "").trim()}\n`;
    listing[`/var/lib/dpkg/status.d/${plain}`] = { content, mode: 0o644 };
    if (!withSums) continue;
    const sums = readFileSync(join(folder, `var/lib/dpkg/info/${name}.md5sums`));
    listing[`/var/lib/dpkg/status.d/${plain}.md5sums`] = { content: sums, mode: 0o644 };
  }
  return listing;
}

async function inspect(name: string, layers: Listing[]): Promise<Toolchain> {
  const file = join(workshop, `${name}.tar`);
  writeFileSync(file, writeImage(layers).archive);
  const { images } = await inspectImages([`oci-archive:${file}`]);
  return images[0]!.platforms[0]!.toolchain;
}

const SUITES = ["bullseye", "bookworm"];
const folderOf = async (context: Skippable, suite: string) => (await needRoot(context, suite)).folder;

/** Every tool's bytes and record agree with dpkg's record on disk, and nothing is missing. */
function expectRecorded(toolchain: Toolchain, folder: string): void {
  const packages: Record<string, string> = { nft: "nftables", ipset: "ipset" };
  for (const tool of toolchain.tools) {
    const name = packages[tool.name] ?? "iptables";
    expect.soft(tool.byteVersion, tool.path).toBe(recordedVersion(folder, name));
    expect.soft(tool.package?.name, tool.path).toBe(name);
    expect.soft(tool.replacedPackage, tool.path).toBeUndefined();
  }
  expect.soft(toolchain.missing).toEqual([]);
}

const has = ({ tools }: Toolchain, name: string, backend?: string) =>
  tools.filter((tool) => tool.name === name && (backend === undefined || tool.backend === backend));

for (const suite of SUITES) {
  test(`${suite} squashed into one layer`, async (context) => {
    const folder = await folderOf(context, suite);
    const toolchain = await inspect(`${suite}-squashed`, [{ ...pick(folder), ...records(folder) }]);
    expectRecorded(toolchain, folder);
    expect(has(toolchain, "iptables").map(({ backend }) => backend)).toEqual(["nft", "legacy"]);
    expect(toolchain.defaults.iptables?.via).toEqual(linkChain(folder, "/usr/sbin/iptables"));
    expect(toolchain.selector).toMatchObject({ kind: "alternatives", effective: true });
  });

  test(`${suite}, copies in place of links`, async (context) => {
    const folder = await folderOf(context, suite);
    const multi = { content: readFileSync(join(folder, "usr/sbin/xtables-nft-multi")), mode: 0o755 };
    const copies = [
      "iptables",
      "iptables-save",
      "iptables-restore",
      "ip6tables",
      "ip6tables-save",
      "ip6tables-restore",
    ];
    const toolchain = await inspect(`${suite}-copies`, [
      { ...pick(folder), ...records(folder) },
      Object.fromEntries(copies.map((name) => [`/usr/sbin/${name}`, multi])),
    ]);
    expectRecorded(toolchain, folder);
    for (const name of copies)
      expect.soft(toolchain.defaults[name]).toEqual({ backend: "nft", via: [`/usr/sbin/${name}`] });
    // Told by its content: no record names the file.
    const [tool] = has(toolchain, "iptables", "nft");
    expect(tool?.evidence[0]?.fact).toMatch(/^\/usr\/sbin\/iptables is a copy of a file of package iptables /);
    expect(toolchain.selector).toBeUndefined();
  });

  test(`${suite}, alternatives replaced by hand, one of them to nowhere`, async (context) => {
    const folder = await folderOf(context, suite);
    const toolchain = await inspect(`${suite}-replaced`, [
      { ...pick(folder), ...records(folder) },
      {
        "/usr/sbin/iptables": "-> xtables-legacy-multi",
        "/etc/alternatives/ip6tables": "-> /usr/sbin/ip6tables-gone",
        "/usr/local/sbin/iptables-save": "-> /usr/sbin/xtables-nft-multi",
      },
    ]);
    expectRecorded(toolchain, folder);
    expect(toolchain.defaults.iptables).toEqual({
      backend: "legacy",
      via: ["/usr/sbin/iptables", "/usr/sbin/xtables-legacy-multi"],
    });
    expect(toolchain.defaults.ip6tables).toEqual({
      backend: "none",
      via: ["/usr/sbin/ip6tables", "/etc/alternatives/ip6tables", "/usr/sbin/ip6tables-gone"],
      dangling: true,
    });
    expect(toolchain.defaults["iptables-save"]?.via[0]).toBe("/usr/local/sbin/iptables-save");
    expect(toolchain.selector).toMatchObject({ kind: "symlink", effective: true });
  });

  test(`${suite}, a locally built program over the package's`, async (context) => {
    const folder = await folderOf(context, suite);
    const other = SUITES.find((name) => name !== suite) ?? "";
    const foreign = await folderOf(context, other);
    const multi = { content: readFileSync(join(foreign, "usr/sbin/xtables-nft-multi")), mode: 0o755 };
    const toolchain = await inspect(`${suite}-foreign`, [
      { ...pick(folder), ...records(folder) },
      { "/usr/sbin/xtables-nft-multi": multi },
    ]);
    const [tool] = has(toolchain, "iptables", "nft");
    expect(tool).toMatchObject({
      version: recordedVersion(foreign, "iptables"),
      replacedPackage: { name: "iptables", database: "dpkg" },
    });
    expect(tool?.package).toBeUndefined();
    const [legacy] = has(toolchain, "iptables", "legacy");
    expect(legacy).toMatchObject({ version: recordedVersion(folder, "iptables"), package: { name: "iptables" } });
  });

  for (const withSums of [true, false])
    test(`${suite} as distroless images have it, ${withSums ? "with" : "without"} checksums`, async (context) => {
      const folder = await folderOf(context, suite);
      const toolchain = await inspect(`${suite}-distroless-${withSums}`, [
        { ...pick(folder), ...statusFolder(folder, withSums) },
      ]);
      expectRecorded(toolchain, folder);
      expect(toolchain.os).toEqual({ id: null, versionId: null });
      const facts = toolchain.tools.map(({ evidence }) => evidence[0]?.fact ?? "");
      for (const fact of facts) expect(fact).toMatch(withSums ? / owns \// : / is installed and has no file list /);
    });
}

test("bookworm, files that have their first names where nobody looks: hard links of a store", async (context) => {
  const folder = await folderOf(context, "bookworm");
  const listing = { ...pick(folder), ...records(folder) };
  // Renamed, so that no name of its own makes it wanted.
  listing["/usr/sbin/fw"] = listing["/usr/sbin/xtables-legacy-multi"] ?? "";
  delete listing["/usr/sbin/xtables-legacy-multi"];
  listing["/usr/sbin/iptables-legacy"] = "-> fw";
  const loader = "/lib64/ld-linux-x86-64.so.2";
  const libc = "/lib/x86_64-linux-gnu/libc.so.6";
  for (const path of [loader, libc])
    listing[path] = { content: readFileSync(realpathSync(join(folder, path))), mode: 0o755 };
  listing["/lib64"] = { directory: true };
  listing["/lib"] = { directory: true };
  const plain = await inspect("bookworm-plain", [listing]);
  const stored = await inspectStored("bookworm-stored", listing);
  const told = ({ tools, libraries, missingLibraries, missing }: Toolchain) => ({
    tools: tools.map(({ name, version, backend, package: record, target }) => [name, version, backend, record, target]),
    libraries: libraries.map(({ path, versions, package: record }) => [path, versions, record]),
    missingLibraries,
    missing,
  });
  expect(told(stored)).toEqual(told(plain));
  expect(told(plain).tools).toContainEqual(["iptables", "1.8.9", "legacy", expect.anything(), "/usr/sbin/fw"]);
  expect(plain.missingLibraries).toContainEqual(expect.objectContaining({ path: "/usr/sbin/nft" }));
});

/** Each file under a name in a store, and a hard link to it under its own. */
async function inspectStored(name: string, listing: Listing): Promise<Toolchain> {
  const entries = Object.entries(listing).map(toTarEntry);
  const files = entries.filter(({ flag }) => flag === undefined);
  const layer = buildLayer([
    ...files.map((entry, i) => ({ ...entry, name: `store/${i}` })),
    ...entries.map((entry) => {
      const number = files.indexOf(entry);
      return number < 0 ? entry : { ...entry, content: "", flag: "1", linkname: `store/${number}` };
    }),
  ]);
  const layout = new Map<string, Buffer>();
  finishLayout(layout, [named(addImage(layout, [layer]), "image")]);
  const file = join(workshop, `${name}.tar`);
  writeFileSync(file, packFiles(layout));
  const { images } = await inspectImages([`oci-archive:${file}`]);
  return images[0]!.platforms[0]!.toolchain;
}
