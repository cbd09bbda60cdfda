import { findText } from "../find-text.ts";
import { type ElfHeader, PF_W, PF_X, PT_LOAD } from "./elf.ts";

/** What the Go linker writes into every program: `go version -m` prints it. */
export interface GoBuild {
  /** `go1.22.3`. */
  goVersion: string;
  /** Package path of the program: `github.com/squat/kilo/cmd/kg`; empty when the data is of the older form. */
  path: string;
  /** Its module; undefined when built without modules. `version` is `(devel)` for a build of a working tree. */
  main?: { path: string; version: string };
  /** All modules linked in, replacements applied. */
  dependencies: { path: string; version: string }[];
  /** `vcs.revision` of the build settings. */
  revision?: string;
  /** Version that the linker was told to put into a variable (`-ldflags "-X main.version=v1.2"`). */
  stampedVersion?: string;
}

/** Where in a file the build information can lie, and what is read of it at most. */
export interface FileRange {
  start: number;
  end: number;
}

/** Magic of the build information (Go, debug/buildinfo): aligned, in the writable data segment. */
const MAGIC = "\xff Go buildinf:";
const HEADER_SIZE = 32;
const FLAG_INLINE_STRINGS = 2;
/** The module list of the largest known programs is about 60 KiB. */
const MAX_BUILD_INFO = 512 * 1024;
const MAX_DEPENDENCIES = 4096;

/** Parts of an ELF file that the Go tools search for build information: writable, not executable segments. */
export function goDataRanges(header: ElfHeader): FileRange[] {
  return header.segments
    .filter((entry) => entry.type === PT_LOAD && (entry.flags & (PF_W | PF_X)) === PF_W && entry.fileSize > 0)
    .map((entry) => ({ start: entry.offset, end: entry.offset + entry.fileSize }))
    .sort((a, b) => a.start - b.start);
}

export interface GoScanner {
  /** One piece of the file, at this offset. Returns false when nothing further is wanted. */
  write(chunk: Buffer, offset: number): boolean;
  /** The build information, `"old-format"` when it only points elsewhere (Go before 1.18), or undefined. */
  end(): GoBuild | "old-format" | undefined;
}

/**
 * Finds build information while the file streams by: only the writable segments are looked at, and only what follows the
 * magic is kept.
 */
export function createGoScanner(ranges: FileRange[]): GoScanner {
  const last = ranges.at(-1)?.end ?? 0;
  let tail = Buffer.alloc(0);
  let kept: Buffer[] | undefined;
  let size = 0;
  const keep = (piece: Buffer) => {
    const part = Buffer.from(piece.subarray(0, MAX_BUILD_INFO - size));
    kept?.push(part);
    size += part.length;
  };
  return {
    write(chunk, offset) {
      if (kept) keep(chunk);
      else {
        for (const part of overlaps(chunk, offset, ranges)) {
          const joined = tail.length > 0 ? Buffer.concat([tail, part.bytes]) : part.bytes;
          const at = findText(joined, MAGIC);
          if (at >= 0) {
            kept = [];
            keep(joined.subarray(at));
            keep(chunk.subarray(part.endInChunk));
            break;
          }
          tail = Buffer.from(joined.subarray(Math.max(0, joined.length - MAGIC.length + 1)));
        }
      }
      return kept ? size < MAX_BUILD_INFO : offset + chunk.length < last;
    },
    end: () => (kept ? parseGoBuild(Buffer.concat(kept)) : undefined),
  };
}

function* overlaps(chunk: Buffer, offset: number, ranges: FileRange[]) {
  for (const range of ranges) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, chunk.length);
    if (start < end) yield { bytes: chunk.subarray(start, end), endInChunk: end };
  }
}

/**
 * @param bytes from the magic on
 * @returns undefined when the data is cut or makes no sense
 */
export function parseGoBuild(bytes: Buffer): GoBuild | "old-format" | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  if (((bytes[15] ?? 0) & FLAG_INLINE_STRINGS) === 0) return "old-format";
  const version = readVarintString(bytes, HEADER_SIZE);
  if (!version) return undefined;
  const modules = readVarintString(bytes, version.next);
  if (!modules) return undefined;
  const build: GoBuild = { goVersion: version.text, path: "", dependencies: [] };
  // The text stands between two 16-byte marks.
  if (modules.text.length > 33 && modules.text.at(-17) === "\n") readModuleLines(build, modules.text.slice(16, -16));
  return build;
}

function readVarintString(bytes: Buffer, start: number): { text: string; next: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 28) return undefined;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (at + length > bytes.length) return undefined;
  return { text: bytes.toString("latin1", at, at + length), next: at + length };
}

function readModuleLines(build: GoBuild, text: string): void {
  for (const line of text.split("\n")) {
    const [kind, first = "", second = ""] = line.split("\t");
    if (kind === "path") build.path = first;
    else if (kind === "mod") build.main = { path: first, version: second };
    else if (kind === "dep" && build.dependencies.length < MAX_DEPENDENCIES)
      build.dependencies.push({ path: first, version: second });
    else if (kind === "=>") {
      // The module above was replaced: its name stays (a fork behind it still is that library), the version is the fork's.
      const replaced = build.dependencies.at(-1);
      if (replaced && second !== "") replaced.version = second;
    } else if (kind === "build") readSetting(build, first);
  }
}

function readSetting(build: GoBuild, setting: string): void {
  if (setting.startsWith("vcs.revision=")) build.revision = setting.slice("vcs.revision=".length);
  if (!setting.startsWith("-ldflags=")) return;
  const stamped = /-X[= ]['"\\]*[\w./-]*version=['"\\]*(v?\d[\w.+-]*)/i.exec(setting)?.[1];
  if (stamped !== undefined) build.stampedVersion = stamped;
}
