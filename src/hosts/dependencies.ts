import type { Fact, ModuleState } from "../model/host.ts";

type Modules = Readonly<Record<string, Fact<ModuleState>>>;

/** What can't be there without another module (the kernel's own Kconfig dependencies). */
const dependencies: readonly { core: string; dependent(name: string): boolean }[] = [
  { core: "ip_tables", dependent: (name) => name.startsWith("iptable_") },
  { core: "ip6_tables", dependent: (name) => name.startsWith("ip6table_") },
  { core: "nf_tables", dependent: (name) => name.startsWith("nft_") },
  { core: "ip_set", dependent: (name) => name.startsWith("ip_set_") || name === "xt_set" },
];

const tables = ["filter", "nat", "mangle", "raw", "security"];

/** Dependents that are named whether or not a host states anything of them: rules ask for each. */
const named: Readonly<Record<string, readonly string[]>> = {
  ip_tables: tables.map((table) => `iptable_${table}`),
  ip6_tables: tables.map((table) => `ip6table_${table}`),
  nf_tables: ["nft_compat"],
};

/**
 * What follows from modules that are absent: without ip_tables there are no iptable_* tables either, whatever is said of them
 * elsewhere.
 * @param stated the modules that are certain
 * @param known names of which anything is known; those that depend on an absent one are absent too
 */
export function withoutAbsentCores(stated: Modules, known: Iterable<string> = []): Record<string, Fact<ModuleState>> {
  const result: Record<string, Fact<ModuleState>> = { ...stated };
  const names = [...known, ...Object.keys(stated)];
  for (const { core, dependent } of dependencies) {
    const fact = stated[core];
    if (fact?.value !== "absent") continue;
    for (const name of [...(named[core] ?? []), ...names.filter(dependent)])
      if (stated[name] === undefined) result[name] = { ...fact, note: `${core} is absent` };
  }
  return result;
}

/** Pairs of modules of which one is there without the other that it needs. */
export function brokenDependencies(modules: Modules): { core: string; name: string; state: ModuleState }[] {
  return dependencies.flatMap(({ core, dependent }) =>
    modules[core]?.value !== "absent"
      ? []
      : Object.entries(modules)
          .filter(([name, fact]) => dependent(name) && fact.value !== "absent")
          .map(([name, fact]) => ({ core, name, state: fact.value })),
  );
}
