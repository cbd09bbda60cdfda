import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { buildLayer, dockerLegacy, packFiles } from "../support/image-writer.ts";
import { mountWithPodman } from "../support/podman.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { TarEntry } from "../support/tar-writer.ts";

/** A layer that carries attributes of overlayfs shows other files than its tar has: nothing of such an image passes. */

const scratch = scratchFolder("overlay-marks");
const folder = (name: string, xattrs: Record<string, string> = {}): TarEntry => ({
  name: `${name}/`,
  flag: "5",
  mode: 0o755,
  pax: Object.fromEntries(Object.entries(xattrs).map(([key, value]) => [`SCHILY.xattr.${key}`, value])),
});
const base = buildLayer([
  folder("usr"),
  folder("usr/sbin"),
  { name: "usr/sbin/iptables", content: "shown" },
  folder("usr/other"),
  { name: "usr/other/iptables", content: "hidden" },
  folder("usr/empty"),
]);

function archive(name: string, ...entries: TarEntry[]): string {
  const top = buildLayer([folder("usr"), ...entries]);
  return scratch.write(`${name}.tar`, packFiles(dockerLegacy([{ layers: [base, top], tags: ["localhost/marks:1"] }])));
}

async function read(path: string) {
  const [image] = await openImages(path, { probe: probeContent });
  const [platform] = image?.platforms ?? [];
  if (platform === undefined) throw new Error("no platform");
  const { missing } = inspectToolchain(platform, { programs: [], variables: [] });
  return { doubts: platform.doubts, notes: platform.notes, decisive: missing.filter(({ decisive }) => decisive) };
}

describe("attributes that decide what is shown", () => {
  test.each([
    ["trusted.overlay.redirect", folder("usr/sbin", { "trusted.overlay.redirect": "/usr/other" })],
    ["trusted.overlay.opaque", folder("usr/sbin", { "trusted.overlay.opaque": "y" })],
    ["user.overlay.opaque", folder("usr/sbin", { "user.overlay.opaque": "y" })],
    [
      "trusted.overlay.whiteout",
      { ...folder("x", { "trusted.overlay.whiteout": "y" }), name: "usr/sbin/x", flag: "0" },
    ],
    ["trusted.overlay.metacopy", { ...folder("x", { "trusted.overlay.metacopy": "" }), name: "usr/sbin/x", flag: "0" }],
  ])("%s", async (attribute, entry) => {
    const { doubts, notes, decisive } = await read(archive(attribute, entry));
    expect(doubts).toEqual([
      {
        fact: expect.stringMatching(/^which files of layer sha256:[0-9a-f]{64} are run$/),
        reason: expect.stringMatching(
          new RegExp(`^"/usr/sbin(/x)?" has the attribute ${attribute}: where layers are unpacked onto overlayfs`),
        ),
      },
    ]);
    expect(notes).toEqual([`${doubts?.[0]?.fact}: ${doubts?.[0]?.reason}`]);
    expect(decisive).toHaveLength(1);
  });

  test("several of a layer are one doubt", async () => {
    const both = { "trusted.overlay.opaque": "y", "trusted.overlay.redirect": "/usr/other" };
    const { doubts } = await read(archive("several", folder("usr/sbin", both), folder("usr/empty", both)));
    expect(doubts).toHaveLength(1);
    expect(doubts?.[0]?.reason).toMatch(/trusted\.overlay\.opaque, as 2 more have such ones/);
  });
});

test("what changes nothing: other attributes, a folder above nothing or one that is hidden anyway", async () => {
  for (const [name, ...entries] of [
    [
      "others",
      folder("usr/sbin", { "trusted.overlay.origin": "x", "trusted.overlay.impure": "y", "user.opaque": "y" }),
    ],
    ["new", folder("usr/new", { "trusted.overlay.opaque": "y" }), { name: "usr/new/a" }],
    ["empty", folder("usr/empty", { "trusted.overlay.opaque": "y" }), { name: "usr/empty/a" }],
    ["hidden", folder("usr/sbin", { "trusted.overlay.opaque": "y" }), { name: "usr/sbin/.wh..wh..opq" }],
  ] as const) {
    const { doubts, notes, decisive } = await read(archive(`harmless-${name}`, ...entries));
    expect([doubts, notes, decisive], name).toEqual([undefined, [], []]);
  }
});

test.for([
  ["trusted.overlay.redirect", "/usr/other", ["iptables hidden"]],
  ["trusted.overlay.opaque", "y", []],
  ["trusted.overlay.origin", "", ["iptables shown"]],
] as const)("podman's storage on overlayfs obeys: %s", ([attribute, value, expected], context) => {
  const image = archive(`podman-${attribute}`, folder("usr/sbin", { [attribute]: value }));
  const tools = join(mountWithPodman(context, "overlay", image, "localhost/marks:1"), "usr/sbin");
  expect(readdirSync(tools).map((name) => `${name} ${readFileSync(join(tools, name), "utf8")}`)).toEqual(expected);
});
