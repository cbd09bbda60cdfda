import { describe, expect, test } from "vitest";
import {
  checkProgramName,
  defaultPrograms,
  findProfile,
  profileOfVersion,
  resolveProgram,
} from "../../src/hosts/programs.ts";
import { UserError } from "../../src/model/error.ts";

describe("a program on a node", () => {
  const cases: [reference: string, expected: Record<string, unknown>][] = [
    [
      "kube-proxy@1.31",
      { name: "kube-proxy", version: "1.31", backend: "follows-kubelet", iptables: "1.8.9", ipset: "7.17" },
    ],
    ["kube-proxy@v1.28.4", { iptables: "1.8.7" }],
    ["kube-proxy-nftables@1.33", { backend: "native-nft", iptables: null, writes: [], operations: [] }],
    ["kubelet@1.24", { backend: "host", iptables: null, writes: ["address-prefix", "mark-match"] }],
    ["kubelet@1.35", { writes: ["address-prefix"], changesRules: false }],
    ["kube-router@2.0.0", { iptables: "1.8.9", ipset: "7.17", listsAllSets: true }],
    ["kilo@0.6.0", { iptables: "1.8.4", ipset: "7.6", creates: [], writes: ["address-prefix"] }],
    ["calico@3.25", { listsAllSets: true, iptables: "1.8.4", writes: ["address-prefix", "mark-match", "port"] }],
    [
      "calico@3.31.2",
      { listsAllSets: false, iptables: "1.8.8", writes: ["address-prefix", "mark-match", "port", "nflog"] },
    ],
    ["docker", { version: null, backend: "host", changesRules: true }],
  ];
  test.each(cases)("%s", (reference, expected) => {
    const program = resolveProgram(reference);
    expect(program).toMatchObject({ id: reference, ...expected });
    expect(program.evidence.every((entry) => entry.fact !== "" && entry.source !== "")).toBe(true);
  });

  test("kube-router rewrites tables and writes what old readers refuse", () => {
    const program = resolveProgram("kube-router@2.5");
    expect(program.operations).toContain("save-restore");
    expect(program.writes).toEqual(expect.arrayContaining(["nflog", "port-range", "mark-match"]));
  });

  test("flannel neither lists whole tables nor rewrites them", () => {
    expect(resolveProgram("flannel@0.28").operations).toEqual(["append", "check", "delete", "list-own-chain"]);
  });

  test("of a version that no range covers is a mistake, not a guess", () => {
    expect(() => resolveProgram("kube-proxy@1.20")).toThrow(
      'program "kube-proxy@1.20": what kube-proxy 1.20 brings is not in the catalogue, only >=1.25 <1.26, >=1.26 <1.29, >=1.29; ' +
        "state it under programs as your own: - {name: ",
    );
    // An image's own program may be of any version: what it brings is read in the image.
    expect(() => checkProgramName("kube-proxy@1.20")).not.toThrow();
    expect(() => checkProgramName("kube-proxy@old")).toThrow('"old" is not a version');
  });

  test("without version says which behaviour was taken", () => {
    expect(resolveProgram("docker").evidence[0]?.fact).toBe(
      "no version of docker stated: taken as >=28.0.0, the newest known",
    );
  });

  test("of the user's own: what isn't stated is null", () => {
    expect(
      resolveProgram({
        name: "agent",
        iptables: "1.8.9",
        backend: "nft",
        writes: ["mark-match"],
        operations: ["list"],
      }),
    ).toEqual({
      id: "agent",
      name: "agent",
      version: null,
      backend: "nft",
      iptables: "1.8.9",
      ipset: null,
      nft: null,
      writes: ["mark-match"],
      operations: ["list"],
      changesRules: false,
      creates: null,
      listsAllSets: null,
      evidence: [{ fact: "agent: iptables 1.8.9, backend nft", source: "config" }],
    });
    expect(resolveProgram({ name: "agent" })).toMatchObject({ backend: "unknown", writes: null, operations: null });
  });

  test("of the user's own may keep changing rules, as known ones do", () => {
    expect(resolveProgram({ name: "agent", "changes-rules": true }).changesRules).toBe(true);
    expect(resolveProgram({ name: "agent", "changes-rules": false }).changesRules).toBe(false);
    expect(resolveProgram("kube-proxy@1.31").changesRules).toBe(true);
  });

  const mistakes: [reference: Parameters<typeof resolveProgram>[0], message: RegExp][] = [
    ["kubproxy@1.31", /there is no program "kubproxy" in the catalogue; did you mean kube-proxy/],
    ["zzz", /known are antrea, aws-vpc-cni/],
    ["kube-proxy@latest", /"latest" is not a version; write it like kube-proxy@1\.31/],
    ["kube-proxy@", /"" is not a version/],
    ["calico@banana", /"banana" is not a version; write it like calico@1\.31/],
    [
      { name: "agent", writes: ["mark-match", "port-rnage"] },
      /program "agent": writes: there is no "port-rnage"; did you mean port-range/,
    ],
    [{ name: "agent", writes: ["toString"] }, /writes: there is no "toString"/],
    [{ name: "agent", ipset: "7.x" }, /program "agent": ipset "7\.x" is not a version/],
  ];
  test.each(mistakes)("mistake: %o", (reference, message) => {
    expect(() => resolveProgram(reference)).toThrow(UserError);
    expect(() => resolveProgram(reference)).toThrow(message);
  });
});

test("by default kubelet and kube-proxy of the oldest and newest maintained release run", () => {
  expect(defaultPrograms().map((program) => program.id)).toEqual([
    "kubelet@1.35",
    "kube-proxy@1.35",
    "kubelet@1.37",
    "kube-proxy@1.37",
  ]);
});

test("a profile of a version carries what that version does", () => {
  const calico = findProfile("calico")!;
  expect(profileOfVersion(calico, "3.25.0").ipset?.value.listsAll).toBe(true);
  expect(profileOfVersion(calico, "v3.31.0").ipset?.value.listsAll).toBe(false);
  expect(profileOfVersion(calico, "3.31.0").writes?.value).toContain("nflog");
  expect(profileOfVersion(calico, null)).toBe(calico);
  expect(profileOfVersion(calico, "(devel)")).toBe(calico);
  expect(findProfile("nothing")).toBeUndefined();
});

describe("an own program", () => {
  test.each([
    "dnat",
    "snat",
    "masquerade",
    "random-fully",
    "bitmask",
    "dccp-types",
    "string-bm",
    "nft-limit",
  ])("may state %s, for which other data than the encodings ask", (construct) => {
    expect(resolveProgram({ name: "agent", writes: [construct] }).writes).toEqual([construct]);
  });

  test("may speak nftables itself, and say which sets it creates", () => {
    const program = resolveProgram({ name: "agent", backend: "native-nft", nft: "1.1.3", creates: ["hash:ip,port"] });
    expect(program).toMatchObject({ backend: "native-nft", nft: "1.1.3", creates: ["hash:ip,port"] });
    expect(resolveProgram({ name: "agent" }).creates).toBeNull();
    expect(resolveProgram({ name: "agent", creates: [] }).creates).toEqual([]);
  });

  test("with a set type that there is not is a mistake, with the nearest one", () => {
    expect(() => resolveProgram({ name: "agent", creates: ["hash:ipport"] })).toThrow(
      /"hash:ipport" is no set type of ipset; .*hash:ip,port/,
    );
  });
});
