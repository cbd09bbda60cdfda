import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeSamples } from "../../examples/make.ts";
import { check } from "../../src/check.ts";
import { inspectImages } from "../../src/inspect.ts";
import { resolveSettings } from "../../src/settings.ts";
import { linkedCommands } from "./on-disk.ts";

const folder = join(import.meta.dirname, "../../examples");
const names = ["kilo-0.6.0", "kilo-0.7.0", "kilo-fixed"];

test("the committed samples are what the script makes", () => {
  const made = makeSamples();
  expect([...made.keys()]).toEqual(names.map((name) => `${name}.tar`));
  for (const [name, bytes] of made) expect.soft(bytes.equals(readFileSync(join(folder, name))), name).toBe(true);
});

test("the samples are told by package records and by bytes alike", async () => {
  const { images } = await inspectImages(names.map((name) => `oci-archive:${join(folder, name)}.tar`));
  const told = images.flatMap(({ platforms }) =>
    platforms.map(({ platform, toolchain }) => ({
      platform,
      program: `${toolchain.program?.name} ${toolchain.program?.version}`,
      tools: toolchain.tools.map(({ name, version, backend }) => [name, version, backend].filter(Boolean).join(" ")),
      selector: `${toolchain.selector?.kind} ${toolchain.selector?.version}, effective: ${toolchain.selector?.effective}`,
    })),
  );
  const wrapper = "iptables-wrapper v2, effective: true";
  const fixed = [
    "iptables 1.8.11 legacy",
    "iptables 1.8.11 nft",
    "ip6tables 1.8.11 legacy",
    "ip6tables 1.8.11 nft",
    "ipset 7.24",
  ];
  expect(told).toEqual([
    {
      platform: "linux/amd64",
      program: "kilo 0.6.0",
      tools: [
        "iptables 1.8.4 legacy",
        "iptables 1.8.4 nft",
        "ip6tables 1.8.4 legacy",
        "ip6tables 1.8.4 nft",
        "ipset 7.6",
      ],
      selector: wrapper,
    },
    {
      platform: "linux/amd64",
      program: "kilo 0.7.0",
      tools: ["iptables 1.8.10 nft", "ip6tables 1.8.10 nft", "ipset 7.21"],
      selector: wrapper,
    },
    { platform: "linux/amd64", program: "kilo 0.7.0", tools: fixed, selector: wrapper },
    { platform: "linux/arm64", program: "kilo 0.7.0", tools: fixed, selector: wrapper },
  ]);
  for (const { toolchain } of images.flatMap(({ platforms }) => platforms)) {
    expect(toolchain.missing).toEqual([]);
    for (const command of linkedCommands) expect.soft(toolchain.defaults[command]?.backend, command).toBe("auto");
    for (const tool of toolchain.tools) expect.soft(tool.byteVersion, tool.name).toBe(tool.version);
  }
});

test("the story: refused and racing, then warnings that are true, then clean", async () => {
  const settings = resolveSettings({ folder, configFile: "matrix.yml", today: "2026-11-23" });
  const verdicts = names.map(async (name) => {
    const images = [`oci-archive:${join(folder, name)}.tar`];
    const report = await check({ images, base: [], settings, reading: {} });
    return [report.verdict, ...report.findings.map(({ severity, rule }) => `${severity} ${rule}`).sort()];
  });
  expect(await Promise.all(verdicts)).toEqual([
    ["fail", "error buggy-version", "error nft-newer-writer"],
    ["warn", "warning buggy-version", "warning missing-binary"],
    ["pass"],
  ]);
});
