import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import { buildConfig, buildLayer, dockerLegacy, type Files, json, packFiles, sha256 } from "../support/image-writer.ts";
import { keepNothing } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";

/** JSON documents of images as large as they may be, and wrong at every place. */

const scratch = scratchFolder("documents");
const many = (text: string, count: number) => Array.from({ length: count }, () => text).join();

async function failure(name: string, data: Files | Buffer): Promise<string> {
  const error: unknown = await openImages(scratch.write(name, data), { probe: keepNothing }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  // What gathers each wrong place takes 800 MB for some of these, and ends in a stack that overflows.
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message.replace(scratch.path, "");
}

describe("index.json", () => {
  test.each([
    ["numbers in the place of manifests", `{"manifests":[${many("1", 190_000)}]}`, '"manifests.0": expected object'],
    ["manifests without a digest", `{"manifests":[${many("{}", 95_000)}]}`, '"manifests.0.digest": is missing'],
    [
      "annotations that are numbers",
      `{"manifests":[{"digest":"","annotations":{${Array.from({ length: 190_000 }, (_, i) => `"a${i}":1`).join()}}}]}`,
      '"manifests.0.annotations.a0": expected string',
    ],
    ["lists in lists", `{"manifests":${"[".repeat(9_000)}${"]".repeat(9_000)}}`, '"manifests.0": expected object'],
    ["more values than any index has", `{"manifests":[${many("{}", 1_390_000)}]}`, "holds more than 200000 values"],
    ["a list", "[]", "does not have the expected form: expected object"],
    ["a word", "null", "does not have the expected form: expected object"],
  ])("%s", async (name, text, message) => {
    const files: Files = new Map([["index.json", Buffer.from(text)]]);
    expect(await failure(name.replaceAll(" ", "-"), files)).toContain(message);
  });
});

describe("image config", () => {
  const layer = buildLayer([{ name: "a", content: "1" }]);
  const fields = JSON.parse(buildConfig([layer]).toString()) as object;
  test.each([
    ["Env", { config: { Env: Array.from({ length: 190_000 }, () => 1) } }, '"config.Env.0": expected string'],
    ["Cmd", { config: { Cmd: Array.from({ length: 190_000 }, () => 1) } }, '"config.Cmd.0": expected string'],
    ["Entrypoint", { config: { Entrypoint: 1 } }, '"config.Entrypoint": expected string'],
    ["diff_ids", { rootfs: { diff_ids: Array.from({ length: 190_000 }, () => 1) } }, '"rootfs.diff_ids.0"'],
  ])("%s", async (name, wrong, message) => {
    const config = json({ ...fields, ...wrong });
    const files = dockerLegacy([{ layers: [layer], tags: null }]);
    files.set("config", config);
    files.set("manifest.json", json([{ Config: "config", RepoTags: null, Layers: [] }]));
    const text = await failure(`${name}.tar`, packFiles(files));
    expect(text).toContain(`image config ${sha256(config)} does not have the expected form at ${message}`);
  });
});
