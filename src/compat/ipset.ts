import ipsetJson from "../knowledge/ipset.json" with { type: "json" };
import type { IpsetFile } from "../knowledge/schema/ipset.ts";
import { inRange } from "../model/version.ts";
import { remember } from "./remember.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const bundled = ipsetJson as IpsetFile;

/** Highest revision by set type. */
export type Revisions = Readonly<Record<string, number>>;

/** What a kernel series (`6.2`) knows; undefined when the series lies outside the known intervals. */
export const kernelRevisions: (series: string) => Revisions | undefined = remember(
  (series) => series,
  (series) => bundled.kernels.find((entry) => inRange(series, entry.series))?.max,
);

/** What the newest known kernels offer: every revision there is. */
export function newestKernelRevisions(): Revisions {
  return bundled.kernels.at(-1)?.max ?? {};
}

/** What each known ipset release knows, oldest first: what an unknown one could. */
export function everyToolsRevisions(): Revisions[] {
  return bundled.tools.map(({ max }) => max);
}

/** What an ipset release knows. */
export const toolRevisions: (version: string) => Revisions | undefined = remember(
  (version) => version,
  (version) => bundled.tools.find((entry) => inRange(version, entry.versions))?.max,
);

/** Versions of the netlink protocol. */
export interface Protocol {
  min: number;
  max: number;
  sources: readonly string[];
}

/** What a kernel series speaks; undefined outside the measured ones. */
export const kernelProtocol: (series: string) => Protocol | undefined = remember(
  (series) => series,
  (series) => (inRange(series, bundled.kernelProtocol.series) ? bundled.kernelProtocol : undefined),
);

/** What an ipset release speaks. */
export const toolProtocol: (version: string) => Protocol | undefined = remember(
  (version) => version,
  (version) => {
    const entry = bundled.tools.find(({ versions }) => inRange(version, versions));
    return entry === undefined ? undefined : { ...entry.protocol, sources: entry.sources };
  },
);

/** A set that a reader cannot read. */
export interface UnreadableSet {
  type: string;
  /** Revision the set gets. */
  revision: number;
  /** Highest revision that the reader knows. */
  known: number;
}

/**
 * Sets that a writer makes and a reader cannot read: a set gets min(kernel, writer), and a reader needs at least that.
 * @param writer revisions of the creating tool; undefined = a library that asks for the kernel's highest
 * @param types set types to look at; null = all
 */
export function unreadableSets(
  kernel: Revisions,
  writer: Revisions | undefined,
  reader: Revisions,
  types: readonly string[] | null,
): UnreadableSet[] {
  return (types ?? Object.keys(kernel)).flatMap((type) => {
    const known = reader[type];
    const offered = kernel[type];
    const asked = writer === undefined ? offered : writer[type];
    if (known === undefined || offered === undefined || asked === undefined) return [];
    const revision = Math.min(offered, asked);
    return revision > known ? [{ type, revision, known }] : [];
  });
}

/** Public sources behind the revision table. */
export function ipsetSources(): string {
  return bundled.kernels.at(-1)?.sources[0] ?? "measured";
}
