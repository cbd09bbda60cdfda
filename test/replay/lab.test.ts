import { describe, expect, test } from "vitest";
import { type Effect, effectsOf, gapsOf, nativeEffectsOf, predict } from "../../src/compat/encodings.ts";
import encodingsJson from "../../src/knowledge/encodings.json" with { type: "json" };
import { type Encoding, encodingsFileSchema, type ListForm } from "../../src/knowledge/schema/encodings.ts";
import type { Operation } from "../../src/model/program.ts";
import lab from "./fixtures/lab.json" with { type: "json" };

// Every observation of the laboratory against what encodings.json predicts. A case is a rule (or an nft script) that one
// release wrote; a cell is what one other release then did with it.

type Letter = "." | "W" | "S" | "E" | "C" | "-";
interface Case {
  table: string;
  program: string;
  rule: string;
  kind: string;
  grids: Record<string, number>;
}

const encodings = encodingsFileSchema.parse(encodingsJson);
const cases = Object.entries(lab.scenarios as unknown as Record<string, Case>);

/** How the laboratory's commands map to operations. `judged` says whether the listing's content was looked at, or only the
 * exit code. `-S` without a table lists the filter table. */
const commands: Record<string, { operation: Operation; form?: ListForm; content: boolean; filterOnly?: boolean }> = {
  S_T: { operation: "list", form: "-S", content: true },
  S_T_wait: { operation: "list", form: "-S", content: true },
  S: { operation: "list", form: "-S", content: true, filterOnly: true },
  S_T_chain: { operation: "list", form: "-S CHAIN", content: false },
  L: { operation: "list", form: "-L", content: false },
  SAVE: { operation: "list", form: "-save", content: true },
  S_own_chain: { operation: "list-own-chain", content: false },
  C: { operation: "check", content: true },
  D: { operation: "delete", content: true },
  RT: { operation: "save-restore", content: true },
  NA: { operation: "append", content: true },
};

const release = (label: string): string => label.replace(/ .*/, "");

/** The constructs that a case consists of. */
function constructsOf(id: string): string[] {
  return Object.entries(encodings.constructs)
    .filter(([, construct]) => construct.scenarios.includes(id))
    .map(([name]) => name);
}

/** Effects on one form: those that name it replace the same entry's general ones. */
function onForm(effects: Effect[], form: ListForm | undefined): Effect[] {
  const special = effects.filter((effect) => form !== undefined && effect.forms?.includes(form));
  const named = new Set(special.map((effect) => effect.encoding));
  return [...special, ...effects.filter((effect) => effect.forms === undefined && !named.has(effect.encoding))];
}

/** What the laboratory must have seen if the predicted effects are right. */
function expectedLetter(section: Encoding[], item: Case, id: string, command: string, writer: string, reader: string) {
  const how = commands[command]!;
  if (how.filterOnly === true && item.table !== "filter") return ".";
  const at = (operation: Operation, form?: ListForm) =>
    onForm(
      constructsOf(id).flatMap((construct) => predict(section, construct, operation, writer, reader)),
      form,
    ).map((effect) => effect.outcome);
  const outcomes = at(how.operation, how.form);
  if (outcomes.includes("crash")) return "C";
  if (outcomes.includes("refused") || outcomes.includes("not-found")) return "E";
  // A table that the reader calls incompatible is left out of the save, so that restoring cannot rewrite it; with foreign
  // base chains (announced by 1.8.8 and later) it is saved in part.
  if (outcomes.includes("rewritten")) return at("list", "-L").includes("refused") ? "." : "S";
  if (how.content && outcomes.includes("announced")) return "W";
  if (how.content && outcomes.includes("misread")) return "S";
  return ".";
}

/** Calls `see` for every measured cell of one case. */
function eachCell(item: Case, see: (command: string, writer: string, reader: string, letter: Letter) => void): void {
  const writers = item.kind === "nft" ? lab.nftWriters : lab.iptablesWriters;
  for (const [command, grid] of Object.entries(item.grids)) {
    const rows = lab.grids[grid]!.split("/");
    writers.forEach((writer, row) => {
      lab.readers.forEach((reader, column) => {
        const letter = rows[row]![column] as Letter;
        if (letter !== "-") see(command, release(writer), release(reader), letter);
      });
    });
  }
}

function replay(kind: "iptables" | "nft", section: Encoding[]) {
  const disagreements: string[] = [];
  let cells = 0;
  let troubled = 0;
  for (const [id, item] of cases.filter(([, item]) => item.kind === kind)) {
    eachCell(item, (command, writer, reader, letter) => {
      cells++;
      if (letter !== ".") troubled++;
      const expected = expectedLetter(section, item, id, command, writer, reader);
      if (expected !== letter) {
        disagreements.push(
          `${id} ${command} writer ${writer} reader ${reader}: measured ${letter}, predicted ${expected}`,
        );
      }
    });
  }
  return { cells, troubled, disagreements };
}

describe("the laboratory's observations", () => {
  test.each([
    ["iptables", encodings.encodings, 106, 196_911],
    ["nft", encodings.nativeNft, 68, 31_707],
  ] as const)("%s writers: every cell is predicted", (kind, section, count, size) => {
    const { cells, troubled, disagreements } = replay(kind, section);
    console.log(`${kind} writers: ${cells} observations, ${troubled} not ok, ${disagreements.length} disagreements`);
    expect(disagreements.slice(0, 40)).toEqual([]);
    expect(cases.filter(([, item]) => item.kind === kind)).toHaveLength(count);
    expect(cells).toBe(size);
  });

  test("every case belongs to a construct, and every entry names cases that contain it", () => {
    for (const [id] of cases) expect(constructsOf(id), id).not.toEqual([]);
    for (const encoding of [...encodings.encodings, ...encodings.nativeNft]) {
      const known = encoding.constructs.flatMap((name) => encodings.constructs[name]?.scenarios ?? [undefined]);
      for (const id of encoding.scenarios) expect(known, `${encoding.id}: ${id}`).toContain(id);
      expect(known, encoding.id).not.toContain(undefined);
    }
  });

  test("every entry is needed: without it at least one observation is not predicted", () => {
    const byHand = new Set(["v6-address-protocol", "nft-second-base-chain"]);
    for (const [kind, section] of [
      ["iptables", encodings.encodings],
      ["nft", encodings.nativeNft],
    ] as const) {
      for (const removed of section) {
        const rest = section.filter((encoding) => encoding !== removed);
        const affected = cases.filter(([id, item]) => item.kind === kind && removed.scenarios.includes(id));
        let missed = 0;
        for (const [id, item] of affected) {
          eachCell(item, (command, writer, reader, letter) => {
            if (expectedLetter(rest, item, id, command, writer, reader) !== letter) missed++;
          });
        }
        expect([removed.id, missed > 0]).toEqual([removed.id, !byHand.has(removed.id)]);
      }
    }
  });
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
        .filter((effect) => effect.operations.includes("list") && effect.forms === undefined)
        .map((effect) => effect.outcome);
    expect(outcome("1.0.6", "1.8.13", "nft-unknown-expression")).toEqual(["refused"]);
    expect(outcome("1.0.6", "1.8.13", "nft-set-lookup")).toEqual(["misread"]);
    expect(outcome("1.0.6", "1.8.7", "nft-second-base-chain")).toEqual(["crash"]);
    expect(outcome("1.0.6", "1.8.13", "nft-unchanged")).toEqual([]);
  });
});
