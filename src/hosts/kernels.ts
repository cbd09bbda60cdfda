import { UserError } from "../model/error.ts";
import type { CatalogueHost, Kernel } from "../model/host.ts";
import { kernelSeries } from "../model/version.ts";
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
 * built on their own can lack any module, whatever its series. A host without a pattern takes any.
 */
export function isOwnKernel(row: Pick<CatalogueHost, "kernelVersion">, release: string): boolean {
  if (row.kernelVersion === undefined) return true;
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
  if (!isOwnKernel(row, release)) return undefined;
  const series = kernelSeries(release);
  const rows = row.kernels.filter((kernel) => series !== undefined && kernelSeries(kernel.release.value) === series);
  const flavour = (kernel: Kernel) => kernel.id.split("-").slice(1).join("-");
  return (
    rows.find((kernel) => flavour(kernel) !== "" && release.includes(flavour(kernel))) ??
    rows.find((kernel) => flavour(kernel) === "") ??
    rows[0]
  );
}
