import { boundaryConstructs, type Operation } from "../model/program.ts";
import { listInWords } from "../model/words.ts";
import { describeConstruct, type Effect, effectsOf, gapsOf, nativeEffectsOf, type Release } from "./encodings.ts";
import { remember } from "./remember.ts";

/**
 * What one reader (an iptables-nft version with known or unknown operations) suffers from one writer on the same node.
 */
export interface Exposure {
  /** An operation fails and says so, or crashes. */
  loud: Effect[];
  /** save|restore leaves another rule in the kernel. */
  rewritten: Effect[];
  /** `iptables-save` exits 0 without the table. */
  leftOut: Effect[];
  /** A listing shows another rule. */
  misread: Effect[];
}

/** Constructs a writer is assumed to write when nobody stated them. */
export const commonConstructs: readonly string[] = boundaryConstructs;

/**
 * @param writer, reader iptables-nft, as upstream released it or as a distribution built it
 * @param constructs what the writer writes
 * @param operations what the reader does; null = not known, then every operation counts
 */
export const exposureOf: (
  writer: Release,
  reader: Release,
  constructs: readonly string[],
  operations: readonly Operation[] | null,
) => Exposure = remember(keyOfMeeting, (writer, reader, constructs, operations) =>
  sortEffects(
    constructs.flatMap((construct) => effectsOf(writer, reader, construct)),
    operations,
  ),
);

/** The same for native nft rules in iptables' own tables; `writer` is a version of nft. */
export const nativeExposureOf: (
  writer: string,
  reader: string,
  constructs: readonly string[],
  operations: readonly Operation[] | null,
) => Exposure = remember(keyOfMeeting, (writer: string, reader: string, constructs, operations) =>
  sortEffects(
    constructs.flatMap((construct) => nativeEffectsOf(writer, reader, construct)),
    operations,
  ),
);

function keyOfMeeting(
  writer: Release,
  reader: Release,
  constructs: readonly string[],
  operations: readonly Operation[] | null,
): string {
  const does = operations === null ? "?" : joined(operations);
  return `${keyOfRelease(writer)} ${keyOfRelease(reader)} ${joined(constructs)} ${does}`;
}

const joinedLists = new WeakMap<readonly string[], string>();

/** A list as text; the lists of profiles are the same objects on every host. */
function joined(list: readonly string[]): string {
  let text = joinedLists.get(list);
  if (text === undefined) {
    text = list.join();
    joinedLists.set(list, text);
  }
  return text;
}

function keyOfRelease(release: Release): string {
  return typeof release === "string" ? release : `${release.version}+${release.carries.join("+")}`;
}

function sortEffects(all: readonly Effect[], operations: readonly Operation[] | null): Exposure {
  const does = (operation: Operation) => operations === null || operations.includes(operation);
  const met = all.filter((effect) => effect.operations.some(does));
  // Of who lists tables too it is told what listing meets.
  const saved = operations === null || does("list") ? [] : savedEffects(all, operations);
  const effects = [...met, ...saved.filter((effect) => !met.includes(effect))];
  return {
    loud: effects.filter(isLoud),
    rewritten: effects.filter(({ outcome }) => outcome === "rewritten"),
    leftOut: effects.filter(
      (effect) => effect.leavesOut === true && (effect.outcome !== "announced" || saved.includes(effect)),
    ),
    // Checking and deleting concern a program's own rules, which its own version wrote: `not-found` harms nobody here.
    misread: effects.filter(({ outcome, leavesOut }) => outcome === "misread" && leavesOut !== true),
  };
}

function isLoud({ outcome }: Effect): boolean {
  return outcome === "refused" || outcome === "crash";
}

/** What of a listing's effects meets who saves: those of `iptables-save` take the place of what an entry says of listings as a
 * whole. Rules that are misprinted there matter to who goes by them; of who restores them it is told otherwise. */
function savedEffects(all: readonly Effect[], operations: readonly Operation[]): Effect[] {
  const reads = operations.includes("save") || operations.includes("save-chains");
  if (!reads && !operations.includes("save-restore")) return [];
  const listed = all.filter((effect) => effect.operations.includes("list"));
  const ofSave = listed.filter(({ forms }) => forms?.includes("-save") === true);
  const asWhole = listed.filter(
    ({ forms, encoding, construct }) =>
      forms === undefined && !ofSave.some((other) => other.encoding === encoding && other.construct === construct),
  );
  return [...ofSave, ...(reads ? asWhole : [])].filter(
    (effect) =>
      effect.leavesOut === true || isLoud(effect) || (operations.includes("save") && effect.outcome === "misread"),
  );
}

/** Sentences on versions between measured ones for which nothing can be told; see {@link gapsOf}. */
export const gapsOfMeeting: (writer: string, reader: string, constructs: readonly string[]) => string[] = remember(
  (writer, reader, constructs) => `${writer} ${reader} ${joined(constructs)}`,
  (writer, reader, constructs) => [...new Set(constructs.flatMap((construct) => gapsOf(writer, reader, construct)))],
);

/** The constructs of effects in words, each once: `port ranges and NFLOG`. */
export function describeConstructs(effects: readonly Effect[]): string {
  return listInWords([...new Set(effects.map((effect) => describeConstruct(effect.construct)))]);
}

/** Effects as evidence, the first of each construct: several operations mostly fail for one reason. */
export function effectEvidence(effects: readonly Effect[]): { fact: string; source: string }[] {
  const seen = new Map<string, { fact: string; source: string }>();
  for (const effect of effects) {
    if (!seen.has(effect.construct)) {
      const fact = `${describeConstruct(effect.construct)}: ${effect.text}`;
      seen.set(effect.construct, { fact, source: effect.sources[0] ?? "measured" });
    }
  }
  return [...seen.values()];
}
