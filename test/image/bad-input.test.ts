import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import {
  addBlob,
  addImage,
  addIndex,
  buildConfig,
  buildLayer,
  dockerLegacy,
  type Files,
  finishLayout,
  json,
  named,
  packedLayer,
  packFiles,
  sha256,
} from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { writeTar } from "../support/tar-writer.ts";

const scratch = scratchFolder("bad-input");
const random = Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * 7919 * (i % 251)) & 255));
const tar = writeTar([
  { name: "a", content: random },
  { name: "b", content: "2" },
]);
const good = buildLayer(tar);

/** An OCI layout of one image with these layers. */
function layout(...layers: ReturnType<typeof buildLayer>[]): Files {
  const files: Files = new Map();
  return finishLayout(files, [addImage(files, layers)]);
}

/** The layout with one blob's bytes replaced. */
function withBlob(files: Files, digest: string, data: Buffer | undefined): Files {
  const copy = new Map(files);
  if (data === undefined) copy.delete(`blobs/sha256/${digest.slice(7)}`);
  else copy.set(`blobs/sha256/${digest.slice(7)}`, data);
  return copy;
}

function flip(data: Buffer, at: number): Buffer {
  const copy = Buffer.from(data);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

/** A layer that says it is `tar` and whose stored bytes are cut. */
function cut(bytes: Buffer, length: number) {
  return packedLayer(tar, bytes.subarray(0, length), "tar");
}

const plain = buildLayer(tar, "none");
const zstd = buildLayer(tar, "zstd");
const legacy = dockerLegacy([{ layers: [good], tags: ["a:1"] }]);
const layerName = [...legacy.keys()].find((name) => name.endsWith("layer.tar")) ?? "";
const configName = [...legacy.keys()].find((name) => /^[0-9a-f]{64}\.json$/.test(name)) ?? "";

function without(files: Files, name: string): Files {
  const copy = new Map(files);
  copy.delete(name);
  return copy;
}

function sameNames(): Files {
  const files: Files = new Map();
  const images = [addImage(files, [good]), addImage(files, [plain])];
  return finishLayout(
    files,
    images.map((image) => named(image, "app:1")),
  );
}

function lyingDiffId(): Files {
  const files: Files = new Map();
  const config = addBlob(files, buildConfig([{ ...good, diffId: sha256("other") }]));
  const layers = [addBlob(files, good.bytes, good.mediaType)];
  return finishLayout(files, [addBlob(files, json({ config, layers }))]);
}

function deepIndex(): Files {
  const files: Files = new Map();
  let descriptor = addImage(files, [good]);
  for (let i = 0; i < 12; i++) descriptor = addIndex(files, [descriptor]);
  return finishLayout(files, [descriptor]);
}

const image = addImage(new Map(), [good]);
const cases: [string, Buffer | Files, RegExp][] = [
  ["not an archive", Buffer.from("hello, this is not an archive".repeat(40)), /it is no tar archive/],
  ["an empty file", Buffer.alloc(0), /it is empty/],
  ["a compressed file that is no archive", gzipSync(Buffer.from("hello".repeat(300))), /it is no tar archive/],
  ["a truncated archive", packFiles(legacy).subarray(0, 9_000), /it is truncated: the tar ends inside a file/],
  [
    "a truncated compressed archive",
    gzipSync(packFiles(legacy)).subarray(0, 9_000),
    /it is truncated: the compressed data ends too early/,
  ],
  ["an archive of something else", packFiles(new Map([["a", Buffer.from("1")]])), /neither manifest\.json nor index/],
  ["a folder of something else", new Map([["a", Buffer.from("1")]]), /no OCI image layout: index\.json is missing/],
  ["a manifest.json that lists nothing", packFiles(new Map([["manifest.json", json([])]])), /lists no image/],
  ["an index without manifests", finishLayout(new Map(), []), /it lists no image/],
  ["an index that is null", finishLayout(new Map(), null), /it lists no image/],
  ["an index that is no JSON", new Map([["index.json", Buffer.from("{")]]), /index\.json is not valid JSON/],
  ["an index of another form", new Map([["index.json", json({ manifests: [1] })]]), /index\.json .* at "manifests\.0"/],
  [
    "a missing layer in a layout",
    withBlob(layout(good), good.digest, undefined),
    new RegExp(`blob ${good.digest} is missing`),
  ],
  [
    "a missing manifest",
    finishLayout(new Map(), [image]),
    new RegExp(`blob ${image.digest} is missing \\(manifest\\)`),
  ],
  [
    "a missing layer in a docker archive",
    packFiles(without(legacy, layerName)),
    /layer ".*layer\.tar" \(sha256:.* is missing/,
  ],
  ["a missing config in a docker archive", packFiles(without(legacy, configName)), /image config ".*" .* is missing/],
  [
    "a config of another digest",
    packFiles(new Map([...legacy, [configName, buildConfig([plain, good])]])),
    /image config ".*" has another digest/,
  ],
  [
    "a layer of another digest",
    withBlob(layout(good), good.digest, gzipSync(tar, { level: 1 })),
    /its bytes have another digest/,
  ],
  [
    "a damaged gzip layer",
    withBlob(layout(good), good.digest, flip(good.bytes, 9_000)),
    new RegExp(`layer ${good.digest}: `),
  ],
  [
    "a damaged zstd layer",
    withBlob(layout(zstd), zstd.digest, flip(zstd.bytes, 9_000)),
    new RegExp(`layer ${zstd.digest}: `),
  ],
  ["a layer of another diffID", lyingDiffId(), /its uncompressed bytes have the digest .*, the image config says/],
  ["a truncated gzip layer", layout(cut(good.bytes, 5_000)), /layer sha256:[0-9a-f]{64}: it is truncated/],
  ["a gzip layer without its trailer", layout(cut(good.bytes, good.bytes.length - 8)), /layer .*: it is truncated/],
  ["a truncated zstd layer", layout(cut(zstd.bytes, 5_000)), /layer .*: it is truncated/],
  ["a zstd layer cut after its magic", layout(cut(zstd.bytes, 4)), /layer .*: it is truncated/],
  ["a truncated plain layer", layout(cut(tar, 5_000)), /layer .*: it is truncated: the tar ends inside a file/],
  ["a layer cut inside a header", layout(cut(tar, 300)), /layer .*: it is truncated, or no tar archive/],
  [
    "garbage behind gzip data",
    layout(packedLayer(tar, Buffer.concat([good.bytes, random.subarray(1, 90)]), "tar")),
    /layer .*: /,
  ],
  [
    "garbage behind zstd data",
    layout(packedLayer(tar, Buffer.concat([zstd.bytes, random.subarray(1, 90)]), "tar")),
    /layer .*damaged/,
  ],
  ["two images of one name", sameNames(), /two different images in it are named "app:1"/],
  ["an index of too many levels", deepIndex(), /nested more than 8 deep/],
  [
    "a digest that leads out of the layout",
    finishLayout(new Map(), [{ digest: "sha256:../../etc/passwd", size: 1 }]),
    /is not a sha256 or sha512 digest/,
  ],
  [
    "layers and diffIDs of different number",
    packFiles(new Map([...legacy, ["manifest.json", json([{ Config: configName, RepoTags: null, Layers: [] }])]])),
    /lists 0 layers of sha256:.*, its config 1/,
  ],
  [
    "links among layers that lead in a circle",
    packFiles(without(legacy, layerName), [
      { name: layerName, flag: "2", linkname: "../x" },
      { name: "x", flag: "2", linkname: layerName },
    ]),
    /lead in a circle/,
  ],
  [
    "a foreign layer that is not included",
    (() => {
      const files: Files = new Map();
      const config = addBlob(files, buildConfig([good]));
      const type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
      return finishLayout(files, [
        addBlob(files, json({ config, layers: [{ digest: good.digest, size: 1, mediaType: type }] })),
      ]);
    })(),
    /not included: it is a foreign layer/,
  ],
  ["a whiteout of nothing", layout(buildLayer([{ name: "a/.wh." }])), /the whiteout "\/a\/\.wh\." names no file/],
  ["a path out of the image", layout(buildLayer([{ name: "../../etc/x" }])), /leads out of the image/],
  [
    "a hard link to nothing",
    layout(buildLayer([{ name: "a", flag: "1", linkname: "b" }])),
    /leads to "\/b", which is no file/,
  ],
  [
    "a file below a file",
    layout(buildLayer([{ name: "a" }, { name: "a/b" }])),
    /files below "\/a", which is not a directory/,
  ],
];

test.each(cases)("%s", async (name, data, message) => {
  const path = scratch.write(name.replaceAll(" ", "-"), data);
  for (const reference of [path, ...(Buffer.isBuffer(data) ? [] : [`oci:${path}`])]) {
    const error: unknown = await openImages(reference, { probe: keepAll }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    const line = (error as UserError).message;
    expect(line).toMatch(message);
    expect(line.startsWith(`${reference}: `)).toBe(true);
    expect(line).not.toContain("\n");
  }
});

test("every truncation of an image is an error", async () => {
  for (const layer of [good, zstd, plain]) {
    const length = layer.bytes.length;
    for (const at of [
      1,
      17,
      511,
      512,
      513,
      Math.floor(length / 2),
      length - 1025,
      length - 1024 - 511,
      length - 9,
      length - 1,
    ]) {
      // A tar may end anywhere in its zeros.
      if (layer === plain && at >= length - 1024) continue;
      const path = scratch.write(
        `cut-${layer.mediaType.slice(-4)}-${at}`,
        withBlob(layout(layer), layer.digest, layer.bytes.subarray(0, at)),
      );
      await expect(openImages(path, { probe: keepAll }), `${layer.mediaType} ${at}`).rejects.toThrow(UserError);
    }
  }
});

test("limits", async () => {
  const zeros = buildLayer([{ name: "zeros", content: Buffer.alloc(3_000_000) }]);
  const bomb = buildLayer([{ name: "zeros", content: Buffer.alloc(3_000_000) }], "zstd");
  for (const layer of [zeros, bomb, buildLayer(zstdCompressSync(Buffer.alloc(3_000_000)))]) {
    const path = scratch.write(`bomb-${layer.digest.slice(7)}`, layout(layer));
    await expect(openImages(path, { probe: keepAll, limits: { uncompressedBytes: 1_000_000 } })).rejects.toThrow(
      UserError,
    );
  }
  const path = scratch.write("small", layout(good));
  const limited = (limits: object) => openImages(path, { probe: keepAll, limits });
  await expect(limited({ uncompressedBytes: 10_000 })).rejects.toThrow("more than 10000B uncompressed");
  await expect(limited({ entries: 1 })).rejects.toThrow("more than 1 files");
  await expect(limited({ jsonBytes: 50 })).rejects.toThrow("more than 50B");
  await expect(limited({ pathBytes: 0 })).rejects.toThrow("longer than 0B");
  const archive = scratch.write("small.tar", packFiles(layout(good)));
  await expect(openImages(archive, { probe: keepAll, limits: { members: 2 } })).rejects.toThrow("more than 2 files");
});
