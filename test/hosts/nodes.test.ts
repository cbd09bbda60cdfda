import { describe, expect, test } from "vitest";
import { selectHosts } from "../../src/hosts/select.ts";
import { UserError } from "../../src/model/error.ts";

interface Shape {
  name: string;
  osImage: string;
  kernelVersion: string;
}
/** As `kubectl get nodes -o json` prints it, other fields included. */
function list(...nodes: Shape[]): unknown {
  return {
    apiVersion: "v1",
    kind: "List",
    items: nodes.map(({ name, osImage, kernelVersion }) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/os": "linux" } },
      status: { nodeInfo: { osImage, kernelVersion, architecture: "amd64", kubeletVersion: "v1.35.1" } },
    })),
  };
}
const select = (...nodes: Shape[]) => selectHosts([{ nodes: list(...nodes), from: "nodes.json" }]);
const node = (osImage: string, kernelVersion: string, name = "n1"): Shape => ({ name, osImage, kernelVersion });

describe("nodes of a cluster", () => {
  const cases: [osImage: string, kernelVersion: string, host: string][] = [
    ["Ubuntu 22.04.5 LTS", "5.15.0-25-generic", "ubuntu-22.04"],
    ["Ubuntu 22.04.3 LTS", "6.2.0-1014-azure", "ubuntu-22.04@6.2.0-1014-azure"],
    ["Debian GNU/Linux 12 (bookworm)", "6.1.0-44-cloud-amd64", "debian-12@6.1.0-44-cloud-amd64"],
    ["Debian GNU/Linux 12 (bookworm)", "6.12.51+rpt-rpi-v8", "raspberry-pi-os@6.12.51+rpt-rpi-v8"],
    [
      "Red Hat Enterprise Linux CoreOS 416.94.202407081958-0",
      "5.14.0-427.26.1.el9_4.x86_64",
      "rhcos-4.16@5.14.0-427.26.1.el9_4.x86_64",
    ],
    ["Rocky Linux 9.4 (Blue Onyx)", "5.14.0-427.13.1.el9_4.x86_64", "rhel-9@5.14.0-427.13.1.el9_4.x86_64"],
    ["Talos (v1.13.0)", "6.18.24-talos", "talos-1.13"],
    ["Flatcar Container Linux by Kinvolk 4593.2.0 (Oklo)", "6.12.103-flatcar", "flatcar-4593"],
    ["Bottlerocket OS 1.50.0 (aws-k8s-1.34)", "6.12.55", "bottlerocket-1.35@6.12.55"],
    [
      "Amazon Linux 2023.12.20260817",
      "6.1.176-221.360.amzn2023.x86_64",
      "amazon-linux-2023@6.1.176-221.360.amzn2023.x86_64",
    ],
    ["Microsoft Azure Linux 3.0", "6.6.150.1-1.azl3", "azure-linux-3@6.6.150.1-1.azl3"],
    ["Microsoft Azure Container Linux 3.0.20260809", "6.6.152.1-1.azl3", "aks-azure-container-linux@6.6.152.1-1.azl3"],
    ["VMware Photon OS/Linux", "6.1.138-2.ph5-esx", "photon-5@6.1.138-2.ph5-esx"],
    ["Ubuntu 24.04.1 LTS", "6.18.20.1-microsoft-standard-WSL2", "wsl2@6.18.20.1-microsoft-standard-WSL2"],
    ["SUSE Linux Enterprise Server 15 SP6", "6.4.0-150600.23.25-default", "sles-15-sp6@6.4.0-150600.23.25-default"],
  ];
  test.each(cases)("%s with %s is %s", (osImage, kernelVersion, id) => {
    const { hosts, unmatched } = select(node(osImage, kernelVersion));
    expect(hosts.map((host) => host.id)).toEqual([id]);
    expect(unmatched).toEqual([]);
    expect(hosts[0]?.kernel.release).toEqual({ value: kernelVersion, source: "nodes.json", confidence: "stated" });
  });

  test("take the modules of their kernel's row: series, then flavour", () => {
    const [cloud] = select(node("Debian GNU/Linux 13 (trixie)", "7.3.1+deb13-cloud-amd64")).hosts;
    expect(cloud?.kernel.id).toBe("7.3-cloud");
    expect(cloud?.kernel.modules.ebtables?.value).toBe("absent");
  });

  test("of one system and kernel are one host, named", () => {
    const kernel = "5.15.0-25-generic";
    const { hosts } = select(
      node("Ubuntu 22.04.5 LTS", kernel, "a"),
      node("Talos (v1.13.0)", "6.18.24-talos", "t"),
      node("Ubuntu 22.04.5 LTS", kernel, "b"),
      node("Ubuntu 22.04.5 LTS", kernel, "c"),
      node("Ubuntu 22.04.5 LTS", kernel, "d"),
    );
    expect(hosts.map((host) => host.title)).toEqual([
      "Ubuntu 22.04, kernel 5.15.0-25-generic: 4 nodes (a, b, c, ...)",
      "Talos 1.13, kernel 6.18.24-talos: node t",
    ]);
  });

  test("with a kernel of another origin keep the tools and lose the modules", () => {
    const { hosts, unmatched } = select(node("Debian GNU/Linux 12 (bookworm)", "6.17.2-zabbly+"));
    expect(unmatched).toEqual([]);
    expect(hosts[0]).toMatchObject({ id: "debian-12@6.17.2-zabbly+", iptables: { version: { value: "1.8.9" } } });
    expect(hosts[0]?.kernel.modules).toEqual({});
    expect(hosts[0]?.notes.at(-1)).toContain("its modules are unknown");
  });

  test.each([
    ["Ubuntu 22.04.5 LTS", "5.15.0-foo-minimal", "ubuntu-22.04"],
    ["Ubuntu 24.04.1 LTS", "6.8.0-custom", "ubuntu-24.04"],
    ["Debian GNU/Linux 12 (bookworm)", "6.1.0-13-amd64-mine", "debian-12"],
    ["Amazon Linux 2023.12.20260817", "6.1.176", "amazon-linux-2023"],
  ])("%s with its series built by somebody else (%s) inherit no modules", (osImage, release, row) => {
    const { hosts, notes, unmatched } = select(node(osImage, release, "own"));
    expect(unmatched).toEqual([]);
    expect(hosts[0]).toMatchObject({ id: `${row}@${release}`, distribution: row.replace(/-[\d.]+$/, "") });
    expect(hosts[0]?.kernel.modules).toEqual({});
    expect(notes).toEqual([`node own: kernel ${release} is not in the catalogue for ${row}: its modules are unknown`]);
  });

  test("that run Windows are left out, named", () => {
    const windows = {
      metadata: { name: "win-1" },
      status: {
        nodeInfo: { osImage: "Windows Server 2022", kernelVersion: "10.0.20348.2", operatingSystem: "windows" },
      },
    };
    const [debian] = (list(node("Debian GNU/Linux 12 (bookworm)", "6.1.0-56-amd64")) as { items: unknown[] }).items;
    const { hosts, notes, unmatched } = selectHosts([{ nodes: [windows, debian], from: "nodes.json" }]);
    expect(hosts.map((host) => host.id)).toEqual(["debian-12"]);
    expect(unmatched).toEqual([]);
    const note = "node win-1 of nodes.json: Windows, where there is no netfilter; left out";
    expect(notes).toEqual([note]);
    expect(() => selectHosts([{ nodes: [windows], from: "nodes.json" }])).toThrow(
      `nothing is left of the selection "nodes.json"; ${note}`,
    );
    expect(
      select(node("Windows Server 2019 Datacenter", "10.0.1", "w"), node("Talos (v1.13.0)", "6.18.24-talos")),
    ).toMatchObject({ hosts: [{ id: "talos-1.13" }] });
  });

  test("of an unknown system come out with unknown facts, never dropped", () => {
    const { hosts, notes, unmatched } = select(
      node("Plan 9 from Bell Labs", "4.0", "p1"),
      node("Plan 9 from Bell Labs", "4.0", "p2"),
    );
    expect(unmatched).toEqual(["p1", "p2"]);
    expect(notes).toEqual([
      'nodes p1 and p2: "Plan 9 from Bell Labs" with kernel 4.0 is not in the catalogue; state it under hosts: - {id: NAME, kernel: "4.0", iptables: {version: "1.8.9", backend: nft}}, with what is true of it',
    ]);
    expect(hosts).toHaveLength(1);
    expect(hosts[0]).toMatchObject({
      id: "plan-9-from-bell-labs@4.0",
      iptables: {},
      nft: {},
      ipset: {},
      kernel: { modules: {} },
      unmatched: 'system "Plan 9 from Bell Labs" is not in the catalogue',
    });
    expect(select(node("Talos (v1.13.0)", "6.18.24-talos")).hosts[0]).not.toHaveProperty("unmatched");
  });

  test.each([
    [
      "neither system nor kernel",
      ["", ""],
      "unknown-system@unknown",
      'node n1: states neither system nor kernel; write the list again once its kubelet has reported, or state it under hosts: - {id: NAME, iptables: {version: "1.8.9", backend: nft}}, with what is true of it',
    ],
    [
      "a kernel and no system",
      ["", "6.8.0-31-generic"],
      "unknown-system@6.8.0-31-generic",
      'node n1: states kernel 6.8.0-31-generic and no system; write the list again once its kubelet has reported, or state it under hosts: - {id: NAME, kernel: "6.8.0-31-generic", iptables: {version: "1.8.9", backend: nft}}, with what is true of it',
    ],
    [
      "an unknown system and no kernel",
      ["Plan 9", " "],
      "plan-9@unknown",
      'node n1: "Plan 9" with kernel unknown is not in the catalogue; state it under hosts: - {id: NAME, iptables: {version: "1.8.9", backend: nft}}, with what is true of it',
    ],
  ] as const)("that state %s are unknown, and no release is made up", (_, [osImage, kernel], id, note) => {
    const { hosts, notes, unmatched } = select(node(osImage, kernel));
    expect(notes).toEqual([note]);
    expect(unmatched).toEqual(["n1"]);
    expect(hosts[0]).toMatchObject({ id, kernel: { id: expect.stringMatching(/^(unknown|6\.8)$/), modules: {} } });
    expect(hosts[0]?.unmatched).toBe(
      osImage === "" ? "the node states no system" : 'system "Plan 9" is not in the catalogue',
    );
  });

  test("that state a known system and no kernel keep its tools", () => {
    const { hosts, notes, unmatched } = select(node("Ubuntu 24.04.3 LTS", ""));
    expect(notes).toEqual(["node n1: states no kernel: its release and its modules are unknown"]);
    expect(unmatched).toEqual([]);
    expect(hosts[0]).toMatchObject({
      id: "ubuntu-24.04@unknown",
      title: "Ubuntu 24.04, kernel unknown: node n1",
      kernel: { release: { value: "unknown" }, modules: {} },
      iptables: { version: { value: "1.8.10" } },
    });
  });

  test("that several rows describe alike keep all that is known", () => {
    const kernel = "5.14.0-570.49.1.el9_6.x86_64";
    const { hosts, notes, unmatched } = select(node("Red Hat Enterprise Linux CoreOS 9.6.20251119-0 (Plow)", kernel));
    expect(unmatched).toEqual(["n1"]);
    expect(notes).toEqual([
      `node n1: "Red Hat Enterprise Linux CoreOS 9.6.20251119-0 (Plow)" with kernel ${kernel} can be rhcos-4.19 or rhcos-4.20 or rhcos-4.21, and all that is known is the same of each`,
    ]);
    expect(hosts[0]).toMatchObject({
      id: `rhcos-4.19-or-rhcos-4.20-or-rhcos-4.21@${kernel}`,
      iptables: { version: { value: "1.8.10" }, backend: { value: "nft" } },
      nft: { version: { value: "1.0.9" } },
    });
    expect(hosts[0]?.kernel.modules.ip_tables?.value).toBe("loaded");
  });

  test("that two rows describe keep only what both say", () => {
    const { hosts, notes, unmatched } = select(
      node("AlmaLinux 10.1 (Heliotrope Lion)", "6.12.0-124.29.1.el10_1.x86_64", "alma"),
    );
    expect(unmatched).toEqual(["alma"]);
    expect(notes[0]).toMatch(
      /can be rhel-10 or rhel-10-cloud; only what they share is known: .*(nft_compat|ip_set).* and \d+ more are unknown$/,
    );
    expect(hosts[0]?.id).toBe("rhel-10-or-rhel-10-cloud@6.12.0-124.29.1.el10_1.x86_64");
    expect(hosts[0]?.iptables.backend?.value).toBe("nft");
    expect(hosts[0]?.kernel.modules.ip_tables?.value).toBe("absent");
    expect(hosts[0]?.kernel.modules).not.toHaveProperty("nft_compat");
  });

  test("of Container-Optimized OS carry no release: the kernel's series is all there is", () => {
    const { hosts, unmatched } = select(node("Container-Optimized OS from Google", "6.6.87+", "gke-1"));
    expect(unmatched).toEqual(["gke-1"]);
    expect(hosts[0]?.id).toBe("cos-117-or-cos-121@6.6.87+");
    expect(hosts[0]?.iptables).toEqual({});
  });

  test("of Container-Optimized OS: what can differ is named", () => {
    const { notes } = select(node("Container-Optimized OS from Google", "6.1.112+", "gke-1"));
    expect(notes[0]).toMatch(
      /can be cos-109 or cos-113; only what they share is known: iptables version, iptables backend, .* unknown$/,
    );
  });

  test("of one row and kernel are one host, whatever the point release they call themselves", () => {
    const kernel = "5.15.0-25-generic";
    const { hosts } = select(node("Ubuntu 22.04.3 LTS", kernel, "a"), node("Ubuntu 22.04.5 LTS", kernel, "b"));
    expect(hosts.map((host) => host.title)).toEqual(["Ubuntu 22.04, kernel 5.15.0-25-generic: nodes a and b"]);
  });

  test("of systems whose names differ in signs alone stay apart", () => {
    const { hosts, unmatched } = select(node("Plan 9", "4.0", "a"), node("Plan (9)", "4.0", "b"));
    expect(hosts.map((host) => host.id)).toEqual(["plan-9@4.0", "plan-9@4.0-2"]);
    expect(unmatched).toEqual(["a", "b"]);
  });

  test("what was read of one build is deduced for another of its series", () => {
    const facts = (release: string) => select(node("Debian GNU/Linux 12 (bookworm)", release)).hosts[0]!.kernel.modules;
    expect(facts("6.1.0-56-amd64").ip_tables).toMatchObject({ value: "loadable", confidence: "seen" });
    expect(facts("6.1.0-13-amd64").ip_tables).toMatchObject({
      value: "loadable",
      confidence: "inferred",
      note: "known of kernel 6.1.0-56-amd64",
    });
  });

  test.each([
    ["Debian GNU/Linux 13 (trixie)", "7.3.4+deb13-rt-amd64"],
    ["Fedora Linux 43", "6.17.1-zabbly+"],
    ["Oracle Linux Server 9.7", "6.12.0-elrepo"],
    ["Red Hat Enterprise Linux CoreOS 416.94.202407081958-0", "5.14.0-mine"],
    ["openSUSE MicroOS", "6.18.7-custom"],
    ["Garden Linux 2150.1", "6.18.56-mine"],
  ])("%s with %s: a kernel that can lack what its series has inherits nothing", (osImage, release) => {
    const { hosts, notes } = select(node(osImage, release, "own"));
    expect(hosts[0]?.kernel.modules).toEqual({});
    expect(notes.join()).toContain(`kernel ${release} is not in the catalogue for`);
  });

  test("with a real-time kernel from before 6.17 still have what the ordinary one has", () => {
    const [host] = select(node("Debian GNU/Linux 12 (bookworm)", "6.1.0-56-rt-amd64")).hosts;
    expect(host?.kernel.modules.ip_tables?.value).toBe("loadable");
  });

  test("can be given as one node or a bare array", () => {
    const whole = list(node("Talos (v1.13.0)", "6.18.24-talos")) as { items: unknown[] };
    for (const nodes of [whole, whole.items, whole.items[0]])
      expect(selectHosts([{ nodes, from: "-" }]).hosts.map((host) => host.id)).toEqual(["talos-1.13"]);
  });

  const broken: [name: string, nodes: unknown, message: RegExp][] = [
    ["no list", { kind: "Status" }, /^nodes\.json: not a list of nodes/],
    ["null", null, /not a list of nodes/],
    ["text", "nodes", /not a list of nodes/],
    ["empty", { items: [] }, /holds no node/],
    [
      "pods",
      { items: [{ kind: "Pod", metadata: { name: "p" }, status: {} }] },
      /item 1 is not a node \(status\.nodeInfo\)/,
    ],
    [
      "another kind in node's clothes",
      {
        items: [
          { kind: "Machine", metadata: { name: "m" }, status: { nodeInfo: { osImage: "x", kernelVersion: "1" } } },
        ],
      },
      /item 1 is not a node \(kind\)/,
    ],
  ];
  test.each(broken)("not nodes: %s", (_name, nodes, message) => {
    expect(() => selectHosts([{ nodes, from: "nodes.json" }])).toThrow(UserError);
    expect(() => selectHosts([{ nodes, from: "nodes.json" }])).toThrow(message);
  });

  test("overlong text is cut, not carried", () => {
    const { hosts } = select(node("x".repeat(10_000), "6.1.0", "n".repeat(5000)));
    expect(hosts[0]!.title.length).toBeLessThan(900);
  });
});

describe("facts collected on a node of the list", () => {
  const alma = ["AlmaLinux 10.1 (Heliotrope Lion)", "6.12.0-124.29.1.el10_1.x86_64"] as const;
  const facts = (name: string, ...lines: string[]) => ({
    facts: ["format=netfilter-compat-facts-1", `kernel=${alma[1]}`, `name=${name}`, ...lines, "end=1", ""].join("\n"),
    from: `${name}.facts`,
  });
  const nodes = (...names: string[]) => ({
    nodes: list(...names.map((name) => node(alma[0], alma[1], name))),
    from: "nodes.json",
  });

  test("settle which of the candidates it is, for all nodes of that system and kernel", () => {
    const { hosts, notes, unmatched } = selectHosts([
      facts("a", "tool.iptables=iptables v1.8.11 (nf_tables)", "module.nft_compat=absent", "tool.ipset=absent"),
      nodes("a", "b"),
    ]);
    expect(unmatched).toEqual([]);
    expect(notes).toEqual([]);
    expect(hosts).toHaveLength(1);
    expect(hosts[0]).toMatchObject({
      title: `${alma[0]}, kernel ${alma[1]}: nodes a and b`,
      kernel: { modules: { nft_compat: { value: "absent", source: "a.facts" }, ip_tables: { value: "absent" } } },
      iptables: { version: { value: "1.8.11", source: "a.facts" } },
      ipset: { installed: { value: false } },
      notes: ["facts of node a from a.facts, taken for all 2 nodes of this system and kernel"],
    });
    expect(hosts[0]!.ipset.version).toBeUndefined();
  });

  test("make an unknown system a known one", () => {
    const { hosts, unmatched } = selectHosts([
      { nodes: list(node("Plan 9 from Bell Labs", alma[1], "a")), from: "nodes.json" },
      facts("a", "module.nf_tables=loaded"),
    ]);
    expect(unmatched).toEqual([]);
    expect(hosts[0]).not.toHaveProperty("unmatched");
    expect(hosts[0]?.kernel.modules).toEqual({
      nf_tables: { value: "loaded", source: "a.facts", confidence: "stated" },
    });
  });

  test("a name without its domain is the same node's, unless two nodes have it", () => {
    const domain = selectHosts([nodes("a.eu.example", "b.eu.example"), facts("a", "module.nft_compat=absent")]);
    expect(domain.hosts.map((host) => host.kernel.modules.nft_compat?.value)).toEqual(["absent"]);
    const both = selectHosts([nodes("a.eu.example", "a.us.example"), facts("a", "module.nft_compat=absent")]);
    expect(both.hosts.map((host) => host.id)).toEqual([`rhel-10-or-rhel-10-cloud@${alma[1]}`, "a"]);
  });

  test("of nodes that differ split them, and nobody is dropped", () => {
    const { hosts, unmatched } = selectHosts([
      nodes("a", "b", "c"),
      facts("a", "module.nft_compat=absent"),
      facts("b", "module.nft_compat=loaded"),
    ]);
    expect(hosts.map((host) => [host.title.split(": ")[1], host.kernel.modules.nft_compat?.value])).toEqual([
      ["node c", undefined],
      ["node a", "absent"],
      ["node b", "loaded"],
    ]);
    expect(new Set(hosts.map((host) => host.id)).size).toBe(3);
    expect(unmatched).toEqual(["c"]);
  });

  test("under another kernel are of another time: both stay, and it is said", () => {
    const old = facts("a", "module.nft_compat=absent");
    const { hosts, notes } = selectHosts([
      { ...old, facts: old.facts.replace(alma[1], "6.12.0-55.el10_0.x86_64") },
      nodes("a"),
    ]);
    expect(hosts.map((host) => host.id)).toEqual(["a", `rhel-10-or-rhel-10-cloud@${alma[1]}`]);
    expect(notes[0]).toBe(
      `a.facts: collected on node a under kernel 6.12.0-55.el10_0.x86_64, now it runs ${alma[1]}: taken as a host by itself`,
    );
  });

  test("take the place of the catalogue's row beside the row itself", () => {
    const kernel = "5.15.0-25-generic";
    const own = facts("u", "module.ip_tables=absent");
    const { hosts } = selectHosts([
      "ubuntu-22.04",
      { nodes: list(node("Ubuntu 22.04.5 LTS", kernel, "u")), from: "nodes.json" },
      { ...own, facts: own.facts.replace(alma[1], kernel) },
    ]);
    expect(hosts.map((host) => [host.id, host.kernel.modules.iptable_nat?.value])).toEqual([
      ["ubuntu-22.04", "loadable"],
      [`ubuntu-22.04@${kernel}`, "absent"],
    ]);
  });

  test("a second list keeps its nodes, which nothing was collected of", () => {
    const second = { ...nodes("b"), from: "other.json" };
    const { hosts } = selectHosts([nodes("a"), second, facts("a", "module.nft_compat=absent")]);
    expect(hosts.map((host) => [host.title.split(": ")[1], host.kernel.modules.nft_compat?.value])).toEqual([
      ["node a", "absent"],
      ["node b", undefined],
    ]);
    const refined = selectHosts([
      { nodes: list(node("Ubuntu 22.04.5 LTS", alma[1], "a")), from: "nodes.json" },
      { nodes: list(node("Ubuntu 22.04.5 LTS", alma[1], "b")), from: "other.json" },
      facts("a", "module.nft_compat=absent"),
    ]);
    expect(refined.hosts.map((host) => host.id)).toEqual([`ubuntu-22.04@${alma[1]}`, `ubuntu-22.04@${alma[1]}-2`]);
  });

  test("that contradict each other are named", () => {
    const { notes } = selectHosts([
      nodes("a"),
      facts("a", "tool.iptables=iptables v1.8.4 (legacy)", "module.ip_tables=absent", "module.iptable_nat=loaded"),
    ]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(
      /^host rhel-10-or-rhel-10-cloud@\S+ \(a\.facts\): iptable_nat is loaded without ip_tables/,
    );
    expect(notes[1]).toMatch(/the backend is legacy, and the kernel module ip_tables is absent$/);
  });
});

test("a host of the user's own and a cluster's of the same id are two, whichever comes first", () => {
  const cluster = { nodes: list(node("Ubuntu 22.04.5 LTS", "5.15.0-25-generic", "b")), from: "nodes.json" };
  const own = { id: "ubuntu-22.04", extends: "ubuntu-22.04", iptables: { backend: "legacy" as const } };
  const backends = (...entries: Parameters<typeof selectHosts>[0]) =>
    Object.fromEntries(selectHosts(entries).hosts.map((host) => [host.id, host.iptables.backend?.value]));
  const both = { "ubuntu-22.04": "legacy", "ubuntu-22.04@5.15.0-25-generic": "nft" };
  expect(backends(own, cluster)).toEqual(both);
  expect(backends(cluster, own)).toEqual(both);
  expect(backends(own, cluster, "not ubuntu-22.04", "talos-1.13")).toEqual({ "talos-1.13": "nft" });
  expect(backends("ubuntu-22.04", cluster)).toEqual({ "ubuntu-22.04": "nft" });
});
