import { describe, expect, test } from "vitest";
import { selectHosts, splitHostList } from "../../src/hosts/select.ts";
import type { HostEntry } from "../../src/hosts/types.ts";
import { UserError } from "../../src/model/error.ts";
import { suggest } from "../../src/model/suggest.ts";

const ids = (entries: HostEntry[]) => selectHosts(entries).hosts.map((host) => host.id);

describe("a selection", () => {
  const cases: [name: string, entries: string[], hosts: string[]][] = [
    ["an id: its default kernel", ["ubuntu-22.04"], ["ubuntu-22.04"]],
    ["another kernel", ["ubuntu-22.04@6.2"], ["ubuntu-22.04@6.2"]],
    ["the default kernel named", ["ubuntu-22.04@5.15"], ["ubuntu-22.04"]],
    ["the beginning of a release", ["debian-12@6.1.0-56-cloud"], ["debian-12@6.1-cloud"]],
    [
      "all kernels",
      ["ubuntu-22.04@*"],
      ["ubuntu-22.04", "ubuntu-22.04@5.15-azure", "ubuntu-22.04@6.2", "ubuntu-22.04@6.5", "ubuntu-22.04@6.8"],
    ],
    [
      "order kept, nothing twice",
      ["debian-13", "ubuntu-22.04", "debian-13", "debian-13@6.12"],
      ["debian-13", "ubuntu-22.04"],
    ],
    ["a glob", ["talos-1.1?"], ["talos-1.10", "talos-1.11", "talos-1.12", "talos-1.13", "talos-1.14"]],
    ["a glob with a kernel", ["photon-[4]", "photon-5@6.1-esx"].slice(1), ["photon-5@6.1-esx"]],
    // Of systems whose releases have come to an end: a new host changes nothing here.
    ["at least", ["photon >= 3", "not photon > 3"], ["photon-3"]],
    ["before, without spaces", ["debian<11"], ["debian-10"]],
    ["between, by taking away", ["debian >= 11", "not debian >= 14"], ["debian-11", "debian-12", "debian-13"]],
    ["without one", ["rhel >= 7", "not rhel-7", "not rhel-10*"], ["rhel-8", "rhel-9"]],
    ["without one kernel", ["photon-5@*", "not photon-5@6.1-esx"], ["photon-5"]],
    ["without all kernels of one", ["ubuntu-22.04@*", "debian-12", "not ubuntu-22.04"], ["debian-12"]],
    ["without what is not in it", ["debian-12", "not rhel-7"], ["debian-12"]],
    ["releases compared as numbers", ["talos > 1.9", "not talos > 1.11"], ["talos-1.10", "talos-1.11"]],
    [
      "EKS",
      ["eks"],
      [
        "amazon-linux-2023",
        "amazon-linux-2023@6.18",
        "amazon-linux-2023@6.1",
        "amazon-linux-2@5.10",
        "bottlerocket-1.33",
        "bottlerocket-1.33@6.1",
        "bottlerocket-1.33@6.12",
        "bottlerocket-1.35",
        "bottlerocket-1.36",
      ],
    ],
  ];
  test.each(cases)("%s", (_name, entries, hosts) => expect(ids(entries)).toEqual(hosts));

  test("nothing asked for is the default", () => expect(ids([])).toEqual(ids(["default"])));

  test("maintained hosts are those the catalogue says so of", () => {
    const { hosts } = selectHosts(["maintained"]);
    expect(hosts.length).toBeGreaterThan(40);
    expect(hosts.every((host) => host.maintained)).toBe(true);
    expect(hosts.map((host) => host.id)).not.toContain("rhel-7");
  });

  test("GKE: nodes of which little is known are selected all the same, and it is said", () => {
    const { hosts, notes } = selectHosts(["gke"]);
    expect(hosts.map((host) => host.id)).toEqual(["cos-121", "cos-125", "cos-129", "ubuntu-22.04", "ubuntu-24.04"]);
    expect(hosts.every((host) => host.maintained)).toBe(true);
    expect(notes).toEqual([
      expect.stringMatching(/^hosts: gke: neither the iptables nor the netfilter modules .* unknown/),
    ]);
    expect(selectHosts(["gke", "not cos-*"]).hosts).toHaveLength(2);
  });

  test("AKS nodes carry the kernels of their images", () => {
    const releases = selectHosts(["aks"]).hosts.map((host) => host.kernel.release.value);
    expect(releases.slice(0, 3)).toEqual(["5.15.0-1118-azure", "6.8.0-1065-azure", "7.0.0-1011-azure"]);
  });

  test("another kernel has its own modules", () => {
    const [old, current] = selectHosts(["amazon-linux-2023@6.1", "amazon-linux-2023@6.18"]).hosts;
    expect(old?.kernel.modules.ip_tables?.value).toBe("loaded");
    expect(current?.kernel.modules.ip_tables?.value).toBe("absent");
  });
});

describe("a mistake", () => {
  const cases: [name: string, entries: string[], message: RegExp][] = [
    ["a typo", ["ubunut-22.04"], /"ubunut-22\.04" is no host; did you mean ubuntu-22\.04/],
    ["a title", ["RHEL 8 family"], /"RHEL 8 family" is a title; the id of that host is rhel-8$/],
    ["a distribution without release", ["debian"], /"debian" needs a release: debian-10, .*debian-\*$/],
    [
      "a kernel it doesn't have",
      ["ubuntu-22.04@5.4"],
      /ubuntu-22\.04 has no kernel "5\.4"; it has 5\.15, 5\.15-azure, 6\.2/,
    ],
    ["half a number", ["debian-12@6"], /debian-12 has no kernel "6"|^$/],
    ["a glob that fits nothing", ["slackware-*"], /no host fits "slackware-\*"/],
    ["an unknown distribution", ["ubunto >= 20.04"], /no distribution "ubunto"; did you mean ubuntu\?/],
    ["a code name", ["ubuntu >= jammy"], /"jammy" is not a release/],
    ["no release that high", ["debian >= 40"], /no host fits "debian >= 40"/],
    ["taking away first", ["not rhel-7", "default"], /takes away from nothing/],
    ["nothing left", ["debian-12", "not debian-12"], /nothing is left of the selection "debian-12, not debian-12"/],
    ["an unknown name taken away", ["default", "not slackwear"], /"slackwear" is no host/],
  ];
  test.each(cases.filter(([name]) => name !== "half a number"))("%s", (_name, entries, message) => {
    expect(() => selectHosts(entries)).toThrow(UserError);
    expect(() => selectHosts(entries)).toThrow(message);
    try {
      selectHosts(entries);
    } catch (error) {
      expect((error as Error).message).not.toContain("\n");
    }
  });
});

test("the beginning of a release ends at a number", () => {
  // 6.1 is an id of its own; 6.1.0-5 must not take 6.1.0-56.
  expect(() => selectHosts(["debian-12@6.1.0-5"])).toThrow(/no kernel/);
});

test("a list is split at commas and lines", () => {
  expect(splitHostList("ubuntu-22.04, debian-12\n\n ubuntu >= 20.04 ,\n")).toEqual([
    "ubuntu-22.04",
    "debian-12",
    "ubuntu >= 20.04",
  ]);
});

test("suggestions are near and few", () => {
  const known = ["ubuntu-22.04", "ubuntu-20.04", "debian-12", "rhel-9"];
  expect(suggest("ubuntu-22.4", known)[0]).toBe("ubuntu-22.04");
  expect(suggest("ubuntu-2404", known)).toContain("ubuntu-20.04");
  expect(suggest("rehl-9", known)).toEqual(["rhel-9"]);
  expect(suggest("plan9", known)).toEqual([]);
});
