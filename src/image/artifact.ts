import * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import { type Descriptor, type Manifest, parseDocument, readBlob } from "./documents.ts";
import { quote } from "./errors.ts";
import { isLimit, type ReadLimits } from "./limits.ts";
import type { BlobStore } from "./store.ts";
import { BLOCK, mayBeHeader } from "./tar/header.ts";

/**
 * Registries and layouts hold other things than images in the form of images. What a manifest says of itself decides nothing:
 * runtimes go by other parts of it than people do, and an image that calls itself a chart may be run all the same.
 */

/** How things are called by their media types, in the order of their weight. The types are those of the projects' own docs. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^application\/vnd\.cncf\.helm\./, "a Helm chart"],
  [/^application\/(vnd\.)?wasm\b|^application\/vnd\.(module|bytecodealliance)\.[\w.]*wasm\b/, "a WebAssembly module"],
  [/^application\/vnd\.docker\.compose\./, "a Docker Compose project"],
  [/^application\/vnd\.docker\.plugin\./, "a plugin of Docker"],
  [/^application\/vnd\.(docker\.ai|cncf\.model|ollama)\./, "an AI model"],
  [/^application\/vnd\.sylabs\.sif\./, "a Singularity image"],
  [/^application\/vnd\.cncf\.flux\./, "an artifact of Flux"],
  [/^application\/vnd\.(dev\.cosign\.|dev\.sigstore\.|cncf\.notary\.)/, "a signature"],
  [/^application\/vnd\.(in-toto|dsse\.)/, "an attestation"],
  [/spdx|cyclonedx|\bsyft\b/, "a bill of materials"],
];

/**
 * Config media types of images. Docker takes those of the second line for them too, because registries once gave them
 * (moby/moby, distribution/registry.go; docker/distribution#1621), and no others.
 */
const IMAGE_CONFIGS = /^(|application\/vnd\.(oci\.image|docker\.container\.image)\..*(json)?)$/;
const DEFAULT_TYPES = new Set(["application/octet-stream", "application/json", "text/html"]);

/** What one or the other release of containerd takes for a layer (core/images/mediatypes.go). It passes over all others. */
const LAYERS = /^application\/vnd\.(oci\.image\.layer\.|docker\.image\.rootfs\.|erofs\.layer\.)/;

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/**
 * What a manifest is by its media types, when it is no image by them: for the end of a sentence.
 * @returns undefined for an image
 */
export function describeArtifact({ artifactType, config, layers }: Manifest): string | undefined {
  const layerTypes = (layers ?? []).map(({ mediaType }) => mediaType ?? "");
  const hasNoLayer = layerTypes.length > 0 && !layerTypes.some((type) => type === "" || LAYERS.test(type));
  if (isImageConfig(config) && !hasNoLayer) return undefined;
  return nameArtifact([artifactType ?? "", isImageConfig(config) ? "" : (config.mediaType ?? ""), ...layerTypes]);
}

/** @param types media types, the one that says most first */
export function nameArtifact(types: readonly string[]): string {
  const known = KINDS.find(([pattern]) => types.some((type) => pattern.test(type)));
  const type = types.find((one) => (known === undefined ? one !== "" : known[0].test(one))) ?? "";
  return `${known?.[1] ?? "an artifact"} (${quote(type)})`;
}

function isImageConfig({ mediaType }: Descriptor): boolean {
  return IMAGE_CONFIGS.test(mediaType ?? "") || DEFAULT_TYPES.has(mediaType ?? "");
}

/** BuildKit's attestations and others of that kind: what every layer is. */
export function isAttestationByLayers({ layers }: Manifest): boolean {
  const types = (layers ?? []).map(({ mediaType }) => mediaType ?? "");
  return types.length > 0 && types.every((type) => /^application\/vnd\.in-toto/.test(type));
}

/**
 * True when no runtime can make a container of it that has any file. containerd needs as many layers, of those that it takes for
 * some, as the config has diffIDs, and does not look at the config's media type (client/image.go, getLayers). Docker and the
 * programs of the containers project look at that one, the latter where the manifest is OCI's. They look at no layer's type and
 * unpack whatever can be unpacked.
 * @param descriptor what led to the manifest
 * @throws LimitError
 */
export async function isProvenArtifact(
  store: BlobStore,
  descriptor: Descriptor,
  manifest: Manifest,
  limits: ReadLimits,
): Promise<boolean> {
  const layers = manifest.layers ?? [];
  if (layers.length === 0) return true;
  const isOci = manifest.mediaType === OCI_MANIFEST && (descriptor.mediaType ?? OCI_MANIFEST) === OCI_MANIFEST;
  try {
    const mayUnpack = layers.some(({ mediaType }) => LAYERS.test(mediaType ?? ""));
    if (mayUnpack && (await countDiffIds(store, manifest.config.digest)) > 0) return false;
    return (isOci && !isImageConfig(manifest.config)) || (await hasNoArchive(store, layers, limits));
  } catch (error) {
    // It cannot be told: whoever reads it as an image meets the same.
    if (error instanceof UserError && !isLimit(error)) return false;
    throw error;
  }
}

const rootfsSchema = z.object({
  rootfs: z.optional(z.nullable(z.object({ diff_ids: z.optional(z.nullable(z.array(z.unknown()))) }))),
});

/** Of a config that is no JSON, which no runtime can read, there are none. */
async function countDiffIds(store: BlobStore, digest: string): Promise<number> {
  const data = await readBlob(store, digest, "image config");
  try {
    JSON.parse(data.toString("utf8"));
  } catch {
    return 0;
  }
  return parseDocument(data, rootfsSchema, `image config ${digest}`).rootfs?.diff_ids?.length ?? 0;
}

/** Layers that are looked at for one that is no archive; real artifacts have none that is one. */
const MOST_LAYERS = 4;

/** True when one of the layers cannot be unpacked by anybody: then all of the image cannot. */
async function hasNoArchive(store: BlobStore, layers: Descriptor[], { jsonBytes }: ReadLimits): Promise<boolean> {
  const small = layers.filter(({ size }) => typeof size === "number" && size <= jsonBytes);
  const first = small.sort((a, b) => (a.size ?? 0) - (b.size ?? 0)).slice(0, MOST_LAYERS);
  for (const { digest } of first) if (isNoArchive(await readBlob(store, digest, "layer"))) return true;
  return false;
}

/** What runtimes unpack by its first bytes: gzip, zstd and its frames without data, xz, bzip2. */
const PACKED = /^(\x1f\x8b|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18|\xfd7zXZ|BZh)/;

/** Bytes that nobody takes for a layer, however lenient. Nothing at all, and zeros, are an archive without files. */
function isNoArchive(data: Buffer): boolean {
  if (data.length === 0 || PACKED.test(data.toString("latin1", 0, 8))) return false;
  const block = data.subarray(0, BLOCK);
  return block.length < BLOCK || !(mayBeHeader(block) || block.every((byte) => byte === 0));
}
