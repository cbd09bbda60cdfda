/** @param env of the image config, `NAME=value`. @returns the value that counts, the last; undefined where there is none */
export function variableOf(env: readonly string[], name: string): string | undefined {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Those of the names that are set, with their values. */
export function pickVariables(env: readonly string[], names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const entry of env) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, at);
    if (at > 0 && names.includes(name)) picked[name] = entry.slice(at + 1);
  }
  return picked;
}
