import { posix } from "node:path";
import { quote } from "./errors.ts";
import { normalisePath } from "./layer.ts";
import { exceeded, type ReadLimits } from "./limits.ts";
import type { TarMember } from "./tar/reader.ts";

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
export function createMemberIndex<T>(limits: ReadLimits): MemberIndex<T> {
  const members = new Map<string, { value: T } | { link: string }>();
  let added = 0;

  function linkTarget(member: TarMember, name: string): string | undefined {
    if (member.type === "hardlink") return memberName(member.linkname);
    if (member.type === "symlink") return posix.normalize(posix.join(posix.dirname(name), member.linkname));
    return undefined;
  }

  return {
    add(member, value) {
      if (++added > limits.members) throw exceeded("archive-files", limits);
      const name = memberName(member.name);
      const link = linkTarget(member, name);
      if (link !== undefined && link !== name) members.set(name, { link });
      else if (member.type === "file") members.set(name, { value });
    },
    find(name) {
      let at = name;
      for (let hops = 0; hops <= limits.linkHops; hops++) {
        const found = members.get(at);
        if (found === undefined) return undefined;
        if ("value" in found) return { name: at, value: found.value };
        at = found.link;
      }
      throw exceeded("link-hops", limits, `link ${quote(name)}`);
    },
  };
}

/** `./blobs/x` -> `blobs/x`. */
export function memberName(name: string): string {
  return normalisePath(name).slice(1);
}
