import { describe, expect, test } from "vitest";
import { ask, messageOf, type ProfileSpec, type ProgramSpec, type Setup } from "../../support/cells.ts";

const lister: ProfileSpec = { ipset: { creates: ["hash:ip"], listsAll: true } };
const newer: ProgramSpec = { name: "agent", ipset: "7.17", creates: ["hash:ip"] };
const image = { ipset: "7.11" };
const recent = { kernel: "6.8.0-31-generic" };

describe("ipset-revision of what is partly known", () => {
  const rule = "ipset-revision";
  const maker: ProfileSpec = { ipset: { creates: ["hash:ip"], listsAll: false } };
  const old: ProgramSpec = { name: "old", ipset: "7.6", listsAllSets: true, creates: [] };
  const newest = { ipset: "7.24" };
  test.each<[string, Setup, string[]]>([
    [
      "a writer of unknown version",
      { image, host: recent, programs: [{ ...newer, ipset: null }], profile: lister },
      ["warning", "missing: version of the ipset of agent"],
    ],
    [
      "the same beside an image that knows all revisions",
      { image: newest, host: recent, programs: [{ ...newer, ipset: null }], profile: lister },
      [],
    ],
    [
      "the same of a type that didn't change",
      { image, host: recent, programs: [{ ...newer, ipset: null, creates: ["bitmap:port"] }], profile: lister },
      ["warning"],
    ],
    ["nothing known of it", { image, host: recent, programs: [{ name: "agent" }], profile: lister }, ["warning"]],
    ["a reader that lists all", { image: newest, host: recent, programs: [old], profile: maker }, ["error old"]],
    [
      "a reader of which it isn't known",
      { image: newest, host: recent, programs: [{ ...old, listsAllSets: null }], profile: maker },
      ["warning old"],
    ],
    [
      "a reader that doesn't",
      { image: newest, host: recent, programs: [{ ...old, listsAllSets: false }], profile: maker },
      [],
    ],
    [
      "a reader of unknown version",
      { image: newest, host: recent, programs: [{ ...old, ipset: null }], profile: maker },
      ["missing: version of the ipset of old"],
    ],
    [
      "an image of unknown version",
      { image: { ipset: null }, host: recent, programs: [old], profile: maker },
      ["missing: version of the image's ipset"],
    ],
    [
      "a kernel older than the known ones",
      { image: newest, host: { kernel: "4.14.355" }, programs: [old], profile: maker },
      ["missing: revisions of the set types of kernel 4.14"],
    ],
    [
      "neither sets nor listing known",
      { image: newest, host: recent, programs: [{ ...old, ipset: null, listsAllSets: null }] },
      [],
    ],
  ])("%s", (_, setup, expected) => {
    expect(ask(rule, setup)).toEqual(expected);
  });
});

describe("ipset-revision", () => {
  const rule = "ipset-revision";
  test.each<[string, Setup, string[]]>([
    [
      "a stated writer, an image that lists all",
      { image, host: recent, programs: [newer], profile: lister },
      ["error agent"],
    ],
    [
      "sets of the writer not stated",
      { image, host: recent, programs: [{ ...newer, creates: null }], profile: lister },
      ["warning agent"],
    ],
    ["what the image lists not known", { image, host: recent, programs: [newer] }, ["warning agent"]],
    [
      "an image that lists only its own sets",
      { image, host: recent, programs: [newer], profile: { ipset: { creates: ["hash:ip"], listsAll: false } } },
      [],
    ],
    [
      "a set type that didn't change",
      {
        image,
        host: recent,
        programs: [{ ...newer, creates: ["bitmap:port"] }],
        profile: { ipset: { creates: [], listsAll: true } },
      },
      ["warning"],
    ],
    [
      "a writer that makes no sets",
      { image, host: recent, programs: [{ ...newer, creates: [] }], profile: lister },
      ["warning"],
    ],
    [
      "a writer as old as the image",
      { image, host: recent, programs: [{ ...newer, ipset: "7.15" }], profile: lister },
      ["warning"],
    ],
    ["nobody stated, an image that lists all", { image, host: recent, profile: lister }, ["warning"]],
    ["nobody stated, not known what the image does", { image, host: recent }, ["notice"]],
    ["the kernel is as old as the tool", { image, host: { kernel: "6.1" }, programs: [newer], profile: lister }, []],
    [
      "7.6 on kernel 5.15: nearly all types",
      { image: { ipset: "7.6" }, host: { kernel: "5.15" }, programs: [newer], profile: lister },
      ["error agent"],
    ],
    [
      "7.6 on kernel 5.10",
      { image: { ipset: "7.6" }, host: { kernel: "5.10" }, programs: [newer], profile: lister },
      [],
    ],
    ["the first good release", { image: { ipset: "7.16" }, host: recent, programs: [newer], profile: lister }, []],
    [
      "kernel not known",
      { image, host: { kernel: "unknown" }, programs: [newer], profile: lister },
      ["missing: kernel release of the host"],
    ],
    ["kernel not known, nobody stated", { image, host: { kernel: "unknown" }, profile: lister }, []],
    [
      "version of the image not known",
      { image: { ipset: null }, host: recent, programs: [newer], profile: lister },
      ["missing: version of the image's ipset"],
    ],
    ["no ipset", { image: { nft: "1.8.11" }, host: recent, programs: [newer] }, []],
    ["in a pod's namespace", { image, host: recent, programs: [newer], profile: lister, network: "pod" }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

  test("names revisions, and lists only a few of many types", () => {
    expect(messageOf(rule, { image, host: recent, programs: [newer], profile: lister })).toContain(
      "hash:ip gets revision 6, it knows 5",
    );
    const many = messageOf(rule, {
      image: { ipset: "7.6" },
      host: recent,
      programs: [{ ...newer, creates: null }],
      profile: lister,
    });
    expect(many).toMatch(/and \d+ more types/);
  });
});

describe("ipset-module-missing", () => {
  const rule = "ipset-module-missing";
  const uses: ProfileSpec = { ipset: { creates: ["hash:ip,port"] } };
  const absent = (name: string) => ({ modules: { absent: [name] } });
  test.each<[string, Setup, string[]]>([
    ["there", { image, profile: uses }, []],
    ["no ip_set, sets known", { image, profile: uses, host: absent("ip_set") }, ["error"]],
    ["no ip_set, sets not known", { image, host: absent("ip_set") }, ["warning"]],
    ["a set type is absent", { image, profile: uses, host: absent("ip_set_hash_ipport") }, ["error"]],
    ["another set type is absent", { image, profile: uses, host: absent("ip_set_hash_mac") }, []],
    [
      "in a further package",
      { image, profile: uses, host: { modules: { "optional-package": ["ip_set"] } } },
      ["warning"],
    ],
    [
      "not known, sets known",
      { image, profile: uses, host: { modules: { unknown: ["ip_set"] } } },
      ["missing: state of kernel module ip_set"],
    ],
    ["not known, sets not known", { image, host: { modules: { unknown: ["ip_set"] } } }, []],
    ["a program that makes no sets", { image, profile: { ipset: { creates: [] } }, host: absent("ip_set") }, []],
    ["no ipset", { image: { nft: "1.8.11" }, host: absent("ip_set") }, []],
  ])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));
});
