import { decideByRelease, decideByRules } from "../../src/compat/wrapper-decision.ts";
import type { WrapperChoice } from "../../src/knowledge/schema/wrapper-choices.ts";
import type { Backend } from "../../src/model/toolchain.ts";

/** What a wrapper sees of a node when it first runs. */
export interface WrapperView {
  /** Value of the variable that overrides all else. */
  variable?: string | undefined;
  /** `uname -r`. */
  release: string;
  /** What lsmod lists. */
  modules: readonly string[];
  /** Chains by backend, and numbers of rules. One whose binaries are missing shows none. */
  chains: Record<Backend, readonly string[]>;
  rules: Record<Backend, number>;
}

/**
 * The backend that a wrapper takes, step by step as its data say. The engine knows less of a node than the wrapper sees and asks
 * the same steps one by one.
 * @returns undefined where it finds nothing and what it then takes is not known
 */
export function decideWrapper(choice: WrapperChoice, view: WrapperView): Backend | undefined {
  const forced = view.variable === undefined ? undefined : choice.variable?.values[view.variable];
  return forced ?? decideByKernel(choice, view) ?? decideByChains(choice, view) ?? decideByRules(choice, view.rules);
}

function decideByKernel({ kernel }: WrapperChoice, view: WrapperView): Backend | undefined {
  if (kernel === undefined) return undefined;
  if ("module" in kernel) return view.modules.includes(kernel.module) ? kernel.listed : kernel.other;
  return decideByRelease(kernel.releases, view.release);
}

function decideByChains({ chains, moreChains = [] }: WrapperChoice, view: WrapperView): Backend | undefined {
  const backends = ["nft", "legacy"] as const;
  const decided = backends.find((backend) => chains?.[backend].some((name) => view.chains[backend].includes(name)));
  const count = (backend: Backend) => view.chains[backend].filter((name) => moreChains.includes(name)).length;
  return decided ?? (count("nft") > count("legacy") ? "nft" : undefined);
}
