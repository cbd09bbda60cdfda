import { expect, test } from "vitest";
import { check } from "../../src/check.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderText } from "../../src/report/text.ts";
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

test("a platform that no host runs, and a host that runs no platform, are told", async () => {
  const image = inspected("new");
  const [platform] = image.images[0]!.platforms;
  const arm = { ...platform!, platform: "linux/arm64", toolchain: { ...platform!.toolchain, architecture: "arm64" } };
  const run = (platforms: object[], ...hosts: string[]) => {
    const settings = resolveSettings({ folder: root, hosts, today: "2026-11-23" });
    const images = { ...image, images: [{ ...image.images[0]!, platforms: platforms as (typeof arm)[] }] };
    return check({ images, base: [], settings, reading: {} });
  };
  const both = await run([platform!, arm], "debian-12", "rhel-7");
  expect(both.notes).toEqual([]);
  expect(both.images[0]?.platforms.map(({ cells }) => cells.map(({ host }) => host))).toEqual([
    ["debian-12", "rhel-7"],
    ["debian-12"],
  ]);
  const none = await run([arm], "rhel-7", "debian-12@6.1-armmp");
  expect(none.verdict).toBe("unknown");
  expect(none.notes).toEqual([
    "new: linux/arm64: not judged, no selected host runs it.",
    "new: not judged on rhel-7 (amd64, ppc64, ppc64le, s390x), debian-12@6.1-armmp (arm): none of its platforms runs there.",
  ]);
  const some = await run([platform!, arm], "debian-12@6.1-arm64");
  expect(some.notes).toEqual(["new: linux/amd64: not judged, no selected host runs it."]);
  expect(renderMarkdown(some)).toContain("| – | ");
  expect(renderText(some)).not.toContain("linux/amd64]");
});

test("a platform of Windows in the index is no host's, and says nothing of the others", async () => {
  const image = inspected("new");
  const [platform] = image.images[0]!.platforms;
  const windows = { ...platform!, platform: "windows/amd64", toolchain: buildToolchain({}) };
  const run = (...platforms: object[]) => {
    const settings = resolveSettings({ folder: root, hosts: ["debian-12", "ubuntu-24.04"], today: "2026-11-23" });
    const images = { ...image, images: [{ ...image.images[0]!, platforms: platforms as (typeof windows)[] }] };
    return check({ images, base: [], settings, reading: {} });
  };
  const both = await run(platform!, windows);
  expect(both.verdict).toBe("pass");
  expect(both.notes).toEqual(["new: windows/amd64: not judged, no selected host runs it."]);
  expect(both.images[0]?.platforms.map(({ cells }) => cells.length)).toEqual([2, 0]);
  const alone = await run(windows);
  expect(alone.verdict).toBe("unknown");
  expect(alone.notes).toEqual([
    "new: windows/amd64: not judged, no selected host runs it.",
    "new: not judged on debian-12, ubuntu-24.04: none of its platforms runs there.",
  ]);
});
