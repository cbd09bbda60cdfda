import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";

/** What descriptors and configs say about the machine an image is for; any of it may be missing. */
export interface StatedPlatform {
  os?: string | undefined;
  architecture?: string | undefined;
  variant?: string | undefined;
}

/**
 * Other spellings of architectures, and what they say of the variant. Runtimes take them for the usual ones, and choose an
 * image of an index by them.
 * Source: https://github.com/containerd/platforms/blob/v1.0.0-rc.5/database.go
 */
const ARCHITECTURES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  i386: { architecture: "386", variant: "" },
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" },
};

/** Other spellings of variants; of some architectures the usual one is left out, of arm it is the one that is meant. Same source. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { v1: "" },
  arm64: { "8": "", v8: "", "v8.0": "", "9": "v9", "9.0": "v9", "v9.0": "v9" },
  arm: { "": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8" },
};

/** The usual spelling, by which runtimes compare platforms. An operating system or architecture that is not stated stays so. */
export function normalisePlatform({ os, architecture, variant }: StatedPlatform): StatedPlatform {
  const system = os?.toLowerCase();
  const written = architecture?.toLowerCase() ?? "";
  const known = find(ARCHITECTURES, written) ?? { architecture: written };
  const writtenVariant = known.variant ?? variant?.toLowerCase() ?? "";
  return {
    os: system === "macos" ? "darwin" : system,
    architecture: known.architecture,
    variant: find(find(VARIANTS, known.architecture) ?? {}, writtenVariant) ?? writtenVariant,
  };
}

function find<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** `os/architecture[/variant]` in the usual spelling; what is not stated is `unknown`. */
export function formatPlatform(stated: StatedPlatform): string {
  const { os, architecture, variant } = normalisePlatform(stated);
  const base = `${os || "unknown"}/${architecture || "unknown"}`;
  return variant ? `${base}/${variant}` : base;
}

/** Brings a platform that a user asks for into the form of {@link formatPlatform}. */
export function parsePlatform(text: string): string {
  const match = /^([a-z0-9]+)\/([a-z0-9_-]+)(?:\/([a-z0-9.]+))?$/i.exec(text.trim());
  if (match === null)
    throw new UserError(`${quote(text)} is not a platform: expected os/architecture, e.g. linux/arm64`);
  const [, os = "", architecture = "", variant] = match;
  const platform = formatPlatform({ os, architecture, variant });
  // Without a variant any is meant.
  return variant === undefined && architecture.toLowerCase() === "arm" ? platform.replace(/\/v7$/, "") : platform;
}

/** True when the image's platform is the one asked for; asking without a variant takes any. */
export function matchesPlatform(platform: string, asked: string): boolean {
  return platform === asked || platform.startsWith(`${asked}/`);
}
