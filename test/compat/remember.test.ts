import { expect, test } from "vitest";
import { remember } from "../../src/compat/remember.ts";

test("asks once for each key, and forgets all when it is full", () => {
  const asked: string[] = [];
  const length = remember(
    (text: string) => text,
    (text) => {
      asked.push(text);
      return text.length;
    },
    2,
  );
  expect([length("a"), length("bb"), length("a"), length("ccc"), length("a")]).toEqual([1, 2, 1, 3, 1]);
  expect(asked).toEqual(["a", "bb", "ccc", "a"]);
});
