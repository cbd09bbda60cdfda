/**
 * Names by which a layer says what it hides
 * (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts), and those that aufs, from which they come, kept
 * for itself.
 */

/** Before the name of what is hidden. */
export const WHITEOUT = ".wh.";
/** Hides all that the layers below have in its directory. */
export const OPAQUE = ".wh..wh..opq";
/** Before the names of aufs' own. */
export const AUFS = ".wh..wh.";
/** Where aufs kept files with several names; a layer that it wrote links to them. */
export const AUFS_LINKS = "/.wh..wh.plnk";
