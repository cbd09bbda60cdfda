import { readFileSync } from "node:fs";
import { catalogue, findHost, toHost } from "./hosts/catalogue.ts";
import { findKernels } from "./hosts/kernels.ts";
import { selectHosts } from "./hosts/select.ts";
import { UserError } from "./model/error.ts";
import type { CatalogueHost, Host } from "./model/host.ts";
import { escapeJson, plainText } from "./report/escape.ts";
import { renderHost, renderHostTable } from "./report/host-text.ts";
import { readNodesFile } from "./settings.ts";

/**
 * What the hosts command prints: the catalogue, one host with the sources of its facts, the hosts behind a nodes file, or the
 * script that collects a node's facts.
 * @throws UserError for an unknown id or an unreadable file
 */
export function listHosts(
  request: { id?: string; nodes?: string; collect?: boolean; format: "text" | "json" },
  folder: string,
): string {
  if (request.collect === true) return readCollector();
  if (request.nodes !== undefined) {
    const { hosts, notes, unmatched } = selectHosts([readNodesFile(request.nodes, folder)]);
    if (request.format === "json") return json({ schemaVersion: 1, hosts, notes, unmatched });
    const sentences = notes.map((note) => `\n${plainText(note)}`).join("");
    return `${renderHostTable(hosts)}${sentences === "" ? "" : `${sentences}\n`}`;
  }
  if (request.id !== undefined) {
    const { hosts, notes } = selectHosts([request.id]);
    if (request.format === "json") return json({ schemaVersion: 1, hosts: hosts.map(withRow) });
    const caveats = notes.map((note) => `\n${plainText(note)}\n`).join("");
    return `${hosts.map((host) => renderHost(host, rowOf(host))).join("\n")}${caveats}`;
  }
  const hosts = catalogue.hosts.flatMap((row) => findKernels(row, "*").map((kernel): Host => toHost(row, kernel)));
  return request.format === "json" ? json({ schemaVersion: 1, hosts: hosts.map(withRow) }) : renderHostTable(hosts);
}

/** The catalogue's row that the host is a kernel of. */
function rowOf(host: Host): CatalogueHost | undefined {
  return findHost(catalogue, host.id.split("@", 1)[0]!);
}

/** What the row says of all its kernels, beside them. */
function withRow(host: Host) {
  const row = rowOf(host);
  if (row === undefined) return host;
  const { endOfLife, osImage, kernelVersion, libnftnl } = row;
  return { ...host, endOfLife, osImage, kernelVersion, libnftnl };
}

/** The script ships beside dist/ (and beside src/ in a checkout). */
function readCollector(): string {
  try {
    return readFileSync(new URL("../scripts/collect-host-facts.sh", import.meta.url), "utf8");
  } catch {
    throw new UserError("hosts: scripts/collect-host-facts.sh is not beside dist/: take it from the repository");
  }
}

function json(value: unknown): string {
  return `${escapeJson(JSON.stringify(value, null, 2))}\n`;
}
