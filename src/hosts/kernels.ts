import { UserError } from "../model/error.ts";
import type { CatalogueHost, Fact, Kernel } from "../model/host.ts";
import { compareVersions, kernelSeries } from "../model/version.ts";
import { defaultKernel } from "./catalogue.ts";

/**
 * The kernels of a host that a selection means.
 * @param wanted undefined for the default one, `*` for all, a kernel's id, or the beginning of a release (`6.8`, `6.8.0-1065`)
 * @throws UserError when no kernel of the host fits
 */
export function findKernels(row: CatalogueHost, wanted: string | undefined): Kernel[] {
  if (wanted === undefined) return [defaultKernel(row)];
  if (wanted === "*") return row.kernels.length === 0 ? [defaultKernel(row)] : [...row.kernels];
  const named = row.kernels.filter((kernel) => kernel.id === wanted);
  if (named.length > 0) return named;
  const begun = row.kernels.filter((kernel) => beginsWith(kernel.release.value, wanted));
  if (begun.length > 0) return begun;
  throw new UserError(
    `host "${row.id}@${wanted}": ${row.id} has no kernel "${wanted}"; it has ${row.kernels.map((kernel) => kernel.id).join(", ")}, or @* for all`,
  );
}

/** True when the release begins with these numbers: `6.1` begins 6.1.0-56-amd64, not 6.12. */
function beginsWith(release: string, beginning: string): boolean {
  return release.startsWith(beginning) && !(/\d$/.test(beginning) && /^\d/.test(release.slice(beginning.length)));
}

/** Characters; the kernel itself has no longer one. */
const MAX_RELEASE = 253;

/**
 * True when a kernel of this release is the distribution's own, as far as the host's pattern tells: a kernel that somebody
 * built on their own can lack any module, whatever its series. Of a host without a pattern that can't be told of any.
 */
export function isOwnKernel(row: Pick<CatalogueHost, "kernelVersion">, release: string): boolean {
  if (row.kernelVersion === undefined) return false;
  return release.length <= MAX_RELEASE && new RegExp(row.kernelVersion).test(release);
}

/** What a report says of a kernel whose modules nobody knows. */
export function unknownModules(release: string, id: string): string {
  return `kernel ${release} is not in the catalogue for ${id}: its modules are unknown`;
}

/**
 * The row that describes a running kernel: the same release, otherwise the same series and flavour (`-cloud`, `-rt`, `uek`)
 * if the kernel is the distribution's own.
 * undefined when the host has no such row.
 */
export function kernelLike(row: CatalogueHost, release: string): Kernel | undefined {
  const same = row.kernels.find((kernel) => kernel.release.value === release);
  if (same !== undefined) return same;
  return isOwnKernel(row, release) ? kernelOfSeries(row.kernels, release) : undefined;
}

/** A kernel of the same series, of the same flavour if there is one. */
export function kernelOfSeries(kernels: readonly Kernel[], release: string): Kernel | undefined {
  const series = kernelSeries(release);
  if (series === undefined) return undefined;
  const rows = kernels.filter((kernel) => kernelSeries(kernel.release.value) === series);
  const flavoured = rows.find((kernel) => flavourOf(kernel) !== "" && release.includes(flavourOf(kernel)));
  if (flavoured !== undefined || lostLegacy(series, release)) return flavoured;
  return rows.find((kernel) => flavourOf(kernel) === "") ?? rows[0];
}

function flavourOf(kernel: Kernel): string {
  return kernel.id.split("-").slice(1).join("-");
}

/** From 6.17 on a real-time kernel can't have what the ordinary one of the same series has: NETFILTER_XTABLES_LEGACY
 * excludes PREEMPT_RT (upstream 9fce66583f06). */
function lostLegacy(series: string, release: string): boolean {
  return compareVersions(series, "6.17") >= 0 && /(^|[-+.])(rt|realtime)\d*([-+.]|$)/.test(release);
}

/**
 * A row's kernel as it is known of another build of the same series: what was read in one build is deduced for the other.
 * @param release of the build that runs
 */
export function inheritModules(row: Kernel, release: string): Kernel {
  if (row.release.value === release) return row;
  const deduced = <T>(fact: Fact<T>): Fact<T> => ({
    ...fact,
    confidence: fact.confidence === "stated" ? "stated" : "inferred",
    note: [fact.note, `known of kernel ${row.release.value}`].filter((note) => note !== undefined).join("; "),
  });
  const modules = Object.entries(row.modules).map(([name, fact]) => [name, deduced(fact)]);
  return {
    ...row,
    modules: Object.fromEntries(modules),
    ...(row.xtablesCompat === undefined ? {} : { xtablesCompat: deduced(row.xtablesCompat) }),
  };
}
