import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { ContentProbe } from "../../src/model/image.ts";
import {
  addImage,
  type BuiltLayer,
  buildLayer,
  dockerLegacy,
  type Files,
  finishLayout,
  packFiles,
} from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root, runCli } from "../support/spawn.ts";
import { buildTocLayer } from "../support/toc-writer.ts";

/** Paths that are no plain files, and files that change while they are read: one line and exit code 2, and an end. */

const scratch = scratchFolder("paths");
const sample = join(root, "examples/kilo-0.6.0.tar");
const halfOf = (data: Buffer) => data.subarray(0, data.length / 2);

function makePipe(): string {
  const path = join(scratch.folder(), "pipe");
  expect(spawnSync("mkfifo", [path], { timeout: 10_000 }).status).toBe(0);
  return path;
}

function expectOneLine({ status, stdout, stderr }: ReturnType<typeof runCli>, message: RegExp): void {
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^netfilter-compat: [^\n]+\n$/);
  expect(stderr).toMatch(message);
}

/** Runs a script that writes the file `$2` into the pipe `$1`. */
function startWriter(script: string, pipe: string, file: string): ChildProcess {
  return spawn("bash", ["-c", script, "-", pipe, file], { stdio: "ignore", timeout: 120_000 });
}

describe("named pipes", () => {
  test("one that nobody writes to ends with the time", () => {
    const path = makePipe();
    expectOneLine(
      runCli(["inspect", `docker-archive:${path}`, "--limit", "total-time=1s"]),
      /takes more than 1s; if that is meant, raise the limit/,
    );
  });

  test("one whose writer falls silent in the middle does so too", () => {
    const path = makePipe();
    const half = scratch.write("half.tar", halfOf(readFileSync(sample)));
    const writer = startWriter(`exec 3>"$1"; cat "$2" >&3; sleep 50`, path, half);
    const run = runCli(["inspect", path, "--limit", "total-time=2s"]);
    writer.kill("SIGKILL");
    expectOneLine(run, /takes more than 2s/);
  });

  test("one whose writer stops in the middle is truncated", () => {
    const path = makePipe();
    const half = scratch.write("half.tar", halfOf(readFileSync(sample)));
    const writer = startWriter(`cat "$2" >"$1"`, path, half);
    const run = runCli(["inspect", path]);
    writer.kill("SIGKILL");
    expectOneLine(run, /truncated|missing|damaged/);
  });

  test("one with an image gives what the file gives, by name and as the standard input", () => {
    const path = makePipe();
    const writer = startWriter(`sleep 0.5; cat "$2" >"$1"`, path, sample);
    const named = runCli(["inspect", path, "--format", "json"]);
    writer.kill("SIGKILL");
    const plain = runCli(["inspect", sample, "--format", "json"]);
    expect(plain.stdout).toContain('"1.8.4"');
    expect({ ...named, stdout: named.stdout.replaceAll(path, sample) }).toEqual(plain);
    const command = `cat "$1" | "$2" "$3" inspect /dev/stdin --format json`;
    const args = ["-c", command, "-", sample, process.execPath, join(root, "dist/cli.js")];
    const piped = spawnSync("bash", args, { encoding: "utf8", timeout: 60_000 });
    expect(piped.stdout.replaceAll("/dev/stdin", sample)).toBe(plain.stdout);
  });

  test("a layer in one cannot be compared with its table of contents, which is told", async () => {
    const layer = buildTocLayer([{ name: "usr/sbin/nft", content: "#!x", mode: 0o755 }], "eStargz");
    const files: Files = new Map();
    finishLayout(files, [addImage(files, [layer])]);
    const path = makePipe();
    const source = scratch.write("indexed.tar", packFiles(files));
    const writer = startWriter(`cat "$2" >"$1"`, path, source);
    const [image] = await openImages(path, { probe: keepAll });
    writer.kill("SIGKILL");
    expect(image?.platforms[0]?.doubts).toMatchObject([{ reason: expect.stringContaining("it came through a pipe") }]);
  });
});

describe("other things than files", () => {
  test.each([
    ["docker-archive:/dev/null", /it is no image archive/],
    ["/dev/null", /it is no image archive/],
    ["oci:/dev/null", /it is no directory/],
  ])("%s", (reference, message) => {
    expectOneLine(runCli(["inspect", reference]), message);
  });

  test("a device without an end", () => {
    expectOneLine(runCli(["inspect", "/dev/zero", "--limit", "total-time=1s"]), /takes more than 1s/);
  });

  test("directories", () => {
    const folder = join(scratch.folder(), "image.tar");
    mkdirSync(folder);
    for (const transport of ["docker-archive:", "oci-archive:"])
      expectOneLine(
        runCli(["inspect", `${transport}${folder}`]),
        /it is a directory: pass oci:DIR for an OCI layout$/m,
      );
    expectOneLine(runCli(["inspect", folder]), /it is no OCI image layout: index\.json is missing$/m);
    expectOneLine(runCli(["inspect", `${folder}/`]), /it is no OCI image layout: index\.json is missing$/m);
  });

  test("a layout whose files are pipes and directories", () => {
    const folder = scratch.folder();
    expect(spawnSync("mkfifo", [join(folder, "index.json")], { timeout: 10_000 }).status).toBe(0);
    expectOneLine(runCli(["inspect", `oci:${folder}`]), /"index\.json" is not a regular file/);
    rmSync(join(folder, "index.json"));
    mkdirSync(join(folder, "index.json"));
    expectOneLine(runCli(["inspect", `oci:${folder}`]), /"index\.json" is not a regular file/);
  });
});

describe("files that change while they are read", () => {
  // What no compression makes smaller.
  const noise = Buffer.concat(Array.from({ length: 50_000 }, (_, i) => createHash("sha512").update(`${i}`).digest()));
  const entries = [
    { name: "usr/sbin/first", content: "x" },
    { name: "usr/lib/noise", content: noise },
    { name: "usr/sbin/last", content: "y" },
  ];
  const layersOf = (compression: "none" | "gzip" | "zstd"): BuiltLayer[] => [buildLayer(entries, compression)];
  const legacy = (compression: "none" | "gzip" | "zstd") =>
    packFiles(dockerLegacy([{ layers: layersOf(compression), tags: null }]));
  const forms: [string, () => Buffer][] = [
    ["a docker archive", () => legacy("none")],
    ["a docker archive of gzip layers", () => legacy("gzip")],
    ["a docker archive of zstd layers", () => legacy("zstd")],
    ["a gzipped archive", () => gzipSync(legacy("none"), { level: 1 })],
  ];

  /** The failure when something happens to the file once its first layer is being read. */
  async function failure(path: string, happen: () => void): Promise<UserError | "read"> {
    let happened = false;
    const probe: ContentProbe = (file) => {
      if (!happened) happen();
      happened = true;
      return keepAll(file);
    };
    try {
      await openImages(path, { probe });
      return "read";
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      expect(error.message).not.toContain("\n");
      return error;
    } finally {
      expect(happened).toBe(true);
    }
  }

  test.each(forms)("%s is cut", async (_form, make) => {
    const data = make();
    for (const size of [0, 512, 100_000]) {
      const path = scratch.write("cut", data);
      expect(await failure(path, () => truncateSync(path, size))).toMatchObject({
        message: expect.stringMatching(/truncated|another digest|damaged/),
      });
    }
  });

  test.each(forms)("%s is written over", async (_form, make) => {
    const data = make();
    const path = scratch.write("over", data);
    expect(await failure(path, () => writeFileSync(path, Buffer.alloc(data.length, 1)))).toMatchObject({
      message: expect.stringMatching(/truncated|another digest|damaged|not valid|header|digest/),
    });
  });

  test.each(forms)("%s is deleted: what was opened is read to its end", async (_form, make) => {
    const path = scratch.write("deleted", make());
    expect(await failure(path, () => unlinkSync(path))).toBe("read");
  });

  test("a blob of a layout is cut", async () => {
    const files: Files = new Map();
    const [layer] = layersOf("gzip");
    if (layer === undefined) throw new Error("no layer");
    finishLayout(files, [addImage(files, [layer])]);
    const folder = scratch.write("layout", files);
    const blob = join(folder, "blobs", layer.digest.replace(":", "/"));
    expect(await failure(`oci:${folder}`, () => truncateSync(blob, 1000))).toMatchObject({
      message: expect.stringMatching(/truncated|another digest/),
    });
  });
});
