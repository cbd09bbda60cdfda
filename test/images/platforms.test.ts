import { expect, test } from "vitest";
import { inspectImages } from "../../src/inspect.ts";
import { goArchitecture, imageFromRoot, indexOf } from "../support/builders.ts";
import { commands, linkChain, linkedCommands, recordedVersion, toolAt } from "./on-disk.ts";
import { createWorkshop, needRoot } from "./workshop.ts";

const workshop = createWorkshop();

const architectures = [
  { debian: "amd64", platform: "linux/amd64" },
  { debian: "arm64", platform: "linux/arm64" },
  { debian: "armhf", platform: "linux/arm/v7", variant: "v7" },
];

test("an index of three architectures is inspected platform by platform", async (context) => {
  const roots = new Map<string, string>();
  const sources: { source: string; variant?: string }[] = [];
  for (const { debian, platform, variant } of architectures) {
    const root = await needRoot(context, "bookworm", debian);
    roots.set(platform, root.folder);
    sources.push({ source: await imageFromRoot(workshop, root), ...(variant && { variant }) });
  }
  const { images } = await inspectImages([await indexOf(workshop, "three", sources)]);

  expect(images.map(({ platforms }) => platforms.map(({ platform }) => platform))).toEqual([
    architectures.map(({ platform }) => platform),
  ]);
  for (const { platform, toolchain } of images[0]?.platforms ?? []) {
    const folder = roots.get(platform) ?? "";
    const debian = architectures.find((one) => one.platform === platform)?.debian ?? "";
    for (const { command, package: name } of commands) {
      const tool = toolAt(toolchain, folder, command);
      expect.soft(tool.version, `${platform} ${command}`).toBe(recordedVersion(folder, name));
      expect.soft(tool.byteVersion, `${platform} ${command}`).toBe(recordedVersion(folder, name));
      expect.soft(tool.architecture, `${platform} ${command}`).toBe(goArchitecture(debian));
    }
    for (const command of linkedCommands) {
      const chain = linkChain(folder, `/usr/sbin/${command}`);
      expect.soft(toolchain.defaults[command]?.via, `${platform} ${command}`).toEqual(chain);
      // Foreign programs cannot be asked; the name of the program at the end tells what Debian chose.
      expect
        .soft(`xtables-${toolchain.defaults[command]?.backend}-multi`)
        .toBe(chain.at(-1)?.replace("/usr/sbin/", ""));
    }
    expect.soft(toolchain.missing, platform).toEqual([]);
  }
});
