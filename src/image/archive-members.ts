import { posix } from "node:path";
import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";
import { normalisePath } from "./layer.ts";
import { exceeded, type ReadLimits } from "./limits.ts";
import type { TarMember } from "./tar/members.ts";

/** The files of an archive by name, links among them followed. */
export interface MemberIndex<T> {
  /** @param value what is known of the member's content; ignored for links and directories */
  add(member: TarMember, value: T): void;
  /**
   * @param name of a member without `./` in front
   * @throws UserError when several files have it: Docker and tar unpack the last one, podman and skopeo read the first
   */
  find(name: string): { name: string; value: T } | undefined;
}

/**
 * Docker and skopeo write a repeated layer as a link to its first copy (`ID/layer.tar -> ../OTHER/layer.tar`); tar writes a
 * file with several names as hard links.
 */
export function createMemberIndex<T>(limits: ReadLimits): MemberIndex<T> {
  const members = new Map<string, { value: T } | { link: string }>();
  const repeated = new Set<string>();
  let added = 0;

  function linkTarget(member: TarMember, name: string): string | undefined {
    if (member.type === "hardlink") return memberName(member.linkname);
    if (member.type === "symlink") return posix.normalize(posix.join(posix.dirname(name), member.linkname));
    return undefined;
  }

  /** Whoever unpacks the archive has another file there, whoever reads it has this one. */
  function isBelowLink(name: string): boolean {
    for (let slash = name.indexOf("/"); slash > 0; slash = name.indexOf("/", slash + 1)) {
      const parent = members.get(name.slice(0, slash));
      if (parent !== undefined && "link" in parent) return true;
    }
    return false;
  }

  return {
    add(member, value) {
      if (++added > limits.members) throw exceeded("archive-files", limits);
      const name = memberName(member.name);
      if (members.has(name)) repeated.add(name);
      const link = linkTarget(member, name);
      if (link !== undefined && link !== name) members.set(name, { link });
      else if (member.type === "file") members.set(name, { value });
    },
    find(name) {
      let at = name;
      for (let hops = 0; hops <= limits.linkHops; hops++) {
        const found = members.get(at);
        if (found === undefined) return undefined;
        if (isBelowLink(at))
          throw new UserError(`${quote(at)} lies below a link, and programs differ in what that is: pack it again`);
        if (repeated.has(at) && !BLOB.test(at))
          throw new UserError(
            `it holds ${quote(at)} more than once, and programs differ in which of them they take: pack it again`,
          );
        if ("value" in found) return { name: at, value: found.value };
        at = found.link;
      }
      throw exceeded("link-hops", limits, `link ${quote(name)}`);
    },
  };
}

/** The name says which bytes it has: of several such files only one can be right, and that is compared. */
const BLOB = /^blobs\/sha(256|512)\/[0-9a-f]+$/;

/** `./blobs/x` -> `blobs/x`. */
export function memberName(name: string): string {
  return normalisePath(name).slice(1);
}
