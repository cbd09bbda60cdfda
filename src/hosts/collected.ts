import { UserError } from "../model/error.ts";
import { type Fact, type Host, type ModuleState, moduleStateSchema } from "../model/host.ts";
import type { Backend } from "../model/toolchain.ts";
import { compareVersions, kernelSeries } from "../model/version.ts";
import { withoutAbsentCores } from "./dependencies.ts";
import type { FactsEntry } from "./types.ts";

/**
 * What scripts/collect-host-facts.sh printed on a node. The file may come from a stranger's pull request: its size, its keys
 * and the characters of its values are bounded, and nothing of it is run or used as a pattern.
 */

/** Characters; the script prints about 3,000. */
const maximumSize = 64 * 1024;
const maximumValue = 200;
const formatLine = "netfilter-compat-facts-1";

type Values = ReadonlyMap<string, string>;

/**
 * A host with exactly the facts of the file; what the script could not see stays unknown.
 * @throws UserError when the file is not what the script prints, is cut short, contradicts itself or names no kernel
 */
export function readCollected(entry: FactsEntry): Host {
  const values = parseLines(entry);
  const release = values.get("kernel") ?? "";
  const series = kernelSeries(release);
  if (series === undefined) throw new UserError(`${entry.from}: kernel "${release}" is no kernel release`);
  const stated = <T>(value: T, note?: string): Fact<T> => ({
    value,
    source: entry.from,
    confidence: "stated",
    ...(note === undefined ? {} : { note }),
  });
  const compat = values.get("config.NETFILTER_XTABLES_COMPAT");
  return {
    id: idOf(values, entry.from),
    title: `${values.get("os.PRETTY_NAME") ?? "unknown system"}, kernel ${release}: as collected`,
    distribution: values.get("os.ID") ?? "unknown",
    release: values.get("os.VERSION_ID") ?? "",
    maintained: true,
    kernel: {
      id: series,
      release: stated(release),
      ...architectureFact(values, stated),
      modules: withoutAbsentCores({
        ...builtinFacts(values, series, stated),
        ...moduleFacts(values, entry.from, stated),
      }),
      ...(compat === "y" || compat === "n" ? { xtablesCompat: stated(compat === "y") } : {}),
    },
    iptables: {
      ...toolFacts(values, "iptables", stated),
      ...releaseFact(values, stated),
      ...backendFact(values, stated),
    },
    nft: toolFacts(values, "nft", stated),
    ipset: toolFacts(values, "ipset", stated),
    notes: [],
  };
}

/** GOARCH names of what `uname -m` says. */
const machines: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  aarch64: "arm64",
  i686: "386",
  armv6l: "arm",
  armv7l: "arm",
  ppc64le: "ppc64le",
  s390x: "s390x",
  riscv64: "riscv64",
};

function architectureFact(values: Values, stated: Stated): Pick<Host["kernel"], "architectures"> {
  const machine = machines[values.get("architecture") ?? ""];
  return machine === undefined ? {} : { architectures: stated([machine]) };
}

type Stated = <T>(value: T, note?: string) => Fact<T>;

function parseLines({ facts, from }: FactsEntry): Values {
  const write = "write it with the script that `netfilter-compat hosts --collect` prints";
  if (facts.length > maximumSize) throw new UserError(`${from}: larger than ${maximumSize} characters; ${write}`);
  const values = new Map<string, string>();
  // A debug pod's terminal ends lines with a carriage return and may print lines of its own before.
  for (const line of facts.split(/\r?\n/)) {
    const match = /^([A-Za-z][A-Za-z0-9_.]{0,60})=(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const value = printable(match[2]);
    if ((values.get(match[1]) ?? value) !== value)
      throw new UserError(`${from}: ${match[1]} is there twice with different values: one file holds one node`);
    values.set(match[1], value);
  }
  if (values.get("format") !== formatLine) throw new UserError(`${from}: no line format=${formatLine}; ${write}`);
  if (values.get("end") !== "1") throw new UserError(`${from}: cut short, the line end=1 is missing; ${write}`);
  return values;
}

/** Printable ASCII of bounded length: versions, names and module states are nothing else. */
function printable(value: string): string {
  return value
    .replaceAll(/[^\x20-\x7e]/g, "")
    .slice(0, maximumValue)
    .trim();
}

/** The node's name, otherwise the file's, as ids are written. */
function idOf(values: Values, from: string): string {
  const name = values.get("name") ?? from.split("/").at(-1) ?? "";
  const id = (name.match(/[A-Za-z0-9._-]+/g) ?? []).join("-").replace(/^[._-]+/, "");
  return id.slice(0, 100) || "collected";
}

/** The first number with a dot in what the tool printed. */
function toolFacts(
  values: Values,
  tool: string,
  stated: Stated,
): { version?: Fact<string>; installed?: Fact<boolean> } {
  const said = values.get(`tool.${tool}`);
  if (said === undefined) return {};
  if (said === "absent") return { installed: stated(false) };
  const version = /\bv(\d+(?:\.\d+){1,3})\b/.exec(said)?.[1];
  return { installed: stated(true), ...(version === undefined ? {} : { version: stated(version) }) };
}

/** `1:1.8.9-2` and `1.8.4-17.el8_3.1` of the package that brought iptables, if it is a package of the version that runs. */
function releaseFact(values: Values, stated: Stated): { release?: Fact<string> } {
  const version = toolFacts(values, "iptables", stated).version?.value;
  const match = /^(?:\d+:)?(\d+(?:\.\d+){1,3})-([A-Za-z0-9.+~_]+)$/.exec(values.get("package.iptables") ?? "");
  return match?.[2] !== undefined && match[1] === version ? { release: stated(match[2]) } : {};
}

/** iptables says its backend from 1.8.0 on; before there was only one. */
function backendFact(values: Values, stated: Stated): { backend?: Fact<Backend> } {
  const said = /\bv(\d+(?:\.\d+){1,3})(?: \((nf_tables|legacy)\))?/.exec(values.get("tool.iptables") ?? "");
  if (said?.[1] === undefined) return {};
  if (said[2] !== undefined) return { backend: stated(said[2] === "legacy" ? "legacy" : "nft") };
  return compareVersions(said[1], "1.8.0") < 0 ? { backend: stated("legacy") } : {};
}

function moduleFacts(values: Values, from: string, stated: Stated): Record<string, Fact<ModuleState>> {
  const facts: Record<string, Fact<ModuleState>> = {};
  for (const [key, state] of values) {
    const name = /^module\.([a-z][A-Za-z0-9_]*)$/.exec(key)?.[1];
    if (name === undefined) continue;
    if (state === "blocked") {
      facts[name] = stated("absent", "on disk, and modprobe is told not to load it");
      continue;
    }
    const known = moduleStateSchema.safeParse(state);
    if (!known.success) throw new UserError(`${from}: ${key}: "${state}" is no state of a module`);
    facts[name] = stated(known.data);
  }
  return facts;
}

const legacyOptions: Readonly<Record<string, string>> = {
  iptable_filter: "IP_NF_FILTER",
  iptable_nat: "IP_NF_NAT",
  iptable_mangle: "IP_NF_MANGLE",
  iptable_raw: "IP_NF_RAW",
};

/**
 * What the kernel's own config says where no list of modules could be read. `m` says only that there may be a module.
 * Since 6.17 everything of legacy needs NETFILTER_XTABLES_LEGACY, whatever IP_NF_IPTABLES says; IP_NF_IPTABLES_LEGACY, where
 * it is named, decides before that (upstream 9fce66583f06).
 */
function builtinFacts(values: Values, series: string, stated: Stated): Record<string, Fact<ModuleState>> {
  const option = (name: string) => values.get(`config.${name}`);
  const facts: Record<string, Fact<ModuleState>> = {};
  const state = (module: string, value: string | undefined, because: string) => {
    if (value === "y") facts[module] = stated("builtin", because);
    if (value === "n") facts[module] = stated("absent", because);
  };
  for (const [module, name] of Object.entries({ nf_tables: "NF_TABLES", nft_compat: "NFT_COMPAT", ip_set: "IP_SET" }))
    state(module, option(name), `CONFIG_${name}=${option(name)}`);
  if (option("NF_TABLES") === undefined) return facts;
  const off = compareVersions(series, "6.17") >= 0 && option("NETFILTER_XTABLES_LEGACY") !== "y";
  const core = option("IP_NF_IPTABLES_LEGACY") ?? option("IP_NF_IPTABLES");
  const because = "the kernel's config";
  state("ip_tables", off ? "n" : core, because);
  if (off) state("ip6_tables", "n", because);
  for (const [module, name] of Object.entries(legacyOptions)) state(module, off ? "n" : option(name), because);
  return facts;
}
