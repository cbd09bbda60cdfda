/** What a line of a shell makes of PATH, and what it starts. Read by its text alone; nothing is run. */

export interface PathSetting {
  /** As written, without quotes: `/opt/bin:$PATH`. */
  value: string;
  /** It is taken to happen: no part of a condition or function. */
  isSure: boolean;
  /** No shell reads the value: a `$` in it is one. */
  isLiteral?: true;
  /** It is made by something else than a value, which then says by what: there is none any more, or a login shell sets it. */
  opaque?: "cleared" | "login";
}

export interface ShellCommand {
  /** What it makes of PATH for all that follows, or for what it runs in the shell's place. */
  path?: PathSetting;
  /** Words of the command that takes the shell's place. */
  runs: string[];
  /** It is taken to be run. */
  isSure: boolean;
}

const MAX_VALUE = 1000;
const MAX_TOKENS = 64;
/** A group, a branch or a pattern of `case` begins. */
const OPENING = /^(?:\s*(?:[({!]|then\s|else\s|do\s|[^\s()'"=]*\)))*/;

/**
 * The simple commands of a line, in order.
 * @param isProgram the text of `sh -c`: its last command is what the image starts, also without `exec`
 */
export function readShellLine(line: string, isProgram: boolean): ShellCommand[] {
  const parts = splitCommands(line);
  // Whatever stands in a condition, a loop or a group isn't known to be run; in a script it is mostly indented.
  const isPlain = !/(?:^|[\s;&|])(?:if|case|for|while|until)\s|\|\|/.test(line) && (isProgram || !/^\s/.test(line));
  return parts.map(({ text, isGuarded }, index) => {
    const opening = OPENING.exec(text)?.[0] ?? "";
    const { value, runs } = readSimple(tokensOf(text.slice(opening.length)), isProgram && index === parts.length - 1);
    // Where the program isn't reached nothing is started at all.
    const isReached = !isGuarded || (isProgram && runs.length > 0);
    const isSure = isPlain && opening.trim() === "" && isReached;
    return { ...(value !== undefined && { path: { value, isSure } }), runs, isSure };
  });
}

interface Part {
  text: string;
  /** It is run only if what stands in front of it succeeds. */
  isGuarded: boolean;
}

/** Cuts at `;`, `&`, `|` and line ends outside of quotes; a comment ends it. */
function splitCommands(line: string): Part[] {
  const parts: Part[] = [];
  let begin = 0;
  let isGuarded = false;
  for (const { index, 0: found } of line.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|(?<=^|\s)#[^\n]*|&&|\|\||[;&|\n]/gs)) {
    if (/^["'\\]/.test(found)) continue;
    const end = index;
    parts.push({ text: line.slice(begin, end), isGuarded });
    begin = end + found.length;
    isGuarded = found === "&&" || found === "||";
  }
  return [...parts, { text: line.slice(begin), isGuarded }].filter(isCommand);
}

function isCommand({ text }: Part): boolean {
  return /\S/.test(text);
}

/** Words, still quoted. */
function tokensOf(text: string): string[] {
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/gs) ?? []).slice(0, MAX_TOKENS);
}

function readSimple(tokens: readonly string[], isLast: boolean): { value?: string; runs: string[] } {
  const isExport = tokens[0] === "export";
  let at = isExport ? 1 : 0;
  let value: string | undefined;
  for (; /^\w+=/.test(tokens[at] ?? ""); at++) value = pathValueOf(tokens[at] ?? "") ?? value;
  const isExec = tokens[at] === "exec";
  if (isExec) while (/^-/.test(tokens[++at] ?? "")) if (tokens[at] === "-a") at++;
  const word = tokens[at];
  const own = value === undefined || value.length > MAX_VALUE ? {} : { value: unquote(value) };
  if (word === undefined || isExport || word === "export") return { ...own, runs: [] };
  // In front of another command the assignment is that command's alone.
  return isExec || isLast ? { ...own, runs: tokens.slice(at).map(unquote) } : { runs: [] };
}

/** The value that a word gives to PATH. */
export function pathValueOf(word: string): string | undefined {
  return word.startsWith("PATH=") ? word.slice("PATH=".length) : undefined;
}

function unquote(text: string): string {
  return text.replace(/["']/g, "");
}
