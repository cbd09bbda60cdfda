import { parseDigest } from "../digest.ts";

/**
 * Where a layer's table of contents is, and the digest that it must have. Both come from the annotations of a verified
 * manifest: what the layer itself says of them proves nothing.
 */
export type TocPointer =
  /** eStargz: the footer says where. The digest is that of the JSON. */
  | { format: "eStargz"; digest: string }
  /** zstd:chunked: the digest is that of the compressed JSON. */
  | { format: "zstd:chunked"; digest: string; offset: number; length: number; jsonLength: number };

/** https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md */
const ESTARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest";
/** containers/storage, pkg/chunked/internal/minimal; the second prefix is that of releases before 2023 and of nerdctl. */
const CHUNKED_PREFIXES = ["io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."];
/** The only type of table that is known: the JSON of CRFS. */
const CRFS = "1";

/**
 * Finds the pointers among a layer's annotations: none for a layer without one that can be used. Writers of zstd:chunked for
 * containerd add that of eStargz; then each runtime goes by the one it knows.
 */
export function findTocPointers(annotations: Readonly<Record<string, string>>): TocPointer[] {
  const pointers: TocPointer[] = CHUNKED_PREFIXES.flatMap(
    (prefix) =>
      parsePosition(annotations[`${prefix}manifest-checksum`], annotations[`${prefix}manifest-position`]) ?? [],
  );
  const digest = annotations[ESTARGZ_DIGEST];
  if (digest !== undefined && parseDigest(digest) !== undefined) pointers.push({ format: "eStargz", digest });
  return pointers;
}

/** `OFFSET:LENGTH:LENGTH OF THE JSON:TYPE` */
function parsePosition(digest: string | undefined, position: string | undefined): TocPointer | undefined {
  const [offset, length, jsonLength, type, more] = (position ?? "").split(":");
  const numbers = [offset, length, jsonLength].map((text) => (/^\d{1,15}$/.test(text ?? "") ? Number(text) : -1));
  const [from = -1, bytes = -1, json = -1] = numbers;
  if (digest === undefined || parseDigest(digest) === undefined || type !== CRFS || more !== undefined)
    return undefined;
  if (from < 0 || bytes < 0 || json < 0) return undefined;
  return { format: "zstd:chunked", digest, offset: from, length: bytes, jsonLength: json };
}
