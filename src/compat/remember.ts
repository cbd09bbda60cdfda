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

interface Drawer<Result> {
  further: WeakMap<object, Drawer<Result>>;
  known: Map<string, Result>;
}

/**
 * Remembers what a pure function gave for the same objects (by identity) and the same key, in two steps: the first objects
 * are mostly the same for many questions. What is remembered goes when one of the objects does. Results are shared: whoever
 * gets one must not change it.
 * @param limit entries kept for one row of objects; then these are forgotten
 */
export function rememberFor<Result>(limit = 1_000) {
  const root: Drawer<Result> = { further: new WeakMap(), known: new Map() };
  return (...objects: object[]) => {
    const common = objects.reduce(open<Result>, root);
    return (object: object, key: string, compute: () => Result): Result => {
      const { known } = open(common, object);
      const found = known.get(key);
      if (found !== undefined) return found;
      const result = compute();
      if (known.size >= limit) known.clear();
      known.set(key, result);
      return result;
    };
  };
}

function open<Result>({ further }: Drawer<Result>, object: object): Drawer<Result> {
  const there = further.get(object);
  if (there !== undefined) return there;
  const made: Drawer<Result> = { further: new WeakMap(), known: new Map() };
  further.set(object, made);
  return made;
}
