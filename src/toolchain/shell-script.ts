import { createTokenizer, type ShellWord } from "./shell-tokens.ts";

/**
 * The simple commands of a whole script in the order in which they stand, and how sure it is that each is run. Read by its
 * text alone, after the grammar of sh (POSIX.1-2024, Shell Command Language); nothing is run.
 */

/** `sure`: nothing stands between it and the start of the script. `tolerated`: likewise, and the script goes on when it fails.
 * `possible`: part of a condition, of a loop whose words are not known, or behind a test. */
export type Certainty = "sure" | "tolerated" | "possible";

/** Of something that is part of something else. */
export function weakest(one: Certainty, other: Certainty): Certainty {
  if (one === "possible" || other === "possible") return "possible";
  return one === "tolerated" ? one : other;
}

/** One simple command, or an assignment that stands alone. */
export interface ScriptCommand {
  /** Without quotes, redirections and the assignments in front. */
  words: string[];
  certainty: Certainty;
  /** The function whose body it is part of. */
  inside?: string;
  /** `NAME=value`. */
  assigns?: string;
  /** It is run where these commands have worked, or where they have not. */
  probes?: Probe[];
  /** `!` stands in front of it. */
  isNot?: true;
}

/** A command that is run to see whether it works. */
export interface Probe {
  words: string[];
  hasWorked: boolean;
}

const MAX_COMMANDS = 6_000;
const MAX_WORDS = 64;
const MAX_DEPTH = 3;
const MAX_LOOP_WORDS = 16;
/** Loops around a command whose words are put in; each costs a search in every command. */
const MAX_LOOPS = 8;
const MAX_PROBES = 4;
const MAX_WORD = 1_000;

/** Commands behind which an `&&` is no question, but the next step. */
const STEPS =
  /^(?:(?:.*\/)?(?:(?:update-)?alternatives|ln|cp|mv|rm|mkdir|touch|chmod|chown|sysctl|modprobe|sleep|ip6?tables\S*|xtables-\S+)|echo|printf|cd|export|set|true|:)$/;
/** With these behind `||` a script does not go on. */
const ENDS = /^(?:exit|return|false|die|fail|fatal|abort|panic|kill)$/;

/** A part of the script that ends with a word of its own. */
interface Frame {
  kind: "if" | "case" | "loop" | "group" | "subshell" | "function";
  /** As they were in front of it. */
  certainty: Certainty;
  inside: string | undefined;
  guard: Guard;
  /** Of an `if`: the commands that it asks, and the branch at which the script is. */
  asks?: { commands: ScriptCommand[]; hasOr: boolean; branch: "condition" | "then" | "else" };
  /** Of a `for` whose words are all known. */
  loop?: { name: string; values: string[] };
}

/** What stands in front of a command in a list of `&&` and `||`. */
interface Guard {
  isGuarded: boolean;
  previous?: ScriptCommand;
  isOr?: true;
  isAnd?: true;
  isNot?: true;
}

/** What the next token is part of, besides a command. */
type Place = "command" | "pattern" | "case-word" | "loop-head" | "function-name" | "test";

interface State {
  out: ScriptCommand[];
  frames: Frame[];
  /** How many frames there are of a kind: a word that closes none must not cost a search through all that are open. */
  open: Map<Frame["kind"], number>;
  certainty: Certainty;
  inside: string | undefined;
  guard: Guard;
  place: Place;
  words: ShellWord[];
  /** The name of a function whose body comes next. */
  defines?: string | undefined;
  /** The script has ended, or another program is in its place. */
  isOver: boolean;
  depth: number;
}

/** @param text of the script, or what stands behind `sh -c` */
export function readCommands(text: string): ScriptCommand[] {
  const out: ScriptCommand[] = [];
  walk(text, out, "sure", 0);
  return out;
}

function walk(text: string, out: ScriptCommand[], certainty: Certainty, depth: number): void {
  const next = createTokenizer(text);
  const guard = { isGuarded: false };
  const state: State = {
    out,
    frames: [],
    open: new Map(),
    certainty,
    inside: undefined,
    guard,
    place: "command",
    words: [],
    isOver: false,
    depth,
  };
  for (let token = next(); token.kind !== "end" && out.length < MAX_COMMANDS; token = next()) {
    if (token.kind === "operator") takeOperator(state, token.text);
    else takeWord(state, token);
  }
  endCommand(state);
}

function takeOperator(state: State, operator: string): void {
  const { place, words } = state;
  if (place === "test" || place === "case-word" || place === "function-name") return;
  if (place === "pattern") {
    if (operator === ")") state.place = "command";
    return;
  }
  if (place === "loop-head") {
    if (operator !== "(" && operator !== ")") takeLoopWords(state);
    return;
  }
  if (operator === "(" && words.length === 1 && state.defines === undefined && words[0]?.isQuoted === false) {
    state.defines = words[0].text;
    state.words = [];
    return;
  }
  if (operator === ")" && state.defines !== undefined && words.length === 0) return;
  endCommand(state);
  if (operator === "(") open(state, "subshell");
  else if (operator === ")") close(state, "subshell");
  else if (operator === ";;" || operator === ";&" || operator === ";;&") {
    state.place = "pattern";
    state.guard = { isGuarded: false };
  } else separate(state, operator);
}

function separate(state: State, operator: string): void {
  const { isGuarded, previous } = state.guard;
  const before = previous === undefined ? {} : { previous };
  if (operator === "&&") {
    const isStep = previous !== undefined && STEPS.test(previous.words[0] ?? "");
    state.guard = { isGuarded: isGuarded || !isStep, ...before, isAnd: true };
  } else if (operator === "||") state.guard = { isGuarded: true, ...before, isOr: true };
  else if (operator !== "|" && operator !== "|&") state.guard = { isGuarded: false };
}

function takeWord(state: State, word: ShellWord): void {
  const bare = word.isQuoted ? "" : word.text;
  switch (state.place) {
    case "pattern":
      // In the place of a further pattern.
      if (bare === "esac") {
        state.place = "command";
        close(state, "case");
      }
      return;
    case "case-word":
      if (bare === "in") state.place = "pattern";
      return;
    case "function-name":
      state.defines = word.text;
      state.place = "command";
      return;
    case "test":
      state.words.push(word);
      if (bare === "]]") state.place = "command";
      return;
    case "loop-head":
      if (bare === "do") takeLoopWords(state);
      else state.words.push(word);
      return;
    default:
      if (state.words.length > 0 || !takeReserved(state, bare)) state.words.push(word);
      if (state.words.length === 1 && bare === "[[") state.place = "test";
  }
}

/** Words of the grammar, at the place of a command. */
function takeReserved(state: State, word: string): boolean {
  switch (word) {
    case "if":
      open(state, "if");
      setBranch(state, "condition");
      return true;
    case "while":
    case "until":
      open(state, "loop");
      return true;
    case "for":
    case "select":
      open(state, "loop");
      state.place = "loop-head";
      return true;
    case "case":
      open(state, "case");
      state.place = "case-word";
      return true;
    case "then":
    case "elif":
    case "else":
      setBranch(state, word === "elif" ? "condition" : word);
      state.guard = { isGuarded: false };
      return true;
    case "do":
      state.guard = { isGuarded: false };
      return true;
    case "fi":
      close(state, "if");
      return true;
    case "done":
      close(state, "loop");
      return true;
    case "esac":
      close(state, "case");
      return true;
    case "{":
      open(state, "group");
      return true;
    case "}":
      close(state, "group");
      return true;
    case "function":
      state.place = "function-name";
      return true;
    case "!":
      state.guard = { isGuarded: true, isNot: true };
      return true;
    default:
      return word === "time";
  }
}

function setBranch({ frames }: State, branch: "condition" | "then" | "else"): void {
  const frame = frames.at(-1);
  if (frame?.kind !== "if") return;
  const asks = branch === "condition" ? undefined : frame.asks;
  frame.asks = { commands: asks?.commands ?? [], hasOr: asks?.hasOr ?? false, branch };
}

/** What has been tried before a command is reached. */
function probesOf({ frames, guard }: State): Probe[] {
  const tried = frames.slice(-MAX_PROBES).flatMap(({ asks }): Probe[] => {
    if (asks === undefined || asks.branch === "condition" || asks.hasOr) return [];
    if (asks.branch === "then") return asks.commands.map(({ words, isNot }) => ({ words, hasWorked: isNot !== true }));
    const [only, ...others] = asks.commands;
    return only === undefined || others.length > 0 ? [] : [{ words: only.words, hasWorked: only.isNot === true }];
  });
  const { previous, isAnd, isOr } = guard;
  return previous === undefined || (isAnd !== true && isOr !== true)
    ? tried
    : [...tried, { words: previous.words, hasWorked: (isOr !== true) !== (previous.isNot === true) }];
}

function open(state: State, kind: Frame["kind"]): void {
  const { certainty, inside, guard, defines } = state;
  if (defines !== undefined && (kind === "group" || kind === "subshell")) {
    push(state, { kind: "function", certainty, inside, guard });
    state.inside = defines;
    state.certainty = "sure";
    state.guard = { isGuarded: false };
    state.defines = undefined;
  }
  push(state, { kind, certainty: state.certainty, inside: state.inside, guard: state.guard });
  if (state.guard.isGuarded || kind === "if" || kind === "case" || kind === "loop") state.certainty = "possible";
  state.guard = { isGuarded: false };
}

function push({ frames, open }: State, frame: Frame): void {
  frames.push(frame);
  open.set(frame.kind, (open.get(frame.kind) ?? 0) + 1);
}

function close(state: State, kind: Frame["kind"]): void {
  if ((state.open.get(kind) ?? 0) === 0) return;
  const at = state.frames.findLastIndex((frame) => frame.kind === kind);
  endCommand(state);
  const isBody = state.frames[at - 1]?.kind === "function";
  const start = isBody ? at - 1 : at;
  const frame = state.frames[start] as Frame;
  for (const { kind: ended } of state.frames.splice(start)) state.open.set(ended, (state.open.get(ended) ?? 1) - 1);
  ({ certainty: state.certainty, inside: state.inside } = frame);
  state.guard = { isGuarded: frame.guard.isGuarded };
}

/** The head of a `for` ends here. Where all its words are known its commands are as sure as itself. */
function takeLoopWords(state: State): void {
  const [name = "", keyword, ...values] = state.words.map(({ text }) => text);
  const frame = state.frames.at(-1);
  state.words = [];
  state.place = "command";
  const isKnown =
    values.length > 0 && values.length <= MAX_LOOP_WORDS && !values.some((value) => /[$`*?[{]/.test(value));
  if (frame === undefined || keyword !== "in" || !isKnown || !/^\w+$/.test(name)) return;
  frame.loop = { name, values };
  if (!frame.guard.isGuarded) state.certainty = frame.certainty;
}

function endCommand(state: State): void {
  const { words, guard, inside, depth } = state;
  state.words = [];
  state.place = "command";
  if (words.length === 0 || state.isOver) return;
  const certainty = guard.isGuarded ? "possible" : state.certainty;
  if (depth < MAX_DEPTH)
    for (const text of words.flatMap(({ inner }) => inner)) walk(text, state.out, "possible", depth + 1);
  const probes = probesOf(state).slice(-MAX_PROBES);
  const own = { certainty, ...(inside !== undefined && { inside }), ...(probes.length > 0 && { probes }) };
  const texts = words.slice(0, MAX_WORDS).map(({ text }) => text.slice(0, MAX_WORD));
  const first = texts.findIndex((text) => !/^\w+\+?=/.test(text));
  const isDeclaration = /^(?:export|local|readonly|declare|typeset)$/.test(texts[first] ?? "");
  if (first < 0 || isDeclaration)
    for (const text of texts) if (/^\w+=/.test(text)) state.out.push({ words: [], assigns: text, ...own });
  if (first < 0) return;
  const command: ScriptCommand = { words: texts.slice(first), ...own, ...(guard.isNot && { isNot: true }) };
  const asks = state.frames.at(-1)?.asks;
  if (asks?.branch === "condition") {
    asks.commands.push(command);
    asks.hasOr ||= guard.isOr === true;
  }
  if (guard.isOr === true) settle(guard.previous, command);
  state.guard = { isGuarded: guard.isGuarded, previous: command };
  state.out.push(...expandLoops(command, state.frames));
  state.isOver = depth === 0 && isLast(command);
}

/** What follows is never run. */
function isLast({ words: [name, ...others], certainty, inside }: ScriptCommand): boolean {
  return certainty === "sure" && inside === undefined && (name === "exit" || (name === "exec" && others.length > 0));
}

/** Now that it is known what stands behind `||`. */
function settle(before: ScriptCommand | undefined, behind: ScriptCommand): void {
  if (before === undefined) return;
  const isCheck = before.words.includes("-C") || before.words.includes("--check");
  // A rule that is looked for and added where it is missing: either way the command is run.
  if (isCheck && before.words[0] === behind.words[0]) behind.certainty = before.certainty;
  else if (before.certainty === "sure" && !ENDS.test(behind.words[0] ?? "")) before.certainty = "tolerated";
}

/** One command for each word of the loops around it. */
function expandLoops(command: ScriptCommand, frames: readonly Frame[]): ScriptCommand[] {
  let commands = [command];
  const loops = frames.flatMap(({ loop }) => (loop === undefined ? [] : [loop])).slice(-MAX_LOOPS);
  for (const loop of loops) {
    if (commands.length * loop.values.length > MAX_LOOP_WORDS) continue;
    const pattern = new RegExp(`\\$(?:${loop.name}(?!\\w)|\\{${loop.name}\\})`, "g");
    if (!command.words.some((word) => word.search(pattern) >= 0)) continue;
    commands = loop.values.flatMap((value) =>
      commands.map((one) => ({ ...one, words: one.words.map((word) => word.replace(pattern, () => value)) })),
    );
  }
  return commands;
}
