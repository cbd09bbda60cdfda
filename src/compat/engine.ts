import type { Host } from "../model/host.ts";
import type { NodeProgram } from "../model/program.ts";
import { type MissingFact, severities } from "../model/report.ts";
import type { Backend, Toolchain } from "../model/toolchain.ts";
import { chooseBackend } from "./backend.ts";
import { inNativeMode, openMode } from "./native-mode.ts";
import { keepOnePerCause } from "./precedence.ts";
import { rememberFor } from "./remember.ts";
import { rules } from "./rules/index.ts";
import { runsOn } from "./runs-on.ts";
import { evaluateRule, shelfOf } from "./such-hosts.ts";
import type { BackendChoice, Cell, ImageContext, Outcome, RawFinding } from "./types.ts";
import {
  describeMissing,
  missing,
  type RawMissing,
  type UnknownFact,
  unknownHostBackend,
  unknownProgram,
  unknownSystem,
} from "./unknown-facts.ts";

/** One platform of one image, and the hosts it is held against. */
export interface PlatformInput {
  toolchain: Toolchain;
  image: ImageContext;
  hosts: readonly HostWithPrograms[];
}
export interface HostWithPrograms {
  host: Host;
  /** Programs on the node; the image's own one is taken out here. */
  programs: readonly NodeProgram[];
}

export interface RawCell {
  host: Host;
  programs: readonly NodeProgram[];
  /** One finding of each cause. */
  findings: RawFinding[];
  /** All of them: what the user ignores must not hide what stands behind it. */
  all: RawFinding[];
  missing: MissingFact[];
}

const backends: readonly Backend[] = ["nft", "legacy"];

/** Holds one platform of an image against every host that it can run on. Pure and linear in hosts x programs. */
export function evaluatePlatform(stated: PlatformInput): RawCell[] {
  const { otherwise } = stated.image;
  const input = inNativeMode(stated);
  const open = openMode(stated);
  const other = otherwise && inNativeMode({ ...stated, image: otherwise });
  const hosts = input.hosts.filter(({ host }) => runsOn(input.toolchain.architecture, host));
  const selectedBackends = new Set(
    hosts.flatMap(({ host }) => (host.iptables.backend === undefined ? [] : [host.iptables.backend.value])),
  );
  return hosts.map(({ host, programs }) => evaluateHost(input, open, other, host, programs, selectedBackends));
}

function evaluateHost(
  input: PlatformInput,
  open: ReturnType<typeof openMode<PlatformInput>>,
  other: PlatformInput | undefined,
  host: Host,
  programs: readonly NodeProgram[],
  selectedBackends: ReadonlySet<Backend>,
): RawCell {
  const { toolchain, image } = input;
  const baseOf = (one: PlatformInput): CellBase => {
    const sharing = one.image.network === "pod" ? nobody : withoutOwn(one.image, programs);
    return { toolchain: one.toolchain, image: one.image, host, programs: sharing, selectedBackends };
  };
  const base = baseOf(input);
  const outcomes =
    other === undefined ? tryModes(base, open && baseOf(open.native), open?.fact) : tryPrograms(base, baseOf(other));
  const all = outcomes.filter((outcome) => outcome.kind === "finding");
  const unknown = [...doubtsOf(toolchain), ...unmatchedSystem(host), ...outcomes.filter(isMissing)];
  return {
    host,
    programs: base.programs,
    findings: keepOnePerCause(all),
    all,
    missing: describeMissing(
      unique(unknown, ({ rule, fact }) => `${rule} ${fact}`),
      host,
      image.match,
    ),
  };
}

/** What the inspection found may not be what runs. */
function doubtsOf({ missing: found }: Toolchain): RawMissing[] {
  return found.filter(({ decisive }) => decisive === true).map(({ fact }) => missing("missing-binary", { fact }));
}

/** A node whose system nobody recognised: rules that ask little would let it pass. */
function unmatchedSystem({ unmatched }: Host): RawMissing[] {
  return unmatched === undefined ? [] : [missing("nft-kernel-missing", unknownSystem(unmatched))];
}

function isError(outcome: Outcome): boolean {
  return outcome.kind === "finding" && outcome.severity === "error";
}

function isMissing(outcome: Outcome): outcome is RawMissing {
  return outcome.kind === "missing";
}

const nobody: readonly NodeProgram[] = [];
/** Hosts mostly share one list of programs; then they share the list without the image's own, too. */
const remaining = rememberFor<readonly NodeProgram[]>()();

/** The image is not its own neighbour: its program stands for the one that the node would otherwise run. Only a known
 * program: two unknown ones may share a name. */
function withoutOwn({ profile }: ImageContext, programs: readonly NodeProgram[]): readonly NodeProgram[] {
  if (profile === undefined) return programs;
  return remaining(programs, profile.id, () => programs.filter((program) => program.name !== profile.id));
}

type CellBase = Omit<Cell, "hostBackend" | "choice">;

/** The image's program may be one or the other. */
function tryPrograms(base: CellBase, other: CellBase): Outcome[] {
  const { program, otherProgram } = base.toolchain;
  const known = otherProgram?.name ?? "";
  const fact = `whether ${program?.path ?? "the image's program"}, which the entrypoint starts, starts ${known} (${otherProgram?.path})`;
  return merge([tryStarts(base), tryStarts(other)], [unknownProgram(fact, known)]);
}

/** An option that nobody stated may make the program speak nftables itself. What breaks by default breaks for whoever changes
 * nothing: that is told, with the option. Where only the other mode breaks it is asked for. */
function tryModes(base: CellBase, native: CellBase | undefined, fact: UnknownFact | undefined): Outcome[] {
  const usual = tryStarts(base);
  if (native === undefined || fact === undefined) return usual;
  if (usual.some(isError)) return usual.map((outcome) => (isError(outcome) ? byDefault(outcome, fact) : outcome));
  const merged = merge([usual, tryStarts(native)], [fact]);
  const mild = usual.filter((outcome) => outcome.kind === "finding" && outcome.severity !== "error");
  return [...merged, ...mild.filter((outcome) => !merged.some((other) => same(other, outcome)))];
}

function byDefault(outcome: Outcome, { fact }: UnknownFact): Outcome {
  if (outcome.kind !== "finding") return outcome;
  const assumed = { fact: `${fact} is not stated: its default is assumed (images, options)`, source: "config" };
  return { ...outcome, evidence: [...outcome.evidence, assumed] };
}

/** Commands of a start script may be run or not: both are tried. */
function tryStarts(base: CellBase): Outcome[] {
  const starts = startsOf(base.toolchain, "", () => possibleStarts(base.toolchain));
  const [only, ...others] = starts;
  if (only === undefined || others.length === 0) return tryHostBackends(base);
  const facts = (base.toolchain.startRuns ?? [])
    .filter(({ certainty }) => certainty === "possible")
    .map(({ by, line }) => ({ fact: `whether ${by} runs \`${line}\`` }));
  return merge(
    starts.map((toolchain) => tryHostBackends({ ...base, toolchain })),
    facts.slice(0, 1),
  );
}

const startsOf = rememberFor<readonly Toolchain[]>()();

/** The toolchain without those commands, and with them. */
function possibleStarts(toolchain: Toolchain): readonly Toolchain[] {
  const { startRuns = [] } = toolchain;
  const surely = startRuns.filter(({ certainty }) => certainty !== "possible");
  if (surely.length === startRuns.length) return [toolchain];
  const all = startRuns.map((run) => (run.certainty === "possible" ? { ...run, certainty: "sure" as const } : run));
  return [
    { ...toolchain, startRuns: surely },
    { ...toolchain, startRuns: all },
  ];
}

/** The host's backend may be unknown: then both are tried, and where they disagree about an error the fact is missing. */
function tryHostBackends(base: CellBase): Outcome[] {
  const known = base.host.iptables.backend?.value;
  if (known !== undefined || base.image.network === "pod") return tryChoices(base, known);
  return merge(
    backends.map((backend) => tryChoices(base, backend)),
    [unknownHostBackend()],
  );
}

/** The image's backend may be unknown, likewise. */
function tryChoices(base: CellBase, hostBackend: Backend | undefined): Outcome[] {
  const choice = chooseBackend(base.toolchain, base.image, hostBackend, base.programs, base.host);
  if (choice.backend !== "unknown") return runRules({ ...base, hostBackend, choice });
  // What chooses at run time finds what PATH holds; of an unknown script nobody knows what it runs.
  const tools = base.toolchain.tools.filter((tool) => !choice.adapts || tool.outsidePath !== true);
  const there = backends.filter((backend) => tools.some((tool) => tool.backend === backend));
  const variants = (there.length === 0 ? backends : there).map((backend) =>
    runRules({ ...base, hostBackend, choice: { ...choice, backend } satisfies BackendChoice }),
  );
  // It may run none of them: then nothing is certain.
  if (choice.maybeNone === true) variants.push([]);
  return merge(variants, choice.missing ?? [{ fact: "backend of the image's iptables" }]);
}

function runRules(cell: Cell): Outcome[] {
  const shelf = shelfOf(cell);
  const outcomes: Outcome[] = [];
  for (const rule of rules) outcomes.push(...evaluateRule(rule, cell, shelf));
  return outcomes;
}

/**
 * Outcomes that hold whatever the unknown value is stay, as bad as they are in any case; where only one value gives an error,
 * or leaves a further fact open, the fact is missing, and so is the further one: whoever is asked is asked once. What one value
 * alone would make a warning is left out: nobody knows that it applies.
 * @param facts that decide which of the variants it is
 */
function merge(variants: Outcome[][], facts: readonly UnknownFact[]): Outcome[] {
  const [first = [], ...others] = variants;
  const inAll = (outcome: Outcome) => others.every((variant) => variant.some((other) => same(outcome, other)));
  const certain = first.filter(inAll).map((outcome) => mildest(outcome, others));
  const undecided = variants
    .flat()
    .filter((outcome) => !certain.some((kept) => same(kept, outcome) && !isWorse(outcome, kept)))
    .filter((outcome) => outcome.kind === "missing" || outcome.severity === "error");
  const deciding = unique(undecided, ({ rule }) => rule).flatMap(({ rule }) =>
    facts.map((fact) => missing(rule, fact)),
  );
  return [...certain, ...deciding, ...undecided.filter(isMissing)];
}

/** What all variants say, with the lowest severity that one gives it. */
function mildest(outcome: Outcome, others: readonly Outcome[][]): Outcome {
  const said = others.flatMap((variant) => variant.find((other) => same(outcome, other)) ?? []);
  return said.reduce((mild, other) => (isWorse(mild, other) ? other : mild), outcome);
}

function isWorse(a: Outcome, b: Outcome): boolean {
  return (
    a.kind === "finding" && b.kind === "finding" && severities.indexOf(a.severity) < severities.indexOf(b.severity)
  );
}

function same(a: Outcome, b: Outcome): boolean {
  if (a.kind === "finding") return b.kind === "finding" && a.rule === b.rule && a.message === b.message;
  return b.kind === "missing" && a.rule === b.rule && a.fact === b.fact;
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
