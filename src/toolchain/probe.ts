import { dirname } from "node:path/posix";
import { toolPackages } from "../knowledge/tool-packages.ts";
import type { ContentProbe, ContentSink, StreamedFile } from "../model/image.ts";
import { isAlternatives } from "./alternatives.ts";
import { isLoaderConfig } from "./binaries/loader-paths.ts";
import type { ClaimsContent, PackagesContent, ProbedContent } from "./content.ts";
import { openExecutable } from "./executable.ts";
import { isScriptName, isWantedName } from "./file-names.ts";
import { parseApkDatabase } from "./packages/apk.ts";
import { parseDpkgFileList, parseDpkgStatus, parseDpkgSums } from "./packages/dpkg.ts";
import { JOURNAL_HEAD } from "./packages/rpm/journal.ts";
import { isRpmManifest, parseRpmManifest } from "./packages/rpm/manifest.ts";
import { isRpmDatabase, isRpmJournal, MAX_RPM_DATABASE, readRpmFile } from "./packages/rpm/rpm.ts";
import { isSpdxDocument, parseSpdx } from "./packages/spdx.ts";
import type { PackageFile, ParsedPackages } from "./packages/types.ts";
import { nameOf } from "./paths.ts";
import { bytesSink, textSink } from "./sinks.ts";

/** Larger databases than any real one; what is above is reported, not cut silently. */
const MAX_DATABASE = 32 * 1024 * 1024;
/** The SBOM of one package has some 10 to 100 KB; what is above claims nothing here. */
const MAX_SBOM = 1024 * 1024;
const MAX_SMALL_TEXT = 1024 * 1024;
const MAX_ALTERNATIVES = 64 * 1024;

/**
 * Looks at the files that tell which netfilter tools an image holds, and keeps facts about them: package databases,
 * os-release, scripts, ELF programs and the netfilter libraries. Paths are raw (links of parent directories are not
 * resolved), so it goes by base name, the end of the path, the mode and the first bytes.
 */
export const probeContent: ContentProbe = (file) => openDatabase(file) ?? openOther(file);

function openDatabase(file: StreamedFile): ContentSink | undefined {
  const { path } = file;
  // Paths that can be none of them are dismissed without a pattern: this runs for every file of an image.
  if (path.endsWith("lib/apk/db/installed")) return database(file, "apk", parseApkDatabase);
  if (path.includes("/rpm/") && isRpmDatabase(path)) return rpmDatabase(file);
  if (path.endsWith("container-manifest-2") && isRpmManifest(path)) return database(file, "rpm", parseRpmManifest);
  if (path.includes(".spdx") && isSpdxDocument(path)) return claims(file);
  if (path.endsWith("tables") && isAlternatives(path))
    return textSink(file, MAX_ALTERNATIVES, (text) => ({ kind: "text", text }));
  if (!path.includes("lib/dpkg/")) return undefined;
  if (path.endsWith("lib/dpkg/status")) return database(file, "dpkg", (text) => parseDpkgStatus(text, "status"));
  if (path.includes("lib/dpkg/status.d/"))
    return path.endsWith(".md5sums")
      ? fileList(file, parseDpkgSums)
      : database(file, "dpkg", (text) => parseDpkgStatus(text, "status.d"));
  if (!path.includes("lib/dpkg/info/")) return undefined;
  if (path.endsWith(".list")) return fileList(file, parseDpkgFileList);
  return path.endsWith(".md5sums") ? fileList(file, parseDpkgSums) : undefined;
}

function openOther(file: StreamedFile): ContentSink | undefined {
  const name = nameOf(file.path);
  if (name === "os-release") {
    const parent = dirname(file.path);
    if (parent.endsWith("/etc") || parent.endsWith("/lib"))
      return textSink(file, MAX_SMALL_TEXT, (text) => ({ kind: "text", text }));
  }
  if (isLoaderConfig(file.path)) return textSink(file, MAX_SMALL_TEXT, (text) => ({ kind: "text", text }));
  const executable = (file.mode & 0o111) !== 0 && !/\.so(?:\.|$)/.test(name);
  if (!executable && !isWantedName(name) && !isScriptName(name)) return undefined;
  return file.size === 0 ? undefined : openExecutable(file, name);
}

function database(
  file: StreamedFile,
  kind: PackagesContent["database"],
  parse: (text: string) => ParsedPackages,
): ContentSink {
  return textSink(file, MAX_DATABASE, (text, complete): PackagesContent => {
    const { packages, problems } = parse(text);
    const cut = complete ? [] : [`it is larger than ${MAX_DATABASE / 1024 / 1024} MiB`];
    return { kind: "packages", database: kind, packages, problems: [...cut, ...problems] };
  });
}

function claims(file: StreamedFile): ContentSink | undefined {
  if (file.size > MAX_SBOM) return undefined;
  return textSink(file, MAX_SBOM, (text): ClaimsContent | undefined => {
    const told = parseSpdx(text, toolPackages);
    return told.length > 0 ? { kind: "claims", claims: told } : undefined;
  });
}

function fileList(file: StreamedFile, parse: (text: string) => PackageFile[]): ContentSink {
  return textSink(file, MAX_DATABASE, (text, complete) => ({
    kind: "file-list",
    files: parse(text),
    problems: complete ? [] : ["it is too large to be read whole"],
  }));
}

/** Kept whole until its end, and then only what it says. */
function rpmDatabase(file: StreamedFile): ContentSink {
  const problem = `it is larger than ${MAX_RPM_DATABASE / 1024 / 1024} MiB`;
  const tooLarge: PackagesContent = { kind: "packages", database: "rpm", packages: [], problems: [problem] };
  if (!isRpmJournal(file.path) && file.size > MAX_RPM_DATABASE)
    return { byName: true, write: () => false, end: () => tooLarge };
  return bytesSink(
    file,
    isRpmJournal(file.path) ? JOURNAL_HEAD : MAX_RPM_DATABASE,
    (bytes, complete): ProbedContent => {
      const read = readRpmFile(file.path, bytes);
      const cut = complete ? [] : ["it ends early"];
      if (read.format === "sqlite-journal") return { kind: "rpm-journal", isHot: read.isHot };
      if (read.format === "packages")
        return { kind: "packages", database: "rpm", packages: read.packages, problems: [...cut, ...read.problems] };
      read.pages.problems.unshift(...cut);
      return { kind: "rpm-sqlite", isLog: read.format === "sqlite-log", pages: read.pages };
    },
  );
}
