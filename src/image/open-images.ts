import type { Environment } from "../model/environment.ts";
import { UserError } from "../model/error.ts";
import type { ContentProbe, ImagePlatform, OpenedImage } from "../model/image.ts";
import { parseDigest, requireDigest } from "./digest.ts";
import { locate, quote } from "./errors.ts";
import type { FileTable } from "./file-table.ts";
import type { ScanOptions } from "./layer.ts";
import {
  createBudget,
  createDeadline,
  type Deadline,
  defaultLimits,
  exceeded,
  isLimit,
  type ReadBudget,
  type ReadLimits,
} from "./limits.ts";
import { type Alias, mergeLayers } from "./merge.ts";
import { displayName, pickImages } from "./names.ts";
import { describeTagHint, openSource, pathExists } from "./open-source.ts";
import { matchesPlatform, parsePlatform } from "./platform.ts";
import { mapConcurrently } from "./pool.ts";
import type { ReadProgress } from "./progress.ts";
import { parseReference } from "./reference.ts";
import type { RegistryCredentials } from "./registry-credentials.ts";
import { isBroken, type ReadablePlatform, type SourceImage, type SourceLayer } from "./source-image.ts";
import type { BlobStore } from "./store.ts";
import type { CheckedScan } from "./toc/whole.ts";

export interface OpenOptions {
  /** What of the files' content is kept. */
  probe: ContentProbe;
  /** Only these, `os/architecture[/variant]`; all when empty or absent. */
  platforms?: readonly string[] | undefined;
  limits?: Partial<ReadLimits> | undefined;
  /** Of an inspection that this is part of; one of its own when absent. */
  deadline?: Deadline | undefined;
  /** Login for a registry; without it that of `docker login` counts. */
  credentials?: RegistryCredentials | undefined;
  /** Registries, `HOST[:PORT]`, that may be spoken to without TLS. Those of this machine always may. */
  insecureRegistries?: readonly string[] | undefined;
  /**
   * Layers of registries that have a table of contents (eStargz, zstd:chunked) are read by it, and only as far as the probe
   * wants. That trusts whoever built the image: a table can hide what the tar holds, and most runtimes unpack the tar.
   */
  lazy?: boolean | undefined;
  /** Where DOCKER_HOST, DOCKER_CONFIG, HTTPS_PROXY and the like are looked up. Default: the process's environment. */
  env?: Environment | undefined;
  /** Told of layers and bytes as they are read. */
  progress?: ReadProgress | undefined;
}

/** What becomes of a platform. */
export interface PlatformUse<T> {
  /**
   * What is known of a platform from before. It counts where the layers have the same digests as then, and they are not
   * unpacked; otherwise, and when it is absent or undefined, they are read.
   */
  recall?: ((platform: PlatformIdentity) => Recalled<T> | undefined) | undefined;
  /** Called for each platform whose layers were read and verified. */
  read: (platform: ImagePlatform) => T;
}

/** What tells two platforms apart: the config names the digests of all uncompressed layers. */
export type PlatformIdentity = Pick<ImagePlatform, "platform" | "configDigest">;

/** Something that is known of a platform. */
export interface Recalled<T> {
  result: T;
  /** Digests of its layers as stored, which were then compared with the config. */
  layers: readonly string[];
}

/** An image with what became of its platforms. */
export interface UsedImage<T> extends Pick<OpenedImage, "reference" | "digest"> {
  platforms: { platform: string; result: T /** On the source: sentences. */; notes: string[] }[];
}

interface Reading extends ScanOptions {
  /** For layers that are read a second time, which were counted the first time. */
  again: ReadBudget;
  deadline: Deadline;
}

/** zlib works on threads of its own, so two layers at a time fill two cores; more would only cost memory. */
const LAYERS_AT_ONCE = 2;

/**
 * Reads images: every platform of every image that the reference names, each with its merged file tree. Digests of
 * manifests, configs and layers, and the digests of uncompressed layers, are always compared. A layer that several
 * platforms share is read once. Nothing is written to disk.
 *
 * A layer is read a second time in one case: a hard link gives a file a name under which the probe wants its content, while
 * under its first name nothing was kept of it (see ContentSink.byName and byPlace).
 * @param reference as parseReference understands it
 * @throws UserError when anything of what was asked for cannot be read: one line with the reference in front
 */
export async function openImages(reference: string, options: OpenOptions): Promise<OpenedImage[]> {
  const images = await useImages(reference, options, { read: (platform) => platform });
  return images.map(({ reference, digest, platforms }) => ({
    reference,
    digest,
    platforms: platforms.map(({ result, notes }) => ({ ...result, notes: [...notes, ...result.notes] })),
  }));
}

/**
 * The same for a caller that wants something smaller than the tree of each platform, and that may know some platforms from
 * before. The notes of a platform that `read` is given are those on its layers; those on the source are in the result.
 * @throws UserError as {@link openImages}
 */
export async function useImages<T>(
  reference: string,
  options: OpenOptions,
  use: PlatformUse<T>,
): Promise<UsedImage<T>[]> {
  const limits = { ...defaultLimits, ...options.limits };
  const { probe, progress } = options;
  const deadline = options.deadline ?? createDeadline(limits);
  const scanOptions: Reading = {
    probe,
    limits,
    budget: createBudget(limits),
    again: createBudget(limits),
    deadline,
    signal: deadline.signal,
    progress,
  };
  const asked = (options.platforms ?? []).map(parsePlatform);
  const parsed = parseReference(reference, pathExists);
  try {
    const { store, images, name } = await openSource(parsed, scanOptions, {
      env: options.env ?? process.env,
      credentials: options.credentials,
      insecureRegistries: options.insecureRegistries,
      lazy: options.lazy,
      platforms: asked,
    });
    try {
      const picked = pickImages(images, name);
      const several = images.length > 1 && name === undefined;
      const chosen = picked.map((image) => ({
        reference: several ? `${reference}#${displayName(image)}` : reference,
        digest: image.digest,
        ...choosePlatforms(image, asked),
      }));
      return await readImages(store, chosen, scanOptions, use);
    } finally {
      await store.close();
    }
  } catch (error) {
    const hint = describeTagHint(parsed);
    // What was read at that moment reports no more than that it was stopped.
    const located = locate(deadline.signal.aborted ? deadline.signal.reason : error, reference);
    throw hint !== "" && located instanceof UserError && !isLimit(located)
      ? new UserError(`${located.message}${hint}`)
      : located;
  }
}

interface ChosenImage {
  /** By which it alone is meant. */
  reference: string;
  digest: string;
  platforms: ReadablePlatform[];
  /** On the image. */
  notes: string[];
}

async function readImages<T>(
  store: BlobStore,
  chosen: ChosenImage[],
  options: Reading,
  { recall, read }: PlatformUse<T>,
): Promise<UsedImage<T>[]> {
  const all = new Set(chosen.flatMap(({ platforms }) => platforms));
  if (all.size > options.limits.platforms) throw exceeded("platforms", options.limits);
  const known =
    recall === undefined ? new Map<ReadablePlatform, T>() : await recallPlatforms(store, all, recall, options);
  const unknown = [...all].filter((platform) => !known.has(platform));
  const scans = await scanLayers(
    store,
    unknown.flatMap((platform) => platform.layers),
    options,
  );
  const used: UsedImage<T>[] = [];
  for (const { reference, digest, platforms, notes } of chosen) {
    const results: UsedImage<T>["platforms"] = [];
    for (const platform of platforms) {
      const result = known.get(platform) ?? read(await readPlatform(store, platform, scans, options));
      options.deadline.check();
      results.push({ platform: platform.platform, result, notes: [...notes, ...platform.notes] });
    }
    used.push({ reference, digest, platforms: results });
  }
  return used;
}

/**
 * The platforms that are known from before. A manifest may name a config that is known beside layers that are not the
 * config's: nothing but their digests tells.
 */
async function recallPlatforms<T>(
  store: BlobStore,
  platforms: Iterable<ReadablePlatform>,
  recall: NonNullable<PlatformUse<T>["recall"]>,
  { signal }: ScanOptions,
): Promise<Map<ReadablePlatform, T>> {
  const digests = new Map<string, string | undefined>();
  async function has({ blob, digest }: SourceLayer, expected: string): Promise<boolean> {
    const algorithm = parseDigest(expected)?.algorithm;
    if (algorithm === undefined || (digest !== undefined && digest !== expected)) return false;
    const key = `${algorithm} ${blob}`;
    if (!digests.has(key)) digests.set(key, await store.digestOf(blob, algorithm, signal));
    return digests.get(key) === expected;
  }
  const known = new Map<ReadablePlatform, T>();
  for (const platform of platforms) {
    const { layers } = platform;
    // That a layer has a table of contents only the manifest says.
    const recalled = layers.every(({ toc }) => toc === undefined) ? recall(platform) : undefined;
    if (recalled === undefined || recalled.layers.length !== layers.length) continue;
    let isSame = true;
    for (const [i, layer] of layers.entries()) isSame &&= await has(layer, recalled.layers[i] ?? "");
    if (isSame) known.set(platform, recalled.result);
  }
  return known;
}

/** @throws UserError for a platform that is asked for and not there, or there and not whole */
function choosePlatforms(image: SourceImage, asked: string[]): { platforms: ReadablePlatform[]; notes: string[] } {
  const isAsked = (platform: string) => asked.length === 0 || asked.some((one) => matchesPlatform(platform, one));
  const notes = [...image.notes];
  const platforms: ReadablePlatform[] = [];
  for (const one of asked) {
    if (image.platforms.some(({ platform }) => matchesPlatform(platform, one))) continue;
    const known = image.platforms.map(({ platform }) => quotePlain(platform)).join(", ");
    throw new UserError(`${quotePlain(displayName(image))} has no ${one}; it has ${known || "no platform at all"}`);
  }
  for (const platform of image.platforms) {
    if (!isAsked(platform.platform)) continue;
    if (!isBroken(platform)) platforms.push(platform);
    else if (asked.length === 0 && platform.optional === true)
      notes.push(`${quotePlain(platform.platform)} was not inspected: ${platform.problem.message}`);
    else throw platform.problem;
  }
  if (platforms.length === 0) throw new UserError(`${quotePlain(displayName(image))} holds no image`);
  return { platforms, notes };
}

/** Reads each layer once, whatever the number of platforms it is part of. */
async function scanLayers(
  store: BlobStore,
  layers: SourceLayer[],
  options: ScanOptions,
): Promise<Map<string, CheckedScan>> {
  const distinct = [...new Map(layers.map((layer) => [keyOf(layer), layer])).values()];
  options.progress?.found(distinct.length);
  const scans = await mapConcurrently(distinct, LAYERS_AT_ONCE, async (layer, signal) => {
    const signals = options.signal === undefined ? [signal] : [signal, options.signal];
    const scan = await scanOne(store, layer, { ...options, signal: AbortSignal.any(signals) });
    options.progress?.layer();
    return scan;
  });
  return new Map(distinct.map((layer, i) => [keyOf(layer), scans[i] as CheckedScan]));
}

/** A layer is compared with the table that a manifest names, and two manifests may name two. */
function keyOf({ blob, toc }: SourceLayer): string {
  return toc === undefined ? blob : `${blob} ${JSON.stringify(toc)}`;
}

async function scanOne(store: BlobStore, layer: SourceLayer, options: ScanOptions): Promise<CheckedScan> {
  try {
    const asked = {
      ...options,
      toc: layer.toc,
      digestAlgorithm: layer.digest === undefined ? "sha256" : requireDigest(layer.digest).algorithm,
      diffIdAlgorithm: requireDigest(layer.diffId).algorithm,
    };
    const scan = await store.scan(layer.blob, asked);
    const piece = scan.table?.kind === "unclear" ? scan.table.piece : undefined;
    // How its files are cut is known at its end: what was hashed by then were other pieces.
    return piece === undefined
      ? scan
      : await store.scan(layer.blob, { ...asked, piece, budget: createBudget(options.limits) });
  } catch (error) {
    throw locate(error, describeLayer(layer));
  }
}

async function readPlatform(
  store: BlobStore,
  platform: ReadablePlatform,
  scans: Map<string, CheckedScan>,
  options: Reading,
): Promise<ImagePlatform> {
  const layers = platform.layers.map((layer) => {
    const scan = scans.get(keyOf(layer)) as CheckedScan;
    verify(layer, scan);
    return { source: layer, scan };
  });
  const merged = mergeLayers(
    layers.map(({ scan }) => scan),
    options,
  );
  await readAliases(store, layers, merged.aliases, options);
  const doubts = [...layers.flatMap(({ scan }) => describeDoubt(scan)), ...merged.doubts];
  return {
    platform: platform.platform,
    configDigest: platform.configDigest,
    config: platform.config,
    layers: layers.map(({ source, scan }) => ({
      digest: scan.digest,
      diffId: source.diffId,
      mediaType: source.mediaType || mediaTypes[scan.compression],
      ...(scan.partial === undefined ? {} : { partial: scan.partial }),
    })),
    tree: merged.tree,
    ...(doubts.length === 0 ? {} : { doubts }),
    notes: [
      ...layers.flatMap(({ scan }) => describeReading(scan)),
      ...merged.doubts.map(({ fact, reason }) => `${fact}: ${reason}`),
      ...merged.notes,
    ],
  };
}

/** What was verified of a layer, where it is not the usual two digests or could have been otherwise. */
function describeReading(scan: CheckedScan): string[] {
  const { digest, partial, whole, table } = scan;
  const doubts = describeDoubt(scan).map(({ fact, reason }) => `${fact}: ${reason}`);
  if (table?.kind === "useless")
    doubts.push(`the manifest names a table of contents of layer ${digest} that nobody can read it by: ${table.how}`);
  if (partial !== undefined) {
    const { format, toc, chunks, bytesRead, size } = partial;
    const part = Math.ceil((bytesRead / size) * 100);
    const parts = chunks === 1 ? "1 chunk" : `${chunks} chunks`;
    return [
      `layer ${digest} was read by its table of contents (${format}, ${part} % of its bytes): verified are the table (${toc}) and ${parts} of files by their digests, not the digests of the layer and of its tar`,
    ];
  }
  if (whole === undefined) return doubts;
  return [...doubts, `layer ${digest} was read whole, its digest and that of its tar verified, because ${whole}`];
}

const ELSEWHERE =
  "podman and CRI-O where they pull parts of layers, and containerd's stargz snapshotter, run what the table says, others the tar";

/** Two runtimes would run different files, or may. */
function describeDoubt({ digest, table }: CheckedScan): { fact: string; reason: string }[] {
  if (table === undefined || table.kind === "same" || table.kind === "useless") return [];
  const how =
    table.kind === "differs"
      ? "its table of contents is not that of its tar"
      : "its table of contents could not be compared with its tar";
  return [{ fact: `which files of layer ${digest} are run`, reason: `${how}: ${table.how}; ${ELSEWHERE}` }];
}

/** Where the source states none (docker save), what the bytes are. */
const mediaTypes = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
};

function verify(layer: SourceLayer, scan: CheckedScan): void {
  if (layer.digest !== undefined && scan.digest !== layer.digest)
    throw new UserError(`${describeLayer(layer)}: its bytes have another digest: ${scan.digest}`);
  if (scan.partial === undefined && scan.diffId !== layer.diffId)
    throw new UserError(
      `${describeLayer(layer)}: its uncompressed bytes have the digest ${scan.diffId}, the image config says ${layer.diffId}`,
    );
}

function describeLayer({ digest, blob }: SourceLayer): string {
  return `layer ${digest ?? quote(blob)}`;
}

/** Reads the content of files that the probe wants only under the name that a hard link gave them. */
async function readAliases(
  store: BlobStore,
  layers: { source: SourceLayer; scan: CheckedScan }[],
  aliases: Alias[],
  options: Reading,
): Promise<void> {
  const wanted = aliases.filter(({ files, file, path }) => {
    const { size, mode, xattrs, content } = files.peek(file);
    if (content !== undefined) return false;
    const sink = options.probe({ path, size, mode, xattrs });
    if (sink === undefined) return false;
    return sink.byName === true || !files.isShown(file, sink.byPlace);
  });
  for (const files of new Set(wanted.map((alias) => alias.files))) {
    const layer = layers.find(({ scan }) => scan.files === files);
    if (layer === undefined) throw new Error(`no layer ${files.layer}`);
    await readAliasesOf(store, layer, bestNames(files, wanted, options.probe), options);
  }
}

/** One name for each file of a layer: the last by which it is wanted, else the last that makes it worth a look. */
function bestNames(files: FileTable, wanted: Alias[], probe: ContentProbe): Map<number, string> {
  const names = new Map<number, { path: string; byName: boolean }>();
  for (const { file, path } of wanted.filter((alias) => alias.files === files)) {
    const { size, mode, xattrs } = files.peek(file);
    const byName = probe({ path, size, mode, xattrs })?.byName === true;
    if (byName || names.get(file)?.byName !== true) names.set(file, { path, byName });
  }
  return new Map([...names].map(([file, { path }]) => [file, path]));
}

/** @param names by the number of the file in the layer */
async function readAliasesOf(
  store: BlobStore,
  { source, scan }: { source: SourceLayer; scan: CheckedScan },
  names: Map<number, string>,
  options: Reading,
): Promise<void> {
  const paths = new Map<string, string>();
  scan.entries.forEach((directory, name, value) => {
    const alias = typeof value === "number" ? names.get(value) : undefined;
    if (alias !== undefined) paths.set(`${directory}/${name}`, alias);
  });
  const probe: ContentProbe = (file) => {
    const path = paths.get(file.path);
    return path === undefined ? undefined : options.probe({ ...file, path });
  };
  const again = await scanOne(store, source, { ...options, probe, budget: options.again });
  verify(source, again);
  if ((scan.partial === undefined) !== (again.partial === undefined))
    throw new UserError(
      `${describeLayer(source)}: its server gives parts of it no longer: read it whole, without lazy`,
    );
  if (again.table !== undefined && again.table.kind !== "same") scan.table = again.table;
  for (const file of names.keys()) scan.files.setContent(file, again.files.peek(file).content);
}

/** Platform and image names are controlled by the image. */
function quotePlain(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : quote(text);
}
