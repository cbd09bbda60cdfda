import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readBounded } from "../files/read-bounded.ts";
import { messageOf, UserError } from "../model/error.ts";

/** Larger files are not read. Bytes, as many as {@link ./locate.ts} looks at. */
const SIZE_LIMIT = 64 * 1024;
/** Entries looked at in all folders together. */
const ENTRY_LIMIT = 5000;
const NAME = "Dockerfile";
const SKIPPED = new Set(["node_modules", "vendor", "testdata"]);

export type FoundDockerfile =
  /** `path` is relative to the root, with slashes. */
  | { path: string; text: string }
  /** Why there is none; a clause without capital and stop. */
  | { reason: string };

/**
 * The Dockerfile to annotate: the one that the input names, else `Dockerfile` in the root, else the only one at most two
 * folders below. Hidden folders and links are not entered, and no link is read.
 * @param root the checked-out repository
 * @param input path relative to the root
 * @throws UserError when the named one can't be read
 */
export function findDockerfile(root: string, input?: string): FoundDockerfile {
  if (input !== undefined) return readNamed(root, input);
  const own = lstatSync(join(root, NAME), { throwIfNoEntry: false });
  if (own !== undefined && !own.isDirectory()) return readFound(root, NAME);
  const found = search(root, "", 2, { left: ENTRY_LIMIT });
  const [only] = found;
  if (only === undefined) return { reason: "no Dockerfile was found" };
  if (found.length > 1)
    return {
      reason: `${found.length} Dockerfiles were found (${found.slice(0, 3).join(", ")}${found.length > 3 ? ", ..." : ""}); name one in the input dockerfile`,
    };
  return readFound(root, only);
}

function readNamed(root: string, input: string): FoundDockerfile {
  const path = input.replaceAll("\\", "/").replace(/^(?:\.\/+)+/, "");
  if (path.startsWith("/") || path.split("/").includes(".."))
    throw new UserError(`input dockerfile: ${input} lies outside of the repository; give a path relative to its root`);
  try {
    return read(root, path);
  } catch (cause) {
    throw new UserError(`input dockerfile: ${messageOf(cause)}`);
  }
}

/** One that nobody named may be anything, also a link or a pipe that a stranger left there. */
function readFound(root: string, path: string): FoundDockerfile {
  try {
    return read(root, path);
  } catch (cause) {
    if (cause instanceof UserError) return { reason: cause.message };
    throw cause;
  }
}

function read(root: string, path: string): { path: string; text: string } {
  const bytes = readBounded({ path: join(root, path), shown: path, limit: SIZE_LIMIT, what: "a Dockerfile" });
  return { path, text: bytes.toString("utf8") };
}

function search(root: string, folder: string, depth: number, budget: { left: number }): string[] {
  const found: string[] = [];
  for (const entry of entriesOf(join(root, folder))) {
    if (budget.left-- <= 0) break;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile() && entry.name === NAME) found.push(path);
    if (entry.isDirectory() && depth > 0 && !entry.name.startsWith(".") && !SKIPPED.has(entry.name))
      found.push(...search(root, path, depth - 1, budget));
  }
  return found.sort();
}

/** A folder that may not be read has no Dockerfile for us. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
