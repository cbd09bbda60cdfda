import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { runsOn } from "../../src/compat/runs-on.ts";
import { readConfig } from "../../src/config/read.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import type { HostEntry } from "../../src/hosts/types.ts";
import type { Host } from "../../src/model/host.ts";
import { buildToolchain } from "../support/cells.ts";

/** A platform is judged on the machines that it runs on, and on no others. */

const only = (entry: HostEntry): Host => selectHosts([entry]).hosts[0]!;

test.each<[string, string, boolean]>([
  ["debian-12", "amd64", true],
  ["debian-12", "arm64", true],
  ["debian-12", "s390x", true], // of the row nothing else is known
  ["debian-12@6.1-arm64", "arm64", true],
  ["debian-12@6.1-arm64", "amd64", false],
  ["debian-12@6.1-armmp", "arm", true],
  ["debian-12@6.1-armmp", "arm64", false],
  ["debian-13@6.12-armmp", "amd64", false],
  ["rhel-7", "amd64", true],
  ["rhel-7", "386", true],
  ["rhel-7", "arm64", false],
  ["raspberry-pi-os", "amd64", false],
  ["raspberry-pi-os", "arm", true], // 32-bit programs on a 64-bit kernel
  ["talos-1.11", "arm64", true],
])("%s runs linux/%s: %s", (id, architecture, expected) => {
  expect(runsOn(architecture, only(id))).toBe(expected);
});

test("a wrong architecture in a config is told", () => {
  const text = "hosts:\n  - {id: edge, architectures: [x86-64]}\n";
  expect(() => readConfig(text, "c.yml")).toThrow(
    /c\.yml:2: hosts\[0\]\.architectures\[0\]: "x86-64": expected an architecture/,
  );
});

test("of a platform that isn't known every host is judged", () => {
  expect(runsOn("", only("debian-12@6.1-armmp"))).toBe(true);
});

test("a kernel that the user names brings the architecture of its row, unless the user says otherwise", () => {
  const own = { id: "edge", extends: "debian-12", kernel: "6.1.0-51-armmp" };
  expect(runsOn("amd64", only(own))).toBe(false);
  expect(runsOn("amd64", only({ ...own, kernel: "6.1.0-51-amd64" }))).toBe(true);
  expect(runsOn("amd64", only({ ...own, kernel: "6.1.0-51-amd64", architectures: ["arm64"] }))).toBe(false);
});

describe("nodes of a cluster state their architecture", () => {
  const node = (name: string, architecture?: string) => ({
    metadata: { name },
    status: { nodeInfo: { osImage: "Talos (v1.11.2)", kernelVersion: "6.12.43-talos", architecture } },
  });
  const list = (...items: object[]): HostEntry => ({ nodes: { items }, from: "nodes.json" });
  const architectures = (...entries: HostEntry[]) =>
    selectHosts(entries).hosts.map(({ kernel }) => kernel.architectures?.value);

  test("all of one", () => expect(architectures(list(node("a", "arm64"), node("b", "arm64")))).toEqual([["arm64"]]));
  test("of two", () =>
    expect(architectures(list(node("a", "arm64"), node("b", "amd64")))).toEqual([["amd64", "arm64"]]));
  test("one says none: any", () => expect(architectures(list(node("a", "arm64"), node("b")))).toEqual([undefined]));
  test("two lists of the same system", () => {
    expect(architectures(list(node("a", "arm64")), list(node("b", "amd64")))).toEqual([["amd64", "arm64"]]);
    expect(architectures(list(node("a", "arm64")), list(node("b")))).toEqual([undefined]);
  });
  test("beside the catalogue's own host", () =>
    expect(architectures("talos-1.11", list(node("a", "arm64")))).toEqual([undefined]));
});

test("collected facts say which machine it was", () => {
  const facts = (machine: string) => ({
    facts: `format=netfilter-compat-facts-1\nname=a\nkernel=6.1.0-13-amd64\narchitecture=${machine}\nend=1\n`,
    from: "a.txt",
  });
  expect(only(facts("aarch64")).kernel.architectures?.value).toEqual(["arm64"]);
  expect(only(facts("pdp11")).kernel.architectures).toBeUndefined();
});

test("there is no cell of a host that the platform doesn't run on", () => {
  const hosts = selectHosts(["debian-12@*"]).hosts.map((host) => ({ host, programs: [] }));
  const cells = (architecture: string) => {
    const toolchain = buildToolchain({ nft: "1.8.11", architecture });
    const image = { environment: {}, network: "host", modules: "unknown" } as const;
    return evaluatePlatform({ toolchain, image, hosts }).map(({ host }) => host.kernel.release.value);
  };
  expect(cells("amd64").filter((release) => /arm/.test(release))).toEqual([]);
  expect(cells("amd64").length).toBeGreaterThan(1);
  expect(cells("arm64").filter((release) => /arm/.test(release))).toEqual(["6.1.0-50-arm64"]);
});
