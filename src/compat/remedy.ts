import type { Distribution } from "../knowledge/schema/distribution.ts";
import type { Selector, Tool, Toolchain } from "../model/toolchain.ts";
import { compareVersions } from "../model/version.ts";
import { evaluatePlatform, type PlatformInput, type RawCell } from "./engine.ts";

/** A release of the image's distribution whose packages would do, found by running the engine on it. */
export interface Remedy {
  /** One sentence that says what to take. */
  text: string;
  /** The release by itself, where nothing else has to change: `alpine` and `3.18`. */
  upgrade?: { distribution: string; release: string };
  /** Causes of findings that are gone with it, by host. */
  clears(host: string, rule: string, cause: string): boolean;
}

/**
 * The smallest change that leaves the fewest errors and warnings on the whole selection: the oldest release of the image's
 * distribution from which on all do, with the image's own backends first, then with both backends and an iptables-wrapper.
 * @returns undefined when nothing is better than the image as it is, or when its distribution isn't known
 */
export function findRemedy(
  input: PlatformInput,
  cells: readonly RawCell[],
  distributions: readonly Distribution[],
): Remedy | undefined {
  const before = scoreOf(cells);
  const distribution = distributionOf(input.toolchain, distributions);
  if (distribution === undefined || before === 0) return undefined;
  const runs = [false, true].map((bothBackends) => {
    const tried = candidates(input.toolchain, distribution, bothBackends).map((candidate) => {
      const after = evaluatePlatform({ ...input, toolchain: candidate.toolchain });
      return { candidate, after, score: scoreOf(after) };
    });
    return lastBestRun(tried);
  });
  const [own = [], both = []] = runs;
  const best = (both[0]?.score ?? before) < (own[0]?.score ?? before) ? both : own;
  const [first] = best;
  const last = best.at(-1);
  if (first === undefined || last === undefined || first.score >= before) return undefined;
  const newest = distribution.releases.at(-1) === last.candidate.release;
  return describe(
    input.toolchain,
    distribution,
    first.candidate,
    newest ? undefined : last.candidate.release.release,
    first.after,
  );
}

interface Tried {
  candidate: Candidate;
  after: RawCell[];
  score: number;
}

/** Of candidates in order of release, the newest unbroken run of those with the best score. */
function lastBestRun(tried: readonly Tried[]): Tried[] {
  const best = Math.min(...tried.map(({ score }) => score));
  const end = tried.findLastIndex(({ score }) => score === best);
  let start = end;
  while (start > 0 && tried[start - 1]?.score === best) start--;
  return tried.slice(Math.max(start, 0), end + 1);
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

/** Releases that take no tool back, oldest first. */
function candidates(toolchain: Toolchain, distribution: Distribution, bothBackends: boolean): Candidate[] {
  return distribution.releases
    .filter((release) => isNotOlder(toolchain, release))
    .filter((release) => !bothBackends || release.legacyPackage !== undefined)
    .map((release) => {
      const updated = withPackages(toolchain, release);
      return { release, bothBackends, toolchain: bothBackends ? withWrapper(updated) : updated };
    });
}

const packageOf: Readonly<Record<string, "iptables" | "ipset" | "nftables">> = {
  iptables: "iptables",
  ip6tables: "iptables",
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

function describe(
  before: Toolchain,
  distribution: Distribution,
  { release, bothBackends, toolchain }: Candidate,
  last: string | undefined,
  cells: readonly RawCell[],
): Remedy {
  const names = [...new Set(toolchain.tools.flatMap((tool) => packageOf[tool.name] ?? []))];
  const versions = names.map((name) => `${name} ${release.packages[name]?.version}`).join(", ");
  const needsLegacy = toolchain.tools.some((tool) => tool.name === "iptables" && tool.backend === "legacy");
  const separate = needsLegacy && release.legacyPackage !== undefined && release.legacyPackage !== "iptables";
  const legacy = separate ? ` with package ${release.legacyPackage}` : "";
  const installed = before.selector?.kind === "iptables-wrapper" && before.selector.effective;
  const wrapper = bothBackends && !installed ? ", and install iptables-wrapper v2 or later as `iptables`" : "";
  const releases = last === release.release ? "" : last === undefined ? " or later" : ` to ${last}`;
  const failing = cells.some((cell) => cell.findings.some((finding) => finding.severity === "error"));
  const effect = failing ? "that clears most errors" : "that leaves no error on the selected hosts";
  return {
    ...(legacy === "" && wrapper === "" && !failing
      ? { upgrade: { distribution: distribution.id, release: release.release } }
      : {}),
    text: `Take the packages of ${distribution.title} ${release.release}${releases}${legacy} (${versions})${wrapper}: ${effect}.`,
    clears: (host, rule, cause) =>
      !cells.some(
        (cell) =>
          cell.host.id === host && cell.findings.some((finding) => finding.rule === rule && finding.cause === cause),
      ),
  };
}
