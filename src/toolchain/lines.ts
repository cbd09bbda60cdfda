/** The lines of a text one by one, without an array of all of them; a carriage return at the end is no part of a line. */
export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    yield cutLine(text, start, end);
    if (end < 0) return;
    start = end + 1;
  }
}

/**
 * Those of them in which something stands, in order and each once. Few lines of scripts and lists matter, and cutting out
 * all of them costs several times what looking through the whole text does.
 * @param mark global; what it matches begins in the line, and where it ends is all the same
 */
export function* linesWith(text: string, mark: RegExp): Generator<string> {
  for (let from = 0; from < text.length; ) {
    mark.lastIndex = from;
    const at = mark.exec(text)?.index;
    if (at === undefined) return;
    const start = at === from ? from : text.lastIndexOf("\n", at - 1) + 1;
    const end = text.indexOf("\n", at);
    yield cutLine(text, start, end);
    if (end < 0) return;
    from = end + 1;
  }
}

function cutLine(text: string, start: number, end: number): string {
  if (end < 0) return text.slice(start);
  return text.slice(start, end > start && text[end - 1] === "\r" ? end - 1 : end);
}
