import type { Finding, ImageReport, PlatformReport, Report } from "../model/report.ts";
import { summarize } from "../model/report.ts";

/** One report of several: legs of a matrix, or checks of several images. */

/** A saved report and what tells it apart from the others, e.g. the name of its artifact. */
export interface NamedReport {
  name: string;
  report: Report;
}

/**
 * Puts reports together. Platforms of one image that were checked against the same hosts in several legs become columns of
 * one table; anything else stays an image of its own, named after its leg where two would have the same name.
 * @param legs at least one
 * @returns a report whose verdict and counts are those of all legs together
 */
export function mergeReports(legs: readonly NamedReport[]): Report {
  const findings: Finding[] = [];
  const fixed: Finding[] = [];
  const images: ImageReport[] = [];
  for (const { name, report } of legs) {
    const moved = report.images.map((image) => shiftFindings(image, findings.length));
    const names = placeAll(images, moved, name);
    const rename = (finding: Finding) => ({ ...finding, image: names.get(finding.image) ?? finding.image });
    findings.push(...report.findings.map(rename));
    fixed.push(...(report.fixed ?? []).map(rename));
  }
  const cells = images.flatMap((image) => image.platforms.flatMap((platform) => platform.cells));
  const versions = [...new Set(legs.map(({ report }) => report.tool.version))];
  return {
    schemaVersion: 1,
    tool: { name: legs[0]?.report.tool.name ?? "netfilter-compat", version: versions.join(", ") },
    ...summarize(findings, cells),
    images,
    findings,
    ...(fixed.length === 0 ? {} : { fixed }),
    notes: mergeNotes(legs),
  };
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
function placeAll(images: ImageReport[], own: readonly ImageReport[], leg: string): Map<string, string> {
  const earlier = [...images];
  const names = new Map<string, string>();
  for (const image of own) {
    const same = earlier.find((other) => other.reference === image.reference);
    const fits = same !== undefined && fitsOneTable(same, image);
    const name = same === undefined || fits ? image.reference : freeName(earlier, `${image.reference} (${leg})`);
    names.set(image.reference, name);
    if (fits) {
      same.platforms.push(...image.platforms);
      // One name, several images: no single digest would be true.
      if (same.digest !== image.digest) same.digest = "";
    } else images.push({ ...image, reference: name });
  }
  return names;
}

function fitsOneTable(a: ImageReport, b: ImageReport): boolean {
  const names = new Set(a.platforms.map(({ platform }) => platform));
  if (b.platforms.some(({ platform }) => names.has(platform))) return false;
  const hosts = (platform: PlatformReport | undefined) => JSON.stringify(platform?.cells.map((cell) => cell.host));
  return hosts(a.platforms[0]) === hosts(b.platforms[0]);
}

function freeName(images: readonly ImageReport[], wanted: string): string {
  const taken = new Set(images.map((image) => image.reference));
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
  return name;
}

/** Each note once; with its leg where not all legs have it. */
function mergeNotes(legs: readonly NamedReport[]): string[] {
  const notes = new Map<string, string[]>();
  for (const { name, report } of legs)
    for (const note of new Set(report.notes)) notes.set(note, [...(notes.get(note) ?? []), name]);
  return [...notes].map(([note, names]) => (names.length === legs.length ? note : `${names.join(", ")}: ${note}`));
}
