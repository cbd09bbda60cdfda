import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { buildLayer, dockerLegacy, packFiles } from "../support/image-writer.ts";
import { mountWithPodman } from "../support/podman.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { TarEntry } from "../support/tar-writer.ts";

/** Files behind a link of a lower layer are there for some runtimes and elsewhere for others. */

const scratch = scratchFolder("lower-links");
const base = buildLayer([
  { name: "usr/", flag: "5", mode: 0o755 },
  { name: "usr/sbin/", flag: "5", mode: 0o755 },
  { name: "usr/sbin/iptables", content: "of the base" },
  { name: "sbin", flag: "2", linkname: "usr/sbin" },
  { name: "run/", flag: "5", mode: 0o755 },
  { name: "var/", flag: "5", mode: 0o755 },
  { name: "var/run", flag: "2", linkname: "/run" },
  { name: "later", flag: "2", linkname: "nowhere" },
]);

function archive(name: string, ...layers: TarEntry[][]): string {
  const built = [base, ...layers.map((entries) => buildLayer(entries))];
  return scratch.write(`${name}.tar`, packFiles(dockerLegacy([{ layers: built, tags: ["localhost/links:1"] }])));
}

async function doubts(path: string, keeps = (_path: string) => true) {
  const probe = (file: Parameters<typeof keepAll>[0]) => (keeps(file.path) ? keepAll(file) : undefined);
  const [image] = await openImages(path, { probe });
  return image?.platforms[0]?.doubts?.map(({ reason }) => reason.replace(/:.*/, ""));
}

test.each<[string, TarEntry[], string]>([
  ["a file", [{ name: "sbin/iptables", content: "of the top" }], "/sbin"],
  ["a whiteout", [{ name: "sbin/.wh.iptables" }], "/sbin"],
  ["an opaque folder", [{ name: "sbin/.wh..wh..opq" }], "/sbin"],
  ["a folder, which hides what is behind the link", [{ name: "sbin/new/", flag: "5" }], "/sbin"],
  [
    "a whiteout, before a folder takes the link's place",
    [{ name: "sbin/.wh.iptables" }, { name: "sbin/", flag: "5" }],
    "/sbin",
  ],
  ["a folder behind a link that leads nowhere as yet", [{ name: "later/new/", flag: "5" }], "/later"],
  ["a file that matters where none did", [{ name: "var/run/tool", content: "x" }], "/var/run/tool"],
  ["a link where nothing matters", [{ name: "var/run/tool", flag: "2", linkname: "x" }], "/var/run/tool"],
])("%s behind one", async (name, entries, place) => {
  expect(await doubts(archive(name.replaceAll(" ", "-"), entries))).toEqual([
    `"${place}" lies behind a link of a lower layer`,
  ]);
});

test.each<[string, TarEntry[], TarEntry[]]>([
  ["by a layer above", [{ name: "var/run/new/", flag: "5" }], [{ name: "run/tool", content: "x" }]],
  [
    "by the layer itself",
    [
      { name: "var/run/new/", flag: "5" },
      { name: "run/tool", content: "x" },
    ],
    [],
  ],
  ["through another link", [{ name: "var/run/.wh.gone" }], [{ name: "run", flag: "2", linkname: "usr/sbin" }]],
])("a folder behind a link whose target is filled later: %s", async (name, first, second) => {
  const found = await doubts(archive(`later-${name.replaceAll(" ", "-")}`, first, second));
  expect(found).toEqual(['"/var/run" lies behind a link of a lower layer']);
});

test.each<[string, TarEntry[]]>([
  ["another link", [{ name: "var/run", flag: "2", linkname: "/usr/sbin" }]],
  [
    "a folder with its own files",
    [
      { name: "var/run/", flag: "5" },
      { name: "run/tool", content: "x" },
    ],
  ],
  ["nothing", [{ name: "var/.wh.run" }, { name: "run/tool", content: "x" }]],
])("the same, but %s takes the link's place: the same for all", async (name, second) => {
  const first: TarEntry[] = [{ name: "var/run/new/", flag: "5" }];
  expect(await doubts(archive(`place-${name.replaceAll(" ", "-")}`, first, second))).toBeUndefined();
});

test("what is the same for all: the layer's own link, a folder in the link's place, files that nobody looks into", async () => {
  const own: TarEntry[] = [
    { name: "opt", flag: "2", linkname: "usr" },
    { name: "usr/lib/", flag: "5" },
    { name: "opt/lib/a", content: "x" },
  ];
  expect(await doubts(archive("own", own))).toBeUndefined();
  const folder: TarEntry[] = [
    { name: "sbin/", flag: "5" },
    { name: "sbin/iptables", content: "x" },
  ];
  expect(await doubts(archive("folder", folder))).toBeUndefined();
  const state: TarEntry[] = [
    { name: "var/run/pid", content: "1" },
    { name: "var/run/state/", flag: "5" },
  ];
  expect(await doubts(archive("state", state), (path) => path.startsWith("/usr"))).toBeUndefined();
  // The second time the layer's link is one of a lower layer.
  const twice: TarEntry[] = [
    { name: "x/iptables", content: "x" },
    { name: "x", flag: "2", linkname: "usr/sbin" },
  ];
  expect(await doubts(archive("once", twice))).toBeUndefined();
  expect(await doubts(archive("twice", twice, twice))).toEqual([expect.stringContaining("/x")]);
});

test.for([
  ["overlay", "of the base"],
  ["vfs", "of the top"],
] as const)("podman with %s has the file %s", ([driver, expected], context) => {
  const image = archive(`podman-${driver}`, [{ name: "sbin/iptables", content: "of the top" }]);
  const file = join(mountWithPodman(context, driver, image, "localhost/links:1"), "usr/sbin/iptables");
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, "utf8")).toBe(expected);
});
