import type { Report } from "../model/report.ts";
import type { Inspection } from "../model/toolchain.ts";
import { escapeJson } from "./escape.ts";

/**
 * Keys in the order in which the documents are described, whichever order the code that built them used. Keys that are not
 * listed (records by command, library or variable name) follow in alphabetical order.
 */
const order = [
  ["schemaVersion", "tool", "verdict", "counts", "images", "findings", "fixed", "notes"],
  ["errors", "warnings", "notices", "unknowns"],
  ["reference", "digest", "platforms", "platform", "toolchain", "cells", "unjudged", "base"],
  ["host", "kernel", "programs", "architectures", "verdict", "findings", "missing"],
  [
    "rule",
    "severity",
    "image",
    "platform",
    "hosts",
    "program",
    "message",
    "evidence",
    "remedy",
    "location",
    "suggestion",
    "existing",
    "ignored",
    "expired",
  ],
  ["os", "architecture", "tools", "libraries", "defaults", "selector", "program", "modprobe", "environment", "missing"],
  [
    "kind",
    "id",
    "versionId",
    "name",
    "version",
    "soVersion",
    "versions",
    "backend",
    "effective",
    "loops",
    "path",
    "target",
    "via",
  ],
  [
    "dangling",
    "hostExec",
    "architecture",
    "module",
    "libraries",
    "package",
    "database",
    "byteVersion",
    "fileCapabilities",
  ],
  ["fact", "source", "state", "under", "entry", "reason", "until", "place", "file", "line", "text", "evidence"],
];
const ranks = new Map<string, number>();
for (const key of order.flat()) if (!ranks.has(key)) ranks.set(key, ranks.size);
/** Objects whose keys are data, not fields. */
const records = new Set(["defaults", "environment"]);

/** The report as `schemaVersion: 1` JSON, two spaces, ending in a line feed. Equal reports give equal bytes. */
export function renderJson(report: Report): string {
  return [...renderJsonPieces(report)].join("");
}

/** The same in pieces of a cell or a finding: the JSON of many reports together can be longer than a string may be. */
export function* renderJsonPieces(report: Report): Generator<string> {
  let mark = "{";
  for (const [key, value] of sortEntries(report, false)) {
    if (value === undefined) continue;
    yield `${mark}\n  ${JSON.stringify(key)}: `;
    yield* print(value, "  ", key === "images" ? CELL_DEPTH : 1);
    mark = ",";
  }
  yield "\n}\n";
}

/** What `inspect --format json` prints and `check --toolchain` reads back. */
export function renderInspectionJson(inspection: Inspection): string {
  return `${[...print(inspection, "", 0)].join("")}\n`;
}

/** Levels from `images` down to a cell: image, its platforms, one of them, its cells, one of them. */
const CELL_DEPTH = 5;

/** A value in pieces of what is `depth` levels below it. No level above holds keys that are data.
 * @param isRecord the keys of the value itself are data */
function* print(value: unknown, indent: string, depth: number, isRecord = false): Generator<string> {
  if (depth === 0 || typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    const text = JSON.stringify(sortKeys(value, isRecord), null, 2);
    // Line feeds stand between values only; those in a string are escaped.
    yield escapeJson(indent === "" ? text : text.replaceAll("\n", `\n${indent}`));
    return;
  }
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  let mark = open;
  for (const [key, item] of Array.isArray(value) ? value.entries() : sortEntries(value, false)) {
    if (item === undefined) continue;
    yield `${mark}\n${inner}${typeof key === "string" ? `${JSON.stringify(key)}: ` : ""}`;
    yield* print(item, inner, depth - 1, typeof key === "string" && records.has(key));
    mark = ",";
  }
  yield `\n${indent}${close}`;
}

function sortKeys(value: unknown, isRecord: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item, false));
  if (typeof value !== "object" || value === null) return value;
  // A null prototype, so that a key named __proto__ stays data.
  const sorted: Record<string, unknown> = Object.create(null);
  for (const [key, item] of sortEntries(value, isRecord)) sorted[key] = sortKeys(item, !isRecord && records.has(key));
  return sorted;
}

function sortEntries(value: object, isRecord: boolean): [string, unknown][] {
  const rank = (key: string) => (isRecord ? -1 : (ranks.get(key) ?? Number.MAX_SAFE_INTEGER));
  return Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
