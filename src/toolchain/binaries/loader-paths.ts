import { basename, dirname } from "node:path/posix";
import type { FileTree } from "../../model/image.ts";
import { textAt } from "../content.ts";

/** Folders that an image's configuration adds for its dynamic loader. */
export interface ConfiguredDirectories {
  /** Of `/etc/ld.so.conf` and the files that it includes. */
  glibc: string[];
  /** Of `/etc/ld-musl-ARCH.path`, or musl's own three, by path of the loader `/lib/ld-musl-ARCH.so.1`. */
  musl(interpreter: string): string[];
}

const MUSL_DEFAULT = ["/lib", "/usr/local/lib", "/usr/lib"];
const MAX_FILES = 256;
/** Each lists a folder, which may be a large one. */
const MAX_PATTERNS = 8;
const MAX_DIRECTORIES = 256;

export function configuredDirectories(tree: FileTree): ConfiguredDirectories {
  const directories: string[] = [];
  readConfig(tree, "/etc/ld.so.conf", directories, new Set());
  return {
    glibc: directories,
    musl(interpreter) {
      const text = textAt(tree, `/etc/${basename(interpreter).replace(/\.so\.\d+$/, "")}.path`);
      if (text === undefined) return MUSL_DEFAULT;
      return text
        .split(/[:\n]/)
        .filter((entry) => entry.startsWith("/"))
        .slice(0, MAX_DIRECTORIES);
    },
  };
}

/** Each file once, so that files which include each other end. ldconfig(8): one directory a line, `include PATTERN`, `#` begins a comment, `hwcap` lines say nothing of folders. */
function readConfig(tree: FileTree, path: string, into: string[], seen: Set<string>): void {
  if (seen.has(path) || seen.size >= MAX_FILES) return;
  seen.add(path);
  for (const line of (textAt(tree, path) ?? "").split("\n")) {
    if (into.length >= MAX_DIRECTORIES) return;
    const [word = "", ...rest] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (word.startsWith("/")) into.push(word.replace(/=.*/, "").replace(/(?<=.)\/+$/, ""));
    if (word !== "include") continue;
    for (const pattern of rest.slice(0, MAX_PATTERNS)) {
      const whole = pattern.startsWith("/") ? pattern : `${dirname(path)}/${pattern}`;
      if (pattern.includes("*") && !isNewPattern(whole, seen)) continue;
      for (const file of expandPattern(tree, whole)) readConfig(tree, file, into, seen);
    }
  }
}

function isNewPattern(pattern: string, seen: Set<string>): boolean {
  const patterns = [...seen].filter((entry) => entry.includes("*"));
  if (patterns.includes(pattern) || patterns.length >= MAX_PATTERNS) return false;
  seen.add(pattern);
  return true;
}

/** Only `*` in the last component, the one form in use. */
function expandPattern(tree: FileTree, pattern: string): string[] {
  const [before = "", after, ...more] = basename(pattern).split("*");
  if (after === undefined) return [pattern];
  if (more.length > 0) return [];
  const folder = dirname(pattern);
  return tree
    .list(folder)
    .filter((name) => name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after))
    .map((name) => `${folder}/${name}`);
}

/** True for the files that {@link configuredDirectories} reads. */
export function isLoaderConfig(path: string): boolean {
  return /\/(?:ld\.so\.conf|ld\.so\.conf\.d\/[^/]+\.conf|ld-musl-[^/]+\.path)$/.test(path);
}
