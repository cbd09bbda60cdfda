import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import {
  addBlob,
  addImage,
  addIndex,
  buildLayer,
  type Descriptor,
  type Files,
  finishLayout,
  json,
  named,
  packFiles,
  sha256,
} from "../support/image-writer.ts";
import { addressOf, listen } from "../support/listen.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { writeTar } from "../support/tar-writer.ts";

/**
 * Things that are kept where images are and are none: they are left out, or told by their name. No image can be hidden by being
 * dressed up as one of them: what any runtime might unpack is read.
 */

const scratch = scratchFolder("artifacts");
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const HELM = "application/vnd.cncf.helm.config.v1+json";
const SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json";
const AMD = { os: "linux", architecture: "amd64" };
const ARM = { os: "linux", architecture: "arm64" };
const tar = writeTar([{ name: "usr/sbin/tool", content: "tool" }]);
const clean = buildLayer([{ name: "usr/sbin/clean", content: "clean" }]);

interface Thing {
  config: { type: string; data: Buffer };
  layers: { type: string; data: Buffer }[];
  artifactType?: string;
  mediaType?: string | undefined;
}

/** Puts a manifest with anything in it into a layout. */
function addThing(files: Files, { config, layers, artifactType, mediaType = MANIFEST }: Thing): Descriptor {
  const manifest = {
    schemaVersion: 2,
    mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: addBlob(files, config.data, config.type),
    layers: layers.map(({ type, data }) => addBlob(files, data, type)),
  };
  return addBlob(files, json(manifest), mediaType);
}

const text = (value: string) => Buffer.from(value);
const rootfs = (...contents: Buffer[]) => ({ type: "layers", diff_ids: contents.map((data) => sha256(data)) });

const payload = text('{"critical":{"type":"cosign container image signature"},"optional":null}');
/** As cosign writes it where registries don't know artifacts: by its config it is an image. */
const signature: Thing = {
  config: { type: CONFIG, data: json({ architecture: "", os: "", rootfs: rootfs(payload), config: {} }) },
  layers: [{ type: SIGNATURE, data: payload }],
};
const chart: Thing = {
  config: { type: HELM, data: json({ name: "app", version: "1.0.0", apiVersion: "v2" }) },
  layers: [{ type: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", data: gzipSync(tar) }],
};

const things: [string, Thing, RegExp][] = [
  ["a signature of cosign", signature, /a signature \("application\/vnd\.dev\.cosign\.simplesigning\.v1\+json"\)/],
  ["a Helm chart", chart, /a Helm chart \("application\/vnd\.cncf\.helm\.config\.v1\+json"\)/],
  [
    "an attestation of cosign",
    { ...signature, layers: [{ type: "application/vnd.dsse.envelope.v1+json", data: payload }] },
    /an attestation \("application\/vnd\.dsse\.envelope\.v1\+json"\)/,
  ],
  [
    "a bill of materials",
    { ...signature, layers: [{ type: "text/spdx", data: text(`SPDXVersion: SPDX-2.3\n${"x".repeat(2000)}`) }] },
    /a bill of materials \("text\/spdx"\)/,
  ],
  [
    "a bundle of Sigstore",
    {
      artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      config: { type: "application/vnd.oci.empty.v1+json", data: text("{}") },
      layers: [{ type: "application/vnd.dev.sigstore.bundle.v0.3+json", data: payload }],
    },
    /a signature \("application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json"\)/,
  ],
  [
    "files of ORAS, which are called layers",
    {
      config: { type: "application/vnd.unknown.config.v1+json", data: text("{}") },
      layers: [{ type: "application/vnd.oci.image.layer.v1.tar", data: text("hello") }],
    },
    /an artifact \("application\/vnd\.unknown\.config\.v1\+json"\)/,
  ],
  [
    "a module of WebAssembly",
    {
      config: { type: "application/vnd.wasm.config.v0+json", data: json({ architecture: "wasm", os: "wasip2" }) },
      layers: [{ type: "application/wasm", data: text("\0asm") }],
    },
    /a WebAssembly module \("application\/vnd\.wasm\.config\.v0\+json"\)/,
  ],
  [
    "a project of Docker Compose",
    {
      artifactType: "application/vnd.docker.compose.project",
      config: { type: "application/vnd.docker.compose.config.empty.v1+json", data: text("{}") },
      layers: [{ type: "application/vnd.docker.compose.file+yaml", data: text("services: {}\n") }],
    },
    /a Docker Compose project \("application\/vnd\.docker\.compose\.project"\)/,
  ],
  [
    "a model of Ollama, whose manifest is Docker's",
    {
      mediaType: DOCKER_MANIFEST,
      config: { type: "application/vnd.docker.container.image.v1+json", data: json({ rootfs: rootfs(payload) }) },
      layers: [
        { type: "application/vnd.ollama.image.model", data: text("GGUF".padEnd(4000, "\0")) },
        { type: "application/vnd.ollama.image.params", data: text("{}") },
      ],
    },
    /an AI model \("application\/vnd\.ollama\.image\.model"\)/,
  ],
];

describe("asked for by its own name it is told what it is", () => {
  test.each(things)("%s, in a layout, in an archive and in a registry", async (_name, thing, kind) => {
    const files: Files = new Map();
    const { digest, mediaType = "" } = addThing(files, thing);
    finishLayout(files, [{ digest, mediaType, size: 1 }]);
    const folder = scratch.write(digest.slice(7), files);
    const archive = scratch.write(`${digest.slice(7)}.tar`, packFiles(files));
    const host = addressOf(await listen(serve(files)));
    const message = new RegExp(`: ${digest} is ${kind.source}, no container image$`);
    for (const reference of [`oci:${folder}@${digest}`, `docker://${host}/a@${digest}`])
      await expect(openImages(reference, { probe: keepAll })).rejects.toThrow(message);
    for (const reference of [folder, archive, `oci-archive:${archive}`])
      await expect(openImages(reference, { probe: keepAll })).rejects.toThrow(/it holds no container image: sha256/);
  });

  test("a manifest of artifacts, which a draft of the specification had", async () => {
    const files: Files = new Map();
    const mediaType = "application/vnd.oci.artifact.manifest.v1+json";
    const descriptor = addBlob(files, json({ mediaType, artifactType: "application/spdx+json", blobs: [] }), mediaType);
    const folder = scratch.write("draft", finishLayout(files, [descriptor]));
    await expect(openImages(folder, { probe: keepAll })).rejects.toThrow(/a bill of materials .*no container image$/);
  });
});

describe("beside an image it is left out, with a note", () => {
  test.each(things)("%s, in index.json and in an index of platforms", async (_name, thing, kind) => {
    for (const isNested of [false, true]) {
      const files: Files = new Map();
      const image = { ...addImage(files, [clean]), platform: AMD };
      const other = addThing(files, thing);
      const listed = isNested ? [named(addIndex(files, [image, other]), "a:1")] : [named(image, "a:1"), other];
      const folder = scratch.write(`${other.digest.slice(7)}-${isNested}`, finishLayout(files, listed));
      const images = await openImages(folder, { probe: keepAll });
      expect(images.map(({ platforms }) => platforms.map(({ platform }) => platform))).toEqual([["linux/amd64"]]);
      expect(images[0]?.platforms[0]?.notes).toEqual([
        expect.stringMatching(new RegExp(`^${other.digest} is ${kind.source}, no container image: left out$`)),
      ]);
    }
  });

  test("a layout that cosign saved", async () => {
    const files: Files = new Map();
    const kind = (descriptor: Descriptor, what: string) => ({
      ...descriptor,
      annotations: { kind: `dev.cosignproject.cosign/${what}`, "org.opencontainers.image.ref.name": "app:1" },
    });
    const image = addIndex(files, [{ ...addImage(files, [clean]), platform: AMD }]);
    const signatures = addThing(files, signature);
    const attestations = addThing(files, {
      ...signature,
      layers: [{ type: "application/vnd.dsse.envelope.v1+json", data: payload }],
    });
    finishLayout(files, [kind(image, "imageIndex"), kind(signatures, "sigs"), kind(attestations, "atts")]);
    const images = await openImages(scratch.write("cosign", files), { probe: keepAll });
    expect(images.map(({ digest, platforms }) => [digest, platforms.length, platforms[0]?.notes.length])).toEqual([
      [image.digest, 1, 2],
    ]);
  });
});

describe("an image dressed up as one of them is read", () => {
  const config = { architecture: "amd64", os: "linux", rootfs: rootfs(tar) };
  const gzip = { type: "application/vnd.oci.image.layer.v1.tar+gzip", data: gzipSync(tar) };
  const dressed: [string, Thing, Partial<Descriptor>?][] = [
    [
      "its config is called a chart's: containerd looks at the layers",
      { ...chart, config: { type: HELM, data: json(config) }, layers: [gzip] },
    ],
    [
      "its config is called a chart's, its layers are not called layers, its manifest is Docker's",
      {
        mediaType: DOCKER_MANIFEST,
        config: { type: HELM, data: json(config) },
        layers: [{ type: SIGNATURE, data: gzipSync(tar) }],
      },
    ],
    [
      "the index calls its manifest Docker's, it calls itself OCI's",
      { config: { type: HELM, data: json(config) }, layers: [{ type: SIGNATURE, data: gzipSync(tar) }] },
      { mediaType: DOCKER_MANIFEST },
    ],
    ...(
      [
        ["gzip", gzipSync(tar)],
        ["zstd", zstdCompressSync(tar)],
        ["tar", tar],
      ] as const
    ).map(([what, data]): [string, Thing, Partial<Descriptor>] => [
      `its layer is called a signature and is ${what}; annotated as an attestation`,
      { config: { type: CONFIG, data: json(config) }, layers: [{ type: SIGNATURE, data }] },
      { annotations: { "vnd.docker.reference.type": "attestation-manifest" } },
    ]),
    [
      "its layer is called an attestation; annotated as one",
      { config: { type: CONFIG, data: json(config) }, layers: [{ type: "application/vnd.in-toto+json", data: tar }] },
      { annotations: { "vnd.docker.reference.type": "attestation-manifest" } },
    ],
    [
      "it has an artifactType",
      { artifactType: "application/spdx+json", config: { type: CONFIG, data: json(config) }, layers: [gzip] },
    ],
  ];
  test.each(dressed)("%s", async (name, thing, more = {}) => {
    const files: Files = new Map();
    const first = { ...addImage(files, [clean], { architecture: "arm64" }), platform: ARM };
    const image = { ...addThing(files, thing), platform: AMD, ...more };
    const folder = scratch.write(name.replaceAll(/\W/g, "-"), finishLayout(files, [addIndex(files, [first, image])]));
    const [opened] = await openImages(folder, { probe: keepAll });
    expect(opened?.platforms.map(({ platform, tree }) => [platform, ...tree.list("/usr/sbin")])).toEqual([
      ["linux/arm64", "clean"],
      ["linux/amd64", "tool"],
    ]);
  });

  test("one that is listed by name, called an attestation for an unknown platform: programs that go by names load it", async () => {
    const files: Files = new Map();
    const first = named(addImage(files, [clean]), "app:1");
    const image = {
      ...addImage(files, [buildLayer(tar)]),
      platform: { os: "unknown", architecture: "unknown" },
      annotations: {
        "org.opencontainers.image.ref.name": "app:2",
        "vnd.docker.reference.type": "attestation-manifest",
      },
    };
    const images = await openImages(scratch.write("by-name", finishLayout(files, [first, image])), { probe: keepAll });
    expect(images.map(({ platforms }) => platforms[0]?.tree.list("/usr/sbin"))).toEqual([["clean"], ["tool"]]);
  });

  /** Packed in a way that is not read here, and what is no archive and not told by a proof: an error, never a shorter list. */
  test.each([
    ["xz", Buffer.concat([Buffer.from("fd377a585a00", "hex"), Buffer.alloc(600, 1)])],
    ["bzip2", Buffer.from(`BZh9${"x".repeat(600)}`)],
    ["a header without its file", tar.subarray(0, 512)],
  ])("a layer that is called a signature and is %s", async (name, data) => {
    const files: Files = new Map();
    const first = { ...addImage(files, [clean], { architecture: "arm64" }), platform: ARM };
    const thing = addThing(files, {
      config: { type: CONFIG, data: json({ ...config, rootfs: rootfs(data) }) },
      layers: [{ type: SIGNATURE, data }],
    });
    const folder = scratch.write(name, finishLayout(files, [addIndex(files, [first, { ...thing, platform: AMD }])]));
    await expect(openImages(folder, { probe: keepAll })).rejects.toThrow(/layer sha256/);
  });

  test("what cannot be told is an error that says how to go on", async () => {
    const files: Files = new Map();
    // Of a manifest without a type of its own it is open who takes it for what.
    const odd = { ...chart, mediaType: undefined };
    const manifest = JSON.parse((files.get(`blobs/sha256/${addThing(files, odd).digest.slice(7)}`) ?? "").toString());
    const { mediaType: _, ...rest } = manifest;
    const thing = addBlob(files, json(rest), MANIFEST);
    const folder = scratch.write("odd", finishLayout(files, [addImage(files, [clean]), thing]));
    await expect(openImages(folder, { probe: keepAll })).rejects.toThrow(
      /its manifest calls it a Helm chart .*, but runtimes may run it, and image config sha256:.* name that one by its digest: oci:DIR@DIGEST/,
    );
  });
});

test("a manifest that its registry calls something else than it calls itself is refused", async () => {
  const files: Files = new Map();
  const { digest } = addImage(files, [clean]);
  const read = async (type: string) =>
    openImages(`docker://${addressOf(await listen(serve(files, type)))}/a@${digest}`, { probe: keepAll });
  await expect(read(DOCKER_MANIFEST)).rejects.toThrow(
    `calls itself ${MANIFEST}, its registry calls it ${DOCKER_MANIFEST}: programs differ`,
  );
  for (const type of [MANIFEST, `${MANIFEST}; charset=utf-8`, "application/json"])
    expect(await read(type)).toHaveLength(1);
});

/** A registry of these blobs. */
function serve(files: Files, type = "text/plain") {
  return (request: { url?: string | undefined }, response: import("node:http").ServerResponse) => {
    const hex = /sha256:([0-9a-f]+)$/.exec(request.url ?? "")?.[1];
    const data = files.get(`blobs/sha256/${hex}`);
    if (data === undefined) response.writeHead(request.url === "/v2/" ? 200 : 404).end();
    else response.writeHead(200, request.url?.includes("/manifests/") ? { "content-type": type } : {}).end(data);
  };
}
