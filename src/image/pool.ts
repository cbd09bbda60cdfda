/**
 * Runs a task for each item, some at a time, and gives the results in the items' order. When one fails, no further ones
 * are started, the others are told by the signal, and the first failure is thrown after they have ended: nothing goes on
 * behind the caller's back.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrency: number,
  task: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const controller = new AbortController();
  let failure: { error: unknown } | undefined;
  let next = 0;
  async function work(): Promise<void> {
    while (next < items.length && failure === undefined) {
      const index = next++;
      try {
        results[index] = await task(items[index] as T, controller.signal);
      } catch (error) {
        failure ??= { error };
        controller.abort();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  if (failure !== undefined) throw (failure as { error: unknown }).error;
  return results;
}
