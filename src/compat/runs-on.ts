import architecturesJson from "../knowledge/architectures.json" with { type: "json" };
import type { ArchitecturesFile } from "../knowledge/schema/architectures.ts";
import type { Host } from "../model/host.ts";
import type { UnjudgedHost } from "../model/report.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const bundled = architecturesJson as ArchitecturesFile;

/**
 * Whether an image's platform can be started on a host at all, as far as the host's architectures are known. Programs of 32 bits
 * may run on the machines of 64 bits that are named beside them.
 * @param architecture GOARCH name of the platform; empty: not known
 */
export function runsOn(architecture: string, { kernel }: Pick<Host, "kernel">): boolean {
  const there = kernel.architectures?.value;
  if (there === undefined || architecture === "") return true;
  const wider = bundled.wider[architecture];
  return there.includes(architecture) || (wider !== undefined && there.includes(wider));
}

/**
 * False for a platform of another system, as an index may list Windows: netfilter is Linux's, and so is every host.
 * @param platform `linux/arm64`, `windows/amd64`
 */
export function isOfLinux(platform: string): boolean {
  const [system = ""] = platform.split("/");
  return ["linux", "", "unknown"].includes(system);
}

/** The hosts that a platform can't be started on, in their order. */
export function unjudgedHosts(
  platform: string,
  architecture: string,
  hosts: readonly Pick<Host, "id" | "kernel">[],
): UnjudgedHost[] {
  return hosts
    .filter((host) => !isOfLinux(platform) || !runsOn(architecture, host))
    .map(({ id, kernel }) => ({
      host: id,
      kernel: kernel.release.value,
      architectures: kernel.architectures?.value ?? [],
    }));
}
