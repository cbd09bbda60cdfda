import { basename } from "node:path/posix";
import type { Library } from "../model/toolchain.ts";
import { compareVersions, upstreamVersion } from "../model/version.ts";
import { describeIdentity } from "./binaries/identify.ts";
import { narrowByFileName } from "./binaries/library-range.ts";
import type { BinaryContent } from "./content.ts";
import { isNetfilterLibrary } from "./file-names.ts";
import { describeFormer, describeOwner, type Ownership } from "./packages/ownership.ts";
import { evidence, type Survey } from "./survey.ts";

/**
 * Lists the netfilter libraries. The bytes give a range of releases; a package record that owns the file makes it one
 * version when it lies in that range. Otherwise the file was replaced: the range stays, and both facts are in the evidence.
 */
export function listLibraries(survey: Survey, ownership: Ownership): Library[] {
  return withoutFurtherNames(survey.binaries).flatMap(({ path, node, content }): Library[] => {
    const identity = content.identity;
    if (!identity?.library) return [];
    const { soVersion, min, max } = narrowByFileName(identity.tool, basename(path), identity.library);
    const library: Library = {
      name: identity.tool,
      soVersion,
      path,
      versions: [min, max],
      evidence: [evidence(describeIdentity(identity), path, node)],
    };
    const { owner, former } = ownership.tie(path, content.digests);
    if (former) library.evidence.unshift({ fact: describeFormer(former, path), source: former.source });
    if (!owner) return [library];
    library.package = owner.record;
    library.evidence.unshift({ fact: describeOwner(owner, path), source: owner.source });
    const version = upstreamVersion(owner.record.version);
    if (version !== undefined && liesWithin(version, min, max)) library.versions = [version, version];
    return [library];
  });
}

/** Of a file with several names (hard links, as stores of files have them) those that loaders look for, else the first. */
function withoutFurtherNames(binaries: Survey["binaries"]): Survey["binaries"] {
  const names = new Map<BinaryContent, { first: string; isLibrary: boolean }>();
  for (const { path, content } of binaries) {
    const known = names.get(content) ?? { first: path, isLibrary: false };
    names.set(content, { ...known, isLibrary: known.isLibrary || isNetfilterLibrary(basename(path)) });
  }
  return binaries.filter(({ path, content }) => {
    const known = names.get(content);
    return known?.isLibrary ? isNetfilterLibrary(basename(path)) : known?.first === path;
  });
}

function liesWithin(version: string, min: string | null, max: string | null): boolean {
  return (min === null || compareVersions(version, min) >= 0) && (max === null || compareVersions(version, max) <= 0);
}
