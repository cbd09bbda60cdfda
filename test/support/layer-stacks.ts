import type { OracleLayer } from "./layer-oracle.ts";
import type { TarEntry } from "./tar-writer.ts";

/**
 * Random stacks of layers with what makes merging hard: directories that become links and back, files below links of lower
 * layers, whiteouts before and after the files of their own layer, opaque markers, hard links whose other name is replaced
 * or removed later, repeated entries, parents without entries of their own.
 */

type Random = () => number;

/** Numbers between 0 and 1 from a seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DIRECTORIES = ["usr", "usr/lib", "lib", "sbin", "usr/sbin", "etc", "etc/a", "lib/x"];
// No directory's name: GNU tar removes what is in the way by path, and a file that is its own parent through a link would
// lose that parent (a runtime resolves the parent first).
const FILES = ["f", "g", "iptables"];
const TARGETS = ["usr/lib", "/usr/lib", "usr", "../usr", "../etc", "/etc/a", "f", "../../../usr/sbin", ".", "iptables"];

/** Two to four layers of three to ten entries. */
export function makeStack(seed: number): OracleLayer[] {
  const random = createRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const files: string[] = [];
  let content = 0;

  function makePath(): string {
    const roll = random();
    if (roll < 0.15) return pick(DIRECTORIES);
    return roll < 0.3 ? pick(FILES) : `${pick(DIRECTORIES)}/${pick(FILES)}`;
  }

  function makeEntry(): TarEntry {
    const roll = random();
    if (roll < 0.28) return { name: `${pick(DIRECTORIES)}/`, flag: "5", mode: pick([0o755, 0o700, 0o1777]) };
    if (roll < 0.42) return { name: makePath(), flag: "2", linkname: pick(TARGETS), mode: 0o777 };
    if (roll < 0.54 && files.length > 0) return { name: makePath(), flag: "1", linkname: pick(files.slice(-4)) };
    if (roll < 0.66) return { name: makeWhiteout(), content: "" };
    const name = makePath();
    files.push(name);
    return { name, content: `content ${content++}`, mode: pick([0o644, 0o755, 0o4755]) };
  }

  function makeWhiteout(): string {
    if (random() < 0.3) return `${pick(DIRECTORIES)}/.wh..wh..opq`;
    const path = makePath();
    const slash = path.lastIndexOf("/");
    return `${path.slice(0, slash + 1)}.wh.${path.slice(slash + 1)}`;
  }

  const count = 2 + Math.floor(random() * 3);
  return Array.from({ length: count }, () => Array.from({ length: 3 + Math.floor(random() * 8) }, makeEntry));
}
