import type { Distribution } from "../knowledge/schema/distribution.ts";
import type { Toolchain } from "../model/toolchain.ts";
import { compareVersions } from "../model/version.ts";
import { listFirst, listInWords } from "../model/words.ts";
import {
  bringsNothingNew,
  type Candidate,
  candidates,
  distributionOf,
  isDistroless,
  isMaintained,
  packageNames,
  type Release,
  sourcePackage,
} from "./candidates.ts";
import { evaluatePlatform, type PlatformInput, type RawCell } from "./engine.ts";
import { withSwitch } from "./native-mode.ts";
import type { RawFinding } from "./types.ts";
import { wrapperChange } from "./wrapper-place.ts";

/** A release of the image's distribution whose packages would do, found by running the engine on it. */
export interface Remedy {
  /** What to take, or to set, in a sentence or two. */
  text: string;
  /** The release by itself, where nothing else has to change: `alpine` and `3.18`. */
  upgrade?: { distribution: string; release: string };
  /** Causes of findings that are gone with it, by host. One of a rule that can't tell any more isn't. */
  clears(host: string, rule: string, cause: string): boolean;
}

/**
 * The smallest change that leaves the fewest errors and warnings on the whole selection: the oldest maintained release of the
 * image's distribution from which on all do, with the image's own backends first, then with both backends and an
 * iptables-wrapper; in place of these the variable that makes the program speak nftables itself, if it has one. Where what
 * helps on one host breaks another, it says so.
 * @returns undefined when nothing is better than the image as it is, or when its distribution isn't known
 */
export function findRemedy(
  input: PlatformInput,
  cells: readonly RawCell[],
  distributions: readonly Distribution[],
): Remedy | undefined {
  const before = scoreOf(cells);
  if (before === 0) return undefined;
  const distribution = distributionOf(input.toolchain, distributions);
  if (distribution === undefined) return nativeMode(input, cells, before - 1);
  const tried = [false, true].map((bothBackends) =>
    candidates(input.toolchain, distribution, bothBackends).map((candidate): Tried => {
      const after = evaluatePlatform({ ...input, toolchain: candidate.toolchain });
      return { candidate, after, score: scoreOf(after) };
    }),
  );
  const [own = [], both = []] = tried.map(lastBestRun);
  const needsBoth = (both[0]?.score ?? before) < (own[0]?.score ?? before);
  const best = needsBoth ? both : own;
  // A variable is less to change than a wrapper and its binaries.
  const native = needsBoth ? nativeMode(input, cells, both[0]?.score ?? 0) : undefined;
  if (native !== undefined) return native;
  const run = startMaintained(best, distribution);
  const [first] = run;
  if (first !== undefined && first.score < before) return describe(input.toolchain, distribution, run, cells);
  const helpful = tried.flat().filter(({ after }) => repaired(cells, after).length > 0);
  const conflicting = startMaintained(lastBestRun(helpful), distribution);
  return conflicting.length === 0 ? undefined : describe(input.toolchain, distribution, conflicting, cells);
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

/** Nobody should be sent to a release that gets no repairs any more, if a later one does as well. */
function startMaintained(run: Tried[], distribution: Distribution): Tried[] {
  const start = run.findIndex(({ candidate }) => isMaintained(distribution, candidate.release));
  return start < 0 ? run : run.slice(start);
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

function errorsOf(cell: RawCell | undefined): RawFinding[] {
  return cell?.findings.filter((finding) => finding.severity === "error") ?? [];
}

/** Hosts that had an error and have none. */
function repaired(before: readonly RawCell[], after: readonly RawCell[]): string[] {
  return before
    .filter(
      (cell) => errorsOf(cell).length > 0 && errorsOf(after.find(({ host }) => host.id === cell.host.id)).length === 0,
    )
    .map(({ host }) => host.id);
}

/** The variable that makes the image's program speak nftables itself, where that leaves no more than this score. Offered for
 * a backend that doesn't fit a host alone: for a defect of one release another way of doing everything is too much. */
function nativeMode(input: PlatformInput, cells: readonly RawCell[], most: number): Remedy | undefined {
  if (!cells.some((cell) => errorsOf(cell).some(({ cause }) => cause === "backend"))) return undefined;
  const { profile } = input.image;
  const native = profile?.selects?.native;
  const [value] = native?.values ?? [];
  if (profile === undefined || native === undefined || value === undefined) return undefined;
  const after = evaluatePlatform(withSwitch(input, native, value));
  if (scoreOf(after) > most) return undefined;
  const text = `Set ${native.name}=${value}, so that ${profile.title} speaks nftables itself: ${effectOf(cells, after)}`;
  return { text, clears: clearedBy(after) };
}

function describe(
  before: Toolchain,
  distribution: Distribution,
  run: readonly Tried[],
  cells: readonly RawCell[],
): Remedy {
  const { candidate, after } = run[0]!;
  const last = run.at(-1)!.candidate.release;
  const newest = distribution.releases.at(-1) === last;
  const failing = after.some((cell) => errorsOf(cell).length > 0);
  const change = changeOf(before, distribution, candidate, newest ? undefined : last);
  return {
    ...(change.releaseAlone && !failing
      ? { upgrade: { distribution: distribution.id, release: candidate.release.release } }
      : {}),
    text: `${failing ? change.text : (change.command ?? change.text)}: ${effectOf(cells, after)}${failing ? "" : change.hint}${change.note}`,
    clears: clearedBy(after),
  };
}

function clearedBy(after: readonly RawCell[]): Remedy["clears"] {
  return (host, rule, cause) =>
    !after.some(
      (cell) =>
        cell.host.id === host &&
        (cell.all.some((finding) => finding.rule === rule && finding.cause === cause) ||
          cell.missing.some((missing) => missing.rule === rule)),
    );
}

/** What to change, as a clause, and as one that begins with the line of a Dockerfile where there is such a line. */
function changeOf(before: Toolchain, distribution: Distribution, candidate: Candidate, last: Release | undefined) {
  const { release, bothBackends, toolchain } = candidate;
  const sources = [...new Set(toolchain.tools.flatMap((tool) => sourcePackage(tool) ?? []))];
  const versions = sources.map((name) => `${name} ${release.packages[name]?.version}`);
  const names = packageNames(candidate);
  const separate = release.legacyPackage !== "iptables" && names.includes(release.legacyPackage ?? "");
  const present = before.defaults.iptables?.backend;
  const changed = !bothBackends && present !== toolchain.defaults.iptables?.backend;
  if (changed) versions.push(`\`iptables\` is then ${toolchain.defaults.iptables?.backend}`);
  const wrapper = bothBackends ? wrapperChange(before) : "";
  const legacy = separate ? ` with package ${release.legacyPackage}` : "";
  const releases = last === release ? "" : last === undefined ? " or later" : ` to ${last.release}`;
  const base = `${distribution.title} ${release.release}${releases}`;
  const packages = `Take the packages of ${base}${legacy} (${versions.join(", ")})`;
  const releaseAlone = legacy === "" && wrapper === "";
  const hint = isDistroless(before) ? NO_PACKAGE_MANAGER : "";
  if (!releaseAlone && bringsNothingNew(before, release)) {
    const { text, added } = lackingBackend(before, release);
    const parts = [text ?? "Keep the packages", wrapper].filter(Boolean);
    const line = lineOf(before, distribution, added);
    return { text: parts.join(" and "), command: joined(line, wrapper), hint, note: "", releaseAlone };
  }
  const line = lineOf(before, distribution, names);
  const command = line === undefined ? undefined : `${line} on a base of ${base} (${versions.join(", ")})`;
  const note = noteOf(before, distribution);
  return { text: joined(packages, wrapper) ?? "", command: joined(command, wrapper), hint, note, releaseAlone };
}

function joined(change: string | undefined, wrapper: string): string | undefined {
  return change === undefined || wrapper === "" ? change : `${change}, and ${wrapper}`;
}

/** What brings the backend that the image has no binaries of; of a package that brings both they were left out or deleted. */
function lackingBackend({ tools }: Toolchain, { legacyPackage = "", nftPackage = "iptables" }: Release) {
  const lacking = (["legacy", "nft"] as const).find(
    (backend) => !tools.some((tool) => tool.name === "iptables" && tool.backend === backend),
  );
  if (lacking === undefined) return { added: [] };
  const name = lacking === "legacy" ? legacyPackage : nftPackage;
  if (tools.some((tool) => tool.package?.name === name))
    return { text: `Add the ${lacking} binaries of package ${name}, which are not in the image,`, added: [] };
  return { text: `Add package ${name}`, added: [name] };
}

/** A newer base changes nothing while the image's repositories are those of an older release (squat/kilo's Dockerfile). */
function noteOf({ os, tools }: Toolchain, { releases, repositoriesFile }: Distribution): string {
  if (repositoriesFile === undefined) return "";
  const stated = releases.findLast(({ release }) => `${os.versionId}.`.startsWith(`${release}.`));
  const isOlder = tools.some((tool) => {
    const source = sourcePackage(tool);
    const offered = source === undefined ? undefined : stated?.packages[source]?.version;
    return offered !== undefined && tool.version !== null && compareVersions(tool.version, offered) < 0;
  });
  if (!isOlder) return "";
  return ` The image is of ${stated?.release} and its packages of an older release: look at its ${repositoriesFile}.`;
}

const NO_PACKAGE_MANAGER =
  " The image has no package manager: install them in a stage of that release and copy their files with `COPY --from`.";

/** The line to paste; packages from elsewhere can't be had in one line, nor those of an image without a package manager. */
function lineOf(before: Toolchain, distribution: Distribution, names: readonly string[]): string | undefined {
  if (isDistroless(before) || names.length === 0 || names.some((name) => name.includes(" "))) return undefined;
  const note = distribution.installNote === undefined ? "" : ` (${distribution.installNote})`;
  return `\`RUN ${distribution.install} ${names.join(" ")}\`${note}`;
}

/** What the change leaves. Hosts that work now and break by it are named first: they and the others want different packages. */
function effectOf(before: readonly RawCell[], after: readonly RawCell[]): string {
  const failing = after.filter((cell) => errorsOf(cell).length > 0);
  if (failing.length === 0) {
    const open = after.filter(({ missing }) => missing.length > 0);
    if (open.length > 0) return `that leaves no known error; what is unknown of ${hostsOf(open)} stays unknown.`;
    const warned = after.some((cell) => cell.findings.some((finding) => finding.severity === "warning"));
    return `that leaves ${warned ? "no error, only warnings," : "neither error nor warning"} on the selected hosts.`;
  }
  const worked = failing.filter(({ host }) => errorsOf(before.find((cell) => cell.host.id === host.id)).length === 0);
  if (worked.length === 0) return `that leaves errors on ${hostsOf(failing)}. ${adviceOf(failing)}`;
  const good = repaired(before, after);
  return (
    `right for ${list(good)}, but it breaks ${hostsOf(worked)}, where the present packages work: ` +
    `no release is right for both. Ship an image for each, or change those hosts: ${adviceOf(worked)}`
  );
}

function hostsOf(cells: readonly RawCell[]): string {
  return list(cells.map(({ host }) => host.id));
}

/** What the rule itself says to do about the first of these errors. */
function adviceOf(cells: readonly RawCell[]): string {
  const remedies = cells.flatMap((cell) => errorsOf(cell).flatMap((finding) => finding.remedy ?? []));
  return remedies[0] ?? "Leave those hosts out, or take their programs to other versions.";
}

/** The first few, and how many more. */
function list(names: readonly string[]): string {
  return names.length > 4 ? listFirst(names, 3) : listInWords(names);
}
