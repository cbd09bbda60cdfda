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
  return print(report);
}

/** What `inspect --format json` prints and `check --toolchain` reads back. */
export function renderInspectionJson(inspection: Inspection): string {
  return print(inspection);
}

function print(document: Report | Inspection): string {
  return `${escapeJson(JSON.stringify(sortKeys(document, false), null, 2))}\n`;
}

function sortKeys(value: unknown, isRecord: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item, false));
  if (typeof value !== "object" || value === null) return value;
  const rank = (key: string) => (isRecord ? -1 : (ranks.get(key) ?? Number.MAX_SAFE_INTEGER));
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  // A null prototype, so that a key named __proto__ stays data.
  const sorted: Record<string, unknown> = Object.create(null);
  for (const [key, item] of entries) sorted[key] = sortKeys(item, !isRecord && records.has(key));
  return sorted;
}
