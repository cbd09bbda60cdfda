import { catalogueHosts } from "../knowledge/hosts/index.ts";
import { given } from "../model/given.ts";
import type { Host } from "../model/host.ts";
import type { MissingFact } from "../model/report.ts";
import { kernelSeries } from "../model/version.ts";

/** A fact that nobody stated, in words, and the fields of the config that state it. */
export interface UnknownFact {
  fact: string;
  /** Absent: no field of the config states it; only the image's files, or a later release of this project, can tell. */
  state?: Statement;
}

/** Fields of one entry of a list of the config, with values that the facts may have. */
export interface Statement {
  under: "hosts" | "programs" | "images";
  /** Where other facts of the host rule a value out, it shows another. */
  fields: Fields | ((host: Host) => Fields);
}

/** A name or version stands for itself, records nest. */
export interface Fields {
  readonly [field: string]: string | Fields;
}

/** The outcome of a rule that cannot be decided without a fact. */
export interface RawMissing extends UnknownFact {
  kind: "missing";
  rule: string;
}

export function missing(rule: string, unknown: UnknownFact): RawMissing {
  return { kind: "missing", rule, ...unknown };
}

function ofHost(fact: string, fields: Statement["fields"]): UnknownFact {
  return { fact, state: { under: "hosts", fields } };
}

/** @param id the program's, with or without its version */
function ofProgram(fact: string, id: string, fields: Fields): UnknownFact {
  return { fact, state: { under: "programs", fields: { name: id.replace(/@.*/s, ""), ...fields } } };
}

/** State of a kernel module on the host. */
export function unknownModule(name: string, fact = `state of kernel module ${name}`): UnknownFact {
  return ofHost(fact, { modules: { [name]: "loaded" } });
}

/** Backend in which the host's kubelet writes. */
export function unknownHostBackend(): UnknownFact {
  return ofHost("default backend of the host's iptables", ({ kernel: { modules } }) => ({
    iptables: { backend: modules.nf_tables?.value === "absent" ? "legacy" : "nft" },
  }));
}

/** Version of the host's own iptables. */
export function unknownHostIptables(): UnknownFact {
  return ofHost("version of the host's iptables", { iptables: { version: "1.8.9" } });
}

/** Kernel of the host, as `uname -r` says. */
export function unknownKernel(fact = "kernel release of the host"): UnknownFact {
  return ofHost(fact, { kernel: "6.1.0-13-amd64" });
}

/** A node's system that is none of the catalogue's. */
export function unknownSystem(fact: string): UnknownFact {
  const modules = { nf_tables: "loadable", nft_compat: "loadable", ip_tables: "absent" };
  return ofHost(fact, { iptables: { version: "1.8.9", backend: "nft" }, modules });
}

/** Backend in which a program on the node writes. */
export function unknownBackendOf(id: string): UnknownFact {
  return ofProgram(`backend of ${id}`, id, { backend: "nft" });
}

/** Version of a tool that a program on the node carries. */
export function unknownToolOf(id: string, tool: "iptables" | "ipset" | "nft"): UnknownFact {
  const version = { iptables: "1.8.9", ipset: "7.17", nft: "1.0.9" }[tool];
  return ofProgram(`version of the ${tool} of ${id}`, id, { [tool]: version });
}

/** Which known program the image is of. */
export function unknownProgram(fact: string, example: string): UnknownFact {
  return { fact, state: { under: "images", fields: { program: example } } };
}

/** What an image without netfilter tools reaches netfilter with. */
export function unknownTools(fact: string): UnknownFact {
  return { fact, state: { under: "images", fields: { tools: "none" } } };
}

/** What a variable that chooses the image's backend is set to. */
export function unknownVariable(fact: string, name: string, value: string): UnknownFact {
  return { fact, state: { under: "images", fields: { env: { [name]: value } } } };
}

/** What an option of the image's program is set to that no file of the image shows. */
export function unknownOption(fact: string, name: string, value: string): UnknownFact {
  return { fact, state: { under: "images", fields: { options: { [name]: value } } } };
}

/** Version of a tool in the image: its files have to tell. */
export function unknownImageTool(name: string): UnknownFact {
  return { fact: `version of the image's ${name}` };
}

/**
 * The missing facts of one cell as the report has them: each with the entry of the config that states it, together with all
 * others of the same host, program or image, so that one entry of each answers everything that is asked.
 * @param match pattern of the image's reference: what is stated of one image must not be taken for true of others
 */
export function describeMissing(facts: readonly RawMissing[], host: Host, match = "*"): MissingFact[] {
  const entries = new Map<string, Fields>();
  const places = facts.map(({ state }) => (state === undefined ? undefined : placeOf(state, host, match)));
  for (const place of places)
    if (place !== undefined) entries.set(place.key, merged(entries.get(place.key) ?? {}, place.fields));
  return facts.map(({ fact, rule }, index): MissingFact => {
    const place = places[index];
    if (place === undefined) return { fact, rule };
    const entry = render(withKernel(entries.get(place.key) ?? {}, place.kernel));
    return { fact, rule, state: { under: place.under, entry } };
  });
}

/** Where a fact is stated: in which entry, and with which fields. */
interface Place {
  under: Statement["under"];
  /** The same for facts that go into one entry. */
  key: string;
  fields: Fields;
  /** Release that the entry names where no fact asks for one. */
  kernel?: string | undefined;
}

function placeOf({ under, fields }: Statement, host: Host, match: string): Place {
  const own = typeof fields === "function" ? fields(host) : fields;
  if (under === "programs") return { under, key: `programs ${String(own.name)}`, fields: own };
  if (under === "images") return { under, key: "images", fields: { match, ...own } };
  // Nodes of a list take further facts from what was collected on one of them.
  if (host.ofCluster === true) return { under, key: "hosts", fields: { facts: "NODE.txt" } };
  const { kernel, ...names } = ownHost(host);
  return { under, key: "hosts", fields: { ...names, ...own }, kernel };
}

function merged(one: Fields, other: Fields): Fields {
  const result: Record<string, string | Fields> = { ...one };
  for (const [field, value] of Object.entries(other)) {
    const there = result[field];
    result[field] = typeof there === "object" && typeof value === "object" ? merged(there, value) : value;
  }
  return result;
}

/** Names first, then the kernel: the one that is asked for, or the one that the host is known by. */
function withKernel({ id, extends: base, kernel: asked, ...fields }: Fields, known: string | undefined): Fields {
  const kernel = asked ?? known;
  return { ...given({ id, extends: base, kernel }), ...fields };
}

/** The fields that name an own host: the catalogue's row of that id with further facts, or the one that is there already. */
function ownHost({ id, kernel }: Host): { id: string; extends?: string; kernel?: string | undefined } {
  const [name = "", rest] = id.split("@", 2);
  const own = name.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[._-]+/, "") || "my-node";
  const row = catalogueHosts.find((known) => known.id === name);
  if (row === undefined) return { id: own, kernel: stateable(rest) };
  if (rest === undefined) return { id: own, extends: name };
  if (row.kernels.some((known) => known.id === rest)) return { id: `${own}-${rest}`, extends: id };
  return { id: own, extends: name, kernel: stateable(kernel.release.value) };
}

/** What is no release of a kernel would be refused. */
function stateable(release: string | undefined): string | undefined {
  const fits = release !== undefined && kernelSeries(release) !== undefined && release.length < 100;
  return fits ? release : undefined;
}

/** YAML's flow style, in one line. */
function render(fields: Fields): string {
  const items = Object.entries(fields).map(
    ([field, value]) => `${field}: ${typeof value === "string" ? scalar(value, field) : render(value)}`,
  );
  return `{${items.join(", ")}}`;
}

/** Text as YAML reads it back: words of the config bare, names and numbers in quotes. Nodes and configs of strangers can hold
 * any: whatever is no plain name stays out of a line that is meant to be copied. */
function scalar(text: string, field: string): string {
  const isWord = /^[A-Za-z][\w.-]{0,99}$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text);
  if (isWord && field !== "name") return text;
  return /^[\w .@+~*?#:/-]{1,103}$/.test(text) ? JSON.stringify(text) : '"NAME"';
}
