import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultLimits } from "../../src/image/limits.ts";
import type { TarMember } from "../../src/image/tar/members.ts";
import { decodeName } from "../../src/image/tar/pax.ts";
import { createTarReader } from "../../src/image/tar/reader.ts";
import { UserError } from "../../src/model/error.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { encodePax, gnuLong, type TarEntry, writeTar } from "../support/tar-writer.ts";

/**
 * Every container runtime reads layers with Go's archive/tar. Where that has its own mind, an archive could show it other files
 * than a reader of ours: so ours has the same files, or refuses the archive.
 */

interface Listed {
  name: string;
  link: string;
  type: TarMember["type"];
  digest: string;
}

/** @returns undefined when the archive is refused */
function readOurs(archive: Buffer): Listed[] | undefined {
  const entries: Listed[] = [];
  try {
    const reader = createTarReader((member) => {
      const { name, type, linkname } = member;
      const hash = createHash("sha256");
      const entry: Listed = { name, type, link: linkname, digest: "" };
      entries.push(entry);
      const end = () => {
        entry.digest = hash.copy().digest("hex");
      };
      end();
      return { write: (chunk) => hash.update(chunk) !== undefined, end };
    }, defaultLimits);
    reader.push(archive);
    reader.end();
    return entries;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

interface GoEntry {
  Name: string;
  Link: string;
  Flag: string;
  Digest: string;
}

const TYPES: Readonly<Record<string, TarMember["type"]>> = {
  "1": "hardlink",
  "2": "symlink",
  "3": "device",
  "4": "device",
  "5": "directory",
  "6": "fifo",
};
/** What runtimes unpack; at any other type they stop with an error, and with them the comparison. */
const UNPACKED = /^[0-6]$/;

/** Go's entries up to one at which runtimes stop; undefined when it has none because it refuses the archive. */
function toListed(entries: GoEntry[] | null): Listed[] | undefined {
  if (entries?.every(({ Flag }) => UNPACKED.test(Flag)) !== true) return undefined;
  const text = (hex: string) => decodeName(Buffer.from(hex, "hex").toString("latin1"));
  return entries.map(({ Name, Link, Flag, Digest }) => ({
    name: text(Name),
    link: text(Link),
    type: TYPES[Flag] ?? "file",
    digest: Digest,
  }));
}

const GO = "go";
const scratch = scratchFolder("go-tar");

/** Builds the program, or says why it cannot be had. */
function buildReader(): { program: string } | { reason: string } {
  const program = join(scratch.path, "go-tar");
  const source = join(import.meta.dirname, "fixtures/go-tar/main.go");
  const env = { ...process.env, GO111MODULE: "off", GOTOOLCHAIN: "local", CGO_ENABLED: "0" };
  const { error, status, stderr } = spawnSync(GO, ["build", "-o", program, source], {
    encoding: "utf8",
    env,
    timeout: 300_000,
  });
  if (error !== undefined) return { reason: "go is not installed" };
  return status === 0 ? { program } : { reason: stderr.trim().split("\n").at(-1) ?? "" };
}

function readByGo(program: string, archives: readonly Buffer[]): (Listed[] | undefined)[] {
  const pieces = archives.flatMap((archive) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(archive.length));
    return [length, archive];
  });
  const lines = execFileSync(program, { input: Buffer.concat(pieces), timeout: 60_000, maxBuffer: 1 << 28 });
  const parsed = lines.toString().trim().split("\n");
  return parsed.map((line) => toListed(JSON.parse(line) as GoEntry[] | null));
}

/** An archive as a body: whoever takes the body for entries sees it. */
const inside = writeTar([{ name: "usr/sbin/iptables", content: "inside" }]).subarray(0, 1024);
const file = { name: "usr/sbin/iptables", content: "1.8.4" };
const field = (from: number, text: string) => (header: Buffer) => {
  header.write(text, from, "latin1");
};
const sparse = (more: Record<string, string>) => ({ "GNU.sparse.name": "decoy", "GNU.sparse.realsize": "5", ...more });

/** By what is odd in them: entries, and what Go has of names. */
const odd: [string, TarEntry[], string[] | undefined][] = [
  ["records for all files: a name", [{ name: "g", flag: "g", content: encodePax({ path: "decoy" }) }, file], undefined],
  ["records for all files: a size", [{ name: "g", flag: "g", content: encodePax({ size: "0" }) }, file], undefined],
  [
    "records for all files: others",
    [{ name: "g", flag: "g", content: encodePax({ comment: "c", uid: "7", path: "" }) }, file],
    ["usr/sbin/iptables"],
  ],
  [
    "records for all files behind those for one",
    [
      { name: "x", flag: "x", content: encodePax({ path: "decoy" }) },
      { name: "g", flag: "g", content: encodePax({ comment: "c" }) },
      file,
    ],
    undefined,
  ],
  ["a slash behind a file's name", [file, { name: "x/", flag: "0", content: inside }], ["usr/sbin/iptables", "x/"]],
  [
    "a slash behind an old entry's name",
    [file, { name: "x/", flag: "\0", content: inside, format: "v7" }],
    ["usr/sbin/iptables", "x/", "usr/sbin/iptables"],
  ],
  [
    "a slash that comes later",
    [file, { name: "x", flag: "\0", content: inside, pax: { path: "x/" } }],
    ["usr/sbin/iptables", "x/", "usr/sbin/iptables"],
  ],
  [
    "a slash that goes",
    [file, { name: "x/", flag: "\0", content: inside, pax: { path: "x" } }],
    ["usr/sbin/iptables", "x"],
  ],
  ["an empty long name", [gnuLong("L", ""), file], ["usr/sbin/iptables"]],
  ["an empty long target", [gnuLong("K", ""), { name: "a", flag: "2", linkname: "b" }], ["a"]],
  [
    "GNU's header with a prefix where the times are",
    [{ ...file, name: "iptables", format: "gnu", prefix: "usr/sbin" }],
    ["usr/sbin/iptables"],
  ],
  [
    "GNU's header with times in base 256",
    [{ name: "a", format: "gnu", edit: (header) => header.fill(0, 345, 369).writeUInt8(0x80, 345) }],
    ["a"],
  ],
  [
    "star's header, whose prefix is shorter",
    [
      {
        ...file,
        name: "iptables",
        prefix: `usr/sbin/${"./".repeat(61)}`,
        edit: (header) => {
          field(476, "14271234567 14271234567 ")(header);
          field(508, "tar\0")(header);
        },
      },
    ],
    [`usr/sbin/${"./".repeat(61)}/iptables`],
  ],
  ["a sparse file of no pieces and no version", [{ ...file, pax: sparse({ "GNU.sparse.numblocks": "0" }) }], undefined],
  [
    "a sparse file of a later version",
    [{ ...file, pax: sparse({ "GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.map": "0,5" }) }],
    undefined,
  ],
  [
    "the name of a sparse file",
    [gnuLong("L", "long"), { ...file, pax: sparse({ "GNU.sparse.map": "0,5", "GNU.sparse.numblocks": "1" }) }],
    ["decoy"],
  ],
  [
    "two sizes of a sparse file",
    [
      {
        ...file,
        pax: { "GNU.sparse.size": "9", ...sparse({ "GNU.sparse.map": "0,5", "GNU.sparse.numblocks": "1" }) },
      },
    ],
    ["decoy"],
  ],
];

test.each(odd)("%s", (_name, entries, expected) => {
  expect(readOurs(writeTar(entries))?.map(({ name }) => name)).toEqual(expected);
});

test("Go has the same entries, wherever ours has any", (context) => {
  const built = buildReader();
  if ("reason" in built) return skipTest(context, "archives as Go reads them", built.reason);
  const archives = [...odd.map(([, entries]) => writeTar(entries)), ...makeMutants(4000)];
  const byGo = readByGo(built.program, archives);
  let compared = 0;
  for (const [i, archive] of archives.entries()) {
    const [ours, theirs] = [readOurs(archive), byGo[i]];
    if (ours === undefined || theirs === undefined) continue;
    compared++;
    expect(ours, odd[i]?.[0] ?? archive.toString("base64")).toEqual(theirs);
  }
  expect(compared).toBeGreaterThan(1000);
});

/** The odd archives with bytes of a header changed and its checksum right, from a fixed seed. */
function makeMutants(count: number): Buffer[] {
  let state = 20_261_123;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const values = [0, 0x20, 0x2f, 0x30, 0x31, 0x37, 0x38, 0x41, 0x7f, 0x80, 0xff];
  return Array.from({ length: count }, () => {
    const [, entries] = odd[random(odd.length)] as (typeof odd)[number];
    const damaged = entries.map((entry): TarEntry => {
      const edit = (header: Buffer) => {
        entry.edit?.(header);
        for (let times = random(4); times > 0; times--) {
          // Fields that decide: the flag, sizes, magic, what is in front of the name, star's mark.
          const [from, length] = (
            [
              [0, 100],
              [124, 12],
              [156, 1],
              [257, 8],
              [345, 155],
              [345, 24],
              [508, 4],
            ] as const
          )[random(7)] as readonly [number, number];
          header[from + random(length)] = values[random(values.length)] ?? 0;
        }
      };
      return random(3) === 0 ? { ...entry, edit } : entry;
    });
    return writeTar([...damaged, { name: "last", content: "x" }]);
  });
}
