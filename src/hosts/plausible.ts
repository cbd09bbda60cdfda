import encodings from "../knowledge/encodings.json" with { type: "json" };
import { catalogueHosts } from "../knowledge/hosts/index.ts";
import ipset from "../knowledge/ipset.json" with { type: "json" };
import { programProfiles } from "../knowledge/programs/index.ts";
import { compareVersions, isVersion, kernelSeries } from "../model/version.ts";

/** What a config may state a version of. */
export type Versioned = "iptables" | "ipset" | "nft" | "kernel";

function newest(versions: readonly (string | undefined)[]): string {
  const known = versions.filter((version) => version !== undefined && isVersion(version)) as string[];
  return known.reduce((best, version) => (compareVersions(version, best) > 0 ? version : best), "0.0");
}

/** The newest release of each that the catalogue knows anything of. */
const newestKnown: Readonly<Record<Versioned, string>> = {
  iptables: newest([...encodings.measured.iptables, ...versionsOf("iptables")]),
  ipset: newest([
    ...ipset.tools.flatMap((tool) => [tool.versions.min, (tool.versions as { max?: string }).max]),
    ...versionsOf("ipset"),
  ]),
  nft: newest([...encodings.measured.nft, ...versionsOf("nft")]),
  kernel: newest(catalogueHosts.flatMap((host) => host.kernels.map((kernel) => kernelSeries(kernel.release.value)))),
};

function versionsOf(tool: "iptables" | "ipset" | "nft"): (string | undefined)[] {
  return [
    ...catalogueHosts.map((host) => host[tool]?.version?.value),
    ...programProfiles.flatMap((profile) => profile.versions.map((row) => row[tool]?.value)),
  ];
}

/** First number of the first public release. */
const first: Readonly<Record<Versioned, number>> = { iptables: 1, ipset: 2, nft: 0, kernel: 2 };

/**
 * Why a version can't be one of this tool; undefined when it can. One that is newer than any known may have been released since,
 * one whose first number is two ahead was not.
 */
export function impossible(tool: Versioned, version: string): string | undefined {
  const known = newestKnown[tool];
  const major = Number.parseInt(version, 10);
  if (major >= first[tool] && major <= Number.parseInt(known, 10) + 1 && compareVersions(version, "0.0") > 0)
    return undefined;
  return `there is no ${tool} ${version}; the newest known is ${known}`;
}

/** A sentence on a version that is newer than any the catalogue knows; undefined for the others. */
export function unheardOf(tool: Versioned, version: string): string | undefined {
  const known = newestKnown[tool];
  if (compareVersions(version, known) <= 0) return undefined;
  return `${tool} ${version} is newer than the newest known (${known}): it is taken to behave as that one`;
}
