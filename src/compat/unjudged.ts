import type { Inspection, Toolchain } from "../model/toolchain.ts";
import type { HostWithPrograms } from "./engine.ts";
import { runsOn } from "./runs-on.ts";

/** Hosts to name before the rest is counted. */
const HOSTS_NAMED = 3;

/**
 * Platforms that no selected host can start, and hosts that can start none of the image's: they have no cell, and silence would
 * look like a pass.
 * @returns sentences for the notes of the report
 */
export function unjudgedNotes(
  { reference, platforms }: Inspection["images"][number],
  hosts: readonly HostWithPrograms[],
): string[] {
  const starts = (toolchain: Toolchain, { host }: HostWithPrograms) => runsOn(toolchain.architecture, host);
  const idle = platforms.filter(({ toolchain }) => !hosts.some((entry) => starts(toolchain, entry)));
  const empty = hosts.filter((entry) => !platforms.some(({ toolchain }) => starts(toolchain, entry)));
  const named = empty.slice(0, HOSTS_NAMED).map(({ host }) => {
    const there = host.kernel.architectures?.value.join(", ");
    return `${host.id} (${there})`;
  });
  const left = empty.length - named.length;
  return [
    ...(idle.length === 0
      ? []
      : [`${reference}: ${idle.map(({ platform }) => platform).join(", ")}: not judged, no selected host runs it.`]),
    ...(empty.length === 0
      ? []
      : [
          `${reference}: not judged on ${named.join(", ")}${left > 0 ? ` and ${left} more` : ""}: none of its platforms runs there.`,
        ]),
  ];
}
