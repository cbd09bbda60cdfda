/**
 * Writes tar archives byte by byte: every form that readers meet, also wrong ones, which tar programs do not write. It
 * shares no code with the reader.
 */
export interface TarEntry {
  name: string | Buffer;
  /** The type flag's character; `0` when absent. */
  flag?: string;
  content?: Buffer | string;
  linkname?: string | Buffer;
  mode?: number;
  uid?: number;
  gid?: number;
  /** The size field, when it is not that of the content. */
  size?: number;
  /** ustar (default), gnu or v7: the magic. */
  format?: "ustar" | "gnu" | "v7";
  prefix?: string;
  /** Records of an extended header in front. */
  pax?: Record<string, string | Buffer>;
  /** Writes over the finished header before its checksum is computed. */
  edit?: (header: Buffer) => void;
  /** Writes over the finished header, checksum included. */
  damage?: (header: Buffer) => void;
}

const BLOCK = 512;

/** An archive of the entries, two blocks of zeros at its end. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(encodeEntry), Buffer.alloc(2 * BLOCK)]);
}

/** One entry: extended header if it has one, header, padded content. */
export function encodeEntry(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? "");
  const pieces = [encodeHeader(entry, entry.size ?? content.length), content, padding(content.length)];
  if (entry.pax === undefined) return pieces;
  const records = encodePax(entry.pax);
  return [...encodeEntry({ name: "PaxHeaders/0", flag: "x", content: records }), ...pieces];
}

/** The records of an extended header. */
export function encodePax(records: Record<string, string | Buffer>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
    let length = rest.length + 1;
    while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
    return Buffer.concat([Buffer.from(`${length}`), rest]);
  });
  return Buffer.concat(lines);
}

/** A GNU long name (`L`) or long link target (`K`) for the entry that follows. */
export function gnuLong(flag: "L" | "K", text: string): TarEntry {
  return { name: "././@LongLink", flag, content: `${text}\0`, format: "gnu" };
}

function encodeHeader(entry: TarEntry, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  put(header, entry.name, 0, 100);
  octal(header, entry.mode ?? (entry.flag === "5" ? 0o755 : 0o644), 100, 8);
  octal(header, entry.uid ?? 0, 108, 8);
  octal(header, entry.gid ?? 0, 116, 8);
  octal(header, size, 124, 12);
  octal(header, 0, 136, 12);
  header.write(entry.flag ?? "0", 156, "latin1");
  put(header, entry.linkname ?? "", 157, 100);
  if ((entry.format ?? "ustar") === "ustar") header.write("ustar\x0000", 257, "latin1");
  if (entry.format === "gnu") header.write("ustar  \0", 257, "latin1");
  put(header, entry.prefix ?? "", 345, 155);
  entry.edit?.(header);
  header.fill(" ", 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  entry.damage?.(header);
  return header;
}

function put(header: Buffer, text: string | Buffer, at: number, length: number): void {
  const bytes = Buffer.from(text);
  if (bytes.length > length) throw new Error(`does not fit in ${length} bytes: ${text}`);
  bytes.copy(header, at);
}

function octal(header: Buffer, value: number, at: number, length: number): void {
  header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
