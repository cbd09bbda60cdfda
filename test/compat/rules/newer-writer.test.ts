import { describe, expect, test } from "vitest";
import {
  ask,
  evaluate,
  kubelet,
  messageOf,
  type ProfileSpec,
  type ProgramSpec,
  richWriter,
  type Setup,
  say,
} from "../../support/cells.ts";

const old = { nft: "1.8.7" };
const profile = (operations: readonly string[], writes?: string[]): ProfileSpec => ({
  operations: operations as NonNullable<ProfileSpec["operations"]>,
  ...(writes === undefined ? {} : { writes }),
});
const unstated: ProgramSpec = { name: "agent", backend: "nft", iptables: "1.8.9" };
const marks: ProgramSpec = { ...unstated, writes: ["mark-match"] };
const name = "kube-router@2.0";

describe("nft-newer-writer: the image refuses what others wrote", () => {
  const rule = "nft-newer-writer";
  test.each<[string, Setup, string[]]>([
    [
      "known rules, a reader that lists",
      { image: old, programs: [richWriter], profile: profile(["list"]) },
      [`error ${name}`],
    ],
    ["known rules, operations not known", { image: old, programs: [richWriter] }, [`error ${name}`]],
    ["rules not stated", { image: old, programs: [unstated] }, ["warning agent"]],
    ["rules that nobody refuses", { image: old, programs: [marks] }, []],
    ["a reader that only appends", { image: old, programs: [richWriter], profile: profile(["append", "check"]) }, []],
    [
      "1.8.4 refuses its own chain too",
      { image: { nft: "1.8.4" }, programs: [richWriter], profile: profile(["list-own-chain"]) },
      [`error ${name}`],
    ],
    ["1.8.7 does not", { image: old, programs: [richWriter], profile: profile(["list-own-chain"]) }, []],
    ["1.8.8 reads all of it", { image: { nft: "1.8.8" }, programs: [richWriter] }, []],
    ["an older writer", { image: old, programs: [{ ...richWriter, iptables: "1.8.7" }] }, []],
    ["the writer is in the other backend", { image: old, programs: [{ ...richWriter, backend: "legacy" }] }, []],
    ["the image is legacy", { image: { legacy: "1.8.4" }, host: { backend: "legacy" }, programs: [richWriter] }, []],
    ["the image runs the host's tools", { image: { ...old, hostExec: true }, programs: [richWriter] }, []],
    ["in a pod's namespace", { image: old, programs: [richWriter], network: "pod" }, []],
    [
      "a kubelet that writes with the host's iptables",
      { image: old, programs: [{ ...kubelet, writes: ["port-range"] }], host: { iptables: "1.8.8" } },
      ["error kubelet@1.31"],
    ],
    [
      "version of the writer not known",
      { image: old, programs: [{ ...richWriter, iptables: null }] },
      [`missing: version of the iptables of ${name}`],
    ],
    [
      "version of the host not known",
      { image: old, programs: [{ ...kubelet, writes: ["port-range"] }], host: { iptables: null } },
      ["missing: version of the host's iptables"],
    ],
    [
      "version of the image not known",
      { image: { nft: null }, programs: [richWriter] },
      ["missing: version of the image's iptables"],
    ],
    [
      "neither known",
      { image: { nft: null }, programs: [{ ...richWriter, iptables: null }] },
      ["missing: version of the image's iptables", `missing: version of the iptables of ${name}`],
    ],
    ["a version not known that could only warn", { image: old, programs: [{ ...unstated, iptables: null }] }, []],
    [
      "a version between two that behave differently",
      { image: { nft: "1.8.1" }, programs: [{ ...richWriter, writes: ["port-range"] }] },
      ["missing: 1.8.1 was not measured, 1.8.0 and 1.8.2 differ"],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("says what it assumes", () => {
    expect(messageOf(rule, { image: old, programs: [unstated] })).toContain(
      "what agent (iptables 1.8.9) writes is not stated, the common rules are assumed",
    );
  });
});

describe("silent-match-loss: the image reads or restores other rules", () => {
  const rule = "silent-match-loss";
  test.each<[string, Setup, string[]]>([
    [
      "saves and restores known rules",
      { image: old, programs: [marks], profile: profile(["save-restore"]) },
      ["error agent"],
    ],
    ["lists known rules", { image: old, programs: [marks], profile: profile(["list"]) }, ["warning agent"]],
    ["operations not known", { image: old, programs: [marks] }, ["warning agent"]],
    [
      "rules not stated, saves and restores",
      { image: old, programs: [unstated], profile: profile(["save-restore"]) },
      ["warning agent"],
    ],
    ["only appends", { image: old, programs: [marks], profile: profile(["append", "check", "delete"]) }, []],
    [
      "prefixes for 1.8.6",
      {
        image: { nft: "1.8.6" },
        programs: [{ ...unstated, iptables: "1.8.7", writes: ["address-prefix"] }],
        profile: profile(["list"]),
      },
      ["warning agent"],
    ],
    [
      "prefixes for 1.8.7",
      { image: old, programs: [{ ...unstated, iptables: "1.8.11", writes: ["address-prefix"] }] },
      [],
    ],
    ["a newer reader", { image: { nft: "1.8.8" }, programs: [marks] }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("one program that is refused and misread is one finding, the loud one", () => {
    const setup: Setup = { image: old, programs: [richWriter], profile: profile(["list"]) };
    expect(ask(rule, setup)).toEqual([`warning ${name}`]);
    expect(say(setup)).toEqual(["error nft-newer-writer"]);
  });

  test("a restored loss is worse than a refusal that is only assumed", () => {
    const setup: Setup = {
      image: old,
      programs: [marks, { ...unstated, name: "other" }],
      profile: profile(["save-restore", "list"]),
    };
    expect(say(setup)).toEqual(["error silent-match-loss"]);
  });

  test("several writers of one kind are one finding that names them", () => {
    const cell = evaluate({ image: old, programs: [marks, { ...marks, name: "other" }], profile: profile(["list"]) });
    const findings = cell.findings.filter((finding) => finding.severity !== "notice");
    expect(findings).toHaveLength(1);
    expect(findings[0]!.evidence.map(({ fact }) => fact)).toContain("the same with other");
  });
});

describe("image-newer-writer: others read what the image wrote", () => {
  const rule = "image-newer-writer";
  const image = { nft: "1.8.11" };
  const writes = ["mark-match", "port-range"];
  const reader: ProgramSpec = { name: "agent", backend: "nft", iptables: "1.8.7", writes: [], operations: ["list"] };
  const restorer: ProgramSpec = { ...reader, operations: ["save-restore"] };
  const host = { iptables: "1.8.11" };

  test.each<[string, Setup, string[]]>([
    ["a listing program, known rules", { image, host, programs: [reader], profile: { writes } }, ["error agent"]],
    ["rules of the image not known", { image, host, programs: [reader] }, ["warning agent"]],
    [
      "marks only, restored",
      { image, host, programs: [restorer], profile: { writes: ["mark-match"] } },
      ["error agent"],
    ],
    ["marks only, listed", { image, host, programs: [reader], profile: { writes: ["mark-match"] } }, ["warning agent"]],
    [
      "operations of the reader not known",
      { image, host, programs: [{ ...reader, operations: null }], profile: { writes: ["mark-match"] } },
      ["warning agent"],
    ],
    [
      "a reader that only appends",
      { image, host, programs: [{ ...reader, operations: ["append"] }], profile: { writes } },
      [],
    ],
    ["an image that writes nothing special", { image, host, programs: [reader], profile: { writes: [] } }, []],
    ["a newer reader", { image, host, programs: [{ ...reader, iptables: "1.8.8" }], profile: { writes } }, []],
    [
      "the host's own tools alone, nobody stated to list with them",
      { image, host: { iptables: "1.8.7" }, programs: [], profile: { writes } },
      ["notice"],
    ],
    ["the host has a newer one", { image, host, programs: [], profile: { writes } }, []],
    [
      "the host's own tools are legacy",
      {
        image: { ...image, legacy: "1.8.11" },
        host: { iptables: "1.8.7", backend: "legacy" },
        programs: [],
        profile: { writes },
      },
      [],
    ],
    [
      "in a pod's namespace",
      { image, host: { iptables: "1.8.7" }, programs: [restorer], profile: { writes }, network: "pod" },
      [],
    ],
    [
      "version of the reader not known",
      { image, host, programs: [{ ...reader, iptables: null }], profile: { writes } },
      ["missing: version of the iptables of agent"],
    ],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  const culprit: ProgramSpec = { name: "culprit", backend: "nft", iptables: "1.8.9", writes, operations: ["append"] };
  test.each<[string, Setup, string[]]>([
    [
      "a program that does the same already",
      { image, host, programs: [reader, culprit], profile: { writes } },
      ["notice agent"],
    ],
    [
      "one that does less",
      { image, host, programs: [reader, { ...culprit, writes: ["mark-match"] }], profile: { writes } },
      ["error agent"],
    ],
    [
      "one as old as the reader",
      { image, host, programs: [reader, { ...culprit, iptables: "1.8.7" }], profile: { writes } },
      ["error agent"],
    ],
    [
      "one that is only assumed to write the same",
      { image, host, programs: [reader, { ...culprit, writes: null }], profile: { writes } },
      ["error agent"],
    ],
    [
      "one in the other backend",
      { image, host, programs: [reader, { ...culprit, backend: "legacy" }], profile: { writes } },
      ["error agent"],
    ],
  ])("charged once: %s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("what is not the image's doing says who does it", () => {
    expect(messageOf(rule, { image, host, programs: [reader, culprit], profile: { writes } })).toContain(
      "culprit on the node does the same already",
    );
  });

  test("a host without tools of its own has no reader", () => {
    const setup: Setup = {
      image,
      host: { iptables: "1.8.7", iptablesInstalled: false },
      programs: [],
      profile: { writes },
    };
    expect(ask(rule, setup)).toEqual([]);
  });
});

test("appending and checking own rules is safe for every release", () => {
  for (const nft of ["1.8.3", "1.8.4", "1.8.5", "1.8.7"])
    expect(
      ask("nft-newer-writer", {
        image: { nft },
        programs: [richWriter],
        profile: profile(["append", "check", "delete"]),
      }),
    ).toEqual([]);
});
