import type { Report, Severity } from "../model/report.ts";
import { severities } from "../model/report.ts";
import { plainText } from "./escape.ts";
import type { FindingGroup, ReportContext } from "./view.ts";
import { allHosts, groupFindings, hostNamer, joinNames, MANY_HOSTS, shortImage } from "./view.ts";

/** GitHub shows this many annotations of each kind for one step and drops further ones without a word. */
export const ANNOTATIONS_PER_KIND = 10;
/** The runner cuts messages at this many characters. */
const MESSAGE_LIMIT = 4096;
const HOSTS = 12;
/** Hosts named in a title. */
const HOSTS_IN_TITLE = 2;
const verbs: Readonly<Record<Severity, string>> = { error: "Breaks", warning: "May break", notice: "Worth knowing" };

export interface Annotation {
  severity: Severity;
  /** `Breaks on 5 hosts (nft-newer-writer)`; GitHub takes 255 characters. */
  title: string;
  message: string;
  file?: string;
  line?: number;
}

/**
 * Annotations of a run, worst first. Existing and ignored findings have none.
 * @param reserved slots of each kind that the caller uses itself
 * @returns at most {@link ANNOTATIONS_PER_KIND} of each kind, less those reserved; where there are more, the last one says how many
 */
export function buildAnnotations(
  report: Report,
  context: ReportContext = {},
  reserved: Partial<Record<Severity, number>> = {},
): Annotation[] {
  const groups = groupFindings(report.findings).active;
  const all = allHosts(report).length;
  const platforms = new Set(report.images.flatMap((image) => image.platforms.map(({ platform }) => platform))).size;
  const name = hostNamer(report, context.hostTitles);
  return severities.flatMap((severity) => {
    const own = groups.filter((group) => group.severity === severity);
    const slots = Math.max(1, ANNOTATIONS_PER_KIND - (reserved[severity] ?? 0));
    if (own.length <= slots) return own.map((group) => annotate(report, group, { all, platforms }, name));
    const shown = own.slice(0, slots - 1);
    return [
      ...shown.map((group) => annotate(report, group, { all, platforms }, name)),
      andMore(severity, own.length - shown.length),
    ];
  });
}

function annotate(
  report: Report,
  group: FindingGroup,
  { all, platforms }: { all: number; platforms: number },
  name: (id: string) => string,
): Annotation {
  const hosts = (limit: number, length: number) => {
    if (all >= MANY_HOSTS && group.hosts.length === all) return `all ${all} hosts`;
    const named = group.hosts.slice(0, limit).map((id) => plainText(name(id), length));
    const left = group.hosts.length - named.length;
    return `${joinNames(named)}${left > 0 ? ` and ${left} more` : ""}`;
  };
  const title = hosts(HOSTS_IN_TITLE, 70);
  const lines = [
    plainText(group.message),
    ...(group.remedy === undefined ? [] : [`Fix: ${plainText(group.remedy, 1200)}`]),
    `Hosts: ${hosts(HOSTS, 80)}`,
    ...(report.images.length > 1
      ? [`Images: ${group.images.map((i) => plainText(shortImage(i), 200)).join(", ")}`]
      : []),
    ...(platforms > 1 ? [`Platforms: ${group.platforms.map((p) => plainText(p, 60)).join(", ")}`] : []),
  ];
  // A file whose name needs cleaning can't be pointed at; GitHub would not find it under a cleaned one.
  const { location = { file: "", line: 0 } } = group.first;
  const canPoint = location.file !== "" && plainText(location.file) === location.file;
  return {
    severity: group.severity,
    title: `${verbs[group.severity]} on ${title} (${plainText(group.rule, 60)})`,
    message: lines.join("\n").slice(0, MESSAGE_LIMIT),
    ...(canPoint ? { file: location.file, line: location.line } : {}),
  };
}

function andMore(severity: Severity, n: number): Annotation {
  return {
    severity,
    title: "netfilter-compat",
    message: `… and ${n} more ${n === 1 ? severity : `${severity}s`}; the job summary lists them all.`,
  };
}
