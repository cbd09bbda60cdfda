import type { Backend } from "../model/toolchain.ts";
import type { Probe } from "./shell-script.ts";

/** The backend in a name. */
export function backendOf(name: string): Backend | undefined {
  return /(?:^|[/=-])(?:ip6?|x)tables-(nft|legacy)(?:-|$)/.exec(name)?.[1] as Backend | undefined;
}

/**
 * A backend that is only taken where it has been seen to work, or where the other one, or plain `iptables`, has been seen not
 * to: no host lacks what it then needs.
 */
export function isHarmless(backend: Backend | undefined, probes: readonly Probe[] = []): boolean {
  if (backend === undefined) return false;
  return probes.some(({ words: [name = "", ...args], hasWorked }) => {
    if (!/(?:^|\/)(?:ip6?tables(?:-(?:nft|legacy))?(?:-save)?|xtables-(?:nft|legacy)-multi)$/.test(name)) return false;
    // Whoever asks for the version learns nothing of the kernel.
    if (args.some((word) => /^(?:-V|--version|-h|--help)$/.test(word))) return false;
    return hasWorked ? backendOf(name) === backend : backendOf(name) !== backend;
  });
}
