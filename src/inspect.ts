import { type InspectionCache, openInspectionCache } from "./files/inspection-cache.ts";
import { createDeadline, type Deadline, defaultLimits, type ReadLimits } from "./image/limits.ts";
import {
  type OpenOptions,
  type PlatformIdentity,
  type Recalled,
  type UsedImage,
  useImages,
} from "./image/open-images.ts";
import type { RegistryCredentials } from "./image/registry-credentials.ts";
import { parseInsecureRegistry } from "./image/registry-name.ts";
import { programProfiles } from "./knowledge/programs/index.ts";
import type { WrapperChoice } from "./knowledge/schema/wrapper-choices.ts";
import wrapperChoicesJson from "./knowledge/wrapper-choices.json" with { type: "json" };
import { UserError } from "./model/error.ts";
import type { ImagePlatform } from "./model/image.ts";
import type { Inspection, Toolchain } from "./model/toolchain.ts";
import type { ReadingReporter } from "./progress.ts";
import { inspectToolchain } from "./toolchain/inspect.ts";
import { probeContent } from "./toolchain/probe.ts";
import { build, tool } from "./version.ts";

/** How images are read. */
export interface ReadingOptions {
  /** Only these; absent or empty = all. */
  platforms?: readonly string[];
  /** Login for images in a registry; without it that of `docker login`. */
  credentials?: RegistryCredentials;
  /** Where they differ from the default ones. */
  limits?: Partial<ReadLimits>;
  /** Of a run that this is part of; absent: one of its own. */
  deadline?: Deadline;
  /** Registries, `HOST[:PORT]`, that may be spoken to without TLS. */
  insecureRegistries?: readonly string[];
  /** Layers with a table of contents are read by it: see {@link OpenOptions.lazy}. */
  lazy?: boolean;
  /** Folder of earlier inspections; absent: none is used. */
  cache?: string;
  /** Who is told how reading goes on. */
  reporter?: ReadingReporter;
}

/** Variables that a wrapper asks before it looks at anything else. */
const wrapperVariables = (wrapperChoicesJson.generations as WrapperChoice[]).map(({ variable }) => variable);

type Native = NonNullable<(typeof programProfiles)[number]["selects"]>["native"];

/** A mode that goes by an option has none. */
function variableOf(native: Native): Native {
  return native?.option === undefined ? native : undefined;
}

/** What the toolchain room is told about programs: how they are recognised, and which variables choose a backend. */
const knowledge = {
  programs: programProfiles.flatMap(({ id, recognise }) => (recognise === undefined ? [] : [{ id, recognise }])),
  variables: [
    ...new Set(
      [
        ...programProfiles.flatMap(({ selects }) => [selects?.variable, variableOf(selects?.native)]),
        ...wrapperVariables,
      ].flatMap((variable) => variable?.name ?? []),
    ),
  ],
};

/**
 * Opens images and finds the toolchain of each platform.
 * @param references as the user wrote them
 * @throws UserError for what cannot be read
 */
export async function inspectImages(references: readonly string[], options: ReadingOptions = {}): Promise<Inspection> {
  const cache = options.cache === undefined ? undefined : openCache(options.cache);
  // A mistake is one, whether or not an image is in a registry.
  options.insecureRegistries?.forEach(parseInsecureRegistry);
  const images: Inspection["images"] = [];
  const deadline = options.deadline ?? startDeadline(options.limits);
  for (const reference of references)
    images.push(...(await inspectReference(reference, { ...options, deadline }, cache)));
  const problem = cache?.problem();
  if (problem !== undefined) options.reporter?.say(`the cache stays as it was: ${problem}`);
  return { schemaVersion: 1, tool, images };
}

/** The time for all images of a run begins. */
export function startDeadline(limits: Partial<ReadLimits> | undefined): Deadline {
  return createDeadline({ ...defaultLimits, ...limits });
}

/** @throws UserError where a build can't be told from another: an entry of older code would count */
function openCache(folder: string): InspectionCache {
  if (build === undefined) throw new UserError(`${folder}: only the built tool (dist/) has a cache`);
  return openInspectionCache(folder, { name: tool.name, version: `${tool.version}+${build}` });
}

/** What is known of a platform, and whether it was known before. */
interface Known {
  toolchain: Toolchain;
  notes: string[];
}

async function inspectReference(
  reference: string,
  { platforms = [], credentials, insecureRegistries, lazy, limits, deadline, reporter }: ReadingOptions,
  cache: InspectionCache | undefined,
): Promise<Inspection["images"]> {
  const reading = reporter?.begin(reference);
  const registry = { credentials, insecureRegistries, lazy };
  const options: OpenOptions = { probe: probeContent, platforms, ...registry, limits, deadline, progress: reading };
  try {
    const images = await useImages<Known>(reference, options, {
      recall: cache && ((identity) => recall(cache, identity)),
      read: (platform) => inspectPlatform(platform, cache),
    });
    reading?.end();
    return images.map(toInspected);
  } catch (error) {
    reading?.fail();
    throw error;
  }
}

function recall(cache: InspectionCache, identity: PlatformIdentity): Recalled<Known> | undefined {
  const found = cache.recall(identity);
  if (found === undefined) return undefined;
  const note = `taken from the cache of inspections (image config ${identity.configDigest}): its layers have the digests that they had then, and were not unpacked again`;
  return { result: { toolchain: found.toolchain, notes: [...found.notes, note] }, layers: found.layers };
}

function inspectPlatform(platform: ImagePlatform, cache: InspectionCache | undefined): Known {
  const known = { toolchain: inspectToolchain(platform, knowledge), notes: platform.notes };
  // What was not verified against the digests that the cache goes by must not count for a run that wants it verified.
  const isPlain = platform.doubts === undefined && platform.layers.every(({ partial }) => partial === undefined);
  if (isPlain) cache?.store(platform, { ...known, layers: platform.layers.map(({ digest }) => digest) });
  return known;
}

function toInspected({ reference, digest, platforms }: UsedImage<Known>): Inspection["images"][number] {
  return {
    reference,
    digest,
    platforms: platforms.map(({ platform, result: { toolchain, notes: own }, notes }) => ({
      platform,
      toolchain,
      ...(notes.length + own.length === 0 ? {} : { notes: [...notes, ...own] }),
    })),
  };
}
