import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { hostTool } from "../../src/compat/host-build.ts";
import { resolveSettings } from "../../src/settings.ts";
import { buildInput } from "../support/cells.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A node's own iptables as its distribution built it: what was repaired under the old number is not held against it. */

const scratch = scratchFolder("host-build");

/** Rules that an image's iptables 1.8.11, which writes prefixes of whole bytes, breaks for the kubelet of a host. */
function rulesOn(iptables: string): string[] {
  const config = `hosts:\n  - {id: a, extends: debian-12, iptables: {${iptables}}, programs: [kubelet@1.27]}\n`;
  scratch.write("c.yml", Buffer.from(config));
  const { hosts } = resolveSettings({ folder: scratch.path, configFile: "c.yml", today: "2026-11-22" });
  const own = { name: "agent", writes: ["address-prefix"] };
  const input = buildInput({ image: { nft: "1.8.11" }, profile: own as never });
  const reading = hosts.map(({ host, programs }) => ({
    host,
    programs: programs.map((program) => ({ ...program, operations: ["list", "save-restore"] as never })),
  }));
  return evaluatePlatform({ ...input, hosts: reading }).flatMap((cell) =>
    cell.findings.filter((finding) => finding.severity !== "notice").map((finding) => finding.rule),
  );
}

describe("a node's own iptables 1.8.4", () => {
  test("of upstream misreads prefixes of whole bytes", () => {
    expect(rulesOn('version: "1.8.4"')).toEqual(["image-newer-writer"]);
  });

  test.each([
    ["22.el8", []],
    ["16.el8", []],
    ["15.el8", ["image-newer-writer"]],
    ["3ubuntu2.1", ["image-newer-writer"]],
    ["r2", ["image-newer-writer"]],
    ["10.amzn2.1.2", ["image-newer-writer"]],
  ])("of release %s", (release, rules) => {
    expect(rulesOn(`version: "1.8.4", release: ${release}`)).toEqual(rules);
  });
});

test("what isn't known has no build", () => {
  const [cell] = buildInput({ image: {}, host: { iptables: null } }).hosts;
  expect(hostTool(cell!.host)).toBeUndefined();
});
