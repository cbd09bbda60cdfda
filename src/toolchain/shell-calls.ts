import { backendOf, isHarmless } from "./backend-names.ts";
import { type Certainty, type Probe, type ScriptCommand, weakest } from "./shell-script.ts";

/** Commands as they are run: functions in the place of their calls, variables in the place of their names. */

const MAX_COMMANDS = 4_000;
const MAX_CALLS = 4;
const MAX_VALUES = 6;
const MAX_VARIABLES = 4;
const MAX_WORD = 1_000;
/** Commands looked at, those of functions at each of their calls. */
const MAX_STEPS = 12_000;
const MAX_WORDS = 64;

/** What may stand in a variable. */
interface Values {
  values: string[];
  /** One of them surely does. */
  isSure: boolean;
}

interface Run {
  out: ScriptCommand[];
  functions: Map<string, ScriptCommand[]>;
  variables: Map<string, Values> | undefined;
  steps: number;
}

/**
 * @param commands of one script, those of its functions among them
 * @param hasValues whether what stands in its variables is asked
 * @returns commands alone, no assignments
 */
export function followCalls(commands: readonly ScriptCommand[], hasValues = true): ScriptCommand[] {
  const functions = Map.groupBy(
    commands.filter(({ inside }) => inside !== undefined),
    ({ inside }) => inside ?? "",
  );
  const run: Run = { out: [], functions, variables: hasValues ? new Map() : undefined, steps: 0 };
  for (const command of commands) if (command.inside === undefined) follow(run, command, "sure", undefined, 0);
  return run.out;
}

function follow(
  run: Run,
  command: ScriptCommand,
  outer: Certainty,
  args: readonly string[] | undefined,
  depth: number,
): void {
  if (run.out.length >= MAX_COMMANDS || run.steps++ >= MAX_STEPS) return;
  const certainty = weakest(command.certainty, outer);
  if (command.assigns === undefined && isIdle(command.words)) return;
  const given =
    args === undefined ? command.words : command.words.flatMap((word) => withArguments(word, args)).slice(0, MAX_WORDS);
  if (command.assigns !== undefined) {
    if (run.variables === undefined) return;
    const [assigned = command.assigns] = args === undefined ? [] : withArguments(command.assigns, args);
    if (!isHarmless(backendOf(assigned), command.probes)) assign(run.variables, assigned, certainty);
    return;
  }
  for (const { words, isSure } of resolve(given, run.variables)) {
    const own = isSure ? certainty : "possible";
    const body = depth < MAX_CALLS ? run.functions.get(words[0] ?? "") : undefined;
    const probes = command.probes === undefined ? {} : { probes: command.probes };
    if (body === undefined) run.out.push({ words, certainty: own, ...probes });
    else
      for (const inner of body)
        follow(run, { ...inner, ...joined(command.probes, inner.probes) }, own, words.slice(1), depth + 1);
  }
}

function joined(outer: Probe[] | undefined, own: Probe[] | undefined): { probes?: Probe[] } {
  return outer === undefined && own === undefined ? {} : { probes: [...(outer ?? []), ...(own ?? [])] };
}

/** Most commands of most scripts: they neither run anything else nor touch what iptables is. */
const IDLE =
  /^(?:\[\[?|test|true|false|:|echo|printf|cat|[ef]?grep|sed|awk|cut|tr|head|tail|wc|sort|uniq|ls|rm|mkdir|rmdir|touch|chmod|chown|shift|exit|return|break|continue|read|local|export|unset|trap|wait|kill|sleep|sysctl|modprobe|lsmod|mount|umount|id|whoami|date|hostname|uname|getopts|type|which|hash|let|pwd|umask|ulimit|tee|basename|dirname|readlink|realpath|stat|seq|expr)$/;

function isIdle([name = ""]: readonly string[]): boolean {
  return IDLE.test(name);
}

function withArguments(word: string, args: readonly string[]): string[] {
  if (/^\$(?:[@*]|\{[@*]\})$/.test(word)) return [...args];
  return [word.replace(/\$(?:([1-9])|\{([1-9])\})/g, (_, one, other) => args[Number(one ?? other) - 1] ?? "")];
}

function assign(variables: Map<string, Values>, text: string, certainty: Certainty): void {
  const at = text.indexOf("=");
  const name = text.slice(0, at);
  const known = variables.get(name);
  const told = resolve([text.slice(at + 1)], variables);
  const values = told.map(({ words: [value = ""] }) => value);
  const isSure = told.every((one) => one.isSure);
  if (certainty !== "possible") variables.set(name, { values, isSure });
  else {
    const all = [...new Set([...(known?.values ?? []), ...values])].slice(0, MAX_VALUES);
    variables.set(name, { values: all, isSure: isSure && known?.isSure === true });
  }
}

const VARIABLE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-=]([^{}$]*))?\})/;

interface Told {
  words: string[];
  isSure: boolean;
}

/** The words once for each value that their variables may have; those of which nothing is known stay. */
function resolve(words: readonly string[], variables: ReadonlyMap<string, Values> | undefined): Told[] {
  if (variables === undefined || !words.some((word) => word.includes("$")))
    return [{ words: [...words], isSure: true }];
  let told: Told[] = [{ words: [...words], isSure: true }];
  for (const [at, word] of words.entries()) {
    if (!word.includes("$")) continue;
    const next = told.flatMap((one) =>
      valuesOfWord(word, variables).map(({ value, isSure }) => ({
        words: one.words.with(at, value),
        isSure: one.isSure && isSure,
      })),
    );
    if (next.length <= MAX_VALUES) told = next;
  }
  // A command with options in one variable: `IPTABLES="iptables-legacy -w"`.
  return told.map(({ words: [first = "", ...others], isSure }) => ({
    words: words.length > 1 ? [...first.split(/\s+/), ...others] : [first, ...others],
    isSure,
  }));
}

/** What a word may be, its variables one after the other. */
function valuesOfWord(word: string, variables: ReadonlyMap<string, Values>): { value: string; isSure: boolean }[] {
  let told = [{ value: word, from: 0, isSure: true }];
  for (let count = 0; count < MAX_VARIABLES; count++) {
    const next = told.flatMap((one) => {
      const found = VARIABLE.exec(one.value.slice(one.from));
      if (found === null) return [one];
      const start = one.from + found.index;
      const known = valuesOf(found, variables) ?? { values: [found[0]], isSure: one.isSure };
      const isOne = known.values.length === 1 && known.isSure;
      return known.values.map((value) => ({
        value: (one.value.slice(0, start) + value + one.value.slice(start + found[0].length)).slice(0, MAX_WORD),
        from: start + value.length,
        isSure: one.isSure && isOne,
      }));
    });
    if (next.length > MAX_VALUES) break;
    told = next;
  }
  return told;
}

function valuesOf(
  [, plain, braced, fallback]: RegExpExecArray,
  variables: ReadonlyMap<string, Values>,
): Values | undefined {
  const known = variables.get(plain ?? braced ?? "");
  if (known !== undefined) return known;
  // What is set from outside may be any.
  return fallback === undefined ? undefined : { values: [fallback], isSure: false };
}
