import { NETFILTER_LIBRARIES } from "../file-names.ts";

/** A file of a package. */
export interface PackageFile {
  /** Absolute. */
  path: string;
  /** Of its content, as the record has it: `md5:`, `sha1:` or `sha256:` and hexadecimal digits. */
  digest?: string;
}

/** One installed package, whatever its database. */
export interface PackageEntry {
  name: string;
  /** As the database writes it, epoch and revision included. */
  version: string;
  /** Absolute paths of its files that {@link isWorthOwning} picks; undefined when the database holds no file list here
   * (dpkg keeps them in files of their own). */
  files?: PackageFile[];
}

/** Result of a parser: what could be read, and why it may not be all. */
export interface ParsedPackages {
  packages: PackageEntry[];
  problems: string[];
}

const PROGRAM = /(?:^|\/)s?bin\/[^/]+$/;
const LIBRARY = new RegExp(`(?:^|/)${NETFILTER_LIBRARIES}[^/]*\\.so[^/]*$`);

/** Stands in each path that {@link isWorthOwning} picks, and in few others. */
export const MARK_OF_WORTH = new RegExp(`bin/|${NETFILTER_LIBRARIES}`, "g");

/**
 * True for paths whose owner matters: programs and the netfilter libraries. Keeping only these bounds the memory that the
 * databases of a large image take.
 */
export function isWorthOwning(path: string): boolean {
  return PROGRAM.test(path) || LIBRARY.test(path);
}

/** More than any package has. Bounds the memory that a hostile database can take. */
export const MAX_FILES_OF_PACKAGE = 20_000;
