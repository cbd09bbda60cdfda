import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { buildLayer, dockerLegacy, packFiles } from "../support/image-writer.ts";
import { mountWithPodman } from "../support/podman.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { encodePax, type TarEntry } from "../support/tar-writer.ts";

/** Layers whose files depend on whether a runtime lays them on each other or leaves that to overlayfs. */

const scratch = scratchFolder("apply-order");
const base: TarEntry[] = [
  { name: "opt/", flag: "5" },
  { name: "opt/sbin/", flag: "5" },
  { name: "opt/sbin/iptables", content: "old" },
  { name: "srv/", flag: "5" },
  { name: "srv/data", content: "of no interest" },
  { name: "srv/more/", flag: "5" },
];

function archive(name: string, ...layers: TarEntry[][]): string {
  const built = [base, ...layers].map((entries) => buildLayer(entries));
  return scratch.write(`${name}.tar`, packFiles(dockerLegacy([{ layers: built, tags: ["localhost/order:1"] }])));
}

async function doubts(name: string, ...layers: TarEntry[][]): Promise<string[]> {
  const probe = (file: Parameters<typeof keepAll>[0]) => (/data/.test(file.path) ? undefined : keepAll(file));
  const [image] = await openImages(archive(name, ...layers), { probe });
  return image?.platforms[0]?.doubts?.map(({ reason }) => reason.replace(/:.*/, "")) ?? [];
}

const folder = (name: string): TarEntry => ({ name: `${name}/`, flag: "5" });
const file = (name: string): TarEntry => ({ name, content: `of ${name}` });
const global = (name: string): TarEntry => ({ name, flag: "g", content: encodePax({ comment: "x" }) });
const opaque = (directory: string): TarEntry => ({ name: `${directory}.wh..wh..opq` });
const GLOBAL = "is the name of a header that belongs to no file";
const AGAIN = "is a directory that the layer takes away and has again";
const EARLY = "is put and then hidden by the layer itself";

const odd: [string, TarEntry[], string][] = [
  ["a file and then its whiteout", [file("x/iptables"), file("x/.wh.iptables")], `"/x/iptables" ${EARLY}`],
  ["a file and then the whiteout of its folder", [file("x/y/iptables"), file(".wh.x")], `"/x/y/iptables" ${EARLY}`],
  [
    "a file in a folder without an entry, and then the opaque marker above",
    [folder("opt"), file("opt/x/iptables"), opaque("opt/")],
    `"/opt/x/iptables" ${EARLY}`,
  ],
  ["the opaque root", [opaque(""), file("x")], '"/" is marked as empty, which overlayfs does not obey at the root'],
  ["a folder that is hidden and there again", [file("opt/.wh.sbin"), folder("opt/sbin")], `"/opt/sbin" ${AGAIN}`],
  ["a folder that becomes a file and a folder again", [file("opt"), folder("opt")], `"/opt" ${AGAIN}`],
  [
    "a folder that is emptied, becomes a link and a folder again",
    [opaque("opt/sbin/"), { name: "opt/sbin", flag: "2", linkname: "x" }, folder("opt/sbin")],
    `"/opt/sbin" ${AGAIN}`,
  ],
  [
    "a hard link to what was hidden before",
    [file("opt/sbin/.wh.iptables"), { name: "x", flag: "1", linkname: "opt/sbin/iptables" }],
    '"/x" is a hard link to a file that the layer hides',
  ],
  [
    "a hard link that makes its file a program",
    [file("x"), { name: "y", flag: "1", linkname: "x", mode: 0o755 }],
    '"/y" is a hard link with another mode or other capabilities than its file',
  ],
  [
    "a hard link that takes the capabilities away",
    [
      { ...file("x"), pax: { "SCHILY.xattr.security.capability": "caps" } },
      { name: "y", flag: "1", linkname: "x" },
    ],
    '"/y" is a hard link with another mode or other capabilities than its file',
  ],
  [
    "a whiteout behind a link of the layer itself",
    [{ name: "x", flag: "2", linkname: "opt/sbin" }, file("x/.wh.iptables")],
    '"/x/iptables" is hidden behind a link of the layer itself',
  ],
  [
    "an opaque marker behind a link of the layer itself",
    [{ name: "x", flag: "2", linkname: "opt/sbin" }, opaque("x/")],
    '"/x" is hidden behind a link of the layer itself',
  ],
  [
    "a whiteout below a file",
    [file("opt/sbin/iptables/.wh.x")],
    '"/opt/sbin/iptables" is a file of a lower layer, and the layer hides something below it',
  ],
  ["a header for all files, called like a file", [global("opt/sbin/iptables")], `"/opt/sbin/iptables" ${GLOBAL}`],
  ["a header called like a folder", [global("./opt")], `"/opt" ${GLOBAL}`],
  ["a header called like a whiteout", [global("opt/.wh.sbin")], `"/opt/.wh.sbin" ${GLOBAL}`],
  ["a header called like an opaque marker", [global("opt/.wh..wh..opq")], `"/opt/.wh..wh..opq" ${GLOBAL}`],
  ["a header called like a file of the layer itself", [file("x"), global("x")], `"/x" ${GLOBAL}`],
  ["a header called like something below a file", [global("opt/sbin/iptables/x")], `"/opt/sbin/iptables/x" ${GLOBAL}`],
];
test.each(odd)("%s", async (name, layer, expected) => {
  expect(await doubts(name.replaceAll(/\W/g, "-"), layer)).toEqual([expected]);
});

const usual: [string, TarEntry[][]][] = [
  ["a whiteout and then the file", [[file("opt/sbin/.wh.iptables"), file("opt/sbin/iptables")]]],
  ["an opaque marker and then folders and files", [[folder("opt"), opaque("opt/"), file("opt/x/iptables")]]],
  [
    "folders with entries and files in them, and then the opaque marker",
    [[folder("opt"), folder("opt/x"), file("opt/x/iptables"), file("opt/y"), opaque("opt/")]],
  ],
  ["a folder of no interest that is hidden and there again", [[file(".wh.srv"), folder("srv"), file("srv/x")]]],
  [
    "a hard link with the mode and capabilities of its file",
    [
      [
        { ...file("x"), mode: 0o4755, pax: { "SCHILY.xattr.security.capability": "caps" } },
        { name: "y", flag: "1", linkname: "x", mode: 0o755, pax: { "SCHILY.xattr.security.capability": "caps" } },
      ],
    ],
  ],
  ["a folder that becomes a file", [[file("opt")]]],
  ["a folder that becomes a file, and with the next layer a folder", [[file("opt")], [folder("opt"), file("opt/x")]]],
  ["what is hidden in one layer and there again in the next", [[file("opt/.wh.sbin")], [file("opt/sbin/x")]]],
  ["a file that becomes a folder", [[file("opt/sbin/.wh.iptables"), folder("opt/sbin/iptables")]]],
  ["a whiteout of what is not there", [[file("x/.wh.y"), file("x/z")]]],
  ["the header of git's archives", [[global("pax_global_header"), file("x")]]],
  ["a header called like a folder of no interest", [[global("srv/more")]]],
];
test.each(usual)("the same for all: %s", async (name, layers) => {
  expect(await doubts(name.replaceAll(/\W/g, "-"), ...layers)).toEqual([]);
});

test("a folder with very many files behind a link", async () => {
  const many = Array.from({ length: 200_000 }, (_, i) => ({ name: `srv/more/data-${i}`, content: "" }));
  const link: TarEntry = { name: "link", flag: "2", linkname: "srv/more" };
  expect(await doubts("many", [...many, link], [file("link/data-x")])).toEqual([]);
});

test.for([
  ["the opaque root", [opaque(""), file("x")]],
  ["a folder that is hidden and there again", [file("opt/.wh.sbin"), folder("opt/sbin")]],
] as const)("podman with overlay shows what is below %s, with vfs it does not", ([name, layer], context) => {
  for (const driver of ["overlay", "vfs"] as const) {
    const image = archive(`podman-${driver}-${name.replaceAll(" ", "-")}`, [...layer]);
    const mounted = mountWithPodman(context, driver, image, "localhost/order:1");
    expect(existsSync(join(mounted, "opt/sbin/iptables")), driver).toBe(driver === "overlay");
  }
});
