import { expect, test } from "vitest";
import { check } from "../../src/check.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { resolveSettings } from "../../src/settings.ts";
import { buildToolchain } from "../support/cells.ts";
import { root } from "../support/spawn.ts";

function inspected(reference: string, ...notes: string[]): Inspection {
  const toolchain = buildToolchain({ nft: "1.8.11" });
  const platforms = [{ platform: "linux/amd64", toolchain, notes }];
  return {
    schemaVersion: 1,
    tool: { name: "test", version: "0" },
    images: [{ reference, digest: "sha256:a", platforms }],
  };
}

test("what was odd in reading an image and its base image reaches the report, each once", async () => {
  const settings = resolveSettings({ folder: root, hosts: ["debian-13"], today: "2026-11-23" });
  const run = (image: Inspection, base: Inspection) => check({ images: image, base, settings, reading: {} });
  const { notes } = await run(inspected("new", "read by its table"), inspected("old", "not verified"));
  expect(notes).toEqual(["new: read by its table.", "old: not verified."]);
  const same = await run(inspected("new", "read by its table"), inspected("new", "read by its table"));
  expect(same.notes).toEqual(["new: read by its table."]);
});
