import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copyAs, type Form, imageFromSteps } from "../support/builders.ts";
import { askProgram, commands, findTool, linkChain, linkedCommands, recordedVersion, type Told } from "./on-disk.ts";
import { createWorkshop, inspectOne, needRoot } from "./workshop.ts";

const workshop = createWorkshop();

/** What the file system of the last layer, laid out on disk by buildah, says of itself. */
interface Facts {
  printed: Map<string, Told>;
  recorded: Map<string, string>;
  chains: Map<string, string[]>;
  /** The program that each command leads to. */
  targets: Map<string, string | undefined>;
}

function collectFacts(folder: string): Facts {
  const present = commands.filter(({ command }) => existsSync(join(folder, "usr/sbin", command)));
  return {
    printed: new Map(present.map(({ command, ask }) => [command, askProgram(folder, command, ask)])),
    recorded: new Map(present.map((one) => [one.command, recordedVersion(folder, one.package)])),
    chains: new Map(linkedCommands.map((command) => [command, linkChain(folder, `/usr/sbin/${command}`)])),
    targets: new Map(present.map(({ command }) => [command, linkChain(folder, `/usr/sbin/${command}`).at(-1)])),
  };
}

/**
 * Debian 11 below; above it the tools, the links of its own layout and the package records are taken away and Debian 12 laid
 * over it, where /sbin is a link; at the top nft is removed and the alternative for IPv4 set to legacy.
 */
async function buildUpgraded(bullseye: string, bookworm: string): Promise<{ image: string; facts: Facts }> {
  let facts: Facts | undefined;
  const image = await imageFromSteps(workshop, "upgraded", [
    { tar: bullseye },
    { remove: ["bin", "sbin", "lib", "lib64", "usr/sbin", "etc/alternatives", "var/lib/dpkg"], tar: bookworm },
    {
      remove: ["usr/sbin/nft"],
      change: (folder) => {
        const set = ["--set", "iptables", "/usr/sbin/iptables-legacy"];
        execFileSync("update-alternatives", ["--root", folder, ...set], { stdio: "ignore", timeout: 60_000 });
        facts = collectFacts(folder);
      },
    },
  ]);
  if (!facts) throw new Error("the last step did not run");
  return { image, facts };
}

let upgraded: ReturnType<typeof buildUpgraded> | undefined;

describe.each<{ form: Form }>([
  { form: "docker-archive" },
  { form: "oci-gzip" },
  { form: "oci-zstd" },
  { form: "oci-plain" },
])("three layers with whiteouts as $form", ({ form }) => {
  test("give the file system that buildah laid out", async (context) => {
    const bullseye = await needRoot(context, "bullseye");
    const bookworm = await needRoot(context, "bookworm");
    upgraded ??= buildUpgraded(bullseye.tar, bookworm.tar);
    const { image, facts } = await upgraded;
    const toolchain = await inspectOne(await copyAs(workshop, image, form, "upgraded"));

    for (const [command, printed] of facts.printed) {
      const tool = findTool(toolchain, command, facts.targets.get(command));
      expect.soft(tool.version, command).toBe(printed.version);
      expect.soft(tool.version, command).toBe(facts.recorded.get(command));
    }
    for (const [command, chain] of facts.chains) expect.soft(toolchain.defaults[command]?.via, command).toEqual(chain);
    expect(toolchain.defaults.iptables?.backend).toBe(facts.printed.get("iptables")?.backend);
    expect(toolchain.defaults.ip6tables?.backend).toBe(facts.printed.get("ip6tables")?.backend);
    // The step has really made a difference between the two.
    expect([toolchain.defaults.iptables?.backend, toolchain.defaults.ip6tables?.backend]).toEqual(["legacy", "nft"]);
    expect(facts.printed.has("nft")).toBe(false);
    expect(toolchain.defaults.nft).toEqual({ backend: "none", via: [] });
    expect(toolchain.tools.filter(({ name }) => name === "nft")).toEqual([]);
    expect(toolchain.missing).toEqual([]);
  });
});
