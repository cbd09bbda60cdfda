import type { FileTree, TreeNode } from "../model/image.ts";
import type { VersionNeed } from "./binaries/elf.ts";
import type { ReadExtensions } from "./binaries/extensions.ts";
import type { GoBuild } from "./binaries/go.ts";
import type { Identity } from "./binaries/identify.ts";
import type { SqlitePages } from "./packages/rpm/sqlite.ts";
import type { Claim } from "./packages/spdx.ts";
import type { PackageEntry, PackageFile } from "./packages/types.ts";
import type { ScriptFacts } from "./scripts.ts";

/** What the probe keeps of a file: the value of {@link FileNode.content}. Small facts only, never a body. */
export type ProbedContent =
  | PackagesContent
  | SqliteContent
  | JournalContent
  | FileListContent
  | ClaimsContent
  | TextContent
  | ScriptContent
  | BinaryContent;

/** A package database: `lib/apk/db/installed`, `var/lib/dpkg/status`, one file of `status.d`, rpm's `Packages`. */
export interface PackagesContent {
  kind: "packages";
  database: "apk" | "dpkg" | "rpm";
  packages: PackageEntry[];
  /** Why records may be missing from `packages`; empty when the database is whole. */
  problems: string[];
}

/** rpm's SQLite database, or the write-ahead log beside it: what it holds is known when both are. */
export interface SqliteContent {
  kind: "rpm-sqlite";
  isLog: boolean;
  pages: SqlitePages;
}

/** The rollback journal beside it. */
export interface JournalContent {
  kind: "rpm-journal";
  /** It holds pages that undo a transaction which was cut off. */
  isHot: boolean;
}

/** Files of one dpkg package (`info/NAME.list`, `info/NAME.md5sums`, `status.d/NAME.md5sums`), those worth knowing only. */
export interface FileListContent {
  kind: "file-list";
  files: PackageFile[];
  problems: string[];
}

/** What an SBOM claims of the packages that bring tools. */
export interface ClaimsContent {
  kind: "claims";
  claims: Claim[];
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
  /** The paths are an RPATH. */
  isRpath?: boolean;
  /** Path of its dynamic loader; absent in libraries and static programs. */
  interpreter?: string;
  versionNeeds?: VersionNeed[];
  versionDefinitions?: string[];
  /** Names of the netfilter libraries that it asks for. */
  imports?: string[];
  /** Names that a netfilter library defines; absent where its file does not tell. */
  exports?: string[];
  identity?: Identity;
  /** Of an extension of iptables, and of an iptables that asks for no libxtables. */
  extensions?: ReadExtensions;
  go?: GoBuild;
  /** Generation of the iptables-wrapper, when it is that Go program. */
  wrapper?: string;
  /** Packed by UPX: nothing more can be read. */
  packed?: boolean;
  /** Of its content, for comparison with package records; tools and libraries only. */
  digests?: ContentDigests;
  /** Why it could not be read whole. */
  problem?: string;
}

/** Checksums of a file's content in hexadecimal digits. */
export interface ContentDigests {
  md5: string;
  sha1: string;
  sha256: string;
}

/** What the probe kept of a file; undefined of other nodes, and when it kept nothing. */
export function contentOf(node: TreeNode | undefined): ProbedContent | undefined {
  const content = node?.type === "file" ? node.content : undefined;
  return typeof content === "object" && content !== null && "kind" in content ? (content as ProbedContent) : undefined;
}

/** The small text that was kept of the file at a path, links followed. */
export function textAt(tree: FileTree, path: string): string | undefined {
  const resolved = tree.resolve(path);
  const content = resolved.found ? contentOf(resolved.node) : undefined;
  return content?.kind === "text" ? content.text : undefined;
}
