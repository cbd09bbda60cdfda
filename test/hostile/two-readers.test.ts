import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { findDoubleMeaning, findExcess } from "../../src/image/go-json.ts";
import { openImages } from "../../src/image/open-images.ts";
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
  packFiles,
  sha256,
} from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { writeTar } from "../support/tar-writer.ts";

/**
 * Images made by hand so that a runtime would run something else than what is shown here: whatever a runtime may take for
 * the image has to be in the result, or nothing is.
 */

const scratch = scratchFolder("two-readers");
const AMD = { os: "linux", architecture: "amd64" };
const ARM = { os: "linux", architecture: "arm64" };
const CONFIG = "application/vnd.oci.image.config.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const clean = buildLayer([{ name: "usr/sbin/clean", content: "clean" }]);
const other = buildLayer([{ name: "usr/sbin/other", content: "other" }]);

async function read(name: string, data: Files | Buffer, platforms: string[] = []) {
  const path = scratch.write(name, data);
  const images = await openImages(path, { probe: keepAll, platforms });
  return images.flatMap((image) => image.platforms.map(({ platform, tree }) => [platform, ...tree.list("/usr/sbin")]));
}

test("an attestation by its annotation alone: what states a platform, or none and is an image, is one", async () => {
  const annotations = { "vnd.docker.reference.type": "attestation-manifest" };
  const files: Files = new Map();
  const first = { ...addImage(files, [clean], { architecture: "arm64" }), platform: ARM };
  const real = { ...addImage(files, [other]), annotations, platform: AMD };
  const bare = { ...addImage(files, [other], { architecture: "s390x" }), annotations };
  const index = addIndex(files, [first, real, bare]);
  expect(await read("annotated", finishLayout(files, [index]))).toEqual([
    ["linux/arm64", "clean"],
    ["linux/amd64", "other"],
    ["linux/s390x", "other"],
  ]);
});

test("a manifest that lists no manifests is none the less one; one that lists some is refused", async () => {
  const files: Files = new Map();
  const config = addBlob(files, buildConfig([other]), CONFIG);
  const layers = [addBlob(files, other.bytes, other.mediaType)];
  const first = { ...addImage(files, [clean], { architecture: "arm64" }), platform: ARM };
  const both = (manifests: Descriptor[]) =>
    addBlob(files, json({ schemaVersion: 2, mediaType: MANIFEST, manifests, config, layers }), MANIFEST);
  const empty = addIndex(files, [first, { ...both([]), platform: AMD }]);
  expect(await read("empty", finishLayout(new Map(files), [empty]))).toEqual([
    ["linux/arm64", "clean"],
    ["linux/amd64", "other"],
  ]);
  const twofold = addIndex(files, [first, { ...both([first]), platform: AMD }]);
  await expect(read("twofold", finishLayout(new Map(files), [twofold]))).rejects.toThrow(
    /blob sha256:\w+ is an index and a manifest at once/,
  );
  await expect(read("twofold-root", finishLayout(new Map(files), [both([first])]))).rejects.toThrow(/at once/);
});

test("one manifest for two platforms is read for both", async () => {
  const files: Files = new Map();
  const image = addImage(files, [clean]);
  const index = addIndex(files, [
    { ...image, platform: ARM },
    { ...image, platform: AMD },
  ]);
  const inner = finishLayout(new Map(files), [named(index, "app:1")]);
  expect(await read("one-for-two", inner)).toEqual([
    ["linux/arm64", "clean"],
    ["linux/amd64", "clean"],
  ]);
  expect(await read("one-for-two", inner, ["linux/amd64"])).toEqual([["linux/amd64", "clean"]]);
  const flat = finishLayout(new Map(files), [
    { ...image, platform: ARM },
    { ...image, platform: AMD },
  ]);
  expect(await read("one-for-two-flat", flat)).toEqual([
    ["linux/arm64", "clean"],
    ["linux/amd64", "clean"],
  ]);
});

test.each([
  "application/octet-stream",
  "application/json",
  "text/html",
])("a config that is called %s: Docker takes it for one", async (mediaType) => {
  const files: Files = new Map();
  const config = addBlob(files, buildConfig([other]), mediaType);
  const layers = [addBlob(files, other.bytes, other.mediaType)];
  const first = { ...addImage(files, [clean], { architecture: "arm64" }), platform: ARM };
  const odd = { ...addBlob(files, json({ schemaVersion: 2, config, layers })), platform: AMD };
  expect(await read(mediaType.replace("/", "-"), finishLayout(files, [addIndex(files, [first, odd])]))).toEqual([
    ["linux/arm64", "clean"],
    ["linux/amd64", "other"],
  ]);
});

test("a command that is one text is one word to Docker, and no shell's", async () => {
  const files = dockerLegacy([
    { layers: [clean], tags: null, options: { config: { Entrypoint: "/kg -x", Cmd: ["a"] } } },
  ]);
  const [image] = await openImages(scratch.write("one-word.tar", packFiles(files)), { probe: keepAll });
  expect(image?.platforms[0]?.config).toMatchObject({ entrypoint: ["/kg -x"], cmd: ["a"] });
});

test("a variable that is set and taken away is refused, one that is only named is nothing", async () => {
  const withEnv = (Env: string[]) =>
    read(
      `env-${Env.length}.tar`,
      packFiles(dockerLegacy([{ layers: [clean], tags: null, options: { config: { Env } } }])),
    );
  expect(await withEnv(["PATH=/usr/sbin", "OTHER", "PATHS=x"])).toHaveLength(1);
  await expect(withEnv(["PATH=/usr/sbin", "PATH"])).rejects.toThrow(
    'the image config sets the variable "PATH" and takes it away',
  );
});

describe("keys that Go's reader takes for others", () => {
  const layer = (one: typeof clean) => ({ mediaType: one.mediaType, digest: one.digest, size: one.bytes.length });
  const text = (value: unknown) => JSON.stringify(value);

  /** A layout with these texts of manifest and config. */
  function written(manifest: (config: string) => string, configText = buildConfig([clean]).toString()): Files {
    const files: Files = new Map();
    for (const one of [clean, other]) addBlob(files, one.bytes);
    const added = addBlob(files, Buffer.from(configText), CONFIG);
    return finishLayout(files, [addBlob(files, Buffer.from(manifest(text(added))), MANIFEST)]);
  }
  const plain = (own: string) => `{"schemaVersion":2,"config":${own},"layers":[${text(layer(clean))}]}`;
  const diffIds = (one: typeof clean) => `{"type":"layers","diff_ids":["${one.diffId}"]}`;

  test.each([
    ["layers in capitals", (own: string) => plain(own).replace(/}$/, `,"LAYERS":[${text(layer(other))}]}`), undefined],
    [
      "layers with a long s",
      (own: string) => plain(own).replace(/}$/, `,"Layer\u017f":[${text(layer(other))}]}`),
      undefined,
    ],
    ["layers twice", (own: string) => plain(own).replace(/}$/, `,"layers":[${text(layer(clean))}]}`), undefined],
    ["layers twice, escaped", (own: string) => plain(own).replace("{", '{"\\u006cayers":[],'), undefined],
    ["a layer's digest", (own: string) => plain(own).replace(/}]}$/, `,"Digest":"${other.digest}"}]}`), undefined],
    ["diff_ids", plain, `{"os":"linux","architecture":"amd64","rootfs":${diffIds(clean)},"RootFS":${diffIds(other)}}`],
    ["Env", plain, `{"os":"linux","rootfs":${diffIds(clean)},"config":{"Env":["A=1"],"env":["A=2"]}}`],
  ] as const)("%s: refused", async (name, manifest, configText) => {
    await expect(read(name.replaceAll(/\W/g, "-"), written(manifest, configText))).rejects.toThrow(
      /(blob|image config) sha256:\w+ has (two keys that Go reads as|the key) "\w+"/,
    );
  });

  test("alone in other letters they are what they are to Go; names that the image chooses may differ in letters", async () => {
    const configText = `{"OS":"linux","Architecture":"arm64","rootfs":{"Diff_IDs":["${other.diffId}"]},"config":{"ENV":["A=1"],"Labels":{"a":"1","A":"2"}}}`;
    const manifest = (own: string) =>
      `{"Config":${own},"layerS":[${text({ ...layer(other), annotations: { b: "1", B: "2" } })}]}`;
    const path = scratch.write("other-letters", written(manifest, configText));
    const [image] = await openImages(path, { probe: keepAll });
    const [platform] = image?.platforms ?? [];
    expect(platform).toMatchObject({ platform: "linux/arm64", config: { env: ["A=1"] } });
    expect(platform?.tree.list("/usr/sbin")).toEqual(["other"]);
  });

  test("skopeo reads them so", (context) => {
    if (spawnSync("skopeo", ["--version"], { timeout: 30_000 }).error !== undefined)
      skipTest(context, "keys in other letters", "no skopeo");
    const files = written(
      (own) => plain(own).replace(/}$/, `,"Layer\u017f":[${text(layer(other))}]}`),
      `{"os":"linux","architecture":"amd64","rootfs":${diffIds(clean)},"RootFS":${diffIds(other)}}`,
    );
    const path = scratch.write("skopeo", files);
    const archive = join(scratch.path, "skopeo.tar");
    const run = spawnSync("skopeo", ["copy", `oci:${path}`, `docker-archive:${archive}:app:1`], { timeout: 60_000 });
    expect(run.status).toBe(0);
    const { stdout } = spawnSync("tar", ["-tf", archive], { encoding: "utf8", timeout: 60_000 });
    expect(stdout).toContain(other.diffId.slice(7));
    expect(stdout).not.toContain(clean.diffId.slice(7));
  });

  test("what takes much more memory parsed than as text", () => {
    const wide = (count: number) => `{"a":[${Array(count).fill("{}").join()}],"b":"${"[,{".repeat(300_000)}"}`;
    expect(findExcess(wide(90_000))).toBeUndefined();
    expect(findExcess(wide(110_000))).toBe("holds more than 200000 values");
    const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(findExcess(nested(9_999))).toBeUndefined();
    expect(findExcess(nested(10_000))).toBe("is nested more than 10000 deep");
    // What is no JSON is somebody else's to say.
    for (const text of ['"', "]".repeat(9), "", '{"a', "x"]) expect(findExcess(text)).toBeUndefined();
  });

  test("as deep as Go reads, and no deeper; however long", async () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(findDoubleMeaning(nested(9_999))).toBeUndefined();
    expect(findDoubleMeaning(nested(10_000))).toBe("is nested more than 10000 deep");
    expect(findDoubleMeaning(JSON.stringify({ a: '\\"'.repeat(2_000_000), b: { a: [{ a: ":" }] } }))).toBeUndefined();
    expect(findDoubleMeaning('{"a":{"b":1},"c":{"b":2,"b":3}}')).toBe('has the key "b" twice in one object');
  });
});

describe("an archive with manifest.json and an index, of which one program loads by the one and one by the other", () => {
  const tag = "example.test/app:1";

  /** What both describe, an image of amd64, and what the index has beside it. */
  function both(beside: (files: Files) => Descriptor[], own = (image: Descriptor) => [named(image, tag)]): Files {
    const files: Files = new Map();
    const image = addImage(files, [clean]);
    const blob = (data: Buffer) => addBlob(files, data).digest.replace("sha256:", "blobs/sha256/");
    const manifest = [{ Config: blob(buildConfig([clean])), RepoTags: [tag], Layers: [blob(clean.bytes)] }];
    finishLayout(files, [...own(image), ...beside(files)]);
    return files.set("manifest.json", json(manifest));
  }
  const readBoth = (name: string, files: Files) => read(`${name}.tar`, packFiles(files));
  const encrypted = { ...other, mediaType: `${other.mediaType}+encrypted` };

  test("the same image: it is one", async () => {
    expect(
      await readBoth(
        "same",
        both(() => []),
      ),
    ).toEqual([["linux/amd64", "clean"]]);
  });

  test("another image under the same name, of any platform", async () => {
    for (const architecture of ["amd64", "arm64"]) {
      const files = both(
        (own) => [named(addImage(own, [other], { architecture }), tag)],
        () => [],
      );
      await expect(readBoth(`conflict-${architecture}`, files)).rejects.toThrow(
        `manifest.json and index.json describe different images under the name "${tag}"`,
      );
    }
  });

  test("an index that only we cannot read is not left aside", async () => {
    for (const [name, index] of [
      ["text", Buffer.from("{")],
      ["form", json({ manifests: [{ digest: 1 }] })],
      ["schema-1", undefined],
    ] as const) {
      const files = both((own) => [addBlob(own, json({ schemaVersion: 1, fsLayers: [] }))]);
      if (index !== undefined) files.set("index.json", index);
      await expect(readBoth(`index-${name}`, files)).rejects.toThrow(/index\.json|schema 1/);
    }
  });

  test("a manifest.json that only we cannot read is not left aside", async () => {
    for (const [name, text] of Object.entries({
      behind: (own: string) => `${own} x`,
      twice: (own: string) => own.replace("[{", '[{"Layers":[],'),
      form: (own: string) => own.replace('"Config"', '"RepoTags":1,"Config"'),
    })) {
      const files = both(() => []);
      files.set("manifest.json", Buffer.from(text(String(files.get("manifest.json")))));
      await expect(readBoth(`manifest-${name}`, files)).rejects.toThrow(/manifest\.json/);
    }
  });

  test("an image that only the index has: read, or an error when it is there and cannot be; a note when it is absent", async () => {
    expect(
      await readBoth(
        "further",
        both((own) => [named(addImage(own, [other]), "b:1")]),
      ),
    ).toEqual([
      ["linux/amd64", "clean"],
      ["linux/amd64", "other"],
    ]);
    await expect(
      readBoth(
        "encrypted",
        both((own) => [named(addImage(own, [encrypted]), "b:1")]),
      ),
    ).rejects.toThrow(/layer sha256:\w+ is encrypted/);
    const absent = addImage(new Map(), [other]);
    const path = scratch.write("absent.tar", packFiles(both(() => [named(absent, "b:1")])));
    const [image, ...rest] = await openImages(path, { probe: keepAll });
    expect(rest).toEqual([]);
    expect(image?.platforms[0]?.notes).toEqual([
      `"b:1" of index.json was not inspected: blob ${absent.digest} is missing (manifest)`,
    ]);
  });

  test("a platform that only the index has and that is there, but cannot be read", async () => {
    for (const [name, spoil] of Object.entries({
      "encrypted-arm": (own: Files) => addImage(own, [encrypted], { architecture: "arm64" }),
      "damaged-arm": (own: Files) => {
        const image = addImage(own, [other], { architecture: "arm64" });
        own.set(`blobs/sha256/${image.digest.slice(7)}`, Buffer.from("{}"));
        return image;
      },
    })) {
      const files = both(() => []);
      const index = addIndex(files, [
        { ...addImage(files, [clean]), platform: AMD },
        { ...spoil(files), platform: ARM },
      ]);
      finishLayout(files, [named(index, tag)]);
      await expect(readBoth(name, files)).rejects.toThrow(/is encrypted|has another digest/);
    }
  });
});

describe("an archive that holds a file twice", () => {
  const files = dockerLegacy([{ layers: [clean], tags: ["app:1"] }]);
  const rest = dockerLegacy([{ layers: [other], tags: ["app:1"] }]);
  const all = packFiles(new Map([...rest, ...files]));
  /** The archive with an entry in front. */
  const behind = (name: string, content = rest.get("manifest.json")) =>
    Buffer.concat([writeTar([{ name, ...(content === undefined ? {} : { content }) }]).subarray(0, -1024), all]);

  test.each([
    ["manifest.json", "manifest.json"],
    ["manifest.json under another spelling", "./x/../manifest.json"],
    ["a layer", [...files.keys()].find((name) => name.endsWith("layer.tar")) ?? ""],
  ])("%s, also when it is a stream", async (name, path) => {
    const data = behind(path);
    for (const [form, bytes] of [["tar", data] as const, ["tgz", gzipSync(data)] as const])
      await expect(read(`${name.replaceAll(" ", "-")}.${form}`, bytes)).rejects.toThrow(
        /it holds "[\w./]+" more than once, and programs differ in which of them they take: pack it again/,
      );
  });

  test("podman's reader and tar differ in it", async (context) => {
    if (spawnSync("skopeo", ["--version"], { timeout: 30_000 }).error !== undefined)
      skipTest(context, "a file twice", "no skopeo");
    const path = scratch.write("twice.tar", behind("manifest.json"));
    const options = { encoding: "utf8", timeout: 60_000 } as const;
    const config = spawnSync("skopeo", ["inspect", "--raw", `docker-archive:${path}`], options).stdout;
    expect(config).toContain(other.diffId);
    expect(spawnSync("tar", ["-xOf", path, "manifest.json"], options).stdout).toContain(
      sha256(buildConfig([clean])).slice(7),
    );
  });

  test("a folder that is a link", async () => {
    const config = buildConfig([clean]);
    const manifest = json([{ Config: "x/config", RepoTags: null, Layers: ["layer.tar"] }]);
    const link = { name: "x", flag: "2", linkname: "y" };
    const linked = new Map([
      ["manifest.json", manifest],
      ["x/config", config],
      ["y/config", buildConfig([other])],
      ["layer.tar", clean.bytes],
    ]);
    await expect(read("linked-folder.tar", packFiles(linked, [link]))).rejects.toThrow(/"x\/config" lies below a link/);
    expect(await read("no-link.tar", packFiles(linked))).toEqual([["linux/amd64", "clean"]]);
  });

  test("what nobody reads, and blobs that are the same, may stand there twice", async () => {
    expect(await read("version-twice.tar", behind("x/VERSION"))).toEqual([["linux/amd64", "clean"]]);
    const layout: Files = new Map();
    const image = addImage(layout, [clean]);
    const packed = packFiles(finishLayout(layout, [image]));
    const blob = { name: `blobs/sha256/${clean.digest.slice(7)}`, content: clean.bytes };
    const twice = Buffer.concat([writeTar([blob]).subarray(0, -1024), packed]);
    expect(await read("blob-twice.tar", twice)).toEqual([["linux/amd64", "clean"]]);
  });
});
