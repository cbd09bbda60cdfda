import fc from "fast-check";
import { expect, test } from "vitest";
import { readElfHeader } from "../../src/toolchain/binaries/elf.ts";
import { readExtensions } from "../../src/toolchain/binaries/extensions.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { buildElf, type ElfRecipe, type RegisteredExtension } from "../support/elf-builder.ts";
import { xtablesMulti } from "../support/netfilter-binaries.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** Small files made here; those of Debian's packages, loaded and read, are in debian-packages.test.ts. */

const STATE: RegisteredExtension[] = [
  { name: "conntrack", revision: 3, family: 10 },
  { name: "state", realName: "conntrack", revision: 1, family: 0 },
];

function extension(extensions: RegisteredExtension[], recipe: ElfRecipe = {}): Buffer {
  return buildElf({
    needed: ["libxtables.so.12", "libc.so.6"],
    strings: ["xtables_register_matches"],
    extensions,
    ...recipe,
  });
}

function read(bytes: Buffer) {
  const header = readElfHeader(bytes);
  if (!header) throw new Error("no ELF file");
  return readExtensions(bytes, header);
}

const ARCHITECTURES = ["amd64", "arm64", "arm", "386", "s390x", "riscv64"] as const;
const FORMS = ARCHITECTURES.flatMap((architecture) =>
  (["rela", "in-place"] as const).map((relocations) => ({ architecture, relocations })),
);

test.each(FORMS)("registrations of $architecture, pointers $relocations", (form) => {
  expect(read(extension(STATE, form))).toEqual({
    registrations: [
      { name: "conntrack", kind: "match", family: "ipv6", revision: 3, realName: undefined },
      { name: "state", kind: "match", family: "any", revision: 1, realName: "conntrack" },
    ],
  });
});

test("what a file asks of libxtables tells matches from targets", () => {
  const kinds = ["xtables_register_match", "xtables_register_targets", "xtables_insmod"].map(
    (name) => read(extension(STATE.slice(0, 1), { strings: [name] })).registrations[0]?.kind,
  );
  expect(kinds).toEqual(["match", "target", undefined]);
});

test.each([
  ["a family of another number", { name: "x", revision: 0, family: 5 }],
  ["no name", { name: "", revision: 0, family: 2 }],
  ["a name no kernel takes", { name: "x".repeat(29), revision: 0, family: 2 }],
  ["a name of other characters", { name: "a b", revision: 0, family: 2 }],
])("%s is no registration, and none is no empty list", (_, entry) => {
  expect(read(extension([entry]))).toEqual({ registrations: [], problem: "its bytes show none" });
});

test("a file of another kind, and one of an older layout", () => {
  expect(read(buildElf({ needed: ["libc.so.6"] })).problem).toBe("it names no libxtables");
  const old = buildElf({ strings: ["libxtables.so.7"], extensions: STATE });
  expect(read(old).problem).toMatch(/before 1\.4\.17/);
});

test("bytes changed anywhere give registrations of known shape, or none", () => {
  const bytes = extension(STATE);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 9), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), {
        minLength: 1,
        maxLength: 8,
      }),
      (changes) => {
        const hostile = Buffer.from(bytes);
        for (const [at, value] of changes) hostile.writeBigUInt64LE(value, at);
        const header = readElfHeader(hostile);
        if (!header) return;
        const { registrations, problem } = readExtensions(hostile, header);
        expect(registrations.length > 0 || problem !== undefined).toBe(true);
        for (const { name } of registrations) expect(name).toMatch(/^[\w-]{1,28}$/);
      },
    ),
    { numRuns: 500 },
  );
});

test("a program of 8 MB that is nothing but registrations is read in a moment, and said to hold too many", () => {
  const one: RegisteredExtension[] = Array.from({ length: 60_000 }, () => ({ name: "mark", revision: 1, family: 2 }));
  for (const relocations of ["rela", "in-place"] as const) {
    const bytes = extension(one, { relocations, strings: [] });
    const start = performance.now();
    const { registrations, problem } = read(bytes);
    expect(performance.now() - start).toBeLessThan(8000);
    expect(problem).toBe("it holds too many");
    expect(registrations).toHaveLength(2048);
  }
});

const LIBRARY = buildElf({ soname: "libxtables.so.12", needed: ["libc.so.6"], strings: ["/usr/lib/xtables"] });
const PROGRAM: Listing = {
  "/usr/sbin/xtables-nft-multi": xtablesMulti("1.8.9", "nft"),
  "/usr/sbin/iptables": "-> xtables-nft-multi",
  "/usr/lib/libxtables.so.12": "-> libxtables.so.12.7.0",
  "/usr/lib/libxtables.so.12.7.0": LIBRARY,
  "/lib/libc.so.6": "x",
};

function inspect(listing: Listing, env: string[] = []) {
  const { extensions, missing } = inspectToolchain(makePlatform(listing, { env }), { programs: [], variables: [] });
  return { extensions, missing };
}

test("an image's extensions: those whose files have their names, links included", () => {
  const listing: Listing = {
    ...PROGRAM,
    "/usr/lib/xtables/libxt_conntrack.so": { content: extension(STATE), mode: 0o644 },
    "/usr/lib/xtables/libxt_NAT.so": extension([
      { name: "SNAT", revision: 1, family: 10 },
      { name: "DNAT", revision: 2, family: 2 },
      { name: "DNAT", revision: 0, family: 2 },
    ]),
    "/usr/lib/xtables/libxt_DNAT.so": "-> libxt_NAT.so",
    "/usr/lib/xtables/libxt_state.so": "-> nowhere.so",
    "/usr/lib/xtables/README": "x",
  };
  const { extensions, missing } = inspect(listing);
  expect(missing).toEqual([]);
  expect(extensions).toEqual([
    {
      library: "/usr/lib/libxtables.so.12.7.0",
      directory: "/usr/lib/xtables",
      files: 4,
      tools: ["/usr/sbin/xtables-nft-multi"],
      list: [
        { name: "DNAT", kind: "match", family: "ipv4", revisions: [0, 2] },
        { name: "conntrack", kind: "match", family: "ipv6", revisions: [3] },
      ],
    },
  ]);
});

test("no extension at all, and none that can be read, are two things", () => {
  expect(inspect(PROGRAM).extensions).toMatchObject([{ files: 0, list: [] }]);
  const junk: Listing = {
    "/usr/lib/xtables/libxt_mark.so": "text",
    "/usr/lib/xtables/libxt_comment.so": Buffer.concat([extension(STATE), Buffer.alloc(2 ** 20)]),
    "/usr/lib/xtables/libxt_set.so": buildElf({ needed: ["libc.so.6"] }),
  };
  const { extensions, missing } = inspect({ ...PROGRAM, ...junk });
  const unread = ["libxt_comment.so", "libxt_mark.so", "libxt_set.so"];
  expect(extensions).toMatchObject([{ files: 3, list: [], unread }]);
  expect(missing).toEqual([
    { fact: "extensions in /usr/lib/xtables", reason: `what ${unread.join(", ")} register could not be read` },
  ]);
});

test("XTABLES_LIBDIR of the image stands above the folder in the library", () => {
  const { extensions } = inspect(PROGRAM, ["XTABLES_LIBDIR=/opt/a:/opt/b", "PATH=/usr/sbin"]);
  expect(extensions?.map(({ directory }) => directory)).toEqual(["/opt/a", "/opt/b"]);
});

test("a static program holds its extensions; where its bytes show none, that is said", () => {
  const strings = ["1.8.9 (legacy)", "2.6.18"];
  const withThem = buildElf({ strings, extensions: STATE, relocations: "in-place" });
  expect(inspect({ "/usr/sbin/iptables": withThem })).toEqual({
    extensions: [
      {
        library: "/usr/sbin/iptables",
        tools: ["/usr/sbin/iptables"],
        list: [
          { name: "conntrack", family: "ipv6", revisions: [3] },
          { name: "state", family: "any", revisions: [1], realName: "conntrack" },
        ],
      },
    ],
    missing: [],
  });
  const { extensions, missing } = inspect({ "/usr/sbin/iptables": buildElf({ strings }) });
  expect(extensions).toBeUndefined();
  expect(missing).toEqual([{ fact: "extensions of /usr/sbin/iptables", reason: "it names no libxtables" }]);
});
