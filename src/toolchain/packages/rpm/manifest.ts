import { linesOf } from "../../lines.ts";
import { collectPackages } from "../collect.ts";
import type { PackageEntry, ParsedPackages } from "../types.ts";

const MANIFEST = /(?:^|\/)rpmmanifest\/container-manifest-2$/;

/** True for `var/lib/rpmmanifest/container-manifest-2`, which distroless images of CBL-Mariner and Azure Linux have in
 * place of a database. */
export function isRpmManifest(path: string): boolean {
  return MANIFEST.test(path);
}

/** Columns of a line; the fifth to the eighth are vendor, a constant, size and architecture. */
const NAME = 0;
const VERSION_RELEASE = 1;
const EPOCH = 8;

/**
 * Reads that text: a line a package, columns divided by tabs, as `rpm -qa` prints them for the format
 * `NAME VERSION-RELEASE INSTALLTIME BUILDTIME VENDOR (none) SIZE ARCH EPOCHNUM SOURCERPM`
 * (https://github.com/microsoft/marinara; the same in https://github.com/aquasecurity/trivy, pkg/fanal/analyzer/pkg/rpm).
 * @returns packages without file lists. Never throws.
 */
export function parseRpmManifest(text: string): ParsedPackages {
  const { parsed, add, report } = collectPackages();
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line === "") continue;
    const entry = readLine(line);
    if (!entry) report(`line ${number} is no package`);
    else add(entry);
  }
  if (text !== "" && !text.endsWith("\n")) report("it ends in the middle of a line");
  return parsed;
}

function readLine(line: string): PackageEntry | undefined {
  // More columns than the format has are none of ours; splitting no further bounds the work on a hostile line.
  const fields = line.split("\t", 16);
  const name = fields[NAME];
  const version = fields[VERSION_RELEASE];
  const epoch = fields[EPOCH];
  if (!name || !/^[\w.+-]+$/.test(name) || !version || !/^[\w.+~^]+-[\w.+~^]+$/.test(version)) return undefined;
  if (epoch === undefined || !/^\d{1,10}$/.test(epoch)) return undefined;
  return { name, version: epoch === "0" ? version : `${epoch}:${version}` };
}
