import { catalogueHosts } from "../knowledge/hosts/index.ts";
import type { Distribution } from "../knowledge/schema/distribution.ts";
import type { Backend, Command, Selector, Tool, Toolchain } from "../model/toolchain.ts";
import { compareVersions } from "../model/version.ts";

/** One release of a distribution, as its file states it. */
export type Release = Distribution["releases"][number];

/** The image as it would be with the packages of another release. */
export interface Candidate {
  release: Release;
  /** With both backends, and a wrapper that chooses between them. */
  bothBackends: boolean;
  toolchain: Toolchain;
}

const sourceOf: Readonly<Record<string, "iptables" | "ipset" | "nftables">> = {
  iptables: "iptables",
  ip6tables: "iptables",
  ipset: "ipset",
  nft: "nftables",
};

/** The source package of a tool that a release of the distribution would replace: what no package owns stays as it is. */
export function sourcePackage(tool: Tool): "iptables" | "ipset" | "nftables" | undefined {
  return tool.package === undefined ? undefined : sourceOf[tool.name];
}

/** apk, dpkg and rpm databases name no distribution; os-release does, and here it only chooses whose releases to offer. */
export function distributionOf(toolchain: Toolchain, distributions: readonly Distribution[]): Distribution | undefined {
  const databases = toolchain.tools.flatMap((tool) => (tool.package === undefined ? [] : [tool.package.database]));
  if (databases.length === 0) return undefined;
  const id = databases[0] === "apk" ? "alpine" : toolchain.os.id;
  return distributions.find(
    (distribution) => distribution.id === id || distribution.osIds?.includes(id ?? "") === true,
  );
}

/** Releases that take no tool back, oldest first. */
export function candidates(toolchain: Toolchain, distribution: Distribution, bothBackends: boolean): Candidate[] {
  return distribution.releases
    .filter((release) => !isReplaced(distribution, release) && isNotOlder(toolchain, release))
    .filter((release) => !bothBackends || release.legacyPackage !== undefined)
    .map((release) => {
      const updated = withPackages(toolchain, distribution, release, bothBackends);
      return { release, bothBackends, toolchain: bothBackends ? withWrapper(updated) : updated };
    });
}

/** A later minor release took the place of this one. */
function isReplaced({ minorReleasesReplaced, releases }: Distribution, { release }: Release): boolean {
  const major = (text: string) => text.split(".")[0];
  return (
    minorReleasesReplaced === true &&
    releases.some((later) => major(later.release) === major(release) && compareVersions(later.release, release) > 0)
  );
}

function isNotOlder(toolchain: Toolchain, release: Release): boolean {
  return toolchain.tools.every((tool) => {
    const source = sourcePackage(tool);
    if (source === undefined) return true;
    const offered = release.packages[source]?.version;
    // A release whose version of a tool isn't known can't be promised.
    return offered !== undefined && (tool.version === null || compareVersions(offered, tool.version) >= 0);
  });
}

/** True when the release brings nothing that the image hasn't. */
export function bringsNothingNew(toolchain: Toolchain, release: Release): boolean {
  return toolchain.tools.every((tool) => {
    const source = sourcePackage(tool);
    return source === undefined || release.packages[source]?.version === tool.version;
  });
}

function withPackages(
  toolchain: Toolchain,
  distribution: Distribution,
  release: Release,
  keepsLegacy: boolean,
): Toolchain {
  const tools = toolchain.tools.map((tool): Tool => {
    const source = sourcePackage(tool);
    const offered = source === undefined ? undefined : release.packages[source];
    if (offered === undefined || tool.package === undefined) return tool;
    const { byteVersion: _, ...rest } = tool;
    return { ...rest, version: offered.version, package: { ...tool.package, version: offered.package } };
  });
  const followed = followDefault({ ...toolchain, tools }, toolchain, distribution, release);
  return keepsLegacy || !dropsLegacy(followed, release) ? followed : withoutLegacy(followed);
}

/** Where the image's `iptables` is what its release makes it, it becomes what the new release makes it. */
function followDefault(updated: Toolchain, before: Toolchain, distribution: Distribution, release: Release): Toolchain {
  const old = releaseOf(before, distribution)?.defaultBackend;
  const now = release.defaultBackend;
  if (before.selector !== undefined || old === undefined || now === undefined || old === now) return updated;
  const defaults = Object.entries(updated.defaults).map(([name, command]): [string, Command] => {
    const tool = updated.tools.find(
      (item) => item.name === name.replace(/-(save|restore)$/, "") && item.backend === now,
    );
    if (command.backend !== old || tool === undefined) return [name, command];
    return [name, { ...command, backend: now, via: [command.via[0] ?? tool.path, tool.path, tool.target] }];
  });
  return { ...updated, defaults: Object.fromEntries(defaults) };
}

/** The oldest release that brings the image's iptables. */
function releaseOf(toolchain: Toolchain, distribution: Distribution): Release | undefined {
  const tool = toolchain.tools.find((item) => sourcePackage(item) === "iptables");
  return distribution.releases.find((release) => release.packages.iptables?.version === tool?.version);
}

/** The legacy backend is a package of its own there, and nothing in the image chooses it: no selector, and no program that may. */
function dropsLegacy(toolchain: Toolchain, release: Release): boolean {
  const separate = release.legacyPackage !== undefined && release.legacyPackage !== "iptables";
  const chosen = Object.values(toolchain.defaults).some((command) => command.backend !== "nft");
  const selects = toolchain.selector !== undefined || toolchain.program !== undefined;
  return separate && !chosen && !selects && ownedByIptables(toolchain);
}

/** Legacy came with the package `iptables`, not by a wish of the image's. */
function ownedByIptables(toolchain: Toolchain): boolean {
  return toolchain.tools.every((tool) => tool.backend !== "legacy" || tool.package?.name === "iptables");
}

function withoutLegacy(toolchain: Toolchain): Toolchain {
  return { ...toolchain, tools: toolchain.tools.filter((tool) => tool.backend !== "legacy") };
}

/** Both backends, and a wrapper of the second generation where `iptables` is. */
function withWrapper(toolchain: Toolchain): Toolchain {
  const tools = toolchain.tools.flatMap((tool): Tool[] => {
    // The wrapper chooses for these two; arptables and ebtables of the other backend are packages of their own.
    if (tool.backend === undefined || sourceOf[tool.name] !== "iptables") return [tool];
    const other: Backend = tool.backend === "nft" ? "legacy" : "nft";
    const there = toolchain.tools.some((item) => item.name === tool.name && item.backend === other);
    return there ? [tool] : [tool, { ...tool, backend: other }];
  });
  const path = toolchain.defaults.iptables?.via[0] ?? "/usr/sbin/iptables";
  const selector: Selector = { kind: "iptables-wrapper", version: "v2", effective: true, path, evidence: [] };
  const auto = { backend: "auto" as const, via: [path] };
  // Its installer puts it in the place of save and restore too: what stayed fixed would disagree with it.
  const defaults = Object.fromEntries(
    ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`].map((each) => [each, auto])),
  );
  return { ...toolchain, tools, selector, defaults: { ...toolchain.defaults, ...defaults } };
}

/** False for a release that its distributor no longer maintains at the catalogue's date. */
export function isMaintained(distribution: Distribution, { release }: Release): boolean {
  return catalogueHosts.find((row) => row.id === `${distribution.id}-${release}`)?.maintained ?? true;
}

/** True where the records of packages were copied without a package manager, as distroless images have them. */
export function isDistroless(toolchain: Toolchain): boolean {
  return toolchain.tools.some(({ evidence }) =>
    evidence.some(({ source }) => source.startsWith("/var/lib/dpkg/status.d/")),
  );
}

/** What of the image's distribution brings binaries that it lacks, and the line of a Dockerfile that installs it. */
export function packageFor(
  toolchain: Toolchain,
  wanted: Backend | "ipset" | "nftables",
  distributions: readonly Distribution[],
): { distribution: string; name?: string; line?: string } | undefined {
  const distribution =
    distributionOf(toolchain, distributions) ??
    distributions.find(({ id, osIds }) => [id, ...(osIds ?? [])].includes(toolchain.os.id ?? ""));
  if (distribution === undefined) return undefined;
  const { releases, title } = distribution;
  const installed = toolchain.os.versionId?.startsWith.bind(toolchain.os.versionId);
  const release =
    releaseOf(toolchain, distribution) ?? releases.findLast((each) => installed?.(each.release)) ?? releases.at(-1);
  const name = {
    nft: release?.nftPackage ?? "iptables",
    legacy: release?.legacyPackage,
    ipset: "ipset",
    nftables: "nftables",
  }[wanted];
  if (name === undefined) return { distribution: title };
  // A package from elsewhere, `iptables-legacy (EPEL)`, can't be had in one line.
  if (isDistroless(toolchain) || name.includes(" ")) return { distribution: title, name };
  return { distribution: title, name, line: `RUN ${distribution.install} ${name}` };
}

/** Packages to install for the image's tools, as the release names them. */
export function packageNames({ release, toolchain }: Candidate): string[] {
  const sources = new Set(toolchain.tools.flatMap((tool) => sourcePackage(tool) ?? []));
  const legacy = toolchain.tools.some((tool) => tool.name === "iptables" && tool.backend === "legacy");
  const nft = toolchain.tools.some((tool) => tool.name === "iptables" && tool.backend === "nft");
  const iptables = nft || release.legacyPackage === undefined ? [release.nftPackage ?? "iptables"] : [];
  return [...sources].flatMap((source) =>
    source === "iptables"
      ? [...new Set([...iptables, ...(legacy ? [release.legacyPackage ?? "iptables"] : [])])]
      : [source],
  );
}
