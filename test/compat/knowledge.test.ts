import { describe, expect, test } from "vitest";
import { buildOf, effectsOf } from "../../src/compat/encodings.ts";
import { resolveProgram } from "../../src/hosts/programs.ts";
import encodingsJson from "../../src/knowledge/encodings.json" with { type: "json" };
import userdata from "../../src/knowledge/nft-userdata.json" with { type: "json" };
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import requirements from "../../src/knowledge/requirements.json" with { type: "json" };
import { encodingsFileSchema } from "../../src/knowledge/schema/encodings.ts";
import { requirementsFileSchema } from "../../src/knowledge/schema/requirements.ts";
import wrapperChoices from "../../src/knowledge/wrapper-choices.json" with { type: "json" };
import wrappers from "../../src/knowledge/wrappers.json" with { type: "json" };
import xtExtensions from "../../src/knowledge/xt-extensions.json" with { type: "json" };
import { compareVersions, inRange, isVersion } from "../../src/model/version.ts";
import { evaluate } from "../support/cells.ts";

const profiles = new Set(programProfiles.map((profile) => profile.id));

test("every wrapper that can be recognised has its choice, and no other", () => {
  const recognised = [...wrappers.scripts, ...wrappers.go.generations].map(({ version }) => version);
  expect(wrapperChoices.generations.map(({ version }) => version).sort()).toEqual([...new Set(recognised)].sort());
});

test("extensions: programs and constructs exist, modules are named", () => {
  const known = new Set(Object.keys(xtExtensions.extensions));
  for (const { program, always, features } of xtExtensions.programs) {
    expect(profiles, program).toContain(program);
    for (const name of [...always, ...features.flatMap(({ extensions }) => extensions)]) expect(known).toContain(name);
  }
  for (const name of xtExtensions.common.extensions) expect(known).toContain(name);
  for (const { module } of Object.values(xtExtensions.extensions)) expect(module).toMatch(/^(xt|ipt)_/);
});

test("requirements: ids are unique, programs exist, versions are versions", () => {
  const parsed = requirementsFileSchema.parse(requirements);
  expect(new Set(parsed.map(({ id }) => id)).size).toBe(parsed.length);
  for (const { id, when, tool, min, feature } of parsed) {
    if (min !== undefined) expect(min).toSatisfy(isVersion);
    expect(
      [min, feature].filter((needed) => needed !== undefined),
      id,
    ).toHaveLength(1);
    if (feature !== undefined) expect(tool, id).toBe("nft");
    if ("program" in when) expect(profiles).toContain(when.program);
  }
});

test("set user data: every release is writer or crashing reader, not both", () => {
  for (const version of ["0.9.8", "1.0.6", "1.1.1", "1.1.2", "1.1.3", "1.1.7"])
    expect(inRange(version, userdata.writer)).toBe(!inRange(version, userdata.crashing));
  for (const version of userdata.good) expect(inRange(version, userdata.crashing)).toBe(true);
  for (const { program } of [...userdata.setMakers, ...userdata.repairedBuilds]) expect(profiles).toContain(program);
});

describe("builds that carry a later encoding", () => {
  const { backports, encodings } = encodingsFileSchema.parse(encodingsJson);
  const rpm = (version: string) => ({ name: "iptables", version, database: "rpm" as const });

  test("each names an entry that begins with a release", () => {
    for (const backport of backports)
      expect(encodings.find(({ id }) => id === backport.encoding)?.writer.min, backport.encoding).toSatisfy(isVersion);
  });

  test.each([
    ["1.8.4-16.el8", ["address-prefix"]],
    ["1.8.4-24.el8_8.2", ["address-prefix"]],
    ["1.8.4-15.el8", []],
    ["1.8.4-16.amzn2", []],
  ])("1.8.4 packaged as %s carries %j", (version, carries) => {
    const build = buildOf("1.8.4", rpm(version));
    expect(typeof build === "string" ? [] : build.carries).toEqual(carries);
  });

  test("without a record, or of another database, it is the plain release", () => {
    expect(buildOf("1.8.4", undefined)).toBe("1.8.4");
    expect(buildOf("1.8.4", { ...rpm("1.8.4-16.el8"), database: "dpkg" })).toBe("1.8.4");
    expect(buildOf("1.8.5", rpm("1.8.5-16.el8"))).toBe("1.8.5");
  });

  test("it reads and writes prefixes as 1.8.7, everything else as 1.8.4", () => {
    const build = buildOf("1.8.4", rpm("1.8.4-24.el8_8.2"));
    expect(effectsOf("1.8.11", "1.8.4", "address-prefix")).not.toEqual([]);
    expect(effectsOf("1.8.11", build, "address-prefix")).toEqual([]);
    expect(effectsOf("1.8.4", "1.8.4", "address-prefix")).toEqual([]);
    expect(effectsOf(build, "1.8.4", "address-prefix")).not.toEqual([]);
    expect(effectsOf("1.8.11", build, "mark-match")).toEqual(effectsOf("1.8.11", "1.8.4", "mark-match"));
  });
});

test("every match and target that a program is said to use has an entry", () => {
  const used = [
    ...xtExtensions.common.extensions,
    ...xtExtensions.programs.flatMap(({ always, features }) => [
      ...always,
      ...features.flatMap((one) => one.extensions),
    ]),
  ];
  expect(used.filter((name) => !Object.hasOwn(xtExtensions.extensions, name))).toEqual([]);
});

describe("programs whose rules nobody read", () => {
  const unread = programProfiles
    .filter(({ writes, versions }) => writes === undefined && versions.some((row) => row.writes === undefined))
    .flatMap(({ id, versions }) =>
      versions.flatMap(({ iptables, versions: range }) => (iptables === undefined ? [] : [{ id, range }])),
    );

  test("are these", () => {
    expect([...new Set(unread.map(({ id }) => id))]).toEqual(["istio", "k0s", "microk8s"]);
  });

  test.each(unread)("$id $range is taken to write the common rules: warnings that say so", ({ id, range }) => {
    const program = resolveProgram(`${id}@${/\d[\d.]*/.exec(range)?.[0]}`);
    const cell = evaluate({ image: { nft: "1.8.5" }, programs: [program], profile: { operations: ["list"] } });
    const about = cell.all.filter((finding) => finding.program === program.id);
    const newer = compareVersions(program.iptables ?? "0", "1.8.8") >= 0;
    expect(about.some(({ rule }) => rule === "nft-newer-writer")).toBe(newer);
    for (const { severity, message } of about) {
      expect(severity).not.toBe("error");
      expect(message).toContain("the common rules are assumed");
    }
  });
});
