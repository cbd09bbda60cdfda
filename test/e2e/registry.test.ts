import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { runStep } from "../support/action-step.ts";
import { addImage, type Files, finishLayout, named } from "../support/image-writer.ts";
import { startTunnel } from "../support/registry-proxy.ts";
import {
  missingRegistryTools,
  otherName,
  push,
  type RunningRegistry,
  startRegistry,
} from "../support/registry-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { recordSkip, skipTest } from "../support/skip.ts";
import { root, runCli } from "../support/spawn.ts";
import { buildTocLayer } from "../support/toc-writer.ts";

/** How the command line and the Action read from registries. */

const scratch = scratchFolder("cli-registry");
const missing = missingRegistryTools();
if (missing !== undefined) recordSkip({ what: "the command line on a registry", reason: missing });

const layer = buildTocLayer(
  [
    { name: "etc/os-release", content: "ID=debian\nVERSION_ID=12\n" },
    { name: "usr/share/noise", content: randomBytes(100_000) },
  ],
  "eStargz",
);
const note = `layer ${layer.digest} was read by its table of contents \\(eStargz, \\d+ % of its bytes\\): verified are the table \\(sha256:[0-9a-f]{64}\\) and 1 chunk of files by their digests, not the digests of the layer and of its tar`;

let registry: RunningRegistry;
let reference: string;
beforeAll(async () => {
  if (missing !== undefined) return;
  const files: Files = new Map();
  const layout = scratch.write("layout", finishLayout(files, [named(addImage(files, [layer]), "it")]));
  registry = await startRegistry(join(scratch.path, "registry"), "none");
  await push(registry, `oci:${layout}:it`, "team/app:it");
  reference = `docker://${registry.host}/team/app:it`;
});
const cli = (args: string[]) => runCli(args, { cwd: scratch.path, env: { DOCKER_CONFIG: scratch.path } });

describe.skipIf(missing !== undefined)("--lazy", () => {
  test("what was verified of a layer is said in every output, and by default nothing is missing", () => {
    const whole = cli(["inspect", reference, "--format", "json"]);
    const lazy = cli(["inspect", reference, "--format", "json", "--lazy"]);
    const [before] = (JSON.parse(whole.stdout) as Inspection).images.flatMap((image) => image.platforms);
    const [after] = (JSON.parse(lazy.stdout) as Inspection).images.flatMap((image) => image.platforms);
    expect(before?.notes).toBeUndefined();
    expect(after?.notes).toEqual([expect.stringMatching(new RegExp(`^${note}$`))]);
    expect(after?.toolchain).toEqual(before?.toolchain);
    expect(cli(["inspect", reference, "--lazy"]).stdout).toMatch(new RegExp(note));
    const report = JSON.parse(cli(["check", reference, "--lazy", "--format", "json"]).stdout) as Report;
    expect(report.notes).toContainEqual(expect.stringMatching(new RegExp(`^${reference}: ${note}\\.$`)));
  });

  test("nothing that was read in this way gets into the cache", () => {
    const cache = join(scratch.path, "cache");
    expect(cli(["inspect", reference, "--lazy", "--cache", cache]).status).toBe(0);
    expect(() => readdirSync(cache)).toThrow(/ENOENT/);
    expect(cli(["inspect", reference, "--cache", cache]).status).toBe(0);
    expect(readdirSync(cache)).toHaveLength(1);
  });
});

test.skipIf(missing !== undefined)("--insecure-registry takes hosts as names have them", () => {
  const run = cli(["inspect", reference, "--insecure-registry", "a.lan:5000", "--insecure-registry", "https://b.lan"]);
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/"https:\/\/b\.lan" is not the host of a registry: write HOST or HOST:PORT/);
  expect(cli(["inspect", reference, "--insecure-registry", "a.lan:5000"]).status).toBe(0);
});

describe.skipIf(missing !== undefined)("inputs of the Action", () => {
  const step = (inputs: Record<string, string>, env: Record<string, string> = {}) =>
    runStep({
      command: [join(root, "dist/index.js")],
      folder: scratch.path,
      apiUrl: "http://127.0.0.1:9",
      inputs: { image: reference, comment: "never", hosts: "debian-12", ...inputs },
      env: { DOCKER_CONFIG: scratch.path, ...env },
    });

  test("lazy, and what it leaves unverified is told in log and summary", async () => {
    const lazy = await step({ lazy: "true" });
    expect(lazy.code).toBe(0);
    for (const text of [lazy.log, lazy.summary]) expect(text.replace(/\s+/g, " ")).toMatch(/was read by its table of/);
    expect((await step({ lazy: "false" })).log).not.toContain("table of contents");
  });

  test("insecure-registries, without which the way is named", async () => {
    const tunnel = await startTunnel(registry);
    const env = { HTTPS_PROXY: `http://${tunnel.host}`, HTTP_PROXY: `http://${tunnel.host}` };
    const elsewhere = reference.replace(registry.host, `${otherName}:5000`);
    const refused = await step({ image: elsewhere }, env);
    expect(refused.code).toBe(2);
    expect(refused.log).toContain(`(input insecure-registries)`);
    const read = await step({ image: elsewhere, "insecure-registries": `a.lan, ${otherName}:5000` }, env);
    expect(read.log).toContain(`${otherName}:5000/team/app:it: 1 layer`);
    expect(read.code).toBe(0);
  });
});

test("what was needed for these tests is there", (context) => {
  if (missing !== undefined) skipTest(context, "the command line on a registry", missing);
});
