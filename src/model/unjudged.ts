import type { ImageReport } from "./report.ts";

/** Hosts to name before the rest is counted. */
const HOSTS_NAMED = 3;

/**
 * Platforms that no selected host can start, and hosts that can start none of the image's: they have no cell, and silence would
 * look like a pass.
 * @returns sentences for the notes of the report
 */
export function unjudgedNotes({ reference, platforms }: ImageReport): string[] {
  const idle = platforms.filter(({ cells, unjudged = [] }) => cells.length === 0 && unjudged.length > 0);
  const judged = new Set(platforms.flatMap(({ cells }) => cells.map(({ host }) => host)));
  const empty = new Map(
    platforms.flatMap(({ unjudged = [] }) => unjudged.filter(({ host }) => !judged.has(host)).map((e) => [e.host, e])),
  );
  const named = [...empty.values()]
    .slice(0, HOSTS_NAMED)
    .map(({ host, architectures }) => (architectures.length === 0 ? host : `${host} (${architectures.join(", ")})`));
  const left = empty.size - named.length;
  return [
    ...(idle.length === 0
      ? []
      : [`${reference}: ${idle.map(({ platform }) => platform).join(", ")}: not judged, no selected host runs it.`]),
    ...(empty.size === 0
      ? []
      : [
          `${reference}: not judged on ${named.join(", ")}${left > 0 ? ` and ${left} more` : ""}: none of its platforms runs there.`,
        ]),
  ];
}
