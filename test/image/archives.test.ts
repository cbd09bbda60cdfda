import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import type { OpenedImage } from "../../src/model/image.ts";
import {
  addBlob,
  addImage,
  addIndex,
  buildConfig,
  buildLayer,
  type Descriptor,
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

const scratch = scratchFolder("archives");

const base = buildLayer([
  { name: "usr/", flag: "5" },
  { name: "usr/sbin/", flag: "5" },
  { name: "usr/sbin/nft", content: "nft 1.0", mode: 0o755 },
  { name: "usr/sbin/old", content: "old" },
  { name: "sbin", flag: "2", linkname: "usr/sbin" },
]);
const top = buildLayer([
  { name: "usr/sbin/iptables", flag: "2", linkname: "nft" },
  { name: "usr/sbin/.wh.old", content: "" },
]);
const TREE = ["/sbin -> usr/sbin", "/usr/sbin/iptables -> nft", "/usr/sbin/nft nft 1.0"];

/** Files and links of a platform, one line each. */
function list(image: OpenedImage | undefined, platform = 0): string[] {
  const lines: string[] = [];
  for (const { path, node } of image?.platforms[platform]?.tree.walk() ?? []) {
    if (node.type === "symlink") lines.push(`${path} -> ${node.target}`);
    if (node.type === "file") lines.push(`${path} ${node.content}`);
  }
  return lines.sort();
}

function open(reference: string, platforms?: string[]): Promise<OpenedImage[]> {
  return openImages(reference, { probe: keepAll, platforms });
}

function platformsOf(images: OpenedImage[]): string[][] {
  return images.map((image) => image.platforms.map((platform) => platform.platform));
}

/** An OCI layout of one image. */
function layout(layers = [base, top], name?: string): { files: Files; image: Descriptor } {
  const files: Files = new Map();
  const image = addImage(files, layers);
  return { files: finishLayout(files, [name === undefined ? image : named(image, name)]), image };
}

/** Docker 25 and later: a layout with a manifest.json. */
function hybrid(manifests: (image: Descriptor) => Descriptor[] | null, tags: string[] | null = ["app:1"]): Files {
  const files: Files = new Map();
  const image = addImage(files, [base, top]);
  const config = buildConfig([base, top]);
  finishLayout(files, manifests(image));
  const layers = [base, top].map((layer) => `blobs/sha256/${layer.digest.slice(7)}`);
  const item = { Config: `blobs/sha256/${sha256(config).slice(7)}`, RepoTags: tags, Layers: layers };
  files.set("manifest.json", json([{ ...item, LayerSources: {} }]));
  return files;
}

describe("docker archives", () => {
  test("the legacy form, uncompressed layers", async () => {
    const layers = [buildLayer(writeTar([{ name: "a", content: "1" }]), "none")];
    const path = scratch.write("legacy.tar", packFiles(dockerLegacy([{ layers, tags: ["app:1"] }])));
    const [image] = await open(`docker-archive:${path}`);
    expect(list(image)).toEqual(["/a 1"]);
    expect(image?.reference).toBe(`docker-archive:${path}`);
    const config = sha256(buildConfig(layers));
    expect(image?.digest).toBe(config);
    expect(image?.platforms[0]).toMatchObject({
      platform: "linux/amd64",
      configDigest: config,
      layers: [{ digest: layers[0]?.diffId, diffId: layers[0]?.diffId }],
    });
  });

  test("a repeated layer is a link to its first copy, symbolic or hard, in front of it or behind", async () => {
    const files = dockerLegacy([{ layers: [base, top, base], tags: null }]);
    const names = [...files.keys()].filter((name) => name.endsWith("layer.tar"));
    const [first = "", , third = ""] = names;
    files.delete(third);
    const symbolic = packFiles(files, [{ name: third, flag: "2", linkname: `../${first}` }]);
    const hard = packFiles(files, [{ name: third, flag: "1", linkname: first }]);
    for (const [name, data] of [["symbolic.tar", symbolic] as const, ["hard.tar", hard] as const]) {
      const [image] = await open(scratch.write(name, data));
      expect(image?.platforms[0]?.layers.map((layer) => layer.digest)).toEqual([base.digest, top.digest, base.digest]);
      expect(list(image)).toContain("/usr/sbin/old old");
    }
  });

  test("several images: all, or the one that is named", async () => {
    const other = buildLayer([{ name: "b", content: "2" }]);
    const data = packFiles(
      dockerLegacy([
        { layers: [base, top], tags: ["app:1", "app:latest"] },
        { layers: [other], tags: ["registry.example:5000/other:2"] },
        { layers: [base], tags: null },
      ]),
    );
    const path = scratch.write("several.tar", data);
    const all = await open(`docker-archive:${path}`);
    const third = sha256(buildConfig([base]));
    expect(all.map((image) => image.reference)).toEqual([
      `docker-archive:${path}#app:1`,
      `docker-archive:${path}#registry.example:5000/other:2`,
      `docker-archive:${path}#${third}`,
    ]);
    for (const name of ["app", "app:1", "docker.io/library/app:1"]) {
      const [image, ...rest] = await open(`${path}#${name}`);
      expect(rest).toEqual([]);
      expect(image?.reference).toBe(`${path}#${name}`);
      expect(list(image)).toEqual(TREE);
    }
    expect(list((await open(`${path}#${third}`))[0])).toContain("/usr/sbin/old old");
    await expect(open(`${path}#nope:1`)).rejects.toThrow(/no image is named "nope:1"; it holds "app:1", "registry/);
  });

  test("the form of Docker 25 and later, with and without a name", async () => {
    const withName = scratch.write("hybrid.tar", packFiles(hybrid((image) => [named(image, "1")])));
    const [image] = await open(`docker-archive:${withName}`);
    expect(list(image)).toEqual(TREE);
    expect(image?.digest).toBe(layout().image.digest);
    const withoutName = scratch.write("hybrid-null.tar", packFiles(hybrid(() => null, null)));
    expect(list((await open(withoutName))[0])).toEqual(TREE);
  });

  test("an index whose manifest lost its layers (Docker 25.0) does not count beside a good manifest.json", async () => {
    const files = hybrid(() => null);
    const config = addBlob(files, buildConfig([base, top]), "application/vnd.oci.image.config.v1+json");
    const broken = addBlob(files, json({ schemaVersion: 2, config, layers: [] }));
    finishLayout(files, [broken]);
    const images = await open(scratch.write("no-layers.tar", packFiles(files)));
    expect(images).toHaveLength(1);
    expect(list(images[0])).toEqual(TREE);
    expect(images[0]?.platforms[0]?.notes).toEqual([]);
  });

  test("a manifest.json that names what is not there gives way to the index, with a note", async () => {
    const files = hybrid((image) => [image]);
    files.set("manifest.json", json([{ Config: "gone.json", RepoTags: null, Layers: [] }]));
    const [image] = await open(scratch.write("gone.tar", packFiles(files)));
    expect(list(image)).toEqual(TREE);
    expect(image?.platforms[0]?.notes.join()).toContain("manifest.json was not used");
  });

  test("saving one platform leaves the others' blobs out: a note, an error when that one is asked for", async () => {
    const files = hybrid(() => null);
    const arm: Files = new Map();
    const absent = addImage(arm, [base], { architecture: "arm64" });
    const own = addImage(files, [base, top]);
    const index = addIndex(files, [
      { ...own, platform: { os: "linux", architecture: "amd64" } },
      { ...absent, platform: { os: "linux", architecture: "arm64" } },
    ]);
    finishLayout(files, [named(index, "app:1")]);
    const path = scratch.write("one-platform.tar", packFiles(files));
    const images = await open(path);
    expect(platformsOf(images)).toEqual([["linux/amd64"]]);
    expect(images[0]?.digest).toBe(index.digest);
    expect(images[0]?.platforms[0]?.notes.join()).toContain(`linux/arm64 was not inspected: blob ${absent.digest}`);
    await expect(open(path, ["linux/arm64"])).rejects.toThrow(`blob ${absent.digest} is missing`);
    expect(platformsOf(await open(path, ["linux/amd64"]))).toEqual([["linux/amd64"]]);
  });

  test("an archive compressed as a whole, the manifest at its end", async () => {
    const files = dockerLegacy([
      { layers: [base, buildLayer(writeTar([{ name: "plain", content: "x" }]), "none")], tags: ["a:1"] },
      { layers: [base, top], tags: ["b:1"] },
    ]);
    const data = packFiles(files);
    for (const [name, packed] of [
      ["whole.tar.gz", gzipSync(data)] as const,
      ["members.tgz", Buffer.concat([gzipSync(data.subarray(0, 700)), gzipSync(data.subarray(700))])] as const,
      ["whole.tar.zst", zstdCompressSync(data)] as const,
    ]) {
      const path = scratch.write(name, packed);
      const images = await open(`docker-archive:${path}`);
      expect(images.map((image) => list(image))).toEqual([
        ["/plain x", "/sbin -> usr/sbin", "/usr/sbin/nft nft 1.0", "/usr/sbin/old old"],
        TREE,
      ]);
    }
  });
});

describe("OCI layouts", () => {
  test("a directory, an archive, a digest", async () => {
    const { files, image } = layout(undefined, "v1");
    const folder = scratch.write("layout", files);
    const archive = scratch.write("layout.tar", packFiles(files));
    for (const reference of [
      `oci:${folder}`,
      folder,
      `oci:${folder}#v1`,
      `oci:${folder}@${image.digest}`,
      `${folder}@${image.digest}`,
      `oci-archive:${archive}`,
      `oci-archive:${archive}#v1`,
      archive,
    ]) {
      const images = await open(reference);
      expect(images.map((one) => one.reference)).toEqual([reference]);
      expect(images[0]?.digest).toBe(image.digest);
      expect(list(images[0])).toEqual(TREE);
    }
  });

  test("nested indexes, attestations left out by annotation and by platform, artifacts too", async () => {
    const files: Files = new Map();
    const amd = addImage(files, [base, top]);
    const arm = addImage(files, [base], { architecture: "arm64", variant: "v8" });
    const armv7 = addImage(files, [base], { architecture: "arm", variant: "v7" });
    const statement = addBlob(files, json({ _type: "in-toto" }), "application/vnd.in-toto+json");
    const attestation = addBlob(
      files,
      json({ config: addBlob(files, json({ rootfs: { diff_ids: ["x"] } })), layers: [statement] }),
    );
    const chart = addBlob(
      files,
      json({ config: addBlob(files, json({}), "application/vnd.cncf.helm.config.v1+json"), layers: [] }),
    );
    const unknown = { os: "unknown", architecture: "unknown" };
    const inner = addIndex(files, [
      amd,
      { ...arm, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { ...attestation, annotations: { "vnd.docker.reference.type": "attestation-manifest" } },
    ]);
    const other: Descriptor = { ...attestation, size: 1, platform: unknown };
    const index = addIndex(files, [inner, armv7, other, chart]);
    const path = scratch.write("nested.tar", packFiles(finishLayout(files, [named(index, "app:1")])));
    const images = await open(`oci-archive:${path}`);
    expect(platformsOf(images)).toEqual([["linux/amd64", "linux/arm64", "linux/arm/v7"]]);
    expect(images[0]?.digest).toBe(index.digest);
    expect(list(images[0], 0)).toEqual(TREE);
    expect(list(images[0], 1)).toContain("/usr/sbin/old old");
    expect(images[0]?.platforms[0]?.notes).toEqual([
      `${chart.digest} is a Helm chart ("application/vnd.cncf.helm.config.v1+json"), no container image: left out`,
    ]);
    expect(platformsOf(await open(path, ["linux/arm64/v8", "linux/arm"]))).toEqual([["linux/arm64", "linux/arm/v7"]]);
    await expect(open(path, ["linux/s390x"])).rejects.toThrow(
      "app:1 has no linux/s390x; it has linux/amd64, linux/arm64, linux/arm/v7",
    );
  });

  test("other spellings of platforms are the usual ones, in the index, in the config and in what is asked for", async () => {
    const files: Files = new Map();
    const index = addIndex(files, [
      { ...addImage(files, [base], { architecture: "amd64" }), platform: { os: "Linux", architecture: "x86_64" } },
      { ...addImage(files, [base], { architecture: "arm64" }), platform: { os: "linux", architecture: "aarch64" } },
      addImage(files, [base], { architecture: "armhf" }),
      { ...addImage(files, [base], { architecture: "i386" }), platform: { architecture: "386" } },
      { ...addImage(files, [base], { architecture: "s390x" }), platform: { os: "linux", architecture: "ppc64le" } },
    ]);
    const path = scratch.write("spellings", finishLayout(files, [index]));
    const [image] = await open(path);
    expect(image?.platforms.map(({ platform, notes }) => [platform, ...notes])).toEqual([
      ["linux/amd64"],
      ["linux/arm64"],
      ["linux/arm/v7"],
      ["linux/386"],
      ["linux/ppc64le", 'the index says "linux/ppc64le", the image config says "linux/s390x"'],
    ]);
    const asked = ["linux/X86_64", "linux/aarch64/v8", "linux/armhf", "linux/i386"];
    expect(platformsOf(await open(path, asked))).toEqual([["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386"]]);
    const files2 = dockerLegacy([{ layers: [base], tags: null, options: { architecture: "x86-64" } }]);
    expect(platformsOf(await open(scratch.write("spelling.tar", packFiles(files2))))).toEqual([["linux/amd64"]]);
  });

  test("an index of attestation and one image gives that image, whatever its platform", async () => {
    const files: Files = new Map();
    const arm = addImage(files, [base], { architecture: "arm64" });
    const gone: Descriptor = { ...arm, digest: sha256("gone"), platform: { os: "unknown", architecture: "unknown" } };
    const path = scratch.write("provenance", finishLayout(files, [addIndex(files, [arm, gone])]));
    expect(platformsOf(await open(path))).toEqual([["linux/arm64"]]);
  });

  test("unnamed entries of different platforms are one image; a digest under two names is one image", async () => {
    const files: Files = new Map();
    const amd = addImage(files, [base]);
    const arm = addImage(files, [base], { architecture: "arm64" });
    const joined = scratch.write("joined", finishLayout(new Map(files), [amd, arm]));
    expect(platformsOf(await open(joined))).toEqual([["linux/amd64", "linux/arm64"]]);
    const twice = scratch.write("twice", finishLayout(new Map(files), [named(amd, "a"), named(amd, "b")]));
    expect((await open(twice)).map((image) => image.reference)).toEqual([twice]);
    expect(await open(`${twice}#b`)).toHaveLength(1);
  });

  test("a layer that several platforms share is read once", async () => {
    const files: Files = new Map();
    const index = addIndex(files, [addImage(files, [base]), addImage(files, [base, top], { architecture: "arm64" })]);
    const path = scratch.write("shared", finishLayout(files, [index]));
    const seen: string[] = [];
    const probe = (file: { path: string }) => {
      seen.push(file.path);
      return undefined;
    };
    await openImages(path, { probe });
    expect(seen).toEqual(["/usr/sbin/nft", "/usr/sbin/old"]);
  });

  test("config, media types and layer digests", async () => {
    const files: Files = new Map();
    const zstd = buildLayer([{ name: "z", content: "z" }], "zstd");
    const config = { Env: ["PATH=/usr/sbin"], Entrypoint: ["/kg"], Cmd: null, User: "0" };
    finishLayout(files, [addImage(files, [base, zstd], { config })]);
    const platform = (await open(scratch.write("config", files)))[0]?.platforms[0];
    expect(platform?.config).toEqual({ env: ["PATH=/usr/sbin"], entrypoint: ["/kg"], cmd: [], user: "0" });
    expect(platform?.layers).toEqual(
      [base, zstd].map(({ digest, diffId, mediaType }) => ({ digest, diffId, mediaType })),
    );
    const node = platform?.tree.lookup("/z");
    expect(node).toMatchObject({ type: "file", layer: zstd.digest, size: 1, content: "z" });
  });
});

describe("compression of layers, told by their bytes", () => {
  const tar = writeTar(Array.from({ length: 40 }, (_, i) => ({ name: `file-${i}`, content: `${i}`.repeat(i * 300) })));
  const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from("table")]);
  const third = Math.floor(tar.length / 3);
  const parts = [tar.subarray(0, third), tar.subarray(third, 2 * third), tar.subarray(2 * third)];
  const forms: Record<string, Buffer> = {
    plain: tar,
    gzip: gzipSync(tar),
    "gzip, three members": Buffer.concat(parts.map((part) => gzipSync(part))),
    "gzip, zeros behind": Buffer.concat([gzipSync(tar), Buffer.alloc(600)]),
    zstd: zstdCompressSync(tar),
    "zstd, three frames": Buffer.concat(parts.map((part) => zstdCompressSync(part))),
    "zstd, skippable frames": Buffer.concat([
      skippable,
      ...parts.flatMap((part) => [zstdCompressSync(part), skippable]),
    ]),
    "zstd, a frame for each block of 512": Buffer.concat(
      Array.from({ length: tar.length / 512 }, (_, i) => zstdCompressSync(tar.subarray(i * 512, i * 512 + 512))),
    ),
  };
  test.each(Object.entries(forms))("%s", async (name, bytes) => {
    const layer = packedLayer(tar, bytes, "tar");
    const files: Files = new Map();
    finishLayout(files, [addImage(files, [layer])]);
    const [image] = await open(scratch.write(`packed-${name}`, files));
    expect(list(image)).toHaveLength(40);
    expect(list(image)).toContain(`/file-39 ${"39".repeat(39 * 300)}`);
    // The same inside an archive that can only be read once from front to back.
    const [again] = await open(scratch.write(`packed-${name}.tgz`, gzipSync(packFiles(files))));
    expect(list(again)).toEqual(list(image));
  });
});

describe("hard links", () => {
  const layers = [
    buildLayer([
      { name: "bin/[", content: "busybox" },
      { name: "bin/iptables", flag: "1", linkname: "bin/[" },
    ]),
    buildLayer([
      { name: "bin/.wh.[", content: "" },
      { name: "usr/iptables", flag: "1", linkname: "bin/iptables" },
    ]),
  ];
  const wanted = (file: { path: string; size: number; mode: number; xattrs: Record<string, string> }) =>
    file.path.endsWith("/iptables") ? keepAll(file) : undefined;

  test.each([
    [true, "found"],
    [undefined, undefined],
  ])("a file that was dismissed under its first name is read again for a name that counts (%s)", async (byName, kept) => {
    const probe = ({ path }: { path: string }) => ({
      write: () => false,
      end: () => (path === "/nft" ? "found" : undefined),
      ...(byName && path === "/nft" ? { byName } : {}),
    });
    const { files } = layout([
      buildLayer([
        { name: "x", content: "1" },
        { name: "nft", flag: "1", linkname: "x" },
      ]),
    ]);
    const [image] = await openImages(scratch.write(`by-name-${byName}`, files), { probe });
    expect(image?.platforms[0]?.tree.lookup("/nft")).toMatchObject({ content: kept });
  });

  test.each([
    ["/x", "/bin/fw", "found"],
    ["/sbin/x", "/bin/fw", undefined],
    ["/bin/fw", "/x", "found"],
  ])("%s, also named %s: read again for a place that counts, unless the first did too", async (first, second, kept) => {
    const paths: string[] = [];
    const probe = ({ path }: { path: string }) => {
      const byPlace = path.includes("bin/");
      return {
        write: () => paths.push(path) === 0,
        end: () => (path === "/bin/fw" ? "found" : undefined),
        ...(byPlace ? { byPlace } : {}),
      };
    };
    const { files } = layout([
      buildLayer([
        { name: first.slice(1), content: "1" },
        { name: second.slice(1), flag: "1", linkname: first.slice(1) },
      ]),
    ]);
    const [image] = await openImages(scratch.write(`by-place-${first.replaceAll("/", "-")}`, files), { probe });
    expect(image?.platforms[0]?.tree.lookup(second)).toMatchObject({ content: kept });
    expect(paths).toEqual(first === "/x" ? [first, second] : [first]);
  });

  test("a name that is wanted counts more than a place, whatever their order", async () => {
    const probe = ({ path }: { path: string }) => ({
      write: () => false,
      end: () => (path.startsWith("/bin/") ? path : undefined),
      ...(path === "/bin/nft" ? { byName: true } : path === "/bin/x" ? { byPlace: true } : {}),
    });
    for (const names of [
      ["bin/nft", "bin/x"],
      ["bin/x", "bin/nft"],
    ]) {
      const { files } = layout([
        buildLayer([{ name: "x", content: "1" }, ...names.map((name) => ({ name, flag: "1", linkname: "x" }))]),
      ]);
      const [image] = await openImages(scratch.write(`best-${names[0]?.slice(4)}`, files), { probe });
      expect(image?.platforms[0]?.tree.lookup("/x")).toMatchObject({ content: "/bin/nft" });
    }
  });

  test("content that is wanted only under the second name is read, from files and from streams", async () => {
    const { files } = layout(layers);
    for (const [name, data] of [["links", files] as const, ["links.tgz", gzipSync(packFiles(files))] as const]) {
      const [image] = await openImages(scratch.write(name, data), { probe: wanted });
      expect(list(image)).toEqual(["/bin/iptables busybox", "/usr/iptables busybox"]);
    }
  });
});
