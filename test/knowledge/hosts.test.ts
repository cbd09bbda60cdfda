import { describe, expect, test } from "vitest";
import { toHost } from "../../src/hosts/catalogue.ts";
import { contradictions } from "../../src/hosts/contradictions.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import asOf from "../../src/knowledge/as-of.json" with { type: "json" };
import { catalogueHosts } from "../../src/knowledge/hosts/index.ts";
import { isVersion } from "../../src/model/version.ts";
import osImages from "./os-images.json" with { type: "json" };

/** Every fact of a tree with the path to it. */
function* factsOf(value: unknown, path: string): Generator<{ path: string; fact: Record<string, unknown> }> {
  if (typeof value !== "object" || value === null) return;
  if ("value" in value && "source" in value) {
    yield { path, fact: value as Record<string, unknown> };
    return;
  }
  for (const [name, inner] of Object.entries(value)) yield* factsOf(inner, `${path}.${name}`);
}

describe("the host catalogue", () => {
  test.each(
    catalogueHosts.map((host) => [host.id, host] as const),
  )("%s: kernels have ids of their own", (_id, host) => {
    const ids = host.kernels.map((kernel) => kernel.id);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^(unknown|\d+\.\d+(-[a-z0-9-]+)?)$/);
  });

  test("every fact names a public source", () => {
    const thin = [];
    for (const host of catalogueHosts)
      for (const { path, fact } of factsOf(host, host.id)) {
        const source = String(fact.source);
        if (source.length < 6 || /^(same( file.*)?|as above|config above|general|see .*)$/.test(source))
          thin.push(`${path}: ${source}`);
        expect(source).not.toMatch(/\/work\/|\/root\/|facts\/|address not recorded/);
      }
    expect(thin).toEqual([]);
  });

  test("tool versions are upstream versions", () => {
    for (const host of catalogueHosts)
      for (const tool of [host.iptables, host.nft, host.ipset, host.libnftnl])
        if (tool?.version !== undefined) expect(tool.version.value).toSatisfy(isVersion);
  });

  test("a kernel's id is its series, then its flavour", () => {
    for (const host of catalogueHosts)
      for (const { id, release } of host.kernels)
        if (release.value !== "unknown")
          expect(release.value.startsWith(id.split("-")[0]!), `${host.id}@${id} ${release.value}`).toBe(true);
  });

  test("whose nodes can be told say which kernels are its own", () => {
    // Containers with a mark run the kernel of any machine.
    const without = catalogueHosts.filter(
      ({ osImage, kernelVersion, mark }) => osImage !== undefined && kernelVersion === undefined && mark === undefined,
    );
    expect(without.map((host) => host.id)).toEqual([]);
  });

  test("no row contradicts itself, but for one that is as broken as it says", () => {
    const found = catalogueHosts.flatMap((row) =>
      row.kernels.flatMap((kernel) =>
        contradictions(toHost(row, kernel)).map((clause) => `${row.id}@${kernel.id}: ${clause}`),
      ),
    );
    // A kernel build of 2020 under a Debian whose iptables is nft: raspberrypi/linux carried no nf_tables then.
    expect(found).toEqual(["raspberry-pi-os@5.4: the backend is nft, and the kernel module nf_tables is absent"]);
  });

  test("is maintained exactly until its end of life, as of the catalogue's date", () => {
    const dated = catalogueHosts.filter((host) => host.endOfLife !== undefined);
    for (const host of dated) expect([host.id, host.maintained]).toEqual([host.id, host.endOfLife!.value >= asOf.date]);
    // Reviewed by hand: rolling, or their distributor names no day.
    expect(dated.length / catalogueHosts.length, "rows with endOfLife; state it where there is a day").toBeGreaterThan(
      0.5,
    );
  });

  test("a kernel that lost ip_tables has none of its tables", () => {
    for (const host of catalogueHosts)
      for (const { id, modules } of host.kernels) {
        if (modules.ip_tables?.value !== "absent") continue;
        for (const table of ["iptable_filter", "iptable_nat", "iptable_mangle", "iptable_raw"])
          expect(modules[table]?.value ?? "absent", `${host.id}@${id} ${table}`).toBe("absent");
      }
  });

  test("a module's name that stands in one row alone may be a slip: only these are none", () => {
    const rows = new Map<string, Set<string>>();
    for (const host of catalogueHosts)
      for (const name of host.kernels.flatMap((kernel) => Object.keys(kernel.modules)))
        rows.set(name, (rows.get(name) ?? new Set()).add(host.id));
    const alone = [...rows].filter(([, ids]) => ids.size === 1).map(([name, [id]]) => `${id}: ${name}`);
    expect(alone.sort()).toEqual(["photon-3: nf_tables_inet", "photon-3: nft_masq", "photon-3: nft_nat"]);
  });

  test("modules are `loaded` only where something is said to load them", () => {
    for (const host of catalogueHosts)
      for (const kernel of host.kernels)
        for (const [name, fact] of Object.entries(kernel.modules))
          if (fact.value === "loaded")
            expect(fact.source, `${host.id}@${kernel.id} ${name}`).toMatch(/load|lsmod|worked|legacy/);
  });
});

describe("hosts by default", () => {
  const { hosts } = selectHosts(["default"]);
  const needed = [
    ...["nf_tables", "nft_compat", "ip_set"],
    ...["ip_tables", "iptable_filter", "iptable_nat", "iptable_mangle", "iptable_raw"],
    ...["ip6_tables", "ip6table_filter", "ip6table_nat", "ip6table_mangle", "ip6table_raw"],
  ];

  test.each(
    hosts.map((host) => [host.id, host] as const),
  )("%s: everything that the rules need is known", (_id, host) => {
    expect(host.maintained).toBe(true);
    expect(host.kernel.release.value).toMatch(/^\d+\.\d+/);
    expect(host.iptables.version?.value).toSatisfy(isVersion);
    expect(host.iptables.backend?.value).toMatch(/^(nft|legacy)$/);
    expect(needed.filter((name) => host.kernel.modules[name] === undefined)).toEqual([]);
  });

  test("are about a dozen, of as many distributions as can be", () => {
    expect(hosts.map((host) => host.id)).toEqual([
      "ubuntu-22.04",
      "ubuntu-24.04",
      "debian-12",
      "debian-13",
      "rhel-8",
      "rhel-9",
      "rhel-10",
      "amazon-linux-2023",
      "bottlerocket-1.35",
      "flatcar-4593",
      "talos-1.13",
      "azure-linux-3",
    ]);
  });

  test("an EL 10 cloud image lacks what iptables-nft rules need, the full install does not", () => {
    const [full, cloud] = selectHosts(["rhel-10", "rhel-10-cloud"]).hosts;
    expect(full?.kernel.modules.nft_compat?.value).toBe("loadable");
    expect(full?.kernel.modules.ip_tables?.value).toBe("absent");
    for (const name of ["nft_compat", "ip_set", "xt_comment", "xt_MASQUERADE"])
      expect(cloud?.kernel.modules[name]?.value, name).toBe("absent");
    expect(cloud?.kernel.modules.nf_tables?.value).toBe("loadable");
  });
});

describe("patterns for kubectl's node information", () => {
  const withPattern = catalogueHosts.filter((host) => host.osImage !== undefined);

  test.each(withPattern.map((host) => [host.id, host] as const))("%s matches its own osImage", (id, host) => {
    const example = (osImages as Record<string, string>)[id];
    expect(example, "an example in test/knowledge/os-images.json").toBeDefined();
    expect(example).toMatch(new RegExp(host.osImage!));
  });

  test("no pattern of one distribution takes another's example", () => {
    for (const [id, example] of Object.entries(osImages)) {
      const owner = catalogueHosts.find((host) => host.id === id)!;
      if (owner.mark !== undefined) continue;
      for (const host of withPattern) {
        if (host.mark !== undefined) continue; // matched by more than its osImage
        if (host.distribution === owner.distribution) continue;
        if (host.distribution.startsWith("f") && owner.distribution.startsWith("f")) continue; // Fedora and its CoreOS
        expect(new RegExp(host.osImage!).test(example), `${host.id} on "${example}"`).toBe(false);
      }
    }
  });

  test("kernel patterns compile and fit the kernels that look like `uname -r`", () => {
    for (const host of catalogueHosts) {
      if (host.kernelVersion === undefined) continue;
      const pattern = new RegExp(host.kernelVersion);
      const full = host.kernels
        .map((kernel) => kernel.release.value)
        .filter((release) => /-(amd64|generic|flatcar|talos)$/.test(release));
      for (const release of full) expect(release, host.id).toMatch(pattern);
    }
  });
});
