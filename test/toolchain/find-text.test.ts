import { expect, test } from "vitest";
import { findText } from "../../src/toolchain/find-text.ts";
import { createRandom } from "../support/layer-stacks.ts";

const TEXTS = [
  "tables",
  "x",
  "",
  "qqqqqqqqq",
  " (nf_tables)\0",
  "\0ebtables v",
  "%s v%s (legacy)",
  "\xff\xfe\0\0\0\0\0\0\0",
];

test("the place is the one that Node's own search gives, in bytes full of the text and of parts of it", () => {
  const random = createRandom(1);
  const upTo = (end: number) => Math.floor(random() * end);
  let found = 0;
  for (let run = 0; run < 4_000; run++) {
    const text = TEXTS[run % TEXTS.length] as string;
    const parts = Array.from({ length: upTo(12) }, () => {
      const start = upTo(text.length);
      return random() < 0.1 ? text : text.slice(start, start + upTo(text.length + 1));
    });
    const bytes = Buffer.from(parts.join(random() < 0.5 ? "" : "\0"), "latin1");
    const expected = bytes.indexOf(text, 0, "latin1");
    if (expected >= 0) found++;
    expect(findText(bytes, text), JSON.stringify([text, parts])).toBe(expected);
  }
  expect(found).toBeGreaterThan(1_000);
});

test("bytes that repeat the text's rarest part a million times are searched to their end", () => {
  const bytes = Buffer.concat([Buffer.alloc(4_000_000, "bles)"), Buffer.from(" (nf_tables)\0")]);
  expect(findText(bytes, " (nf_tables)\0")).toBe(4_000_000);
  expect(findText(bytes, "(nf_tables) ")).toBe(-1);
});
