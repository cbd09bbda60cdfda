import { expect, test } from "vitest";
import { ask, type HostSpec, messageOf, type ProfileSpec, type Setup } from "../../support/cells.ts";

const rule = "xt-module-missing";
const image = { nft: "1.8.11" };
const absent = (...names: string[]): HostSpec => ({ modules: { absent: names } });
const kubeProxy: ProfileSpec = { id: "kube-proxy", writes: ["address-prefix", "mark-match", "port"] };

test.each<[string, Setup, string[]]>([
  ["a full kernel", { image, profile: kubeProxy }, []],
  ["a target that the program always uses", { image, profile: kubeProxy, host: absent("xt_MASQUERADE") }, ["error"]],
  ["two of them are one finding", { image, profile: kubeProxy, host: absent("xt_MASQUERADE", "xt_nat") }, ["error"]],
  ["one that depends on a feature", { image, profile: kubeProxy, host: absent("xt_recent") }, ["warning"]],
  ["one that it doesn't use", { image, profile: kubeProxy, host: absent("xt_u32", "xt_nfacct") }, []],
  [
    "a known program by the name of its binary",
    { image: { ...image, program: { name: "cilium" } }, host: absent("xt_TPROXY") },
    ["warning"],
  ],
  ["nothing known of the program: the common ones", { image, host: absent("xt_comment") }, ["warning"]],
  ["nothing known of the program: nothing else", { image, host: absent("xt_TPROXY", "xt_u32") }, []],
  [
    "a program that writes nothing there",
    { image, profile: { id: "own", writes: [] }, host: absent("xt_comment") },
    [],
  ],
  ["a stated construct", { image, profile: { id: "own", writes: ["comment"] }, host: absent("xt_comment") }, ["error"]],
  [
    "in a further package",
    { image, profile: kubeProxy, host: { modules: { "optional-package": ["xt_comment"] } } },
    ["warning"],
  ],
  [
    "a match that iptables-nft writes without the module",
    { image, profile: { id: "own", writes: ["mark-match"] }, host: absent("xt_mark") },
    [],
  ],
  [
    "one that this release hands to the module",
    { image: { nft: "1.8.7" }, profile: { id: "own", writes: ["mark-match"] }, host: absent("xt_mark") },
    ["error"],
  ],
  [
    "legacy needs it",
    {
      image: { legacy: "1.8.11" },
      profile: { id: "own", writes: ["mark-match"] },
      host: { backend: "legacy", modules: { absent: ["xt_mark"] } },
    },
    ["error"],
  ],
  ["without nft_compat that rule speaks", { image, profile: kubeProxy, host: absent("nft_compat", "xt_comment") }, []],
  [
    "without ip_tables that rule speaks",
    { image: { legacy: "1.8.11" }, profile: kubeProxy, host: absent("ip_tables", "xt_comment") },
    [],
  ],
  [
    "not known whether the module is there: gaps alone are recorded",
    { image, profile: kubeProxy, host: { modules: { unknown: ["xt_comment"] } } },
    [],
  ],
  ["the host's own tools", { image: { ...image, hostExec: true }, profile: kubeProxy, host: absent("xt_comment") }, []],
  ["no iptables", { image: { nftTool: "1.1.3" }, host: absent("xt_comment") }, []],
  ["in a pod's namespace", { image, profile: kubeProxy, host: absent("xt_comment"), network: "pod" }, ["error"]],
])("%s", (_, setup, expected) => expect(ask(rule, setup)).toEqual(expected));

test("names rules, modules and the condition", () => {
  expect(messageOf(rule, { image, profile: kubeProxy, host: absent("xt_MASQUERADE", "xt_nat") })).toBe(
    "iptables-nft cannot add rules with MASQUERADE, DNAT: the kernel has no xt_MASQUERADE, xt_nat",
  );
  expect(messageOf(rule, { image, host: absent("xt_comment") })).toContain("which is assumed");
  expect(messageOf(rule, { image, profile: kubeProxy, host: absent("xt_recent") })).toContain(
    "when a service asks for session affinity",
  );
});

test.each([
  ["kube-proxy", "xt_statistic", ["error"]],
  ["kube-proxy-ipvs", "xt_set", ["error"]],
  ["kilo", "xt_MASQUERADE", ["error"]],
  ["kilo", "xt_conntrack", []],
  ["flannel", "xt_comment", ["error"]],
  ["kube-router", "xt_NFLOG", []], // iptables-nft 1.8.8 and later log without the module
  ["kube-router", "xt_physdev", ["warning"]],
  ["cilium", "xt_CT", ["warning"]],
  ["antrea", "xt_comment", ["warning"]], // its rules were not read: the common ones are assumed
] as const)("%s on a kernel without %s: %j", (id, module, expected) => {
  expect(ask(rule, { image, profile: { id }, host: absent(module) })).toEqual(expected);
});
