import { describe, expect, test } from "vitest";
import {
  ask,
  kubelet,
  messageOf,
  outcomesOf,
  type ProfileSpec,
  type ProgramSpec,
  richWriter,
  type Setup,
  say,
} from "../../support/cells.ts";

const rule = "buggy-version";
const busy: ProgramSpec = {
  name: "kube-proxy",
  backend: "nft",
  iptables: "1.8.7",
  changesRules: true,
  writes: [],
  operations: [],
};

/** Ids of the defects that speak, with their severity. */
function defects(setup: Setup): string[] {
  return outcomesOf(rule, setup).map((outcome) =>
    outcome.kind === "missing"
      ? `missing: ${outcome.fact}`
      : `${outcome.severity} ${outcome.cause.replace("defect:", "")}`,
  );
}

/** An image of an rpm distribution. */
function fromRpm(version: string, nft = "1.8.4"): Setup["image"] {
  return {
    nft,
    change: (toolchain) => {
      for (const tool of toolchain.tools) tool.package = { name: "iptables", version, database: "rpm" };
    },
  };
}

describe("the race of 1.8.4", () => {
  const race = "iptables-1.8.4-cache-race";
  const only = (setup: Setup) => defects(setup).filter((line) => line.includes(race) || line.startsWith("missing"));
  test.each<[string, Setup, string[]]>([
    ["a program keeps changing rules", { image: { nft: "1.8.4" }, programs: [kubelet, busy] }, [`error ${race}`]],
    [
      "native nft rules count too",
      { image: { nft: "1.8.4" }, programs: [{ ...busy, backend: "native-nft" }] },
      [`error ${race}`],
    ],
    ["nobody is stated to", { image: { nft: "1.8.4" }, programs: [kubelet] }, [`warning ${race}`]],
    [
      "changes in legacy don't count",
      { image: { nft: "1.8.4", legacy: "1.8.4", default: "nft" }, programs: [{ ...busy, backend: "legacy" }] },
      [`warning ${race}`],
    ],
    ["1.8.5", { image: { nft: "1.8.5" }, programs: [busy] }, []],
    ["1.8.3", { image: { nft: "1.8.3" }, programs: [busy] }, []],
    ["legacy 1.8.4", { image: { legacy: "1.8.4" }, host: { backend: "legacy" }, programs: [busy] }, []],
    [
      "a wrapper that picks legacy",
      {
        image: { nft: "1.8.4", legacy: "1.8.4", wrapper: "v2" },
        host: { backend: "legacy" },
        programs: [kubelet, busy],
      },
      [],
    ],
    ["the host's own tools", { image: { nft: "1.8.4", hostExec: true }, programs: [busy] }, []],
    [
      "in a pod's namespace nobody is stated",
      { image: { nft: "1.8.4" }, programs: [busy], network: "pod" },
      [`warning ${race}`],
    ],
    ["version not known", { image: { nft: null }, programs: [busy] }, ["missing: version of the image's iptables"]],
    ["version not known, only a warning", { image: { nft: null }, programs: [kubelet] }, []],
    ["RHEL 8 before the repair", { image: fromRpm("1.8.4-9.el8"), programs: [busy] }, [`error ${race}`]],
    ["RHEL 8 with the repair", { image: fromRpm("1.8.4-10.el8"), programs: [busy] }, []],
    ["RHEL 8 with the repair, of a minor release", { image: fromRpm("1.8.4-17.el8_3.1"), programs: [busy] }, []],
    ["the same number elsewhere", { image: fromRpm("1.8.4-17.amzn2"), programs: [busy] }, [`error ${race}`]],
  ])("%s", (_, setup, expected) => expect([...new Set(only(setup))]).toEqual(expected));
});

describe("conditions", () => {
  const checks: ProfileSpec = { operations: ["check"], writes: [] };
  test.each<[string, Setup, string[]]>([
    [
      "1.8.2, checks, comments not stated",
      { image: { nft: "1.8.2" }, profile: checks },
      ["warning iptables-1.8.2-comment-check"],
    ],
    [
      "1.8.2, checks and writes comments",
      { image: { nft: "1.8.2" }, profile: { operations: ["check"], writes: ["comment"] } },
      ["error iptables-1.8.2-comment-check"],
    ],
    ["1.8.2, never checks", { image: { nft: "1.8.2" }, profile: { operations: ["append", "list"], writes: [] } }, []],
    [
      "1.8.4, NOTRACK stated",
      { image: { nft: "1.8.4" }, profile: { operations: ["delete"], writes: ["notrack"] } },
      ["warning iptables-1.8.4-cache-race", "error iptables-1.8.4-notrack"],
    ],
    ["1.8.10 was only reported", { image: { nft: "1.8.10" }, profile: checks }, ["warning iptables-1.8.10-check"]],
    ["1.8.10, never checks", { image: { nft: "1.8.10" }, profile: { operations: ["list"] } }, []],
    ["1.8.7, a second base chain can't be seen", { image: { nft: "1.8.7" } }, ["notice iptables-1.8.7-double-free"]],
    ["1.8.11", { image: { nft: "1.8.11" }, profile: checks }, []],
    [
      "old nft beside native rules",
      { image: { nftTool: "0.9.8" }, programs: [{ name: "kindnet", backend: "native-nft" }] },
      ["warning nft-0.9.8-crash", "warning nft-1.0.0-whole-ruleset"],
    ],
    ["old nft alone", { image: { nftTool: "0.9.8" }, programs: [kubelet] }, []],
    ["the Go wrapper", { image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "v3" } }, ["notice wrapper-go-lost-stdin"]],
    ["the shell wrapper", { image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "v2" } }, []],
    ["a Go wrapper that nothing leads to", { image: { nft: "1.8.11", idleWrapper: "v3" } }, []],
    [
      "1.8.7 beside native rules with a second base chain",
      {
        image: { nft: "1.8.7" },
        programs: [{ name: "agent", backend: "native-nft", writes: ["nft-second-base-chain"] }],
      },
      ["error iptables-1.8.7-double-free"],
    ],
    [
      "1.8.7 beside rules that it calls incompatible",
      { image: { nft: "1.8.7" }, programs: [richWriter] },
      ["notice iptables-1.8.7-double-free", "warning newer-writer"],
    ],
    [
      "1.8.5 with --random-fully",
      { image: { nft: "1.8.5" }, profile: { writes: ["random-fully"] } },
      ["warning iptables-1.8.5-ip6-random-fully"],
    ],
    [
      "1.8.0 writes DNAT",
      { image: { nft: "1.8.0" }, profile: { operations: ["append"], writes: ["dnat"] } },
      ["error iptables-1.8.1-insert"],
    ],
    [
      "1.8.7 writes odd masks",
      { image: { nft: "1.8.7" }, profile: { writes: ["src-odd-mask"] } },
      ["notice iptables-1.8.7-double-free", "error iptables-1.8.7-odd-mask"],
    ],
    [
      "1.8.6 writes all DCCP types",
      { image: { nft: "1.8.6" }, profile: { writes: ["dccp-types"] } },
      ["error iptables-1.8.6-dccp-types"],
    ],
    [
      "1.8.8 checks string rules",
      { image: { nft: "1.8.8" }, profile: { operations: ["check"], writes: ["string-bm"] } },
      ["error iptables-1.8.8-string-bm"],
    ],
  ])("%s", (_, setup, expected) => expect(defects(setup)).toEqual(expected));

  test("what another rule says of the same table is one finding", () => {
    const setup: Setup = { image: { nft: "1.8.7" }, programs: [richWriter] };
    expect(say({ ...setup, profile: { operations: ["list"] } })).toEqual(["error nft-newer-writer"]);
    expect(say({ ...setup, profile: { operations: ["append"] } })).toEqual(["warning buggy-version"]);
  });

  test("says what happens and what repairs it", () => {
    const setup: Setup = { image: { nft: "1.8.4" }, programs: [busy] };
    expect(messageOf(rule, setup)).toMatch(/^iptables 1\.8\.4: listing or saving crashes/);
    const [finding] = outcomesOf(rule, setup);
    expect(finding).toMatchObject({ remedy: "Raise iptables to 1.8.5 or later." });
  });
});

describe("file-capabilities", () => {
  const image = (nft: string, fileCapabilities?: boolean): Setup["image"] => ({
    nft,
    change: (toolchain) => {
      for (const tool of toolchain.tools) if (fileCapabilities !== undefined) tool.fileCapabilities = fileCapabilities;
    },
  });
  test.each<[string, Setup, string[]]>([
    ["1.8.12 with them", { image: image("1.8.12", true) }, ["error"]],
    ["1.8.12 without", { image: image("1.8.12") }, []],
    ["1.8.13 with them", { image: image("1.8.13", true) }, []],
    ["1.8.11 with them", { image: image("1.8.11", true) }, []],
  ])("%s", (_, setup, expected) => expect(ask("file-capabilities", setup)).toEqual(expected));

  const asNobody = (fileCapabilities?: boolean, becomesRoot?: string): Setup["image"] => ({
    nft: "1.8.9",
    change: (toolchain) => {
      toolchain.user = { name: "65534:65534", ...(becomesRoot !== undefined && { becomesRoot }) };
      for (const tool of toolchain.tools) if (fileCapabilities !== undefined) tool.fileCapabilities = fileCapabilities;
    },
  });
  test.each<[string, Setup, string[]]>([
    ["another user without them", { image: asNobody() }, ["warning"]],
    ["the manifests leave the user", { image: asNobody(), user: "image" }, ["error"]],
    ["the manifests say root", { image: asNobody(), user: "root" }, []],
    ["linkerd's proxy-init: another user with them", { image: asNobody(true) }, []],
    ["sudo runs the tools", { image: asNobody(false, "/usr/bin/sudo") }, []],
    ["the host's tools are run", { image: { ...asNobody(), hostExec: true } }, []],
  ])("a user: %s", (_, setup, expected) => expect(ask("file-capabilities", setup)).toEqual(expected));

  test("what to do about the user is said", () => {
    const [finding] = outcomesOf("file-capabilities", { image: asNobody() });
    expect(finding).toMatchObject({
      message: expect.stringMatching(
        /^iptables cannot work as the image's user 65534:65534: .* \(unless the manifests/,
      ),
      remedy: expect.stringMatching(/^`RUN setcap cap_net_admin,cap_net_raw\+ep \/.*`user: root`/),
    });
  });
});
