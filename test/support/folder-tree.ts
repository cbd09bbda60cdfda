import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Listing } from "./tree.ts";

/** A folder of the disk as a listing for makeTree: what lies below it, with links as they are written and modes. */
export function listFolder(folder: string): Listing {
  const listing: Listing = {};
  addFolder(folder, "", listing);
  return listing;
}

function addFolder(folder: string, path: string, listing: Listing): void {
  for (const name of readdirSync(join(folder, path))) {
    const entry = `${path}/${name}`;
    const file = join(folder, entry);
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) listing[entry] = `-> ${readlinkSync(file)}`;
    else if (stat.isFile()) listing[entry] = { content: readFileSync(file), mode: stat.mode & 0o7777 };
    else if (stat.isDirectory()) {
      listing[entry] = { directory: true };
      addFolder(folder, entry, listing);
    }
  }
}
