import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { LimitError } from "../../src/model/error.ts";
import {
  defaultLimits,
  formatLimit,
  type LimitName,
  limitTable,
  parseLimit,
  toReadLimits,
} from "../../src/model/limits.ts";
import {
  addImage,
  addIndex,
  type BuiltLayer,
  buildLayer,
  dockerLegacy,
  type Files,
  finishLayout,
  packedLayer,
  packFiles,
} from "../support/image-writer.ts";
import { addressOf, listen } from "../support/listen.ts";
import { keepAll, keepNothing } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { runCli } from "../support/spawn.ts";
import { encodePax, type TarEntry, writeTar } from "../support/tar-writer.ts";

/** Every limit: an image that needs exactly as much as is allowed is read, with one less it ends the run. */

const scratch = scratchFolder("limits");

const wholeTar = writeTar([{ name: "a", content: "1234" }, { name: "b" }, { name: "c" }]);
const plain = buildLayer(wholeTar, "none");
const other = buildLayer([{ name: "d" }, { name: "e" }], "none");

/** A layout of one image. */
function layout(...layers: BuiltLayer[]): Files {
  const files: Files = new Map();
  return finishLayout(files, [addImage(files, layers)]);
}

function layerOf(...entries: TarEntry[]): Files {
  return layout(buildLayer(entries, "none"));
}

function platforms(...names: string[]): Files {
  const files: Files = new Map();
  const images = names.map((architecture) => ({
    ...addImage(files, [buildLayer([{ name: "b/c/d" }, { name: "b/e" }, { name: "f" }], "none")], { architecture }),
    platform: { os: "linux", architecture },
  }));
  return finishLayout(files, [addIndex(files, images)]);
}

function nested(levels: number): Files {
  const files: Files = new Map();
  let descriptor = addImage(files, [plain]);
  for (let i = 0; i < levels; i++) descriptor = addIndex(files, [descriptor]);
  return finishLayout(files, [descriptor]);
}

/** A chain of links, each in the way to the next, and a file behind the last. */
function chain(links: number): TarEntry[] {
  const entries: TarEntry[] = [{ name: "l0/", flag: "5" }];
  for (let i = 1; i <= links; i++) entries.push({ name: `l${i}`, flag: "2", linkname: `l${i - 1}` });
  return [...entries, { name: `l${links}/file` }];
}

const frames = packedLayer(
  wholeTar,
  Buffer.concat([0, 600, 1200].map((at, i, all) => zstdCompressSync(wholeTar.subarray(at, all[i + 1])))),
  "tar+zstd",
);
const documents = layout(plain);
const jsonSizes = [...documents].flatMap(([name, data]) =>
  name === "oci-layout" || data === plain.bytes ? [] : [data.length],
);
const pax = encodePax({ "SCHILY.xattr.user.x": "y".repeat(100) });
const archive = packFiles(dockerLegacy([{ layers: [plain], tags: null }]));

/** What needs how much of a limit, in base units. */
const cases: [LimitName, Files | Buffer, number][] = [
  ["layer-size", layout(plain, other), wholeTar.length],
  ["layer-size", layout(buildLayer(wholeTar, "gzip")), wholeTar.length],
  ["layer-size", layout(buildLayer(wholeTar, "zstd")), wholeTar.length],
  ["image-size", layout(plain, other), wholeTar.length + other.bytes.length],
  ["image-size", gzipSync(archive), archive.length],
  ["layer-entries", layout(plain, other), 3],
  ["entries", layout(plain, other, plain), 5],
  ["tree-entries", layout(plain, other, plain), 8],
  // Two directories that nothing but paths name, for each platform.
  ["tree-entries", platforms("amd64", "arm64"), 10],
  ["path-length", layerOf({ name: "x", pax: { path: "é".repeat(75) } }), 150],
  ["link-length", layerOf({ name: "x", flag: "2", linkname: "y".repeat(90) }), 90],
  // "/a" and "bc"; an attribute's name and value and what they cost beside.
  ["names-size", layerOf({ name: "a", flag: "2", linkname: "bc" }), 4],
  ["names-size", layerOf({ name: "a", pax: { "SCHILY.xattr.user.x": "1234" } }), 2 + 32 + 6 + 4],
  ["header-size", layerOf({ name: "h", flag: "x", content: pax }, { name: "a" }), pax.length],
  ["header-size", layerOf({ name: "h", flag: "g", content: pax }, { name: "a" }), pax.length],
  [
    "headers-size",
    layerOf({ name: "g", flag: "g", content: pax }, { name: "h", flag: "x", content: pax }, { name: "a" }),
    2 * pax.length,
  ],
  ["kept-size", layout(plain), 4 + 3 * 32],
  ["document-size", documents, Math.max(...jsonSizes)],
  ["documents-size", documents, jsonSizes.reduce((sum, size) => sum + size)],
  ["archive-files", archive, 5],
  ["manifests", platforms("amd64", "arm64"), 3],
  [
    "manifests",
    packFiles(
      dockerLegacy([
        { layers: [plain], tags: ["a:1"] },
        { layers: [other], tags: ["b:1"] },
      ]),
    ),
    2,
  ],
  ["platforms", platforms("amd64", "arm64", "s390x"), 3],
  ["layers", layout(plain, other, plain), 3],
  ["layers", packFiles(dockerLegacy([{ layers: [plain, other], tags: null }])), 2],
  ["index-depth", nested(2), 2],
  ["link-hops", layerOf(...chain(4)), 4],
  ["path-steps", layerOf(...chain(4)), 5],
  ["zstd-frames", layout(frames), 3],
];

/** Limits that count time; tested below. */
const times: LimitName[] = ["idle-time", "request-time", "network-time", "total-time"];

async function failure(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("every limit has its case", () => {
  expect(new Set([...cases.map(([name]) => name), ...times])).toEqual(new Set(limitTable.map(({ name }) => name)));
});

test.each(
  cases.map(([name, data, need], index) => ({ name, data, need, index })),
)("$name: $need are enough, one less is not", async ({ name, data, need, index }) => {
  const path = scratch.write(`image-${index}`, data);
  const open = (value: number) =>
    failure(openImages(path, { probe: keepAll, limits: toReadLimits({ [name]: value }) }));
  expect(await open(need)).toBeUndefined();
  const error = await open(need - 1);
  expect(error).toBeInstanceOf(LimitError);
  const { message, limit } = error as LimitError;
  expect(limit).toBe(name);
  const row = limitTable.find((candidate) => candidate.name === name);
  const [before = "", after = ""] = row?.problem.split("{}") ?? [];
  expect(message).toContain(`${before}${formatLimit(row?.unit ?? "count", need - 1)}${after}; if that is meant, raise`);
  expect(message).toContain(`--limit ${name}=`);
  expect(message.startsWith(`${path}: `)).toBe(true);
});

test("a chain of links in an archive counts its hops", async () => {
  const files = dockerLegacy([{ layers: [plain], tags: null }]);
  const layer = [...files.keys()].find((name) => name.endsWith("layer.tar")) ?? "";
  files.set("stored", files.get(layer) ?? Buffer.alloc(0));
  files.delete(layer);
  const path = scratch.write(
    "links.tar",
    packFiles(files, [
      { name: layer, flag: "2", linkname: "../second" },
      { name: "second", flag: "2", linkname: "stored" },
    ]),
  );
  const open = (linkHops: number) => failure(openImages(path, { probe: keepNothing, limits: { linkHops } }));
  expect(await open(2)).toBeUndefined();
  expect(await open(1)).toMatchObject({ limit: "link-hops" });
});

describe("no second description makes up for a limit", () => {
  test("an index of too many levels beside a manifest.json that is in order", async () => {
    const files = nested(3);
    const [descriptor] = [...files.keys()];
    expect(descriptor).toBeDefined();
    for (const [name, data] of dockerLegacy([{ layers: [plain], tags: ["a:1"] }])) files.set(name, data);
    const path = scratch.write("both.tar", packFiles(files));
    expect(await failure(openImages(path, { probe: keepNothing }))).toBeUndefined();
    const limits = { indexDepth: 2 };
    expect(await failure(openImages(path, { probe: keepNothing, limits }))).toMatchObject({ limit: "index-depth" });
  });

  test("a platform whose config is too large, where others are in order", async () => {
    const files: Files = new Map();
    const images = ["amd64", "arm64"].map((architecture) =>
      addImage(files, [plain], {
        architecture,
        config: { Labels: { x: "x".repeat(architecture === "arm64" ? 4000 : 1) } },
      }),
    );
    const path = scratch.write("large-config", finishLayout(files, [addIndex(files, images)]));
    const limits = { jsonBytes: 2000 };
    expect(await failure(openImages(path, { probe: keepNothing, limits }))).toMatchObject({ limit: "document-size" });
  });

  test("a layer of a compressed archive, whichever image is asked for", async () => {
    const files = dockerLegacy([
      { layers: [plain], tags: ["small:1"] },
      { layers: [buildLayer([{ name: "zeros", content: Buffer.alloc(100_000) }])], tags: ["large:1"] },
    ]);
    const path = scratch.write("two.tar.gz", gzipSync(packFiles(files)));
    const limits = { layerBytes: 50_000 };
    expect(await failure(openImages(`${path}#small:1`, { probe: keepNothing, limits }))).toMatchObject({
      limit: "layer-size",
    });
  });
});

describe("time", () => {
  const started = listen((request, response) => {
    // Manifests are announced and never end; logins are not asked for.
    if (!request.url?.includes("/manifests/")) response.end();
    else response.writeHead(200, { "content-length": "1000" }).write("{");
  });

  test.each([
    ["request-time", { requestSeconds: 0.3 }],
    ["network-time", { networkSeconds: 0.3 }],
    ["total-time", { totalSeconds: 0.3 }],
  ])("%s", async (limit, limits) => {
    const error = await failure(openImages(`docker://${addressOf(await started)}/a:1`, { probe: keepNothing, limits }));
    expect(error).toMatchObject({ limit, message: expect.stringMatching(/takes more than 0\.3s; if that is meant/) });
  });

  test("idle-time counts as a cut connection, which is tried again", async () => {
    const limits = { idleSeconds: 0.05 };
    const error = await failure(openImages(`docker://${addressOf(await started)}/a:1`, { probe: keepNothing, limits }));
    expect(String(error)).toMatch(/did not answer in time|was cut/);
  });

  test("ends reading and laying too", async () => {
    const path = scratch.write("total", layout(plain));
    const error = await failure(openImages(path, { probe: keepNothing, limits: { totalSeconds: 0 } }));
    expect(error).toMatchObject({ limit: "total-time" });
  });
});

describe("values", () => {
  test.each([
    ["layer-size", "20GiB", 20 * 2 ** 30],
    ["layer-size", "1TiB", 2 ** 40],
    ["layer-size", "512", 512],
    ["entries", "2000000", 2_000_000],
    ["total-time", "90s", 90],
    ["total-time", "30min", 1800],
    ["total-time", "2h", 7200],
  ] as [LimitName, string, number][])("%s %s", (name, text, value) => {
    expect(parseLimit(name, text)).toBe(value);
  });

  test.each([
    ["layer-size", "20GB", /"20GB" is not a size in B, KiB, MiB, GiB or TiB, e\.g\. 20GiB/],
    ["layer-size", "0", /out of range: 1 to/],
    ["layer-size", "99999999TiB", /out of range/],
    ["layer-size", "", /is not a size/],
    ["layer-size", "-1", /is not a size/],
    ["entries", "1e6", /is not a whole number/],
    ["total-time", "90", /is not a time in s, min or h/],
    ["total-time", "9999h", /out of range: 1 to/],
    ["document-size", "1GiB", /out of range: 1 to 256MiB/],
  ] as [LimitName, string, RegExp][])("%s %o is refused", (name, text, message) => {
    expect(() => parseLimit(name, text)).toThrow(message);
  });

  test("each default is written as it is read", () => {
    for (const { name, key, unit } of limitTable)
      expect(parseLimit(name, formatLimit(unit, defaultLimits[key]))).toBe(defaultLimits[key]);
  });
});

describe("the command line and the config", () => {
  const image = scratch.write("cli", layout(plain));
  const config = (text: string) => scratch.write("limits.yml", Buffer.from(text));

  test("inspect", () => {
    const fails = runCli(["inspect", image, "--limit", "layer-size=1KiB", "--limit", "layers=9"]);
    expect(fails).toMatchObject({ status: 2, stdout: "" });
    expect(fails.stderr).toMatch(
      /^netfilter-compat: .*: layer sha256:[0-9a-f]{64}: it has more than 1KiB uncompressed; if that is meant, raise the limit: --limit layer-size=2KiB, or limits in the config file\n$/,
    );
    expect(runCli(["inspect", image, "--limit", "layer-size=1KiB", "--limit", "layer-size=1MiB"]).status).toBe(0);
  });

  test("check: the option beats the config, the config beats what is built in", () => {
    const file = config("limits:\n  layer-size: 1KiB\n  entries: 100\n");
    expect(runCli(["check", image, "--config", file]).stderr).toContain("it has more than 1KiB uncompressed");
    expect(runCli(["check", image, "--config", file, "--limit", "layer-size=1MiB"]).stderr).toBe("");
    expect(
      runCli(["check", image, "--config", file, "--limit", "layer-size=1MiB", "--limit", "entries=2"]),
    ).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("more than 2 files together"),
    });
  });

  test.each([
    ["limits:\n  layer-sise: 1KiB\n", /limits\.yml:2: limits\.layer-sise: no such option here/],
    ["limits:\n  layer-size: 20GB\n", /limits\.yml:2: limits\.layer-size: "20GB": expected a size in B, KiB/],
    ["limits:\n  layer-size: 0\n", /limits\.yml:2: limits\.layer-size: 0: expected a size in B/],
    ["limits:\n  layer-size: 0KiB\n", /limits\.yml:2: limits\.layer-size: 0KiB is out of range/],
    ["limits:\n  total-time: 90\n", /limits\.yml:2: limits\.total-time: /],
    ["limits:\n  entries: 1.5\n", /limits\.yml:2: limits\.entries: /],
    ["limits: []\n", /limits\.yml:1: limits: /],
  ])("%j", (text, message) => {
    const run = runCli(["check", image, "--config", config(text)]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd()).not.toContain("\n");
  });

  test.each([
    ["layer-sise=1", /there is no limit "layer-sise"; did you mean layer-size/],
    ["layer-size", /--limit layer-size: say what it should be/],
    ["layer-size=", /--limit layer-size: "" is not a size/],
    ["entries=x", /--limit entries: "x" is not a whole number/],
  ])("--limit %s", (option, message) => {
    const run = runCli(["inspect", image, "--limit", option]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(message);
  });

  test("--help names every limit with its default", () => {
    const { stdout } = runCli(["--help"]);
    for (const { name, unit, standard } of limitTable)
      expect(stdout).toContain(`${name}=${formatLimit(unit, standard)}`);
  });
});
