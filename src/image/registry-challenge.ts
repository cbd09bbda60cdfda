/** One way to authenticate that a server offers. */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  scheme: string;
  /** By lower-case name. */
  parameters: ReadonlyMap<string, string>;
}

/**
 * Parses `WWW-Authenticate` (RFC 9110, section 11.6.1): several challenges may stand in one header. What does not fit ends it;
 * what was understood before counts.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const word = /[\s,]*([\w!#$%&'*+.^`|~-]+)/y;
  const value = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  for (;;) {
    const name = word.exec(header)?.[1]?.toLowerCase();
    if (name === undefined) return challenges;
    value.lastIndex = word.lastIndex;
    const found = value.exec(header);
    if (found === null) {
      challenges.push({ scheme: name, parameters: new Map() });
      continue;
    }
    word.lastIndex = value.lastIndex;
    challenges.at(-1)?.parameters.set(name, found[1]?.replace(/\\(.)/g, "$1") ?? found[2] ?? "");
  }
}
