import { posix } from "node:path";
import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";
import { normalisePath } from "./layer.ts";
import type { TarMember } from "./tar/reader.ts";
import { MAX_HOPS } from "./tree.ts";

/** The files of an archive by name, links among them followed. */
export interface MemberIndex<T> {
  /** @param value what is known of the member's content; ignored for links and directories */
  add(member: TarMember, value: T): void;
  /** The name of a member without `./` in front. */
  find(name: string): { name: string; value: T } | undefined;
}

/**
 * Docker and skopeo write a repeated layer as a link to its first copy (`ID/layer.tar -> ../OTHER/layer.tar`); tar writes a
 * file with several names as hard links.
 */
export function createMemberIndex<T>(limit: number): MemberIndex<T> {
  const members = new Map<string, { value: T } | { link: string }>();

  function linkTarget(member: TarMember, name: string): string | undefined {
    if (member.type === "hardlink") return memberName(member.linkname);
    if (member.type === "symlink") return posix.normalize(posix.join(posix.dirname(name), member.linkname));
    return undefined;
  }

  return {
    add(member, value) {
      if (members.size >= limit) throw new UserError(`it holds more than ${limit} files`);
      const name = memberName(member.name);
      const link = linkTarget(member, name);
      if (link !== undefined && link !== name) members.set(name, { link });
      else if (member.type === "file") members.set(name, { value });
    },
    find(name) {
      let at = name;
      for (let hops = 0; hops <= MAX_HOPS; hops++) {
        const found = members.get(at);
        if (found === undefined) return undefined;
        if ("value" in found) return { name: at, value: found.value };
        at = found.link;
      }
      throw new UserError(`${quote(name)} is a link that leads in a circle`);
    },
  };
}

/** `./blobs/x` -> `blobs/x`. */
export function memberName(name: string): string {
  return normalisePath(name).slice(1);
}
