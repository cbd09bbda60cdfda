import { readFileSync } from "node:fs";
import { catalogue, toHost } from "./hosts/catalogue.ts";
import { findKernels } from "./hosts/kernels.ts";
import { selectHosts } from "./hosts/select.ts";
import { UserError } from "./model/error.ts";
import type { Host } from "./model/host.ts";
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

/** The script ships beside dist/ (and beside src/ in a checkout). */
function readCollector(): string {
  try {
    return readFileSync(new URL("../scripts/collect-host-facts.sh", import.meta.url), "utf8");
  } catch {
    throw new UserError("hosts: scripts/collect-host-facts.sh is not beside dist/: take it from the repository");
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
