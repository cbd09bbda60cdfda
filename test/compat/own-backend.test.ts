import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { catalogue, defaultKernel, findHost, toHost } from "../../src/hosts/catalogue.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import { buildInput, type ImageSpec, type ProgramSpec } from "../support/cells.ts";

/** Nodes on which the kubelet brings its iptables, and the host's own writes in another backend (siderolabs/talos#9883). */

const kubelet: ProgramSpec = {
  name: "kubelet",
  backend: "host",
  kubelet: true,
  writes: ["address-prefix"],
  operations: [],
};

/** What is said of an image on a host of the catalogue, without notices. */
function say(id: string, image: ImageSpec): string[] {
  const row = findHost(catalogue, id)!;
  const input = buildInput({ image, programs: [kubelet] });
  const host = toHost(row, defaultKernel(row));
  const [cell] = evaluatePlatform({ ...input, hosts: [{ ...input.hosts[0]!, host }] });
  return [
    ...cell!.findings
      .filter(({ severity }) => severity !== "notice")
      .map(({ rule, severity }) => `${severity} ${rule}`),
    ...cell!.missing.map(({ fact }) => `missing ${fact}`),
  ];
}

describe.each(["talos-1.7", "talos-1.8-early"])("%s", (id) => {
  test("an image that writes as its kubelet does is fine, one that writes as its own iptables does is not", () => {
    expect(say(id, { nft: "1.8.11" })).toEqual([]);
    expect(say(id, { legacy: "1.8.11" })).toEqual(["error legacy-on-nft-host"]);
  });

  test("an image that runs the host's own iptables writes in the backend of that", () => {
    expect(say(id, { hostExec: true })).toContain("error legacy-on-nft-host");
  });
});

describe.each(["talos-1.8", "talos-1.9"])("%s, whose own iptables writes as the kubelet does", (id) => {
  test("an image that runs the host's own iptables is told nothing of backends", () => {
    expect(say(id, { hostExec: true }).filter((text) => /legacy|backend/.test(text))).toEqual([]);
    expect(say(id, { legacy: "1.8.11" })).toEqual(["error legacy-on-nft-host"]);
  });
});

test.each([
  ["Talos (v1.7.6)", "talos-1.7"],
  ["Talos (v1.8.0)", "talos-1.8-early"],
  ["Talos (v1.8.3)", "talos-1.8-early"],
  ["Talos (v1.8.4)", "talos-1.8"],
  ["Talos (v1.8.12)", "talos-1.8"],
])("a node that says %s is %s", (osImage, id) => {
  const status = { nodeInfo: { osImage, kernelVersion: "6.6.64-talos", operatingSystem: "linux" } };
  const nodes = { kind: "List", items: [{ kind: "Node", metadata: { name: "n1" }, status }] };
  const { hosts } = selectHosts([{ nodes, from: "nodes.json" }]);
  expect(hosts.map((host) => host.id.replace(/@.*/, ""))).toEqual([id]);
});
