import { createHash } from "node:crypto";
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/error.ts";
import { firstMismatch } from "../model/first-mismatch.ts";
import { inspectionSchema, type Toolchain } from "../model/toolchain.ts";
import { readIfThere } from "./read-bounded.ts";
import { writeWhole } from "./write-whole.ts";

/**
 * Toolchains of platforms that were inspected before, in a folder of small files, each an inspection as `inspect --format
 * json` prints it. An entry holds for one image config, for layers of the same digests as when they were compared with it, and
 * for one build of this tool: a newer one may see more.
 */
export interface InspectionCache {
  /** @returns undefined when the platform isn't there, or its entry is damaged or of another shape */
  recall(platform: CachedPlatform): CachedInspection | undefined;
  /** Never fails the check for the sake of its speed: what can't be written is told by `problem`. */
  store(platform: CachedPlatform, inspection: CachedInspection): void;
  /** Why an entry could not be written: one sentence, or undefined. */
  problem(): string | undefined;
}

export interface CachedPlatform {
  platform: string;
  /** Digest of the config blob, verified. */
  configDigest: string;
}

/** What is remembered of a platform. */
export interface CachedInspection {
  toolchain: Toolchain;
  /** On its layers. */
  notes: string[];
  /** Digests of its layers as they were stored: an entry says nothing of others. */
  layers: string[];
}

/** Bytes of an entry. */
const ENTRY_SIZE = 4 * 1024 * 1024;
/** Entries kept; the oldest make room. */
const ENTRIES = 500;

/**
 * Opens a cache.
 * @param folder made when the first entry is written
 * @param tool with a version that tells its build from every other
 * @throws UserError when there is something else than a folder
 */
export function openInspectionCache(folder: string, tool: { name: string; version: string }): InspectionCache {
  refuseOther(folder);
  let problem: string | undefined;

  return {
    recall: (platform) => readEntry(join(folder, nameOf(platform, tool)), platform, tool),
    store({ platform, configDigest }, { toolchain, notes, layers }) {
      const images = [{ reference: configDigest, digest: configDigest, platforms: [{ platform, toolchain, notes }] }];
      const text = `${JSON.stringify({ schemaVersion: 1, tool, layers, images })}\n`;
      try {
        writeWhole(join(folder, nameOf({ platform, configDigest }, tool)), text);
        makeRoom(folder);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problem = error.message;
      }
    },
    problem: () => problem,
  };
}

function refuseOther(folder: string): void {
  let isFolder: boolean;
  try {
    isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? true;
  } catch (error) {
    throw new UserError(`${folder}: can't be used for the cache (${(error as NodeJS.ErrnoException).code})`);
  }
  if (!isFolder) throw new UserError(`${folder}: not a folder: name one for the cache, it is made when it isn't there`);
}

/** A name that says nothing of the image's own. */
function nameOf({ platform, configDigest }: CachedPlatform, { version }: { version: string }): string {
  const key = createHash("sha256").update(JSON.stringify([version, platform, configDigest]));
  return `${key.digest("hex")}.json`;
}

/** A cache may hold anything: whatever is not the right entry counts as none. */
function readEntry(
  path: string,
  { platform, configDigest }: CachedPlatform,
  tool: { version: string },
): CachedInspection | undefined {
  const value = parse(path);
  if (typeof value !== "object" || value === null) return undefined;
  if (firstMismatch(value, inspectionSchema) !== undefined) return undefined;
  const inspection = inspectionSchema.parse(value);
  const layers = layersOf(value);
  if (layers === undefined || inspection.tool.version !== tool.version) return undefined;
  const [image] = inspection.images;
  const [entry] = image?.platforms ?? [];
  if (image?.digest !== configDigest || entry?.platform !== platform) return undefined;
  return { toolchain: entry.toolchain, notes: entry.notes ?? [], layers };
}

function layersOf(value: object): string[] | undefined {
  const layers: unknown = "layers" in value ? value.layers : undefined;
  return Array.isArray(layers) && layers.every((digest) => typeof digest === "string") ? layers : undefined;
}

function parse(path: string): unknown {
  try {
    const bytes = readIfThere({ path, shown: path, limit: ENTRY_SIZE, what: "an entry of the cache" });
    return bytes === undefined ? undefined : JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Removes the entries that were written first, when there are too many. Files of other names are not ours. */
function makeRoom(folder: string): void {
  const names = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  if (names.length <= ENTRIES) return;
  const aged = names.flatMap((name) => {
    const status = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return status === undefined ? [] : [{ name, time: status.mtimeMs }];
  });
  aged.sort((a, b) => a.time - b.time);
  for (const { name } of aged.slice(0, aged.length - ENTRIES)) rmSync(join(folder, name), { force: true });
}
