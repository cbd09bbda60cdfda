import { join } from "node:path";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { createWorkshop, needRoot } from "../images/workshop.ts";
import { copyAs, imageFromRoot } from "../support/builders.ts";
import { createStandIn } from "../support/daemon-server.ts";
import { needEngine } from "../support/engine.ts";
import { missingRegistryTools, push, startRegistry } from "../support/registry-server.ts";
import { skipTest } from "../support/skip.ts";

/** One image of Debian through every source. */

const workshop = createWorkshop();
const NAME = "example.test/netfilter-tools:1";

/**
 * What the report would be made of, as bytes. Evidence names layers by their digest as stored, which is another one where the
 * layer is compressed in another way: `unpacked` has that of its tar instead.
 */
async function read(reference: string, host = "unix:///nowhere"): Promise<{ stored: string; unpacked: string }> {
  const images = await openImages(reference, { probe: probeContent, env: { DOCKER_HOST: host, HOME: workshop } });
  const [platform] = images.flatMap((image) => image.platforms);
  if (platform === undefined) throw new Error(`${reference} should hold a platform`);
  const toolchain = inspectToolchain(platform, { programs: [], variables: [] });
  const stored = JSON.stringify([platform.platform, toolchain], undefined, 1);
  let unpacked = stored;
  for (const { digest, diffId } of platform.layers) unpacked = unpacked.replaceAll(digest, diffId);
  return { stored, unpacked };
}

test("the same toolchain from archives, layouts, a registry and a daemon", async (context) => {
  const root = await needRoot(context, "bookworm");
  const missing = missingRegistryTools();
  if (missing !== undefined) skipTest(context, "one image through every source", missing);
  const layout = await imageFromRoot(workshop, root);
  const expected = await read(layout.replace(/:image$/, "#image"));
  expect(expected.stored).toContain('"iptables"');
  async function expectSame(reference: string, options: { host?: string; sameBytes?: boolean } = {}): Promise<void> {
    const found = await read(reference, options.host);
    expect(found.unpacked, reference).toBe(expected.unpacked);
    if (options.sameBytes === true) expect(found.stored, reference).toBe(expected.stored);
  }

  for (const form of ["docker-archive", "oci-archive", "oci-zstd", "oci-plain"] as const)
    await expectSame(await copyAs(workshop, layout, form), { sameBytes: form === "oci-archive" });

  const registry = await startRegistry(join(workshop, "registry"), "none");
  await push(registry, layout, "debian:oci");
  await push(registry, layout, "debian:docker", ["--format", "v2s2"]);
  await push(registry, layout, "debian:zstd", ["--dest-compress-format", "zstd"]);
  for (const tag of ["oci", "docker", "zstd"])
    await expectSame(`docker://${registry.host}/debian:${tag}`, { sameBytes: tag !== "zstd" });

  const archive = join(workshop, "image-docker-archive.tar");
  const standIn = createStandIn(NAME, archive);
  const socket = join(workshop, "stand-in.sock");
  await new Promise<void>((resolve) => standIn.server.listen(socket, resolve));
  await expectSame(`docker-daemon:${NAME}`, { host: `unix://${socket}` });

  const { host, docker } = await needEngine(context, "classic");
  await docker("load", "-q", "-i", archive);
  await expectSame(`docker-daemon:${NAME}`, { host });
  await expectSame(NAME, { host });
});
