import wrappers from "../knowledge/wrappers.json" with { type: "json" };
import type { Backend, Selector, Toolchain } from "../model/toolchain.ts";
import { findTool, wrapperChoiceNamed, wrapperChoiceOf } from "./backend.ts";

/** What is advised about the selector that an image has: whoever has a wrapper is not told to install one. */

/** The newest generation of iptables-wrapper. */
const newest = "v3";

/**
 * For a wrapper that takes another backend than the node uses, because what it looks for isn't there.
 * @param hostBackend the node's
 */
export function remedyOfMisdetection(toolchain: Toolchain, hostBackend: Backend): string {
  const own = wrapperChoiceOf(toolchain);
  const { name, values } = own?.variable ?? {};
  const [value] = Object.entries(values ?? {}).find(([, backend]) => backend === hostBackend) ?? [];
  if (name !== undefined && value !== undefined) return `Set ${name}=${value} on such hosts.`;
  if (own?.misdetects !== undefined) return own.misdetects;
  const successor = own === undefined ? newest : own.successor;
  const takes = successor === undefined ? undefined : wrapperChoiceNamed(successor)?.fallback;
  if (successor !== undefined && takes === hostBackend)
    return own === undefined
      ? `Install iptables-wrapper ${successor} in its place: where it finds no kubelet's rules it takes ${takes}.`
      : `Put iptables-wrapper ${successor} in the place of ${own.version}: where it finds no kubelet's rules it takes ${takes}.`;
  return `No iptables-wrapper finds the node's backend without a kubelet's rules: choose it by the program's own option, or let \`iptables\` lead to iptables-${hostBackend} on such hosts.`;
}

/** True for a start script that sets the links of the commands: it is no command itself. */
export function isStartScript({ version }: Selector): boolean {
  return wrappers.scripts.some((script) => script.version === version && "entrypoint" in script && script.entrypoint);
}

/**
 * For an image whose wrapper works and lacks the binaries of one backend (kube-router#1641).
 * @param wanted the backend that would do on the host
 * @returns undefined for every other image
 */
export function addForBoth(toolchain: Toolchain, wanted: Backend): string | undefined {
  const { selector } = toolchain;
  if (selector?.kind !== "iptables-wrapper" || !selector.effective) return undefined;
  if (findTool(toolchain, "iptables", wanted) !== undefined) return undefined;
  return `Add the ${wanted} binaries to the image, so that its iptables-wrapper can use them on such hosts`;
}
