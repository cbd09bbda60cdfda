/** What a software bill of materials says is in the image: a claim of who wrote it, tied to no file. */
export interface Claim {
  name: string;
  version: string;
}

/** More than any SBOM of one package has; of larger ones the beginning counts. */
const MAX_CLAIMS = 16;
const MAX_READ = 100_000;

/** Where SPDX documents lie: apko's and Talos' one for each package, Bitnami's beside each component. */
export function isSpdxDocument(path: string): boolean {
  if (path.endsWith(".spdx.json")) return /\/(?:var\/lib\/db\/sbom|usr\/share\/spdx)\/[^/]+$/.test(path);
  return path.endsWith(".spdx") && /^\/opt\/bitnami\/(?:[^/]+\/)*\.spdx-[^/]+$/.test(path);
}

/**
 * Reads an SPDX 2 document in JSON (https://spdx.github.io/spdx-spec/v2.3/package-information/).
 * @param names of packages that are wanted
 * @returns what it claims of them; empty for what is no such document. Never throws.
 */
export function parseSpdx(text: string, names: ReadonlySet<string>): Claim[] {
  const packages = field(parseJson(text), "packages");
  if (!Array.isArray(packages)) return [];
  const claims: Claim[] = [];
  for (const entry of packages.slice(0, MAX_READ)) {
    const name = field(entry, "name");
    const version = field(entry, "versionInfo");
    if (typeof name !== "string" || typeof version !== "string" || !names.has(name)) continue;
    if (/^[\w.+~:-]{1,80}$/.test(version) && claims.length < MAX_CLAIMS) claims.push({ name, version });
  }
  return claims;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
