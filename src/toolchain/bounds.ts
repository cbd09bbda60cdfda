/**
 * Runs a reading of bytes whose offsets come from those bytes. Buffer's own reads refuse offsets outside; that ends the
 * reading, and nothing else is swallowed.
 * @returns undefined when it read outside
 */
export function withinBounds<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
