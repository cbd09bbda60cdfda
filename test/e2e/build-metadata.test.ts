import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expandBuildMetadata } from "../../src/build-metadata.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root, runCli } from "../support/spawn.ts";

const scratch = scratchFolder("metadata");
const digest = `sha256:${"5".repeat(64)}`;
const other = `sha256:${"6".repeat(64)}`;
const put = (name: string, value: unknown) => scratch.write(name, Buffer.from(JSON.stringify(value, null, 2)));

/** As buildx 0.29 writes it. */
const built = {
  "buildx.build.provenance": { buildType: "https://mobyproject.org/buildkit@v1" },
  "buildx.build.ref": "default/default/abc",
  "containerimage.config.digest": other,
  "containerimage.descriptor": { mediaType: "application/vnd.oci.image.index.v1+json", digest, size: 856 },
  "containerimage.digest": digest,
  "image.name": "ghcr.io/owner/agent:test,localhost:5000/agent",
};

test("the file of a build names the image and the digest that was pushed", () => {
  expect(expandBuildMetadata([put("build.json", built)], "/")).toEqual([`ghcr.io/owner/agent@${digest}`]);
  put("port.json", { ...built, "image.name": "localhost:5000/agent" });
  expect(expandBuildMetadata(["port.json", "x.tar"], scratch.path)).toEqual([
    `localhost:5000/agent@${digest}`,
    "x.tar",
  ]);
});

test("the file of bake has a target for each image, and one can be picked", () => {
  const path = put("bake.json", {
    "buildx.build.warnings": [{ vertex: "x" }],
    agent: built,
    tool: { ...built, "containerimage.digest": other, "image.name": "docker.io/library/tool:1" },
  });
  const tool = `docker.io/library/tool@${other}`;
  expect(expandBuildMetadata([path], "/")).toEqual([`ghcr.io/owner/agent@${digest}`, tool]);
  expect(expandBuildMetadata([`${path}#tool`], "/")).toEqual([tool]);
  expect(() => expandBuildMetadata([`${path}#no`], "/")).toThrow("bake.json: has no target no; it has agent, tool");
});

test.each([
  [{ ...built, "image.name": undefined }, "the build has no name (image.name), so it is nowhere but in its output"],
  [{ ...built, "image.name": "-x y" }, "image.name is not the name of an image"],
  [{ ...built, "containerimage.digest": "sha256:5" }, "containerimage.digest is no digest"],
  [{}, "neither an image archive nor a metadata file of docker buildx"],
  [{ __proto__: built, a: 1, b: null }, "neither an image archive nor a metadata file of docker buildx"],
])("a file that names no image: %#", (value, message) => {
  const path = put("bad.json", value);
  const run = runCli(["inspect", path]);
  expect(run.status).toBe(2);
  expect(run.stderr).toContain(message);
  expect(run.stderr).toMatch(/^netfilter-compat: [^\n]+\n$/);
});

test("what follows # needs targets, and cut JSON is said to be none", () => {
  expect(() => expandBuildMetadata([`${put("one.json", built)}#agent`], "/")).toThrow("has no targets");
  writeFileSync(join(scratch.path, "cut.json"), '{"containerimage.digest": "sha');
  expect(() => expandBuildMetadata(["cut.json"], scratch.path)).toThrow("cut.json: not JSON");
});

test("archives, folders and names that are no file stay what they are", () => {
  const references = [join(root, "examples/kilo-fixed.tar"), root, "ghcr.io/a/b:1", "docker://x", "/dev/null", "#", ""];
  expect(existsSync(references[0] ?? "")).toBe(true);
  expect(expandBuildMetadata(references, root)).toEqual(references);
});
