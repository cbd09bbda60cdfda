import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expandBuildMetadata } from "../../src/build-metadata.ts";
import { openImages } from "../../src/image/open-images.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import { goArchitecture } from "../support/builders.ts";
import { needEngine, startPodman } from "../support/engine.ts";
import { missingRegistryTools, startRegistry } from "../support/registry-server.ts";
import { hasCommand, type Root } from "../support/roots.ts";
import { skipTest } from "../support/skip.ts";
import { createWorkshop, needRoot, type Skippable } from "./workshop.ts";

/** What the newest Docker engine makes of one Dockerfile, in all the forms that it has: the same toolchain. */

const workshop = createWorkshop();
const TAG = "example.test/netfilter-tools:1";

/** A Dockerfile and the roots that it adds. @returns its folder */
async function needContext(context: Skippable): Promise<string> {
  const roots = [await needRoot(context, "bookworm"), await needRoot(context, "bookworm", "arm64")];
  const folder = join(workshop, "context");
  mkdirSync(folder, { recursive: true });
  for (const root of roots) addRoot(folder, root);
  writeFileSync(join(folder, "agent.sh"), "#!/bin/sh\nexec iptables-save\n", { mode: 0o755 });
  const lines = [
    "FROM scratch",
    "ARG TARGETARCH",
    "ADD root-$TARGETARCH.tar /",
    "COPY agent.sh /usr/local/bin/agent",
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    'ENTRYPOINT ["/usr/local/bin/agent"]',
  ];
  writeFileSync(join(folder, "Dockerfile"), lines.map((line) => `${line}\n`).join(""));
  return folder;
}

function addRoot(folder: string, { tar, architecture }: Root): void {
  try {
    linkSync(tar, join(folder, `root-${goArchitecture(architecture)}.tar`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Platform and toolchain of each platform. Evidence names layers by digest, which differ with the compression and the build:
 * here they go by their place. */
async function read(reference: string, host = "unix:///nowhere", platforms: string[] = []): Promise<string[]> {
  const env = { DOCKER_HOST: host, HOME: workshop };
  const images = await openImages(reference, { probe: probeContent, env, platforms });
  expect(images, reference).toHaveLength(1);
  return images.flatMap(({ platforms }) =>
    platforms.map((platform) => {
      const toolchain = inspectToolchain(platform, { programs: [], variables: [] });
      let text = JSON.stringify([platform.platform, toolchain], undefined, 1);
      for (const [i, { digest, diffId }] of platform.layers.entries())
        text = text.replaceAll(digest, `layer ${i}`).replaceAll(diffId, `layer ${i}`);
      return text;
    }),
  );
}

describe("Docker's newest engine", () => {
  let expected: string[] | undefined;
  /** The first form that is read is what all others are compared with. */
  async function expectSame(reference: string, platforms: number, host?: string): Promise<void> {
    const found = await read(reference, host);
    expect(found, reference).toHaveLength(platforms);
    expected ??= found;
    expect(expected[0]).toContain('"name": "iptables"');
    expect(found, reference).toEqual(expected.slice(0, platforms));
  }

  test("containerd store: build, save, the daemon, buildx outputs and a push, with provenance", async (context) => {
    const folder = await needContext(context);
    const engine = await needEngine(context, "containerd");
    const two = ["--platform", "linux/amd64,linux/arm64"];
    const buildx = (...args: string[]) => engine.docker("buildx", "build", "-q", ...args, folder);
    const at = (name: string) => join(workshop, name);

    for (const compression of ["gzip", "zstd", "uncompressed"]) {
      const output = `type=oci,dest=${at(`${compression}.tar`)},compression=${compression},force-compression=true`;
      await buildx(...two, "--provenance=mode=max", "--output", output);
      await expectSame(`oci-archive:${at(`${compression}.tar`)}`, 2);
    }
    await buildx(...two, "--output", `type=oci,tar=false,dest=${at("layout")}`);
    await expectSame(`oci:${at("layout")}`, 2);
    await buildx("--platform", "linux/amd64", "--output", `type=docker,dest=${at("docker.tar")},name=${TAG}`);
    await expectSame(at("docker.tar"), 1);

    await buildx(...two, "--provenance=true", "--load", "--tag", TAG);
    await expectSame(`docker-daemon:${TAG}`, 2, engine.host);
    await expectSame(TAG, 2, engine.host);
    // The API gives one platform alone.
    expect(await read(`docker-daemon:${TAG}`, engine.host, ["linux/arm64"])).toEqual(expected?.slice(1));
    await expect(read(`docker-daemon:${TAG}`, engine.host, ["linux/s390x"])).rejects.toThrow("linux/s390x");
    await engine.docker("save", "--output", at("save.tar"), TAG);
    await expectSame(`docker-archive:${at("save.tar")}`, 2);
    await expectSame(`oci-archive:${at("save.tar")}`, 2);
    await engine.docker("save", "--platform", "linux/arm64", "--output", at("arm64.tar"), TAG);
    expect(await read(at("arm64.tar"))).toEqual(expected?.slice(1));

    const missing = missingRegistryTools();
    if (missing !== undefined) return skipTest(context, "a push by Docker's newest engine", missing);
    const registry = await startRegistry(at("registry"), "none");
    const metadata = at("build.json");
    await buildx(...two, "--push", "--tag", `${registry.host}/team/agent:1`, "--metadata-file", metadata);
    const [pushed = ""] = expandBuildMetadata([metadata], "/");
    expect(pushed).toMatch(new RegExp(`^${registry.host}/team/agent@sha256:[0-9a-f]{64}$`));
    await expectSame(`docker://${pushed}`, 2);
    await expectSame(pushed, 2, engine.host);
  });

  test("classic store: build, save, the daemon", async (context) => {
    const folder = await needContext(context);
    const engine = await needEngine(context, "classic");
    await engine.docker("buildx", "build", "-q", "--load", "--tag", TAG, folder);
    await expectSame(`docker-daemon:${TAG}`, 1, engine.host);
    await engine.docker("save", "--output", join(workshop, "classic.tar"), TAG);
    await expectSame(join(workshop, "classic.tar"), 1);
    const id = (await engine.docker("image", "inspect", "--format", "{{.Id}}", TAG)).trim();
    await expectSame(`docker-daemon:${id}`, 1, engine.host);
    await expect(read("docker-daemon:example.test/none:1", engine.host)).rejects.toThrow("has no image");
    const legacy = ["--build-arg", "TARGETARCH=amd64", "--tag", `${TAG}-legacy`, folder];
    await engine.legacyDocker("build", "-q", ...legacy);
    await expectSame(`docker-daemon:${TAG}-legacy`, 1, engine.host);
  });
});

test("podman: its archives and its service hold the same toolchain", async (context) => {
  const root = await needRoot(context, "bookworm");
  if (!hasCommand("podman")) return skipTest(context, "podman", "podman is not installed");
  const folder = join(workshop, "podman");
  mkdirSync(folder, { recursive: true });
  const { host, podman } = await startPodman(folder);
  const change = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  await podman("import", "-q", "--change", change, root.tar, TAG);
  for (const form of ["docker-archive", "oci-archive"])
    await podman("save", "-q", "--format", form, "--output", join(folder, `${form}.tar`), TAG);
  const saved = await read(`docker-archive:${join(folder, "docker-archive.tar")}`);
  expect(saved.join()).toContain('"version": "1.8.9"');
  expect(await read(`oci-archive:${join(folder, "oci-archive.tar")}`)).toEqual(saved);
  expect(await read(`docker-daemon:${TAG}`, host)).toEqual(saved);
  await expect(read("docker-daemon:example.test/none:1", host)).rejects.toThrow("has no image");
});
