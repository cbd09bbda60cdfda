import { UserError } from "../../model/error.ts";

/**
 * The records of a PAX extended header, values as latin1 bytes. tar-stream's own decoder turns values into UTF-8, which
 * destroys file capabilities, and silently stops at a malformed record.
 *
 * The offsets and lengths of sparse format 0.0, which repeat their keys, come out as one `GNU.sparse.map`, as format 0.1
 * writes it.
 * @param offset where the header's entry stands, for errors
 */
export function decodePax(data: Buffer, offset: number): Map<string, string> {
  const records = new Map<string, string>();
  const map: string[] = [];
  let at = 0;
  while (at < data.length) {
    // Padding after the last record: GNU tar and Go stop there as well.
    if (data[at] === 0) break;
    const space = data.indexOf(0x20, at);
    const digits = space < 0 ? "" : data.toString("latin1", at, space);
    const end = at + Number(digits);
    const equals = data.indexOf(0x3d, space);
    if (!/^\d{1,8}$/.test(digits) || end > data.length || equals < 0 || equals >= end || data[end - 1] !== 0x0a)
      throw new UserError(`malformed extended tar header at byte ${offset}`);
    const key = data.toString("latin1", space + 1, equals);
    const value = data.toString("latin1", equals + 1, end - 1);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") map.push(value);
    else records.set(key, value);
    at = end;
  }
  if (map.length > 0) records.set("GNU.sparse.map", map.join(","));
  return records;
}

/** A name as text: UTF-8 when its bytes are that, otherwise each byte as the character of that number. */
export function decodeName(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  try {
    return strictUtf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
