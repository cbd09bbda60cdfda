import { UserError } from "../model/error.ts";
import { type DockerImage, readDockerImages } from "./docker-manifest.ts";
import { AbsentPart, quote } from "./errors.ts";
import type { ReadBudget, ReadLimits } from "./limits.ts";
import { displayName } from "./names.ts";
import { isAbsent, isUnreadable, type OciImage, readOciImages, requireImages } from "./oci-index.ts";
import { isBroken, type ReadablePlatform, type SourceImage, type SourcePlatform } from "./source-image.ts";
import type { BlobStore } from "./store.ts";

/** Which description an archive must have. `any`: whichever it has. */
export type ArchiveForm = "docker-archive" | "oci-archive" | "any";

/**
 * Lists the images of an archive. Docker 25 and later, and containerd, write both `manifest.json` and an OCI index.
 * `manifest.json` counts when all that it names is there; the index then adds the digests, and platforms that
 * `manifest.json` cannot express. Otherwise the index counts. Some programs load by the one and some by the other, so what
 * is there in either has to be readable, and the two may not contradict each other.
 */
export async function listArchiveImages(
  store: BlobStore,
  form: ArchiveForm,
  options: { limits: ReadLimits; budget: ReadBudget },
): Promise<SourceImage[]> {
  if (form === "oci-archive") {
    const listing = await readOciImages(store, options);
    if (listing !== undefined) return requireImages(listing);
    throw new UserError(
      (await store.has("manifest.json"))
        ? "it holds no index.json but a manifest.json: pass docker-archive:PATH"
        : "it is no OCI image layout: index.json is missing",
    );
  }
  const docker = await attempt(() => readDockerImages(store, options));
  const listing = await readOciImages(store, options);
  const oci = listing?.images;
  if ("absent" in docker) return fallBack(docker.absent, oci ?? []);
  if (docker.value === undefined || docker.value.length === 0) {
    if (oci === undefined && docker.value === undefined)
      throw new UserError(
        "it is no image archive: neither manifest.json nor index.json is in it; docker save writes one, docker export doesn't",
      );
    if (form === "docker-archive" && docker.value === undefined)
      throw new UserError("it holds no manifest.json but an index.json: pass oci-archive:PATH");
    return listing === undefined ? [] : requireImages(listing);
  }
  return combine(docker.value, oci ?? []);
}

async function attempt<T>(read: () => Promise<T>): Promise<{ value: T } | { absent: AbsentPart }> {
  try {
    return { value: await read() };
  } catch (problem) {
    if (problem instanceof AbsentPart) return { absent: problem };
    throw problem;
  }
}

/** What manifest.json names is not all there: the index counts if it describes something that is. */
function fallBack(problem: AbsentPart, images: OciImage[]): SourceImage[] {
  if (images.every(isUnreadable)) throw problem;
  const note = `manifest.json was not used: ${problem.message}`;
  return images.map((image) => ({ ...image, notes: [...image.notes, note] }));
}

function combine(docker: DockerImage[], oci: OciImage[]): SourceImage[] {
  const used = new Set<OciImage>();
  const images = docker.map((image): SourceImage => {
    const [platform] = image.platforms;
    const match = oci.find((candidate) => candidate.configDigests.includes(platform.configDigest));
    if (match === undefined) {
      refuseConflict(image, oci);
      return image;
    }
    used.add(match);
    return {
      ...image,
      names: [...new Set([...image.names, ...match.names])],
      digest: match.digest,
      platforms: [withTables(platform, match), ...otherPlatforms(match, platform)],
      notes: [...image.notes, ...match.notes],
    };
  });
  const others = oci.filter((image) => !used.has(image));
  const notes = others.filter(isAbsentImage).map(describeAbsent);
  return [
    ...images.map((image) => ({ ...image, notes: [...image.notes, ...notes] })),
    ...others.filter((image) => !isAbsentImage(image)),
  ];
}

function isAbsentImage({ platforms }: OciImage): boolean {
  return platforms.every(isAbsent);
}

function describeAbsent(image: OciImage): string {
  const [platform] = image.platforms;
  const why = platform !== undefined && isBroken(platform) ? `: ${platform.problem.message}` : "";
  return `${quote(displayName(image))} of index.json was not inspected${why}`;
}

/** manifest.json cannot say that layers have tables of contents; the index does. */
function withTables(platform: ReadablePlatform, { platforms }: OciImage): ReadablePlatform {
  const same = platforms.find((other) => !isBroken(other) && other.configDigest === platform.configDigest);
  if (same === undefined || isBroken(same)) return platform;
  const layers = platform.layers.map((layer, i) => {
    const toc = same.layers[i]?.toc;
    return toc === undefined ? layer : { ...layer, toc };
  });
  return { ...platform, layers };
}

/**
 * The platforms of an index beside the one that manifest.json has. Saving one platform leaves the others out; what is there
 * and cannot be read is an error as anywhere.
 */
function otherPlatforms(image: OciImage, known: { platform: string; configDigest: string }): SourcePlatform[] {
  return image.platforms
    .filter((other) => other.configDigest !== known.configDigest)
    .filter((other) => !isAbsent(other) || other.platform !== known.platform)
    .map((other) => (isAbsent(other) ? { ...other, optional: true } : other));
}

/** docker load takes the one with its classic store and the other with containerd's. */
function refuseConflict(image: DockerImage, oci: OciImage[]): void {
  const name = image.names.find((one) => oci.some((other) => !isAbsentImage(other) && other.names.includes(one)));
  if (name === undefined) return;
  throw new UserError(
    `manifest.json and index.json describe different images under the name ${quote(name)}, and programs differ in which of them they load: save the image again`,
  );
}
