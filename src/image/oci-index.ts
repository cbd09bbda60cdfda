import { UserError } from "../model/error.ts";
import { describeArtifact, isAttestationByLayers, isProvenArtifact, nameArtifact } from "./artifact.ts";
import { digestOf } from "./digest.ts";
import {
  blobName,
  type ConfigDocument,
  configSchema,
  type Descriptor,
  indexSchema,
  kindSchema,
  type Manifest,
  manifestSchema,
  parseDocument,
  readBlob,
  toImageConfig,
} from "./documents.ts";
import { AbsentPart, quote } from "./errors.ts";
import { exceeded, isLimit, type ReadBudget, type ReadLimits, spend } from "./limits.ts";
import { formatPlatform, normalisePlatform } from "./platform.ts";
import {
  type BrokenPlatform,
  isBroken,
  type ReadablePlatform,
  type SourceImage,
  type SourceLayer,
  type SourcePlatform,
} from "./source-image.ts";
import type { BlobStore } from "./store.ts";
import { findTocPointers } from "./toc/pointer.ts";

/** Images of an OCI layout, and the digests of their configs (to match them with manifest.json). */
export interface OciImage extends SourceImage {
  configDigests: string[];
}

type Bounds = { limits: ReadLimits; budget: ReadBudget };

const NAMES = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/** What an index lists. */
export interface OciListing {
  images: OciImage[];
  /** Sentences on what is no image. */
  others: string[];
}

/**
 * Lists the images of `index.json`: each named entry is one; several names of one digest are one image; entries without a
 * name, or with the same one, that are for different platforms are one image. Indexes may be nested. Attestations and
 * artifacts (charts, signatures) are left out.
 * @returns undefined when there is no index.json
 * @throws UserError when the index itself cannot be read; an unreadable platform becomes part of the result
 */
export async function readOciImages(store: BlobStore, options: Bounds): Promise<OciListing | undefined> {
  const data = await store.readDocument("index.json");
  if (data === undefined) return undefined;
  const index = parseDocument(data, indexSchema, "index.json");
  const walker = createWalker(store, options);
  const images: OciImage[] = [];
  const others: string[] = [];
  for (const descriptor of index.manifests ?? []) {
    const read = await walker.readImage(descriptor);
    if (read.platforms.length === 0) {
      others.push(...read.notes);
      continue;
    }
    const same = images.find((other) => isSame(other, read));
    const image = same ?? read;
    if (same === undefined) images.push(read);
    const names = NAMES.map((key) => descriptor.annotations?.[key]).filter((name) => name !== undefined && name !== "");
    for (const name of names) if (name !== undefined && !image.names.includes(name)) image.names.push(name);
  }
  const joined = joinPlatforms(images, digestOf(data));
  return { images: joined.map((image) => ({ ...image, notes: [...image.notes, ...others].map(leftOut) })), others };
}

/** The images of a listing. @throws UserError when it has none, saying what it has instead */
export function requireImages({ images, others }: OciListing): OciImage[] {
  if (images.length > 0 || others.length === 0) return images;
  throw new UserError(`it holds no container image: ${others.join("; ")}`);
}

function leftOut(other: string): string {
  return `${other}: left out`;
}

/** One manifest may be listed for several platforms: each of them would run it. */
function isSame(one: OciImage, other: OciImage): boolean {
  const platformsOf = ({ platforms }: OciImage) => platforms.map(({ platform }) => platform).join(" ");
  return one.digest === other.digest && platformsOf(one) === platformsOf(other);
}

/**
 * Reads the image of one digest, whether `index.json` lists it or not.
 * @param isAsked platforms of an index for which it is false are listed and not looked at
 */
export async function readOciDigest(
  store: BlobStore,
  digest: string,
  options: Bounds,
  isAsked: (platform: string) => boolean = () => true,
): Promise<OciImage> {
  const image = await createWalker(store, options, isAsked).readImage({ digest });
  if (image.platforms.length > 0) return { ...image, notes: image.notes.map(leftOut) };
  throw new UserError(image.notes.length > 0 ? image.notes.join("; ") : `${digest} is no image`);
}

interface Leaf {
  platform: SourcePlatform;
  configDigest: string | undefined;
}

function createWalker(
  store: BlobStore,
  { limits, budget }: Bounds,
  isAsked: (platform: string) => boolean = () => true,
) {
  /** Without platforms when it is none; the notes tell of what is none, then and otherwise. */
  async function readImage(descriptor: Descriptor): Promise<OciImage> {
    const notes: string[] = [];
    const leaves = await collect(descriptor, 0, new Set(), notes);
    return {
      names: [],
      digest: descriptor.digest,
      platforms: leaves.map((leaf) => leaf.platform),
      configDigests: leaves.flatMap((leaf) => leaf.configDigest ?? []),
      notes,
    };
  }

  async function collect(descriptor: Descriptor, depth: number, seen: Set<string>, notes: string[]): Promise<Leaf[]> {
    const stated = formatPlatform(toStated(descriptor));
    const entry = `${descriptor.digest} ${stated}`;
    // What an index calls unknown no runtime chooses. What is listed beside it by its name is taken whatever its platform.
    const isNeverChosen = depth > 0 && isUnknown(descriptor);
    if (seen.has(entry) || (isAttestation(descriptor) && isNeverChosen)) return [];
    seen.add(entry);
    spend(budget, "manifests", 1, limits);
    if (depth > limits.indexDepth) throw exceeded("index-depth", limits);
    if (descriptor.platform?.architecture && !isAsked(stated))
      return [
        { platform: { platform: stated, problem: new UserError("it was not asked for") }, configDigest: undefined },
      ];
    const what = descriptor.platform ? `manifest of ${quote(stated)}` : "manifest";
    let data: Buffer;
    try {
      data = await readBlob(store, descriptor.digest, what);
    } catch (problem) {
      if (!(problem instanceof UserError) || isLimit(problem)) throw problem;
      // Attestations of unknown platform are absent where only one platform was saved.
      if (isNeverChosen || (isUnknown(descriptor) && problem instanceof AbsentPart)) return [];
      return [{ platform: { platform: stated, problem }, configDigest: undefined }];
    }
    const document = parseManifestOrIndex(data, descriptor);
    if ("manifests" in document) {
      const leaves: Leaf[] = [];
      for (const child of document.manifests) leaves.push(...(await collect(child, depth + 1, seen, notes)));
      return leaves;
    }
    if ("artifact" in document) {
      notes.push(`${descriptor.digest} is ${document.artifact}, no container image`);
      return [];
    }
    const { manifest } = document;
    const kind = describeArtifact(manifest);
    if (kind !== undefined && (isNeverChosen || (await isProvenArtifact(store, descriptor, manifest, limits)))) {
      if (depth === 0 || !isAttestationByLayers(manifest))
        notes.push(`${descriptor.digest} is ${kind}, no container image`);
      return [];
    }
    return [await readLeaf(store, descriptor, manifest, { limits, kind })];
  }

  return { readImage };
}

const ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";

function parseManifestOrIndex(
  data: Buffer,
  { digest }: Descriptor,
): { manifests: Descriptor[] } | { manifest: Manifest } | { artifact: string } {
  const what = `blob ${digest}`;
  // The media type may be missing or wrong: the fields tell.
  const { manifests, config, layers, fsLayers, mediaType, artifactType } = parseDocument(data, kindSchema, what);
  const isManifest = [config, layers, fsLayers].some((field) => field !== undefined && field !== null);
  // Which of the two counts depends on the runtime and on what the server calls it (CVE-2021-41190).
  if (isManifest && Array.isArray(manifests) && manifests.length > 0)
    throw new UserError(`${what} is an index and a manifest at once: programs differ in what they take it for`);
  if (!isManifest && Array.isArray(manifests))
    return { manifests: parseDocument(data, indexSchema, what).manifests ?? [] };
  if (fsLayers !== undefined)
    throw new UserError(
      `${what} is a manifest of Docker's schema 1, which is not read: save the image with a current tool`,
    );
  // Without a config nobody can run it.
  if (!isManifest && mediaType === ARTIFACT_MANIFEST) return { artifact: nameArtifact([`${artifactType}`, mediaType]) };
  return { manifest: parseDocument(data, manifestSchema, what) };
}

/** @param options.kind what its media types call it, though it may be run */
async function readLeaf(
  store: BlobStore,
  descriptor: Descriptor,
  manifest: Manifest,
  { limits, kind }: { limits: ReadLimits; kind: string | undefined },
): Promise<Leaf> {
  const layers = manifest.layers ?? [];
  const configDigest = manifest.config.digest;
  try {
    const config = parseDocument(
      await readBlob(store, configDigest, "image config"),
      configSchema,
      `image config ${configDigest}`,
    );
    await requireLayers(store, layers);
    const platform = describe(descriptor, manifest, config, limits);
    if (kind !== undefined) platform.notes.push(`its manifest calls it ${kind}, and runtimes may run it`);
    return { platform, configDigest };
  } catch (problem) {
    if (!(problem instanceof UserError) || isLimit(problem)) throw problem;
    const told = kind === undefined ? problem : notSurely(kind, problem);
    return { platform: { platform: formatPlatform(toStated(descriptor)), problem: told, configDigest }, configDigest };
  }
}

function notSurely(kind: string, problem: UserError): UserError {
  const message = `its manifest calls it ${kind}, but runtimes may run it, and ${problem.message}; if another image beside it is meant, name that one by its digest: oci:DIR@DIGEST, docker://NAME@DIGEST`;
  return problem instanceof AbsentPart ? new AbsentPart(message) : new UserError(message);
}

async function requireLayers(store: BlobStore, layers: Descriptor[]): Promise<void> {
  for (const { digest, mediaType } of layers) {
    if (await store.has(blobName(digest))) continue;
    const foreign = /foreign|nondistributable/.test(mediaType ?? "");
    throw new AbsentPart(
      foreign
        ? `layer ${digest} is not included: it is a foreign layer, which its publisher lets nobody pass on`
        : `blob ${digest} is missing (layer)`,
    );
  }
}

function describe(
  descriptor: Descriptor,
  manifest: Manifest,
  config: ConfigDocument,
  limits: ReadLimits,
): ReadablePlatform {
  const layers = manifest.layers ?? [];
  const diffIds = config.rootfs.diff_ids ?? [];
  const stated = toStated(descriptor);
  const ofConfig = { os: config.os ?? undefined, architecture: config.architecture ?? undefined };
  const isStated = Boolean(stated.os && stated.architecture) && !isUnknown(descriptor);
  const platform = formatPlatform(isStated ? stated : { ...ofConfig, variant: config.variant ?? undefined });
  const notes: string[] = [];
  const isOther = normalisePlatform(ofConfig).architecture !== normalisePlatform(stated).architecture;
  if (isStated && ofConfig.architecture && isOther)
    notes.push(`the index says ${quote(platform)}, the image config says ${quote(formatPlatform(ofConfig))}`);
  if (layers.length !== diffIds.length)
    throw new UserError(`manifest ${descriptor.digest} lists ${layers.length} layers, its config ${diffIds.length}`);
  if (layers.length > limits.layers) throw exceeded("layers", limits, `manifest ${descriptor.digest}`);
  return {
    platform,
    configDigest: manifest.config.digest,
    config: toImageConfig(config),
    layers: layers.map((layer, i) => toSourceLayer(layer, diffIds[i] ?? "")),
    notes,
  };
}

function toSourceLayer(layer: Descriptor, diffId: string): SourceLayer {
  const mediaType = layer.mediaType ?? "";
  if (/encrypted/.test(mediaType)) throw new UserError(`layer ${layer.digest} is encrypted`);
  const toc = findTocPointers(layer.annotations ?? {});
  return {
    blob: blobName(layer.digest),
    digest: layer.digest,
    diffId,
    mediaType,
    ...(toc.length === 0 ? {} : { toc }),
  };
}

/**
 * BuildKit's attestation manifests carry this annotation and the platform unknown/unknown; either may be missing. Runtimes
 * choose by the platform and do not look at the annotation: alone it makes nothing an attestation.
 */
function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}

function isUnknown({ platform }: Descriptor): boolean {
  return platform?.os === "unknown" && platform.architecture === "unknown";
}

/** What an index says of a manifest. Without an operating system containerd takes its own for the one that is meant. */
function toStated({ platform }: Descriptor) {
  return {
    os: platform?.os || (platform?.architecture ? "linux" : undefined),
    architecture: platform?.architecture ?? undefined,
    variant: platform?.variant ?? undefined,
  };
}

/** Joins entries that share their name, or have none, and differ in platform: tools without indexes write such layouts. */
function joinPlatforms(images: OciImage[], indexDigest: string): OciImage[] {
  const groups = Map.groupBy(images, (image) => image.names[0] ?? "");
  return [...groups.values()].flatMap((group) => {
    const first = group[0];
    const platforms = group.flatMap((image) => image.platforms);
    const distinct = new Set(platforms.map((platform) => platform.platform)).size === platforms.length;
    const isUnnamedAmongNamed = first?.names.length === 0 && images.length > group.length;
    if (first === undefined || group.length === 1 || !distinct || isUnnamedAmongNamed) return group;
    return [
      {
        names: [...new Set(group.flatMap((image) => image.names))],
        digest: indexDigest,
        platforms,
        configDigests: group.flatMap((image) => image.configDigests),
        notes: group.flatMap((image) => image.notes),
      },
    ];
  });
}

/** True when nothing of the image can be read. */
export function isUnreadable(image: SourceImage): boolean {
  return image.platforms.every(isBroken);
}

/** True for a platform of which something is not there: nobody can run it. */
export function isAbsent(platform: SourcePlatform): platform is BrokenPlatform {
  return isBroken(platform) && platform.problem instanceof AbsentPart;
}
