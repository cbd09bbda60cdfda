import { basename } from "node:path/posix";
import { packagesOfTool } from "../../knowledge/tool-packages.ts";
import type { Evidence } from "../../model/evidence.ts";
import type { FileTree } from "../../model/image.ts";
import type { PackageRecord, Untold } from "../../model/toolchain.ts";
import type { ContentDigests } from "../content.ts";
import { createPathResolver } from "../paths.ts";
import { evidence, type Found, type Survey, sourceOf } from "../survey.ts";
import type { PackageFile } from "./types.ts";

/** A package record and how it is tied to a file. */
export interface Owner {
  record: PackageRecord;
  /** `list`: a file list of the database names the file, and its content is the recorded one where a checksum is recorded.
   * `content`: the file is a copy of one of the package's files. `name`: the database holds no file list of the package,
   * which is named like the tool (distroless images, hand-written stanzas). */
  by: "list" | "content" | "name";
  source: string;
}

/** What the records say of one file. */
export interface Tie {
  owner?: Owner;
  /** The record that names the file, when its content is another than the recorded one: the file was replaced. */
  former?: Owner;
}

export interface Ownership {
  /**
   * @param path resolved path of a regular file
   * @param digests of its content; absent: a recorded checksum cannot be compared and is taken to fit
   * @param tool also allows a record without a file list
   */
  tie(path: string, digests: ContentDigests | undefined, tool?: string): Tie;
  /** What SBOMs in the image say of a tool: shown where no record owns its file, and never believed. */
  claims(tool: string): Evidence[];
  /** The databases were all read whole. */
  problems: Untold[];
}

const MAX_CLAIMS = 3;

function listClaims(survey: Survey, tool: string): Evidence[] {
  const told = survey.claims.flatMap(({ path, node, content }) =>
    content.claims
      .filter(({ name }) => packagesOfTool(tool).includes(name))
      .map(({ name, version }) => evidence(`an SBOM in the image claims ${name} ${version}`, path, node)),
  );
  return told.slice(0, MAX_CLAIMS);
}

/** Joins package records with their files over all databases of the image. */
export function indexOwnership(survey: Survey, tree: FileTree): Ownership {
  const resolve = createPathResolver(tree);
  const index: RecordIndex = { byPath: new Map(), byDigest: new Map(), withoutList: new Map() };
  const lists = collectFileLists(survey);
  for (const database of survey.packages) {
    const root = rootOf(database.path);
    for (const entry of database.content.packages) {
      const files = entry.files ?? lists.get(`${root} ${entry.name}`);
      const record: PackageRecord = { name: entry.name, version: entry.version, database: database.content.database };
      const source = sourceOf(database.path, database.node);
      if (!files) index.withoutList.set(entry.name, { record, by: "name", source });
      const owner: Owner = { record, by: "list", source };
      for (const { path, digest } of files ?? []) {
        const real = resolve(`${root}${path}`);
        index.byPath.set(real, [...(index.byPath.get(real) ?? []), { owner, digest }]);
        if (digest !== undefined) index.byDigest.set(digest, owner);
      }
    }
  }
  return {
    tie: (path, digests, tool) => tie(index, path, digests, tool),
    claims: (tool) => listClaims(survey, tool),
    problems: databaseProblems(survey),
  };
}

interface RecordIndex {
  /** A path may be in several records: packages of two architectures, an upgrade that was cut off. */
  byPath: Map<string, { owner: Owner; digest: string | undefined }[]>;
  byDigest: Map<string, Owner>;
  withoutList: Map<string, Owner>;
}

function tie(index: RecordIndex, path: string, digests: ContentDigests | undefined, tool: string | undefined): Tie {
  const content = digests ? Object.entries(digests).map(([algorithm, hex]) => `${algorithm}:${hex}`) : [];
  const named = index.byPath.get(path) ?? [];
  const fits = (digest: string | undefined) =>
    digest === undefined || digests === undefined || content.includes(digest);
  const owner = (
    named.findLast((file) => file.digest !== undefined && fits(file.digest)) ??
    named.findLast((file) => fits(file.digest))
  )?.owner;
  if (owner) return { owner };
  const copied = content.map((digest) => index.byDigest.get(digest)).find((found) => found !== undefined);
  if (copied) return { owner: { ...copied, by: "content" } };
  const former = named.at(-1)?.owner;
  if (former) return { former };
  const byName = tool === undefined ? undefined : ownerByName(tool, index.withoutList);
  return byName ? { owner: byName } : {};
}

function ownerByName(tool: string, withoutList: Map<string, Owner>): Owner | undefined {
  const name = packagesOfTool(tool).find((candidate) => withoutList.has(candidate));
  return name === undefined ? undefined : withoutList.get(name);
}

/** By root folder and package name; a package of several architectures has one list for each. */
function collectFileLists(survey: Survey): Map<string, PackageFile[]> {
  const lists = new Map<string, PackageFile[]>();
  for (const list of survey.fileLists) {
    const name = basename(list.path)
      .replace(/\.(?:list|md5sums)$/, "")
      .replace(/:[^:]*$/, "");
    const key = `${rootOf(list.path)} ${name}`;
    lists.set(key, joinFiles(lists.get(key) ?? [], list.content.files));
  }
  return lists;
}

/** A package has its names in one file and the checksums in another. */
function joinFiles(some: PackageFile[], others: PackageFile[]): PackageFile[] {
  const files = new Map(some.map((file) => [file.path, file]));
  for (const file of others) if (file.digest !== undefined || !files.has(file.path)) files.set(file.path, file);
  return [...files.values()];
}

/** The folder that a database describes: empty for the image's root, `/rootfs` for `/rootfs/lib/apk/db/installed`. */
function rootOf(path: string): string {
  return path.replace(/(?:\/usr|\/var)?\/(?:lib|share)\/(?:apk|dpkg|rpm|rpmmanifest|sysimage\/rpm)\/.*$/, "");
}

function databaseProblems(survey: Survey): Ownership["problems"] {
  const damaged = [...survey.packages, ...survey.fileLists].flatMap((found: Found) =>
    "problems" in found.content && found.content.problems.length > 0
      ? [{ fact: `packages of ${found.path}`, reason: `not all can be read: ${found.content.problems.join("; ")}` }]
      : [],
  );
  const unread = survey.unreadDatabases.map(({ path, reason }) => ({ fact: `packages of ${path}`, reason }));
  return [...damaged, ...unread];
}

/** For messages: `package iptables 1.8.4-r2 owns /sbin/xtables-nft-multi`. */
export function describeOwner(owner: Owner, path: string): string {
  const name = `package ${owner.record.name} ${owner.record.version}`;
  if (owner.by === "list") return `${name} owns ${path}`;
  if (owner.by === "content") return `${path} is a copy of a file of ${name}`;
  return `${name} is installed and has no file list (${path} fits its name)`;
}

/** For messages: a file of a package with another content than the package's. */
export function describeFormer(owner: Owner, path: string): string {
  return `package ${owner.record.name} ${owner.record.version} names ${path} with another content: it was replaced`;
}
