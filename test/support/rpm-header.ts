/** Writes headers of installed packages as rpm stores them. */

export interface HeaderRecipe {
  name: string;
  version: string;
  release?: string;
  epoch?: number;
  files?: { path: string; digest?: string; state?: number }[];
  /** Default 8, SHA-256. */
  digestAlgorithm?: number;
  /** Bytes of a further tag, to make it larger. */
  padding?: number;
}

type Value = { tag: number } & ({ text: string } | { texts: string[] } | { numbers: number[] } | { bytes: number[] });

/** The header without the magic of package files. */
export function buildRpmHeader(recipe: HeaderRecipe): Buffer {
  const { files = [], epoch, release } = recipe;
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  const folders = [...new Set(files.map(({ path }) => folderOf(path)))];
  const values: Value[] = [
    { tag: 1000, text: recipe.name },
    { tag: 1001, text: recipe.version },
    ...(release === undefined ? [] : [{ tag: 1002, text: release }]),
    ...(epoch === undefined ? [] : [{ tag: 1003, numbers: [epoch] }]),
    ...(recipe.padding ? [{ tag: 1005, text: "x".repeat(recipe.padding) }] : []),
    ...(files.some(({ state }) => state !== undefined)
      ? [{ tag: 1029, bytes: files.map(({ state = 0 }) => state) }]
      : []),
    ...(files.some(({ digest }) => digest !== undefined)
      ? [
          { tag: 1035, texts: files.map(({ digest = "" }) => digest) },
          { tag: 5011, numbers: [recipe.digestAlgorithm ?? 8] },
        ]
      : []),
    ...(files.length > 0
      ? [
          { tag: 1116, numbers: files.map(({ path }) => folders.indexOf(folderOf(path))) },
          { tag: 1117, texts: files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)) },
          { tag: 1118, texts: folders },
        ]
      : []),
  ];
  return encode(values);
}

function encode(values: Value[]): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const value of values) {
    const { type, count, bytes, align } = encodeValue(value);
    const gap = (align - (offset % align)) % align;
    data.push(Buffer.alloc(gap), bytes);
    index.push(words([value.tag, type, offset + gap, count]));
    offset += gap + bytes.length;
  }
  return Buffer.concat([words([values.length, offset]), ...index, ...data]);
}

function encodeValue(value: Value): { type: number; count: number; bytes: Buffer; align: number } {
  if ("text" in value) return { type: 6, count: 1, bytes: Buffer.from(`${value.text}\0`), align: 1 };
  if ("texts" in value)
    return {
      type: 8,
      count: value.texts.length,
      bytes: Buffer.from(value.texts.map((text) => `${text}\0`).join("")),
      align: 1,
    };
  if ("bytes" in value) return { type: 1, count: value.bytes.length, bytes: Buffer.from(value.bytes), align: 1 };
  return { type: 4, count: value.numbers.length, bytes: words(value.numbers), align: 4 };
}

function words(numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, i * 4);
  return bytes;
}
