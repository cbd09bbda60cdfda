import { describe, expect, test } from "vitest";
import { selectHosts } from "../../src/hosts/select.ts";
import type { Host } from "../../src/model/host.ts";

/** Clusters as they are met, as `kubectl get nodes -o json` prints them: what comes out of each, checked by hand against the
 * facts. A fact that is not known is `?`. */

interface Node {
  osImage: string;
  kernel: string;
  arch?: string;
  os?: string;
  providerID?: string;
  labels?: Record<string, string>;
}

interface Expected {
  id: string;
  /** iptables: version and backend, with the host's own where it is another. */
  iptables: string;
  /** State of ip_tables, nf_tables and nft_compat. */
  modules: string;
  arch?: string;
  /** What its note says; absent: nothing. */
  note?: RegExp;
  unmatched?: true;
}

function printed(nodes: readonly Node[]): unknown {
  return {
    apiVersion: "v1",
    items: nodes.map(({ osImage, kernel, arch = "amd64", os = "linux", providerID, labels = {} }, index) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        annotations: { "node.alpha.kubernetes.io/ttl": "0" },
        labels: { "kubernetes.io/arch": arch, "kubernetes.io/os": os, ...labels },
        name: `node-${index + 1}`,
      },
      spec: providerID === undefined ? {} : { podCIDR: "10.244.0.0/24", providerID },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        nodeInfo: {
          architecture: arch,
          containerRuntimeVersion: "containerd://2.1.4",
          kernelVersion: kernel,
          kubeletVersion: "v1.35.1",
          operatingSystem: os,
          osImage,
        },
      },
    })),
    kind: "List",
    metadata: { resourceVersion: "" },
  };
}

function iptablesOf({ iptables: { version, backend, ownBackend } }: Host): string {
  const own = ownBackend === undefined ? "" : `, own ${ownBackend.value}`;
  return `${version?.value ?? "?"} ${backend?.value ?? "?"}${own}`;
}

function modulesOf({ kernel: { modules } }: Host): string {
  return ["ip_tables", "nf_tables", "nft_compat"].map((name) => modules[name]?.value ?? "?").join(" ");
}

const noModules = "? ? ?";
const notInCatalogue = /is not in the catalogue; state it under hosts:/;
const unknownKernel = /kernel \S+ is not in the catalogue for \S+: its modules are unknown/;

type Row = [cluster: string, node: Node, expected: Expected];

const rows: Row[] = [
  // Amazon
  [
    "EKS, Amazon Linux 2",
    { osImage: "Amazon Linux 2", kernel: "5.10.245-241.976.amzn2.x86_64", providerID: "aws:///eu-west-1a/i-0a1b2c3d" },
    { id: "amazon-linux-2@5.10.245-241.976.amzn2.x86_64", iptables: "1.8.4 legacy", modules: "loaded ? ?" },
  ],
  [
    "EKS, Amazon Linux 2023 with its first kernel",
    { osImage: "Amazon Linux 2023.6.20250115", kernel: "6.1.119-129.201.amzn2023.x86_64" },
    {
      id: "amazon-linux-2023@6.1.119-129.201.amzn2023.x86_64",
      iptables: "1.8.8 nft",
      modules: "loaded loadable loadable",
    },
  ],
  [
    "EKS 1.34, Amazon Linux 2023",
    { osImage: "Amazon Linux 2023.9.20251208", kernel: "6.12.68-92.122.amzn2023.x86_64" },
    {
      id: "amazon-linux-2023@6.12.68-92.122.amzn2023.x86_64",
      iptables: "1.8.8 nft",
      modules: "loadable loadable loadable",
    },
  ],
  [
    "EKS 1.36, Amazon Linux 2023 on Graviton",
    { osImage: "Amazon Linux 2023.12.20260817", kernel: "6.18.36-69.138.amzn2023.aarch64", arch: "arm64" },
    {
      id: "amazon-linux-2023@6.18.36-69.138.amzn2023.aarch64",
      iptables: "1.8.8 nft",
      modules: "absent loadable loadable",
      arch: "arm64",
    },
  ],
  [
    "EKS 1.23, Bottlerocket",
    { osImage: "Bottlerocket OS 1.12.0 (aws-k8s-1.23)", kernel: "5.10.157" },
    { id: "bottlerocket-1.33@5.10.157", iptables: "1.8.10 legacy", modules: noModules, note: unknownKernel },
  ],
  [
    "EKS 1.34, Bottlerocket with NVIDIA",
    { osImage: "Bottlerocket OS 1.50.0 (aws-k8s-1.34-nvidia)", kernel: "6.12.55" },
    { id: "bottlerocket-1.35@6.12.55", iptables: "1.8.11 nft", modules: "loadable loadable loadable" },
  ],
  [
    "EKS 1.36, Bottlerocket FIPS",
    { osImage: "Bottlerocket OS 1.66.0 (aws-k8s-1.36-fips)", kernel: "6.18.30" },
    { id: "bottlerocket-1.36@6.18.30", iptables: "1.8.11 nft", modules: "absent loadable loadable" },
  ],
  // Google
  [
    "GKE 1.26, Container-Optimized OS: two milestones share the kernel",
    { osImage: "Container-Optimized OS from Google", kernel: "5.15.109+", providerID: "gce://p/europe-west1-b/gke-1" },
    {
      id: "cos-101-or-cos-105@5.15.109+",
      iptables: "? legacy",
      modules: noModules,
      note: /can be cos-101 or cos-105; only what they share is known: iptables version, /,
      unmatched: true,
    },
  ],
  [
    "GKE 1.29, Container-Optimized OS",
    { osImage: "Container-Optimized OS from Google", kernel: "6.1.112+" },
    {
      id: "cos-109-or-cos-113@6.1.112+",
      iptables: "? ?",
      modules: noModules,
      note: /can be cos-109 or cos-113; only what they share is known: iptables version, iptables backend, /,
      unmatched: true,
    },
  ],
  [
    "GKE 1.34, Container-Optimized OS: one milestone, of which nothing is known",
    { osImage: "Container-Optimized OS from Google", kernel: "6.12.46+" },
    { id: "cos-125@6.12.46+", iptables: "? ?", modules: noModules },
  ],
  [
    "GKE, Ubuntu 22.04",
    { osImage: "Ubuntu 22.04.5 LTS", kernel: "5.15.0-1075-gke" },
    { id: "ubuntu-22.04@5.15.0-1075-gke", iptables: "1.8.7 nft", modules: "loadable loadable loadable" },
  ],
  // Azure
  [
    "AKS, Ubuntu 22.04 of October 2023",
    { osImage: "Ubuntu 22.04.3 LTS", kernel: "6.2.0-1014-azure", providerID: "azure:///subscriptions/s/vm/0" },
    { id: "ubuntu-22.04@6.2.0-1014-azure", iptables: "1.8.7 nft", modules: "loadable loadable loadable" },
  ],
  [
    "AKS, Ubuntu 24.04 on arm64",
    { osImage: "Ubuntu 24.04.4 LTS", kernel: "6.8.0-1065-azure", arch: "arm64" },
    {
      id: "ubuntu-24.04@6.8.0-1065-azure",
      iptables: "1.8.10 nft",
      modules: "loadable loadable loadable",
      arch: "arm64",
    },
  ],
  [
    "AKS, Ubuntu 24.04 with the kernel of which nobody read whether it has legacy tables",
    { osImage: "Ubuntu 24.04.4 LTS", kernel: "6.17.0-1022-azure" },
    { id: "ubuntu-24.04@6.17.0-1022-azure", iptables: "1.8.10 nft", modules: "? loadable loadable" },
  ],
  [
    "AKS, Ubuntu 20.04 FIPS",
    { osImage: "Ubuntu 20.04.6 LTS", kernel: "5.4.0-1166-azure-fips" },
    { id: "ubuntu-20.04@5.4.0-1166-azure-fips", iptables: "1.8.4 legacy", modules: "loaded loadable loadable" },
  ],
  [
    "AKS, Azure Linux 3",
    { osImage: "Microsoft Azure Linux 3.0", kernel: "6.6.64.2-9.azl3" },
    { id: "azure-linux-3@6.6.64.2-9.azl3", iptables: "1.8.10 nft", modules: "loadable loadable loadable" },
  ],
  [
    "AKS, CBL-Mariner",
    { osImage: "CBL-Mariner/Linux", kernel: "5.15.186.1-1.cm2" },
    { id: "azure-linux-2@5.15.186.1-1.cm2", iptables: "1.8.7 legacy", modules: "loaded loadable loadable" },
  ],
  // RKE2 and k3s
  [
    "RKE2, SLES 15 SP6",
    { osImage: "SUSE Linux Enterprise Server 15 SP6", kernel: "6.4.0-150600.23.81-default", providerID: "rke2://n1" },
    { id: "sles-15-sp6@6.4.0-150600.23.81-default", iptables: "1.8.7 legacy", modules: "loaded ? ?" },
  ],
  [
    "RKE2, SLE Micro 5.5",
    { osImage: "SUSE Linux Enterprise Micro 5.5", kernel: "5.14.21-150500.55.88-default" },
    { id: "sle-micro-5.5@5.14.21-150500.55.88-default", iptables: "? legacy", modules: "loaded ? ?" },
  ],
  [
    "k3s, SUSE Linux Micro 6.2",
    { osImage: "SUSE Linux Micro 6.2", kernel: "6.12.0-160000.28-default" },
    { id: "sle-micro-6.2@6.12.0-160000.28-default", iptables: "? nft", modules: noModules },
  ],
  [
    "RKE2, Rocky Linux 8",
    { osImage: "Rocky Linux 8.10 (Green Obsidian)", kernel: "4.18.0-553.157.1.el8_10.x86_64" },
    {
      id: "rhel-8@4.18.0-553.157.1.el8_10.x86_64",
      iptables: "1.8.5 nft",
      modules: "loadable loadable loadable",
    },
  ],
  [
    "RKE2, Rocky Linux 9 on arm64",
    { osImage: "Rocky Linux 9.5 (Blue Onyx)", kernel: "5.14.0-503.40.1.el9_5.aarch64", arch: "arm64" },
    {
      id: "rhel-9@5.14.0-503.40.1.el9_5.aarch64",
      iptables: "1.8.10 nft",
      modules: "loadable loadable loadable",
      arch: "arm64",
    },
  ],
  [
    "RKE2, Rocky Linux 10: installed or from a cloud's image, nobody can tell",
    { osImage: "Rocky Linux 10.1 (Red Quartz)", kernel: "6.12.0-124.56.1.el10_1.x86_64" },
    {
      id: "rhel-10-or-rhel-10-cloud@6.12.0-124.56.1.el10_1.x86_64",
      iptables: "1.8.11 nft",
      modules: "absent loadable ?",
      note: /can be rhel-10 or rhel-10-cloud; only what they share is known: /,
      unmatched: true,
    },
  ],
  [
    "k3s, Debian 12",
    { osImage: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0-37-amd64", providerID: "k3s://edge-1" },
    { id: "debian-12@6.1.0-37-amd64", iptables: "1.8.9 nft", modules: "loadable loadable loadable" },
  ],
  [
    "k3s, Debian 11 with the kernel of 12",
    { osImage: "Debian GNU/Linux 11 (bullseye)", kernel: "6.1.0-0.deb11.49-amd64" },
    { id: "debian-11@6.1.0-0.deb11.49-amd64", iptables: "1.8.7 nft", modules: "loadable loadable loadable" },
  ],
  [
    "k3s, Raspberry Pi OS of 64 bits: the system calls itself Debian",
    { osImage: "Debian GNU/Linux 12 (bookworm)", kernel: "6.12.51+rpt-rpi-v8", arch: "arm64" },
    { id: "raspberry-pi-os@6.12.51+rpt-rpi-v8", iptables: "? nft", modules: "loadable ? ?", arch: "arm64" },
  ],
  [
    "k3s, Raspberry Pi OS of 32 bits",
    { osImage: "Raspbian GNU/Linux 10 (buster)", kernel: "5.10.103-v7l+", arch: "arm" },
    { id: "raspberry-pi-os@5.10.103-v7l+", iptables: "? nft", modules: noModules, arch: "arm", note: unknownKernel },
  ],
  [
    "k3s under Windows: the kernel is WSL's, whatever the system",
    { osImage: "Ubuntu 24.04.1 LTS", kernel: "5.15.167.4-microsoft-standard-WSL2" },
    { id: "wsl2@5.15.167.4-microsoft-standard-WSL2", iptables: "? ?", modules: noModules, note: unknownKernel },
  ],
  [
    "k3d: the system is a container's",
    { osImage: "K3s v1.34.2+k3s1", kernel: "6.8.0-45-generic", providerID: "k3s://k3d-demo-server-0" },
    {
      id: "k3s-v1.34.2-k3s1@6.8.0-45-generic",
      iptables: "? ?",
      modules: noModules,
      note: notInCatalogue,
      unmatched: true,
    },
  ],
  [
    "Harvester",
    { osImage: "Harvester v1.8.0", kernel: "6.12.0-160000.28-default" },
    {
      id: "harvester-v1.8.0@6.12.0-160000.28-default",
      iptables: "? ?",
      modules: noModules,
      note: notInCatalogue,
      unmatched: true,
    },
  ],
  // Systems for containers
  [
    "Talos 1.7: rules in nft, the system's own iptables is legacy",
    { osImage: "Talos (v1.7.5)", kernel: "6.6.33-talos" },
    { id: "talos-1.7@6.6.33-talos", iptables: "1.8.10 nft, own legacy", modules: "builtin builtin builtin" },
  ],
  [
    "Talos 1.12",
    { osImage: "Talos (v1.12.1)", kernel: "6.18.2-talos" },
    { id: "talos-1.12@6.18.2-talos", iptables: "1.8.11 nft", modules: "absent builtin builtin" },
  ],
  [
    "Flatcar LTS",
    { osImage: "Flatcar Container Linux by Kinvolk 4081.3.6 (Oklo)", kernel: "6.6.106-flatcar" },
    { id: "flatcar-4081@6.6.106-flatcar", iptables: "1.8.8 nft", modules: "builtin loadable loadable" },
  ],
  [
    "Fedora CoreOS, with a later kernel than was read",
    { osImage: "Fedora CoreOS 41.20250315.3.0", kernel: "6.13.6-200.fc41.x86_64" },
    { id: "fcos-41@6.13.6-200.fc41.x86_64", iptables: "1.8.10 nft", modules: noModules, note: unknownKernel },
  ],
  [
    "OpenShift 4.16",
    {
      osImage: "Red Hat Enterprise Linux CoreOS 416.94.202407081958-0",
      kernel: "5.14.0-427.26.1.el9_4.x86_64",
      labels: { "node.openshift.io/os_id": "rhcos" },
    },
    {
      id: "rhcos-4.16@5.14.0-427.26.1.el9_4.x86_64",
      iptables: "1.8.10 nft",
      modules: "loaded loadable loadable",
    },
  ],
  [
    "OpenShift 4.20: nodes name the base alone",
    { osImage: "Red Hat Enterprise Linux CoreOS 9.6.20251119-0 (Plow)", kernel: "5.14.0-570.62.1.el9_6.x86_64" },
    {
      id: "rhcos-4.19-or-rhcos-4.20-or-rhcos-4.21@5.14.0-570.62.1.el9_6.x86_64",
      iptables: "1.8.10 nft",
      modules: "loaded loadable loadable",
      note: /can be rhcos-4.19 or rhcos-4.20 or rhcos-4.21, and all that is known is the same of each$/,
      unmatched: true,
    },
  ],
  [
    "OpenShift 4.22",
    { osImage: "Red Hat Enterprise Linux CoreOS 9.8.20260721-0 (Plow)", kernel: "5.14.0-687.39.1.el9_8.x86_64" },
    {
      id: "rhcos-4.22",
      iptables: "1.8.10 nft",
      modules: "loaded loadable loadable",
    },
  ],
  [
    "OpenShift on RHEL 10",
    { osImage: "Red Hat Enterprise Linux CoreOS 10.2.20260423-0 (Coughlan)", kernel: "6.12.0-211.40.1.el10_2.x86_64" },
    { id: "rhcos-5.x@6.12.0-211.40.1.el10_2.x86_64", iptables: "? nft", modules: noModules },
  ],
  [
    "OKD: CentOS Stream CoreOS is no row of the catalogue",
    { osImage: "CentOS Stream CoreOS 9.0.20250510-0", kernel: "5.14.0-582.el9.x86_64" },
    {
      id: "centos-stream-coreos-9.0.20250510-0@5.14.0-582.el9.x86_64",
      iptables: "? ?",
      modules: noModules,
      note: notInCatalogue,
      unmatched: true,
    },
  ],
  [
    "Gardener",
    { osImage: "Garden Linux 1877.9", kernel: "6.12.60-cloud-amd64" },
    { id: "gardenlinux@6.12.60-cloud-amd64", iptables: "? legacy", modules: "loaded loadable loadable" },
  ],
  // Nodes that are containers or small machines
  [
    "kind: Debian inside, the machine's kernel outside, backend chosen at start",
    {
      osImage: "Debian GNU/Linux 12 (bookworm)",
      kernel: "6.8.0-45-generic",
      providerID: "kind://docker/kind/kind-control-plane",
    },
    { id: "kind-v0.22-v0.31@6.8.0-45-generic", iptables: "1.8.9 ?", modules: noModules, note: unknownKernel },
  ],
  [
    "kind under Windows",
    {
      osImage: "Debian GNU/Linux 13 (trixie)",
      kernel: "6.6.87.2-microsoft-standard-WSL2",
      providerID: "kind://podman/kind/kind-worker",
    },
    {
      id: "kind-master@6.6.87.2-microsoft-standard-WSL2",
      iptables: "1.8.11 ?",
      modules: noModules,
      note: unknownKernel,
    },
  ],
  [
    "minikube as a container",
    {
      osImage: "Debian GNU/Linux 12 (bookworm)",
      kernel: "6.10.14-linuxkit",
      arch: "arm64",
      labels: { "minikube.k8s.io/name": "minikube", "minikube.k8s.io/primary": "true" },
    },
    {
      id: "minikube-kicbase@6.10.14-linuxkit",
      iptables: "1.8.9 ?",
      modules: noModules,
      arch: "arm64",
      note: unknownKernel,
    },
  ],
  [
    "minikube as a virtual machine",
    { osImage: "Buildroot 2025.02", kernel: "6.6.95", labels: { "minikube.k8s.io/name": "minikube" } },
    { id: "minikube-iso", iptables: "1.8.11 legacy", modules: "builtin absent absent" },
  ],
  [
    "minikube as an older virtual machine, whose tools nobody read",
    { osImage: "Buildroot 2023.02.9", kernel: "5.10.207", labels: { "minikube.k8s.io/name": "minikube" } },
    {
      id: "buildroot-2023.02.9@5.10.207",
      iptables: "? ?",
      modules: noModules,
      note: notInCatalogue,
      unmatched: true,
    },
  ],
  [
    "Docker Desktop",
    { osImage: "Docker Desktop", kernel: "6.10.14-linuxkit", arch: "arm64" },
    {
      id: "docker-desktop@6.10.14-linuxkit",
      iptables: "? ?",
      modules: noModules,
      arch: "arm64",
      note: notInCatalogue,
      unmatched: true,
    },
  ],
  // VMware and Oracle
  [
    "Tanzu, Photon OS 3 for ESX: no nf_tables there",
    { osImage: "VMware Photon OS/Linux", kernel: "4.19.283-3.ph3-esx", providerID: "vsphere://42" },
    { id: "photon-3@4.19.283-3.ph3-esx", iptables: "1.8.3 legacy", modules: "builtin absent absent" },
  ],
  [
    "Tanzu, Photon OS 3",
    { osImage: "VMware Photon OS/Linux", kernel: "4.19.283-3.ph3" },
    { id: "photon-3@4.19.283-3.ph3", iptables: "1.8.3 legacy", modules: "loaded loadable loadable" },
  ],
  [
    "Tanzu, Photon OS 5 with a later kernel than was read",
    { osImage: "VMware Photon OS/Linux", kernel: "6.12.103-9.ph5-esx" },
    { id: "photon-5@6.12.103-9.ph5-esx", iptables: "1.8.9 nft", modules: noModules, note: unknownKernel },
  ],
  [
    "Oracle, UEK 7",
    { osImage: "Oracle Linux Server 8.10", kernel: "5.15.0-323.211.3.4.el8uek.x86_64" },
    {
      id: "oracle-linux-8@5.15.0-323.211.3.4.el8uek.x86_64",
      iptables: "1.8.5 nft",
      modules: "loadable builtin loadable",
    },
  ],
  [
    "Oracle, UEK 8 on arm64",
    { osImage: "Oracle Linux Server 9.7", kernel: "6.12.0-205.92.4.2.el9uek.aarch64", arch: "arm64" },
    {
      id: "oracle-linux-9@6.12.0-205.92.4.2.el9uek.aarch64",
      iptables: "1.8.10 nft",
      modules: "loadable builtin loadable",
      arch: "arm64",
    },
  ],
  // Others
  [
    "kubeadm, CentOS 7",
    { osImage: "CentOS Linux 7 (Core)", kernel: "3.10.0-1160.119.1.el7.x86_64" },
    {
      id: "rhel-7@3.10.0-1160.119.1.el7.x86_64",
      iptables: "1.4.21 legacy",
      modules: "loaded loadable loadable",
    },
  ],
  [
    "k0s, Alpine",
    { osImage: "Alpine Linux v3.21", kernel: "6.12.31-0-lts" },
    { id: "alpine-3.21@6.12.31-0-lts", iptables: "1.8.11 nft", modules: noModules },
  ],
  [
    "NixOS of a release whose tools nobody read",
    { osImage: "NixOS 24.11 (Vicuna)", kernel: "6.6.68" },
    {
      id: "nixos-24.11-vicuna@6.6.68",
      iptables: "? ?",
      modules: noModules,
      note: notInCatalogue,
      unmatched: true,
    },
  ],
];

describe("nodes of", () => {
  test.each(rows)("%s", (_, node, expected) => {
    const { hosts, notes, unmatched } = selectHosts([{ nodes: printed([node]), from: "nodes.json" }]);
    expect(hosts).toHaveLength(1);
    const host = hosts[0]!;
    expect({ id: host.id, iptables: iptablesOf(host), modules: modulesOf(host) }).toEqual({
      id: expected.id,
      iptables: expected.iptables,
      modules: expected.modules,
    });
    expect(host.kernel.release.value).toBe(node.kernel);
    expect(host.kernel.architectures?.value).toEqual([expected.arch ?? "amd64"]);
    expect(unmatched).toEqual(expected.unmatched === true ? ["node-1"] : []);
    if (expected.note === undefined) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringMatching(expected.note)]);
  });
});

test("one list of all of them has each once, and Windows in between is left out", () => {
  const nodes = rows.map(([, node]) => node);
  const windows = { osImage: "Windows Server 2022 Datacenter", kernel: "10.0.20348.2700", os: "windows" };
  const { hosts, notes, unmatched } = selectHosts([
    { nodes: printed([...nodes.slice(0, 9), windows, ...nodes.slice(9)]), from: "nodes.json" },
  ]);
  expect(hosts.map(({ id }) => id)).toEqual(rows.map(([, , { id }]) => id));
  expect(notes[0]).toBe("node node-10 of nodes.json: Windows, where there is no netfilter; left out");
  expect(unmatched).toHaveLength(rows.filter(([, , expected]) => expected.unmatched === true).length);
});

test("nodes of one kernel and system, of which only some are containers of kind, are two hosts", () => {
  const bookworm = { osImage: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0-37-amd64" };
  const { hosts } = selectHosts([
    { nodes: printed([bookworm, { ...bookworm, providerID: "kind://docker/kind/kind-worker" }, bookworm]), from: "-" },
  ]);
  expect(hosts.map(({ title }) => title)).toEqual([
    "Debian 12, kernel 6.1.0-37-amd64: nodes node-1 and node-3",
    "kind node v0.22-v0.31, kernel 6.1.0-37-amd64: node node-2",
  ]);
});
