import type { Evidence } from "../model/evidence.ts";
import type { FileNode, FileTree } from "../model/image.ts";
import { DEFAULT_COMMANDS } from "./commands.ts";
import {
  type BinaryContent,
  type ClaimsContent,
  contentOf,
  type FileListContent,
  type JournalContent,
  type PackagesContent,
  type ProbedContent,
  type ScriptContent,
  type SqliteContent,
} from "./content.ts";
import { isRpmManifest } from "./packages/rpm/manifest.ts";
import { isRpmDatabase } from "./packages/rpm/rpm.ts";
import { readSqlitePackages } from "./packages/rpm/sqlite.ts";
import { nameOf } from "./paths.ts";

/** A regular file of the merged tree about which the probe kept something. */
export interface Found<T extends ProbedContent = ProbedContent> {
  path: string;
  node: FileNode;
  content: T;
}

/** Everything the probe kept, sorted by kind; made in one walk. */
export interface Survey {
  packages: Found<PackagesContent>[];
  fileLists: Found<FileListContent>[];
  claims: Found<ClaimsContent>[];
  scripts: Found<ScriptContent>[];
  binaries: Found<BinaryContent>[];
  /** Paths named like a command that a report always speaks of, links included; the first {@link MAX_COMMANDS}. */
  commands: string[];
  /** Package databases that are there and that nothing here reads. */
  unreadDatabases: { path: string; reason: string }[];
}

const MAX_COMMANDS = 1000;
const COMMANDS: ReadonlySet<string> = new Set(DEFAULT_COMMANDS);

/** Walks the tree once. Order is that of the tree, so results don't depend on anything else. */
export function surveyTree(tree: FileTree): Survey {
  const survey: Survey = {
    packages: [],
    fileLists: [],
    claims: [],
    scripts: [],
    binaries: [],
    commands: [],
    unreadDatabases: [],
  };
  const sqlite = new Map<string, Found<SqliteContent>>();
  const journals = new Map<string, JournalContent>();
  for (const { path, node } of tree.walk(COMMANDS)) {
    if (COMMANDS.has(nameOf(path)) && survey.commands.length < MAX_COMMANDS) survey.commands.push(path);
    if (node.type === "symlink" && isDatabasePath(path)) {
      const reason = whyUnread(tree, path);
      if (reason !== undefined) survey.unreadDatabases.push({ path, reason });
    }
    if (node.type !== "file") continue;
    const content = contentOf(node);
    if (!content) continue;
    if (content.kind === "rpm-sqlite") sqlite.set(path, { path, node, content });
    else if (content.kind === "rpm-journal") journals.set(path, content);
    else place(survey, { path, node, content });
  }
  for (const file of sqlite.values()) {
    if (file.content.isLog) continue;
    const log = sqlite.get(`${file.path}-wal`);
    survey.packages.push(joinLog(file, log, journals.get(`${file.path}-journal`)));
  }
  return survey;
}

/** What an SQLite database holds together with the write-ahead log beside it. A journal that would be rolled back is not
 * laid over it: most of its pages are of the moment before, the rest of the file of an unknown one. */
function joinLog(
  file: Found<SqliteContent>,
  log: Found<SqliteContent> | undefined,
  journal: JournalContent | undefined,
): Found<PackagesContent> {
  const { packages, problems } = readSqlitePackages(file.content.pages, log?.content.pages);
  const cutOff = journal?.isHot === true ? ["rpmdb.sqlite-journal holds a transaction that was not rolled back"] : [];
  return { ...file, content: { kind: "packages", database: "rpm", packages, problems: [...cutOff, ...problems] } };
}

function place(survey: Survey, found: Found): void {
  const { content } = found;
  if (content.kind === "packages") survey.packages.push({ ...found, content });
  else if (content.kind === "file-list") survey.fileLists.push({ ...found, content });
  else if (content.kind === "claims") survey.claims.push({ ...found, content });
  else if (content.kind === "script") {
    // No command by itself; who names it to a shell asks for it by its path.
    if ((found.node.mode & 0o111) !== 0) survey.scripts.push({ ...found, content });
  } else if (content.kind === "binary") survey.binaries.push({ ...found, content });
}

function isDatabasePath(path: string): boolean {
  return (
    path.endsWith("lib/apk/db/installed") ||
    path.endsWith("lib/dpkg/status") ||
    isRpmDatabase(path) ||
    isRpmManifest(path)
  );
}

/** Why the database at the end of a link is not among those that were read: the probe goes by a file's own name. */
function whyUnread(tree: FileTree, path: string): string | undefined {
  const resolved = tree.resolve(path);
  if (!resolved.found) return "its link leads nowhere";
  if (resolved.node.type !== "file" || isDatabasePath(resolved.path)) return undefined;
  return `its link leads to ${resolved.path}, a name under which no database is looked for`;
}

/** Where a fact about a file was read. */
export function sourceOf(path: string, node: { layer: string }): string {
  return node.layer === "" ? path : `${path} in layer ${node.layer}`;
}

export function evidence(fact: string, path: string, node: { layer: string }): Evidence {
  return { fact, source: sourceOf(path, node) };
}
