import { gzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImages, useImages } from "../../src/image/open-images.ts";
import type { ContentProbe, ImagePlatform } from "../../src/model/image.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import {
  addImage,
  type BuiltLayer,
  dockerLegacy,
  type Files,
  finishLayout,
  json,
  named,
  packFiles,
  sha256,
} from "../support/image-writer.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { TarEntry } from "../support/tar-writer.ts";
import { buildTocLayer, type TocEntry, type TocFormat, type TocOptions } from "../support/toc-writer.ts";
import samples from "./toc-samples.json" with { type: "json" };

/**
 * Layers read whole whose manifest names a table of contents: some runtimes run what the table says, others the tar. Where
 * the two differ that is told, and nothing passes; where they do not, nothing is said.
 */

const scratch = scratchFolder("table");

/** What lies in a directory of programs is looked at, and of that only scripts to their end. */
const probe: ContentProbe = ({ path }) => {
  if (!path.includes("/sbin/")) return undefined;
  let kept = "";
  return {
    write(chunk) {
      kept += Buffer.from(chunk).toString("latin1");
      return kept.startsWith("#!");
    },
    end: () => (kept.startsWith("#!") ? kept : undefined),
  };
};

const large = Buffer.alloc(9 * 2 ** 20, "program ");
const tarEntries: TarEntry[] = [
  { name: "./", flag: "5" },
  { name: "usr/", flag: "5" },
  { name: "usr/sbin/", flag: "5" },
  { name: "usr/sbin/nft", content: "#!/bin/sh\nexec nft.real\n", mode: 0o755 },
  { name: "usr/sbin/iptables", flag: "2", linkname: "nft" },
  { name: "usr/sbin/ipset", flag: "1", linkname: "usr/sbin/nft", mode: 0o755 },
  { name: "usr/sbin/empty" },
  { name: "usr/lib/hidden", content: "#!/bin/sh\nfrom elsewhere\n", mode: 0o755 },
  { name: "usr/sbin/shown", flag: "1", linkname: "usr/lib/hidden", mode: 0o755 },
  { name: "usr/sbin/agent", content: large, mode: 0o755 },
  { name: "etc/.wh.gone" },
  { name: "etc/.wh..wh..opq" },
  { name: "etc/größe", content: "1" },
  { name: "dev/null", flag: "3" },
  { name: "usr/sbin/twice", content: "first" },
  { name: "usr/sbin/twice", content: "#!second" },
];

let count = 0;
function layoutOf(
  layer: BuiltLayer,
  form: "directory" | "archive" | "gzipped archive" | "docker archive" = "directory",
): string {
  const files: Files = new Map();
  const image = addImage(files, [layer]);
  const layout = finishLayout(files, [named(image, "it")]);
  const name = `layout-${++count}`;
  if (form === "directory") return scratch.write(name, layout);
  if (form === "docker archive") {
    // As Docker with containerd's store writes it: both descriptions beside each other.
    const manifest = JSON.parse(layout.get(`blobs/${image.digest.replace(":", "/")}`)?.toString() ?? "") as {
      config: { digest: string };
    };
    const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`;
    layout.set(
      "manifest.json",
      json([{ Config: blob(manifest.config.digest), RepoTags: ["it:1"], Layers: [blob(layer.digest)] }]),
    );
  }
  const tar = packFiles(layout);
  return scratch.write(`${name}.tar`, form === "gzipped archive" ? gzipSync(tar) : tar);
}

async function read(path: string): Promise<ImagePlatform> {
  const [image] = await openImages(path, { probe });
  const [platform] = image?.platforms ?? [];
  if (platform === undefined) throw new Error("no platform");
  return { ...platform, notes: platform.notes.filter((note) => !note.includes("more than once")) };
}

/** What is in doubt, without what is always said. */
async function doubt(layer: BuiltLayer, form?: Parameters<typeof layoutOf>[1]): Promise<string | undefined> {
  const { doubts = [], notes } = await read(layoutOf(layer, form));
  for (const { fact, reason } of doubts) {
    expect(fact).toBe(`which files of layer ${layer.digest} are run`);
    expect(notes).toContain(`${fact}: ${reason}`);
    expect(reason).toMatch(/podman and CRI-O .* stargz snapshotter, run what the table says, others the tar$/);
  }
  return doubts[0]?.reason.replace(/; podman.*/, "");
}

const formats: TocFormat[] = ["eStargz", "zstd:chunked"];

describe("honest images", () => {
  test.each(samples)("written by $writer", async ({ type, diffId, annotations, base64 }) => {
    const bytes = Buffer.from(base64.join(""), "base64");
    const present = Object.entries(annotations).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
    const layer = {
      bytes,
      diffId,
      annotations: Object.fromEntries(present) as Record<string, string>,
      digest: sha256(bytes),
      mediaType: `application/vnd.oci.image.layer.v1.${type}`,
    };
    const { doubts, notes } = await read(layoutOf(layer));
    expect({ doubts, notes }).toEqual({ doubts: undefined, notes: [] });
  });

  const options: [string, TocOptions][] = [
    ["as usual", {}],
    ["with chunks of 1 MB", { chunkSize: 1_000_000 }],
    ["with files that share a member", { shareUpTo: 1000 }],
  ];
  test.each(
    options.flatMap(([how, one]) => formats.map((format) => [format, how, one] as const)),
  )("%s %s", async (format, _how, one) => {
    const layer = buildTocLayer(tarEntries, format, one);
    for (const form of ["directory", "archive", "gzipped archive", "docker archive"] as const) {
      const { doubts, notes, tree } = await read(layoutOf(layer, form));
      expect({ form, doubts, notes }).toEqual({ form, doubts: undefined, notes: [] });
      expect(tree.lookup("/usr/sbin/shown")).toMatchObject({ content: "#!/bin/sh\nfrom elsewhere\n" });
    }
  });

  test("names that are not UTF-8, which a table cannot say", async () => {
    const name = Buffer.from("etc/gr\xf6\xdfe", "latin1").toString("latin1");
    const edit = (toc: TocEntry[]) =>
      toc.map((entry) => (entry.name === name ? { ...entry, name: "etc/gr\ufffd\ufffde" } : entry));
    expect(
      await doubt(buildTocLayer([...tarEntries, { name, content: "x" }], "zstd:chunked", { edit })),
    ).toBeUndefined();
  });

  test("both annotations, as nerdctl writes zstd:chunked", async () => {
    const layer = buildTocLayer(tarEntries, "zstd:chunked");
    const [offset = 0, length = 0] = (Object.values(layer.annotations)[1] ?? "").split(":").map(Number);
    const table = sha256(zstdDecompressSync(layer.bytes.subarray(offset, offset + length)));
    const annotations = { ...layer.annotations, "containerd.io/snapshot/stargz/toc.digest": table };
    expect(await doubt({ ...layer, annotations })).toBeUndefined();
    const other = { ...layer.annotations, "containerd.io/snapshot/stargz/toc.digest": sha256("x") };
    expect(await doubt({ ...layer, annotations: other })).toMatch(/names a table of eStargz in a layer of zstd$/);
  });

  test("annotations of another layer: no runtime can use them, and nothing is in doubt", async () => {
    const layer = buildTocLayer(tarEntries, "eStargz");
    const annotations = { "containerd.io/snapshot/stargz/toc.digest": sha256("x") };
    const { doubts, notes } = await read(layoutOf({ ...layer, annotations }));
    expect(doubts).toBeUndefined();
    expect(notes).toEqual([
      `the manifest names a table of contents of layer ${layer.digest} that nobody can read it by: its table of contents has another digest than the manifest says`,
    ]);
  });
});

const change = (name: string, fields: Record<string, unknown>) => (toc: TocEntry[]) =>
  toc.map((entry) => (entry.name === name && entry.type !== "chunk" ? { ...entry, ...fields } : entry));
const NFT = "usr/sbin/nft";

describe("tables that are not those of the tar", () => {
  const added = { name: "usr/sbin/new", type: "reg", mode: 0o755 };
  const cases: [string, (toc: TocEntry[]) => TocEntry[], RegExp][] = [
    [
      "a file less",
      (toc) => toc.filter(({ name }) => name !== "usr/sbin/empty"),
      /"\/usr\/sbin\/empty" is absent in the table and a file of 0 bytes with mode 644 in the tar$/,
    ],
    [
      "a file more",
      (toc) => [...toc, added],
      /"\/usr\/sbin\/new" is a file of 0 bytes .* in the table and absent in the tar$/,
    ],
    [
      "an attribute of overlayfs",
      (toc) => [...toc, { name: "usr", type: "dir", mode: 0o755, xattrs: { "trusted.overlay.redirect": "L29wdA==" } }],
      /"\/usr" is marked trusted\.overlay\.redirect in the table and absent in the tar$/,
    ],
    [
      "another mode",
      change(NFT, { mode: 0o644 }),
      /nft" is a file of 24 bytes with mode 644 in the table and .* 755 in the tar$/,
    ],
    [
      "another link",
      change("usr/sbin/iptables", { linkName: "xtables" }),
      /iptables" is a link to "xtables" in the table and a link to "nft"/,
    ],
    [
      "another hard link",
      change("usr/sbin/ipset", { linkName: "usr/sbin/empty" }),
      /ipset" is another name of "\/usr\/sbin\/empty" in/,
    ],
    [
      "another type",
      change("dev/null", { type: "dir" }),
      /null" is a directory in the table and neither file nor directory in/,
    ],
    [
      "a whiteout less",
      (toc) => toc.filter(({ name }) => name !== "etc/.wh.gone"),
      /gone" is absent in the table and hidden in the tar/,
    ],
    [
      "an opaque directory less",
      (toc) => toc.filter(({ name }) => !name.endsWith("opq")),
      /etc" is absent .* and emptied in the tar/,
    ],
    [
      "file capabilities",
      change(NFT, { xattrs: { "security.capability": "AQ==" } }),
      /nft" .* and capabilities 01 in the table and/,
    ],
    [
      "another entry as the last of its name",
      (toc) => toc.toSpliced(-1, 1),
      /twice" is a file of 5 bytes .* in the table and a file of 8/,
    ],
    ["a name that leads out", change(NFT, { name: "../../nft" }), /could not be compared .*leads out of the image/],
    ["a form that is not known", change(NFT, { type: "__proto__" }), /could not be compared .*unknown type/],
  ];
  test.each(
    cases.flatMap(([what, edit, how]) => formats.map((format) => [format, what, edit, how] as const)),
  )("%s: %s", async (format, _what, edit, how) => {
    expect(await doubt(buildTocLayer(tarEntries, format, { edit }))).toMatch(how);
  });

  /** A file gets the place and digests of another one: what a runtime then verifies is in order. */
  const become = (name: string, other: string) => (toc: TocEntry[]) => {
    const source = toc.find((entry) => entry.name === other);
    return change(name, { ...source, name })(toc);
  };
  const twins = (first: string, second: string): TarEntry[] => [
    ...tarEntries,
    { name: "usr/sbin/a", content: `#!${first}`, mode: 0o755 },
    { name: "opt/b", content: `#!${second}`, mode: 0o755 },
  ];

  test.each(formats)("%s: a file with the content of another", async (format) => {
    const layer = buildTocLayer(twins("one", "two"), format, { edit: become("usr/sbin/a", "opt/b") });
    for (const form of ["directory", "archive", "gzipped archive", "docker archive"] as const)
      expect(await doubt(layer, form)).toBe(
        'its table of contents is not that of its tar: "/usr/sbin/a" has another content in the table',
      );
  });

  test.each(formats)("%s: the file behind a hard link that alone is wanted", async (format) => {
    const entries = [...tarEntries, { name: "opt/b", content: "#!/bin/sh\nFROM elsewhere\n", mode: 0o755 }];
    const layer = buildTocLayer(entries, format, { edit: become("usr/lib/hidden", "opt/b") });
    expect(await doubt(layer)).toMatch(/"\/usr\/lib\/hidden" has another content in the table$/);
  });

  test.each([4 * 2 ** 20, 1_000_000])("chunks of %i bytes of a file in another order", async (chunkSize) => {
    const entries = [
      ...tarEntries,
      { name: "usr/sbin/z", content: Buffer.concat([large, Buffer.alloc(2 ** 23, "z")]) },
    ];
    const place = ({ offset, chunkDigest }: TocEntry) => ({ offset, chunkDigest });
    const edit = (toc: TocEntry[]) => {
      const mine = toc.filter(({ name }) => name === "usr/sbin/z");
      const [first, last] = [mine[0], mine.at(-2)];
      if (first === undefined || last === undefined) throw new Error("too few chunks");
      return toc.map((entry) =>
        entry === first ? { ...first, ...place(last) } : entry === last ? { ...last, ...place(first) } : entry,
      );
    };
    expect(await doubt(buildTocLayer(entries, "eStargz", { chunkSize, edit }))).toMatch(
      /z" has another content in the table$/,
    );
  });

  test.each(formats)("%s: keys that Go's reader takes for others", async (format) => {
    const edit = (toc: TocEntry[]) =>
      toc.map((entry) => (entry.name === NFT ? { ...entry, Name: "usr/sbin/elsewhere" } : entry));
    expect(await doubt(buildTocLayer(tarEntries, format, { edit }))).toBe(
      'its table of contents could not be compared with its tar: its table of contents has the key "Name", which Go reads as another',
    );
  });

  test("chunks that are cut at no regular places", async () => {
    const layer = buildTocLayer([{ name: "usr/sbin/x", content: Buffer.alloc(5000, "x") }], "eStargz", {
      chunkSize: 1000,
    });
    expect(await doubt(layer)).toMatch(/could not be compared with its tar: "\/usr\/sbin\/x" is cut at unusual places/);
  });

  test("a useless annotation beside one that counts hides nothing", async () => {
    const layer = buildTocLayer(tarEntries, "eStargz", { edit: change(NFT, { mode: 0o644 }) });
    const prefix = "io.github.containers.zstd-chunked.";
    const annotations = {
      ...layer.annotations,
      [`${prefix}manifest-checksum`]: sha256("x"),
      [`${prefix}manifest-position`]: "10:20:30:1",
    };
    expect(await doubt({ ...layer, annotations })).toMatch(/mode 644 in the table/);
  });

  test("a docker archive without an index names no table", async () => {
    const layer = buildTocLayer(tarEntries, "eStargz", { edit: change(NFT, { mode: 0o644 }) });
    const path = scratch.write("legacy.tar", packFiles(dockerLegacy([{ layers: [layer], tags: ["it:1"] }])));
    expect((await read(path)).doubts).toBeUndefined();
  });

  test("what is known of the config from before says nothing of a table", async () => {
    const layer = buildTocLayer(tarEntries, "eStargz");
    const asked: string[] = [];
    for (const annotations of [{}, layer.annotations])
      await useImages(
        layoutOf({ ...layer, annotations }),
        { probe },
        {
          recall: ({ configDigest }) => void asked.push(configDigest),
          read: () => ({}),
        },
      );
    expect(asked).toHaveLength(1);
  });

  test("the toolchain says that all of it depends on that", async () => {
    const layer = buildTocLayer(tarEntries, "eStargz", { edit: change(NFT, { mode: 0o644 }) });
    const { missing } = inspectToolchain(await read(layoutOf(layer)), { programs: [], variables: [] });
    expect(missing[0]).toMatchObject({ fact: `which files of layer ${layer.digest} are run`, decisive: true });
  });
});
