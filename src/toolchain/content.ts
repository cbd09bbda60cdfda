import type { GoBuild } from "./binaries/go.ts";
import type { Identity } from "./binaries/identify.ts";
import type { PackageEntry } from "./packages/types.ts";
import type { ScriptFacts } from "./scripts.ts";

/** What the probe keeps of a file: the value of {@link FileNode.content}. Small facts only, never a body. */
export type ProbedContent = PackagesContent | FileListContent | TextContent | ScriptContent | BinaryContent;

/** A package database: `lib/apk/db/installed`, `var/lib/dpkg/status`, one file of `status.d`. */
export interface PackagesContent {
  kind: "packages";
  database: "apk" | "dpkg";
  packages: PackageEntry[];
  /** Why records may be missing from `packages`; empty when the database is whole. */
  problems: string[];
}

/** Files of one dpkg package (`info/NAME.list`, `status.d/NAME.md5sums`), those worth knowing only. */
export interface FileListContent {
  kind: "file-list";
  files: string[];
  problems: string[];
}

/** A small text kept as it is: `os-release`. */
export interface TextContent {
  kind: "text";
  text: string;
}

export interface ScriptContent {
  kind: "script";
  script: ScriptFacts;
}

/** An ELF file that is one of the tools or libraries, is named like one, or is a Go program. */
export interface BinaryContent {
  kind: "binary";
  /** GOARCH-like name of the machine. */
  architecture?: string;
  /** Shared libraries it asks for by name. */
  needed: string[];
  /** Where it looks for them first. */
  runpath?: string[];
  identity?: Identity;
  go?: GoBuild;
  /** Generation of the iptables-wrapper, when it is that Go program. */
  wrapper?: string;
  /** Packed by UPX: nothing more can be read. */
  packed?: boolean;
  /** Why it could not be read whole. */
  problem?: string;
}

/** The probe's result in a tree node; undefined when the probe kept nothing of the file. */
export function probedContent(content: unknown): ProbedContent | undefined {
  return typeof content === "object" && content !== null && "kind" in content ? (content as ProbedContent) : undefined;
}
