import { describe, expect, test } from "vitest";
import { type LayerScan, scanLayer } from "../../src/image/layer.ts";
import { createBudget, defaultLimits } from "../../src/image/limits.ts";
import { mergeLayers } from "../../src/image/merge.ts";
import type { ContentProbe } from "../../src/model/image.ts";
import { keepAll } from "../support/probes.ts";
import { type TarEntry, writeTar } from "../support/tar-writer.ts";

async function merge(...layers: TarEntry[][]) {
  const options = { probe: keepAll, limits: defaultLimits, budget: createBudget(defaultLimits) };
  const scans: LayerScan[] = [];
  for (const layer of layers) scans.push(await scanLayer(once(writeTar(layer)), options));
  const merged = mergeLayers(scans);
  const lines: string[] = [];
  for (const { path, node } of merged.tree.walk()) {
    if (node.type === "symlink") lines.push(`${path} -> ${node.target}`);
    else if (node.type === "file") lines.push(`${path} ${node.content}`);
    else if (node.type === "other") lines.push(`${path} other`);
    else if (merged.tree.list(path).length === 0) lines.push(`${path}/`);
  }
  return { ...merged, lines: lines.sort() };
}

async function* once(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}

const dir = (name: string): TarEntry => ({ name: `${name}/`, flag: "5" });
const file = (name: string, content = name): TarEntry => ({ name, content });
const link = (name: string, linkname: string): TarEntry => ({ name, flag: "2", linkname });
const hard = (name: string, linkname: string): TarEntry => ({ name, flag: "1", linkname });

describe("layers on each other", () => {
  const cases: [string, TarEntry[][], string[]][] = [
    [
      "a whiteout hides the layers below, not its own",
      [
        [file("a", "1"), file("b", "1")],
        [file("a", "2"), file(".wh.a"), file(".wh.b")],
      ],
      ["/a 2"],
    ],
    ["the same, whiteout first", [[file("a", "1")], [file(".wh.a"), file("a", "2")]], ["/a 2"]],
    ["a whiteout of a folder takes what is in it", [[file("d/a"), file("d/e/b")], [file(".wh.d")]], ["//"]],
    [
      "an opaque folder keeps its own files, wherever the marker stands",
      [
        [file("d/a"), file("d/e/b")],
        [file("d/c"), file("d/.wh..wh..opq")],
      ],
      ["/d/c d/c"],
    ],
    [
      "an opaque root",
      [
        [file("a"), file("b/c")],
        [file(".wh..wh..opq"), file("d")],
      ],
      ["/d d"],
    ],
    [
      "only a literal .wh. in front is a whiteout",
      [[file("bin/busybox")], [file("bin/which"), file("bin/x.wh.busybox")]],
      ["/bin/busybox bin/busybox", "/bin/which bin/which", "/bin/x.wh.busybox bin/x.wh.busybox"],
    ],
    [
      "aufs' own files are no files",
      [[file(".wh..wh.aufs"), dir(".wh..wh.plnk"), dir(".wh..wh.orph"), file("d/.wh..wh.x"), file("a")]],
      ["/a a"],
    ],
    [
      "a hard link to what aufs kept",
      [[file(".wh..wh.plnk/12.34", "kept"), hard("a", ".wh..wh.plnk/12.34")]],
      ["/a kept"],
    ],
    [
      "the index and markers of eStargz, which are files for whoever unpacks the tar",
      [[file("stargz.index.json", "1"), file(".prefetch.landmark", "2"), file("d/.prefetch.landmark", "3")]],
      ["/.prefetch.landmark 2", "/d/.prefetch.landmark 3", "/stargz.index.json 1"],
    ],
    [
      "a link takes the place of a folder with all that is in it",
      [[file("var/run/a"), file("run/b")], [link("var/run", "/run")]],
      ["/run/b run/b", "/var/run -> /run"],
    ],
    [
      "a folder takes the place of a link, not of its target",
      [
        [link("lib", "usr/lib"), file("usr/lib/a")],
        [dir("lib"), file("lib/b")],
      ],
      ["/lib/b lib/b", "/usr/lib/a usr/lib/a"],
    ],
    [
      "files below a link of a lower layer go where it leads",
      [
        [link("lib", "/usr/lib"), file("usr/lib/a", "1")],
        [file("lib/a", "2"), file("lib/x/b")],
      ],
      ["/lib -> /usr/lib", "/usr/lib/a 2", "/usr/lib/x/b lib/x/b"],
    ],
    [
      "whiteouts too",
      [
        [link("lib", "/usr/lib"), file("usr/lib/a"), file("usr/lib/d/b")],
        [file("lib/.wh.a"), file("lib/d/.wh..wh..opq")],
      ],
      ["/lib -> /usr/lib", "/usr/lib/d/"],
    ],
    [
      "but not where the layer itself replaces the link",
      [
        [link("lib", "usr/lib"), file("usr/lib/a")],
        [dir("lib"), file("lib/.wh..wh..opq"), file("lib/.wh.a")],
      ],
      ["/lib/", "/usr/lib/a usr/lib/a"],
    ],
    [
      "a link that leads to nothing gets its folder",
      [[link("lib", "/usr/lib")], [file("lib/a")]],
      ["/lib -> /usr/lib", "/usr/lib/a lib/a"],
    ],
    ["a folder on a folder keeps its files", [[file("d/a")], [{ ...dir("d"), mode: 0o700 }]], ["/d/a d/a"]],
    ["a whiteout removes a link, not its target", [[link("a", "b"), file("b")], [file(".wh.a")]], ["/b b"]],
    [
      "a hard link keeps the content when the other name goes or changes",
      [[file("a", "1"), hard("b", "a"), file("c", "2")], [hard("d", "c"), file("a", "3")], [file(".wh.c")]],
      ["/a 3", "/b 1", "/d 2"],
    ],
    [
      "a hard link in a layer whose target an earlier entry replaced",
      [[file("a", "1")], [file("a", "2"), hard("b", "a"), file("a", "3")]],
      ["/a 3", "/b 2"],
    ],
    ["a hard link to a file that the same layer hides", [[file("a", "1")], [file(".wh.a"), hard("b", "a")]], ["/b 1"]],
    ["a hard link to a link is that link", [[link("a", "x"), hard("b", "a")]], ["/a -> x", "/b -> x"]],
    [
      "names with ./, / and // in front and .. inside",
      [[file("./a"), file("/b"), file("c//d"), file("e/../f")]],
      ["/a ./a", "/b /b", "/c/d c//d", "/f e/../f"],
    ],
    ["a device is something", [[{ name: "dev/null", flag: "3" }]], ["/dev/null other"]],
    [
      "links in parents never lead out of the root",
      [[link("up", "../../../etc"), file("up/a")]],
      ["/etc/a up/a", "/up -> ../../../etc"],
    ],
  ];
  test.each(cases)("%s", async (_, layers, expected) => {
    expect((await merge(...layers)).lines).toEqual(expected);
  });

  test("an entry given twice: the last one counts, and it is said", async () => {
    const merged = await merge([file("a", "1"), file("b"), file("a", "2")]);
    expect(merged.lines).toEqual(["/a 2", "/b b"]);
    expect(merged.notes).toHaveLength(1);
    expect(merged.notes[0]).toMatch(/^layer sha256:[0-9a-f]{64} holds "\/a" more than once; the last one counts$/);
  });

  test("a folder that a link led to is not remembered when that link is replaced from within", async () => {
    const layer = [dir("d"), link("d/inner", "."), link("way", "d/inner"), file("way/inner"), file("way/late")];
    await expect(merge(layer)).rejects.toThrow('it holds files below "/way", which is not a directory');
  });

  test("a folder's mode is that of its last entry; folders without entry have 755", async () => {
    const { tree } = await merge([file("d/e/a")], [{ ...dir("d"), mode: 0o700 }]);
    expect(tree.lookup("/d")).toMatchObject({ mode: 0o700 });
    expect(tree.lookup("/d/e")).toMatchObject({ mode: 0o755 });
  });

  test("each node names the layer it came from", async () => {
    const first = [file("a"), file("b")];
    const { tree } = await merge(first, [file("b", "2")]);
    const layers = new Set(["/a", "/b"].map((path) => tree.lookup(path)?.layer));
    expect(layers.size).toBe(2);
  });
});

describe("following links", () => {
  const tree = async () =>
    (
      await merge([
        link("sbin", "usr/sbin"),
        link("usr/sbin/iptables", "/etc/alternatives/iptables"),
        link("etc/alternatives/iptables", "../../sbin/iptables-nft"),
        link("usr/sbin/iptables-nft", "xtables-nft-multi"),
        file("usr/sbin/xtables-nft-multi"),
        link("loop", "loop"),
        link("ping", "pong"),
        link("pong", "ping"),
        link("dangling", "/usr/bin/none"),
        link("nowhere", "missing/none"),
        link("up", "../../../usr/sbin"),
        ...Array.from({ length: 42 }, (_, i) => link(`hop${i}`, `hop${i + 1}`)),
        file("hop42"),
      ])
    ).tree;

  test("the chain of alternatives", async () => {
    expect((await tree()).resolve("/sbin/iptables")).toMatchObject({
      found: true,
      path: "/usr/sbin/xtables-nft-multi",
      node: { type: "file" },
      via: ["/sbin/iptables", "/etc/alternatives/iptables", "/usr/sbin/iptables-nft", "/usr/sbin/xtables-nft-multi"],
    });
  });

  test("a path without a link is itself; links in parents are not in the chain", async () => {
    const path = "/usr/sbin/xtables-nft-multi";
    expect((await tree()).resolve(path)).toMatchObject({ path, via: [path] });
    expect((await tree()).resolve("sbin//xtables-nft-multi")).toMatchObject({ path, via: ["/sbin/xtables-nft-multi"] });
    expect((await tree()).resolve("/up/../../usr/./sbin/xtables-nft-multi")).toMatchObject({ found: true, path });
    expect((await tree()).resolve("/")).toMatchObject({ found: true, path: "/", node: { type: "directory" } });
    expect((await tree()).resolve("/up")).toMatchObject({ found: true, path: "/usr/sbin", via: ["/up", "/usr/sbin"] });
  });

  test("what is not there, loops, files on the way", async () => {
    const found = await tree();
    expect(found.resolve("/dangling")).toEqual({
      found: false,
      reason: "missing",
      at: "/usr/bin/none",
      via: ["/dangling"],
    });
    expect(found.resolve("/usr/none")).toEqual({
      found: false,
      reason: "missing",
      at: "/usr/none",
      via: ["/usr/none"],
    });
    expect(found.resolve("/nowhere")).toMatchObject({ reason: "missing", at: "/missing/none" });
    expect(found.resolve("/loop")).toMatchObject({ reason: "loop" });
    expect(found.resolve("/ping/x")).toMatchObject({ reason: "loop" });
    expect(found.resolve("/hop42/x")).toMatchObject({ reason: "not-a-directory", at: "/hop42" });
  });

  test("40 hops are followed, 41 are not", async () => {
    expect((await tree()).resolve("/hop2")).toMatchObject({ found: true, path: "/hop42" });
    expect((await tree()).resolve("/hop1")).toMatchObject({ found: false, reason: "loop" });
  });

  test("lookup does not follow the last link, list does", async () => {
    const found = await tree();
    expect(found.lookup("/sbin")).toMatchObject({ type: "symlink", target: "usr/sbin" });
    expect(found.lookup("/sbin/iptables")).toMatchObject({ type: "symlink" });
    expect(found.lookup("/none")).toBeUndefined();
    expect(found.list("/sbin")).toEqual(["iptables", "iptables-nft", "xtables-nft-multi"]);
    expect(found.list("/none")).toEqual([]);
    expect(found.list("/hop42")).toEqual([]);
  });

  test("walk gives parents first", async () => {
    const seen = new Set<string>();
    for (const { path } of (await tree()).walk()) {
      if (path !== "/") expect(seen).toContain(path.slice(0, path.lastIndexOf("/")) || "/");
      seen.add(path);
    }
    expect(seen).toContain("/usr/sbin/iptables");
  });

  test("walk with names leaves out what has another one, is no link, and of which nothing was kept", async () => {
    const probe: ContentProbe = ({ path }) =>
      path.endsWith("-kept") ? { write: () => false, end: () => ({ path }) } : undefined;
    const layer = [
      dir("usr"),
      dir("usr/nft"),
      file("usr/nft/a-kept"),
      file("usr/nft/b"),
      file("usr/nft/nft"),
      file("usr/ipset"),
      link("usr/b", "nft"),
      hard("usr/c", "usr/nft/a-kept"),
      hard("usr/d", "usr/nft/b"),
      { name: "usr/null", flag: "3" as const },
    ];
    const scan = await scanLayer(once(writeTar(layer)), {
      probe,
      limits: defaultLimits,
      budget: createBudget(defaultLimits),
    });
    const { tree } = mergeLayers([scan]);
    const left = [...tree.walk(new Set(["nft", "null"]))];
    expect(left.map(({ path }) => path).sort()).toEqual([
      "/usr/b",
      "/usr/c",
      "/usr/nft",
      "/usr/nft/a-kept",
      "/usr/nft/nft",
      "/usr/null",
    ]);
    const paths = new Set(left.map(({ path }) => path));
    expect(left).toEqual([...tree.walk()].filter(({ path }) => paths.has(path)));
  });
});
