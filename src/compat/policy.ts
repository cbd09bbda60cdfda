import { given } from "../model/given.ts";
import { globMatches } from "../model/glob.ts";
import { type Finding, type Severity, severities } from "../model/report.ts";
import type { RawCell } from "./engine.ts";
import type { RawFinding } from "./types.ts";

/** What the user decided about findings: other severities, ignores with an end. */
export interface Policy {
  severity: Readonly<Record<string, Severity>>;
  ignore: readonly IgnoreEntry[];
  /** `YYYY-MM-DD`; passed in, the core has no clock. */
  today: string;
}
export interface IgnoreEntry {
  rule?: string;
  /** Host id, `*` allowed. */
  host?: string;
  /** Program with or without its version, `*` allowed. */
  program?: string;
  /** `YYYY-MM-DD`, the last day it counts. */
  until: string;
  reason: string;
  /** `file:line` of the entry in the config. */
  place?: string;
}

/** A finding of one cell after the user's decisions. */
export interface JudgedFinding extends RawFinding {
  existing?: true;
  ignored?: NonNullable<Finding["ignored"]>;
  expired?: NonNullable<Finding["expired"]>;
}

/** A finding where it was made. */
interface Sighting {
  finding: RawFinding;
  /** Its id. */
  host: string;
  /** What the base image's same platform showed on the same host. */
  base?: RawCell | undefined;
}

/** @param used indexes of the ignore entries that matched something; added to */
export function applyPolicy({ finding, host, base }: Sighting, policy: Policy, used?: Set<number>): JudgedFinding {
  const judged: JudgedFinding = { ...finding, severity: policy.severity[finding.rule] ?? finding.severity };
  if (base?.all.some((other) => isSame(finding, other)) === true) judged.existing = true;
  const fits = policy.ignore.filter((entry) => matches(entry, finding, host));
  const entry = fits.find(({ until }) => until >= policy.today);
  const [ended] = fits.toSorted((a, b) => (a.until < b.until ? 1 : -1));
  if (entry !== undefined) {
    used?.add(policy.ignore.indexOf(entry));
    judged.ignored = { reason: entry.reason, until: entry.until };
  } else if (ended !== undefined) {
    const { reason, until, place } = ended;
    judged.expired = { reason, until, ...given({ place }) };
  }
  return judged;
}

/** Versions in the message may differ between base and image: the same rule for the same cause and program is the same
 * finding, unless it got worse. */
function isSame(finding: RawFinding, before: RawFinding): boolean {
  return (
    before.rule === finding.rule &&
    before.cause === finding.cause &&
    before.program === finding.program &&
    severities.indexOf(before.severity) <= severities.indexOf(finding.severity)
  );
}

function matches(entry: IgnoreEntry, finding: RawFinding, host: string): boolean {
  return (
    (entry.rule === undefined || entry.rule === finding.rule) &&
    (entry.host === undefined || globMatches(entry.host, host)) &&
    (entry.program === undefined || isProgram(entry.program, finding.program))
  );
}

/** With its version, with `*`, or by name alone: versions of the programs that are assumed go on with Kubernetes. */
function isProgram(wanted: string, program: string | undefined): boolean {
  if (program === undefined) return false;
  return globMatches(wanted, program) || wanted === program.replace(/@.*/s, "");
}
