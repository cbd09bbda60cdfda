import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../model/error.ts";
import type { Report } from "../model/report.ts";
import { parseReport, REPORT_SIZE_LIMIT } from "../model/report-schema.ts";
import { readJson } from "./read-bounded.ts";

/**
 * Saved reports from disk. They may come out of an artifact that a stranger's pull request wrote: no link is followed, every
 * count and size has an end, and a file that isn't a report is an error, because a leg that can't be read must not look
 * like one that found nothing.
 */

/** Reports of one run; a matrix has at most 256 legs. */
const REPORTS = 256;
/** Bytes of all reports together. */
const TOTAL_SIZE = 128 * 1024 * 1024;
/** Entries looked at in all folders together, and folders below the named one. */
const ENTRIES = 5000;
const DEPTH = 4;

export interface SavedReport {
  /** What tells it apart from the others: the artifact's folder, or the file's name. Not to be trusted. */
  name: string;
  report: Report;
}

/**
 * Reads every `*.json` in the named files and folders as a report, each once.
 * @param paths relative to `folder` or absolute
 * @returns in the order of their names, at least one
 * @throws UserError when there is none, or for the first one that isn't a report
 */
export function readReports(paths: readonly string[], folder: string): SavedReport[] {
  const budget = { entries: ENTRIES };
  const all = paths.flatMap((path) => listReports(resolve(folder, path), path, budget));
  // A file that two of the paths lead to is one report.
  const found = [...new Map(all.map((file) => [file.path, file])).values()];
  if (found.length === 0)
    throw new UserError(`no report (*.json) in ${paths.join(", ")}: did the jobs that check upload theirs?`);
  if (found.length > REPORTS) throw new UserError(`${found.length} reports are more than ${REPORTS}`);
  const names = nameAll(found);
  let left = TOTAL_SIZE;
  return found.map((file, index) => {
    const { report, size } = readReport(file.path, file.shown);
    left -= size;
    if (left < 0) throw new UserError(`the reports have more than ${TOTAL_SIZE} bytes together`);
    return { name: names[index] ?? "", report };
  });
}

/**
 * Reads one saved report.
 * @param shown the path as errors name it
 * @throws UserError when it can't be read or isn't a report
 */
export function readReport(path: string, shown: string): { report: Report; size: number } {
  const { value, size } = readJson({ path, shown, limit: REPORT_SIZE_LIMIT, what: "a report" });
  const parsed = parseReport(value);
  if ("problem" in parsed) throw new UserError(`${shown}: not a report of netfilter-compat: ${parsed.problem}`);
  return { report: parsed.report, size };
}

interface Found {
  path: string;
  /** Relative to the folder that was named. */
  inside: string;
  shown: string;
}

function listReports(path: string, shown: string, budget: { entries: number }): Found[] {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new UserError(`${shown}: there is no such file or folder`);
  if (!status.isDirectory()) return [{ path, inside: basename(path), shown }];
  return walk(path, "", shown, DEPTH, budget);
}

function walk(root: string, inside: string, shown: string, depth: number, budget: { entries: number }): Found[] {
  const entries = readdirSync(join(root, inside), { withFileTypes: true });
  const found: Found[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (budget.entries-- <= 0) throw new UserError(`${shown}: more than ${ENTRIES} files and folders`);
    const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
    if (entry.isDirectory() && depth > 0) found.push(...walk(root, path, shown, depth - 1, budget));
    else if (entry.name.endsWith(".json"))
      // Links too: reading them fails, and being skipped would hide a leg.
      found.push({ path: join(root, path), inside: path, shown: `${shown}/${path}` });
  }
  return found;
}

/** `amd64/report.json` and `arm64/report.json` are `amd64` and `arm64`; files side by side go by their own names. */
function nameAll(found: readonly Found[]): string[] {
  const folders = found.map((file) => dirname(file.inside));
  const byFolder = !folders.includes(".") && new Set(folders).size === folders.length;
  return found.map((file, index) =>
    (byFolder ? (folders[index] ?? "") : file.inside.replace(/\.json$/, "")).replaceAll("/", " "),
  );
}
