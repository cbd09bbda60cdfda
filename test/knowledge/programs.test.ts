import semver from "semver";
import { describe, expect, test } from "vitest";
import { distributions } from "../../src/knowledge/distributions/index.ts";
import encodings from "../../src/knowledge/encodings.json" with { type: "json" };
import ipset from "../../src/knowledge/ipset.json" with { type: "json" };
import kubernetes from "../../src/knowledge/kubernetes.json" with { type: "json" };
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import { boundaryConstructs, operationSchema } from "../../src/model/program.ts";
import { compareVersions, isVersion } from "../../src/model/version.ts";

describe.each(programProfiles.map((profile) => [profile.id, profile] as const))("program %s", (_id, profile) => {
  test("has version ranges that semver reads and that don't overlap", () => {
    expect(profile.versions.length).toBeGreaterThan(0);
    for (const row of profile.versions) expect(semver.validRange(row.versions), row.versions).not.toBeNull();
    for (let i = 1; i < profile.versions.length; i++)
      expect(semver.intersects(profile.versions[i - 1]!.versions, profile.versions[i]!.versions)).toBe(false);
  });

  test("states tool versions as upstream versions", () => {
    for (const row of profile.versions)
      for (const tool of [row.iptables, row.ipset, row.nft])
        if (tool !== undefined) expect(isVersion(tool.value), `${row.versions}: ${tool.value}`).toBe(true);
  });

  // A slip in one of these names would be a fact that no rule reads.
  test("writes constructs that have a measured boundary", () => {
    const known: readonly string[] = [
      ...boundaryConstructs,
      ...encodings.nativeNft.flatMap((entry) => entry.constructs),
    ];
    for (const { writes, tables } of [profile, ...profile.versions])
      for (const construct of [...(writes?.value ?? []), ...Object.keys(tables?.value.writes ?? {})])
        expect(known).toContain(construct);
    for (const construct of profile.selects?.native?.writes ?? []) expect(known).toContain(construct);
  });

  test("names operations, set types and commands that there are", () => {
    const types = Object.keys(ipset.kernels.at(-1)?.max ?? {});
    for (const { tables } of [profile, ...profile.versions])
      for (const operation of Object.keys(tables?.value.reads ?? {}))
        expect(operationSchema.options).toContain(operation);
    for (const sets of [profile.ipset, ...profile.versions.map((row) => row.sets)])
      for (const type of sets?.value.creates ?? []) expect(types).toContain(type);
    for (const command of profile.runs?.value ?? [])
      expect(command).toMatch(/^(?:(?:ip6?|eb|arp)tables(?:-(?:nft|legacy))?(?:-save|-restore)?|ipset|nft)$/);
  });
});

test("programs that only speak nftables in their own tables do nothing to those of iptables", () => {
  for (const profile of programProfiles)
    if (profile.versions.every((row) => row.backend.value === "native-nft")) {
      expect(profile.writes?.value, profile.id).toEqual([]);
      expect(profile.operations?.value, profile.id).toEqual([]);
    }
});

test("no Go module leads to two programs", () => {
  const modules = programProfiles.flatMap((profile) => profile.recognise?.goModules ?? []);
  expect(new Set(modules).size).toBe(modules.length);
});

test("the maintained Kubernetes releases are a range", () => {
  const { oldestMaintained, newestMaintained } = kubernetes;
  expect(compareVersions(oldestMaintained.value, newestMaintained.value)).toBeLessThan(0);
});

describe.each(distributions.map((entry) => [entry.id, entry] as const))("distribution %s", (_id, distribution) => {
  test("lists its releases oldest first", () => {
    const numbers = distribution.releases.map((row) => row.release).filter((release) => /^[\d.]+$/.test(release));
    expect(numbers).toEqual([...numbers].sort(compareVersions));
  });

  test("states package versions that begin with the upstream one", () => {
    for (const row of distribution.releases)
      for (const entry of Object.values(row.packages))
        if (entry !== undefined) expect(entry.package.replace(/^\d+:/, "").startsWith(entry.version)).toBe(true);
  });
});
