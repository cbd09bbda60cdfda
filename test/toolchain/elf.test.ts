import fc from "fast-check";
import { expect, test } from "vitest";
import { readElfDynamic, readElfHeader, readInterpreter } from "../../src/toolchain/binaries/elf.ts";
import { buildElf, type ElfRecipe } from "../support/elf-builder.ts";
import { probe } from "../support/tree.ts";

const RECIPE: ElfRecipe = {
  interpreter: "/lib/ld-musl-x86_64.so.1",
  needed: ["libnftnl.so.11", "libc.so.6"],
  soname: "libx.so.1",
  runpath: "$ORIGIN/../lib:/opt/lib",
  definitions: ["X_1", "X_2"],
  needs: [
    { file: "libnftnl.so.11", versions: ["LIBNFTNL_11", "LIBNFTNL_16"] },
    { file: "libc.so.6", versions: ["GLIBC_2.34"] },
  ],
};

test.each([
  ["amd64", 64, true],
  ["arm64", 64, true],
  ["riscv64", 64, true],
  ["arm", 32, true],
  ["386", 32, true],
  ["s390x", 64, false],
] as const)("headers and dynamic section of %s", (architecture, bits, littleEndian) => {
  const bytes = buildElf({ ...RECIPE, architecture });
  const header = readElfHeader(bytes)!;
  expect(header).toMatchObject({ bits, littleEndian, architecture });
  expect(readInterpreter(bytes, header)).toBe(RECIPE.interpreter);
  const dynamic = readElfDynamic(bytes, header);
  expect(dynamic).toMatchObject({
    needed: RECIPE.needed,
    soname: "libx.so.1",
    runpath: ["$ORIGIN/../lib", "/opt/lib"],
    isRpath: false,
  });
  expect(dynamic?.versions()).toEqual({
    definitions: ["X_1", "X_2"],
    needs: [
      { library: "libnftnl.so.11", version: "LIBNFTNL_11" },
      { library: "libnftnl.so.11", version: "LIBNFTNL_16" },
      { library: "libc.so.6", version: "GLIBC_2.34" },
    ],
  });
});

test("a static file has no dynamic section; other bytes are no ELF file", () => {
  const bytes = buildElf({ strings: ["x"] });
  expect(readElfDynamic(bytes, readElfHeader(bytes)!)).toBeUndefined();
  expect(readElfHeader(Buffer.from("#!/bin/sh\n".repeat(10)))).toBeUndefined();
  expect(readElfHeader(bytes.subarray(0, 60))).toBeUndefined();
});

test("mutated and truncated files neither throw nor hang, in the reader and in the probe", () => {
  const original = buildElf({
    ...RECIPE,
    go: { version: "go1.22", modules: "path\tx\n" },
    strings: ["1.8.9 (nf_tables)"],
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
      fc.nat(original.length),
      fc.integer({ min: 1, max: 700 }),
      (changes, size, chunk) => {
        const bytes = Buffer.from(original);
        for (const [at, value] of changes) bytes[at] = value;
        const cut = bytes.subarray(0, size);
        const header = readElfHeader(cut);
        const dynamic = header && readElfDynamic(cut, header);
        expect(dynamic?.versions().definitions.length ?? 0).toBeLessThanOrEqual(1024);
        expect(dynamic?.versions().needs.length ?? 0).toBeLessThanOrEqual(1024);
        probe("/usr/sbin/iptables", cut, 0o755, chunk);
        probe("/opt/agent", cut, 0o755, chunk);
      },
    ),
    { numRuns: 400 },
  );
});
