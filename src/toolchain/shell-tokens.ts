/** The words and operators of a script, after the token rules of sh (POSIX.1-2024, Shell Command Language, 2.3). */

export type ShellToken = ShellWord | { kind: "operator"; text: string } | { kind: "end" };

export interface ShellWord {
  kind: "word";
  /** Without quotes; `$NAME` as it stands, `$()` in place of a command. */
  text: string;
  /** Quotes are part of it, which keep it from being a word of the grammar. */
  isQuoted: boolean;
  /** Texts of the commands whose output is part of it. */
  inner: string[];
}

const OPERATOR = /;;&|;;|;&|&&|\|\||\|&|[;&|()\n]/y;
const REDIRECTION = /(?:\d+|\{\w+\})?(?:<<<|<<-?|&>>?|[<>]&|<>|>>|>\||[<>])(?!\()/y;
const BLANK = /(?:[ \t\r]|\\\r?\n)+/y;
const PLAIN = /[^\s"'\\`$;&|()<>=#]+/y;

/** Takes one token after the other; redirections, their words, comments and here-documents are left out. */
export function createTokenizer(text: string): () => ShellToken {
  let at = 0;
  /** What ends the here-documents that begin with the next line. */
  let documents: { end: string; isTabbed: boolean }[] = [];
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const skipDocuments = () => {
    for (const { end, isTabbed } of documents) at = endOfDocument(text, at, end, isTabbed);
    documents = [];
  };
  const readWord = (): ShellWord => {
    const read = readWordAt(text, at);
    at = read.next;
    return read.word;
  };
  return () => {
    for (;;) {
      match(BLANK);
      if (at >= text.length) return { kind: "end" };
      if (text[at] === "#") {
        const end = text.indexOf("\n", at);
        at = end < 0 ? text.length : end;
        continue;
      }
      const redirection = match(REDIRECTION);
      if (redirection !== undefined) {
        match(BLANK);
        const { text: word } = readWord();
        if (/<<-?$/.test(redirection)) documents.push({ end: word, isTabbed: redirection.endsWith("-") });
        continue;
      }
      const operator = match(OPERATOR);
      if (operator === undefined) return readWord();
      if (operator === "\n") skipDocuments();
      return { kind: "operator", text: operator };
    }
  };
}

function endOfDocument(text: string, start: number, end: string, isTabbed: boolean): number {
  for (let at = start; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const line = text.slice(at, newline < 0 ? undefined : newline).replace(/\r$/, "");
    at = newline < 0 ? text.length : newline + 1;
    if ((isTabbed ? line.replace(/^\t+/, "") : line) === end) return at;
  }
  return text.length;
}

/** At least one character is taken. */
function readWordAt(text: string, start: number): { word: ShellWord; next: number } {
  const word: ShellWord = { kind: "word", text: "", isQuoted: false, inner: [] };
  let at = start;
  const take = (next: number, shown: string) => {
    word.text += shown;
    at = next;
  };
  while (at < text.length) {
    PLAIN.lastIndex = at;
    const plain = PLAIN.exec(text)?.[0];
    if (plain !== undefined) {
      take(at + plain.length, plain);
      continue;
    }
    const char = text[at] as string;
    if (char === "'") {
      const end = closing(text, "'", at + 1);
      word.isQuoted = true;
      take(end + 1, text.slice(at + 1, end));
    } else if (char === '"') {
      word.isQuoted = true;
      at = readQuoted(text, at + 1, word);
    } else if (char === "\\") take(at + 2, text[at + 1] === "\n" ? "" : (text[at + 1] ?? ""));
    else if (char === "$" || char === "`") at = readExpansion(text, at, word);
    else if ((char === "<" || char === ">") && text[at + 1] === "(") at = takeInner(text, at + 1, word);
    // The list of an array.
    else if (char === "=" && text[at + 1] === "(") take(balanced(text, at + 1), "=()");
    else if (char === "=" || char === "#" || at === start) take(at + 1, char);
    else break;
  }
  return { word, next: at };
}

function readQuoted(text: string, start: number, word: ShellWord): number {
  let at = start;
  while (at < text.length && text[at] !== '"') {
    const char = text[at] as string;
    if (char === "$" || char === "`") at = readExpansion(text, at, word);
    else if (char === "\\") {
      word.text += text[at + 1] === "\n" ? "" : (text[at + 1] ?? "");
      at += 2;
    } else {
      const rest = /[^"$`\\]+/y;
      rest.lastIndex = at;
      const plain = rest.exec(text)?.[0] ?? char;
      word.text += plain;
      at += plain.length;
    }
  }
  return at + 1;
}

function readExpansion(text: string, at: number, word: ShellWord): number {
  if (text[at] === "`") {
    const end = closing(text, "`", at + 1);
    addInner(word, text.slice(at + 1, end));
    return end + 1;
  }
  if (text.startsWith("$((", at)) {
    word.text += "$(())";
    return balanced(text, at + 1);
  }
  if (text[at + 1] === "(") return takeInner(text, at + 1, word);
  if (text[at + 1] === "{") {
    const end = closing(text, "}", at + 2);
    word.text += text.slice(at, end + 1);
    return end + 1;
  }
  word.text += "$";
  return at + 1;
}

function takeInner(text: string, open: number, word: ShellWord): number {
  const end = balanced(text, open);
  addInner(word, text.slice(open + 1, end - 1));
  return end;
}

/** The output of a command, of which nothing is known but where it is the name of another. */
function addInner(word: ShellWord, text: string): void {
  const named = /^\s*(?:which|command -v|type -p)\s+["']?([\w./-]+)["']?\s*(?:2>\s*\S+\s*)?$/.exec(text)?.[1];
  if (named === undefined) word.inner.push(text);
  word.text += named ?? "$()";
}

/** Position of the character, or the end of the text. */
function closing(text: string, char: string, from: number): number {
  const end = text.indexOf(char, from);
  return end < 0 ? text.length : end;
}

/** Position behind the parenthesis that closes the one at `open`; quotes hide others. */
function balanced(text: string, open: number): number {
  const pattern = /"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[()]/gs;
  pattern.lastIndex = open;
  let depth = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    if (found[0] === "(") depth++;
    else if (found[0] === ")" && --depth === 0) return pattern.lastIndex;
  }
  return text.length;
}
