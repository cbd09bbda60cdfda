import { describe, expect, test } from "vitest";
import { ask, type Setup, say } from "../../support/cells.ts";

describe("ipset-protocol", () => {
  const rule = "ipset-protocol";
  test.each<[string, Setup, string[]]>([
    ["ipset 7", { image: { ipset: "7.17" } }, []],
    ["ipset 6 works and warns", { image: { ipset: "6.38" } }, ["notice"]],
    ["kernel outside the measured ones", { image: { ipset: "6.38" }, host: { kernel: "4.18" } }, []],
    ["kernel not known", { image: { ipset: "6.38" }, host: { kernel: "unknown" } }, []],
    ["version not known", { image: { ipset: null } }, []],
    ["no ipset", { image: { nft: "1.8.11" } }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("an old ipset is one cause: the revision speaks where it warns", () => {
    const setup: Setup = { image: { ipset: "6.38" }, profile: { ipset: { creates: ["hash:ip"], listsAll: true } } };
    expect(say(setup)).toEqual(["warning ipset-revision"]);
  });
});
