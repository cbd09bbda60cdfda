import * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import { firstMismatch } from "../model/first-mismatch.ts";
import type { ImageConfig } from "../model/image.ts";
import { digestOf, requireDigest } from "./digest.ts";
import { AbsentPart, quote } from "./errors.ts";
import { findDoubleMeaning, findExcess, nameFields } from "./go-json.ts";
import type { BlobStore } from "./store.ts";

/** The JSON documents of images, as far as they are read. Unknown fields are left aside. */

const maybeStrings = z.optional(z.nullable(z.array(z.string())));
const maybeString = z.optional(z.nullable(z.string()));

const platformSchema = z.object({ os: maybeString, architecture: maybeString, variant: maybeString });

const descriptorSchema = z.object({
  mediaType: maybeString,
  digest: z.string(),
  size: z.optional(z.nullable(z.number())),
  platform: z.optional(z.nullable(platformSchema)),
  annotations: z.optional(z.nullable(z.record(z.string(), z.string()))),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

/** `null` is what Docker 25 and later write for an image saved without a name. */
export const indexSchema = z.object({
  mediaType: maybeString,
  manifests: z.optional(z.nullable(z.array(descriptorSchema))),
});

/** What tells an index, a manifest, a manifest of schema 1 and one of artifacts (a draft of OCI 1.1) apart. */
export const kindSchema = z.object({
  mediaType: z.optional(z.unknown()),
  artifactType: z.optional(z.unknown()),
  manifests: z.optional(z.unknown()),
  config: z.optional(z.unknown()),
  layers: z.optional(z.unknown()),
  fsLayers: z.optional(z.unknown()),
});

export const manifestSchema = z.object({
  mediaType: maybeString,
  schemaVersion: z.optional(z.number()),
  artifactType: maybeString,
  config: descriptorSchema,
  layers: z.nullable(z.array(descriptorSchema)),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Entrypoint and Cmd may be one string in old configs. */
const commandSchema = z.optional(z.nullable(z.union([z.string(), z.array(z.string())])));

export const configSchema = z.object({
  os: maybeString,
  architecture: maybeString,
  variant: maybeString,
  config: z.optional(
    z.nullable(z.object({ Env: maybeStrings, Entrypoint: commandSchema, Cmd: commandSchema, User: maybeString })),
  ),
  rootfs: z.object({ diff_ids: z.optional(z.nullable(z.array(z.string()))) }),
});
export type ConfigDocument = z.infer<typeof configSchema>;

/** manifest.json of `docker save`. */
export const dockerManifestSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: maybeStrings,
    Layers: z.nullable(z.array(z.string())),
  }),
);
export type DockerManifestItem = z.infer<typeof dockerManifestSchema>[number];

/**
 * Parses a document.
 * @param what how an error calls it
 */
export function parseDocument<T extends z.ZodMiniType>(data: Uint8Array, schema: T, what: string): z.infer<T> {
  const text = Buffer.from(data).toString("utf8");
  const excess = findExcess(text);
  if (excess !== undefined) throw new UserError(`${what} ${excess}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${what} is not valid JSON`);
  }
  const doubled = findDoubleMeaning(text);
  if (doubled !== undefined) throw new UserError(`${what} ${doubled}`);
  const fields = withGoNames(value, schema, what);
  const wrong = firstMismatch(fields, schema);
  if (wrong === undefined) return schema.parse(fields);
  const at = wrong.path.length === 0 ? "" : ` at ${quote(wrong.path.join("."))}`;
  throw new UserError(`${what} does not have the expected form${at}: ${wrong.problem}`);
}

function withGoNames(value: unknown, schema: z.ZodMiniType, what: string): unknown {
  try {
    return nameFields(value, schema);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${what} ${error.message}`) : error;
  }
}

/**
 * Reads a blob of an OCI layout and compares its digest.
 * @param what what the blob is, for the error when it is missing
 */
export async function readBlob(store: BlobStore, digest: string, what: string): Promise<Buffer> {
  const { algorithm } = requireDigest(digest);
  const data = await store.readDocument(blobName(digest));
  if (data === undefined) throw new AbsentPart(`blob ${digest} is missing (${what})`);
  const actual = digestOf(data, algorithm);
  if (actual !== digest) throw new UserError(`blob ${digest} (${what}) has another digest: ${actual}`);
  return data;
}

/** The path of a blob in an OCI layout. Only real digests give one, so no name leads elsewhere. */
export function blobName(digest: string): string {
  const { algorithm, hex } = requireDigest(digest);
  return `blobs/${algorithm}/${hex}`;
}

/**
 * How the image runs, from its config.
 * @throws UserError for a variable that is set and taken away at once
 */
export function toImageConfig(document: ConfigDocument): ImageConfig {
  const config = document.config;
  // As Docker reads it (api/types/strslice): one word, whatever is in it. containerd reads no such config.
  const toList = (command: string | string[] | null | undefined) =>
    typeof command === "string" ? [command] : (command ?? []);
  return {
    env: readVariables(config?.Env ?? []),
    entrypoint: toList(config?.Entrypoint),
    cmd: toList(config?.Cmd),
    user: config?.User ?? "",
  };
}

/** Without a `=` Docker takes a variable away that was set before (container/env.go); others do not, or fail. */
function readVariables(env: string[]): string[] {
  const bare = env.find((entry) => !entry.includes("=") && env.some((other) => other.startsWith(`${entry}=`)));
  if (bare !== undefined)
    throw new UserError(`the image config sets the variable ${quote(bare)} and takes it away: runtimes differ in that`);
  return env;
}
