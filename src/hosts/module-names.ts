import { catalogueHosts } from "../knowledge/hosts/index.ts";
import ipsetKnowledge from "../knowledge/ipset.json" with { type: "json" };
import extensionKnowledge from "../knowledge/xt-extensions.json" with { type: "json" };
import { UserError } from "../model/error.ts";
import { didYouMean } from "../model/suggest.ts";

const tables = ["filter", "nat", "mangle", "raw", "security"];

/** Modules of which a config may state something: those of the catalogue and those that rules ask for. */
const moduleNames: ReadonlySet<string> = new Set([
  ...tables.flatMap((table) => [`iptable_${table}`, `ip6table_${table}`]),
  "x_tables",
  "arptable_filter",
  ...["broute", "filter", "nat"].map((table) => `ebtable_${table}`),
  ...catalogueHosts.flatMap((host) => host.kernels.flatMap((kernel) => Object.keys(kernel.modules))),
  ...Object.values(extensionKnowledge.extensions).map((extension) => extension.module),
  ...ipsetKnowledge.kernels.flatMap((row) => Object.keys(row.max).map(moduleOfType)),
]);

/** `hash:ip,port` -> `ip_set_hash_ipport`, as the kernel names its modules. */
function moduleOfType(type: string): string {
  const [method = "", fields = ""] = type.split(":");
  return `ip_set_${method}_${fields.replaceAll(",", "")}`;
}

/**
 * Checks the name of a kernel module that a config states something of: a misspelt one would be a fact that no rule reads.
 * @param whose what states it, as the error names it
 * @throws UserError for a module that neither the catalogue nor a rule knows
 */
export function checkModuleName(name: string, whose: string): void {
  if (moduleNames.has(name)) return;
  const near = didYouMean(name, moduleNames, "state those that rules ask for, e.g. ip_tables, nf_tables, xt_comment");
  throw new UserError(`${whose}: there is no module "${name}" that a rule asks for; ${near}`);
}
