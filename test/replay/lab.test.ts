import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { effectsOf, gapsOf, nativeEffectsOf } from "../../src/compat/encodings.ts";
import type { Operation } from "../../src/model/program.ts";
import { cases, encodings, replayLab } from "./lab.ts";

// That every entry and every effect is needed is the mutation test's part: mutation.test.ts.

describe("the laboratory's observations", () => {
  test.each([
    ["iptables", encodings.encodings, 121, 204_518],
    ["nft", encodings.nativeNft, 70, 32_151],
  ] as const)("%s writers: every cell is predicted", (kind, section, count, size) => {
    const { cells, troubled, disagreements } = replayLab(kind, section);
    console.log(`${kind} writers: ${cells} observations, ${troubled} not ok, ${disagreements.length} disagreements`);
    expect(disagreements.slice(0, 40)).toEqual([]);
    expect(cases.filter((item) => item.kind === kind)).toHaveLength(count);
    expect(cells).toBe(size);
  });

  test("every case belongs to a construct, and every entry names cases that contain it", () => {
    for (const { id, constructs } of cases) expect(constructs, id).not.toEqual([]);
    for (const encoding of [...encodings.encodings, ...encodings.nativeNft]) {
      const known = encoding.constructs.flatMap((name) => encodings.constructs[name]?.scenarios ?? [undefined]);
      for (const id of encoding.scenarios) expect(known, `${encoding.id}: ${id}`).toContain(id);
      expect(known, encoding.id).not.toContain(undefined);
    }
  });
});

test("what was measured for the tests is not part of the program", () => {
  const source = fileURLToPath(new URL("../../src", import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(100);
  const importing = files.filter((name) =>
    /from "[^"]*(?:\/test\/|fixtures\/)/.test(readFileSync(join(source, name), "utf8")),
  );
  expect(importing).toEqual([]);
});

describe("effectsOf", () => {
  const outcomes = (writer: string, reader: string, construct: string, operation: Operation) =>
    effectsOf(writer, reader, construct)
      .filter((effect) => effect.operations.includes(operation) && effect.forms === undefined)
      .map((effect) => effect.outcome);

  test.each<[string, string, string, Operation, string[]]>([
    ["1.8.9", "1.8.4", "port-range", "list", ["refused"]],
    ["1.8.9", "1.8.4", "port-range", "list-own-chain", ["refused"]],
    ["1.8.9", "1.8.7", "port-range", "list-own-chain", []],
    ["1.8.9", "1.8.7", "mark-match", "list", ["misread"]],
    ["1.8.9", "1.8.7", "mark-match", "save-restore", ["rewritten"]],
    ["1.8.7", "1.8.4", "mark-match", "list", []],
    ["1.8.7", "1.8.4", "address-prefix", "list", ["misread"]],
    ["1.8.7", "1.8.4", "port-range", "list", []],
    ["1.8.9", "1.8.8", "nflog", "list", []],
    ["1.8.9", "1.8.4", "nflog", "append", []],
    ["1.8.12", "1.8.5", "port", "check", ["not-found"]],
    ["1.8.5", "1.8.12", "port", "check", []],
    ["1.8.4", "1.8.9", "port-range", "list", []],
  ])("writer %s, reader %s, %s, %s: %j", (writer, reader, construct, operation, expected) => {
    expect(outcomes(writer, reader, construct, operation)).toEqual(expected);
  });

  test("1.8.1 is a gap for port ranges, 1.8.12 is none", () => {
    expect(gapsOf("1.8.9", "1.8.1", "port-range")).not.toEqual([]);
    expect(gapsOf("1.8.12", "1.8.4", "port-range")).toEqual([]);
  });

  test("native nft rules in iptables' tables, the newest reader included", () => {
    const outcome = (nft: string, reader: string, construct: string) =>
      nativeEffectsOf(nft, reader, construct)
        .filter((effect) => effect.operations.includes("list") && (effect.forms?.includes("-S") ?? true))
        .map((effect) => effect.outcome);
    expect(outcome("1.0.6", "1.8.13", "nft-unknown-expression")).toEqual(["refused"]);
    expect(outcome("1.0.6", "1.8.13", "nft-set-lookup")).toEqual(["misread"]);
    expect(outcome("1.0.6", "1.8.7", "nft-second-base-chain")).toEqual(["crash"]);
    expect(outcome("1.0.6", "1.8.13", "nft-unchanged")).toEqual([]);
  });
});
