import { atPath, UserError } from "../model/error.ts";
import type { Fact, Host, Kernel, ModuleState } from "../model/host.ts";
import { didYouMean } from "../model/suggest.ts";
import { isVersion, kernelSeries } from "../model/version.ts";
import { type Catalogue, findHost, toHost } from "./catalogue.ts";
import { contradictions } from "./contradictions.ts";
import { withoutAbsentCores } from "./dependencies.ts";
import { findKernels, inheritModules, isOwnKernel, kernelOfSeries, unknownModules } from "./kernels.ts";
import { checkModuleName } from "./module-names.ts";
import { impossible, unheardOf, type Versioned } from "./plausible.ts";
import { resolvePrograms } from "./programs.ts";
import type { OwnHost } from "./types.ts";

/** Own hosts that extend each other, one below the other. */
const MAX_CHAIN = 20;

function stated<T>(value: T): Fact<T> {
  return { value, source: "config", confidence: "stated" };
}

/** A host, and what the reader of a report should know about it, one sentence each. */
interface Built {
  host: Host;
  notes: string[];
  /** Pattern of the releases of the kernels that the distribution itself brings. */
  kernelVersion: string | undefined;
}

/**
 * A host of the user's own, with what it states laid over the host it extends.
 * @param others all own hosts of the config, which `extends` may name too
 * @throws UserError when `extends` names nothing known or goes in a circle, and for a version, program or module that isn't
 *   one
 */
export function buildOwnHost(
  own: OwnHost,
  others: readonly OwnHost[],
  known: Catalogue,
): Pick<Built, "host" | "notes"> {
  return build(own, others, known, []);
}

/** An error about an own host that knows its place in the config. */
function mistake(own: OwnHost, field: readonly string[], problem: string): UserError {
  return new UserError(`host "${own.id}": ${problem}`, { path: placeOf(own, field) });
}

function placeOf(own: OwnHost, field: readonly (string | number)[]) {
  return own.at === undefined ? undefined : [...own.at, ...field];
}

function build(own: OwnHost, others: readonly OwnHost[], known: Catalogue, below: string[]): Built {
  if (below.includes(own.id))
    throw mistake(own, ["extends"], `extends goes in a circle: ${[...below, own.id].join(" -> ")}`);
  if (below.length >= MAX_CHAIN)
    throw new UserError(`host "${below[0]}": a chain of more than ${MAX_CHAIN} hosts that extend each other`, {
      path: own.at,
    });
  const base = findBase(own, others, known, [...below, own.id]);
  const { kernel, notes } = kernelOf(own, base);
  const host: Host = {
    id: own.id,
    title: own.id,
    distribution: base?.host.distribution ?? "own",
    release: base?.host.release ?? "",
    maintained: true,
    kernel,
    iptables: iptablesOf(own, base?.host.iptables),
    nft: toolOf(own, "nft", base?.host.nft),
    ipset: toolOf(own, "ipset", base?.host.ipset),
    notes: [...(base?.host.notes ?? []), ...notes],
  };
  const [contradiction] = contradictions(host);
  if (contradiction !== undefined) throw mistake(own, [], contradicts(own, contradiction));
  const programs = programsOf(own, base);
  if (programs !== undefined) host.programs = programs;
  // The kernel that a base stated counts for those that state none themselves.
  const inherited = own.kernel === undefined ? (base?.notes ?? []) : [];
  return { host, notes: [...inherited, ...notes, ...newerThanKnown(own)], kernelVersion: base?.kernelVersion };
}

function contradicts(own: OwnHost, contradiction: string): string {
  const whose = own.extends === undefined ? "its facts" : `its facts and those of ${own.extends}`;
  return `${whose} contradict each other: ${contradiction}; state what is true of both`;
}

function programsOf(own: OwnHost, base: Base | undefined): Host["programs"] {
  if (own.programs === undefined) return base?.host.programs;
  return resolvePrograms(own.programs, `host "${own.id}"`, placeOf(own, ["programs"]));
}

/** Sentences on stated versions that are newer than any known one. */
function newerThanKnown(own: OwnHost): string[] {
  const stated: [Versioned, string | undefined][] = [
    ["iptables", own.iptables?.version],
    ["ipset", own.ipset?.version],
    ["nft", own.nft?.version],
  ];
  return stated.flatMap(([tool, version]) => (version === undefined ? [] : (unheardOf(tool, version) ?? [])));
}

interface Base extends Built {
  /** All kernels of the catalogue row behind it. */
  kernels: readonly Kernel[];
}

function findBase(own: OwnHost, others: readonly OwnHost[], known: Catalogue, below: string[]): Base | undefined {
  const name = own.extends;
  if (name === undefined) return undefined;
  const other = others.find((candidate) => candidate.id === name);
  // An own host may carry the id of the catalogue row that it refines.
  if (other === own && findHost(known, name) === undefined) throw mistake(own, ["extends"], "it extends itself");
  if (other !== undefined && other !== own) {
    const built = build(other, others, known, below);
    return { ...built, kernels: [built.host.kernel] };
  }
  const [id = "", kernel] = name.split("@", 2);
  const row = findHost(known, id);
  if (row === undefined) {
    const ids = [...known.hosts.map((host) => host.id), ...others.filter((o) => o !== own).map((o) => o.id)];
    const near = didYouMean(id, ids, "the hosts command lists the catalogue");
    throw mistake(own, ["extends"], `it extends "${name}", which is no host; ${near}`);
  }
  const [found] = atPath(placeOf(own, ["extends"]), () => findKernels(row, kernel));
  const host = toHost(row, found!);
  return { host, notes: [], kernelVersion: row.kernelVersion, kernels: row.kernels };
}

function toolOf<T extends { version?: Fact<string> | undefined }>(
  own: OwnHost,
  tool: "iptables" | "nft" | "ipset",
  base: T | undefined,
): T {
  const version = own[tool]?.version;
  if (version === undefined) return { ...(base as T) };
  if (!isVersion(version))
    throw mistake(own, [tool, "version"], `${tool} version "${version}" is not one; write it in quotes, like "1.8.9"`);
  const problem = impossible(tool, version);
  if (problem !== undefined) throw mistake(own, [tool, "version"], problem);
  return { ...(base as T), version: stated(version), installed: stated(true) };
}

/** A stated version is another build than the base's: its release is not taken over. */
function iptablesOf(own: OwnHost, base: Host["iptables"] | undefined): Host["iptables"] {
  const { version, release, backend } = own.iptables ?? {};
  const { release: inherited, ownBackend, ...tool } = toolOf(own, "iptables", base);
  if (release !== undefined && tool.version === undefined)
    throw mistake(own, ["iptables", "release"], "a release says nothing without a version; state both");
  return {
    ...tool,
    ...(release !== undefined ? { release: stated(release) } : {}),
    ...(release === undefined && version === undefined && inherited !== undefined ? { release: inherited } : {}),
    // Whoever states a backend states it of all that the node runs.
    ...(backend !== undefined ? { backend: stated(backend) } : ownBackend === undefined ? {} : { ownBackend }),
  };
}

function kernelOf(own: OwnHost, base: Base | undefined): { kernel: Kernel; notes: string[] } {
  const { kernel, notes } = own.kernel === undefined ? baseKernel(base) : ownKernel(own, own.kernel, base);
  const modules = withoutAbsentCores(statedModules(own), Object.keys(kernel.modules));
  const architectures = own.architectures === undefined ? {} : { architectures: stated(own.architectures) };
  const compat = own["xtables-compat"];
  const xtablesCompat = compat === undefined ? {} : { xtablesCompat: stated(compat) };
  return {
    kernel: { ...kernel, ...architectures, ...xtablesCompat, modules: { ...kernel.modules, ...modules } },
    notes,
  };
}

function baseKernel(base: Base | undefined): { kernel: Kernel; notes: string[] } {
  const unknown: Kernel = { id: "unknown", release: stated("unknown"), modules: {} };
  return { kernel: base?.host.kernel ?? unknown, notes: [] };
}

/** The kernel that the user names: with the modules of the base's row of the same release or series, otherwise with none
 * known. A newer series can have lost modules and a kernel of another origin can lack any: theirs are never taken over. */
function ownKernel(own: OwnHost, release: string, base: Base | undefined): { kernel: Kernel; notes: string[] } {
  const series = kernelSeries(release);
  if (series === undefined)
    throw mistake(own, ["kernel"], `kernel "${release}" is no kernel release; write what uname -r says`);
  const problem = impossible("kernel", series);
  if (problem !== undefined) throw mistake(own, ["kernel"], problem);
  const row = base === undefined ? undefined : findOwnKernel(release, base);
  const kernel: Kernel = {
    ...(row === undefined ? { modules: {} } : inheritModules(row, release)),
    id: series,
    release: stated(release),
  };
  const unknown = base === undefined || row !== undefined ? [] : [unknownModules(release, base.host.id)];
  const newer = unheardOf("kernel", series);
  return { kernel, notes: newer === undefined ? unknown : [...unknown, newer] };
}

function findOwnKernel(release: string, base: Base): Kernel | undefined {
  const candidates = [base.host.kernel, ...base.kernels];
  // A row's id says less than a release: its series, as far as the user cares.
  const same = candidates.find(
    (kernel) => kernel.release.value === release || (kernel.id === release && kernel.release.confidence !== "stated"),
  );
  if (same !== undefined || !isOwnKernel(base, release)) return same;
  // What a config states in between may be a kernel of another origin; the catalogue's rows are not.
  const trusted = candidates.filter(
    (kernel) => kernel.release.confidence !== "stated" || isOwnKernel(base, kernel.release.value),
  );
  return kernelOfSeries(trusted, release);
}

/** The states that the config gives. */
function statedModules(own: OwnHost): Record<string, Fact<ModuleState>> {
  const facts: Record<string, Fact<ModuleState>> = {};
  for (const [name, state] of Object.entries(own.modules ?? {})) {
    atPath(placeOf(own, ["modules", name]), () => checkModuleName(name, `host "${own.id}"`));
    facts[name] = stated(state);
  }
  return facts;
}
