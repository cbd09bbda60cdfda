import type { UserError } from "../model/error.ts";
import type { ImageConfig } from "../model/image.ts";
import type { TocPointer } from "./toc/pointer.ts";

/** What a source says about its images before any layer is read. */
export interface SourceImage {
  /** Tags and names; the first one is shown. */
  names: string[];
  /** Of the manifest or index when there is one, otherwise of the config. */
  digest: string;
  platforms: SourcePlatform[];
  notes: string[];
}

export interface SourceLayer {
  /** Its name in the store. */
  blob: string;
  /** What it must have, when the source says so. */
  digest?: string | undefined;
  diffId: string;
  mediaType: string;
  /** Tables of contents that the manifest names in it. Absent: none. */
  toc?: readonly TocPointer[] | undefined;
}

export interface ReadablePlatform {
  platform: string;
  configDigest: string;
  config: ImageConfig;
  layers: SourceLayer[];
  notes: string[];
}

/** A platform that the source names and does not hold whole. */
export interface BrokenPlatform {
  platform: string;
  problem: UserError;
  configDigest?: string | undefined;
  /** The source is known to name platforms that it leaves out: only asking for this one makes it an error. */
  optional?: boolean;
}

export type SourcePlatform = ReadablePlatform | BrokenPlatform;

/** True when the platform cannot be read. */
export function isBroken(platform: SourcePlatform): platform is BrokenPlatform {
  return "problem" in platform;
}
