import { catalogueHosts } from "../knowledge/hosts/index.ts";
import type { Host } from "../model/host.ts";
import type { MissingFact } from "../model/report.ts";
import { kernelSeries } from "../model/version.ts";
import type { RawMissing } from "./types.ts";

/** A fact that nobody stated, in words, and the fields of the config that state it. */
export interface UnknownFact {
  fact: string;
  /** Absent: no field of the config states it; only the image's files, or a later release of this project, can tell. */
  state?: Statement;
}

/** Fields of one entry of a list of the config, as YAML, with a value that the fact may have. */
export interface Statement {
  under: "hosts" | "programs" | "images";
  /** Where other facts of the host rule a value out, it shows another. */
  fields: string | ((host: Host) => string);
}

/** The outcome of a rule that cannot be decided without a fact. */
export function missing(rule: string, unknown: UnknownFact): RawMissing {
  return { kind: "missing", rule, ...unknown };
}

function ofHost(fact: string, fields: Statement["fields"]): UnknownFact {
  return { fact, state: { under: "hosts", fields } };
}

/** @param id the program's, with or without its version */
function ofProgram(fact: string, id: string, fields: string): UnknownFact {
  return { fact, state: { under: "programs", fields: `name: ${quote(id.replace(/@.*/s, ""))}, ${fields}` } };
}

/** State of a kernel module on the host. */
export function unknownModule(name: string, fact = `state of kernel module ${name}`): UnknownFact {
  return ofHost(fact, `modules: {${name}: loaded}`);
}

/** Backend in which the host's kubelet writes. */
export function unknownHostBackend(): UnknownFact {
  const backend = ({ kernel }: Host) => (kernel.modules.nf_tables?.value === "absent" ? "legacy" : "nft");
  return ofHost("default backend of the host's iptables", (host) => `iptables: {backend: ${backend(host)}}`);
}

/** Version of the host's own iptables. */
export function unknownHostIptables(): UnknownFact {
  return ofHost("version of the host's iptables", 'iptables: {version: "1.8.9"}');
}

/** Kernel of the host, as `uname -r` says. */
export function unknownKernel(fact = "kernel release of the host"): UnknownFact {
  return ofHost(fact, 'kernel: "6.1.0-13-amd64"');
}

/** A node's system that is none of the catalogue's. */
export function unknownSystem(fact: string): UnknownFact {
  const modules = "modules: {nf_tables: loadable, nft_compat: loadable, ip_tables: absent}";
  return ofHost(fact, `iptables: {version: "1.8.9", backend: nft}, ${modules}`);
}

/** Backend in which a program on the node writes. */
export function unknownBackendOf(id: string): UnknownFact {
  return ofProgram(`backend of ${id}`, id, "backend: nft");
}

/** Version of a tool that a program on the node carries. */
export function unknownToolOf(id: string, tool: "iptables" | "ipset" | "nft"): UnknownFact {
  const version = { iptables: "1.8.9", ipset: "7.17", nft: "1.0.9" }[tool];
  return ofProgram(`version of the ${tool} of ${id}`, id, `${tool}: "${version}"`);
}

/** Which known program the image is of. */
export function unknownProgram(fact: string, example: string): UnknownFact {
  return { fact, state: { under: "images", fields: `program: ${example}` } };
}

/** What a variable that chooses the image's backend is set to. */
export function unknownVariable(fact: string, name: string, value: string): UnknownFact {
  return { fact, state: { under: "images", fields: `env: {${name}: ${quote(value)}}` } };
}

/** Version of a tool in the image: its files have to tell. */
export function unknownImageTool(name: string): UnknownFact {
  return { fact: `version of the image's ${name}` };
}

/**
 * A missing fact as the report has it: with an entry for the config that states it of this host, or of this image alone.
 * @param match pattern of the image's reference: what is stated of one image must not be taken for true of others
 */
export function describeMissing({ fact, rule, state }: RawMissing, host: Host, match = "*"): MissingFact {
  if (state === undefined) return { fact, rule };
  const { under } = state;
  // Nodes of a list take further facts from what was collected on one of them.
  if (under === "hosts" && host.ofCluster === true) return { fact, rule, state: { under, entry: "{facts: NODE.txt}" } };
  const fields = typeof state.fields === "string" ? state.fields : state.fields(host);
  const own = ownHost(host, fields.startsWith("kernel:"));
  const entry = { hosts: `${own}${fields}`, images: `match: ${JSON.stringify(match)}, ${fields}`, programs: fields }[
    under
  ];
  return { fact, rule, state: { under, entry: `{${entry}}` } };
}

/** The fields that name an own host: the catalogue's row of that id with further facts, or the one that is there already. */
function ownHost({ id, kernel }: Host, isKernelOpen: boolean): string {
  const [name = "", rest] = id.split("@", 2);
  const own = name.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[._-]+/, "") || "my-node";
  const row = catalogueHosts.find((known) => known.id === name);
  if (row === undefined) return `id: ${quote(own)}, ${isKernelOpen ? "" : kernelField(rest)}`;
  if (rest === undefined || isKernelOpen) return `id: ${own}, extends: ${name}, `;
  if (row.kernels.some((known) => known.id === rest)) return `id: ${own}-${rest}, extends: ${quote(id)}, `;
  return `id: ${own}, extends: ${name}, ${kernelField(kernel.release.value)}`;
}

/** What is no release of a kernel would be refused. */
function kernelField(release: string | undefined): string {
  return release !== undefined && kernelSeries(release) !== undefined && release.length < 100
    ? `kernel: ${quote(release)}, `
    : "";
}

/** Text as YAML reads it back. Nodes and configs of strangers can hold any: whatever is no plain name stays out of a line that is
 * meant to be copied. */
function quote(text: string): string {
  return /^[\w .@+~-]{1,100}$/.test(text) ? JSON.stringify(text) : '"NAME"';
}
