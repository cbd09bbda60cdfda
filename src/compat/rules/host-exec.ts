import type { Cell, Outcome, Rule } from "../types.ts";

const rule = "host-exec";

/** Commands of the image that leave the container: what the host has is what runs. */
export const hostExec: Rule = {
  id: rule,
  evaluate(cell) {
    const commands = Object.entries(cell.toolchain.defaults).filter(([, command]) => command.hostExec === true);
    if (commands.length === 0) return [];
    const names = commands.map(([name]) => name);
    const notice: Outcome = {
      kind: "finding",
      rule,
      severity: "notice",
      cause: "host-exec",
      message: `${names.join(", ")} of the image leave the container and run the host's own tools: versions in the image don't matter there`,
      evidence: commands.map(([name, command]) => ({
        fact: `${name} is ${command.via.join(" -> ")}`,
        source: "image",
      })),
      remedy: "Nothing to change; check that every host has these tools.",
    };
    return [notice, ...hostLacks(cell, names)];
  },
};

/** The catalogue knows of some hosts that a tool is not part of the plain system. */
function hostLacks(cell: Cell, names: readonly string[]): Outcome[] {
  return (["iptables", "nft", "ipset"] as const).flatMap((tool): Outcome[] => {
    const { installed } = cell.host[tool];
    if (installed?.value !== false || !names.includes(tool)) return [];
    return [
      {
        kind: "finding",
        rule,
        severity: "warning",
        cause: `host-exec:${tool}`,
        tool,
        message: `the image runs the host's ${tool}, which the plain system does not bring`,
        evidence: [{ fact: `${cell.host.id} comes without ${tool}`, source: installed.source }],
        remedy: `Install ${tool} on these hosts, or bring it in the image.`,
      },
    ];
  });
}
