import { describe, expect, test } from "vitest";
import { exposureBetween } from "../../src/compat/tables.ts";
import { findProfile, resolvePrograms } from "../../src/hosts/programs.ts";
import type { Operation, Table, TableUse } from "../../src/model/program.ts";
import { ask, buildTool, messageOf, type ProgramSpec, type Setup } from "../support/cells.ts";

// A table is refused, shown and restored by itself: who reads only nat never meets what stands in filter. Whatever is not
// stated may be anywhere.

const writer = (tables?: TableUse, writes = ["port-range"]): ProgramSpec => ({
  name: "policies",
  backend: "nft",
  iptables: "1.8.9",
  writes,
  operations: [],
  ...(tables === undefined ? {} : { tables }),
});
const reader = (tables?: TableUse): NonNullable<Setup["profile"]> => ({
  operations: ["list"],
  ...(tables === undefined ? {} : { tables }),
});
const inFilter: TableUse = { writes: { "port-range": ["filter"] } };
const ofNat: TableUse = { reads: { list: ["nat"] } };
const image = { nft: "1.8.7" };

describe("the image reads what another wrote", () => {
  test.each<[string, TableUse | undefined, TableUse | undefined, string[]]>([
    ["another table", inFilter, ofNat, []],
    ["the same table", { writes: { "port-range": ["nat", "filter"] } }, ofNat, ["error policies"]],
    ["the writer's tables are not known", undefined, ofNat, ["error policies"]],
    ["the reader's are not", inFilter, undefined, ["error policies"]],
    ["neither", undefined, undefined, ["error policies"]],
    ["those of another construct are", { writes: { nflog: ["filter"] } }, ofNat, ["error policies"]],
    ["those of another operation are", inFilter, { reads: { "list-own-chain": ["nat"] } }, ["error policies"]],
  ])("%s", (_, writes, reads, expected) => {
    expect(ask("nft-newer-writer", { image, programs: [writer(writes)], profile: reader(reads) })).toEqual(expected);
  });

  test("operations that are not known are done on every table", () => {
    const profile = { tables: ofNat };
    expect(ask("nft-newer-writer", { image, programs: [writer(inFilter)], profile })).toEqual(["error policies"]);
  });
});

test("another reads what the image wrote", () => {
  const old: ProgramSpec = { name: "old", backend: "nft", iptables: "1.8.7", operations: ["list"], writes: [] };
  const says = (tables: TableUse) =>
    ask("image-newer-writer", {
      image: { nft: "1.8.11" },
      profile: { writes: ["port-range"], tables: inFilter },
      programs: [{ ...old, tables }],
    });
  expect(says(ofNat)).toEqual([]);
  expect(says({ reads: { list: ["filter"] } })).toEqual(["error old"]);
});

describe("rules of ebtables meet only who reads these", () => {
  const withEbtables: Setup["image"] = {
    nft: "1.8.3",
    change: (toolchain) => void toolchain.tools.push(buildTool("ebtables", "1.8.3", "nft")),
  };
  const among = [writer(undefined, ["eb-among"])];
  test("an image without ebtables", () => {
    expect(ask("nft-newer-writer", { image: { nft: "1.8.3" }, programs: among, profile: reader() })).toEqual([]);
  });
  test("an image with it: a warning, since nobody states that it lists them", () => {
    expect(ask("nft-newer-writer", { image: withEbtables, programs: among, profile: reader() })).toEqual([
      "warning policies",
    ]);
  });
  const beside = (nft: string, version: string | null, backend: "nft" | "legacy" = "nft"): Setup => ({
    image: { nft, change: (toolchain) => void toolchain.tools.push(buildTool("ebtables", version, backend)) },
    programs: among,
    profile: reader(),
  });
  test.each<[string, Setup, string[]]>([
    ["an older ebtables beside a newer iptables", beside("1.8.11", "1.8.3"), ["warning policies"]],
    ["a newer ebtables beside an older iptables", beside("1.8.3", "1.8.11"), []],
    ["one of unknown version goes by the iptables", beside("1.8.3", null), ["warning policies"]],
    ["one of unknown version beside a newer iptables", beside("1.8.11", null), []],
    ["a legacy ebtables reads no nft", beside("1.8.3", "1.8.3", "legacy"), []],
  ])("%s", (_, setup, expected) => expect(ask("nft-newer-writer", setup)).toEqual(expected));
  test("and is named", () => {
    expect(messageOf("nft-newer-writer", beside("1.8.11", "1.8.3"))).toMatch(/^the image's ebtables 1\.8\.3 refuses/);
  });
  test("what the image writes is of its ebtables too", () => {
    const old: ProgramSpec = { name: "old", backend: "nft", iptables: "1.8.3", operations: ["list"], writes: [] };
    const says = (nft: string, version: string) =>
      ask("image-newer-writer", { ...beside(nft, version), profile: { writes: ["eb-among"] }, programs: [old] });
    expect(says("1.8.3", "1.8.11")).toEqual(["warning old"]);
    expect(says("1.8.11", "1.8.3")).toEqual([]);
  });
  test("the image's own rules, for a program that may have it", () => {
    const old: ProgramSpec = { name: "old", backend: "nft", iptables: "1.8.3", operations: ["list"], writes: [] };
    const setup: Setup = { image: { nft: "1.8.11" }, profile: { writes: ["eb-among"] }, programs: [old] };
    expect(ask("image-newer-writer", setup)).toEqual(["warning old"]);
  });
  test("native nft rules in the table of ebtables", () => {
    const native = [writer(undefined, ["nft-bridge"])].map((one) => ({ ...one, nft: "1.1.3" }));
    const rule = "native-nft-in-iptables-table";
    expect(ask(rule, { image: { nft: "1.8.11" }, programs: native, profile: reader() })).toEqual([]);
    expect(ask(rule, { image: { ...withEbtables, nft: "1.8.11" }, programs: native, profile: reader() })).toEqual([
      "warning policies",
    ]);
  });
});

describe("what known programs list", () => {
  const misread = (program: string, operation: Operation, tables: Table[] | undefined) =>
    exposureBetween(
      { release: "1.8.9", constructs: ["mark-match"], tables: tables && { writes: { "mark-match": tables } } },
      { release: "1.8.4", operations: [operation], tables: findProfile(program)!.tables!.value },
    ).misread.length > 0;

  test("kilo looks into filter and nat, and never meets what is in mangle alone", () => {
    expect(misread("kilo", "list", ["mangle"])).toBe(false);
    expect(misread("kilo", "list", ["mangle", "nat"])).toBe(true);
    expect(misread("kilo", "list", undefined)).toBe(true);
  });

  test("docker lists filter, before 28 nat too, and never meets what is in mangle or raw alone", () => {
    const marks = (version: string, tables: Table[]) => {
      const reads = resolvePrograms([version], "test")[0]!.tables;
      const written = { release: "1.8.9", constructs: ["mark-match"], tables: { writes: { "mark-match": tables } } };
      return exposureBetween(written, { release: "1.8.7", operations: ["list"], tables: reads }).misread.length > 0;
    };
    expect(marks("docker@27.5", ["mangle", "raw"])).toBe(false);
    expect(marks("docker@27.5", ["nat"])).toBe(true);
    expect(marks("docker@28.1", ["nat"])).toBe(false);
    expect(marks("docker@28.1", ["nat", "filter"])).toBe(true);
  });

  test("kube-router restores filter alone: it widens no rule of another table", () => {
    const rewritten = (tables: Table[]) =>
      exposureBetween(
        { release: "1.8.9", constructs: ["mark-match"], tables: { writes: { "mark-match": tables } } },
        { release: "1.8.4", operations: ["save-restore"], tables: findProfile("kube-router")!.tables!.value },
      ).rewritten.length > 0;
    expect(rewritten(["nat", "mangle"])).toBe(false);
    expect(rewritten(["nat", "filter"])).toBe(true);
  });

  test("what kube-proxy writes is in filter and nat: who lists mangle alone meets none of it", () => {
    const { tables } = resolvePrograms(["kube-proxy@1.36"], "test")[0]!;
    const misreads = (reads: Table[]) =>
      exposureBetween(
        { release: "1.8.9", constructs: ["mark-match", "port", "address-prefix"], tables },
        { release: "1.8.4", operations: ["list"], tables: { reads: { list: reads } } },
      ).misread.length;
    expect(misreads(["mangle"])).toBe(0);
    expect(misreads(["filter"])).toBeGreaterThan(0);
    expect(misreads(["nat"])).toBeGreaterThan(0);
  });

  test("flannel looks for its own chains, and writes its match of a mark into nat only", () => {
    const { tables } = findProfile("flannel")!;
    expect(tables?.value.reads?.list).toBeUndefined();
    const reads = { list: ["filter" as const] };
    const written = { release: "1.8.11", constructs: ["mark-match"], tables: tables!.value };
    const reader = { release: "1.8.4", operations: ["list" as const] };
    expect(exposureBetween(written, { ...reader, tables: { reads } }).misread).toEqual([]);
    expect(exposureBetween(written, { ...reader, tables: { reads: { list: ["nat"] } } }).misread).not.toEqual([]);
  });
});
