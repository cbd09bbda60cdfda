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
/**
 * What all reports may have together. 256 legs that each check 5 platforms on 117 hosts have 149,760 cells; such a cell is
 * named by one or two findings, and equal findings share one entry. Drawing costs as much as there are of these.
 */
const TOTALS = [
  { what: "bytes", most: 128 * 1024 * 1024, of: (_: Report, size: number) => size },
  { what: "cells (platform x host)", most: 150_000, of: countCells },
  { what: "findings", most: 50_000, of: ({ findings, fixed = [] }: Report) => findings.length + fixed.length },
  { what: "names of hosts and programs, and numbers of findings", most: 1_000_000, of: countReferences },
  { what: "missing facts", most: 300_000, of: countMissing },
];
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
  const used = TOTALS.map(() => 0);
  return found.map((file, index) => {
    const { report, size } = readReport(file.path, file.shown);
    for (const [i, { what, most, of }] of TOTALS.entries()) {
      used[i] = (used[i] ?? 0) + of(report, size);
      if (used[i] > most)
        throw new UserError(`the reports have more than ${most} ${what} together; put together those of fewer legs`);
    }
    return { name: names[index] ?? "", report };
  });
}

function countCells({ images }: Report): number {
  return images.flatMap(({ platforms }) => platforms).reduce((sum, { cells }) => sum + cells.length, 0);
}

function countMissing({ images }: Report): number {
  const cells = images.flatMap(({ platforms }) => platforms.flatMap((platform) => platform.cells));
  return cells.reduce((sum, { missing }) => sum + missing.length, 0);
}

function countReferences({ images, findings, fixed = [] }: Report): number {
  const platforms = images.flatMap((image) => image.platforms);
  return [
    ...platforms.flatMap(({ cells }) =>
      cells.map(({ programs, findings: own, missing }) => programs.length + own.length + missing.length),
    ),
    ...platforms.map(({ unjudged = [] }) => unjudged.length),
    ...[...findings, ...fixed].map(({ hosts }) => hosts.length),
  ].reduce((sum, length) => sum + length, 0);
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
