import knowledge from "../knowledge/starters.json" with { type: "json" };

const words = new Map(knowledge.starters.map(({ name, words: own }) => [name, own]));
const shells: readonly string[] = knowledge.shells;

/**
 * How many words of its own a program has that starts another one, options left out.
 * @param name base name
 * @returns undefined for a program that starts none, for shells and for env, whose words are read in other ways
 */
export function ownWords(name: string): number | undefined {
  return words.get(name);
}

export function isShell(name: string): boolean {
  return shells.includes(name);
}

/** True for what starts other programs in any way: never what an image is about. */
export function isStarter(name: string): boolean {
  return words.has(name) || isShell(name) || name === "env";
}
