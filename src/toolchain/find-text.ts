/**
 * Node looks for needles of fewer than eight bytes with memchr for their first byte, and for longer ones with tables that
 * take it some ten times as long on programs (StringSearch of Node's src/string_search.h).
 */
const PIECE = 7;
/** A shorter piece is met too often by chance. */
const SHORTEST_PIECE = 4;
/** Rarest first, as counted in the programs of Debian; others are met more often. */
const RARE = "qZjQYzKWVkNORwvXyFbGxgUC)-mSMPhTp_cldui";
/** With more of these the bytes are no usual program, and Node's own search is the faster one. */
const MAX_FALSE_HITS = 256;

interface Needle {
  whole: Buffer;
  piece: Buffer;
  /** Where the piece stands in the whole. */
  offset: number;
}

const needles = new Map<string, Needle>();

/**
 * As `bytes.indexOf(text, from, "latin1")`, several times as fast: looks for the piece of the text that begins with the rarest
 * byte, and compares the rest where it is met.
 */
export function findText(bytes: Buffer, text: string, from = 0): number {
  let needle = needles.get(text);
  if (needle === undefined) {
    needle = makeNeedle(text);
    needles.set(text, needle);
  }
  const { whole, piece, offset } = needle;
  let next = from + offset;
  for (let hits = 0; hits < MAX_FALSE_HITS; hits++) {
    const at = bytes.indexOf(piece, next);
    if (at < 0) return -1;
    const start = at - offset;
    const end = start + whole.length;
    if (end <= bytes.length && bytes.compare(whole, 0, whole.length, start, end) === 0) return start;
    next = at + 1;
  }
  return bytes.indexOf(whole, next - offset);
}

/** Tells of the same bytes again and again whether they hold a text, and looks for each text once. */
export function createTextSearch(bytes: Buffer): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let found = known.get(text);
    if (found === undefined) {
      found = findText(bytes, text) >= 0;
      known.set(text, found);
    }
    return found;
  };
}

function makeNeedle(text: string): Needle {
  const whole = Buffer.from(text, "latin1");
  let offset = 0;
  for (let at = 1; at <= text.length - SHORTEST_PIECE; at++) if (rank(text, at) < rank(text, offset)) offset = at;
  return { whole, piece: whole.subarray(offset, offset + PIECE), offset };
}

function rank(text: string, at: number): number {
  const index = RARE.indexOf(text[at] as string);
  return index < 0 ? RARE.length : index;
}
