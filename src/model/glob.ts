/**
 * `*` stands for any text, `?` for one character, everything else for itself. No backtracking beyond one part between two
 * stars: patterns may come from a stranger's pull request.
 */
export function globMatches(pattern: string, text: string): boolean {
  const [head = "", ...parts] = pattern.split("*");
  const tail = parts.pop();
  if (tail === undefined) return pattern.length === text.length && partFits(pattern, text, 0);
  const end = text.length - tail.length;
  if (end < head.length || !partFits(head, text, 0) || !partFits(tail, text, end)) return false;
  let position = head.length;
  for (const part of parts) {
    const found = findPart(part, text, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= end;
}

/** True when the part, which has no star, is what the text holds at this position. */
function partFits(part: string, text: string, position: number): boolean {
  if (!part.includes("?")) return text.startsWith(part, position);
  if (position + part.length > text.length) return false;
  for (let i = 0; i < part.length; i++) if (part[i] !== "?" && part[i] !== text[position + i]) return false;
  return true;
}

/** Where the part is first found; -1 when it is not. */
function findPart(part: string, text: string, from: number): number {
  if (!part.includes("?")) return text.indexOf(part, from);
  for (let position = from; position + part.length <= text.length; position++)
    if (partFits(part, text, position)) return position;
  return -1;
}

/** Transports before the name or path of an image. */
const TRANSPORT = /^(?:docker-archive:|oci-archive:|oci:|docker-daemon:|docker:\/\/)/;

/**
 * The pattern for one image by what stays of its reference from run to run: its file or its name, without tag and digest.
 * `*` where that is no plain name: the pattern is shown to be copied.
 */
export function globOfImage(reference: string): string {
  const last = reference.replace(TRANSPORT, "").split(/[/#]/).at(-1) ?? "";
  const [, name, separator] = /^([\w.+~-]{1,100})(?:([:@]).*)?$/s.exec(last) ?? [];
  if (name === undefined) return "*";
  return separator === undefined ? `*${name}` : `*${name}${separator}*`;
}
