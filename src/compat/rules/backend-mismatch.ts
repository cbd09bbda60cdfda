import type { Backend, Selector } from "../../model/toolchain.ts";
import { backendOnHost, wrapperChoiceOf } from "../backend.ts";
import { type LegacyUse, legacyUses } from "../legacy-programs.ts";
import { type Cell, choiceEvidence, type Outcome, type RawFinding, type Rule } from "../types.ts";
import { wrapperChange } from "../wrapper-place.ts";
import { addForBoth, isStartScript } from "../wrapper-remedies.ts";

/** The image's iptables rules land in another backend than the node's; those of the host's own iptables, too, where the
 * kubelet brings another (siderolabs/talos#9883). Both backends filter: rules add up, none sees the
 * other's (measured: iptables-nft prints "iptables-legacy tables present", exit 0; legacy says nothing). */
function mismatch(cell: Cell, image: Backend): boolean {
  return (
    cell.image.network === "host" &&
    cell.choice.backend === image &&
    cell.hostBackend !== undefined &&
    cell.hostBackend !== image
  );
}

function mismatchFinding(cell: Cell, rule: string, message: string): RawFinding {
  return {
    kind: "finding",
    rule,
    severity: "error",
    cause: "backend",
    message,
    evidence: [
      choiceEvidence(cell),
      {
        fact: `iptables of ${cell.host.id} uses ${cell.hostBackend}`,
        source: cell.host.iptables.backend?.source ?? "host catalogue",
      },
    ],
    remedy: changeOfVariable(cell) ?? remedyOfMismatch(cell),
  };
}

/** Both backends and a wrapper; of these what the image hasn't. */
function remedyOfMismatch({ toolchain, hostBackend = "nft" }: Cell): string {
  const added = addForBoth(toolchain, hostBackend);
  return added === undefined ? bothBackends : `${added}.`;
}

const bothBackends =
  "Ship both backends (on Alpine 3.19 and later: packages iptables and iptables-legacy) and install iptables-wrapper v2 or " +
  "later as `iptables`.";

/** A program that picks its commands itself does so by its variable: no link and no wrapper of the image changes that. */
function changeOfVariable({ image, choice, hostBackend }: Cell): string | undefined {
  const { profile } = image;
  const variable = profile?.selects?.value === "self" ? profile.selects.variable : undefined;
  if (variable === undefined || choice.adapts || choice.wanted !== undefined) return undefined;
  const value = (wanted: string | undefined) =>
    Object.entries(variable.values).find(([, mode]) => mode === wanted)?.[0];
  const auto = value("auto");
  const follow = auto === undefined ? "" : `to ${auto}, so that it follows each host, or `;
  return `Set ${variable.name} ${follow}to ${value(hostBackend) ?? hostBackend} on such hosts.`;
}

export const legacyOnNftHost: Rule = {
  id: "legacy-on-nft-host",
  evaluate(cell) {
    const own = legacyOfPrograms(cell);
    if (!mismatch(cell, "legacy")) return own;
    const message =
      "the image writes iptables-legacy rules while the node's kubelet writes iptables-nft rules: two rule sets apply, neither sees the other";
    return [mismatchFinding(cell, "legacy-on-nft-host", message), ...own];
  },
};

/** Programs that write the legacy tables themselves, beside a kubelet that doesn't (miniupnp#876). */
function legacyOfPrograms(cell: Cell): RawFinding[] {
  if (cell.image.network !== "host" || cell.hostBackend !== "nft") return [];
  const evidence = cell.host.iptables.backend;
  return legacyUses(cell.toolchain).map((use) => ({
    ...legacyFinding(use, "legacy-on-nft-host", "while the node's kubelet writes iptables-nft rules"),
    evidence: [
      use.evidence,
      { fact: `iptables of ${cell.host.id} uses nft`, source: evidence?.source ?? "host catalogue" },
    ],
  }));
}

function legacyFinding(use: LegacyUse, rule: string, while_: string): RawFinding {
  const { title, doubt, isCertain, cause, evidence, remedy } = use;
  return {
    kind: "finding",
    rule,
    severity: isCertain ? "error" : "warning",
    cause,
    message: `${title} writes the legacy tables whatever \`iptables\` is, ${while_}: two rule sets apply, neither sees the other${doubt}`,
    evidence: [evidence],
    remedy,
  };
}

export const nftOnLegacyHost: Rule = {
  id: "nft-on-legacy-host",
  evaluate(cell) {
    if (!mismatch(cell, "nft")) return [];
    const message =
      "the image writes iptables-nft rules while the node's kubelet writes iptables-legacy rules: two rule sets apply, neither sees the other";
    return [mismatchFinding(cell, "nft-on-legacy-host", message)];
  },
};

/** A mismatch that an iptables-wrapper would cure: the selection holds hosts of both backends and the image has one backend
 * fixed, or its wrapper has only one backend to choose from (kube-router#1641). */
export const wrapperMissing: Rule = {
  id: "wrapper-missing",
  evaluate(cell) {
    if (!mismatch(cell, "nft") && !mismatch(cell, "legacy")) return [];
    const { choice } = cell;
    const image = choice.backend;
    if (choice.wanted !== undefined) {
      const message = `the image's selector wants ${choice.wanted} here, but only the ${image} binaries are in the image, so its rules land in ${image}`;
      return [mismatchFinding(cell, "wrapper-missing", message)];
    }
    const wrapperThere = cell.toolchain.selector?.kind === "iptables-wrapper";
    const byVariable = changeOfVariable(cell) !== undefined;
    if (choice.adapts || wrapperThere || byVariable || cell.selectedBackends.size < 2) return [];
    const message = `the image always uses ${image} and the selected hosts use both backends: it needs an iptables-wrapper`;
    return [mismatchFinding(cell, "wrapper-missing", message)];
  },
};

/** A wrapper is in the image and `iptables` doesn't lead to it (kube-router 2.9 to 2.11: links made in another directory). */
export const wrapperIneffective: Rule = {
  id: "wrapper-ineffective",
  evaluate(cell) {
    const { selector } = cell.toolchain;
    if (selector?.loops !== undefined && cell.image.profile?.selects?.value !== "self")
      return [loopingWrapper(cell, selector, selector.loops)];
    if (selector?.kind !== "iptables-wrapper" || selector.effective || cell.choice.adapts) return [];
    const result = cell.choice.backend;
    if (result !== "nft" && result !== "legacy") return [];
    const chain = cell.toolchain.defaults.iptables?.via.join(" -> ") ?? "iptables";
    const message = isStartScript(selector)
      ? `the start script ${selector.path} never leads \`iptables\` to the other backend (${chain}): it always uses ${result}`
      : `${selector.path} is in the image but is not what \`iptables\` runs (${chain}): it always uses ${result}`;
    const finding = mismatchFinding(cell, "wrapper-ineffective", message);
    const differs = mismatch(cell, result);
    return [
      {
        ...finding,
        severity: differs ? "error" : "notice",
        evidence: [...selector.evidence, ...(differs ? finding.evidence : [])],
        remedy: wrapperChoiceOf(cell.toolchain)?.ineffective ?? placeIt(cell),
      },
    ];
  },
};

/** It replaces links that nobody uses and calls again the one that it was called by (measured with v2 and v3, 2026-11: the
 * first of v2 never ends, v3 starts process after process). */
function loopingWrapper(cell: Cell, selector: Selector, folder: string): RawFinding {
  const chain = cell.toolchain.defaults.iptables?.via.join(" -> ") ?? "iptables";
  return {
    kind: "finding",
    rule: "wrapper-ineffective",
    severity: "error",
    cause: "wrapper-loops",
    message: `the first \`iptables\` never ends: ${chain} is a link that the iptables-wrapper does not replace, it sets those in ${folder} and then calls itself again`,
    evidence: selector.evidence,
    remedy: placeIt(cell),
  };
}

function placeIt({ toolchain }: Cell): string {
  const change = wrapperChange(toolchain);
  return `${change.charAt(0).toUpperCase()}${change.slice(1)}, and check in the build what \`iptables\` and \`ip6tables\` lead to.`;
}

/** Commands of one image that disagree with each other, and programs on the node that write in another backend than image
 * and kubelet. */
export const mixedBackends: Rule = {
  id: "mixed-backends",
  evaluate(cell) {
    return [...mixedCommands(cell), ...mixedStart(cell), ...mixedOwnPrograms(cell), ...mixedPrograms(cell)];
  },
};

function mixedCommands(cell: Cell): Outcome[] {
  const { defaults } = cell.toolchain;
  // A wrapper picks a backend on each host; a sibling that is fixed may fit there and not elsewhere.
  const plain = defaults.iptables?.backend === "auto" ? cell.choice.backend : defaults.iptables?.backend;
  if (plain !== "nft" && plain !== "legacy") return [];
  return ["iptables-restore", "iptables-save", "ip6tables", "ip6tables-restore", "ip6tables-save"].flatMap(
    (name): Outcome[] => {
      const command = defaults[name];
      if (command === undefined || (command.backend !== "nft" && command.backend !== "legacy")) return [];
      if (command.backend === plain) return [];
      return [
        {
          kind: "finding",
          rule: "mixed-backends",
          // One family in each backend can be meant; save and restore of another backend than iptables cannot.
          severity: name.startsWith("ip6tables") ? "warning" : "error",
          cause: name.startsWith("ip6tables") ? "commands:ip6tables" : "commands:iptables",
          message: `in the image \`iptables\` uses ${plain} and \`${name}\` uses ${command.backend}`,
          evidence: [
            { fact: `iptables: ${cell.choice.because}`, source: "image" },
            { fact: `${name} is ${command.via.join(" -> ")}`, source: "image" },
          ],
          remedy: "Point all iptables commands of the image at one backend.",
        },
      ];
    },
  );
}

/** What a start script writes by a backend's name, the image's plain commands don't see. */
function mixedStart(cell: Cell): Outcome[] {
  const { choice, toolchain } = cell;
  if (choice.hostExec === true || (choice.backend !== "nft" && choice.backend !== "legacy")) return [];
  const runs = (toolchain.startRuns ?? []).filter((run) => run.certainty === "sure" && run.backend !== choice.backend);
  return runs.map(
    ({ command, name, by, line }): RawFinding => ({
      kind: "finding",
      rule: "mixed-backends",
      severity: "warning",
      cause: `commands:${name}`,
      message: `${by} runs \`${command}\` while the image's \`iptables\` uses ${choice.backend}: two rule sets apply, neither sees the other`,
      evidence: [choiceEvidence(cell), { fact: `${by} runs \`${line}\``, source: "image" }],
      remedy: "Point all iptables commands of the image at one backend.",
    }),
  );
}

/** A program that writes the legacy tables itself does not find the chains that the image's `iptables` made in nft. */
function mixedOwnPrograms(cell: Cell): Outcome[] {
  const { choice, toolchain } = cell;
  if (choice.backend !== "nft" || choice.hostExec === true) return [];
  return legacyUses(toolchain).map((use) => {
    const finding = legacyFinding(use, "mixed-backends", "while the image's `iptables` uses nft");
    return { ...finding, evidence: [...finding.evidence, choiceEvidence(cell)] };
  });
}

function mixedPrograms(cell: Cell): Outcome[] {
  const image = cell.choice.backend;
  if (cell.image.network !== "host" || (image !== "nft" && image !== "legacy")) return [];
  return cell.programs.flatMap((program): Outcome[] => {
    const other = backendOnHost(program, cell.hostBackend);
    if ((other !== "nft" && other !== "legacy") || other === image) return [];
    // Where the kubelet's backend differs too, the more specific rules speak; where it agrees with the image, the other
    // program is the odd one.
    if (cell.hostBackend !== undefined && cell.hostBackend !== image) return [];
    return [
      {
        kind: "finding",
        rule: "mixed-backends",
        severity: cell.hostBackend === undefined ? "warning" : "notice",
        cause: "backend",
        program: program.id,
        message: `${program.id} writes ${other} rules and the image ${image} rules: two rule sets apply, neither sees the other`,
        evidence: [choiceEvidence(cell), ...program.evidence],
        remedy: "Bring all programs of the node to one backend.",
      },
    ];
  });
}
