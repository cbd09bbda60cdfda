/**
 * The rollback journal that SQLite keeps beside a database while it changes it (`rpmdb.sqlite-journal`): the pages as they
 * were before. One that is left over from a cut-off transaction undoes that transaction when the database is next opened, so
 * until then the file alone is neither the old state nor the new one. Layout and rules:
 * https://www.sqlite.org/fileformat2.html#the_rollback_journal, https://www.sqlite.org/lockingv3.html#hot_journals
 */

const MAGIC = "d9d505f920a163d7";
/** Bytes that decide; a header fills a whole sector. */
export const JOURNAL_HEAD = 28;

/**
 * True for a journal with something to undo. SQLite leaves an empty file or zeroes in place of the header when a transaction
 * has ended (`journal_mode` truncate and persist), and counts no page in a header that it had not yet synced.
 * @param head the first bytes of the file, {@link JOURNAL_HEAD} of them where it has so many
 */
export function isHotJournal(head: Buffer): boolean {
  return head.length >= JOURNAL_HEAD && head.toString("hex", 0, 8) === MAGIC && head.readUInt32BE(8) !== 0;
}
