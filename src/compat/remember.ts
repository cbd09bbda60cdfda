/**
 * Remembers what a pure function gave for arguments with the same key. Matrices ask the same of few versions many times.
 * @param limit entries kept; a full memory is emptied, so that no input can grow it
 */
export function remember<Arguments extends unknown[], Result>(
  keyOf: (...args: Arguments) => string,
  compute: (...args: Arguments) => Result,
  limit = 20_000,
): (...args: Arguments) => Result {
  const known = new Map<string, Result>();
  return (...args) => {
    const key = keyOf(...args);
    const found = known.get(key);
    if (found !== undefined) return found;
    const result = compute(...args);
    if (known.size >= limit) known.clear();
    known.set(key, result);
    return result;
  };
}
