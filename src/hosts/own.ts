import { UserError } from "../model/error.ts";
import type { Fact, Host, Kernel, ModuleState } from "../model/host.ts";
import { isVersion, kernelSeries } from "../model/version.ts";
import { type Catalogue, findHost, toHost } from "./catalogue.ts";
import { findKernels, isOwnKernel, unknownModules } from "./kernels.ts";
import { checkModuleName } from "./module-names.ts";
import { resolvePrograms } from "./programs.ts";
import { didYouMean } from "./suggest.ts";
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

function build(own: OwnHost, others: readonly OwnHost[], known: Catalogue, below: string[]): Built {
  if (below.includes(own.id))
    throw new UserError(`host "${own.id}": extends goes in a circle: ${[...below, own.id].join(" -> ")}`);
  if (below.length >= MAX_CHAIN)
    throw new UserError(`host "${below[0]}": a chain of more than ${MAX_CHAIN} hosts that extend each other`);
  const base = findBase(own, others, known, [...below, own.id]);
  const { kernel, notes } = kernelOf(own, base);
  const host: Host = {
    id: own.id,
    title: own.id,
    distribution: base?.host.distribution ?? "own",
    release: base?.host.release ?? "",
    maintained: true,
    kernel,
    iptables: toolOf(own, "iptables", base?.host.iptables),
    nft: toolOf(own, "nft", base?.host.nft),
    ipset: toolOf(own, "ipset", base?.host.ipset),
    notes: [...(base?.host.notes ?? []), ...notes],
  };
  if (own.iptables?.backend !== undefined) host.iptables.backend = stated(own.iptables.backend);
  const programs = own.programs === undefined ? base?.host.programs : resolvePrograms(own.programs, `host "${own.id}"`);
  if (programs !== undefined) host.programs = programs;
  // The kernel that a base stated counts for those that state none themselves.
  const inherited = own.kernel === undefined ? (base?.notes ?? []) : [];
  return { host, notes: [...inherited, ...notes], kernelVersion: base?.kernelVersion };
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
  if (other !== undefined && other !== own) {
    const built = build(other, others, known, below);
    return { ...built, kernels: [built.host.kernel] };
  }
  const [id = "", kernel] = name.split("@", 2);
  const row = findHost(known, id);
  if (row === undefined) {
    const ids = [...known.hosts.map((host) => host.id), ...others.filter((o) => o !== own).map((o) => o.id)];
    throw new UserError(
      `host "${own.id}": it extends "${name}", which is no host; ${didYouMean(id, ids, "the hosts command lists the catalogue")}`,
    );
  }
  const host = toHost(row, findKernels(row, kernel)[0]!);
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
    throw new UserError(`host "${own.id}": ${tool} version "${version}" is not one; write it in quotes, like "1.8.9"`);
  return { ...(base as T), version: stated(version), installed: stated(true) };
}

function kernelOf(own: OwnHost, base: Base | undefined): { kernel: Kernel; notes: string[] } {
  const { kernel, notes } = own.kernel === undefined ? baseKernel(base) : ownKernel(own.kernel, base);
  return { kernel: { ...kernel, modules: { ...kernel.modules, ...statedModules(own) } }, notes };
}

function baseKernel(base: Base | undefined): { kernel: Kernel; notes: string[] } {
  const unknown: Kernel = { id: "unknown", release: stated("unknown"), modules: {} };
  return { kernel: base?.host.kernel ?? unknown, notes: [] };
}

/** The kernel that the user names: with the modules of the base's row of the same release or series, otherwise with none
 * known. A newer series can have lost modules and a kernel of another origin can lack any: theirs are never taken over. */
function ownKernel(release: string, base: Base | undefined): { kernel: Kernel; notes: string[] } {
  const row = base === undefined ? undefined : findOwnKernel(release, base);
  const kernel: Kernel = {
    ...(row ?? { modules: {} }),
    id: kernelSeries(release) ?? release,
    release: stated(release),
  };
  return { kernel, notes: base === undefined || row !== undefined ? [] : [unknownModules(release, base.host.id)] };
}

function findOwnKernel(release: string, base: Base): Kernel | undefined {
  const candidates = [base.host.kernel, ...base.kernels];
  // A row's id says less than a release: its series, as far as the user cares.
  const same = candidates.find(
    (kernel) => kernel.release.value === release || (kernel.id === release && kernel.release.confidence !== "stated"),
  );
  if (same !== undefined || !isOwnKernel(base, release)) return same;
  const series = kernelSeries(release);
  return candidates.find(
    (kernel) =>
      series !== undefined &&
      kernelSeries(kernel.release.value) === series &&
      // What a config states in between may be a kernel of another origin; the catalogue's rows are not.
      (kernel.release.confidence !== "stated" || isOwnKernel(base, kernel.release.value)),
  );
}

/** The states that the config gives. Without ip_tables there are no iptable_* tables either, whatever the base says. */
function statedModules({ id, modules = {} }: OwnHost): Record<string, Fact<ModuleState>> {
  for (const name of Object.keys(modules)) checkModuleName(name, `host "${id}"`);
  const facts: Record<string, Fact<ModuleState>> = {};
  for (const [core, table] of [
    ["ip_tables", "iptable_"],
    ["ip6_tables", "ip6table_"],
  ] as const) {
    if (modules[core] !== "absent") continue;
    for (const name of ["filter", "nat", "mangle", "raw", "security"]) facts[table + name] = stated("absent");
  }
  for (const [name, state] of Object.entries(modules)) facts[name] = stated(state);
  return facts;
}
