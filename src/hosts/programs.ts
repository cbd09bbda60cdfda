import semver from "semver";
import defects from "../knowledge/defects.json" with { type: "json" };
import encodings from "../knowledge/encodings.json" with { type: "json" };
import ipset from "../knowledge/ipset.json" with { type: "json" };
import kubernetes from "../knowledge/kubernetes.json" with { type: "json" };
import { programProfiles } from "../knowledge/programs/index.ts";
import requirements from "../knowledge/requirements.json" with { type: "json" };
import extensions from "../knowledge/xt-extensions.json" with { type: "json" };
import { atPath, type ConfigPath, UserError } from "../model/error.ts";
import type { Evidence } from "../model/evidence.ts";
import type { NodeProgram, ProgramProfile } from "../model/program.ts";
import { didYouMean } from "../model/suggest.ts";
import { isVersion } from "../model/version.ts";
import { impossible } from "./plausible.ts";
import type { OwnProgram, ProgramReference } from "./types.ts";

/** Constructs that rules can hold: all names that any of the data ask for. */
const constructs: ReadonlySet<string> = new Set([
  ...Object.keys(encodings.constructs),
  ...[...encodings.encodings, ...encodings.nativeNft].flatMap((entry) => entry.constructs),
  ...defects.flatMap(({ conditions }) => conditions.flatMap((condition) => /^writes:(.+)$/.exec(condition)?.[1] ?? [])),
  ...requirements.flatMap(({ when }) => when.construct ?? []),
  ...Object.values(extensions.extensions).flatMap((entry) => ("constructs" in entry ? entry.constructs : [])),
  ...programProfiles.flatMap((profile) => [profile, ...profile.versions].flatMap(({ writes }) => writes?.value ?? [])),
]);

type ProgramVersion = ProgramProfile["versions"][number];

/** The profile with this id; undefined when there is none. */
export function findProfile(id: string): ProgramProfile | undefined {
  return programProfiles.find((profile) => profile.id === id);
}

/**
 * A profile as it is for one version of the program: what a version range states otherwise replaces what the profile
 * states for all. For the image's own program, whose version was read in the image.
 * @param version null when it is not known: the profile comes back as it is
 */
export function profileOfVersion(profile: ProgramProfile, version: string | null): ProgramProfile {
  const wanted = version === null ? null : semver.coerce(version);
  if (wanted === null) return profile;
  const row = profile.versions.find((candidate) => semver.satisfies(wanted, candidate.versions));
  return {
    ...profile,
    ...(row?.writes && { writes: row.writes }),
    ...(row?.operations && { operations: row.operations }),
    ...(row?.tables && { tables: row.tables }),
    ...(row?.sets && { ipset: row.sets }),
  };
}

/**
 * A program as it stands on a node.
 * @param reference `kube-proxy@1.31` (the version is matched against the profile's ranges), `docker` (its newest known
 *   behaviour), or a program of the user's own
 * @throws UserError for a program that we don't know and for a version that isn't one
 */
export function resolveProgram(reference: ProgramReference): NodeProgram {
  return typeof reference === "string" ? resolveKnown(reference) : resolveOwn(reference);
}

/** Programs in one list; more than any node runs. */
const MAX_PROGRAMS = 200;

/**
 * A list of programs as they stand on a node.
 * @param whose what the list belongs to, as the error names it
 * @param at where the config states the list
 * @throws UserError as {@link resolveProgram}, and for a list that is too long
 */
export function resolvePrograms(
  references: readonly ProgramReference[],
  whose = "config",
  at?: ConfigPath,
): NodeProgram[] {
  if (references.length > MAX_PROGRAMS)
    throw new UserError(`${whose}: ${references.length} programs in one list are more than ${MAX_PROGRAMS}`, {
      path: at,
    });
  return references.map((reference, index) =>
    atPath(at === undefined ? undefined : [...at, index], () => resolveProgram(reference)),
  );
}

/** Programs on every node unless the config says otherwise: kubelet and kube-proxy of the oldest and the newest Kubernetes
 * release that is maintained at the catalogue's date. */
export function defaultPrograms(): NodeProgram[] {
  const releases = new Set([kubernetes.oldestMaintained.value, kubernetes.newestMaintained.value]);
  return [...releases].flatMap((release) => [
    resolveProgram(`kubelet@${release}`),
    resolveProgram(`kube-proxy@${release}`),
  ]);
}

function resolveKnown(reference: string): NodeProgram {
  const { profile, version } = parseReference(reference);
  return fromProfile(profile, version, reference.trim());
}

/**
 * Checks the name of an image's own program and the form of its version, which may be any: what it brings is read in the image.
 * @throws UserError for a program that we don't know and for a version that isn't one
 */
export function checkProgramName(reference: string): void {
  parseReference(reference);
}

/**
 * Checks an option that is stated of an image's program, whichever that turns out to be.
 * @throws UserError for an option that no known program has and for a value that it doesn't know
 */
export function checkProgramOption(name: string, value: string): void {
  const known = programProfiles.flatMap(({ selects }) =>
    selects?.native?.option === undefined ? [] : [selects.native],
  );
  const named = known.filter((native) => native.name === name);
  if (named.length === 0) {
    const names = known.map((native) => native.name);
    throw new UserError(
      `options: no known program has "${name}"; ${didYouMean(name, names, `known are ${names.join(", ")}; variables go under env`)}`,
    );
  }
  const values = named.flatMap(({ values: native, option }) => [...native, ...(option?.others ?? [])]);
  if (!values.some((one) => one.toLowerCase() === value.toLowerCase()))
    throw new UserError(`options: ${name} is "${value}"; known values are ${values.join(", ")}`);
}

function parseReference(reference: string): { profile: ProgramProfile; version: string | null } {
  const at = reference.indexOf("@");
  const name = (at < 0 ? reference : reference.slice(0, at)).trim();
  const version = at < 0 ? null : reference.slice(at + 1).trim();
  const profile = findProfile(name);
  if (profile === undefined) {
    const ids = programProfiles.map((known) => known.id);
    throw new UserError(
      `program "${reference}": there is no program "${name}" in the catalogue; ${didYouMean(name, ids, `known are ${ids.join(", ")}`)}`,
    );
  }
  if (version !== null && semver.coerce(version) === null)
    throw new UserError(`program "${reference}": "${version}" is not a version; write it like ${profile.id}@1.31`);
  return { profile, version };
}

function fromProfile(profile: ProgramProfile, version: string | null, id: string): NodeProgram {
  const row = version === null ? profile.versions.at(-1) : rowFor(profile, version, id);
  const writes = row?.writes ?? profile.writes;
  const operations = row?.operations ?? profile.operations;
  const sets = row?.sets ?? profile.ipset;
  const tables = row?.tables ?? profile.tables;
  return {
    id,
    name: profile.id,
    version,
    backend: row?.backend.value ?? "unknown",
    iptables: row?.iptables?.value ?? null,
    ipset: row?.ipset?.value ?? null,
    nft: row?.nft?.value ?? null,
    writes: writes?.value ?? null,
    operations: operations?.value ?? null,
    ...(tables === undefined ? {} : { tables: tables.value }),
    kubelet: profile.kubelet ?? false,
    changesRules: profile.changesRules?.value ?? false,
    creates: sets?.value.creates ?? null,
    listsAllSets: sets?.value.listsAll ?? null,
    evidence: evidenceOf(profile, row, version),
  };
}

function rowFor(profile: ProgramProfile, version: string, id: string): ProgramVersion {
  const wanted = semver.coerce(version);
  const row = profile.versions.find((candidate) => wanted !== null && semver.satisfies(wanted, candidate.versions));
  if (row !== undefined) return row;
  const known = profile.versions.map((candidate) => candidate.versions).join(", ");
  throw new UserError(
    `program "${id}": what ${profile.id} ${version} brings is not in the catalogue, only ${known}; state it under programs as your own: - {name: ${profile.id}, iptables: "1.8.9", backend: nft}`,
  );
}

function evidenceOf(profile: ProgramProfile, row: ProgramVersion | undefined, version: string | null): Evidence[] {
  const source = `src/knowledge/programs/${profile.id}.json`;
  const name = version === null ? profile.id : `${profile.id} ${version}`;
  if (row === undefined) return [{ fact: `no version range of ${profile.id} covers ${version}`, source }];
  const evidence: Evidence[] = [];
  if (version === null)
    evidence.push({ fact: `no version of ${profile.id} stated: taken as ${row.versions}, the newest known`, source });
  evidence.push({ fact: `${name} backend: ${row.backend.value}`, source: row.backend.source, about: "backend" });
  for (const tool of ["iptables", "ipset", "nft"] as const) {
    const fact = row[tool];
    if (fact !== undefined)
      evidence.push({ fact: `${name} brings ${tool} ${fact.value}`, source: fact.source, about: tool });
  }
  const writes = row.writes ?? profile.writes;
  if (writes !== undefined)
    evidence.push({
      fact: `${name} writes ${listed(writes.value)} into iptables' tables`,
      source: writes.source,
      about: "writes",
    });
  const operations = row.operations ?? profile.operations;
  if (operations !== undefined)
    evidence.push({
      fact: `${name} does ${listed(operations.value)} there`,
      source: operations.source,
      about: "operations",
    });
  return evidence;
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? "nothing" : values.join(", ");
}

/** A misspelt construct would be one that no encoding matches: the program would pass as harmless. */
function checkConstruct(construct: string, program: string): void {
  if (constructs.has(construct)) return;
  const near = didYouMean(construct, constructs, `known are ${[...constructs].join(", ")}`);
  throw new UserError(`program "${program}": writes: there is no "${construct}"; ${near}`);
}

const setTypes = Object.keys(ipset.kernels.at(-1)?.max ?? {});

/** A mistyped set type would match nothing and so say nothing. */
function checkSetType(type: string, program: string): void {
  if (setTypes.includes(type)) return;
  throw new UserError(
    `program "${program}": creates "${type}" is no set type of ipset; ${didYouMean(type, setTypes, `known are ${setTypes.join(", ")}`)}`,
  );
}

function resolveOwn(own: OwnProgram): NodeProgram {
  const stated: string[] = [];
  for (const tool of ["iptables", "ipset", "nft"] as const) {
    const version = own[tool];
    if (version === undefined) continue;
    if (!isVersion(version))
      throw new UserError(
        `program "${own.name}": ${tool} "${version}" is not a version; write it in quotes, like "1.8.9"`,
      );
    const problem = impossible(tool, version);
    if (problem !== undefined) throw new UserError(`program "${own.name}": ${problem}`);
    stated.push(`${tool} ${version}`);
  }
  for (const construct of own.writes ?? []) checkConstruct(construct, own.name);
  for (const type of own.creates ?? []) checkSetType(type, own.name);
  if (own.backend !== undefined) stated.push(`backend ${own.backend}`);
  return {
    id: own.name,
    name: own.name,
    version: null,
    backend: own.backend ?? "unknown",
    iptables: own.iptables ?? null,
    ipset: own.ipset ?? null,
    nft: own.nft ?? null,
    writes: own.writes ?? null,
    operations: own.operations ?? null,
    changesRules: own["changes-rules"] ?? false,
    creates: own.creates ?? null,
    listsAllSets: own["lists-all-sets"] ?? null,
    evidence: [
      { fact: `${own.name}: ${stated.length === 0 ? "nothing stated" : stated.join(", ")}`, source: "config" },
    ],
  };
}
