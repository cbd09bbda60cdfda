import { describe, expect, test } from "vitest";
import { waitBeforeRetry } from "../../src/github/back-off.ts";

/** Which failures are tried again, after how long, and that it ends: no clock, no network. */

const now = 1_800_000_000;
const LEFT = 25;
const wait = (status: number, headers: Record<string, string> = {}, tries = 1, message = "", left = LEFT) =>
  waitBeforeRetry({ status, headers, message, tries }, now, left);

describe("final at once", () => {
  test.each([
    [400, {}],
    [401, {}],
    [403, {}],
    [404, {}],
    [404, { "retry-after": "1" }],
    [410, {}],
    [422, {}],
    [451, {}],
    // Limits that end after the job would have to.
    [429, { "retry-after": "3600" }],
    [403, { "retry-after": "60" }],
    [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 1800) }],
    [503, { "retry-after": "120" }],
  ])("%i %j", (status, headers) => {
    expect(wait(status, headers as Record<string, string>)).toBeUndefined();
  });

  test("a secondary limit that names no time", () => {
    expect(wait(403, {}, 1, "You have exceeded a secondary rate limit")).toBeUndefined();
  });
});

describe("tried again", () => {
  test.each<[number, Record<string, string>, number]>([
    [500, {}, 1],
    [502, {}, 1],
    [503, {}, 1],
    [408, {}, 1],
    [429, {}, 1],
    [429, { "retry-after": "7" }, 7],
    [403, { "retry-after": "3" }, 3],
    [403, { "retry-after": "0" }, 1],
    [503, { "retry-after": "2" }, 2],
    [429, { "retry-after": "soon" }, 1],
    [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 9) }, 9],
    [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now - 9) }, 1],
  ])("%i %j after %i s", (status, headers, seconds) => {
    expect(wait(status, headers)).toBe(seconds);
  });

  test("twice, the second time later", () => {
    expect([1, 2, 3].map((tries) => wait(500, {}, tries))).toEqual([1, 4, undefined]);
  });

  test("never past the end", () => {
    expect(wait(500, {}, 2, "", 4)).toBeUndefined();
    expect(wait(500, {}, 2, "", 4.1)).toBe(4);
    expect(wait(500, {}, 1, "", -1)).toBeUndefined();
  });
});

test("whatever an answer asks for, all waiting of all requests is below the 25 seconds that there are", () => {
  // Five requests: files, list, who am I, write, delete. Each fails in the worst way until nothing is left.
  for (let asked = 0; asked <= 40; asked++) {
    let left = LEFT;
    for (let request = 0; request < 5; request++)
      for (let tries = 1; ; tries++) {
        const seconds = wait(429, { "retry-after": String(asked) }, tries, "", left);
        if (seconds === undefined) break;
        left -= seconds;
      }
    expect(left).toBeGreaterThan(0);
  }
});
