import { hostTool, keyOfTool } from "./host-build.ts";
import { rememberFor } from "./remember.ts";
import type { Cell, Outcome, Rule } from "./types.ts";

/** What the rules that look at little of a host gave on hosts that are alike in it, by rule. */
type Shelf = Map<string, Outcome[]>;

const shelves = rememberFor<Shelf>();

/** The shelf of the hosts that are to such rules what this one is: with the same programs, iptables and backends. */
export function shelfOf(cell: Cell): Shelf {
  const { choice, host, hostBackend } = cell;
  const { installed, ownBackend } = host.iptables;
  const tool = `${installed?.value} ${ownBackend?.value} ${keyOfTool(hostTool(host))}`;
  const key = `${choice.backend} ${choice.hostExec} ${hostBackend} ${tool}`;
  return shelves(cell.toolchain, cell.image)(cell.programs, key, () => new Map());
}

/** What a rule says of a cell: from the shelf, if it looks at no more than such hosts have in common. Shared: never changed. */
export function evaluateRule(rule: Rule, cell: Cell, shelf: Shelf): Outcome[] {
  if (rule.looksAt !== "iptables") return rule.evaluate(cell);
  let outcomes = shelf.get(rule.id);
  if (outcomes === undefined) {
    outcomes = rule.evaluate(cell);
    shelf.set(rule.id, outcomes);
  }
  return outcomes;
}
