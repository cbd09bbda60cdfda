import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { findProfile } from "../../src/hosts/programs.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import { contextOf, resolveSettings } from "../../src/settings.ts";
import { buildHost, buildToolchain, type HostSpec, type ImageSpec } from "../support/cells.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Switches that are in no variable and no file of the image (flannel's EnableNFTables, Docker's firewall-backend): stated in
 * the config, or asked for where they make a difference. */

const scratch = scratchFolder("options");
const flannel: ImageSpec = {
  legacy: "1.8.11",
  nftTool: "1.1.6",
  program: { name: "flannel", libraries: ["sigs.k8s.io/knftables@v0.0.18"] },
};
const noLegacy: HostSpec = { modules: { absent: ["ip_tables", "iptable_filter", "iptable_nat"] } };
const noNft: HostSpec = { backend: "legacy", modules: { absent: ["nf_tables"] } };

/** What is said of an image by a config on one host, notices left out. */
function say(config: string, image: ImageSpec, host: HostSpec, version: string | null = null): string[] {
  const toolchain = buildToolchain(image);
  if (toolchain.program !== undefined) toolchain.program.version = version;
  scratch.write("c.yml", Buffer.from(config));
  const settings = resolveSettings({
    folder: scratch.path,
    configFile: "c.yml",
    hosts: ["debian-12"],
    today: "2026-11-23",
  });
  const context = contextOf(settings.config, "image", toolchain);
  const [cell] = evaluatePlatform({ toolchain, image: context, hosts: [{ host: buildHost(host), programs: [] }] });
  return [
    ...cell!.findings
      .filter(({ severity }) => severity !== "notice")
      .map(({ severity, rule }) => `${severity} ${rule}`),
    ...cell!.missing.map(({ fact, state }) => `missing ${fact}: ${state?.entry}`),
  ];
}
const stated = (option: string) => `images: [{match: "*", options: {${option}}}]\n`;
const nothing = "images: []\n";
const asked = 'missing EnableNFTables of flannel: {match: "*image", options: {EnableNFTables: "false"}}';

describe("flannel", () => {
  test("stated: what it then runs is judged, and no more", () => {
    expect(say(stated("EnableNFTables: true"), flannel, noLegacy)).toEqual([]);
    expect(say(stated('EnableNFTables: "false"'), flannel, noLegacy)).toContain("error legacy-modules-missing");
    expect(say(stated("EnableNFTables: true"), flannel, noNft)).toEqual(["error nft-kernel-missing"]);
    expect(say(stated("EnableNFTables: false"), flannel, noNft)).not.toContain("error nft-kernel-missing");
  });
  test("not stated: what breaks by default is an error", () => {
    const lines = say(nothing, flannel, noLegacy);
    expect(lines).toContain("error legacy-modules-missing");
    expect(lines.join()).not.toContain("missing EnableNFTables");
  });
  test("not stated: asked for where only the other mode breaks", () => {
    const lines = say(nothing, flannel, noNft);
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
    expect([...new Set(lines)]).toEqual([asked]);
  });
  test("not stated, and both work: nothing is asked", () => {
    expect(say(nothing, { ...flannel, legacy: "1.8.11", nft: "1.8.11", wrapper: "v3" }, {})).toEqual([]);
  });
  test("what breaks either way is an error, and nobody is asked", () => {
    const lines = say(nothing, { ...flannel, nft: "1.8.11", default: "nft" }, noNft);
    expect(lines).toContain("error nft-kernel-missing");
    expect(lines.join()).not.toContain("missing EnableNFTables");
  });
  test("a warning of what is so by default is not lost", () => {
    const image: ImageSpec = {
      ...flannel,
      nft: "1.8.11",
      wrapper: "v2",
      change: ({ tools }) => void tools.splice(0, tools.length, ...tools.filter(({ backend }) => backend !== "legacy")),
    };
    expect(say(stated("EnableNFTables: false"), image, {})).toEqual(["warning missing-binary"]);
    expect(say(nothing, image, {})).toEqual(["warning missing-binary"]);
  });
  test("look-alike: a release before there was such an option is what it is", () => {
    const old: ImageSpec = { ...flannel, program: { name: "flannel", libraries: [] } };
    expect(say(nothing, old, noLegacy, "v0.24.4")).toContain("error legacy-modules-missing");
    expect(say(nothing, old, noLegacy)).toContain("error legacy-modules-missing");
    expect(say(nothing, old, noNft, "v0.24.4").join()).not.toContain("missing EnableNFTables");
    expect(say(nothing, old, noNft, "v0.26.1").join()).toContain("missing EnableNFTables");
  });
});

describe("Docker", () => {
  const dind: ImageSpec = { legacy: "1.8.11", program: { name: "docker", libraries: [] } };
  test("its flag is stated like that", () => {
    expect(say(stated("firewall-backend: nftables"), dind, noLegacy)).toEqual([]);
    expect(say(stated("firewall-backend: iptables"), dind, noLegacy)).toEqual(["error legacy-modules-missing"]);
    expect(say(nothing, dind, noLegacy, "28.3.0")).toEqual(["error legacy-modules-missing"]);
    expect(say(nothing, dind, noLegacy, "29.1.0")).toEqual(["error legacy-modules-missing"]);
    expect(say(nothing, dind, noNft, "28.3.0")).toEqual([]);
    expect(say(nothing, dind, noNft, "29.1.0").join()).toContain("missing firewall-backend of Docker Engine");
  });
});

describe("mistakes in the config", () => {
  test.each([
    [
      "a misspelt option",
      "EnableNFTable: true",
      /c\.yml:1: .*no known program has "EnableNFTable"; did you mean EnableNFTables\?/,
    ],
    ["a variable", "FELIX_NFTABLESMODE: Enabled", /variables go under env/],
    ["a misspelt value", "EnableNFTables: ture", /EnableNFTables is "ture"; known values are true, false/],
  ])("%s", (_, option, message) => {
    expect(() => say(stated(option), flannel, {})).toThrow(message);
  });
});

test("an option is never looked for in the image's environment", () => {
  const image: ImageSpec = {
    ...flannel,
    change(toolchain) {
      toolchain.environment = { EnableNFTables: "true" };
    },
  };
  expect(say(stated("EnableNFTables: false"), image, noLegacy)).toContain("error legacy-modules-missing");
  for (const { selects } of programProfiles)
    if (selects?.native?.option === undefined && selects?.native !== undefined)
      expect(selects.native.name).toMatch(/^[A-Z_]+$/);
  expect(findProfile("flannel")?.selects?.native?.option?.others[0]).toBe("false");
});
