import { expect, test } from "vitest";
import { ask, type Setup, say } from "../../support/cells.ts";

const nft = { nft: "1.8.11" };

test.each<[string, Setup, string[]]>([
  ["there", { image: nft }, []],
  ["loadable is enough", { image: nft, host: { modules: { loadable: ["nft_compat"] } } }, []],
  ["absent", { image: nft, host: { modules: { absent: ["nft_compat"] } } }, ["error"]],
  ["in a further package", { image: nft, host: { modules: { "optional-package": ["nft_compat"] } } }, ["warning"]],
  [
    "not known",
    { image: nft, host: { modules: { unknown: ["nft_compat"] } } },
    ["missing: state of kernel module nft_compat"],
  ],
  ["legacy does without", { image: { legacy: "1.8.11" }, host: { modules: { absent: ["nft_compat"] } } }, []],
  ["native nft does without", { image: { nftTool: "1.1.3" }, host: { modules: { absent: ["nft_compat"] } } }, []],
  ["the host's own tools", { image: { ...nft, hostExec: true }, host: { modules: { absent: ["nft_compat"] } } }, []],
])("%s", (_, setup, expected) => expect(ask("nft-compat-missing", setup)).toEqual(expected));

test("without nf_tables nobody asks for what can't be there", () => {
  const host = { modules: { unknown: ["nft_compat"], absent: ["nf_tables"] } };
  expect(say({ image: nft, host })).toEqual(["error nft-kernel-missing"]);
});

test("without nf_tables the kernel is the one cause", () => {
  const host = { modules: { absent: ["nft_compat", "nf_tables"] } };
  expect(say({ image: nft, host })).toEqual(["error nft-kernel-missing"]);
});
