import type { ContentSink } from "../model/image.ts";

/** Bytes that an object or a string costs beside what it holds; V8 on 64 bits, roughly. */
const OVERHEAD = 32;

/**
 * Estimates the memory that kept content takes.
 * @param content plain data, as probes keep it
 * @param written bytes that its sink was shown: text cut out of them keeps all of them
 */
export function weigh(content: unknown, { cutsText }: ContentSink, written: number): number {
  let total = cutsText === true ? written : 0;
  const pending: unknown[] = [content];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string") total += OVERHEAD + (cutsText === true ? 0 : value.length);
    else if (typeof value !== "object" || value === null) total += 8;
    else {
      total += OVERHEAD;
      if (ArrayBuffer.isView(value)) total += value.byteLength;
      else if (value instanceof Map) for (const entry of value) pending.push(...entry);
      else if (value instanceof Set || Array.isArray(value)) for (const item of value) pending.push(item);
      else for (const item of Object.values(value)) pending.push(item);
    }
  }
  return total;
}

/** The same for the extended attributes of one file. */
export function weighXattrs(xattrs: Readonly<Record<string, string>>): number {
  let total = 0;
  for (const key in xattrs) total += OVERHEAD + key.length + (xattrs[key]?.length ?? 0);
  return total;
}
