import { describe, expect, test } from "vitest";
import { selectHosts } from "../../src/hosts/select.ts";
import type { OwnHost } from "../../src/hosts/types.ts";
import { UserError } from "../../src/model/error.ts";

const build = (...own: OwnHost[]) => selectHosts(own).hosts;

describe("a host of the user's own", () => {
  test("states facts over those of the host it extends", () => {
    const [edge] = build({
      id: "edge",
      extends: "debian-12",
      kernel: "6.1.0-13-amd64",
      iptables: { version: "1.8.10", backend: "legacy" },
      modules: { ip_tables: "loaded", nft_compat: "builtin" },
      programs: ["kubelet@1.31"],
    });
    expect(edge).toMatchObject({
      id: "edge",
      distribution: "debian",
      release: "12",
      kernel: { id: "6.1", release: { value: "6.1.0-13-amd64", source: "config", confidence: "stated" } },
      iptables: {
        version: { value: "1.8.10", source: "config", confidence: "stated" },
        backend: { value: "legacy", source: "config", confidence: "stated" },
      },
      ipset: { version: { value: "7.17" } },
      programs: [{ id: "kubelet@1.31", backend: "host" }],
    });
    expect(edge?.kernel.modules.nft_compat).toEqual({ value: "builtin", source: "config", confidence: "stated" });
    expect(edge?.kernel.modules.nf_tables?.value).toBe("loadable");
  });

  test("without ip_tables has no table of it, but keeps those of IPv6", () => {
    const [host] = build({ id: "a", extends: "debian-12", modules: { ip_tables: "absent" } });
    expect(host?.kernel.modules.iptable_nat?.value).toBe("absent");
    expect(host?.kernel.modules.ip6table_nat?.value).toBe("loadable");
  });

  test("may state any module that a rule asks for", () => {
    const names = ["xt_socket", "xt_CT", "ip_set_hash_ipportnet", "ip_set_list_set", "iptable_security", "nft_compat"];
    const modules = Object.fromEntries(names.map((name) => [name, "absent" as const]));
    expect(Object.keys(build({ id: "a", modules })[0]?.kernel.modules ?? {})).toEqual(names);
  });

  test("states whether 32-bit iptables-legacy works on its kernel, over what is known of it", () => {
    const compat = (own: Partial<OwnHost>) => build({ id: "a", extends: "debian-13", ...own })[0]?.kernel.xtablesCompat;
    expect(compat({})).toMatchObject({ value: false, confidence: "inferred" });
    expect(compat({ "xtables-compat": true })).toEqual({ value: true, source: "config", confidence: "stated" });
    expect(compat({ kernel: "6.19.2", "xtables-compat": true })?.value).toBe(true);
  });

  test("without a base knows only what is stated", () => {
    const [host] = build({ id: "a", iptables: { backend: "nft" } });
    expect(host?.iptables).toEqual({ backend: { value: "nft", source: "config", confidence: "stated" } });
    expect(host?.kernel).toMatchObject({ release: { value: "unknown" }, modules: {} });
    expect(host?.nft).toEqual({});
    expect(host?.programs).toBeUndefined();
  });

  test("takes no modules from a kernel of another series, and says so", () => {
    const [host] = build({ id: "a", extends: "debian-12", kernel: "6.19.2" });
    expect(host?.kernel).toEqual({
      id: "6.19",
      release: { value: "6.19.2", source: "config", confidence: "stated" },
      modules: {},
    });
    expect(host?.notes.join()).toContain(
      "kernel 6.19.2 is not in the catalogue for debian-12: its modules are unknown",
    );
    expect(host?.iptables.version?.value).toBe("1.8.9");
  });

  test.each([
    "6.1.0-13-amd64-mine",
    "6.1.0",
    "6.1.0-1.el9.x86_64",
    `6.1.0-${"1".repeat(300)}-amd64`,
  ])("takes no modules from a row of the same series for %s", (kernel) => {
    const { hosts, notes } = selectHosts([{ id: "a", extends: "debian-12", kernel }]);
    expect(hosts[0]?.kernel).toEqual({
      id: "6.1",
      release: { value: kernel, source: "config", confidence: "stated" },
      modules: {},
    });
    expect(notes).toEqual([`host a: kernel ${kernel} is not in the catalogue for debian-12: its modules are unknown`]);
  });

  test("takes the modules of the distribution's own kernels, and of a series that it names", () => {
    for (const kernel of ["6.1.0-13-amd64", "6.1", "6.1.0-56-cloud-amd64"]) {
      const { hosts, notes } = selectHosts([{ id: "a", extends: "debian-12", kernel }]);
      expect(hosts[0]?.kernel.modules.nf_tables?.value, kernel).toBe("loadable");
      expect(notes).toEqual([]);
    }
  });

  test("takes no modules of a kernel that a host in between states, unless it is the same", () => {
    const parent: OwnHost = {
      id: "parent",
      extends: "debian-12",
      kernel: "6.1.0-mine",
      modules: { nft_compat: "absent" },
    };
    const of = (kernel: string) => build({ id: "child", extends: "parent", kernel }, parent)[0]?.kernel.modules;
    expect(of("6.1.0-mine")).toHaveProperty("nft_compat");
    for (const kernel of ["6.1.0-other", "6.1.0-13-amd64", "6.1"]) expect(of(kernel)).toEqual({});
    expect(selectHosts([{ id: "child", extends: "parent" }, parent]).notes).toEqual([
      "host child: kernel 6.1.0-mine is not in the catalogue for debian-12: its modules are unknown",
      "host parent: kernel 6.1.0-mine is not in the catalogue for debian-12: its modules are unknown",
    ]);
  });

  test("can refine the catalogue's row of the same id, a chosen kernel, and another own host", () => {
    const [refined] = build({ id: "debian-12", extends: "debian-12", ipset: { version: "7.24" } });
    expect(refined?.ipset.version?.value).toBe("7.24");
    const [chosen] = build({ id: "a", extends: "ubuntu-22.04@6.2" });
    expect(chosen?.kernel.release.value).toBe("6.2.0-36-generic");
    const [child] = build(
      { id: "child", extends: "parent", iptables: { version: "1.8.4" } },
      { id: "parent", extends: "rhel-8", modules: { ip_tables: "loaded" } },
    );
    expect(child).toMatchObject({ id: "child", distribution: "rhel", iptables: { version: { value: "1.8.4" } } });
    expect(child?.kernel.modules.ip_tables?.value).toBe("loaded");
  });

  test("can be named where the config lists it, with what it extends", () => {
    const configured = [
      { id: "child", extends: "parent" },
      { id: "parent", extends: "rhel-9" },
    ];
    const { hosts } = selectHosts(["debian-12", "child"], undefined, configured);
    expect(hosts.map((host) => [host.id, host.distribution])).toEqual([
      ["debian-12", "debian"],
      ["child", "rhel"],
    ]);
  });

  test("can be taken away again", () => {
    const { hosts } = selectHosts(["debian-12", { id: "edge", extends: "debian-12" }, "not edge"]);
    expect(hosts.map((host) => host.id)).toEqual(["debian-12"]);
  });

  const mistakes: [name: string, own: OwnHost[], message: RegExp][] = [
    [
      "an unknown base",
      [{ id: "a", extends: "debain-12" }],
      /host "a": it extends "debain-12", which is no host; did you mean debian-12/,
    ],
    ["itself", [{ id: "a", extends: "a" }], /host "a": it extends itself/],
    [
      "a circle",
      [
        { id: "a", extends: "b" },
        { id: "b", extends: "c" },
        { id: "c", extends: "a" },
      ],
      /circle: a -> b -> c -> a/,
    ],
    ["a version that is none", [{ id: "a", iptables: { version: "latest" } }], /iptables version "latest" is not one/],
    [
      "a version of the future",
      [{ id: "a", iptables: { version: "99.99" } }],
      /there is no iptables 99\.99; the newest/,
    ],
    ["a version before the first", [{ id: "a", ipset: { version: "0.1" } }], /there is no ipset 0\.1; the newest/],
    ["a release of no version", [{ id: "a", iptables: { release: "17.el8" } }], /says nothing without a version/],
    ["a kernel that is none", [{ id: "a", kernel: "bookworm" }], /kernel "bookworm" is no kernel release/],
    ["a kernel of the future", [{ id: "a", kernel: "99.1.0" }], /there is no kernel 99\.1; the newest known is 7\./],
    ["an unknown kernel of the base", [{ id: "a", extends: "debian-12@2.4" }], /debian-12 has no kernel "2\.4"/],
    [
      "an unknown program",
      [{ id: "a", programs: ["kubeproxy@1.31"] }],
      /no program "kubeproxy".*did you mean kube-proxy/,
    ],
    [
      "a misspelt module",
      [{ id: "a", modules: { ip_table: "absent" } }],
      /host "a": there is no module "ip_table" that a rule asks for; did you mean ip_tables/,
    ],
    ["no module at all", [{ id: "a", modules: { zzz: "absent" } }], /no module "zzz".*state those that rules ask for/],
    [
      "a name of every object",
      [{ id: "a", modules: JSON.parse('{"__proto__": "absent"}') }],
      /no module "__proto__" that a rule asks for/,
    ],
    ["one id twice", [{ id: "a" }, { id: "a" }], /two hosts of this id/],
  ];
  test.each(mistakes)("mistake: %s", (_name, own, message) => {
    expect(() => build(...own)).toThrow(UserError);
    expect(() => build(...own)).toThrow(message);
  });
});

describe("facts that can't be true of one host", () => {
  const cases: [name: string, own: OwnHost, clause: string][] = [
    [
      "legacy without ip_tables",
      { id: "a", iptables: { backend: "legacy" }, modules: { ip_tables: "absent" } },
      "its facts contradict each other: the backend is legacy, and the kernel module ip_tables is absent",
    ],
    [
      "the base's backend without its module",
      { id: "a", extends: "ubuntu-20.04", modules: { ip_tables: "absent" } },
      "its facts and those of ubuntu-20.04 contradict each other: the backend is legacy, and the kernel module ip_tables",
    ],
    [
      "nft without nf_tables",
      { id: "a", iptables: { backend: "nft" }, modules: { nf_tables: "absent" } },
      "the backend is nft, and the kernel module nf_tables is absent",
    ],
    [
      "nft in a version that has none",
      { id: "a", iptables: { version: "1.6.1", backend: "nft" } },
      "the backend is nft, and iptables 1.6.1 has only legacy (nft came with 1.8.0)",
    ],
    [
      "a table without its core",
      { id: "a", modules: { ip_tables: "absent", iptable_nat: "loaded" } },
      "iptable_nat is loaded without ip_tables, which is absent",
    ],
    [
      "sets without their core",
      { id: "a", modules: { ip_set: "absent", ip_set_hash_ip: "loadable", xt_set: "loadable" } },
      "ip_set_hash_ip is loadable (and 1 more) without ip_set, which is absent",
    ],
    [
      "nft_compat before nf_tables was",
      { id: "a", kernel: "3.10.0-amd64", modules: { nft_compat: "loadable" } },
      "nf_tables or nft_compat is loadable, and kernel 3.10.0-amd64 is older than both (3.13)",
    ],
  ];
  test.each(cases)("%s", (_name, own, clause) => expect(() => build(own)).toThrow(clause));

  test.each([
    [
      "legacy with its modules gone from the disk but loaded",
      { id: "a", iptables: { backend: "legacy" }, modules: { ip_tables: "loaded" } },
    ],
    [
      "nft where nft_compat is in a package that is not installed",
      { id: "a", iptables: { backend: "nft" }, modules: { nft_compat: "absent" } },
    ],
    ["a kernel of EL 7, which carries nf_tables", { id: "a", extends: "rhel-7", modules: { nft_compat: "loadable" } }],
    [
      "a backend restated with its module",
      { id: "a", extends: "ubuntu-20.04", iptables: { backend: "nft" }, modules: { ip_tables: "absent" } },
    ],
  ] satisfies [string, OwnHost][])("not so: %s", (_name, own) => expect(build(own)).toHaveLength(1));

  test("nothing of what the absent core carries is left of the base", () => {
    const { modules } = build({ id: "a", extends: "debian-12", modules: { ip_set: "absent" } })[0]!.kernel;
    expect([modules.ip_set_hash_net?.value, modules.xt_set?.value]).toEqual(["absent", "absent"]);
  });
});

test("a version newer than any known is taken as the newest, and said so", () => {
  const { hosts, notes } = selectHosts([{ id: "a", extends: "debian-13", iptables: { version: "1.9.0" } }]);
  expect(hosts[0]?.iptables.version?.value).toBe("1.9.0");
  expect(notes).toEqual([
    "host a: iptables 1.9.0 is newer than the newest known (1.8.13): it is taken to behave as that one",
  ]);
});

test("a package's release is of its version alone", () => {
  const release = (own: OwnHost) => build(own)[0]?.iptables.release?.value;
  expect(release({ id: "a", iptables: { version: "1.8.4", release: "17.el8_3.1" } })).toBe("17.el8_3.1");
  expect(release({ id: "a", extends: "rhel-8" })).toBeDefined();
  expect(release({ id: "a", extends: "rhel-8", iptables: { version: "1.8.4" } })).toBeUndefined();
});
