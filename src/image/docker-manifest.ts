import { UserError } from "../model/error.ts";
import { memberName } from "./archive-members.ts";
import { digestOf, parseDigest } from "./digest.ts";
import {
  configSchema,
  type DockerManifestItem,
  dockerManifestSchema,
  parseDocument,
  toImageConfig,
} from "./documents.ts";
import { AbsentPart, quote } from "./errors.ts";
import { exceeded, type ReadBudget, type ReadLimits, spend } from "./limits.ts";
import { formatPlatform } from "./platform.ts";
import type { ReadablePlatform, SourceImage, SourceLayer } from "./source-image.ts";
import type { BlobStore } from "./store.ts";

/** An image of `docker save`: always one platform. */
export interface DockerImage extends SourceImage {
  platforms: [ReadablePlatform];
}

/**
 * Lists the images of `manifest.json`.
 * @returns undefined when there is no manifest.json
 * @throws UserError when a config or layer that it names is missing
 */
export async function readDockerImages(
  store: BlobStore,
  { limits, budget }: { limits: ReadLimits; budget: ReadBudget },
): Promise<DockerImage[] | undefined> {
  const data = await store.readDocument("manifest.json");
  if (data === undefined) return undefined;
  const images = new Map<string, DockerImage>();
  for (const item of parseDocument(data, dockerManifestSchema, "manifest.json")) {
    spend(budget, "manifests", 1, limits);
    const image = await readItem(store, item, limits);
    const same = images.get(image.digest);
    // One image under several names may have an item for each.
    if (same !== undefined) same.names.push(...image.names);
    else images.set(image.digest, image);
  }
  return [...images.values()];
}

async function readItem(store: BlobStore, item: DockerManifestItem, limits: ReadLimits): Promise<DockerImage> {
  const configName = memberName(item.Config);
  const data = await store.readDocument(configName);
  if (data === undefined)
    throw new AbsentPart(`the image config ${quote(item.Config)} that manifest.json names is missing`);
  const configDigest = digestOf(data);
  checkConfigName(configName, configDigest);
  const config = parseDocument(data, configSchema, `image config ${configDigest}`);
  const layers = item.Layers ?? [];
  const diffIds = config.rootfs.diff_ids ?? [];
  if (layers.length !== diffIds.length)
    throw new UserError(`manifest.json lists ${layers.length} layers of ${configDigest}, its config ${diffIds.length}`);
  if (layers.length > limits.layers) throw exceeded("layers", limits, configDigest);
  const platform: ReadablePlatform = {
    platform: formatPlatform({
      os: config.os ?? undefined,
      architecture: config.architecture ?? undefined,
      variant: config.variant ?? undefined,
    }),
    configDigest,
    config: toImageConfig(config),
    layers: [],
    notes: [],
  };
  for (const [i, name] of layers.entries()) platform.layers.push(await toSourceLayer(store, name, diffIds[i] ?? ""));
  return { names: item.RepoTags ?? [], digest: configDigest, platforms: [platform], notes: [] };
}

async function toSourceLayer(store: BlobStore, name: string, diffId: string): Promise<SourceLayer> {
  const blob = memberName(name);
  const inLayout = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(blob);
  const digest = inLayout ? `${inLayout[1]}:${inLayout[2]}` : undefined;
  if (!(await store.has(blob))) throw new AbsentPart(`layer ${digest ?? quote(name)} (${diffId}) is missing`);
  // Archives of `docker save` do not state media types.
  return { blob, digest: digest && parseDigest(digest) ? digest : undefined, diffId, mediaType: "" };
}

/** Most writers name the config by its digest; nothing else would tell that it is not the one that was saved. */
function checkConfigName(name: string, digest: string): void {
  const hex = /^(?:.*[/:])?([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  if (hex !== undefined && digest !== `sha256:${hex}`)
    throw new UserError(`the image config ${quote(name)} has another digest: ${digest}`);
}
