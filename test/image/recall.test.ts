import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type PlatformUse, useImages } from "../../src/image/open-images.ts";
import {
  addBlob,
  type BuiltLayer,
  buildConfig,
  buildLayer,
  dockerLegacy,
  type Files,
  finishLayout,
  json,
  packFiles,
  sha256,
} from "../support/image-writer.ts";
import { addressOf, listen } from "../support/listen.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";

/**
 * What is known of an image from an earlier run counts for the layers of that run only. Whoever makes an image can name the
 * config of another one, which is known to be good, beside layers of their own.
 */

const scratch = scratchFolder("recall");
const base = buildLayer([{ name: "usr/sbin/nft", content: "good" }]);
const top = buildLayer([{ name: "usr/sbin/iptables", content: "good" }]);
const evil = buildLayer([{ name: "usr/sbin/iptables", content: "evil" }]);
const config = buildConfig([base, top]);

/** A layout whose manifest names the good config and these layers. */
function layoutOf(layers: readonly BuiltLayer[]): Files {
  const files: Files = new Map();
  const descriptors = layers.map(({ bytes, mediaType }) => addBlob(files, bytes, mediaType));
  const own = addBlob(files, config, "application/vnd.oci.image.config.v1+json");
  return finishLayout(files, [addBlob(files, json({ schemaVersion: 2, config: own, layers: descriptors }))]);
}

/** `docker save` before version 25: names say nothing of the bytes. */
function legacyOf(layers: readonly BuiltLayer[]): Files {
  const files = dockerLegacy([{ layers: [base, top], tags: ["app:1"] }]);
  const names = [...files.keys()].filter((name) => name.endsWith("layer.tar"));
  for (const [i, name] of names.entries()) files.set(name, layers[i]?.bytes ?? Buffer.alloc(0));
  return files;
}

/** A layout that holds other bytes under the name of the good layer. */
function underItsName(): Files {
  const files = layoutOf([base, top]);
  return files.set(`blobs/sha256/${top.digest.slice(7)}`, evil.bytes);
}

/** Docker 25 and later. */
function savedOf(files: Files): Files {
  const blob = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
  const layers = [base, top].map(({ digest }) => blob(digest));
  return files.set("manifest.json", json([{ Config: blob(sha256(config)), RepoTags: null, Layers: layers }]));
}

/** A registry of one image; what it was asked for. */
async function serve(files: Files): Promise<{ reference: string; asked: string[] }> {
  const asked: string[] = [];
  const { manifests } = JSON.parse(String(files.get("index.json"))) as { manifests: { digest: string }[] };
  const server = await listen((request, response) => {
    const digest = /sha256:[0-9a-f]{64}/.exec(request.url ?? "")?.[0] ?? "";
    if (digest !== "") asked.push(digest);
    response.end(files.get(`blobs/${digest.replace(":", "/")}`) ?? "");
  });
  return { reference: `docker://${addressOf(server)}/app@${manifests[0]?.digest}`, asked };
}

/** Reads with what an earlier run knew of the config; what it found is the tools, or that it is known. */
async function recalled(reference: string, layers: readonly string[] = [base.digest, top.digest]): Promise<unknown> {
  const use: PlatformUse<unknown> = {
    recall: ({ configDigest }) => (configDigest === sha256(config) ? { result: "known", layers } : undefined),
    read: ({ tree }) => tree.list("/usr/sbin").map((name) => tree.lookup(`/usr/sbin/${name}`)),
  };
  const images = await useImages(reference, { probe: keepAll, env: { DOCKER_CONFIG: "/none" } }, use);
  return images.flatMap(({ platforms }) => platforms.map(({ result }) => result))[0];
}

const write = (name: string, files: Files) => scratch.write(name, packFiles(files));

test("the same image from each source is known", async () => {
  const registry = await serve(layoutOf([base, top]));
  for (const reference of [
    scratch.write("layout", layoutOf([base, top])),
    write("layout.tar", layoutOf([base, top])),
    write("legacy.tar", legacyOf([base, top])),
    write("saved.tar", savedOf(layoutOf([base, top]))),
    scratch.write("saved.tgz", gzipSync(packFiles(savedOf(layoutOf([base, top]))))),
    registry.reference,
  ])
    expect(await recalled(reference), reference).toBe("known");
  expect(registry.asked).not.toContain(base.digest);
  expect(registry.asked).not.toContain(top.digest);
});

test("other layers beside a config that is known are read, and do not fit it", async () => {
  const registry = await serve(layoutOf([base, evil]));
  for (const reference of [
    scratch.write("evil-layout", layoutOf([base, evil])),
    scratch.write("evil-name", underItsName()),
    write("evil-layout.tar", layoutOf([base, evil])),
    write("evil-name.tar", underItsName()),
    write("evil-legacy.tar", legacyOf([base, evil])),
    write("evil-order.tar", legacyOf([top, base])),
    write("evil-saved.tar", savedOf(underItsName())),
    scratch.write("evil-saved.tgz", gzipSync(packFiles(savedOf(underItsName())))),
    registry.reference,
  ])
    await expect(recalled(reference), reference).rejects.toThrow(
      /its bytes have another digest|its uncompressed bytes have the digest/,
    );
});

test("the same files in other bytes, and an entry of another number of layers: read", async () => {
  const plain = [base, buildLayer([{ name: "usr/sbin/iptables", content: "good" }], "zstd")];
  expect(plain[1]?.diffId).toBe(top.diffId);
  const files = [{ content: "good" }, { content: "good" }];
  expect(await recalled(write("zstd.tar", layoutOf(plain)))).toMatchObject(files);
  for (const layers of [[], [base.digest], [base.digest, top.digest, top.digest], [base.digest, "x"]])
    expect(await recalled(write("count.tar", layoutOf([base, top])), layers)).toMatchObject(files);
});
