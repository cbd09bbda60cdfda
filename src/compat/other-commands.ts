import type { Backend } from "../model/toolchain.ts";
import { findToolInPath, iptablesCommands } from "./backend.ts";
import { rememberFor } from "./remember.ts";
import type { Cell } from "./types.ts";

type Asked = Pick<Cell, "toolchain" | "image" | "choice">;

/** A command of the image that runs another backend than its `iptables` does on this host. */
export interface OtherCommand {
  /** With its backend: `ip6tables-restore (legacy)`, `iptables-legacy`. */
  title: string;
  name: "iptables" | "ip6tables";
  backend: Backend;
  /** The program is known to run it, and it is no IPv6, which a program may never touch; or the image's start runs it. */
  isCertain: boolean;
  evidence: { fact: string; source: string };
}

/**
 * Commands that go elsewhere than `iptables`: fixed by their links to the other backend, or run under the backend's name by
 * the program or by what starts it. Of a program that picks one backend by itself and runs that alone, and of an `iptables`
 * that leaves the container, only what starts it counts.
 */
export function otherCommands(cell: Asked): readonly OtherCommand[] {
  const { choice, image, toolchain } = cell;
  const isOwn = choice.hostExec === true || image.profile?.selects?.value === "self";
  if (isOwn && toolchain.startRuns === undefined) return [];
  if (isOwn) return runAtStart(cell);
  return known(toolchain)(image, choice.backend, () => findOthers(cell));
}

/** Hosts of one choice ask the same of one image. */
const known = rememberFor<readonly OtherCommand[]>();

function findOthers(cell: Asked): OtherCommand[] {
  const found = [...linkedElsewhere(cell), ...runByBackendName(cell), ...runAtStart(cell)];
  const key = ({ name, backend }: OtherCommand) => `${name} ${backend}`;
  // Of those that need the same of a kernel the surest speaks for all.
  const sorted = found.toSorted((a, b) => Number(b.isCertain) - Number(a.isCertain));
  return sorted.filter((one, index) => sorted.findIndex((other) => key(other) === key(one)) === index);
}

function linkedElsewhere({ toolchain, image, choice }: Asked): OtherCommand[] {
  const { runs, operations } = image.profile ?? {};
  return iptablesCommands.flatMap((command): OtherCommand[] => {
    const { backend, via = [], hostExec } = toolchain.defaults[command] ?? {};
    if ((backend !== "nft" && backend !== "legacy") || backend === choice.backend || hostExec === true) return [];
    const name = familyOf(command);
    const isRun = runs?.confidence !== "inferred" && runs?.value.includes(command) === true;
    const isCertain = name === "iptables" && (isRun || operations?.value.includes("save-restore") === true);
    const evidence = { fact: `${command} is ${via.join(" -> ")}`, source: "image" };
    return [{ title: `${command} (${backend})`, name, backend, isCertain, evidence }];
  });
}

function runByBackendName({ toolchain, image, choice }: Asked): OtherCommand[] {
  const { runs, title } = image.profile ?? {};
  return (runs?.value ?? []).flatMap((command): OtherCommand[] => {
    const backend = /^ip6?tables-(nft|legacy)(?:-save|-restore)?$/.exec(command)?.[1] as Backend | undefined;
    const name = familyOf(command);
    if (backend === undefined || backend === choice.backend || findToolInPath(toolchain, name, backend) === undefined)
      return [];
    const isCertain = name === "iptables" && runs?.confidence !== "inferred";
    const evidence = { fact: `${title} runs ${command}`, source: runs?.source ?? "" };
    return [{ title: command, name, backend, isCertain, evidence }];
  });
}

/** Of those that may be run or not the engine tries both. */
function runAtStart({ toolchain, choice }: Asked): OtherCommand[] {
  return (toolchain.startRuns ?? [])
    .filter(({ backend, certainty }) => backend !== choice.backend && certainty !== "possible")
    .map(({ command, name, backend, certainty, by, line }): OtherCommand => {
      const evidence = { fact: `${by} runs \`${line}\``, source: "image" };
      return { title: command, name, backend, isCertain: certainty === "sure", evidence };
    });
}

function familyOf(command: string): OtherCommand["name"] {
  return command.startsWith("ip6") ? "ip6tables" : "iptables";
}

/** The finding is of one cause with the disagreement itself; see `mixed-backends`. */
export function causeOfOther({ name }: OtherCommand): string {
  return `commands:${name}`;
}
