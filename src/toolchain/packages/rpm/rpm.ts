import type { ParsedPackages } from "../types.ts";
import { isBerkeleyHash, readBerkeleyHash } from "./berkeley.ts";
import { isHotJournal } from "./journal.ts";
import { isNdb, readNdb } from "./ndb.ts";
import { isSqlite, type SqlitePages, summariseSqlite, summariseSqliteLog } from "./sqlite.ts";

/**
 * A database larger than this is not read, and said to be so: its pages point to each other, so it has to be in memory whole
 * while it is read. That of an image with some 400 packages has 10 to 20 MB.
 */
export const MAX_RPM_DATABASE = 64 * 1024 * 1024;

/** Names of the database in each of the three formats, and of SQLite's log and journal beside it. */
const FILE = /(?:^|\/)rpm\/(?:Packages|Packages\.db|rpmdb\.sqlite|rpmdb\.sqlite-wal|rpmdb\.sqlite-journal)$/;

/** True for `var/lib/rpm/Packages` and the other names, in any folder `rpm`: which of them are linked is known later. */
export function isRpmDatabase(path: string): boolean {
  return FILE.test(path);
}

export type RpmFile =
  | ({ format: "packages" } & ParsedPackages)
  | { format: "sqlite" | "sqlite-log"; pages: SqlitePages }
  | { format: "sqlite-journal"; isHot: boolean };

/** True for the file of which the first bytes are enough. */
export function isRpmJournal(path: string): boolean {
  return path.endsWith("-journal");
}

/**
 * Reads one file of an rpm database; which format it has its first bytes say, not its name. Nothing is run.
 * @param bytes the whole file; of a journal its beginning
 */
export function readRpmFile(path: string, bytes: Buffer): RpmFile {
  if (isRpmJournal(path)) return { format: "sqlite-journal", isHot: isHotJournal(bytes) };
  if (path.endsWith("-wal")) return { format: "sqlite-log", pages: summariseSqliteLog(bytes) };
  if (path.endsWith(".sqlite") || isSqlite(bytes)) return { format: "sqlite", pages: summariseSqlite(bytes) };
  if (isNdb(bytes)) return { format: "packages", ...readNdb(bytes) };
  if (isBerkeleyHash(bytes)) return { format: "packages", ...readBerkeleyHash(bytes) };
  return {
    format: "packages",
    packages: [],
    problems: ["it is none of rpm's formats (SQLite, ndb, Berkeley DB hash)"],
  };
}
