import type { Evidence } from "../model/evidence.ts";
import type { Host, ModuleState } from "../model/host.ts";

/** State of a kernel module on a host; undefined when not known. */
export function moduleState(host: Host, name: string): ModuleState | undefined {
  return host.kernel.modules[name]?.value;
}

/** The host fact as evidence. */
export function moduleEvidence(host: Host, name: string): Evidence[] {
  const fact = host.kernel.modules[name];
  if (fact === undefined) return [];
  return [{ fact: `kernel module ${name} is ${fact.value} on ${host.id}`, source: fact.source }];
}

/** Modules of a list by the state they are in; `unknown` holds those without a fact. */
export function groupByState(host: Host, names: readonly string[]): Record<ModuleState | "unknown", string[]> {
  const groups: Record<ModuleState | "unknown", string[]> = {
    builtin: [],
    loaded: [],
    loadable: [],
    "optional-package": [],
    absent: [],
    unknown: [],
  };
  for (const name of names) groups[moduleState(host, name) ?? "unknown"].push(name);
  return groups;
}
