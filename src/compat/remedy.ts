import type { Distribution } from "../knowledge/schema/distribution.ts";
import type { Selector, Tool, Toolchain } from "../model/toolchain.ts";
import { compareVersions } from "../model/version.ts";
import { evaluatePlatform, type PlatformInput, type RawCell } from "./engine.ts";

/** A release of the image's distribution whose packages would do, found by running the engine on it. */
export interface Remedy {
  /** One sentence that says what to take. */
  text: string;
  /** Causes of findings that are gone with it, by host. */
  clears(host: string, rule: string, cause: string): boolean;
}

/**
 * The smallest change that leaves the fewest errors and warnings on the whole selection: the oldest release of the image's
 * distribution that does, with the image's own backends first, then with both backends and an iptables-wrapper.
 * @returns undefined when nothing is better than the image as it is, or when its distribution isn't known
 */
export function findRemedy(
  input: PlatformInput,
  cells: readonly RawCell[],
  distributions: readonly Distribution[],
): Remedy | undefined {
  const distribution = distributionOf(input.toolchain, distributions);
  if (distribution === undefined) return undefined;
  let best: { score: number; candidate: Candidate; cells: RawCell[] } | undefined;
  for (const candidate of candidates(input.toolchain, distribution)) {
    const after = evaluatePlatform({ ...input, toolchain: candidate.toolchain });
    const score = scoreOf(after);
    if (best === undefined || score < best.score) best = { score, candidate, cells: after };
  }
  if (best === undefined || best.score >= scoreOf(cells)) return undefined;
  return describe(distribution, best.candidate, best.cells);
}

interface Candidate {
  release: Distribution["releases"][number];
  bothBackends: boolean;
  toolchain: Toolchain;
}

/** apk, dpkg and rpm databases name no distribution; os-release does, and here it only chooses whose releases to offer. */
function distributionOf(toolchain: Toolchain, distributions: readonly Distribution[]): Distribution | undefined {
  const database = toolchain.tools.find((tool) => tool.package !== undefined)?.package?.database;
  const id = database === "apk" ? "alpine" : toolchain.os.id;
  return distributions.find((distribution) => distribution.id === id);
}

/** Releases that don't take a tool back, oldest first; each once as the image is built, once with both backends. */
function candidates(toolchain: Toolchain, distribution: Distribution): Candidate[] {
  const releases = distribution.releases.filter((release) => isNotOlder(toolchain, release));
  const both = releases.filter((release) => release.legacyPackage !== undefined);
  return [
    ...releases.map((release) => ({ release, bothBackends: false, toolchain: withPackages(toolchain, release) })),
    ...both.map((release) => ({
      release,
      bothBackends: true,
      toolchain: withWrapper(withPackages(toolchain, release)),
    })),
  ];
}

const packageOf: Readonly<Record<string, "iptables" | "ipset" | "nftables">> = {
  iptables: "iptables",
  ip6tables: "iptables",
  ebtables: "iptables",
  arptables: "iptables",
  ipset: "ipset",
  nft: "nftables",
};

function versionIn(release: Candidate["release"], tool: Tool): string | undefined {
  const name = packageOf[tool.name];
  return name === undefined ? undefined : release.packages[name]?.version;
}

function isNotOlder(toolchain: Toolchain, release: Candidate["release"]): boolean {
  const iptables = toolchain.tools.filter((tool) => packageOf[tool.name] !== undefined);
  return iptables.every((tool) => {
    const offered = versionIn(release, tool);
    // A release whose version of a tool isn't known can't be promised.
    return offered !== undefined && (tool.version === null || compareVersions(offered, tool.version) >= 0);
  });
}

function withPackages(toolchain: Toolchain, release: Candidate["release"]): Toolchain {
  const tools = toolchain.tools.map((tool): Tool => {
    const version = versionIn(release, tool);
    if (version === undefined) return tool;
    const { byteVersion: _, package: record, ...rest } = tool;
    return { ...rest, version, ...(record === undefined ? {} : { package: { ...record, version } }) };
  });
  return { ...toolchain, tools };
}

/** Both backends, and a wrapper of the second generation where `iptables` is. */
function withWrapper(toolchain: Toolchain): Toolchain {
  const tools = toolchain.tools.flatMap((tool): Tool[] => {
    if (tool.backend === undefined) return [tool];
    const other = tool.backend === "nft" ? "legacy" : "nft";
    const there = toolchain.tools.some((item) => item.name === tool.name && item.backend === other);
    return there ? [tool] : [tool, { ...tool, backend: other }];
  });
  const path = toolchain.defaults.iptables?.via[0] ?? "/usr/sbin/iptables";
  const selector: Selector = { kind: "iptables-wrapper", version: "v2", effective: true, path, evidence: [] };
  const auto = { backend: "auto" as const, via: [path] };
  return { ...toolchain, tools, selector, defaults: { ...toolchain.defaults, iptables: auto, ip6tables: auto } };
}

/** Errors weigh more than any number of warnings; what can't be told as much as a warning. Notices don't count. */
function scoreOf(cells: readonly RawCell[]): number {
  let score = 0;
  for (const cell of cells) {
    for (const finding of cell.findings) score += { error: 1000, warning: 1, notice: 0 }[finding.severity];
    score += cell.missing.length;
  }
  return score;
}

function describe(distribution: Distribution, candidate: Candidate, cells: readonly RawCell[]): Remedy {
  const { release, bothBackends, toolchain } = candidate;
  const names = [...new Set(toolchain.tools.flatMap((tool) => packageOf[tool.name] ?? []))];
  const versions = names.map((name) => `${name} ${release.packages[name]?.version}`).join(", ");
  const legacy =
    bothBackends && release.legacyPackage !== undefined && release.legacyPackage !== "iptables"
      ? ` plus package ${release.legacyPackage}`
      : "";
  const wrapper = bothBackends ? ", with iptables-wrapper v2 or later installed as `iptables`" : "";
  const left = cells.some((cell) => cell.findings.some((finding) => finding.severity === "error"))
    ? "clears most errors on the selected hosts"
    : "leaves no error on the selected hosts";
  return {
    text: `Take the packages of ${distribution.title} ${release.release} or later${legacy} (${versions})${wrapper}: that ${left}.`,
    clears: (host, rule, cause) =>
      !cells.some(
        (cell) =>
          cell.host.id === host && cell.findings.some((finding) => finding.rule === rule && finding.cause === cause),
      ),
  };
}
