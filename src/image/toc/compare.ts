import type { EntryValue } from "../entry-list.ts";
import { quote } from "../errors.ts";
import { type LayerChanges, normalisePath } from "../layer.ts";
import type { HashedContents } from "./contents.ts";
import type { TocPointer } from "./pointer.ts";
import { TocProblem } from "./problem.ts";
import type { TocFile } from "./table.ts";

/** What a layer's table of contents is worth beside its tar. */
export type TableVerdict =
  | { kind: "same" }
  /** The first difference. */
  | { kind: "differs"; how: string }
  /** It could not be compared, while a runtime may well use it. */
  | { kind: "unclear"; how: string /** Bytes after which its files are cut: read again, it can be. */; piece?: number }
  /** No runtime can use it. */
  | { kind: "useless"; how: string };

/** A table of contents. */
export interface Table {
  files: readonly TocFile[];
  /** The same as changes of a layer. */
  changes: LayerChanges;
  format: TocPointer["format"];
}

/** As many entries as no table has that is small enough to be read. */
const MAX_ENTRIES = 500_000;
/** Smaller pieces than any writer makes. */
const MIN_PIECE = 4096;

/**
 * Compares a table with the tar that it should describe: names, types, sizes, modes, targets of links, file capabilities,
 * and of the files that were hashed the content. Owners and times are left aside: nothing here depends on them.
 * @param contents of the tar
 * @param piece bytes of the pieces that were hashed
 * @throws TocProblem when it cannot be compared
 */
export function compareTable(tar: LayerChanges, table: Table, contents: HashedContents, piece: number): TableVerdict {
  if (tar.entries.length > MAX_ENTRIES || contents.isFull())
    throw new TocProblem("the layer has too many files to compare them");
  const ofTar = listEntries(tar);
  // A table of eStargz is a file of the tar, and does not list itself.
  const own = ofTar.get("/stargz.index.json");
  const ofTable = listEntries(table.changes);
  if (table.format === "eStargz" && own?.startsWith("a file") && !ofTable.has("/stargz.index.json"))
    ofTar.delete("/stargz.index.json");
  const how = compareEntries(ofTar, ofTable) ?? undefined;
  return how === undefined ? compareContents(table, contents, piece) : { kind: "differs", how };
}

/** What stands at each path, in words that are the same for the same thing. */
function listEntries({ entries, files, whiteouts, opaques, overlay }: LayerChanges): Map<string, string> {
  const list = new Map<string, string>();
  entries.forEach((directory, name, value) => {
    list.set(comparable(`${directory}/${name}`), describe(value, files));
  });
  // Whether a layer says something of its root changes nothing.
  list.delete("/");
  for (const { path } of whiteouts) list.set(`${comparable(path)}\0`, "hidden");
  for (const { path } of opaques) list.set(`${comparable(path)}\0\0`, "emptied");
  for (const { path, attribute } of overlay) list.set(`${comparable(path)}\0${attribute}`, `marked ${attribute}`);
  return list;
}

/** JSON cannot say names that are not UTF-8, and writers put something else in their place. No tool has such a name. */
function comparable(path: string): string {
  return path.replace(/[^\x00-\x7f]+/g, "\ufffd");
}

function describe(value: EntryValue, files: LayerChanges["files"]): string {
  if (typeof value === "number") {
    const { size, mode, xattrs } = files.peek(value);
    const [, capability] = Object.entries(xattrs).find(([key]) => key.endsWith("security.capability")) ?? [];
    const capabilities =
      capability === undefined ? "" : ` and capabilities ${Buffer.from(capability, "latin1").toString("hex")}`;
    return `a file of ${size} bytes with mode ${mode.toString(8)}${capabilities}`;
  }
  if ("hardlink" in value) return `another name of ${quote(comparable(value.hardlink))}`;
  if (value.type === "symlink") return `a link to ${quote(comparable(value.target))}`;
  return value.type === "directory" ? "a directory" : "neither file nor directory";
}

function compareEntries(tar: ReadonlyMap<string, string>, table: ReadonlyMap<string, string>): string | undefined {
  for (const path of new Set([...tar.keys(), ...table.keys()])) {
    const [ofTar, ofTable] = [tar.get(path), table.get(path)];
    if (ofTar !== ofTable)
      return `${quote(path.replace(/\0.*$/s, ""))} is ${ofTable ?? "absent"} in the table and ${ofTar ?? "absent"} in the tar`;
  }
  return undefined;
}

function compareContents(table: Table, contents: HashedContents, piece: number): TableVerdict {
  // Of several entries of one name the last one counts.
  const byPath = new Map(table.files.map((file) => [normalisePath(file.member.name), file]));
  for (const [path, file] of byPath) {
    const digests = contents.find(path);
    if (digests === undefined || file.chunks.length === 0) continue;
    const verdict = compareFile(file, digests, piece, table.format);
    if (verdict === undefined) continue;
    const { kind, ...rest } = verdict;
    return { kind, ...rest, how: `${quote(path)} ${verdict.how}` } as TableVerdict;
  }
  return { kind: "same" };
}

/** Undefined when they are the same. */
function compareFile(
  { digest, chunks }: TocFile,
  { whole, pieces }: { whole: string; pieces: readonly string[] },
  piece: number,
  format: TocPointer["format"],
): Extract<TableVerdict, { how: string }> | undefined {
  const [first] = chunks;
  if (first === undefined) return undefined;
  const isOne = chunks.length === 1;
  // Which of them a runtime compares is its own business.
  const stated = [...(digest === "" ? [] : [digest]), ...(isOne ? [first.digest] : [])];
  if (stated.some((one) => one !== whole)) return { kind: "differs", how: "has another content in the table" };
  if (isOne || (format === "zstd:chunked" && digest !== "")) return undefined;
  if (format === "zstd:chunked") return { kind: "unclear", how: "has no digest in the table" };
  if (chunks.slice(0, -1).every(({ size }) => size === piece))
    return chunks.some((chunk, i) => chunk.digest !== pieces[i])
      ? { kind: "differs", how: "has another content in the table" }
      : undefined;
  const isRegular = first.size >= MIN_PIECE && chunks.slice(0, -1).every(({ size }) => size === first.size);
  return { kind: "unclear", how: "is cut at unusual places in the table", ...(isRegular ? { piece: first.size } : {}) };
}
