import { severities } from "../model/report.ts";
import type { RawFinding } from "./types.ts";

/**
 * One cause, one finding. Where several rules see the same cause in one cell, the worst statement stands, and among equally
 * bad ones the most specific: the first in this list. docs/rules/README.md shows the same table; a test compares them.
 */
export const precedence: readonly string[] = [
  "nft-kernel-missing",
  "legacy-modules-missing",
  "nft-compat-missing",
  "missing-binary",
  "wrapper-ineffective",
  "wrapper-missing",
  "wrapper-misdetects",
  "legacy-on-nft-host",
  "nft-on-legacy-host",
  "mixed-backends",
  "nft-newer-writer",
  "silent-match-loss",
  "ipset-revision",
  "ipset-protocol",
];

function rank(finding: RawFinding): number {
  const index = precedence.indexOf(finding.rule);
  return index < 0 ? precedence.length : index;
}

/** Worst first, then most specific, then programs that bring their own tools before those whose version depends on the host. */
function compareFindings(a: RawFinding, b: RawFinding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    rank(a) - rank(b) ||
    Number(a.dependsOnHost ?? false) - Number(b.dependsOnHost ?? false)
  );
}

function groupByCause<T extends RawFinding>(findings: readonly T[]): T[][] {
  const causes = new Map<string, T[]>();
  for (const finding of findings) causes.set(finding.cause, [...(causes.get(finding.cause) ?? []), finding]);
  return [...causes.values()];
}

/** The worst and most specific of a group; what other programs do in the same way stays as its evidence. */
function pick<T extends RawFinding>(group: readonly T[]): T {
  const [kept, ...others] = [...group].sort(compareFindings);
  if (kept === undefined) throw new Error("a group is never empty");
  const also = others.flatMap((other) =>
    other.rule === kept.rule && other.program !== undefined && other.program !== kept.program ? [other.program] : [],
  );
  if (also.length === 0) return kept;
  // One fact for each program: hosts with other programs share some of them.
  const same = [...new Set(also)].map((program) => ({
    fact: `the same with ${program}`,
    source: "programs on the node",
  }));
  return { ...kept, evidence: [...kept.evidence, ...same] };
}

/**
 * Keeps one finding of each cause.
 * @param findings of one cell
 */
export function keepOnePerCause(findings: readonly RawFinding[]): RawFinding[] {
  return groupByCause(findings).map(pick);
}

/** What the user decided about a finding; see policy.ts. */
interface Judged extends RawFinding {
  existing?: true;
  ignored?: unknown;
}

/** Rules of one cause that tell of two harms: who accepts that tables are refused has said nothing of rules that are lost. */
const harms = ["nft-newer-writer", "silent-match-loss"];

function isAnotherHarm(one: RawFinding, other: RawFinding): boolean {
  return one.rule !== other.rule && harms.includes(one.rule) && harms.includes(other.rule);
}

/**
 * The same for findings on which the user has decided: what is ignored, or was there before, must not hide what isn't. Of a
 * cause the worst stands; if that is ignored, the worst of the other programs, or of another harm, stands beside it; if it
 * existed before, the worst of what is new.
 */
export function keepAfterPolicy<T extends Judged>(findings: readonly T[]): T[] {
  return groupByCause(findings).flatMap((group) => {
    const kept: T[] = [];
    let left = group;
    while (left.length > 0) {
      const worst = pick(left);
      kept.push(worst);
      if (worst.ignored !== undefined)
        left = left.filter((other) => other.program !== worst.program || isAnotherHarm(worst, other));
      else if (worst.existing === true)
        left = left.filter((other) => other.existing !== true && other.ignored === undefined);
      else break;
    }
    return kept;
  });
}
