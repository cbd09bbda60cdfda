/**
 * Bounds on what an image may make us read or keep. An image comes from a pull request, so every size in it is a claim.
 * Exceeding one is a UserError that names the limit; nothing is cut silently.
 */
export interface ReadLimits {
  /** Entries of all layers together. One entry keeps roughly 300 bytes. */
  entries: number;
  /** Uncompressed bytes of all layers together, holes of sparse files included. */
  uncompressedBytes: number;
  /** Bytes of one path or link target. */
  pathBytes: number;
  /** Bytes of one extended header (PAX records, GNU long name, sparse map). */
  headerBytes: number;
  /** Bytes of one JSON document: index, manifest, config, manifest.json. */
  jsonBytes: number;
  /** Files in one archive, and descriptors in all its indexes together. */
  members: number;
  /** Layers of one platform. */
  layers: number;
  /** Levels of index inside index. */
  indexDepth: number;
  /** Seconds without a byte after which a registry's connection counts as cut. */
  idleSeconds: number;
  /** Seconds for all that one reference makes us read from a registry or daemon. */
  networkSeconds: number;
}

export const defaultLimits: Readonly<ReadLimits> = {
  // The largest public images (machine learning, CI runners) stay below half a million files and 30 GiB.
  entries: 1_000_000,
  uncompressedBytes: 64 * 2 ** 30,
  // PATH_MAX of Linux: nothing longer can be unpacked there.
  pathBytes: 4096,
  headerBytes: 2 ** 20,
  // What the distribution registry accepts for a manifest.
  jsonBytes: 4 * 2 ** 20,
  members: 100_000,
  // Docker stops at 127; buildah and kaniko do not.
  layers: 1024,
  indexDepth: 8,
  idleSeconds: 60,
  // 10 GB at 3 MB a second.
  networkSeconds: 3600,
};

/** What is left of the limits that span several layers; shared by all readers of one run, counted down. */
export interface ReadBudget {
  entries: number;
  uncompressedBytes: number;
}

/** A full budget. */
export function createBudget(limits: ReadLimits): ReadBudget {
  return { entries: limits.entries, uncompressedBytes: limits.uncompressedBytes };
}
