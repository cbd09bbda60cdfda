import { catalogue, toHost } from "./hosts/catalogue.ts";
import { findKernels } from "./hosts/kernels.ts";
import { selectHosts } from "./hosts/select.ts";
import type { Host } from "./model/host.ts";
import { renderHost, renderHostTable } from "./report/host-text.ts";
import { readNodesFile } from "./settings.ts";

/**
 * What the hosts command prints: the catalogue, one host with the sources of its facts, or the hosts behind a nodes file.
 * @throws UserError for an unknown id or an unreadable file
 */
export function listHosts(request: { id?: string; nodes?: string; format: "text" | "json" }, folder: string): string {
  if (request.nodes !== undefined) {
    const { hosts, notes, unmatched } = selectHosts([readNodesFile(request.nodes, folder)]);
    if (request.format === "json") return json({ schemaVersion: 1, hosts, notes, unmatched });
    const sentences = notes.map((note) => `\n${note}`).join("");
    return `${renderHostTable(hosts)}${sentences === "" ? "" : `${sentences}\n`}`;
  }
  if (request.id !== undefined) {
    const { hosts } = selectHosts([request.id]);
    return request.format === "json" ? json({ schemaVersion: 1, hosts }) : hosts.map(renderHost).join("\n");
  }
  const hosts = catalogue.hosts.flatMap((row) => findKernels(row, "*").map((kernel): Host => toHost(row, kernel)));
  return request.format === "json" ? json({ schemaVersion: 1, hosts }) : renderHostTable(hosts);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
