import encodingsJson from "../knowledge/encodings.json" with { type: "json" };
import type {
  Encoding,
  EncodingEffect,
  EncodingOutcome,
  EncodingsFile,
  ListForm,
} from "../knowledge/schema/encodings.ts";
import type { Operation } from "../model/program.ts";
import type { PackageRecord } from "../model/toolchain.ts";
import { inRange, packageRevision } from "../model/version.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const bundled = encodingsJson as EncodingsFile;

/** One thing that one reader does with one construct of one writer. */
export interface Effect {
  /** Id of the entry in encodings.json. */
  encoding: string;
  construct: string;
  operations: Operation[];
  outcome: EncodingOutcome;
  /** Only these forms of listing; absent: every form. */
  forms?: ListForm[];
  leavesOut?: true;
  /** What is seen. */
  text: string;
  sources: string[];
}

function toEffect(encoding: Encoding, construct: string, effect: EncodingEffect): Effect {
  return {
    encoding: encoding.id,
    construct,
    operations: effect.operations,
    outcome: effect.outcome,
    ...(effect.forms === undefined ? {} : { forms: effect.forms }),
    ...(effect.leavesOut === undefined ? {} : { leavesOut: effect.leavesOut }),
    text: effect.text,
    sources: encoding.sources,
  };
}

/** A distribution's build: its upstream version, and the entries of `encodings` that it behaves as a later release in. */
export interface Build {
  version: string;
  carries: readonly string[];
}
/** An upstream release, or a distribution's build of one. */
export type Release = string | Build;

/** The build that a package record tells of; the plain release where it carries nothing known. */
export function buildOf(version: string, record: PackageRecord | undefined): Release {
  const carries = bundled.backports
    .filter((backport) => backport.version === version && backport.database === record?.database)
    .filter((backport) => record?.version.includes(backport.marker) === true)
    .filter((backport) => (packageRevision(record?.version ?? "") ?? -1) >= backport.minRevision)
    .map((backport) => backport.encoding);
  return carries.length === 0 ? version : { version, carries };
}

/** The release that a build acts as in one respect: the first that had the change. */
function actsAs(release: Release, encoding: Encoding): string {
  if (typeof release === "string") return release;
  return release.carries.includes(encoding.id) ? (encoding.writer.min ?? release.version) : release.version;
}

/**
 * Everything that a reader (iptables-nft) does wrong with a construct of a writer (iptables-nft), any operation.
 * `announced` effects lose nothing and rarely deserve a finding.
 */
export function effectsOf(writer: Release, reader: Release, construct: string): Effect[] {
  return predictEffects(bundled.encodings, writer, reader, construct);
}

/** The same for a construct that nft put into one of iptables' own tables; `writer` is a version of nft. */
export function nativeEffectsOf(writer: string, reader: string, construct: string): Effect[] {
  return predictEffects(bundled.nativeNft, writer, reader, construct);
}

/**
 * What a reader (iptables-nft) does with a construct that a writer put into the kernel.
 * @param encodings one section of encodings.json
 * @param writer release of iptables-nft, or of nft for the section of native scripts
 * @returns the effects in the file's order; empty: all works. Versions in a gap (see {@link gapsOf}) give no effect.
 */
export function predictEffects(
  encodings: readonly Encoding[],
  writer: Release,
  reader: Release,
  construct: string,
): Effect[] {
  return encodings
    .filter((encoding) => encoding.constructs.includes(construct) && inRange(actsAs(writer, encoding), encoding.writer))
    .flatMap((encoding) =>
      encoding.effects
        .filter((effect) => inRange(actsAs(reader, encoding), effect.reader))
        .map((effect) => toEffect(encoding, construct, effect)),
    );
}

/**
 * Whether one of the two versions lies between measured ones that behave differently for this construct, so that
 * {@link effectsOf} cannot tell.
 * @returns one sentence a gap
 */
export function gapsOf(writer: string, reader: string, construct: string): string[] {
  return bundled.encodings
    .filter((encoding) => encoding.constructs.includes(construct))
    .flatMap((encoding) => encoding.gaps ?? [])
    .filter((gap) => inRange(gap.side === "writer" ? writer : reader, gap.versions))
    .map((gap) => gap.note);
}

/** A construct in words, for messages: `port ranges (--dport a:b)`; the id itself when the file doesn't describe it. */
export function describeConstruct(construct: string): string {
  return bundled.constructs[construct]?.title ?? construct;
}

/** `bridge` or `arp` for a construct that only the tables of ebtables or arptables hold. */
export function constructFamily(construct: string): "bridge" | "arp" | undefined {
  return bundled.constructs[construct]?.family;
}

/** The iptables releases that were measured, oldest first: what an unknown version could be. */
export function testedReleases(): string[] {
  return bundled.measured.iptables;
}

/** The nft releases that were measured as writers into iptables' own tables, oldest first. */
export function testedNftReleases(): string[] {
  return bundled.measured.nft;
}
