import type { DirectoryNode, OtherNode, SymlinkNode } from "../model/image.ts";

/** What an entry of a layer puts at its path. A number is that of a regular file in the layer's table. */
export type EntryValue = number | SymlinkNode | DirectoryNode | OtherNode | HardLink;

/** A further name of the file at `hardlink`. */
export interface HardLink {
  hardlink: string;
  mode: number;
  /** Its attribute security.capability; empty: none. */
  capability: string;
}

/** The entries of a layer, in the order of its tar. */
export interface EntryList {
  readonly length: number;
  /** @param path absolute and normalised; its links are not resolved */
  add(path: string, value: EntryValue): void;
  /** @param visit told the directory (`""` for the root) and the name (`""` for the root itself) */
  forEach(visit: (directory: string, name: string, value: EntryValue) => void): void;
}

/**
 * An empty list. Files of a directory mostly follow each other, so a directory is kept once for each run of them, and of
 * each path only the name.
 */
export function createEntryList(): EntryList {
  const names: string[] = [];
  const values: EntryValue[] = [];
  /** Where each run begins. */
  const starts: number[] = [];
  const directories: string[] = [];
  let directory: string | undefined;
  return {
    get length() {
      return names.length;
    },
    add(path, value) {
      const slash = path.lastIndexOf("/");
      if (directory?.length !== slash || !path.startsWith(directory)) {
        directory = copyText(path.slice(0, slash));
        starts.push(names.length);
        directories.push(directory);
      }
      const name = path.slice(slash + 1);
      names.push(names.length < COPIED_FROM ? name : copyText(name));
      values.push(value);
    },
    forEach(visit) {
      // One loop, not one in another: V8 optimises the inner one alone, and throws that away each time it ends.
      let run = -1;
      let nextRun = 0;
      for (let i = 0; i < names.length; i++) {
        if (i === nextRun) nextRun = starts[++run + 1] ?? names.length;
        visit(directories[run] as string, names[i] as string, values[i] as EntryValue);
      }
    },
  };
}

/** Up to here, as in most layers, some 80 bytes a name are spared less than the microsecond that copying it takes. */
const COPIED_FROM = 30_000;
const scratch = Buffer.alloc(16 * 1024);

/** The same text without the longer one it is cut out of, which V8 would keep with it. */
function copyText(text: string): string {
  // V8 copies short ones itself. A lone surrogate, possible in names from JSON, would not survive the way through UTF-8.
  if (text.length < 13 || text.length * 3 > scratch.length || !text.isWellFormed()) return text;
  return scratch.toString("utf8", 0, scratch.write(text));
}
