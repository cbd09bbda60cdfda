import type { Host } from "../model/host.ts";
import { compareVersions, kernelSeries } from "../model/version.ts";
import { brokenDependencies } from "./dependencies.ts";

/** The first iptables with two backends (its release notes); before there was only what is called legacy now. */
const firstWithNft = "1.8.0";
/** The first kernel with nf_tables and nft_compat (upstream 96518518cc41); Red Hat's 3.10 carries them. */
const firstNfTables = "3.13";

/**
 * Facts of one host that can't hold together, one clause each. A host on which something is merely broken (rules in a
 * backend that can't run there) is among them: what a config says of it would be judged as if it worked.
 */
export function contradictions(host: Host): string[] {
  return [...inModules(host), ...inBackend(host), ...inKernel(host)];
}

function inModules(host: Host): string[] {
  const broken = brokenDependencies(host.kernel.modules);
  const [first] = broken;
  if (first === undefined) return [];
  const others = broken.length === 1 ? "" : ` (and ${broken.length - 1} more)`;
  return [`${first.name} is ${first.state}${others} without ${first.core}, which is absent`];
}

function inBackend({ iptables, kernel: { modules } }: Host): string[] {
  const backend = iptables.backend?.value;
  const version = iptables.version?.value;
  const clauses: string[] = [];
  if (backend === "legacy" && modules.ip_tables?.value === "absent")
    clauses.push("the backend is legacy, and the kernel module ip_tables is absent");
  if (backend === "nft" && modules.nf_tables?.value === "absent")
    clauses.push("the backend is nft, and the kernel module nf_tables is absent");
  if (backend === "nft" && version !== undefined && compareVersions(version, firstWithNft) < 0)
    clauses.push(`the backend is nft, and iptables ${version} has only legacy (nft came with ${firstWithNft})`);
  return clauses;
}

function inKernel({ kernel }: Host): string[] {
  const release = kernel.release.value;
  const series = kernelSeries(release);
  const state = kernel.modules.nf_tables?.value ?? kernel.modules.nft_compat?.value;
  if (series === undefined || compareVersions(series, firstNfTables) >= 0 || /\.el7/.test(release)) return [];
  if (state === undefined || state === "absent") return [];
  return [`nf_tables or nft_compat is ${state}, and kernel ${release} is older than both (${firstNfTables})`];
}
