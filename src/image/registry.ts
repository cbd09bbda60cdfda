import type { Environment } from "../model/environment.ts";
import { UserError } from "../model/error.ts";
import { digestOf, parseDigest, requireDigest } from "./digest.ts";
import type { LayerScan, ScanOptions } from "./layer.ts";
import { type ReadBudget, spend } from "./limits.ts";
import { readOciDigest } from "./oci-index.ts";
import { matchesPlatform } from "./platform.ts";
import { readRegistryBlob, readRegistryRange } from "./registry-blob.ts";
import { createRegistryClient, type RegistryClient, type RegistryRequest } from "./registry-client.ts";
import type { RegistryCredentials } from "./registry-credentials.ts";
import { parseRegistryName } from "./registry-name.ts";
import type { SourceImage } from "./source-image.ts";
import type { BlobStore } from "./store.ts";
import { findTocPointers, type TocPointer } from "./toc/pointer.ts";
import { TocProblem } from "./toc/problem.ts";
import { scanByToc } from "./toc/scan.ts";
import { scanWhole } from "./toc/whole.ts";

/** How servers are reached, and what for. */
export interface Access {
  /** Where DOCKER_CONFIG, DOCKER_HOST, HTTPS_PROXY, ... are looked up. */
  env: Environment;
  credentials?: RegistryCredentials | undefined;
  /** Registries, `HOST[:PORT]`, that may be spoken to without TLS where they have none. */
  insecureRegistries?: readonly string[] | undefined;
  /** Layers that have a table of contents are read by it, as far as is needed. */
  lazy?: boolean | undefined;
  /** Platforms asked for, as {@link matchesPlatform} takes them; all when empty. */
  platforms: readonly string[];
}

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/**
 * Opens an image of a registry. Of an index only the platforms asked for are looked at: registries count requests. The
 * caller closes the store.
 * @param text the name behind `docker://`
 * @throws UserError when the registry does not give it, saying what to do
 */
export async function openRegistry(
  text: string,
  options: ScanOptions,
  { env, credentials, insecureRegistries, lazy = false, platforms }: Access,
): Promise<{ store: BlobStore; images: SourceImage[] }> {
  const name = parseRegistryName(text);
  const client = await createRegistryClient(name, {
    limits: options.limits,
    env,
    credentials,
    insecureRegistries,
    signal: options.signal,
  });
  try {
    const store = createRegistryStore(client, options, lazy);
    const root = await store.resolve();
    const isAsked = (platform: string) =>
      platforms.length === 0 || platforms.some((one) => matchesPlatform(platform, one));
    const image = await readOciDigest(store, root, options, isAsked);
    const separator = name.digest === undefined ? ":" : "@";
    const shown = `${name.host}/${name.repository}${separator}${name.reference}`;
    return { store, images: [{ ...image, names: [shown] }] };
  } catch (error) {
    client.close();
    throw error;
  }
}

/**
 * A registry as a store of blobs by digest. It keeps manifests apart from other blobs, under another address: what an index
 * lists is a manifest, what a manifest lists is not.
 */
function createRegistryStore(client: RegistryClient, { limits, budget }: ScanOptions, lazy: boolean) {
  const manifests = new Set<string>();
  /** Each blob that a manifest named. */
  const blobs = new Map<string, NotedBlob>();
  /** Layers that were read whole, and why: they stay so. */
  const whole = new Map<string, string>();
  let root: { digest: string; data: Buffer } | undefined;

  async function read(request: RegistryRequest) {
    const result = await client.read(request, limits.jsonBytes);
    spend(budget, "documentBytes", result.data.length, limits);
    return result;
  }

  async function readManifest(reference: string) {
    const what = `manifest ${reference}`;
    const result = await read({ path: `manifests/${reference}`, what, headers: { accept: MANIFEST_TYPES.join(", ") } });
    refuseOtherType(what, result.answer.header("content-type"), result.data);
    return result;
  }

  /** Finds the digest behind the name. */
  async function resolve(): Promise<string> {
    const { digest, reference } = client.name;
    const { data, answer } = await readManifest(reference);
    // Beside a tag there is only the header to compare with, and not every registry sends it.
    const stated = digest ?? answer.header("docker-content-digest") ?? "";
    const actual = digestOf(data, parseDigest(stated)?.algorithm);
    if (parseDigest(stated) !== undefined && stated !== actual)
      throw new UserError(`manifest ${reference} has another digest than ${stated}: ${actual}`);
    root = { digest: actual, data };
    note(data);
    manifests.add(actual);
    return actual;
  }

  /** Learns from a document which digests are manifests and how large blobs are. */
  function note(data: Buffer): void {
    const document = parseLoosely(data);
    for (const { digest } of listDescriptors(document, "manifests")) manifests.add(digest);
    for (const { digest, size, pointer } of [
      ...listDescriptors(document, "layers"),
      ...listDescriptors(document, "config"),
    ]) {
      const known = blobs.get(digest);
      // Manifests that disagree on a table give none.
      const isSame = known === undefined || JSON.stringify(known.pointer) === JSON.stringify(pointer);
      blobs.set(digest, { size: size ?? known?.size, pointer: isSame ? pointer : undefined });
    }
  }

  /** Reads what is needed of a layer; undefined when it has to be read whole. */
  async function scanPart(digest: string, options: ScanOptions): Promise<LayerScan | undefined> {
    const { size, pointer } = blobs.get(digest) ?? {};
    if (!lazy || size === undefined || pointer === undefined || whole.has(digest)) return undefined;
    // What it takes counts only when it succeeds: otherwise all is read again.
    const budget = { ...options.budget };
    const start = { ...budget };
    try {
      const read = (from: number, length: number) =>
        readRegistryRange(client, digest, { from, length, signal: options.signal });
      const scan = await scanByToc({ digest, size, pointer }, read, { ...options, budget });
      for (const key of Object.keys(start) as (keyof ReadBudget)[]) {
        options.budget[key] -= start[key] - budget[key];
        if (options.budget[key] < 0) throw new TocProblem("the image exceeds a limit");
      }
      return scan;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof TocProblem) && !(error instanceof UserError)) throw error;
      whole.set(digest, error.message);
      return undefined;
    }
  }

  const store: BlobStore & { resolve(): Promise<string> } = {
    resolve,
    // Asking for each layer whether it is there would cost a request each; reading it tells.
    has: async (blob) => toDigest(blob) !== undefined && blobs.has(toDigest(blob) ?? ""),
    async readDocument(blob) {
      const digest = toDigest(blob);
      if (digest === undefined) return undefined;
      if (digest === root?.digest) return root.data;
      if (!manifests.has(digest)) return (await read({ path: `blobs/${digest}`, what: `blob ${digest}` })).data;
      const { data } = await readManifest(digest);
      if (digestOf(data, requireDigest(digest).algorithm) === digest) note(data);
      return data;
    },
    digestOf: async (blob) => toDigest(blob),
    async scan(blob, options) {
      const digest = toDigest(blob);
      if (digest === undefined) throw new Error(`no digest: ${blob}`);
      const part = await scanPart(digest, options);
      if (part !== undefined) return part;
      const scan = await scanWhole(readRegistryBlob(client, digest, blobs.get(digest)?.size, options.signal), options);
      const reason = whole.get(digest);
      return reason === undefined ? scan : { ...scan, whole: reason };
    },
    close: async () => client.close(),
  };
  return store;
}

/** Programs take a manifest for what its server calls it, or for what it calls itself (CVE-2021-41190). */
function refuseOtherType(what: string, header: string | undefined, data: Buffer): void {
  const served = header?.split(";")[0]?.trim().toLowerCase() ?? "";
  const own: unknown = parseLoosely(data).mediaType;
  const isKnown = MANIFEST_TYPES.includes(served) && typeof own === "string" && MANIFEST_TYPES.includes(own);
  if (isKnown && own !== served)
    throw new UserError(
      `${what} calls itself ${own}, its registry calls it ${served}: programs differ in which of them counts`,
    );
}

/** What is wrong in a document others say. */
function parseLoosely(data: Buffer): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(data.toString("utf8"));
    return typeof document === "object" && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `blobs/sha256/HEX` -> `sha256:HEX`. */
function toDigest(blob: string): string | undefined {
  const [, algorithm, hex] = /^blobs\/(\w+)\/(\w+)$/.exec(blob) ?? [];
  const digest = `${algorithm}:${hex}`;
  return parseDigest(digest) === undefined ? undefined : digest;
}

/** What a manifest says of a blob. */
interface NotedBlob {
  /** Bytes. */
  size: number | undefined;
  pointer: TocPointer | undefined;
}

function listDescriptors(document: Record<string, unknown>, field: string): (NotedBlob & { digest: string })[] {
  const value: unknown = document[field];
  return (Array.isArray(value) ? value : [value]).flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null) return [];
    const { digest, size, annotations } = item as Record<string, unknown>;
    if (typeof digest !== "string") return [];
    const isSize = typeof size === "number" && Number.isSafeInteger(size) && size >= 0;
    return [{ digest, size: isSize ? size : undefined, pointer: findTocPointers(toTexts(annotations))[0] }];
  });
}

function toTexts(annotations: unknown): Record<string, string> {
  if (typeof annotations !== "object" || annotations === null) return {};
  const texts = Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts);
}
