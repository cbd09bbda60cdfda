import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type TarEntry, writeTar } from "./tar-writer.ts";

/** Builds images in the forms that tools write them, by hand: shares no code with what reads them. */

/** `sha256:HEX`. */
export function sha256(data: Buffer | string): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

export interface BuiltLayer {
  /** As stored. */
  bytes: Buffer;
  digest: string;
  diffId: string;
  mediaType: string;
  /** Of its descriptor. */
  annotations?: Record<string, string>;
}

export type LayerPacking = "gzip" | "zstd" | "none";

/** A layer of entries, or of a tar made elsewhere. */
export function buildLayer(content: readonly TarEntry[] | Buffer, packing: LayerPacking = "gzip"): BuiltLayer {
  const tar = Buffer.isBuffer(content) ? content : writeTar(content);
  if (packing === "gzip") return packedLayer(tar, gzipSync(tar), "tar+gzip");
  if (packing === "zstd") return packedLayer(tar, zstdCompressSync(tar), "tar+zstd");
  return packedLayer(tar, tar, "tar");
}

/** A layer whose stored bytes were made elsewhere. */
export function packedLayer(tar: Buffer, bytes: Buffer, type: string): BuiltLayer {
  return {
    bytes,
    digest: sha256(bytes),
    diffId: sha256(tar),
    mediaType: `application/vnd.oci.image.layer.v1.${type}`,
  };
}

export interface ConfigOptions {
  os?: string;
  architecture?: string;
  variant?: string;
  config?: Record<string, unknown>;
}

/** An image config for the layers. */
export function buildConfig(layers: readonly BuiltLayer[], options: ConfigOptions = {}): Buffer {
  return json({
    os: "linux",
    architecture: "amd64",
    ...options,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
  });
}

/** Files of an archive or layout by name, in order. */
export type Files = Map<string, Buffer>;

export interface Descriptor {
  mediaType?: string;
  digest: string;
  size: number;
  platform?: Record<string, string>;
  annotations?: Record<string, string>;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** Puts a blob into a layout. */
export function addBlob(files: Files, data: Buffer, mediaType?: string): Descriptor {
  const digest = sha256(data);
  files.set(`blobs/sha256/${digest.slice(7)}`, data);
  return { ...(mediaType === undefined ? {} : { mediaType }), digest, size: data.length };
}

/** Puts an image of one platform into a layout and returns its manifest's descriptor. */
export function addImage(files: Files, layers: readonly BuiltLayer[], options: ConfigOptions = {}): Descriptor {
  const config = addBlob(files, buildConfig(layers, options), "application/vnd.oci.image.config.v1+json");
  const descriptors = layers.map((layer) => {
    const { bytes, mediaType, annotations } = layer;
    return { ...addBlob(files, bytes, mediaType), ...(annotations === undefined ? {} : { annotations }) };
  });
  return addBlob(files, json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: descriptors }), MANIFEST);
}

/** Puts an index into a layout. */
export function addIndex(files: Files, manifests: readonly Descriptor[]): Descriptor {
  return addBlob(files, json({ schemaVersion: 2, mediaType: INDEX, manifests }), INDEX);
}

/** The two files that make a set of blobs a layout. */
export function finishLayout(files: Files, manifests: readonly Descriptor[] | null): Files {
  files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  files.set("index.json", json({ schemaVersion: 2, mediaType: INDEX, manifests }));
  return files;
}

/** An archive of the files; `extra` entries (links, say) come first. */
export function packFiles(files: Files, extra: readonly TarEntry[] = []): Buffer {
  return writeTar([...extra, ...[...files].map(([name, content]) => ({ name, content }))]);
}

/** A descriptor under a name. */
export function named(descriptor: Descriptor, name: string): Descriptor {
  return { ...descriptor, annotations: { "org.opencontainers.image.ref.name": name } };
}

/** `docker save` before version 25: a folder for each layer. */
export function dockerLegacy(
  images: readonly { layers: readonly BuiltLayer[]; tags: string[] | null; options?: ConfigOptions }[],
): Files {
  const files: Files = new Map();
  const manifest = images.map(({ layers, tags, options }) => {
    const config = buildConfig(layers, options);
    const configName = `${sha256(config).slice(7)}.json`;
    files.set(configName, config);
    const names = layers.map((layer, i) => {
      const folder = sha256(`${i} ${layer.digest}`).slice(7);
      files.set(`${folder}/VERSION`, Buffer.from("1.0"));
      files.set(`${folder}/json`, json({ id: folder }));
      files.set(`${folder}/layer.tar`, layer.bytes);
      return `${folder}/layer.tar`;
    });
    return { Config: configName, RepoTags: tags, Layers: names };
  });
  files.set("manifest.json", json(manifest));
  return files;
}

/** A document as tools write it. */
export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
