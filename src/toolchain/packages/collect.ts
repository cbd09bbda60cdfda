import type { PackageEntry, ParsedPackages } from "./types.ts";

/** More than any distribution's image has; what is above is reported. Bounds the memory that a hostile database can take. */
const MAX_PACKAGES = 50_000;
/** So many are kept of one database: one is enough to know that it is damaged. */
const MAX_PROBLEMS = 3;

/** Gathers what a parser finds in one database, in bounded memory. */
export interface PackageCollector {
  parsed: ParsedPackages;
  add(entry: PackageEntry): void;
  /** Why not all may be in {@link parsed}: a clause about the database. */
  report(problem: string): void;
}

/** @param problems what is known already; not changed */
export function collectPackages(problems: readonly string[] = []): PackageCollector {
  const parsed: ParsedPackages = { packages: [], problems: [...problems] };
  const report = (problem: string) => {
    if (parsed.problems.length < MAX_PROBLEMS) parsed.problems.push(problem);
  };
  return {
    parsed,
    report,
    add(entry) {
      if (parsed.packages.length < MAX_PACKAGES) parsed.packages.push(entry);
      else report(`it has more than ${MAX_PACKAGES} packages`);
    },
  };
}
