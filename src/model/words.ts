/** Names in a sentence: `a`, `a and b`, `a, b and c`. */
export function listInWords(names: readonly string[], conjunction: "and" | "or" = "and"): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${conjunction} ${names.at(-1)}`;
}

/** The first of too many names: `a, b and 7 more`. */
export function listFirst(names: readonly string[], shown: number): string {
  return `${names.slice(0, shown).join(", ")} and ${names.length - shown} more`;
}
