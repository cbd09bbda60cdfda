/** How text reaches a terminal: width and colours, both told by the caller. */

export interface TextOptions {
  /** Write ANSI colours. Default false. */
  color?: boolean;
  /** Columns to wrap at. Default 100. */
  width?: number;
  /** Characters after which no further table or finding is begun. Default: none. */
  limit?: number;
}

/** Paints and knows the width. */
export interface Pen {
  paint(code: number, text: string): string;
  width: number;
}

/** @returns a pen that leaves text as it is unless colours are asked for */
export function makePen(options: TextOptions): Pen {
  return {
    paint: (code, text) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text),
    width: Math.max(40, options.width ?? 100),
  };
}

/** Breaks at spaces; a word longer than the line stays whole. */
export function wrap(text: string, width: number, first: string, next: string): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = next + word;
    } else line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join("\n");
}
