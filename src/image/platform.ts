import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";

/** What descriptors and configs say about the machine an image is for; any of it may be missing. */
export interface StatedPlatform {
  os?: string | undefined;
  architecture?: string | undefined;
  variant?: string | undefined;
}

/** `os/architecture[/variant]`; what is not stated is `unknown`. arm64 has one variant in practice, so v8 is left out. */
export function formatPlatform({ os, architecture, variant }: StatedPlatform): string {
  const base = `${os || "unknown"}/${architecture || "unknown"}`;
  return !variant || (architecture === "arm64" && variant === "v8") ? base : `${base}/${variant}`;
}

/** Brings a platform that a user asks for into the form of {@link formatPlatform}. */
export function parsePlatform(text: string): string {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text.trim());
  if (match === null)
    throw new UserError(`${quote(text)} is not a platform: expected os/architecture, e.g. linux/arm64`);
  const aliases: Record<string, string> = { x86_64: "amd64", aarch64: "arm64", armhf: "arm" };
  const architecture = match[2] ?? "";
  return formatPlatform({ os: match[1], architecture: aliases[architecture] ?? architecture, variant: match[3] });
}

/** True when the image's platform is the one asked for; asking without a variant takes any. */
export function matchesPlatform(platform: string, asked: string): boolean {
  return platform === asked || platform.startsWith(`${asked}/`);
}
