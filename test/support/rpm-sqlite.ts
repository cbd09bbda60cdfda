import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inFolder } from "./in-folder.ts";

/** The table as rpm makes it, and one of the tables it has for its indexes. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS 'Name_key_idx' ON 'Name'(key ASC);`;

export interface SqliteFiles {
  file: Buffer;
  /** Undefined when there is none. */
  log: Buffer | undefined;
  /** The rollback journal, in a database that has no write-ahead log. */
  journal?: Buffer;
}

/** What a writer does, by row numbers of `Packages`. */
export interface RpmWriter {
  put(id: number, header: Buffer): void;
  remove(id: number): void;
  begin(): void;
  commit(): void;
  /** Moves the log into the file. */
  checkpoint(): void;
}

/**
 * Lets the real SQLite write a database with a write-ahead log and takes both files as they lie on the disk before it
 * closes them, as in an image whose build was cut off.
 */
export function writeSqlite(
  pageSize: number,
  write: (writer: RpmWriter) => void,
): SqliteFiles & { rows: Map<number, Buffer> } {
  return inDatabase((database, path) => {
    database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;`);
    database.exec(SCHEMA);
    const put = database.prepare("INSERT OR REPLACE INTO Packages VALUES (?, ?)");
    const index = database.prepare("INSERT INTO Name VALUES (?, ?, 0)");
    const remove = database.prepare("DELETE FROM Packages WHERE hnum = ?");
    write({
      put(id, header) {
        put.run(id, header);
        index.run(`name-${id}`, id);
      },
      remove: (id) => void remove.run(id),
      begin: () => database.exec("BEGIN"),
      commit: () => database.exec("COMMIT"),
      checkpoint: () => void database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all(),
    });
    const files = copyFiles(path);
    return { ...files, rows: readRows(files) };
  });
}

/** Does something with a new database, which is gone afterwards. */
function inDatabase<T>(work: (database: DatabaseSync, path: string) => T): T {
  return inFolder((folder) => {
    const path = join(folder, "rpmdb.sqlite");
    const database = new DatabaseSync(path);
    try {
      return work(database, path);
    } finally {
      database.close();
    }
  });
}

function copyFiles(path: string): SqliteFiles {
  const read = (name: string) => (existsSync(name) ? readFileSync(name) : undefined);
  const journal = read(`${path}-journal`);
  return { file: readFileSync(path), log: read(`${path}-wal`), ...(journal && { journal }) };
}

/**
 * A database without a write-ahead log, taken in the middle of a transaction that was larger than SQLite's memory for it: some
 * pages of the file are new, and the journal holds what they were.
 * @param ended the transaction was committed before the files were taken; `mode` says what then becomes of the journal
 */
export function writeJournalled(
  mode: "DELETE" | "TRUNCATE" | "PERSIST",
  ended: boolean,
  before: Map<number, Buffer>,
  within: Map<number, Buffer>,
): SqliteFiles {
  return inDatabase((database, path) => {
    database.exec(`PRAGMA page_size = 4096; PRAGMA journal_mode = ${mode}; PRAGMA cache_size = 10; ${SCHEMA}`);
    const put = database.prepare("INSERT OR REPLACE INTO Packages VALUES (?, ?)");
    database.exec("BEGIN");
    for (const [id, header] of before) put.run(id, header);
    database.exec("COMMIT; BEGIN");
    for (const [id, header] of within) put.run(id, header);
    if (ended) database.exec("COMMIT");
    return copyFiles(path);
  });
}

/** What SQLite itself reads of the files, in a folder of their own. */
export function readRows({ file, log, journal }: SqliteFiles): Map<number, Buffer> {
  return inFolder((folder) => {
    const path = join(folder, "rpmdb.sqlite");
    writeFileSync(path, file);
    if (log) writeFileSync(`${path}-wal`, log);
    if (journal) writeFileSync(`${path}-journal`, journal);
    const database = new DatabaseSync(path);
    try {
      const rows = database.prepare("SELECT hnum, blob FROM Packages").all() as { hnum: number; blob: Uint8Array }[];
      return new Map(rows.map(({ hnum, blob }) => [hnum, Buffer.from(blob)]));
    } finally {
      database.close();
    }
  });
}
