import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listHosts } from "../../src/host-listing.ts";
import { catalogue, toHost } from "../../src/hosts/catalogue.ts";
import type { Fact } from "../../src/model/host.ts";
import { scratchFolder } from "../support/scratch.ts";

const scratch = scratchFolder("listing");
const list = (id: string) => listHosts({ id, format: "text" }, scratch.path);

/** Facts anywhere in a value. */
function factsOf(value: unknown): Fact<unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  if ("value" in value && "confidence" in value) return [value as Fact<unknown>];
  return Object.values(value).flatMap(factsOf);
}

describe("one host", () => {
  test.each(
    catalogue.hosts.map((row) => [row.id, row] as const),
  )("%s: every fact of every kernel, with source and confidence, and every note", (id, row) => {
    const text = list(`${id}@*`);
    for (const kernel of row.kernels) {
      for (const fact of [...factsOf(toHost(row, kernel)), ...factsOf(row.endOfLife), ...factsOf(row.libnftnl)])
        expect(text).toContain(`${fact.confidence}: ${fact.source.replaceAll(/\s+/g, " ")}`);
      for (const note of [...(row.notes ?? []), ...(kernel.notes ?? [])]) expect(text).toContain(`  - ${note}`);
    }
  });

  test("a note is there once, and what isn't known is there by name", () => {
    const text = list("cos-129");
    expect(text.match(/ {2}- COS$/gm)).toHaveLength(1);
    for (const fact of ["iptables", "backend", "nft", "ipset", "xtables compat"])
      expect(text).toMatch(new RegExp(`^ {2}${fact} +unknown$`, "m"));
    expect(text).toMatch(/^ {2}maintained +yes$/m);
    expect(text).toMatch(/^ {2}end of life +2028-03-01 +seen: endoflife-date/m);
    expect(text).toMatch(/^ {2}node kernel +\^6\\\.18/m);
  });

  test("a list of which too little is known says so", () => {
    expect(list("gke")).toMatch(/\nhosts: gke: neither the iptables .* is unknown;[^\n]*\n$/);
  });

  test("as JSON holds the same", () => {
    const { hosts } = JSON.parse(listHosts({ id: "rhel-8", format: "json" }, scratch.path)) as { hosts: unknown[] };
    expect(hosts[0]).toMatchObject({
      id: "rhel-8",
      endOfLife: { value: "2029-05-31" },
      iptables: { version: { value: "1.8.5" }, release: { value: "10.el8" } },
      kernelVersion: expect.stringContaining("el"),
    });
  });
});

test("what a stranger's nodes are called steers nothing in what is printed", () => {
  const name = "n\u001b[31m\u202e\u0085::error::x\u2028";
  const nodeInfo = { osImage: `Plan 9 ${name}`, kernelVersion: `4.0${name}` };
  scratch.write("nodes.json", Buffer.from(JSON.stringify({ items: [{ metadata: { name }, status: { nodeInfo } }] })));
  for (const format of ["text", "json"] as const) {
    const printed = listHosts({ nodes: "nodes.json", format }, scratch.path);
    expect(printed, join(scratch.path, format)).toMatch(/^[\x20-\x7e\n…]+$/);
    if (format === "json") expect(JSON.parse(printed).unmatched).toEqual([name]);
  }
});
