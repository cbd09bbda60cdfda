import type { Toolchain } from "../../src/model/toolchain.ts";
import { buildInput, type ProgramSpec, type Setup } from "../support/cells.ts";
import type { Engine } from "./incident-replay.ts";

/** What single entries of the knowledge are for, where no incident and no measured cell needs just this one. */

export interface RuleCase {
  rule: string;
  /** Severity, and what the message holds; `silent`: no finding of the rule holds it. */
  severity: "error" | "warning" | "notice" | "silent";
  text: string;
  setup: Setup;
}

/** Whether the engine says that, before findings with one cause are merged. */
export function holds(engine: Engine, { rule, severity, text, setup }: RuleCase): boolean {
  const [cell] = engine(buildInput(setup));
  if (cell === undefined) throw new Error("one host gives one cell");
  const found = cell.all.filter((finding) => finding.rule === rule && finding.message.includes(text));
  return severity === "silent" ? found.length === 0 : found.some((finding) => finding.severity === severity);
}

const busy: ProgramSpec = {
  name: "busy",
  backend: "nft",
  iptables: "1.8.9",
  writes: ["address-prefix", "port-range"],
  operations: [],
  changesRules: true,
};
const native: ProgramSpec = { name: "native", backend: "native-nft", nft: "1.0.6" };
const setMaker: ProgramSpec = { name: "kube-proxy-nftables", backend: "native-nft", nft: "1.1.3" };
const ofRhel8 = (toolchain: Toolchain) => {
  for (const tool of toolchain.tools) tool.package = { name: "iptables", version: "1.8.4-17.el8", database: "rpm" };
};
const withCapabilities = (toolchain: Toolchain) => {
  for (const tool of toolchain.tools) tool.fileCapabilities = true;
};

const defect = (severity: RuleCase["severity"], text: string, version: string, writes: string[]): RuleCase => ({
  rule: "buggy-version",
  severity,
  text,
  setup: { image: { nft: version }, profile: { writes, operations: ["check"] } },
});

const ofDefects: readonly RuleCase[] = [
  defect("error", "`-C` and `-D` of a NOTRACK rule fail", "1.8.4", ["notrack"]),
  defect("error", "never find a rule that has a comment", "1.8.2", ["comment"]),
  defect("warning", "MASQUERADE --random-fully was reported", "1.8.5", ["random-fully"]),
  defect("notice", "a second base chain", "1.8.7", []),
  defect("error", "cannot append a DNAT rule", "1.8.1", ["dnat"]),
  defect("error", "a mask that is no prefix", "1.8.7", ["src-odd-mask"]),
  defect("error", "every DCCP type", "1.8.5", ["dccp-types"]),
  defect("error", "string --algo bm", "1.8.8", ["string-bm"]),
  defect("warning", "were reported to miss rules", "1.8.10", []),
  {
    rule: "buggy-version",
    severity: "warning",
    text: "asked for a chain that does not exist",
    setup: { image: { nft: "1.8.7" }, programs: [busy] },
  },
  {
    rule: "file-capabilities",
    severity: "error",
    text: "carries file capabilities",
    setup: { image: { nft: "1.8.12", change: withCapabilities } },
  },
  {
    rule: "buggy-version",
    severity: "notice",
    text: "started without stdin",
    setup: { image: { nft: "1.8.11", legacy: "1.8.11", wrapper: "go" } },
  },
  {
    rule: "buggy-version",
    severity: "warning",
    text: "reported to crash on the tables of kube-proxy",
    setup: { image: { nftTool: "0.9.8" }, programs: [native] },
  },
  {
    rule: "buggy-version",
    severity: "warning",
    text: "parses every table",
    setup: { image: { nftTool: "1.0.0" }, programs: [native] },
  },
  {
    rule: "buggy-version",
    severity: "silent",
    text: "changes between its reads",
    setup: { image: { nft: "1.8.4", change: ofRhel8 }, programs: [busy] },
  },
  {
    rule: "silent-match-loss",
    severity: "silent",
    text: "addresses with a prefix",
    setup: { image: { nft: "1.8.4", change: ofRhel8 }, programs: [busy] },
  },
];

const ofNft: readonly RuleCase[] = [
  {
    rule: "nft-set-userdata",
    severity: "silent",
    text: "crashes",
    setup: {
      image: { nftTool: "1.1.1" },
      programs: [setMaker],
      profile: { id: "calico", runs: ["nft"], operations: ["list"] },
    },
  },
  {
    rule: "nft-set-userdata",
    severity: "silent",
    text: "crashes",
    setup: { image: { nftTool: "1.0.6.1" }, programs: [setMaker], profile: { runs: ["nft"], operations: ["list"] } },
  },
  {
    rule: "nft-set-userdata",
    severity: "error",
    text: "crashes",
    setup: {
      image: { nftTool: "1.0.6", program: { name: "own", libraries: ["sigs.k8s.io/knftables@v0.0.18"] } },
      programs: [setMaker],
    },
  },
];

const withoutJson = (toolchain: Toolchain) => {
  for (const tool of toolchain.tools) tool.json = false;
};
const noJson = { nftTool: "1.1.1", change: withoutJson };

const ofRequirements: readonly RuleCase[] = [
  {
    rule: "tool-too-old",
    severity: "error",
    text: "Istio in native nftables mode lists sets with `nft --json`",
    setup: { image: noJson, profile: { id: "istio-cni", runs: ["nft"], backend: "native-nft" } },
  },
  {
    rule: "tool-too-old",
    severity: "warning",
    text: "kube-proxy in nftables mode lists chains, sets and elements with `nft --json`",
    setup: { image: noJson, profile: { id: "kube-proxy-nftables", runs: ["nft"] } },
  },
  {
    rule: "tool-too-old",
    severity: "warning",
    text: "knftables, which lists with `nft --json`",
    setup: { image: { ...noJson, program: { name: "own", libraries: ["sigs.k8s.io/knftables@v0.0.21"] } } },
  },
  {
    rule: "nft-kernel-missing",
    severity: "error",
    text: "kube-proxy in nftables mode refuses kernels before 5.13",
    setup: {
      image: { nftTool: "1.1.3" },
      profile: { id: "kube-proxy-nftables", runs: ["nft"], backend: "native-nft" },
      host: { kernel: "5.10.0-30-amd64" },
    },
  },
  {
    rule: "tool-too-old",
    severity: "error",
    text: "kube-proxy in nftables mode asks for nft 1.0.1",
    setup: { image: { nftTool: "1.0.0" }, profile: { id: "kube-proxy-nftables", runs: ["nft"] } },
  },
  {
    rule: "tool-too-old",
    severity: "warning",
    text: "built with knftables",
    setup: { image: { nftTool: "1.0.0", program: { name: "own", libraries: ["sigs.k8s.io/knftables@v0.0.21"] } } },
  },
  {
    rule: "tool-too-old",
    severity: "error",
    text: "--random-fully",
    setup: { image: { legacy: "1.6.1" }, host: { backend: "legacy" }, profile: { writes: ["random-fully"] } },
  },
  {
    rule: "tool-too-old",
    severity: "error",
    text: "sets with bitmask",
    setup: { image: { ipset: "7.11" }, profile: { writes: ["bitmask"] } },
  },
];

/** What programs ask of the kernel, by module: always, or when a feature is on. Names as the finding gives them. */
const asks: Readonly<Record<string, { always: Record<string, string>; sometimes: Record<string, string> }>> = {
  "kube-proxy": {
    always: {
      xt_comment: "comment",
      xt_conntrack: "conntrack",
      xt_addrtype: "addrtype",
      xt_mark: "mark, MARK",
      xt_MASQUERADE: "MASQUERADE",
      xt_nat: "DNAT",
      xt_statistic: "statistic",
    },
    sometimes: { xt_recent: "recent" },
  },
  "kube-proxy-ipvs": {
    always: {
      xt_comment: "comment",
      xt_conntrack: "conntrack",
      xt_addrtype: "addrtype",
      xt_mark: "mark, MARK",
      xt_MASQUERADE: "MASQUERADE",
      xt_set: "set",
    },
    sometimes: {},
  },
  kilo: { always: { xt_comment: "comment", xt_MASQUERADE: "MASQUERADE" }, sometimes: {} },
  flannel: { always: { xt_comment: "comment", xt_mark: "mark", xt_MASQUERADE: "MASQUERADE" }, sometimes: {} },
  "kube-router": {
    always: { xt_comment: "comment" },
    sometimes: {
      xt_conntrack: "conntrack",
      xt_addrtype: "addrtype",
      xt_multiport: "multiport",
      xt_physdev: "physdev",
      xt_set: "set",
      xt_mark: "mark, MARK",
      xt_NFLOG: "NFLOG",
      xt_nat: "SNAT",
      xt_MASQUERADE: "MASQUERADE",
      xt_TCPMSS: "TCPMSS",
    },
  },
  cilium: {
    always: { xt_comment: "comment", xt_mark: "mark, MARK" },
    sometimes: { xt_CT: "CT", xt_TPROXY: "TPROXY", xt_socket: "socket", xt_MASQUERADE: "MASQUERADE" },
  },
};

const unable = (names: string, module: string) => `cannot add rules with ${names}: the kernel has no ${module}`;

const ofPrograms: readonly RuleCase[] = Object.entries(asks).flatMap(([id, { always, sometimes }]) =>
  (["error", "warning"] as const).flatMap((severity) =>
    Object.entries(severity === "error" ? always : sometimes).map(([module, names]) => ({
      rule: "xt-module-missing",
      severity,
      text: unable(names, module),
      // 1.8.7 leaves marks and logging to the modules too.
      setup: { image: { nft: "1.8.7" }, profile: { id }, host: { modules: { absent: [module] } } },
    })),
  ),
);

/** Constructs that a program states, and the modules behind them. */
const ofConstructs: readonly RuleCase[] = Object.entries({
  comment: ["comment", "xt_comment"],
  "mark-match": ["mark", "xt_mark"],
  nflog: ["NFLOG", "xt_NFLOG"],
  notrack: ["CT", "xt_CT"],
  tproxy: ["TPROXY", "xt_TPROXY"],
  masquerade: ["MASQUERADE", "xt_MASQUERADE"],
  dnat: ["DNAT", "xt_nat"],
  snat: ["SNAT", "xt_nat"],
}).map(([construct, [name = "", module = ""]]) => ({
  rule: "xt-module-missing",
  severity: "error",
  text: unable(name, module),
  setup: { image: { nft: "1.8.7" }, profile: { writes: [construct] }, host: { modules: { absent: [module] } } },
}));

const ofNobody: readonly RuleCase[] = Object.entries({
  xt_comment: "comment",
  xt_conntrack: "conntrack",
  xt_MASQUERADE: "MASQUERADE",
  xt_nat: "DNAT",
}).map(([module, name]) => ({
  rule: "xt-module-missing",
  severity: "warning",
  text: unable(name, module),
  setup: { image: { nft: "1.8.7" }, host: { modules: { absent: [module] } } },
}));

export const ruleCases: readonly RuleCase[] = [
  ...ofDefects,
  ...ofNft,
  ...ofRequirements,
  ...ofPrograms,
  ...ofConstructs,
  ...ofNobody,
];
