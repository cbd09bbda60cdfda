import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultLimits } from "../../src/image/limits.ts";
import { decodeAnyHeader } from "../../src/image/tar/header.ts";
import type { TarMember } from "../../src/image/tar/members.ts";
import { decodePlainHeader } from "../../src/image/tar/plain-header.ts";
import { createTarReader } from "../../src/image/tar/reader.ts";
import { UserError } from "../../src/model/error.ts";
import { scratchFolder } from "../support/scratch.ts";
import { encodePax, gnuLong, type TarEntry, writeTar } from "../support/tar-writer.ts";

const LIMITS = { ...defaultLimits, headerBytes: 65_536 };

interface Read {
  member: TarMember;
  content: string;
}

/** Reads an archive in pieces of a size. */
function read(archive: Buffer, pieces = archive.length, limits = LIMITS): Read[] {
  const result: Read[] = [];
  const reader = createTarReader((member) => {
    const entry: Read = { member, content: "" };
    result.push(entry);
    let ended = false;
    return {
      write(chunk) {
        entry.content += chunk.toString("latin1");
        return true;
      },
      end() {
        expect(ended).toBe(false);
        ended = true;
        expect(entry.content).toHaveLength(member.size);
      },
    };
  }, limits);
  for (let at = 0; at < archive.length; at += pieces) reader.push(Buffer.from(archive.subarray(at, at + pieces)));
  reader.end();
  return result;
}

function names(archive: Buffer): string[] {
  return read(archive).map(({ member }) => member.name);
}

describe("what archives hold", () => {
  const long = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(90)}`;
  const cases: [string, TarEntry[], Partial<TarMember>[]][] = [
    ["ustar with a prefix", [{ name: "b", prefix: "a/x", content: "1" }], [{ name: "a/x/b", type: "file", size: 1 }]],
    [
      "v7",
      [
        { name: "dir/", format: "v7", flag: "\0" },
        { name: "f", flag: "\0", format: "v7", content: "1" },
      ],
      [
        { name: "dir/", type: "directory" },
        { name: "f", type: "file" },
      ],
    ],
    [
      "GNU, whose times stand where ustar has the prefix",
      [{ name: "f", format: "gnu", prefix: "15012345670" }],
      [{ name: "f" }],
    ],
    [
      "GNU long name and link",
      [gnuLong("L", long), gnuLong("K", `/${long}`), { name: "short", flag: "2", linkname: "short" }, { name: "next" }],
      [
        { name: long, linkname: `/${long}` },
        { name: "next", linkname: "" },
      ],
    ],
    [
      "PAX path, link and owner",
      [{ name: "x", flag: "2", linkname: "y", pax: { path: long, linkpath: "über", uid: "4000000000", mtime: "1.5" } }],
      [{ name: long, linkname: "über", uid: 4_000_000_000 }],
    ],
    [
      "a GNU long name beats a PAX path, as in Go",
      [gnuLong("L", "gnu"), { name: "x", pax: { path: "pax" } }],
      [{ name: "gnu" }],
    ],
    [
      "the last of two extended headers counts",
      [
        { name: "h", flag: "x", content: encodePax({ path: "one" }) },
        { name: "x", pax: { uid: "5" } },
      ],
      [{ name: "x", uid: 5 }],
    ],
    [
      "global records are passed over, as by Go",
      [
        { name: "g", flag: "g", content: encodePax({ uid: "7", comment: "c" }) },
        { name: "a" },
        { name: "b", pax: { uid: "8" } },
        { name: "c", pax: { uid: "" } },
      ],
      [
        { name: "a", uid: 0 },
        { name: "b", uid: 8 },
        { name: "c", uid: 0 },
      ],
    ],
    [
      "PAX size",
      [{ name: "big", content: "12345", size: 0, pax: { size: "5" } }, { name: "after" }],
      [{ name: "big", size: 5 }, { name: "after" }],
    ],
    [
      "a size in base 256",
      [
        {
          name: "b",
          content: "123",
          edit: (header) => header.fill(0, 124, 136).writeUInt8(0x80, 124) && header.writeUInt8(3, 135),
        },
        { name: "after" },
      ],
      [{ name: "b", size: 3 }, { name: "after" }],
    ],
    [
      "links, devices and directories have no body whatever their size says",
      [
        { name: "l", flag: "2", linkname: "x", size: 700 },
        { name: "h", flag: "1", linkname: "x", size: 700 },
        { name: "c", flag: "3", size: 9 },
        { name: "d/", flag: "5", size: 512 },
        { name: "p", flag: "6" },
        { name: "after" },
      ],
      [
        { type: "symlink" },
        { type: "hardlink" },
        { type: "device" },
        { type: "directory", size: 0 },
        { type: "fifo" },
        { name: "after" },
      ],
    ],
    [
      "a type that is not known is a file",
      [
        { name: "odd", flag: "Q", content: "12" },
        { name: "old", flag: "7", content: "3" },
      ],
      [
        { type: "file", size: 2 },
        { type: "file", size: 1 },
      ],
    ],
    [
      "a volume label is nothing, a list of names is a directory",
      [
        { name: "label", flag: "V", format: "gnu" },
        { name: "d", flag: "D", content: "Yx\0\0", format: "gnu" },
        { name: "after" },
      ],
      [{ name: "d", type: "directory", size: 0 }, { name: "after" }],
    ],
    [
      "names that are not UTF-8 keep their bytes",
      [{ name: Buffer.from("caf\xe9", "latin1") }, { name: "café" }],
      [{ name: "caf\xe9" }, { name: "café" }],
    ],
    [
      "a checksum of signed bytes",
      [
        {
          name: Buffer.from("\xff\xfe", "latin1"),
          damage: (header) =>
            header.write(
              `${(Number.parseInt(header.toString("latin1", 148, 154), 8) - 512).toString(8).padStart(6, "0")}\0 `,
              148,
              "latin1",
            ),
        },
      ],
      [{ name: "\xff\xfe" }],
    ],
    ["setuid and owner", [{ name: "s", mode: 0o104755, uid: 1000, gid: 100 }], [{ mode: 0o4755, uid: 1000, gid: 100 }]],
  ];
  test.each(cases)("%s", (_, entries, expected) => {
    const members = read(writeTar(entries)).map(({ member }) => member);
    expect(members).toHaveLength(expected.length);
    for (const [i, part] of expected.entries()) expect(members[i]).toMatchObject(part);
  });

  test("file capabilities keep their bytes", () => {
    const value = Buffer.from([1, 0, 0, 2, 0, 0x10, 0xff, 0x0a, 0x3d, 0]);
    const [entry] = read(
      writeTar([{ name: "ping", pax: { "SCHILY.xattr.security.capability": value, "SCHILY.xattr.__proto__": "x" } }]),
    );
    expect(entry?.member.xattrs["security.capability"]).toBe(value.toString("latin1"));
    expect(Object.keys(entry?.member.xattrs ?? {})).toEqual(["security.capability", "__proto__"]);
  });

  test("pieces of any size give the same", () => {
    const entries: TarEntry[] = [
      { name: "a", content: "x".repeat(1500), pax: { path: "long/a" } },
      gnuLong("L", "z".repeat(700)),
      { name: "b", content: "y".repeat(512) },
      { name: "c" },
    ];
    const archive = writeTar(entries);
    const whole = JSON.stringify(read(archive));
    fc.assert(fc.property(fc.integer({ min: 1, max: 3000 }), (size) => JSON.stringify(read(archive, size)) === whole));
  });

  test("a reader that is told what is left out finds the rest", () => {
    const archive = writeTar([
      { name: "a", content: Buffer.alloc(100_000) },
      { name: "b", content: "1" },
    ]);
    const found: [string, number][] = [];
    const reader = createTarReader((member) => {
      found.push([member.name, member.offset]);
      return undefined;
    }, LIMITS);
    for (let at = 0; at < archive.length; ) {
      reader.push(archive.subarray(at, at + 512));
      const skip = reader.skippable();
      reader.skip(skip);
      at += 512 + skip;
    }
    reader.end();
    expect(found).toEqual([
      ["a", 512],
      ["b", 512 + 100_352 + 512],
    ]);
  });
});

describe("the short way for plain headers", () => {
  const text = (length: number) => fc.string({ unit: fc.constantFrom("a", "/", ".", "\xe9"), maxLength: length });
  const number = (digits: number) => fc.integer({ min: 0, max: 8 ** digits - 1 });
  const entry = fc.record({
    name: text(100).map((name) => Buffer.from(name, "latin1")),
    linkname: text(100).map((name) => Buffer.from(name, "latin1")),
    prefix: fc.constantFrom("", "a", "a/b"),
    flag: fc.constantFrom("0", "\0", "1", "2", "5", "L", "x", "7"),
    format: fc.constantFrom("ustar" as const, "gnu" as const, "v7" as const),
    mode: number(7),
    uid: number(7),
    gid: number(7),
    size: number(11),
  });
  const field = fc.record({
    at: fc.nat(511),
    bytes: fc.uint8Array({ maxLength: 12 }),
    sum: fc.boolean(),
  });

  test("gives what tar-stream gives, or nothing", () => {
    let plain = 0;
    fc.assert(
      fc.property(entry, fc.option(field, { freq: 2 }), (fields, change) => {
        const edit = (header: Buffer) => {
          if (change) header.set(change.bytes.subarray(0, 512 - change.at), change.at);
        };
        const block = writeTar([{ ...fields, ...(change?.sum === false ? { damage: edit } : { edit }) }]).subarray(
          0,
          512,
        );
        const short = decodePlainHeader(block);
        if (short === undefined) return;
        plain++;
        expect(short).toEqual(decodeAnyHeader(block, 512));
      }),
      { numRuns: 5000 },
    );
    expect(plain).toBeGreaterThan(500);
  });
});

describe("ends", () => {
  const file = writeTar([{ name: "a", content: "x".repeat(700) }]);
  test.each([
    ["two blocks of zeros", file],
    ["none", file.subarray(0, file.length - 1024)],
    ["one", file.subarray(0, file.length - 512)],
    ["no padding", file.subarray(0, 512 + 700)],
    ["what follows them is not read", Buffer.concat([file, Buffer.from("more")])],
  ])("%s", (_, archive) => {
    expect(names(archive)).toEqual(["a"]);
  });
});

describe("what is not tar", () => {
  const cases: [string, Buffer, RegExp][] = [
    [
      "a wrong checksum",
      writeTar([{ name: "a" }, { name: "b", damage: (header) => header.write("c") }]),
      /invalid tar header at byte 512: wrong checksum/,
    ],
    ["only a checksum field", Buffer.alloc(512).fill("1", 148, 156), /no tar archive/],
    [
      "a size with other characters",
      writeTar([{ name: "a", edit: (header) => header.write("0000012x456", 124) }]),
      /its size is not a number/,
    ],
    ["a negative size", writeTar([{ name: "a", edit: (header) => header.fill(0xff, 124, 136) }]), /impossible size/],
    [
      "a size beyond all numbers",
      writeTar([{ name: "a", edit: (header) => header.fill(0x7f, 124, 136).writeUInt8(0x80, 124) }]),
      /impossible size/,
    ],
    [
      "a file behind a block of zeros",
      Buffer.concat([Buffer.alloc(512), writeTar([{ name: "a" }])]),
      /follows a block of zeros/,
    ],
    [
      "an end inside a file",
      writeTar([{ name: "a", content: "1".repeat(600) }]).subarray(0, 1000),
      /truncated: the tar ends inside a file, at byte 1000/,
    ],
    [
      "an end inside a header",
      writeTar([{ name: "a" }, { name: "b" }]).subarray(0, 600),
      /truncated: the tar ends inside a header, at byte 600/,
    ],
    ["nothing but a beginning", Buffer.from("hosts: [debian-12]\n"), /truncated, or no tar archive/],
    [
      "an extended header without a file",
      writeTar([{ name: "x", flag: "x", content: encodePax({ path: "p" }) }]),
      /before the file of an extended header/,
    ],
    [
      "records of wrong length",
      writeTar([{ name: "x", flag: "x", content: "99 path=a\n" }, { name: "a" }]),
      /malformed extended tar header/,
    ],
    [
      "records without a key",
      writeTar([{ name: "x", flag: "x", content: "7 path\n" }, { name: "a" }]),
      /malformed extended tar header/,
    ],
    [
      "a PAX size that is none",
      writeTar([{ name: "a", pax: { size: "-1" } }]),
      /malformed extended tar header: size is "-1"/,
    ],
    ["an extended header of a gigabyte", writeTar([{ name: "x", flag: "x", size: 2 ** 30 }]), /longer than 64KiB/],
    ["a path of 5000 bytes", writeTar([{ name: "a", pax: { path: "p".repeat(5000) } }]), /longer than 4KiB/],
    [
      "an extended header of Solaris, which is a file of an unknown kind to Go",
      writeTar([{ name: "x", flag: "X", content: encodePax({ path: "p" }) }, { name: "a" }]),
      /an extended tar header of Solaris at byte 0/,
    ],
    [
      "an extended header in front of the label of a volume, to which it belongs",
      writeTar([
        { name: "x", flag: "x", content: encodePax({ path: "p" }) },
        { name: "label", flag: "V" },
        { name: "a" },
      ]),
      /an extended tar header before byte 1024 belongs to no file/,
    ],
    ["a continued volume", writeTar([{ name: "a", flag: "M" }]), /continued from another tar volume/],
    [
      "a sparse map that overlaps",
      writeTar([{ name: "a", content: "1234", pax: { "GNU.sparse.size": "10", "GNU.sparse.map": "4,2,3,2" } }]),
      /malformed map/,
    ],
    [
      "a sparse map beyond the file",
      writeTar([{ name: "a", content: "1234", pax: { "GNU.sparse.size": "10", "GNU.sparse.map": "8,4" } }]),
      /malformed map/,
    ],
    [
      "a sparse file of too few bytes",
      writeTar([{ name: "a", content: "12", pax: { "GNU.sparse.size": "10", "GNU.sparse.map": "0,4" } }]),
      /malformed map/,
    ],
    [
      "a sparse map that does not end",
      writeTar([
        {
          name: "a",
          content: "99999\n1\n",
          pax: { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "10" },
        },
      ]),
      /malformed map/,
    ],
  ];
  test.each(cases)("%s", (_, archive, message) => {
    expect(() => read(archive)).toThrow(UserError);
    expect(() => read(archive)).toThrow(message);
  });

  test("damage anywhere is an error or the same list, never a shorter one", () => {
    const archive = writeTar([
      { name: "a", content: "1".repeat(600) },
      { name: "b", pax: { path: "long" } },
      { name: "c" },
    ]);
    const end = archive.length - 1024;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: end - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(archive);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        try {
          return read(damaged).length === 3;
        } catch (error) {
          return error instanceof UserError;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("archives of GNU tar", () => {
  const scratch = scratchFolder("gnu-tar");
  const tree = join(scratch.path, "tree");
  mkdirSync(join(tree, "deep", "n".repeat(120), "m".repeat(120)), { recursive: true });
  const data = Buffer.from("some content ".repeat(5000));
  writeFileSync(join(tree, "deep", "n".repeat(120), "m".repeat(120), "file"), data);
  const sparse = Buffer.alloc(3_000_000);
  for (let i = 0; i < 12; i++) sparse.write(`island ${i}`, i * 250_000 + 5000);
  writeFileSync(join(tree, "plain"), sparse);
  // cp finds the zeros and makes holes of them, so that tar has some to store.
  execFileSync("cp", ["--sparse=always", join(tree, "plain"), join(tree, "sparse")], { timeout: 60_000 });

  test.each([
    ["gnu", "--format=gnu"],
    ["oldgnu", "--format=oldgnu"],
    ["pax", "--format=pax"],
    ["sparse gnu", "--format=gnu", "-S"],
    ["sparse pax 0.0", "--format=pax", "-S", "--sparse-version=0.0"],
    ["sparse pax 0.1", "--format=pax", "-S", "--sparse-version=0.1"],
    ["sparse pax 1.0", "--format=pax", "-S", "--sparse-version=1.0"],
  ])("%s", (_, ...options) => {
    const archive = execFileSync("tar", [...options, "--sort=name", "-C", tree, "-c", "."], {
      maxBuffer: 2 ** 26,
      timeout: 60_000,
    });
    for (const pieces of [archive.length, 1000]) {
      const files = read(archive, pieces).filter(({ member }) => member.type === "file");
      expect(files.map(({ member }) => member.name)).toEqual([
        `./deep/${"n".repeat(120)}/${"m".repeat(120)}/file`,
        "./plain",
        "./sparse",
      ]);
      expect(files[0]?.content === data.toString("latin1")).toBe(true);
      for (const file of files.slice(1)) expect(file.content === sparse.toString("latin1")).toBe(true);
    }
  });
});
