/**
 * Versions of netfilter tools and kernels: dotted numbers of two to four parts (`7.17`, `1.8.4`, `1.0.6.1`, `6.2`), which
 * semver does not know. Program versions (kube-proxy 1.31) are semver's business.
 */

/** Both ends included; an absent end is open. */
export interface VersionRange {
  min?: string | undefined;
  max?: string | undefined;
}

/**
 * Orders two dotted versions by number; a shorter one equals the longer one's leading part followed by zeros.
 * @returns negative when a is older, 0 when equal, positive when a is newer
 */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number.parseInt(left[i] ?? "0", 10) - Number.parseInt(right[i] ?? "0", 10);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True when the version lies in the range. */
export function inRange(version: string, range: VersionRange): boolean {
  return (
    (range.min === undefined || compareVersions(version, range.min) >= 0) &&
    (range.max === undefined || compareVersions(version, range.max) <= 0)
  );
}

/** A range in words: `1.8.8 and later`, `up to 1.8.7`, `1.8.4`, `1.8.3 to 1.8.4`. */
export function describeRange(range: VersionRange): string {
  if (range.min !== undefined && range.min === range.max) return range.min;
  if (range.min !== undefined && range.max !== undefined) return `${range.min} to ${range.max}`;
  if (range.min !== undefined) return `${range.min} and later`;
  if (range.max !== undefined) return `up to ${range.max}`;
  return "all versions";
}

/**
 * The upstream version inside a package version: epoch and distribution revision removed.
 * `1:1.8.9-2+b1` -> `1.8.9`, `1.8.4-r2` -> `1.8.4`, `1.8.10-3ubuntu2` -> `1.8.10`; undefined when it holds no version.
 */
export function upstreamVersion(packageVersion: string): string | undefined {
  return /^(?:\d+:)?(\d+(?:\.\d+){1,3})/.exec(packageVersion)?.[1];
}

/**
 * The distribution's revision in a package version, its first number: `1.8.4-17.el8_3.1` -> 17; undefined when there is none.
 */
export function packageRevision(packageVersion: string): number | undefined {
  const revision = /-(\d+)[^-]*$/.exec(packageVersion)?.[1];
  return revision === undefined ? undefined : Number(revision);
}

/** Series of a kernel release: `5.15.0-25-generic` -> `5.15`; undefined when it starts otherwise. */
export function kernelSeries(release: string): string | undefined {
  return /^(\d+\.\d+)/.exec(release)?.[1];
}

/** True for text that {@link compareVersions} orders meaningfully. */
export function isVersion(text: string): boolean {
  return /^\d+(\.\d+){1,3}$/.test(text);
}
