import { describe, expect, test } from "vitest";
import type { Backend, Toolchain } from "../../../src/model/toolchain.ts";
import { ask, buildTool, messageOf, outcomesOf, type Setup, say } from "../../support/cells.ts";

/** Kernel modules that a command of the image needs whose backend isn't that of its `iptables`. */

/** Both backends; `iptables` uses one, and these commands the other. */
function split(plain: Backend, ...commands: string[]): Setup["image"] {
  const other = plain === "nft" ? "legacy" : "nft";
  return { nft: "1.8.11", legacy: "1.8.11", default: plain, change: lead(other, commands) };
}

function lead(backend: Backend, commands: readonly string[]) {
  return ({ defaults }: Toolchain) => {
    for (const name of commands)
      defaults[name] = { backend, via: [`/usr/sbin/${name}`, `/usr/sbin/xtables-${backend}-multi`] };
  };
}

const v6 = ["ip6tables", "ip6tables-save", "ip6tables-restore"];
const v4 = ["iptables-save", "iptables-restore"];
const noNft: Setup["host"] = { backend: "legacy", modules: { absent: ["nf_tables"] } };
const noCompat: Setup["host"] = { backend: "legacy", modules: { absent: ["nft_compat"] } };
const noLegacy: Setup["host"] = { modules: { absent: ["ip_tables"] } };
const noLegacy6: Setup["host"] = { modules: { absent: ["ip6_tables"] } };
const restores: Setup["profile"] = { operations: ["save-restore"] };

describe("a command of the other backend, on a kernel without that backend", () => {
  test.each<[string, string, Setup, string[]]>([
    ["nft-kernel-missing", "ip6tables is nft", { image: split("legacy", ...v6), host: noNft }, ["warning"]],
    ["nft-kernel-missing", "iptables-restore is nft", { image: split("legacy", ...v4), host: noNft }, ["warning"]],
    [
      "nft-kernel-missing",
      "and the program is known to restore",
      { image: split("legacy", ...v4), host: noNft, profile: restores },
      ["error"],
    ],
    ["nft-kernel-missing", "all of one backend", { image: split("legacy"), host: noNft }, []],
    ["nft-kernel-missing", "a kernel with both", { image: split("legacy", ...v6) }, []],
    ["nft-compat-missing", "ip6tables is nft", { image: split("legacy", ...v6), host: noCompat }, ["warning"]],
    [
      "nft-compat-missing",
      "the program runs iptables-restore",
      { image: split("legacy", ...v4), host: noCompat, profile: { runs: ["iptables-restore"] } },
      ["error"],
    ],
    ["nft-compat-missing", "all of one backend", { image: split("legacy"), host: noCompat }, []],
    ["legacy-modules-missing", "ip6tables is legacy", { image: split("nft", ...v6), host: noLegacy6 }, ["warning"]],
    ["legacy-modules-missing", "that of IPv4 alone is gone", { image: split("nft", ...v6), host: noLegacy }, []],
    [
      "legacy-modules-missing",
      "iptables-restore is legacy",
      { image: split("nft", ...v4), host: noLegacy },
      ["warning"],
    ],
    [
      "legacy-modules-missing",
      "and the program is known to restore",
      { image: split("nft", ...v4), host: noLegacy, profile: restores },
      ["error"],
    ],
    ["legacy-modules-missing", "all of one backend", { image: split("nft"), host: noLegacy }, []],
    [
      "legacy-modules-missing",
      "ip6tables is nft, so its legacy tables aren't asked for",
      { image: split("legacy", ...v6), host: { ...noLegacy6, backend: "legacy" } },
      [],
    ],
  ])("%s: %s", (rule, _, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("what isn't known is missing only where it could be an error", () => {
    const host: Setup["host"] = { backend: "legacy", modules: { unknown: ["nf_tables", "nft_compat"] } };
    expect(ask("nft-kernel-missing", { image: split("legacy", ...v6), host })).toEqual([]);
    expect(ask("nft-compat-missing", { image: split("legacy", ...v6), host })).toEqual([]);
    const sure: Setup = { image: split("legacy", ...v4), host, profile: restores };
    expect(ask("nft-kernel-missing", sure)).toEqual(["missing: state of kernel module nf_tables"]);
    expect(ask("nft-compat-missing", sure)).toEqual(["missing: state of kernel module nft_compat"]);
  });
});

describe("commands that a program runs under a backend's name", () => {
  const image = { nft: "1.8.11", legacy: "1.8.11", default: "nft" as const };
  const profile = { runs: ["iptables-nft", "iptables-legacy"] };
  test("both are needed", () => {
    expect(messageOf("legacy-modules-missing", { image, profile, host: noLegacy })).toBe(
      "iptables-legacy cannot work: the kernel has no ip_tables",
    );
  });
  test("unless it picks one of them by itself, looking at both", () => {
    expect(
      ask("legacy-modules-missing", {
        image,
        profile: { ...profile, selects: "self" },
        host: {
          ...noLegacy,
          backend: "nft",
        },
      }),
    ).toEqual([]);
  });
});

describe("nf_tables and programs that speak it themselves", () => {
  const legacy = { legacy: "1.8.11" };
  const native = { backend: "native-nft" as const };
  test.each<[string, Setup, string[]]>([
    ["through netlink, without a tool", { image: {}, profile: native, host: noNft }, ["error"]],
    [
      "with nft, beside an iptables-legacy",
      { image: { ...legacy, nftTool: "1.1.3" }, profile: { ...native, runs: ["nft"] }, host: noNft },
      ["error"],
    ],
    ["one that may be an older one, with iptables", { image: legacy, profile: native, host: noNft }, []],
    ["one that doesn't", { image: legacy, profile: { backend: "legacy" }, host: noNft }, []],
    [
      "ebtables-nft alone",
      { image: { change: ({ tools }) => void tools.push(buildTool("ebtables", "1.8.11", "nft")) }, host: noNft },
      ["error"],
    ],
  ])("%s", (_, setup, expected) => expect(ask("nft-kernel-missing", setup)).toEqual(expected));
});

describe("matches and targets", () => {
  const writes = { writes: ["mark-match"] };
  const host: Setup["host"] = { modules: { absent: ["xt_mark"] } };
  test("the legacy ip6tables needs a module that iptables-nft does without", () => {
    const setup: Setup = { image: split("nft", ...v6), profile: writes, host };
    expect(ask("xt-module-missing", setup)).toEqual(["warning"]);
    expect(messageOf("xt-module-missing", setup)).toBe(
      "ip6tables (legacy) cannot add rules with mark: the kernel has no xt_mark",
    );
  });
  test("one that all need is told once", () => {
    const setup: Setup = {
      image: split("nft", ...v6),
      profile: { writes: ["comment"] },
      host: { modules: { absent: ["xt_comment"] } },
    };
    expect(say(setup)).toEqual(["error xt-module-missing", "warning mixed-backends"]);
  });
  test("look-alike: all of one backend", () => {
    expect(ask("xt-module-missing", { image: split("nft"), profile: writes, host })).toEqual([]);
  });
});

test("the disagreement and what the kernel lacks for it are one finding", () => {
  const image = split("nft", ...v6);
  expect(say({ image })).toEqual(["warning mixed-backends"]);
  expect(say({ image, host: noLegacy6 })).toEqual(["warning legacy-modules-missing"]);
});

test("a wrapper whose choice isn't known: a module that one choice lacks is the missing fact's to tell", () => {
  const image = { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" };
  const setup: Setup = { image, host: { backend: null, modules: { absent: ["nf_tables"] } } };
  expect(say(setup)).toContain("missing nft-kernel-missing: default backend of the host's iptables");
  expect(say({ image, host: { backend: null } })).toEqual([]);
});

test("the evidence is the command's own links", () => {
  const [finding] = outcomesOf("legacy-modules-missing", { image: split("nft", ...v6), host: noLegacy6 });
  expect(finding?.kind === "finding" && finding.evidence[0]?.fact).toBe(
    "ip6tables is /usr/sbin/ip6tables -> /usr/sbin/xtables-legacy-multi",
  );
});
