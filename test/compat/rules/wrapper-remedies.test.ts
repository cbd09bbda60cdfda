import { describe, expect, test } from "vitest";
import wrapperChoices from "../../../src/knowledge/wrapper-choices.json" with { type: "json" };
import { buildCell, type ImageSpec, outcomesOf, type Setup } from "../../support/cells.ts";

/** What is advised fits what the image has: nobody is told to install what is there. */

function remedyOf(rule: string, setup: Setup): string {
  const [finding] = outcomesOf(rule, setup);
  return finding?.kind === "finding" ? (finding.remedy ?? "") : "nothing said";
}

describe("a wrapper that finds nothing to follow", () => {
  const with_ = (wrapper: string | null): ImageSpec => ({ nft: "1.8.11", legacy: "1.8.11", wrapper });
  const nftHost: Setup["host"] & object = { backend: "nft", kernel: "6.1.0-13-generic" };
  const legacyHost: Setup["host"] & object = { backend: "legacy", kernel: "6.1.0-13-generic" };
  const told = (wrapper: string | null, host: Setup["host"] & object) =>
    remedyOf("wrapper-misdetects", { image: with_(wrapper), host, programs: [] });

  test.each(["v1", "v1-kubelet", "v1-timeout"])("%s on an nft host: a later one takes nft", (wrapper) => {
    expect(told(wrapper, nftHost)).toBe(
      `Put iptables-wrapper v3 in the place of ${wrapper}: where it finds no kubelet's rules it takes nft.`,
    );
  });
  test.each([
    "v1-nft",
    "v2",
    "go",
    "v3",
    "kube-ovn",
    "cilium",
  ])("%s on a legacy host: no later one does better", (wrapper) => {
    const remedy = told(wrapper, legacyHost);
    expect(remedy).toBe(
      "No iptables-wrapper finds the node's backend without a kubelet's rules: choose it by the program's own option, or let `iptables` lead to iptables-legacy on such hosts.",
    );
  });
  test("one that has a variable is set by it, to what its own data say", () => {
    expect(told("weave", nftHost)).toBe("Set IPTABLES_BACKEND=nft on such hosts.");
    expect(told("docker-dind", legacyHost)).toBe("Set DOCKER_IPTABLES_LEGACY=1 on such hosts.");
  });
  test("one that looks at the kernel", () => {
    const builtin: Setup["host"] & object = { backend: "nft", modules: { builtin: ["nf_tables"] } };
    expect(told("klipper-lb", builtin)).toContain("lsmod");
    expect(told("klipper-lb", builtin)).not.toContain("v2");
  });
  test("one of unknown generation is to be one that is known", () => {
    expect(told(null, nftHost)).toBe(
      "Install iptables-wrapper v3 in its place: where it finds no kubelet's rules it takes nft.",
    );
  });
  test.each(
    wrapperChoices.generations.map(({ version }) => version),
  )("%s is never told to become what it is", (version) => {
    for (const host of [nftHost, legacyHost]) {
      // k3s' choice without rules isn't known: the engine asks for it.
      if (version === "k3s") continue;
      const remedy = told(version, host);
      expect(remedy).not.toMatch(new RegExp(`wrapper ${version}\\b`));
      expect(remedy).not.toContain("v2 or later");
    }
  });
});

describe("one that isn't what iptables runs", () => {
  const idle = (idleWrapper: string): Setup => ({
    image: { nft: "1.8.11", legacy: "1.8.11", default: "legacy", idleWrapper },
    host: { backend: "nft" },
  });
  const rule = "wrapper-ineffective";
  test("a wrapper is installed where PATH looks first", () => {
    expect(remedyOf(rule, idle("v2"))).toMatch(/^Run the iptables-wrapper's installer/);
  });
  test("a start script has no installer: what it lacks is said", () => {
    expect(remedyOf(rule, idle("weave"))).toBe(
      "Let `iptables` lead to iptables-legacy in the image: the start script sets the links of nft alone and leaves legacy as it finds it.",
    );
    expect(remedyOf(rule, idle("klipper-lb"))).toMatch(/^Make the start script set its links in \/usr\/sbin/);
    for (const version of ["weave", "klipper-lb"]) expect(remedyOf(rule, idle(version))).not.toContain("installer");
  });
  test("and the message does not call it what iptables might run", () => {
    const [finding] = outcomesOf(rule, idle("weave"));
    expect(finding?.kind === "finding" && finding.message).toBe(
      "the start script /usr/sbin/iptables-wrapper never leads `iptables` to the other backend (/usr/sbin/iptables -> /usr/sbin/xtables-legacy-multi): it always uses legacy",
    );
  });
});

test("other rules don't ask for a wrapper that is there", () => {
  const image: ImageSpec = { legacy: "1.8.11", wrapper: "v1" };
  const cell: Setup = { image, host: { modules: { absent: ["ip_tables"] } } };
  expect(buildCell(cell).choice.wanted).toBe("nft");
  expect(remedyOf("legacy-modules-missing", cell)).toBe(
    "Add the nft binaries to the image, so that its iptables-wrapper can use them on such hosts; to stay with legacy, load the modules on the node.",
  );
  expect(remedyOf("legacy-modules-missing", { ...cell, image: { legacy: "1.8.11" } })).toContain(
    "iptables-wrapper (v2 or later)",
  );
  const other: Setup = {
    image: { nft: "1.8.11", wrapper: "v2" },
    host: { backend: "legacy", modules: { absent: ["nf_tables"] } },
  };
  expect(remedyOf("nft-kernel-missing", other)).toBe(
    "Add the legacy binaries to the image, so that its iptables-wrapper can use them on such hosts, or raise the hosts to a kernel with CONFIG_NF_TABLES.",
  );
  expect(remedyOf("wrapper-missing", { image: { legacy: "1.8.11", wrapper: "v1" }, host: { backend: "nft" } })).toMatch(
    /^Add the nft binaries to the image/,
  );
});
