import type { PlatformReport, Report } from "../model/report.ts";
import { count } from "./view.ts";

/** What differs from the base image: tools, and hosts where it broke or no longer breaks. */
export interface Changes {
  /** `iptables 1.8.4 -> 1.8.10`, each once. Empty when the same tools are in both. */
  tools: string[];
  /** Hosts where a platform has an error now and had none before, and the reverse. */
  broken: number;
  fixed: number;
  /** Hosts where one had an error before and has one now. */
  stillBroken: number;
}

/** Tool changes named before the rest is counted. */
const NAMED = 3;

/** @returns undefined for a report without a base */
export function findChanges(report: Report): Changes | undefined {
  const compared = report.images.flatMap((image) => image.platforms).filter((platform) => platform.base !== undefined);
  if (compared.length === 0) return undefined;
  const hosts = { broken: new Set<string>(), fixed: new Set<string>(), stillBroken: new Set<string>() };
  for (const cell of compared.flatMap((platform) => platform.cells)) {
    if (cell.base === undefined) continue;
    const own = cell.findings.map((index) => report.findings[index]);
    const breaks = own.some((finding) => finding?.severity === "error" && finding.ignored === undefined);
    if (breaks) hosts[cell.base === "fail" ? "stillBroken" : "broken"].add(cell.host);
    // What can't be judged now is not known to be fixed.
    else if (cell.base === "fail" && cell.verdict !== "unknown") hosts.fixed.add(cell.host);
  }
  return {
    tools: [...new Set(compared.flatMap(toolChanges))],
    broken: hosts.broken.size,
    fixed: hosts.fixed.size,
    stillBroken: hosts.stillBroken.size,
  };
}

/** `iptables 1.8.4 -> 1.8.10: no longer breaks on 5 hosts, but newly on 1`, without stop. Not escaped: versions come from images. */
export function describeChanges({ tools, broken, fixed }: Changes): string {
  const named = tools.slice(0, NAMED).join(", ");
  const left = tools.length - NAMED;
  const what = tools.length === 0 ? "The same tools as before" : `${named}${left > 0 ? ` and ${left} more` : ""}`;
  if (fixed > 0 && broken > 0) return `${what}: no longer breaks on ${count(fixed, "host")}, but newly on ${broken}`;
  if (fixed > 0) return `${what}: no longer breaks on ${count(fixed, "host")}`;
  if (broken > 0) return `${what}: newly breaks on ${count(broken, "host")}`;
  return `${what}: fixes and breaks nothing`;
}

function toolChanges({ toolchain, base }: PlatformReport): string[] {
  const before = base?.tools ?? [];
  return [
    ...compareVersions(versionsByName(before), versionsByName(toolchain.tools)),
    ...backendChanges(before, toolchain.tools),
  ];
}

type ToolName = { name: string; version: string | null; backend?: string | undefined };

/** A backend of iptables that came or went while the other stayed: their version may be the same. */
function backendChanges(before: readonly ToolName[], now: readonly ToolName[]): string[] {
  const [old, own] = [before, now].map((tools) => tools.filter(({ name }) => name === "iptables")) as [
    ToolName[],
    ToolName[],
  ];
  if (old.length === 0 || own.length === 0 || [...old, ...own].some(({ backend }) => backend === undefined)) return [];
  const lone = (some: ToolName[], others: ToolName[]) => {
    const backends = new Set(others.map(({ backend }) => backend));
    return some.filter(({ backend }) => !backends.has(backend));
  };
  const say = (what: string) => (tool: ToolName) =>
    `iptables-${tool.backend} ${tool.version ?? "of unknown version"} ${what}`;
  return [...lone(own, old).map(say("added")), ...lone(old, own).map(say("removed"))];
}

/** Versions of all tools of a report by name, several of one tool joined. Not escaped. */
export function toolVersions(report: Report): Record<string, string> {
  return versionsByName(report.images.flatMap((image) => image.platforms.flatMap((p) => p.toolchain.tools)));
}

/** `iptables 1.8.4 -> 1.8.10`, `ipset 7.6 removed`; nothing for tools that stayed. Not escaped. */
export function compareVersions(before: Record<string, string>, now: Record<string, string>): string[] {
  const versionIn = (versions: Record<string, string>, name: string) =>
    Object.hasOwn(versions, name) ? versions[name] : undefined;
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].flatMap((name) => {
    const [from, to] = [versionIn(before, name), versionIn(now, name)];
    if (from === to) return [];
    if (from === undefined) return [`${name} ${to} added`];
    return [to === undefined ? `${name} ${from} removed` : `${name} ${from} -> ${to}`];
  });
}

/** Both backends of iptables usually have one version; where they differ, both are told. ip6tables goes with iptables. */
function versionsByName(tools: readonly { name: string; version: string | null }[]): Record<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of tools)
    versions.set(name, (versions.get(name) ?? new Set()).add(version ?? "of unknown version"));
  const shown = new Map([...versions].map(([name, set]) => [name, [...set].sort().join(" and ")]));
  if (shown.get("ip6tables") === shown.get("iptables")) shown.delete("ip6tables");
  return Object.fromEntries(shown);
}
