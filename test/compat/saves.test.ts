import { describe, expect, test } from "vitest";
import { exposureOf } from "../../src/compat/exposure.ts";
import { findProfile, profileOfVersion, resolveProgram } from "../../src/hosts/programs.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import { ask, messageOf, type ProgramSpec, type Setup } from "../support/cells.ts";

/** `iptables-save` exits 0 where `-S` and `-L` refuse a table (measured): who only saves does not fail, and goes by less than
 * there is. */

const image: Setup["image"] = { nft: "1.8.10" };
/** An older iptables on the node, which does what is named. */
const reader = (...operations: NonNullable<ProgramSpec["operations"]>): ProgramSpec => ({
  name: "reader",
  backend: "nft",
  iptables: "1.8.7",
  writes: [],
  operations,
});
const writes = (...constructs: string[]): Setup["profile"] & object => ({ writes: constructs });

describe("a table that -S refuses", () => {
  const range = (...operations: Parameters<typeof reader>): Setup => ({
    image,
    profile: writes("port-range"),
    programs: [reader(...operations)],
  });
  test("is an error to who lists it, a warning to who saves it, nothing to who does neither", () => {
    expect(ask("image-newer-writer", range("list"))).toEqual(["error reader"]);
    expect(ask("image-newer-writer", range("save"))).toEqual(["warning reader"]);
    expect(ask("image-newer-writer", range("save-chains"))).toEqual(["warning reader"]);
    expect(ask("image-newer-writer", range("append", "check", "delete"))).toEqual([]);
    expect(ask("image-newer-writer", range("save", "list"))).toEqual(["error reader"]);
  });
  test("is left out of what is saved, and that is what is said", () => {
    expect(messageOf("image-newer-writer", range("save"))).toBe(
      "reader (iptables 1.8.7) finds tables left out of iptables-save in which the image's iptables 1.8.10 stored port ranges (--dport a:b)",
    );
  });
  test("the other way round it is the quiet rule's", () => {
    const own: Setup = {
      image: { nft: "1.8.7" },
      profile: { writes: [], operations: ["append", "save-chains"] },
      programs: [{ ...reader("append"), iptables: "1.8.10", writes: ["nflog"] }],
    };
    expect(ask("nft-newer-writer", own)).toEqual([]);
    expect(ask("silent-match-loss", own)).toEqual(["warning reader"]);
    expect(ask("silent-match-loss", { ...own, image: { nft: "1.8.8" } })).toEqual([]);
    expect(ask("nft-newer-writer", { ...own, profile: { writes: [], operations: ["list"] } })).toEqual([
      "error reader",
    ]);
  });
});

describe("a match that is lost in what is printed", () => {
  const mark = (...operations: Parameters<typeof reader>): Setup => ({
    image,
    profile: writes("mark-match"),
    programs: [reader(...operations)],
  });
  test("matters to who goes by the rules, not to who takes the names of chains", () => {
    expect(ask("image-newer-writer", mark("list"))).toEqual(["warning reader"]);
    expect(ask("image-newer-writer", mark("save"))).toEqual(["warning reader"]);
    expect(ask("image-newer-writer", mark("save-chains"))).toEqual([]);
  });
});

describe("what the laboratory measured of -save", () => {
  const saved = (construct: string, version: string) => {
    const { loud, misread, leftOut } = exposureOf("1.8.10", version, [construct], ["save"]);
    return { loud: loud.length, misread: misread.length, leftOut: leftOut.map(({ text }) => text) };
  };
  test("1.8.2 and 1.8.3 leave the table out without a word, 1.8.4 to 1.8.7 say so, later ones read it", () => {
    const none = { loud: 0, misread: 0, leftOut: [] };
    for (const version of ["1.8.2", "1.8.3"])
      expect(saved("nflog", version)).toEqual({ ...none, leftOut: ["exit 0; the table is left out without a word"] });
    for (const version of ["1.8.4", "1.8.7"])
      expect(saved("nflog", version)).toEqual({
        ...none,
        leftOut: ["exit 0; the table is left out and a line says so"],
      });
    for (const version of ["1.8.8", "1.8.11"]) expect(saved("nflog", version)).toEqual(none);
  });
});

describe("programs by their sources", () => {
  const operationsOf = (id: string) => findProfile(id)?.operations?.value ?? [];
  test("kube-proxy takes the names of chains in nat from iptables-save", () => {
    for (const id of ["kube-proxy", "kube-proxy-ipvs"]) {
      expect(operationsOf(id)).toContain("save-chains");
      expect(operationsOf(id)).not.toContain("list");
    }
    const tables = profileOfVersion(findProfile("kube-proxy")!, "1.36").tables?.value.reads;
    expect(tables).toEqual({ "save-chains": ["nat"], "list-own-chain": ["mangle"] });
    expect(resolveProgram("kube-proxy@1.28").operations).toContain("save-chains");
  });
  test("Felix reads the comment that says that a table is left out, and fails", () => {
    expect(operationsOf("calico")).toContain("list");
  });
  test("those that list whole tables still do", () => {
    for (const id of ["kilo", "cilium", "aws-vpc-cni", "kind-kindnetd", "docker", "azure-npm", "kube-ovn"])
      expect(operationsOf(id), id).toContain("list");
  });
  test("no profile names a table for what its program doesn't do", () => {
    for (const profile of programProfiles)
      for (const row of [profile, ...profile.versions]) {
        const does = row.operations?.value ?? profile.operations?.value ?? [];
        for (const operation of Object.keys(row.tables?.value.reads ?? {}))
          expect(does, profile.id).toContain(operation);
      }
  });
});
