import type { Operation, Table, TableUse } from "../model/program.ts";
import { constructFamily, type Release } from "./encodings.ts";
import { type Exposure, exposureOf } from "./exposure.ts";

/** One who writes rules: with what, which, and where, as far as stated. */
export interface Writer {
  release: Release;
  constructs: readonly string[];
  tables?: TableUse | undefined;
}
/** One who reads them. Operations null: not known, then every one counts, on every table. */
export interface Reader {
  release: Release;
  operations: readonly Operation[] | null;
  tables?: TableUse | undefined;
}

const iptablesTables: readonly Table[] = ["filter", "nat", "mangle", "raw", "security"];

/** Where a construct may stand: as stated, otherwise in every table that can hold it. */
function tablesOf(construct: string, use: TableUse | undefined): readonly Table[] {
  const family = constructFamily(construct);
  return use?.writes?.[construct] ?? (family === undefined ? iptablesTables : [family]);
}

/** What of a reader's operations may meet a construct: all of those whose tables nobody stated. */
function meeting(construct: string, writer: Writer, reader: Reader): readonly Operation[] | null {
  const { operations, tables } = reader;
  const stated = tables?.reads;
  if (operations === null || stated === undefined) return operations;
  const there = tablesOf(construct, writer.tables);
  return operations.filter((operation) => stated[operation]?.some((table) => there.includes(table)) ?? true);
}

/**
 * What a reader suffers from a writer. Tables are refused, shown and restored one by one (measured), so that only an
 * operation on a table that may hold the construct counts.
 */
export function exposureBetween(writer: Writer, reader: Reader): Exposure {
  if (reader.tables?.reads === undefined)
    return exposureOf(writer.release, reader.release, writer.constructs, reader.operations);
  const parts = writer.constructs.map((construct) =>
    exposureOf(writer.release, reader.release, [construct], meeting(construct, writer, reader)),
  );
  return {
    loud: parts.flatMap(({ loud }) => loud),
    rewritten: parts.flatMap(({ rewritten }) => rewritten),
    leftOut: parts.flatMap(({ leftOut }) => leftOut),
    misread: parts.flatMap(({ misread }) => misread),
  };
}

/** The same in one table alone: what may stand there, met by what may be done there. */
export function exposureOnTable(writer: Writer, reader: Reader, table: Table): Exposure {
  const constructs = writer.constructs.filter((construct) => tablesOf(construct, writer.tables).includes(table));
  const stated = reader.tables?.reads;
  const operations =
    reader.operations?.filter((operation) => stated?.[operation]?.includes(table) ?? true) ?? reader.operations;
  return exposureOf(writer.release, reader.release, constructs, operations);
}

/**
 * The tables in which a writer does a reader the most harm.
 * @returns undefined where it isn't stated into which tables it writes what does that
 */
export function tablesOfHarm(
  writer: Writer,
  reader: Reader,
  harm: (exposure: Exposure) => number,
): Table[] | undefined {
  const harms = writer.constructs.map((construct) =>
    harm(exposureBetween({ ...writer, constructs: [construct] }, reader)),
  );
  const worst = Math.max(0, ...harms);
  const tables = writer.constructs
    .filter((_, index) => harms[index] === worst)
    .map((construct) => writer.tables?.writes?.[construct]);
  return tables.includes(undefined) ? undefined : [...new Set(tables.flatMap((list) => list ?? []))];
}

/**
 * Constructs of iptables' and ip6tables' tables, and those of ebtables and arptables, which only these programs read.
 * @param tools of which constructs are wanted; absent: both
 */
export function splitByFamily(
  constructs: readonly string[],
  tools: readonly string[] = ["ebtables", "arptables"],
): { ip: readonly string[]; link: readonly string[] } {
  const all = constructs.filter((construct) => constructFamily(construct) !== undefined);
  if (all.length === 0) return { ip: constructs, link: all };
  const link = tools.flatMap((tool) => linkLayerOf(tool, all) ?? []);
  return { ip: constructs.filter((construct) => !all.includes(construct)), link };
}

/** What of these constructs a program of that name reads and writes: `ebtables` the tables of bridges, `arptables` those of
 * ARP; undefined for iptables and ip6tables. */
export function linkLayerOf(tool: string, constructs: readonly string[]): readonly string[] | undefined {
  const family = { ebtables: "bridge", arptables: "arp" }[tool];
  return family === undefined ? undefined : constructs.filter((construct) => constructFamily(construct) === family);
}
