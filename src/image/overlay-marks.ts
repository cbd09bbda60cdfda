import { quote } from "./errors.ts";

/**
 * Attributes that overlayfs keeps for itself. Docker, containerd and podman unpack layers into its folders, and a tar may carry
 * these attributes: then the kernel obeys them, and a folder is empty or shows the files of another one. Runtimes with other
 * storage have plain attributes of no effect.
 * Source: https://docs.kernel.org/filesystems/overlayfs.html; podman 4.3.1 on Linux 6.18 shows the files of the other folder
 */
export interface OverlayMark {
  path: string;
  /** `trusted.overlay.redirect`, ... */
  attribute: string;
}

/** The ones that decide which files are shown; with the second prefix where a user without privileges mounts. */
const MARK = /^(trusted|user)\.overlay\.(opaque|redirect|metacopy|whiteout)$/;

/** All that decide at one entry: one may hide nothing and another show something else. */
export function listOverlayMarks(path: string, xattrs: Readonly<Record<string, string>>): OverlayMark[] {
  const marks: OverlayMark[] = [];
  for (const attribute in xattrs) if (MARK.test(attribute)) marks.push({ path, attribute });
  return marks;
}

/** An empty folder stays empty. */
export function hidesOnly({ attribute }: OverlayMark): boolean {
  return attribute.endsWith(".opaque");
}

/** What is not known of a layer with such marks. */
export function describeMarks(digest: string, marks: readonly OverlayMark[]): { fact: string; reason: string }[] {
  const [first] = marks;
  if (first === undefined) return [];
  const others = marks.length > 1 ? `, as ${marks.length - 1} more have such ones` : "";
  return [
    {
      fact: `which files of layer ${digest} are run`,
      reason: `${quote(first.path)} has the attribute ${first.attribute}${others}: where layers are unpacked onto overlayfs, as by Docker, containerd and podman, other files are shown than those of the tar`,
    },
  ];
}
