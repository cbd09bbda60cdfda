import knownJson from "../knowledge/legacy-programs.json" with { type: "json" };
import type { KnownLegacyProgram } from "../knowledge/schema/legacy-programs.ts";
import type { Evidence } from "../model/evidence.ts";
import type { LegacyProgram, Toolchain } from "../model/toolchain.ts";
import { rememberFor } from "./remember.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const knownPrograms = knownJson as KnownLegacyProgram[];

/** A program of the image that writes the legacy tables itself, whatever `iptables` is on this host. */
export interface LegacyUse {
  /** With what makes it so: `/usr/sbin/miniupnpd, which is linked with libip4tc,`. */
  title: string;
  /** Kernel modules, the core first. Of a program that nobody looked at it is the core alone. */
  modules: string[];
  /** The image starts it, and it is known to write rules whenever it runs. */
  isCertain: boolean;
  /** What a message adds where it isn't: ` (whether ... is not known)`. */
  doubt: string;
  cause: string;
  evidence: Evidence;
  remedy: string;
}

/** Each of them; empty for nearly every image. */
export function legacyUses(toolchain: Toolchain): readonly LegacyUse[] {
  const { legacyPrograms = [] } = toolchain;
  return legacyPrograms.length === 0 ? none : uses(toolchain, "", () => legacyPrograms.map(useOf));
}

const none: readonly LegacyUse[] = [];
/** Every host asks the same of one toolchain. */
const uses = rememberFor<readonly LegacyUse[]>()();

function useOf(program: LegacyProgram): LegacyUse {
  const { path, libraries, evidence } = program;
  const known = knownPrograms.find(({ name }) => path.endsWith(`/${name}`));
  const isV6 = libraries.every((library) => library.startsWith("libip6tc"));
  const [core, table] = isV6 ? ["ip6_tables", "ip6table"] : ["ip_tables", "iptable"];
  const doubt = doubtOf(program, known);
  return {
    title: `${path}, which is linked with ${isV6 ? "libip6tc" : "libip4tc"},`,
    modules: [core, ...(known?.tables ?? []).map((name) => `${table}_${name}`)],
    isCertain: doubt === "",
    doubt,
    cause: `legacy-api:${path}`,
    evidence: known === undefined ? evidence[0]! : evidenceOf(known),
    remedy: known?.remedy ?? "Use a build of it that speaks nftables, or one that runs `iptables`.",
  };
}

/** That it is linked so is in the title; what it does with it is from its source. */
function evidenceOf({ name, use, source }: KnownLegacyProgram): Evidence {
  const when = use === "always" ? "whenever it runs" : "when it is told to";
  return { fact: `${name} writes rules with libip4tc ${when}`, source };
}

function doubtOf({ started }: LegacyProgram, known: KnownLegacyProgram | undefined): string {
  if (!started) return " (whether the image runs it is not known)";
  if (known?.use === "always") return "";
  return known === undefined ? " (whether it writes rules is not known)" : " (whether it is told to is not known)";
}
