import { type Effect, predictEffects } from "../../src/compat/encodings.ts";
import encodingsJson from "../../src/knowledge/encodings.json" with { type: "json" };
import {
  type Encoding,
  type EncodingEffect,
  encodingsFileSchema,
  type ListForm,
} from "../../src/knowledge/schema/encodings.ts";
import type { Operation } from "../../src/model/program.ts";
import { inRange } from "../../src/model/version.ts";
import lab from "./fixtures/lab.json" with { type: "json" };

/**
 * Every observation of the laboratory against what a section of encodings.json predicts. A case is a rule (or an nft script)
 * that one release wrote; a cell is what one other release then did with it.
 */

export type Letter = "." | "W" | "S" | "E" | "C" | "-";
export interface Case {
  id: string;
  table: string;
  program: string;
  rule: string;
  kind: "iptables" | "nft";
  grids: Record<string, number>;
  /** What the case consists of. */
  constructs: string[];
}

export const encodings = encodingsFileSchema.parse(encodingsJson);

/** The constructs of a case. */
function constructsOf(id: string): string[] {
  return Object.entries(encodings.constructs)
    .filter(([, construct]) => construct.scenarios.includes(id))
    .map(([name]) => name);
}

export const cases: readonly Case[] = Object.entries(lab.scenarios).map(([id, item]) => ({
  ...(item as unknown as Omit<Case, "id" | "constructs">),
  id,
  constructs: constructsOf(id),
}));

/** How the laboratory's commands map to operations. `content` says whether the listing's content was looked at, or only the
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

/** Effects on one form: those that name it replace the same entry's general ones. */
function onForm(effects: Effect[], form: ListForm | undefined): Effect[] {
  const special = effects.filter((effect) => form !== undefined && effect.forms?.includes(form));
  const named = new Set(special.map((effect) => effect.encoding));
  return [...special, ...effects.filter((effect) => effect.forms === undefined && !named.has(effect.encoding))];
}

/** What the laboratory must have seen if the predicted effects are right. */
export function expectedLetter(
  section: readonly Encoding[],
  item: Case,
  command: string,
  writer: string,
  reader: string,
) {
  const how = commands[command]!;
  if (how.filterOnly === true && item.table !== "filter") return ".";
  const effectsAt = (operation: Operation, form?: ListForm) =>
    onForm(
      item.constructs
        .flatMap((construct) => predictEffects(section, writer, reader, construct))
        .filter((effect) => effect.operations.includes(operation)),
      form,
    );
  const effects = effectsAt(how.operation, how.form);
  const outcomes = effects.map((effect) => effect.outcome);
  if (outcomes.includes("crash")) return "C";
  if (outcomes.includes("refused") || outcomes.includes("not-found")) return "E";
  // A table that another rule makes incompatible is left out of the save, so that restoring cannot rewrite it; with foreign
  // base chains (announced by 1.8.8 and later) it is saved in part.
  const rewriting = effects.filter((effect) => effect.outcome === "rewritten").map((effect) => effect.encoding);
  const leftOut = () =>
    effectsAt("list", "-L").some((effect) => effect.outcome === "refused" && !rewriting.includes(effect.encoding));
  if (rewriting.length > 0) return leftOut() ? "." : "S";
  // The laboratory looked at what `ebtables -L` and `arptables -L` show, and only at the exit code of `iptables -L`.
  const content = how.content || /^(eb|arp)tables$/.test(item.program);
  if (content && outcomes.includes("announced")) return "W";
  if (content && outcomes.includes("misread")) return "S";
  return ".";
}

interface Seen {
  command: string;
  writer: string;
  reader: string;
  letter: Letter;
}

/** Every measured cell of one case. */
export function* cellsOf(item: Case): Generator<Seen> {
  const writers = item.kind === "nft" ? lab.nftWriters : lab.iptablesWriters;
  for (const [command, grid] of Object.entries(item.grids)) {
    const rows = lab.grids[grid]!.split("/");
    for (const [row, writer] of writers.entries()) {
      for (const [column, reader] of lab.readers.entries()) {
        const letter = rows[row]![column] as Letter;
        if (letter !== "-") yield { command, writer: release(writer), reader: release(reader), letter };
      }
    }
  }
}

/** How many cells of one kind were measured. */
export function measuredCells(kind: Case["kind"]): number {
  return cases.filter((one) => one.kind === kind).reduce((sum, item) => sum + [...cellsOf(item)].length, 0);
}

/** Replays all cases of one kind. */
export function replayLab(kind: Case["kind"], section: readonly Encoding[]) {
  const disagreements: string[] = [];
  let cells = 0;
  let troubled = 0;
  for (const item of cases.filter((one) => one.kind === kind)) {
    for (const { command, writer, reader, letter } of cellsOf(item)) {
      cells++;
      if (letter !== ".") troubled++;
      const expected = expectedLetter(section, item, command, writer, reader);
      if (expected !== letter) {
        disagreements.push(
          `${item.id} ${command} writer ${writer} reader ${reader}: measured ${letter}, predicted ${expected}`,
        );
      }
    }
  }
  return { cells, troubled, disagreements };
}

/**
 * A cell that is not predicted by `section`, the file's section less what `removed` (an entry, or one effect of it) says.
 * Looks only where that could make a difference.
 * @returns the cell in words; undefined when every cell is predicted all the same
 */
export function missedCell(
  section: readonly Encoding[],
  entry: Encoding,
  removed: readonly EncodingEffect[],
): string | undefined {
  const kind = entry.tool;
  for (const item of cases) {
    if (item.kind !== kind || !item.constructs.some((construct) => entry.constructs.includes(construct))) continue;
    for (const { command, writer, reader, letter } of cellsOf(item)) {
      if (!inRange(writer, entry.writer)) continue;
      if (!removed.some((effect) => inRange(reader, effect.reader))) continue;
      if (expectedLetter(section, item, command, writer, reader) !== letter)
        return `${item.id} ${command} ${writer} -> ${reader}`;
    }
  }
  return undefined;
}
