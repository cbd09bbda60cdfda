import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { addImage, buildLayer, type Files, finishLayout } from "../support/image-writer.ts";
import { nft } from "../support/netfilter-binaries.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { runCli } from "../support/spawn.ts";
import { gnuLong, type TarEntry } from "../support/tar-writer.ts";

/** Images with odd content: what they hold is told as it is, or it is an error of one line. */

const scratch = scratchFolder("corpus");
let count = 0;

function imageOf(...stack: TarEntry[][]): string {
  const files: Files = new Map();
  const layers = stack.map((entries) => buildLayer(entries, "none"));
  return scratch.write(`image-${count++}`, finishLayout(files, [addImage(files, layers)]));
}

/** `PATH` or `PATH=CONTENT`, directories left out. */
async function listing(path: string): Promise<string[]> {
  const [image] = await openImages(path, { probe: keepAll });
  const nodes = [...(image?.platforms[0]?.tree.walk() ?? [])];
  return nodes.flatMap(({ path: at, node }) => {
    if (node.type === "directory") return [];
    if (node.type === "file") return [`${at}=${String(node.content)}`];
    return [node.type === "symlink" ? `${at} -> ${node.target}` : at];
  });
}

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("what is read", () => {
  const cases: [string, TarEntry[][], string[]][] = [
    [
      "names that are no UTF-8, with a newline, with codes that steer a terminal",
      [[{ name: bytes("a\xff") }, { name: "b\nc" }, { name: "d\u001b[31m" }, { name: "\u202ee" }]],
      ["/a\xff=", "/b\nc=", "/d\u001b[31m=", "/\u202ee="],
    ],
    ["a name ends at its NUL", [[{ ...gnuLong("L", "short\0tail") }, { name: "x", content: "1" }]], ["/short=1"]],
    [
      "one path again and again: the last one counts",
      [
        [
          { name: "a", content: "1" },
          { name: "./a", content: "2" },
          { name: "/a", content: "3" },
          { name: "x/../a", content: "4" },
        ],
      ],
      ["/a=4"],
    ],
    [
      "a file that takes the place of a directory, and one that takes it back",
      [
        [{ name: "a/b", content: "1" }],
        [{ name: "a", content: "2" }],
        [
          { name: "a/", flag: "5" },
          { name: "a/c", content: "3" },
        ],
      ],
      ["/a/c=3"],
    ],
    [
      "a chain of hard links, whose first name goes",
      [
        [
          { name: "f0", content: "x" },
          ...Array.from({ length: 300 }, (_, i) => ({ name: `f${i + 1}`, flag: "1", linkname: `f${i}` })),
        ],
        Array.from({ length: 300 }, (_, i) => ({ name: `.wh.f${i}` })),
      ],
      ["/f300=x"],
    ],
    [
      "whiteouts of what is not there, of a parent, and twice",
      [
        [{ name: "d/a" }, { name: "d/b" }],
        [{ name: "d/.wh.x" }, { name: ".wh.d" }, { name: ".wh.d" }, { name: "d/.wh.a" }, { name: "d/c", content: "1" }],
      ],
      ["/d/c=1"],
    ],
    [
      "a whiteout through a link hides what the link leads to, nothing outside",
      [
        [{ name: "real/a" }, { name: "real/b", content: "1" }, { name: "l", flag: "2", linkname: "../../real" }],
        [{ name: "l/.wh.a" }],
      ],
      ["/real/b=1", "/l -> ../../real"],
    ],
  ];
  test.each(cases)("%s", async (_, stack, expected) => {
    expect((await listing(imageOf(...stack))).sort()).toEqual([...expected].sort());
  });
});

describe("what is refused", () => {
  const circle = ["a", "b", "c"].map((name, i, all) => ({ name, flag: "2", linkname: all[(i + 1) % 3] ?? "" }));
  const binary = (value: number[]) => (header: Buffer) => Buffer.from(value).copy(header, 124);
  const cases: [string, TarEntry[][], RegExp][] = [
    ["a file behind links in a circle", [[...circle, { name: "a/x" }]], /more than 40 links have to be followed/],
    ["a whiteout behind links in a circle", [circle, [{ name: "a/.wh.x" }]], /more than 40 links have to be followed/],
    ["a hard link to itself", [[{ name: "h", flag: "1", linkname: "h" }]], /leads to "\/h", which is no file/],
    ["a size below zero", [[{ name: "n", edit: binary([0xff, ...Array(11).fill(0xff)]) }]], /impossible size/],
    ["a size above all", [[{ name: "n", edit: binary([0x80, ...Array(11).fill(0xff)]) }]], /impossible size/],
    [
      "a size of 8 EiB in a record",
      [[{ name: "n", pax: { size: "9223372036854775807" } }]],
      /size is "9223372036854775807"/,
    ],
    ["a file that ends behind the archive", [[{ name: "n", size: 1 << 30 }]], /truncated: the tar ends inside a file/],
    [
      "a hard link to what a path with .. in it is",
      [[{ name: "x/h" }, { name: "l", flag: "1", linkname: "a/../x/h" }]],
      /the hard link "\/l" leads to "a\/\.\.\/x\/h": runtimes differ/,
    ],
    [
      "a file where aufs has none, which containerd unpacks and Docker does not",
      [[{ name: ".wh..wh.x/iptables" }]],
      /holds "\/\.wh\.\.wh\.x\/iptables", which some runtimes leave out/,
    ],
    [
      "a link to what aufs has there",
      [[{ name: ".wh..wh.plnk/1.2" }, { name: "sbin/iptables", flag: "2", linkname: "/.wh..wh.plnk/1.2" }]],
      /the link "\/sbin\/iptables" leads to "\/\.wh\.\.wh\.plnk\/1\.2", which some runtimes leave out/,
    ],
    ["a way out of the image", [[{ name: "a/../../b" }]], /leads out of the image/],
  ];
  test.each(cases)("%s", async (_, stack, message) => {
    const path = imageOf(...stack);
    const error = await openImages(path, { probe: keepAll }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
    expect((error as UserError).message).not.toContain("\n");
  });
});

test("what is shown steers no terminal, whatever tools and links are called", () => {
  const path = imageOf([
    { name: "usr/sbin/nft", content: nft("1.0.6"), mode: 0o755 },
    { name: "usr/sbin/iptables\u001b]0;x\u0007", content: nft("1.0.6"), mode: 0o755 },
    { name: "usr/sbin/iptables", flag: "2", linkname: "iptables\u001b]0;x\u0007" },
    { name: "usr/sbin/ipset", flag: "2", linkname: "\n::error::x" },
  ]);
  for (const args of [
    ["inspect", path],
    ["check", path, "--hosts", "debian-12"],
    ["check", path, "--format", "markdown"],
  ]) {
    const { stdout, stderr, status } = runCli(args);
    expect([0, 1]).toContain(status);
    expect(`${stdout}${stderr}`).not.toMatch(/[\u001b\u0007]|^::error/m);
  }
  const { stdout } = runCli(["inspect", path, "--format", "json"]);
  const inspection = JSON.parse(stdout) as Inspection;
  expect(inspection.images[0]?.platforms[0]?.toolchain.tools.map(({ name }) => name)).toContain("nft");
});
