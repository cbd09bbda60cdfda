import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { createWorkshop, needRoot } from "../images/workshop.ts";
import { imageFromSteps } from "../support/builders.ts";
import { missingRegistryTools, push, startRegistry } from "../support/registry-server.ts";
import { skipTest } from "../support/skip.ts";

/** Debian's root in zstd:chunked layers that buildah wrote: read by their tables of contents and whole. */

const workshop = createWorkshop();

async function read(reference: string, lazy: boolean) {
  const env = { DOCKER_CONFIG: workshop };
  const [platform] = (await openImages(reference, { probe: probeContent, lazy, env })).flatMap(
    (image) => image.platforms,
  );
  if (platform === undefined) throw new Error(`${reference} should hold a platform`);
  const toolchain = inspectToolchain(platform, { programs: [], variables: [] });
  return { platform, bytes: JSON.stringify(toolchain, undefined, 1), files: [...platform.tree.walk()] };
}

test("the same toolchain and the same files", async (context) => {
  const root = await needRoot(context, "bookworm");
  const missing = missingRegistryTools();
  if (missing !== undefined) skipTest(context, "real layers by their table of contents", missing);
  const steps = [
    // Most of an image is none of the tools' business; of this root most is.
    {
      tar: root.tar,
      change: (folder: string) => writeFileSync(join(folder, "usr/share/noise"), randomBytes(30_000_000)),
    },
    {
      remove: ["usr/sbin/ipset"],
      change(folder: string) {
        mkdirSync(join(folder, "opt/bin"), { recursive: true });
        writeFileSync(join(folder, "opt/bin/start"), "#!/bin/sh\nexec iptables -S\n", { mode: 0o755 });
        writeFileSync(join(folder, "opt/noise"), randomBytes(100_000));
      },
    },
  ];
  const layout = await imageFromSteps(workshop, "chunked", steps, { compression: "zstd:chunked" });
  const registry = await startRegistry(join(workshop, "registry"), "none");
  await push(registry, layout, "debian:chunked");
  const whole = await read(`docker://${registry.host}/debian:chunked`, false);
  const lazy = await read(`docker://${registry.host}/debian:chunked`, true);
  expect(lazy.platform.layers.map(({ partial }) => partial?.format)).toEqual(["zstd:chunked", "zstd:chunked"]);
  // The tables that buildah wrote are those of the tars.
  expect(whole.platform.doubts).toBeUndefined();
  expect(lazy.bytes).toBe(whole.bytes);
  expect(lazy.bytes).toContain('"nftables"');
  expect(lazy.files).toEqual(whole.files);
});
