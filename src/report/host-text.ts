import type { CatalogueHost, Fact, Host } from "../model/host.ts";
import { plainText } from "./escape.ts";

/** Hosts for a terminal. Ids may come from node names: everything is cleaned. */

/** One line a host: id, kernel, iptables, backend, legacy tables. */
export function renderHostTable(hosts: readonly Host[]): string {
  const rows = [
    ["HOST", "KERNEL", "IPTABLES", "BACKEND", "LEGACY TABLES", "IPSET"],
    ...hosts.map((host) => [
      host.id,
      host.kernel.release.value,
      show(host.iptables.version),
      show(host.iptables.backend),
      show(host.kernel.modules.ip_tables),
      show(host.ipset.version),
    ]),
  ].map((row) => row.map((cell) => plainText(cell, 60)));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return `${rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}

/**
 * All facts of one host with source and confidence; what is not known is there by name.
 * @param row what the catalogue says of the host beyond one kernel of it
 */
export function renderHost(host: Host, row?: CatalogueHost): string {
  const facts: [string, Fact<unknown> | undefined][] = [
    ...(row === undefined ? [] : [["end of life", row.endOfLife] as [string, Fact<unknown> | undefined]]),
    ["kernel", host.kernel.release],
    ...stated("architectures", host.kernel.architectures),
    ["iptables", host.iptables.version],
    ...stated("iptables release", host.iptables.release),
    ...stated("iptables is there", host.iptables.installed),
    ["backend", host.iptables.backend],
    ...stated("host's own backend", host.iptables.ownBackend),
    ["nft", host.nft.version],
    ...stated("nft is there", host.nft.installed),
    ["ipset", host.ipset.version],
    ...stated("ipset is there", host.ipset.installed),
    ...stated("libnftnl", row?.libnftnl?.version),
    ["xtables compat", host.kernel.xtablesCompat],
    ...Object.entries(host.kernel.modules).sort(([a], [b]) => a.localeCompare(b)),
  ];
  const lines = facts.map(([name, fact]) => {
    if (fact === undefined) return `  ${name.padEnd(18)} unknown`;
    const note = fact.note === undefined ? "" : ` (${plainText(fact.note)})`;
    return `  ${plainText(name, 40).padEnd(18)} ${plainText(shown(fact.value), 60).padEnd(12)} ${fact.confidence}: ${plainText(fact.source)}${note}`;
  });
  const notes = host.notes.map((note) => `  - ${plainText(note)}`);
  const head = `${plainText(host.id)}  ${plainText(host.title)}`;
  return `${[head, ...(row === undefined ? [] : describeRow(row)), ...lines, ...notes].join("\n")}\n`;
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** Facts that most hosts lack say nothing by being unknown. */
function stated(name: string, fact: Fact<unknown> | undefined): [string, Fact<unknown>][] {
  return fact === undefined ? [] : [[name, fact]];
}

/** How nodes are recognised, as patterns: no facts of the host. */
function describeRow(row: CatalogueHost): string[] {
  const lines: [string, string | undefined][] = [
    ["maintained", row.maintained ? "yes" : "no"],
    ["node osImage", row.osImage],
    ["node kernel", row.kernelVersion],
    ["node providerID", row.mark?.providerId],
    ["node label", row.mark?.label],
  ];
  return lines.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(18)} ${plainText(text)}`]));
}

function show(fact: Fact<string> | undefined): string {
  return fact?.value ?? "unknown";
}
