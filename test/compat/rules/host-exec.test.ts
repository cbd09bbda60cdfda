import { describe, expect, test } from "vitest";
import { ask, type ImageSpec, type Setup, say } from "../../support/cells.ts";

describe("host-exec", () => {
  const rule = "host-exec";
  const image: ImageSpec = { nft: "1.8.11", hostExec: true };
  test.each<[string, Setup, string[]]>([
    ["the host's tools", { image }, ["notice"]],
    ["its own tools", { image: { nft: "1.8.11" } }, []],
    ["a host without them", { image, host: { iptablesInstalled: false } }, ["notice", "warning"]],
    ["a host without a tool that the image brings itself", { image, host: { ipsetInstalled: false } }, ["notice"]],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("versions in the image say nothing then", () => {
    expect(
      say({
        image: { nft: "1.8.4", hostExec: true },
        programs: [{ name: "busy", backend: "nft", iptables: "1.8.11", changesRules: true }],
      }),
    ).toEqual([]);
  });
});
