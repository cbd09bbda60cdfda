import architecturesJson from "../../knowledge/architectures.json" with { type: "json" };
import type { ArchitecturesFile } from "../../knowledge/schema/architectures.ts";
import type { Tool, Toolchain } from "../../model/toolchain.ts";
import { findTool } from "../backend.ts";
import type { Cell, Outcome, Rule } from "../types.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const bundled = architecturesJson as ArchitecturesFile;

/** A tool was built for another machine than the image says. The header of its ELF file tells. */
export const archMismatch: Rule = {
  id: "arch-mismatch",
  looksAt: "iptables",
  evaluate(cell) {
    const stated = cell.toolchain.architecture;
    const foreign = cell.toolchain.tools.filter(
      ({ architecture }) => architecture !== undefined && stated !== "" && architecture !== stated,
    );
    const targets = [...new Set(foreign.map(({ target }) => target))];
    return targets.map((target): Outcome => {
      const tools = foreign.filter((tool) => tool.target === target);
      const idle = tools.every((tool) => isBesideAnother(cell.toolchain, tool));
      return mismatch(tools, tools[0]?.architecture ?? "", stated, idle);
    });
  },
};

/** The image's command of that name leads to another file: what lies beside it is mostly a root for other machines. */
function isBesideAnother({ defaults, tools }: Toolchain, { name, target, backend }: Tool): boolean {
  const end = defaults[name]?.via.at(-1);
  const isSame = (tool: Tool) => tool.name === name && tool.backend === backend && tool.target === end;
  return end !== undefined && end !== target && tools.some(isSame);
}

/** @param idle the image's commands lead to other files */
function mismatch(tools: readonly Tool[], architecture: string, stated: string, idle: boolean): Outcome {
  const target = tools[0]?.target ?? "";
  const runs = bundled.wider[architecture] === stated;
  const names = tools.map(({ name }) => name).join(", ");
  const then = runs ? `which only ${stated} machines that run 32-bit programs start` : "`exec format error`";
  return {
    kind: "finding",
    rule: "arch-mismatch",
    severity: idle ? "notice" : runs ? "warning" : "error",
    cause: `architecture:${target}`,
    tool: tools[0]?.name ?? "iptables",
    message: `${target} (${names}) is built for ${architecture} in an image for ${stated}: ${then}`,
    evidence: tools.flatMap((tool) => tool.evidence),
    remedy:
      "Take the tools of the target platform: don't pin the platform in FROM, and copy binaries from a stage of the same platform.",
  };
}

/**
 * A 32-bit iptables-legacy passes structures that a 64-bit kernel reads only with CONFIG_NETFILTER_XTABLES_COMPAT. Whether the
 * node's kernel has 64 bits at all is mostly not stated: a condition, never an error.
 */
export const legacy32Bit: Rule = {
  id: "legacy-32-bit",
  evaluate(cell) {
    const tool = legacyTool(cell);
    const architecture = tool?.architecture ?? cell.toolchain.architecture;
    const wider = bundled.wider[architecture];
    const { xtablesCompat } = cell.host.kernel;
    if (tool === undefined || wider === undefined || xtablesCompat?.value !== false) return [];
    const known = cell.host.kernel.architectures?.value;
    if (known !== undefined && !known.includes(wider)) return [];
    return [
      {
        kind: "finding",
        rule: "legacy-32-bit",
        severity: "warning",
        cause: "legacy-32-bit",
        message: `32-bit iptables-legacy (${architecture}) fails on ${wider} nodes with this kernel: "can't initialize iptables table: Invalid argument"; on 32-bit kernels it works`,
        evidence: [
          { fact: `CONFIG_NETFILTER_XTABLES_COMPAT is off on ${cell.host.id}`, source: xtablesCompat.source },
          { fact: "what 32-bit tools do without it", source: bundled.legacy32 },
        ],
        remedy: `Ship an image for ${wider}, or use iptables-nft in the 32-bit one.`,
      },
    ];
  },
};

function legacyTool(cell: Cell): Tool | undefined {
  if (cell.choice.backend !== "legacy" || cell.choice.hostExec === true) return undefined;
  return findTool(cell.toolchain, "iptables", "legacy");
}
