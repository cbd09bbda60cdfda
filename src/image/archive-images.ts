import { UserError } from "../model/error.ts";
import { type DockerImage, readDockerImages } from "./docker-manifest.ts";
import { isLimit, type ReadBudget, type ReadLimits } from "./limits.ts";
import { isUnreadable, type OciImage, readOciImages } from "./oci-index.ts";
import { isBroken, type ReadablePlatform, type SourceImage, type SourcePlatform } from "./source-image.ts";
import type { BlobStore } from "./store.ts";

/** Which description an archive must have. `any`: whichever it has. */
export type ArchiveForm = "docker-archive" | "oci-archive" | "any";

/**
 * Lists the images of an archive. Docker 25 and later, and containerd, write both `manifest.json` and an OCI index.
 * `manifest.json` counts when all that it names is there; the index then adds the digests, and platforms that
 * `manifest.json` cannot express. Otherwise the index counts.
 */
export async function listArchiveImages(
  store: BlobStore,
  form: ArchiveForm,
  options: { limits: ReadLimits; budget: ReadBudget },
): Promise<SourceImage[]> {
  if (form === "oci-archive") {
    const images = await readOciImages(store, options);
    if (images !== undefined) return images;
    throw new UserError(
      (await store.has("manifest.json"))
        ? "it holds no index.json but a manifest.json: pass docker-archive:PATH"
        : "it is no OCI image layout: index.json is missing",
    );
  }
  const docker = await attempt(() => readDockerImages(store, options));
  const oci = await attempt(() => readOciImages(store, options));
  if ("problem" in docker) return fallBack(docker.problem, oci);
  if (docker.value === undefined || docker.value.length === 0) {
    if ("problem" in oci) throw oci.problem;
    if (oci.value === undefined && docker.value === undefined)
      throw new UserError("it is no image archive: neither manifest.json nor index.json is in it");
    if (form === "docker-archive" && docker.value === undefined)
      throw new UserError("it holds no manifest.json but an index.json: pass oci-archive:PATH");
    return oci.value ?? [];
  }
  // An index that cannot be read takes nothing from what manifest.json says.
  return combine(docker.value, "problem" in oci ? [] : (oci.value ?? []));
}

type Attempt<T> = { value: T } | { problem: UserError };

async function attempt<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() };
  } catch (problem) {
    if (problem instanceof UserError && !isLimit(problem)) return { problem };
    throw problem;
  }
}

/** What manifest.json names is not all there: the index counts if it describes something that is. */
function fallBack(problem: UserError, oci: Attempt<OciImage[] | undefined>): SourceImage[] {
  const images = "value" in oci ? (oci.value ?? []) : [];
  if (images.every(isUnreadable)) throw problem;
  const note = `manifest.json was not used: ${problem.message}`;
  return images.map((image) => ({ ...image, notes: [...image.notes, note] }));
}

function combine(docker: DockerImage[], oci: OciImage[]): SourceImage[] {
  const used = new Set<OciImage>();
  const images = docker.map((image): SourceImage => {
    const [platform] = image.platforms;
    const match = oci.find((candidate) => candidate.configDigests.includes(platform.configDigest));
    if (match === undefined) return { ...image, notes: [...image.notes, ...describeConflict(image, oci, used)] };
    used.add(match);
    return {
      ...image,
      names: [...new Set([...image.names, ...match.names])],
      digest: match.digest,
      platforms: [withTables(platform, match), ...otherPlatforms(match, platform)],
      notes: [...image.notes, ...match.notes],
    };
  });
  return [...images, ...oci.filter((image) => !used.has(image) && !isUnreadable(image))];
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

/** The platforms of an index beside the one that manifest.json has. Saving one platform leaves the others out. */
function otherPlatforms(image: OciImage, known: { platform: string; configDigest: string }): SourcePlatform[] {
  return image.platforms
    .filter((other) => other.configDigest !== known.configDigest)
    .filter((other) => !isBroken(other) || other.platform !== known.platform)
    .map((other) => (isBroken(other) ? { ...other, optional: true } : other));
}

function describeConflict(image: DockerImage, oci: OciImage[], used: Set<OciImage>): string[] {
  const sameName = oci.find((other) => other.names.some((name) => image.names.includes(name)));
  if (sameName === undefined) return [];
  used.add(sameName);
  return ["manifest.json and index.json describe different images under this name; manifest.json was used"];
}
