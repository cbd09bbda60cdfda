import { expect, test } from "vitest";
import { readBackendUses } from "../../src/toolchain/backend-uses.ts";
import { followCalls } from "../../src/toolchain/shell-calls.ts";
import { readCommands } from "../../src/toolchain/shell-script.ts";

/** `sure a b`, one line a command. */
function lines(text: string): string[] {
  return followCalls(readCommands(text)).map(({ certainty, words }) => `${certainty} ${words.join(" ")}`);
}

const braced = (inside: string) => ["$", "{", inside, "}"].join("");

test.each<[string, string, string[]]>([
  ["words, quotes, continued lines", 'a \'b  c\' "d\\"e" \\\n  f\\ g # h', ['sure a b  c d"e f g']],
  ["redirections are no words", "a <b >c 2>&1 &>d e 3<>f <<<g >|h", ["sure a e"]],
  ["separators", "a; b & c | d\ne", ["sure a", "sure b", "sure c", "sure d", "sure e"]],
  ["here-documents", "a <<X b\nc\nX\nd <<-'Y' <<Z\n\te\n\tY\nf\nZ\ng", ["sure a b", "sure d", "sure g"]],
  ["an open here-document ends the text", "a <<X\nb\n", ["sure a"]],
  [
    "conditions",
    "if a; then b; elif c; then d; else e; fi; f",
    ["possible a", "possible b", "possible c", "possible d", "possible e", "sure f"],
  ],
  [
    "loops",
    "while a; do b; done; until c; do d; done; for i in $x; do e; done; f",
    ["possible a", "possible b", "possible c", "possible d", "possible e", "sure f"],
  ],
  ["a loop of which all words are known", "for i in a b; do x $i; done", ["sure x a", "sure x b"]],
  [
    "loops in loops",
    `for i in a b\ndo for j in c d; do x $i${braced("j")}; done; done`,
    ["sure x ac", "sure x bc", "sure x ad", "sure x bd"],
  ],
  ["branches", "case $a in b|c) d;; (e) f ;& *) g; esac; h", ["possible d", "possible f", "possible g", "sure h"]],
  ["an empty branch", "case $a in b) ;; esac; c", ["sure c"]],
  ["lists", "a && b || c; d", ["sure a", "possible b", "possible c", "sure d"]],
  ["steps", "cp a b && ln b c && d", ["sure cp a b", "sure ln b c", "sure d"]],
  [
    "what may fail",
    "a || b; c || exit 1; d || { e; }",
    ["tolerated a", "possible b", "sure c", "possible exit 1", "sure d", "possible e"],
  ],
  ["negations and groups", "! a; { b; }; (c; d); e", ["possible a", "sure b", "sure c", "sure d", "sure e"]],
  [
    "functions where they are called",
    'f() { a $1; }; function g { b "$@"; }; g x y; f z; h() { c; }',
    ["sure b x y", "sure a z"],
  ],
  ["functions in conditions", "f() { a; }\nif x; then f; fi", ["possible x", "possible a"]],
  ["a function that calls itself ends", "f() { a; f; }; f", ["sure a", "sure a", "sure a", "sure a", "sure f"]],
  ["variables", `a=b; c=$a-d; x $c ${braced("a")}; unset a`, ["sure x b-d b"]],
  [
    "variables of which several are possible",
    "a=b; if c; then a=d; fi; x $a",
    ["possible c", "possible x b", "possible x d"],
  ],
  ["variables that are set elsewhere", `x ${braced("a:-b")} $c`, ["possible x b $c"]],
  ["assignments in front of a command are its own", "a=b x $a", ["sure x $a"]],
  [
    "commands in words",
    "a $(b; c) `d` <(e)",
    ["possible b", "possible c", "possible d", "possible e", "sure a $() $() $()"],
  ],
  ["the names of commands", "a $(command -v b) `which c`", ["sure a b c"]],
  [
    "arithmetic, arrays and tests are no commands",
    "a=$((1 + (2))); b=(c d); [[ $a == b && c || d ]] && e",
    ["possible e"],
  ],
  ["what stands behind the end", "a; exec b c; d", ["sure a", "sure exec b c"]],
  ["an end that is not sure", "a || exit; b", ["sure a", "sure b"]],
  ["exec that only redirects", "exec >a 2>&1; b", ["sure exec", "sure b"]],
])("%s", (_, text, told) => {
  // Those that run nothing else are left out.
  const idle = / (?:exit|unset|\[\[)/;
  expect(lines(text).filter((line) => !idle.test(line))).toEqual(told.filter((line) => !idle.test(line)));
});

test.each([
  "$(",
  '"$(',
  "`",
  "(",
  "a=(",
  braced("").slice(0, 2),
  "'\"",
  "<<A ",
  "<<A\nA\n",
  "case a in b) ",
  "if a; then ",
  "for a in b c d e; do ",
  "a=$a$a\n",
  "a || ",
  "! ",
  "\\",
  ">",
  "1>&",
  "\n",
  "sudo -u ",
  "eval ",
  "sh -c 'sh -c x';",
  "iptables-legacy -A $a\n",
  "iptables-legacy -A X;",
])("any number of %j is read, and little of it kept", (piece) => {
  const text = `tables=x\n${piece.repeat(65_536 / piece.length)}`;
  const uses = readBackendUses(text);
  expect(uses.length).toBeLessThanOrEqual(48);
  expect(JSON.stringify(uses).length).toBeLessThan(64 * 1024);
});

test("functions that call each other many times end", () => {
  const function_ = (_: unknown, i: number) => `f${i}() { ${`f${i + 1} "$@" "$@";`.repeat(100)} }\n`;
  const text = `${Array.from({ length: 40 }, function_).join("")}f0 iptables-legacy`;
  expect(followCalls(readCommands(text)).length).toBeLessThanOrEqual(4000);
});

test("many rules written with one backend do not hide the one that is written with the other", () => {
  const many = "iptables-nft -A INPUT -s 10.0.0.1 -j ACCEPT\n".repeat(500);
  const uses = readBackendUses(`#!/bin/sh\n${many}iptables-legacy -A INPUT -j DROP\n`);
  expect(uses.map((use) => use.kind === "run" && use.command)).toEqual(["iptables-nft", "iptables-legacy"]);
});
