import data from "../../knowledge/libraries.json" with { type: "json" };
import type { LibraryReleases } from "../../knowledge/schema/libraries.ts";
import type { ElfDynamic } from "./elf.ts";

/** Releases that a shared object can be, by what it defines. */
export interface LibraryRange {
  /** Number that its version definitions belong to (`11.6.0`); undefined where they don't tell. */
  soVersion: string | undefined;
  min: string | null;
  max: string | null;
  /** Symbols of the table that it exports and that are younger than the number, see {@link narrowByFileName}. */
  exports: string[];
  evidence: string;
}

const libraries: LibraryReleases[] = data.libraries;

/**
 * @param exact the version in its bytes, which makes the range that one version
 * @param has tells whether the bytes hold a text
 */
export function libraryRange(
  name: string,
  exact: string | undefined,
  dynamic: ElfDynamic,
  has: (text: string) => boolean,
): LibraryRange {
  const entry = libraries.find((library) => library.name === name);
  const exports = (entry?.exports ?? []).filter((row) => has(`\0${row.symbol}\0`)).map((row) => row.symbol);
  const soname = dynamic.soname ?? name;
  if (exact !== undefined)
    return { soVersion: undefined, min: exact, max: exact, exports, evidence: `${soname} with the text ${exact}` };
  const top = highestDefinition(entry?.verdefPrefix, dynamic.versions().definitions);
  const row = entry?.rows.find((candidate) => top !== undefined && candidate.verdef === top);
  if (!entry || !row) return { soVersion: undefined, min: null, max: null, exports, evidence: soname };
  const range = narrow(entry, row, exports);
  return { ...range, soVersion: row.so, exports, evidence: `${soname} defines up to ${entry.verdefPrefix}${top}` };
}

/**
 * Uses the number in a file's name (`libxtables.so.12.7.0`) where the bytes alone did not give a range.
 * @returns the number and the releases it can be; of a file named without its full number (`libmnl.so.0`) nothing further
 */
export function narrowByFileName(
  name: string,
  fileName: string,
  range: LibraryRange,
): { soVersion: string; min: string | null; max: string | null } {
  const inName = /\.so\.([\d.]+)$/.exec(fileName)?.[1];
  const soVersion = range.soVersion ?? inName ?? "unknown";
  if (range.min !== null || range.max !== null)
    return { soVersion: inName ?? soVersion, min: range.min, max: range.max };
  const entry = libraries.find((library) => library.name === name);
  const row = entry?.rows.find((candidate) => candidate.so === inName);
  if (!entry || !row) return { soVersion, min: null, max: null };
  return { soVersion, ...narrow(entry, row, range.exports) };
}

function narrow(
  entry: LibraryReleases,
  row: LibraryReleases["rows"][number],
  exports: string[],
): { min: string | null; max: string | null } {
  const split = entry.exports?.find((candidate) => candidate.so === row.so);
  const present = split !== undefined && exports.includes(split.symbol);
  return {
    min: (present ? split.presentMin : row.min) ?? null,
    max: (split && !present ? split.absentMax : row.max) ?? null,
  };
}

function highestDefinition(prefix: string | undefined, definitions: string[]): number | undefined {
  if (prefix === undefined) return undefined;
  const numbers = definitions
    .filter((definition) => definition.startsWith(prefix))
    .map((definition) => Number.parseInt(definition.slice(prefix.length), 10))
    .filter(Number.isFinite);
  return numbers.length > 0 ? Math.max(...numbers) : undefined;
}
