import type { Finding, ImageReport, PlatformReport, Report } from "../model/report.ts";
import { summarize } from "../model/report.ts";
import { unjudgedNotes } from "../model/unjudged.ts";

/** One report of several: legs of a matrix, or checks of several images. */

/** A saved report and what tells it apart from the others, e.g. the name of its artifact. */
export interface NamedReport {
  name: string;
  report: Report;
}

/**
 * Puts reports together. Platforms of one image that several legs checked become columns of one table where the legs had the
 * same hosts to check; anything else stays an image of its own, named after its leg where two would have the same name.
 * @param legs at least one
 * @returns a report whose verdict and counts are those of all legs together
 */
export function mergeReports(legs: readonly NamedReport[]): Report {
  const findings: Finding[] = [];
  const fixed: Finding[] = [];
  const placed: Placed = { images: [], byName: new Map(), tables: new Map(), tries: new Map() };
  for (const { name, report } of legs) {
    const moved = report.images.map((image) => shiftFindings(image, findings.length));
    const names = placeAll(placed, moved, name);
    const rename = (finding: Finding) => ({ ...finding, image: names.get(finding.image) ?? finding.image });
    for (const finding of report.findings) findings.push(rename(finding));
    for (const finding of report.fixed ?? []) fixed.push(rename(finding));
  }
  const { images } = placed;
  const versions = [...new Set(legs.map(({ report }) => report.tool.version))];
  return {
    schemaVersion: 1,
    tool: { name: legs[0]?.report.tool.name ?? "netfilter-compat", version: versions.join(", ") },
    ...summarize(findings, images),
    images,
    findings,
    ...(fixed.length === 0 ? {} : { fixed }),
    notes: [...mergeNotes(legs), ...images.flatMap(unjudgedNotes)],
  };
}

/** The images so far, the first of each name, what a further platform in its table has to agree with, and how many were to
 * have a name that was taken. */
interface Placed {
  images: ImageReport[];
  byName: Map<string, ImageReport>;
  tables: Map<ImageReport, Table>;
  tries: Map<string, number>;
}

/** A copy whose cells name their findings in a list where `offset` others come first. */
function shiftFindings(image: ImageReport, offset: number): ImageReport {
  return {
    ...image,
    platforms: image.platforms.map((platform) => ({
      ...platform,
      cells: platform.cells.map((cell) => ({ ...cell, findings: cell.findings.map((index) => offset + index) })),
    })),
  };
}

/** Takes a leg's images into the list, each with an earlier leg's image of the same name where both fit one table.
 * @returns the names that they have there */
function placeAll(placed: Placed, own: readonly ImageReport[], leg: string): Map<string, string> {
  const { images, byName } = placed;
  const names = new Map<string, string>();
  for (const [reference, group] of groupByName(own)) {
    const earlier = byName.get(reference);
    const [first, ...others] = group;
    if (first !== undefined && others.length === 0 && earlier !== undefined && joinTable(placed, earlier, first)) {
      earlier.platforms.push(...first.platforms);
      // One name, several images: no single digest would be true.
      if (earlier.digest !== first.digest) earlier.digest = "";
      names.set(reference, reference);
      continue;
    }
    const name = earlier === undefined ? reference : freeName(placed, `${reference} (${leg})`);
    const renamed = group.map((image) => ({ ...image, reference: name }));
    images.push(...renamed);
    if (renamed[0] !== undefined) byName.set(name, renamed[0]);
    names.set(reference, name);
  }
  return names;
}

/** An image may have been named twice in one run; its findings go by its name. */
function groupByName(images: readonly ImageReport[]): Map<string, ImageReport[]> {
  const groups = new Map<string, ImageReport[]>();
  for (const image of images) {
    const group = groups.get(image.reference);
    if (group === undefined) groups.set(image.reference, [image]);
    else group.push(image);
  }
  return groups;
}

/** The platforms of an image, and the hosts that all of them had to check; undefined where they differ in that. */
interface Table {
  platforms: Set<string>;
  selection: Selection | undefined;
}

/** Whether no platform is in both, and all platforms of both had the same hosts to check: the same systems with the same
 * kernels, and where two judged a host, the same programs on it. The image's table then counts both. */
function joinTable({ tables }: Placed, image: ImageReport, further: ImageReport): boolean {
  const table = tables.get(image) ?? tableOf(image);
  tables.set(image, table);
  const other = tableOf(further);
  if (table.selection === undefined || other.selection === undefined) return false;
  if (other.platforms.values().some((name) => table.platforms.has(name))) return false;
  if (!isSameSelection(table.selection, other.selection)) return false;
  for (const name of other.platforms) table.platforms.add(name);
  addPrograms(table.selection, other.selection);
  return true;
}

function tableOf({ platforms }: ImageReport): Table {
  const selection: Selection = selectionOf(platforms[0]);
  const agree = platforms.slice(1).every((platform) => {
    const other = selectionOf(platform);
    if (!isSameSelection(selection, other)) return false;
    addPrograms(selection, other);
    return true;
  });
  return {
    platforms: new Set(platforms.map(({ platform }) => platform)),
    selection: agree ? selection : undefined,
  };
}

type Selection = Map<string, { kernel: string; programs?: string }>;

/** The hosts that a platform was to be checked on, with what is known of each: those that can't start it among them. */
function selectionOf({ cells = [], unjudged = [] }: Partial<PlatformReport> = {}): Selection {
  return new Map([
    ...cells.map(({ host, kernel, programs }) => [host, { kernel, programs: JSON.stringify(programs) }] as const),
    ...unjudged.map(({ host, kernel }) => [host, { kernel }] as const),
  ]);
}

function isSameSelection(a: Selection, b: Selection): boolean {
  if (a.size !== b.size) return false;
  for (const [host, { kernel, programs }] of b) {
    const same = a.get(host);
    if (same?.kernel !== kernel) return false;
    if (same.programs !== undefined && programs !== undefined && same.programs !== programs) return false;
  }
  return true;
}

/** Takes over into `a` the programs that only `b` tells. */
function addPrograms(a: Selection, b: Selection): void {
  for (const [host, { programs }] of b) {
    const same = a.get(host);
    if (same !== undefined && programs !== undefined) same.programs = programs;
  }
}

function freeName({ byName, tries }: Placed, wanted: string): string {
  let name = wanted;
  let n = tries.get(wanted) ?? 1;
  while (byName.has(name)) name = `${wanted} ${++n}`;
  tries.set(wanted, n);
  return name;
}

/** Legs that a note names before the rest is counted. */
const LEGS_NAMED = 3;

/** Each note once; with its leg where not all legs have it. What was not judged is told anew, of all platforms together. */
function mergeNotes(legs: readonly NamedReport[]): string[] {
  const notes = new Map<string, string[]>();
  for (const { name, report } of legs) {
    const unjudged = new Set(report.images.flatMap(unjudgedNotes));
    for (const note of new Set(report.notes)) {
      if (unjudged.has(note)) continue;
      const names = notes.get(note);
      if (names === undefined) notes.set(note, [name]);
      else names.push(name);
    }
  }
  return [...notes].map(([note, names]) => {
    if (names.length === legs.length) return note;
    const left = names.length - LEGS_NAMED;
    const more = left > 0 ? ` and ${left} more` : "";
    return `${names.slice(0, LEGS_NAMED).join(", ")}${more}: ${note}`;
  });
}
