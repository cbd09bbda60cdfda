import { expect, test } from "vitest";
import ipsetJson from "../../src/knowledge/ipset.json" with { type: "json" };
import { ipsetFileSchema } from "../../src/knowledge/schema/ipset.ts";
import { inRange, kernelSeries } from "../../src/model/version.ts";
import measured from "./fixtures/ipset.json" with { type: "json" };

const ipset = ipsetFileSchema.parse(ipsetJson);

test.each(Object.entries(measured.kernels))("kernel %s has the measured revisions", (release, types) => {
  const rows = ipset.kernels.filter((row) => inRange(kernelSeries(release)!, row.series));
  expect(rows).toHaveLength(1);
  expect(rows[0]!.max).toMatchObject(types);
});

test.each(Object.entries(measured.tools))("ipset %s has the measured revisions", (version, types) => {
  const rows = ipset.tools.filter((row) => inRange(version, row.versions));
  expect(rows).toHaveLength(1);
  expect(rows[0]!.max).toEqual(types);
});

test.each([
  // Public reports: kernel, the tool that failed, the type, the revision in the message.
  ["6.8", "7.15", "hash:ip", 6], // kube-ovn#4741
  ["6.8", "7.11", "hash:ip,port", 7], // calico#10676
  ["5.15", "7.6", "hash:net", 7], // k3s#6652
  ["5.11", "7.5", "hash:net", 7], // pyroute2#830
] as const)("on kernel %s a set of a newer tool is too new for ipset %s: %s revision %i", (series, version, type, revision) => {
  const kernel = ipset.kernels.find((row) => inRange(series, row.series))!;
  const tool = ipset.tools.find((row) => inRange(version, row.versions))!;
  const newest = ipset.tools.at(-1)!;
  expect(Math.min(kernel.max[type]!, newest.max[type]!)).toBe(revision);
  expect(tool.max[type]!).toBeLessThan(revision);
});

test("intervals neither overlap nor leave holes", () => {
  const edges = (ranges: { min?: string | undefined; max?: string | undefined }[]) => ranges.map((r) => [r.min, r.max]);
  expect(edges(ipset.kernels.map((row) => row.series))).toEqual([
    ["4.18", "5.4"],
    ["5.5", "5.10"],
    ["5.11", "6.1"],
    ["6.2", undefined],
  ]);
  expect(edges(ipset.tools.map((row) => row.versions)).at(-1)).toEqual(["7.16", undefined]);
});
