import { basename } from "node:path/posix";
import type { FileTree } from "../../model/image.ts";
import type { PackageRecord } from "../../model/toolchain.ts";
import { createPathResolver, type Found, type Survey, sourceOf } from "../survey.ts";

/** A package record and how it is tied to a file. */
export interface Owner {
  record: PackageRecord;
  /** `list`: a file list of the database names the file. `name`: the database holds no file list of the package, which is
   * named like the tool (distroless images, hand-written stanzas). */
  by: "list" | "name";
  source: string;
}

export interface Ownership {
  /** The owner of a regular file, by its resolved path. `tool` also allows a record without a file list. */
  ownerOf(path: string, tool?: string): Owner | undefined;
  /** The databases were all read whole. */
  problems: { fact: string; reason: string }[];
}

/** Packages that bring a tool, in the distributions' namings. */
const PACKAGES_OF_TOOL: Record<string, string[]> = {
  iptables: ["iptables", "iptables-nft", "iptables-legacy", "iptables-wolfi"],
  ip6tables: ["iptables", "iptables-nft", "iptables-legacy", "ip6tables"],
  nft: ["nftables"],
  ipset: ["ipset"],
  conntrack: ["conntrack", "conntrack-tools"],
  ebtables: ["ebtables", "iptables"],
  arptables: ["arptables", "iptables"],
};

/** Joins package records with their files over all databases of the image. */
export function indexOwnership(survey: Survey, tree: FileTree): Ownership {
  const resolve = createPathResolver(tree);
  const byPath = new Map<string, Owner>();
  const withoutList = new Map<string, Owner>();
  const lists = collectFileLists(survey);
  for (const database of survey.packages) {
    const root = rootOf(database.path);
    for (const entry of database.content.packages) {
      const files = entry.files ?? lists.get(`${root} ${entry.name}`);
      const record: PackageRecord = { name: entry.name, version: entry.version, database: database.content.database };
      const source = sourceOf(database.path, database.node);
      if (!files) withoutList.set(entry.name, { record, by: "name", source });
      for (const file of files ?? []) byPath.set(resolve(`${root}${file}`), { record, by: "list", source });
    }
  }
  return {
    ownerOf: (path, tool) => byPath.get(path) ?? (tool === undefined ? undefined : ownerByName(tool, withoutList)),
    problems: databaseProblems(survey),
  };
}

function ownerByName(tool: string, withoutList: Map<string, Owner>): Owner | undefined {
  const owners = (PACKAGES_OF_TOOL[tool] ?? []).flatMap((name) => withoutList.get(name) ?? []);
  return owners[0];
}

/** By root folder and package name; a package of several architectures has one list for each. */
function collectFileLists(survey: Survey): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const list of survey.fileLists) {
    const name = basename(list.path)
      .replace(/\.(?:list|md5sums)$/, "")
      .replace(/:[^:]*$/, "");
    const key = `${rootOf(list.path)} ${name}`;
    lists.set(key, [...(lists.get(key) ?? []), ...list.content.files]);
  }
  return lists;
}

/** The folder that a database describes: empty for the image's root, `/rootfs` for `/rootfs/lib/apk/db/installed`. */
function rootOf(path: string): string {
  return path.replace(/(?:\/usr|\/var)?\/lib\/(?:apk|dpkg)\/.*$/, "");
}

function databaseProblems(survey: Survey): Ownership["problems"] {
  const damaged = [...survey.packages, ...survey.fileLists].flatMap((found: Found) =>
    "problems" in found.content && found.content.problems.length > 0
      ? [{ fact: `packages of ${found.path}`, reason: `the database is damaged: ${found.content.problems.join("; ")}` }]
      : [],
  );
  const unread = survey.unreadDatabases.map(({ path, reason }) => ({ fact: `packages of ${path}`, reason }));
  return [...damaged, ...unread];
}

/** For messages: `package iptables 1.8.4-r2 owns /sbin/xtables-nft-multi`. */
export function describeOwner(owner: Owner, path: string): string {
  const name = `package ${owner.record.name} ${owner.record.version}`;
  return owner.by === "list"
    ? `${name} owns ${path}`
    : `${name} is installed and has no file list (${path} fits its name)`;
}
