import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { ReadLimits } from "../../src/image/limits.ts";
import { openImages } from "../../src/image/open-images.ts";
import { planRanges, type Segment } from "../../src/image/toc/plan.ts";
import type { ContentProbe, OpenedImage } from "../../src/model/image.ts";
import {
  addImage,
  addIndex,
  type BuiltLayer,
  type Files,
  finishLayout,
  named,
  sha256,
} from "../support/image-writer.ts";
import { type Fault, type Proxy as FaultyProxy, startProxy } from "../support/registry-proxy.ts";
import { missingRegistryTools, push, type RunningRegistry, startRegistry } from "../support/registry-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { recordSkip, skipTest } from "../support/skip.ts";
import type { TarEntry } from "../support/tar-writer.ts";
import { buildTocLayer, type TocEntry, type TocFormat, type TocLayer, type TocOptions } from "../support/toc-writer.ts";
import samples from "./toc-samples.json" with { type: "json" };

/** Layers with a table of contents, read by it and whole, from the real registry. */

const scratch = scratchFolder("toc");
const missing = missingRegistryTools();
if (missing !== undefined) recordSkip({ what: "reading layers by their table of contents", reason: missing });
const env = { DOCKER_CONFIG: scratch.path, PATH: process.env.PATH };

/** Keeps what is below an sbin directory, and of that only what begins like a program or a script. */
const keepPrograms: ContentProbe = ({ path }) => {
  if (!path.includes("/sbin/") && !path.startsWith("/etc/")) return undefined;
  const pieces: Buffer[] = [];
  let wanted = true;
  return {
    write(chunk) {
      pieces.push(Buffer.from(chunk));
      wanted = !path.includes("/sbin/") || chunk[0] === 0x23 || chunk[0] === 0x7f || pieces.length > 1;
      return wanted;
    },
    end: () => (wanted ? Buffer.concat(pieces).toString("latin1") : undefined),
  };
};

const program = Buffer.concat([
  Buffer.from("\x7fELF"),
  randomBytes(150_000),
  Buffer.alloc(100_000),
  randomBytes(20_000),
]);
const content: TarEntry[] = [
  { name: "usr/", flag: "5" },
  { name: "usr/lib/noise-1", content: randomBytes(400_000) },
  { name: "usr/sbin/", flag: "5", mode: 0o750 },
  { name: "usr/sbin/nft", content: "#!/bin/sh\nexec nft.real\n", mode: 0o4755, uid: 7, gid: 8 },
  { name: "usr/sbin/iptables", flag: "2", linkname: "nft" },
  { name: "usr/sbin/nft.real", content: program, mode: 0o755 },
  { name: "usr/sbin/ipset", flag: "1", linkname: "usr/sbin/nft.real", mode: 0o755 },
  { name: "usr/sbin/unwanted", content: randomBytes(90_000).fill("A", 0, 1), mode: 0o755 },
  { name: "usr/lib/noise-2", content: randomBytes(400_000) },
  { name: "usr/lib/alias", content: "#!/bin/sh\n" },
  { name: "usr/sbin/alias", flag: "1", linkname: "usr/lib/alias" },
  { name: "etc/.wh.gone", content: "" },
  { name: "etc/.wh..wh..opq", content: "" },
  { name: "etc/empty", content: "" },
  { name: "etc/größe", content: "1" },
  { name: "dev/null", flag: "3" },
  { name: "./.no.prefetch.landmark", content: "\x0f" },
  { name: "usr/sbin/nft", content: "#!/bin/sh\nexec nft.last\n", mode: 0o755 },
];

/** Without what makes a layer be read a second time: a name that only a hard link gives. */
const simple = content.filter(({ name }) => !String(name).includes("alias"));

let registry: RunningRegistry;
let count = 0;
beforeAll(async () => {
  if (missing === undefined) registry = await startRegistry(join(scratch.path, "registry"), "none");
});

/** Pushes an image of the layers. @returns its name behind the host */
async function pushImage(layers: readonly BuiltLayer[], several = false): Promise<string> {
  const files: Files = new Map();
  const name = `image-${++count}`;
  const first = { ...addImage(files, layers), platform: { os: "linux", architecture: "amd64" } };
  const second = {
    ...addImage(files, layers, { architecture: "arm64" }),
    platform: { os: "linux", architecture: "arm64" },
  };
  const root = several ? addIndex(files, [first, second]) : first;
  await push(registry, `oci:${scratch.write(name, finishLayout(files, [named(root, "it")]))}:it`, `team/${name}:it`);
  return `team/${name}:it`;
}

/** Everything that was read but the notes, comparable. The table of eStargz itself is a file that no table lists. */
function list(images: OpenedImage[]): unknown {
  return images.map(({ platforms }) =>
    platforms.map(({ platform, layers, tree }) => ({
      platform,
      layers: layers.map(({ partial, ...layer }) => layer),
      files: [...tree.walk()].filter(({ path }) => path !== "/stargz.index.json"),
    })),
  );
}

interface Read {
  images: OpenedImage[];
  notes: string[];
  proxy: FaultyProxy;
  /** Bytes of layers asked for by range, and requests for layers without one. */
  ranged: number;
  unranged: number;
}

async function read(
  name: string,
  layer: BuiltLayer,
  options: {
    lazy: boolean;
    probe?: ContentProbe;
    limits?: Partial<ReadLimits>;
    fault?: (nth: number, range: string | undefined) => Fault | undefined;
  },
): Promise<Read> {
  const path = `/v2/${name.replace(/:.*/, "")}/blobs/${layer.digest}`;
  const proxy = await startProxy(registry, (asked, nth) =>
    asked === path ? options.fault?.(nth, proxy.requests.at(-1)?.headers.range) : undefined,
  );
  const { lazy, probe = keepPrograms, limits } = options;
  const images = await openImages(`docker://${proxy.host}/${name}`, { probe, lazy, limits, env });
  const ranges = proxy.requests.filter((request) => request.path === path).map(({ headers }) => headers.range);
  const sizes = ranges.flatMap((range) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    return from === undefined ? [] : [Number(to) - Number(from) + 1];
  });
  const ranged = sizes.reduce((total, size) => total + size, 0);
  return { images, proxy, ranged, unranged: ranges.length - sizes.length, notes: images[0]?.platforms[0]?.notes ?? [] };
}

const forms: [TocFormat, string, TocOptions][] = [
  ["eStargz", "one chunk a file", {}],
  ["eStargz", "many chunks a file", { chunkSize: 30_000 }],
  ["eStargz", "small files that share a member", { shareUpTo: 1000 }],
  ["zstd:chunked", "one chunk a file", {}],
  ["zstd:chunked", "many chunks a file", { chunkSize: 30_000 }],
];

describe.skipIf(missing !== undefined)("layers that are what their table says", () => {
  test.each(forms)("%s, %s: the same as read whole, from a part of the bytes", async (format, _how, options) => {
    const isNoise = ({ name }: TarEntry) => String(name).includes("noise");
    // What is wanted takes along what it shares a member with.
    const entries = [...content.filter((entry) => !isNoise(entry)), ...content.filter(isNoise)];
    const layer = buildTocLayer(options.shareUpTo === undefined ? content : entries, format, options);
    const name = await pushImage([layer]);
    const whole = await read(name, layer, { lazy: false });
    const lazy = await read(name, layer, { lazy: true });
    expect(list(lazy.images)).toEqual(list(whole.images));
    expect(whole.ranged).toBe(0);
    expect(whole.notes.join()).not.toContain("table of contents");
    expect(lazy.unranged).toBe(0);
    expect(lazy.ranged).toBeLessThan(0.6 * layer.bytes.length);
    const tocDigest = Object.values(layer.annotations)[0];
    expect(lazy.notes[0]).toMatch(
      new RegExp(
        `^layer ${layer.digest} was read by its table of contents \\(${format}, \\d\\d % of its bytes\\): verified are the table \\(${tocDigest}\\) and \\d+ chunks of files by their digests, not the digests of the layer and of its tar$`,
      ),
    );
  });

  test.each(samples)("written by $writer", async ({ type, diffId, annotations, base64 }) => {
    const bytes = Buffer.from(base64.join(""), "base64");
    const layer = {
      bytes,
      diffId,
      annotations: present(annotations),
      digest: sha256(bytes),
      mediaType: `application/vnd.oci.image.layer.v1.${type}`,
    };
    const name = await pushImage([layer]);
    const probe: ContentProbe = (file) => (file.path.includes("/sbin/") ? keepPrograms(file) : undefined);
    const lazy = await read(name, layer, { lazy: true, probe });
    expect(lazy.notes).toEqual([expect.stringContaining("was read by its table of contents")]);
    expect(lazy.images[0]?.platforms[0]?.tree.resolve("/usr/sbin/iptables")).toMatchObject({
      node: { content: "#!/bin/sh\necho nft\n", mode: 0o755 },
    });
    expect(list(lazy.images)).toEqual(list((await read(name, layer, { lazy: false, probe })).images));
  });

  test("a layer of two platforms is read once, one without a table whole, and both are said", async () => {
    const indexed = buildTocLayer(simple, "eStargz");
    const plain = { ...buildTocLayer([{ name: "usr/sbin/x", content: "#!x" }], "eStargz"), annotations: {} };
    const name = await pushImage([plain, indexed], true);
    const { images, proxy } = await read(name, indexed, { lazy: true });
    expect(images[0]?.platforms).toHaveLength(2);
    const asked = proxy.requests.map(({ path, headers }) => `${path} ${headers.range}`);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.filter((one) => one.includes(plain.digest))).toEqual([expect.stringMatching(/ undefined$/)]);
    for (const { layers, notes } of images[0]?.platforms ?? []) {
      expect(layers.map(({ partial }) => partial?.format)).toEqual([undefined, "eStargz"]);
      expect(notes.filter((note) => note.includes("table of contents"))).toHaveLength(1);
    }
  });

  test("when most of it is wanted it is read whole", async () => {
    const layer = buildTocLayer(
      simple.filter(({ name }) => !String(name).includes("noise")),
      "zstd:chunked",
    );
    const { notes, unranged } = await read(await pushImage([layer]), layer, { lazy: true });
    expect(notes[0]).toBe(
      `layer ${layer.digest} was read whole, its digest and that of its tar verified, because most of it is wanted`,
    );
    expect(unranged).toBe(1);
  });

  test("chunks of zeros are not fetched", async () => {
    const zeros = Buffer.concat([Buffer.alloc(60_000), program, Buffer.alloc(30_000)]);
    const entries = [{ name: "etc/zeros", content: zeros }, ...content];
    const layer = buildTocLayer(entries, "zstd:chunked", {
      chunkSize: 30_000,
      edit: (toc) =>
        toc.map((entry) =>
          entry.chunkDigest === sha256(Buffer.alloc(30_000)) ? { ...entry, chunkType: "zeros" } : entry,
        ),
    });
    const name = await pushImage([layer]);
    const lazy = await read(name, layer, { lazy: true });
    expect(lazy.notes[0]).toContain("was read by its table of contents");
    expect(list(lazy.images)).toEqual(list((await read(name, layer, { lazy: false })).images));
  });
});

/** Rewrites the entry of one file. */
function change(name: string, fields: Record<string, unknown>): TocOptions {
  return { edit: (toc) => toc.map((entry) => (entry.name === name ? { ...entry, ...fields } : entry)) };
}
const NFT = "usr/sbin/nft.real";

describe.skipIf(missing !== undefined)("layers that are something else than their table says", () => {
  test("by default the tar counts, which is what runtimes unpack: nobody hides a tool in a table", async () => {
    const hide = (toc: TocEntry[]) => toc.filter(({ name }) => !name.startsWith("usr/sbin/"));
    const layer = buildTocLayer(content, "eStargz", { edit: hide });
    const name = await pushImage([layer]);
    const paths = ({ images }: Read) => [...(images[0]?.platforms[0]?.tree.walk() ?? [])].map(({ path }) => path);
    const whole = await read(name, layer, { lazy: false });
    expect(paths(whole)).toContain("/usr/sbin/nft.real");
    // Where a runtime does go by the table, it is told.
    expect(whole.images[0]?.platforms[0]?.doubts).toEqual([
      {
        fact: `which files of layer ${layer.digest} are run`,
        reason: expect.stringContaining("is not that of its tar"),
      },
    ]);
    // That is what asking for it means; the note says what was not verified.
    const lazy = await read(name, layer, { lazy: true });
    expect(paths(lazy)).not.toContain("/usr/sbin/nft.real");
    expect(lazy.notes[0]).toMatch(/not the digests of the layer and of its tar$/);
  });

  const swap = (toc: TocEntry[]) => {
    const [a, b] = [
      toc.find(({ name }) => name === NFT),
      toc.find(({ name, type }) => name === NFT && type === "chunk"),
    ];
    return toc.map((entry) =>
      entry === a ? { ...a, offset: b?.offset } : entry === b ? { ...b, offset: a?.offset } : entry,
    );
  };
  const cases: [string, TocOptions, RegExp][] = [
    ["a chunk with another digest", change(NFT, { chunkDigest: sha256("x") }), /a chunk of it has another digest/],
    ["a chunk at another place", change(NFT, { offset: 20 }), /a chunk of it (cannot be unpacked|has another digest)/],
    ["a chunk that lies behind the files", change(NFT, { offset: 2 ** 40 }), /do not fit together/],
    ["a chunk of no file", { edit: (toc) => [{ name: "x", type: "chunk", offset: 1 }, ...toc] }, /unknown type/],
    [
      "a chunk of a directory",
      { edit: (toc) => toc.flatMap((e) => (e.type === "dir" ? [e, { name: e.name, type: "chunk" }] : [e])) },
      /belong to no file/,
    ],
    ["chunks in another order", { chunkSize: 30_000, edit: swap }, /not in order|another digest|cannot be unpacked/],
    ["a file that is larger", change(NFT, { size: 2 ** 50 }), /too large|do not fit together/],
    ["a file that is smaller", change(NFT, { size: 5 }), /another digest/],
    ["a chunk without a digest", change(NFT, { chunkDigest: "", digest: "" }), /without a digest/],
    ["a digest of an unknown kind", change(NFT, { chunkDigest: "md5:1" }), /is not a sha256/],
    ["a negative size", change(NFT, { size: -1 }), /a size that is no number/],
    ["a size that is text", change(NFT, { size: "5" }), /a size that is no number/],
    ["a name that is no text", change(NFT, { name: 5 }), /a name that is no text/],
    ["a name that is not UTF-8", change(NFT, { name: "usr/\ufffd" }), /names that are not UTF-8/],
    ["a name that leads out", change(NFT, { name: "../../x" }), /leads out of the image/],
    ["xattrs that are a list", change(NFT, { xattrs: [5] }), /extended attribute that is no text/],
    ["an entry of another type", change(NFT, { type: "__proto__" }), /an entry of an unknown type/],
    ["an entry that is null", { edit: (toc) => [null as unknown as TocEntry, ...toc] }, /malformed/],
  ];

  test.each(cases)("%s: it is read whole", async (_what, options, reason) => {
    const layer = buildTocLayer(content, "eStargz", options);
    const name = await pushImage([layer]);
    const lazy = await read(name, layer, { lazy: true });
    const [note] = lazy.notes.filter((one) => one.startsWith("layer "));
    expect(note).toMatch(/^layer .* was read whole, its digest and that of its tar verified, because /);
    expect(note).toMatch(reason);
    expect(list(lazy.images)).toEqual(list((await read(name, layer, { lazy: false })).images));
  });

  const toc = "containerd.io/snapshot/stargz/toc.digest";
  const chunked = "io.github.containers.zstd-chunked";
  const gzip = buildTocLayer(content, "eStargz");
  const zstd = buildTocLayer(content, "zstd:chunked");
  const [offset = 0, length = 0, jsonLength = 0] = (zstd.annotations[`${chunked}.manifest-position`] ?? "")
    .split(":")
    .map(Number);
  const position = (text: string): TocLayer => ({
    ...zstd,
    annotations: { ...zstd.annotations, [`${chunked}.manifest-position`]: text },
  });
  const bomb = zstdCompressSync(Buffer.alloc(300 * 2 ** 20));
  test.each<[string, TocLayer, RegExp | undefined]>([
    [
      "another digest in the manifest",
      { ...gzip, annotations: { [toc]: sha256("x") } },
      /its table of contents has another digest/,
    ],
    [
      "another checksum in the manifest",
      { ...zstd, annotations: { ...zstd.annotations, [`${chunked}.manifest-checksum`]: sha256("x") } },
      /its table of contents has another digest/,
    ],
    [
      "another position",
      position(`${offset - 1}:${length}:${jsonLength}:1`),
      /its table of contents has another digest/,
    ],
    ["another length", position(`${offset}:${length}:${jsonLength + 1}:1`), /another length/],
    ["a position behind its end", position(`${10 ** 14}:${length}:${jsonLength}:1`), /outside of it/],
    ["a size of terabytes", position(`${offset}:${length}:${10 ** 13}:1`), /too large/],
    ["a table of another type", position(`${offset}:${length}:${jsonLength}:2`), undefined],
    ["no digest in the manifest", { ...gzip, annotations: {} }, undefined],
    ["a digest that is none", { ...gzip, annotations: { [toc]: "sha256:1" } }, undefined],
    [
      "eStargz' digest on a layer that has no table",
      { ...zstd, annotations: { [toc]: sha256("x") } },
      /no footer of eStargz/,
    ],
    ["a table that unpacks to 300 MB", withTable(bomb, 1000), /cannot be unpacked/],
    [
      "a table of a million lists in each other",
      withTable(...packed("[".repeat(1_000_000))),
      /nested more than 10000 deep/,
    ],
    [
      "a table of seven million entries",
      withTable(...packed(`[${"{},".repeat(7_000_000)}{}]`)),
      /more than 2500000 values/,
    ],
    ["a table that is a list", withTable(...packed("[]")), /unknown version/],
  ])("%s: it is read whole", async (_what, layer, reason) => {
    const name = await pushImage([layer]);
    const lazy = await read(name, layer, { lazy: true });
    expect(lazy.unranged).toBeGreaterThan(0);
    expect(lazy.notes.filter((note) => note.includes("was read"))).toEqual(
      reason === undefined ? [] : [expect.stringMatching(reason)],
    );
    expect(list(lazy.images)).toEqual(list((await read(name, layer, { lazy: false })).images));
  });

  function packed(json: string): [Buffer, number] {
    return [zstdCompressSync(Buffer.from(json)), json.length];
  }

  /** The files of a layer with something else as its table, which the manifest vouches for. */
  function withTable(stored: Buffer, size: number): TocLayer {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0x184d2a50, 0);
    head.writeUInt32LE(stored.length, 4);
    const bytes = Buffer.concat([zstd.bytes.subarray(0, offset - 8), head, stored]);
    const checksum = { [`${chunked}.manifest-checksum`]: sha256(stored) };
    const place = { [`${chunked}.manifest-position`]: `${offset}:${stored.length}:${size}:1` };
    return { ...zstd, bytes, digest: sha256(bytes), annotations: { ...checksum, ...place } };
  }

  test("of a member that unpacks to a hundred megabytes no more is taken than the table says", async () => {
    const entries = [...content, { name: "usr/lib/zeros", content: Buffer.alloc(100_000_000) }];
    const layer = buildTocLayer(entries, "eStargz", {
      chunkSize: 200_000_000,
      edit: (toc) => {
        const offset = toc.at(-1)?.offset;
        return [...toc, { name: "etc/zeros", type: "reg", size: 10, offset, digest: sha256(Buffer.alloc(10)) }];
      },
    });
    const limits = { uncompressedBytes: 2_000_000 };
    const { images } = await read(await pushImage([layer]), layer, { lazy: true, limits });
    expect(images[0]?.platforms[0]?.tree.lookup("/etc/zeros")).toMatchObject({ content: "\0".repeat(10) });
  });

  test("a limit counts what is unpacked, and says the same as when it is read whole", async () => {
    const layer = buildTocLayer(content, "eStargz");
    const name = await pushImage([layer]);
    for (const limits of [{ uncompressedBytes: 200_000 }, { entries: 10 }, { pathBytes: 5 }]) {
      const messages = await Promise.all(
        [true, false].map((lazy) => read(name, layer, { lazy, limits }).then(String, (error: Error) => error.message)),
      );
      const [lazily, wholly] = messages.map((message) => message.replace(/127\.0\.0\.1:\d+/, ""));
      expect(lazily).toBe(wholly);
      expect(lazily).toMatch(/more than|longer than|limit/);
    }
  });
});

describe.skipIf(missing !== undefined)("a server that cannot do its part", () => {
  const layer = buildTocLayer(content, "eStargz", { chunkSize: 30_000 });
  let name: string;
  let expected: unknown;
  beforeAll(async () => {
    if (missing !== undefined) return;
    name = await pushImage([layer]);
    expected = list((await read(name, layer, { lazy: false })).images);
  });

  type Choose = (nth: number, range: string | undefined) => Fault | undefined;
  const ranged =
    (fault: Fault): Choose =>
    (_nth, range) =>
      range === undefined ? undefined : fault;
  test.each<[string, Choose, RegExp]>([
    ["has no ranges", ranged({ wholeAndCut: 1e9 }), /the server has no ranges/],
    ["refuses them", ranged({ status: 416 }), /answers 416/],
    ["forbids them", ranged({ status: 403 }), /forbids/],
    ["answers with the status of a whole", ranged({ status: 200, body: "x".repeat(51) }), /the server has no ranges/],
    ["says that it is another part", ranged({ range: "bytes 0-50/1000" }), /another part of it/],
    ["says nothing of the part", ranged({ range: "" }), /another part of it/],
    ["sends less", ranged({ shorten: 1 }), /another part of it/],
    ["sends more", ranged({ append: 1 }), /another part of it/],
    ["sends another footer", ranged({ flip: 20 }), /no footer|leads nowhere|unpacked|another/],
    ["sends another table", (nth) => (nth === 2 ? { flip: 100 } : undefined), /cannot be unpacked|another digest/],
    ["sends another chunk", (nth) => (nth === 4 ? { flip: 2000 } : undefined), /a chunk of it (cannot|has another)/],
    ["has ranges at first only", (nth, range) => (nth > 3 && range !== undefined ? { status: 416 } : undefined), /416/],
  ])("%s: the layer is read whole", async (_what, fault, reason) => {
    const lazy = await read(name, layer, { lazy: true, fault });
    expect(list(lazy.images)).toEqual(expected);
    expect(lazy.notes[0]).toMatch(/^layer .* was read whole/);
    expect(lazy.notes[0]).toMatch(reason);
  });

  test("cuts the connection once at every request: they are sent again", async () => {
    const cut = new Set<string>();
    const fault: Choose = (_nth, range = "") => {
      const isFirst = !cut.has(range);
      cut.add(range);
      return isFirst ? { cut: 10 } : undefined;
    };
    const lazy = await read(name, layer, { lazy: true, fault });
    expect(list(lazy.images)).toEqual(expected);
    expect(lazy.unranged).toBe(0);
  });

  test("fails for good: so does the image", async () => {
    await expect(read(name, layer, { lazy: true, fault: () => ({ status: 404 }) })).rejects.toThrow(
      /has no blob sha256:/,
    );
  });
});

describe("ranges", () => {
  /** Files of one chunk each, `gap` bytes between them. */
  function segments(count: number, gap: number): Segment[] {
    return Array.from({ length: count }, (_, i) => {
      const offset = 1 + i * (1000 + gap);
      const chunk = { offset, end: offset + 1000, inner: 0, size: 5000, digest: sha256("x"), zeros: false };
      const member = { name: `${i}`, type: "file", linkname: "", size: 5000, mode: 0, uid: 0, gid: 0 } as const;
      return {
        file: { member: { ...member, xattrs: {}, offset: 0, sparse: false }, digest: "", chunks: [chunk] },
        chunk,
      };
    });
  }

  test("near chunks share a request, up to a size; far ones don't", () => {
    expect(planRanges(segments(3, 60_000))).toMatchObject([{ from: 1, to: 123_001 }]);
    expect(planRanges(segments(3, 70_000)).map(({ from, to }) => [from, to])).toEqual([
      [1, 1001],
      [71_001, 72_001],
      [142_001, 143_001],
    ]);
    const many = planRanges(segments(1000, 60_000));
    expect(many.length).toBeGreaterThan(10);
    for (const { from, to } of many) expect(to - from).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(many.flatMap((range) => range.segments)).toHaveLength(1000);
  });

  test("a layer that would take thousands of requests is read whole", () => {
    expect(planRanges(segments(2000, 100_000))).toHaveLength(2000);
    expect(() => planRanges(segments(2001, 100_000))).toThrow(/scattered over it/);
  });
});

test("what was needed for these tests is there", (context) => {
  if (missing !== undefined) skipTest(context, "reading layers by their table of contents", missing);
});

function present(annotations: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
