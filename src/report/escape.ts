/**
 * Text that comes from an image, a registry or a pull request, made safe for the place where it is shown. Everything that
 * this folder prints and did not write itself passes through here. Backticks in pairs mark code, whoever wrote them; what is
 * inside and outside is escaped alike, so it does not matter how hostile text pairs them.
 */

/** No single text may grow beyond this many characters in a report. */
export const TEXT_LIMIT = 600;

/** Keeps a trigger (`@`, `#`, `://`) from meeting what would make it a mention or a link; invisible, and no line break. */
const JOINER = "\u2060";

/** Lets a long word be broken; invisible. */
const SOFT_BREAK = "\u200b";

/** Characters that steer a terminal, reorder or hide text, or have no agreed shape. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/**
 * One line of visible text: white space collapsed, control, bidirectional and other invisible characters written as their
 * code point (`<U+202E>`), piles of combining marks thinned, cut to `limit` characters.
 */
export function cleanText(text: string, limit = TEXT_LIMIT): string {
  const visible = text
    .slice(0, limit * 4)
    .replace(/[\s\u0085]+/gu, " ")
    .replace(/(\p{M}{3})\p{M}+/gu, "$1")
    .replace(UNSAFE, (character) => `<U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}>`)
    .trim();
  const characters = [...visible];
  return characters.length <= limit ? visible : `${characters.slice(0, limit - 1).join("")}…`;
}

/** Mentions, issue references, bare addresses and mathematics would all come alive in a comment. Break them invisibly. */
function breakTriggers(text: string): string {
  return text
    .replace(/@(?=[\p{L}\p{N}_-])/gu, `@${JOINER}`)
    .replace(/#(?=\d|\[)/g, `#${JOINER}`)
    .replace(/GH-(?=\d)/gi, (match) => `${match}${JOINER}`)
    .replace(/:\/\//g, `:${JOINER}//`)
    .replace(/(mailto|xmpp):/gi, `$1${JOINER}:`)
    .replace(/www\./gi, (match) => `${match.slice(0, 3)}${JOINER}.`);
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

interface Part {
  code: boolean;
  text: string;
}

/** Splits at paired backticks; a last one without partner is ordinary text. */
function splitCode(text: string): Part[] {
  const pieces = text.split("`");
  if (pieces.length % 2 === 0) {
    const last = pieces.pop() ?? "";
    pieces[pieces.length - 1] += `\`${last}`;
  }
  return pieces.map((piece, i) => ({ code: i % 2 === 1, text: piece })).filter((part) => part.text !== "");
}

/** Text for a place where Markdown is parsed: paragraph, list item, table cell. Paired backticks become code. */
export function markdownText(text: string, limit?: number): string {
  return escapeClean(cleanText(text, limit));
}

/** The same for a table cell, which grows with its longest word until the table has to be scrolled: words longer than
 * `width` characters may be broken, invisibly. */
export function markdownCell(text: string, limit?: number, width = 14): string {
  return escapeClean(
    cleanText(text, limit).replace(new RegExp(`[^\\s-]{${width}}(?=[^\\s-])`, "gu"), `$&${SOFT_BREAK}`),
  );
}

function escapeClean(clean: string): string {
  const escaped = splitCode(clean).map((part) => (part.code ? codeSpan(part.text) : markdownPlain(part.text)));
  // At the start of a line some characters would open a list or a heading.
  return escaped
    .join("")
    .replace(/^(\s*)(?:([-+=#])|(\d{1,9})([.)])(?=\s|$))/, (_, space, sign, digits, point) =>
      sign === undefined ? `${space}${digits}\\${point}` : `${space}\\${sign}`,
    );
}

function markdownPlain(text: string): string {
  return (
    breakTriggers(text)
      .replace(/[\\`*[\]|~]/g, "\\$&")
      // Between letters an underscore means nothing, and `ip_tables` stays readable in the source.
      .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      // The form that GitHub documents for a dollar sign that opens no formula.
      .replace(/\$/g, "<span>$</span>")
  );
}

/** A code span in Markdown, also inside a table. */
export function markdownCode(text: string, limit?: number): string {
  return codeSpan(cleanText(text, limit));
}

function codeSpan(clean: string): string {
  if (clean.trim() === "") return "";
  // Backticks and pipes can't be escaped the same way inside and outside of tables: such a span is written as HTML, with
  // every character that Markdown could see as a number. What is in it is ordinary text to Markdown, addresses too.
  if (/[`|\\]|##\[|<!--|-->/.test(clean))
    return `<code>${breakTriggers(clean).replace(/[^\p{L}\p{N} ]/gu, (c) => `&#${c.codePointAt(0)};`)}</code>`;
  return `\`${clean}\``;
}

/** Text inside an HTML block such as `<summary>`, where Markdown is not parsed. Paired backticks become `<code>`. */
export function htmlText(text: string, limit?: number): string {
  return splitCode(cleanText(text, limit))
    .map((part) =>
      part.code
        ? `<code>${escapeHtml(part.text)}</code>`
        : escapeHtml(breakTriggers(part.text)).replace(/\$/g, "<span>$</span>"),
    )
    .join("");
}

/** Sites that the knowledge base quotes. Any other address is shown as code: an image could have written it. */
const TRUSTED_SITES =
  /^https:\/\/(?:github\.com|(?:git|www|bugzilla)\.netfilter\.org|(?:docs|lore|git)\.kernel\.org|kubernetes\.io|(?:bugs|git|code)\.launchpad\.net|launchpad\.net|(?:bugs|packages|sources|salsa|tracker)\.debian\.org|(?:pkgs|git|gitlab)\.alpinelinux\.org|(?:access|bugzilla|docs|issues)\.redhat\.com|docs\.aws\.amazon\.com|cloud\.google\.com|docs\.github\.com)\/[\w\-./#?=&%+~:@]*$/;

/** Where a fact was read: a link when it is an address on a site that the knowledge base quotes, code when it is a path or
 * any other single word, else text. */
export function markdownSource(source: string): string {
  const clean = cleanText(source);
  if (TRUSTED_SITES.test(clean)) return sourceLink(clean);
  return /^\S+$/.test(clean) && !clean.includes("`") ? markdownCode(clean) : markdownText(clean);
}

/** A plain link to a GitHub issue would leave a "mentioned this" entry in that issue for every pull request that is
 * commented on; redirect.github.com leads to the same page without it. */
function sourceLink(address: string): string {
  const target = address.replace(/^https:\/\/github\.com\//, "https://redirect.github.com/");
  return `[${markdownPlain(address.replace(/^https:\/\//, ""))}](${target})`;
}

/** True for a path that stays in the repository, whatever is put before it. */
export function isInside(path: string): boolean {
  return !/^[/\\]|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(path);
}

/** Text for a terminal or a log: clean, and no line can be read as a command by the Actions runner. */
export function plainText(text: string, limit?: number): string {
  return breakCommands(cleanText(text, limit));
}

/** Breaks what the Actions runner takes as a command at the start of a line (`::`) or anywhere (`##[`). */
export function breakCommands(text: string): string {
  return text.replace(/^([^\S\n]*):(?=:)/gm, `$1:${JOINER}`).replace(/##(?=\[)/g, `##${JOINER}`);
}

/** JSON whose strings hold no character that steers a terminal and nothing that the Actions runner takes as a command;
 * parses to the same value. */
export function escapeJson(json: string): string {
  const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json
    .replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) => character.split("").map(escapeUnit).join(""))
    .replace(/##\[/g, `##${escapeUnit("[")}`);
}
