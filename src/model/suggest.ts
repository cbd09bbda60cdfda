import { listInWords } from "./words.ts";

/** Number of single-character edits between two words, adjacent swaps counting as one. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/**
 * The known names nearest to what was written, best first: those that contain it or are contained in it, then those a few
 * edits away. At most three; empty when nothing is near.
 */
export function suggest(written: string, known: Iterable<string>): string[] {
  const wanted = written.toLowerCase().slice(0, 60);
  // Two edits make any word of three letters out of any other.
  const allowed = wanted.length < 5 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  const scored: { name: string; score: number }[] = [];
  for (const name of known) {
    const edits = distance(wanted, name.toLowerCase());
    const contained = wanted.length >= 3 && (name.includes(wanted) || wanted.includes(name));
    if (contained || edits <= allowed) scored.push({ name, score: contained ? edits / 2 : edits });
  }
  scored.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name, "en", { numeric: true }));
  return scored.slice(0, 3).map((entry) => entry.name);
}

/** `did you mean a, b or c?`, or the advice given when nothing is near. */
export function didYouMean(written: string, known: Iterable<string>, otherwise: string): string {
  const names = suggest(written, known);
  return names.length === 0 ? otherwise : `did you mean ${listInWords(names, "or")}?`;
}
