import { expect, test } from "vitest";
import { remember, rememberFor } from "../../src/compat/remember.ts";

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

test("asks once for each row of objects and key; equal objects are not the same", () => {
  let asked = 0;
  const recall = rememberFor<number>(2);
  const [a, b] = [{ n: 1 }, { n: 1 }];
  const ask = (first: object, second: object, key: string) => recall(first)(second, key, () => ++asked);
  expect([ask(a, b, "k"), ask(a, b, "k"), ask(b, a, "k"), ask(a, a, "k"), ask(a, b, "l")]).toEqual([1, 1, 2, 3, 4]);
  // Full: the third key forgets the first two.
  expect([ask(a, b, "m"), ask(a, b, "k")]).toEqual([5, 6]);
});
