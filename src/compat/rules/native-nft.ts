import type { NodeProgram, Operation } from "../../model/program.ts";
import type { Severity } from "../../model/report.ts";
import {
  backendOnHost,
  findTool,
  iptablesVersionOnHost,
  linkLayerInUse,
  linkLayerSpokenFor,
  nftInUse,
} from "../backend.ts";
import { testedNftReleases, testedReleases } from "../encodings.ts";
import { describeConstructs, type Exposure, effectEvidence, nativeExposureOf } from "../exposure.ts";
import { linkLayerOf, splitByFamily } from "../tables.ts";
import { type Cell, type Outcome, operationsOf, type RawFinding, type Rule } from "../types.ts";
import { missing, type UnknownFact, unknownHostIptables, unknownImageTool, unknownToolOf } from "../unknown-facts.ts";

const rule = "native-nft-in-iptables-table";

/** Somebody who puts native nft rules into iptables' own tables, and somebody who reads these with iptables-nft. */
interface Meeting {
  writer: string;
  /** Version of nft, null = not known or netlink. */
  nft: string | null;
  constructs: readonly string[];
  reader: string;
  /** What is missing where one of the two versions isn't known. */
  unknown: { writer: UnknownFact; reader: UnknownFact };
  /** Version of iptables-nft, null = not known. */
  iptables: string | null;
  operations: readonly Operation[] | null;
  program?: NodeProgram;
  /** The image's own ebtables or arptables reads. */
  own?: boolean;
  /** In the tables of ebtables: nobody states who reads them. */
  linkLayer?: boolean;
}

/**
 * Native nft rules in the tables that iptables-nft uses: refused or shown without their conditions by every release, the
 * newest included (measured: 68 scripts of four nft releases, 12 iptables releases). Reported only for programs that are
 * stated to write such rules: tables of any other name disturb nobody.
 */
export const nativeNftInIptablesTable: Rule = {
  id: rule,
  looksAt: "iptables",
  evaluate(cell) {
    if (cell.image.network !== "host") return [];
    const speaksFor = linkLayerSpokenFor(cell, "reads");
    const meetings = [
      ...imageReads(cell).flatMap((meeting) => byFamily(meeting, meeting.own === true ? undefined : speaksFor)),
      ...imageWrites(cell).flatMap((meeting) => byFamily(meeting, undefined)),
    ];
    return meetings.flatMap(judge);
  },
};

/** Constructs of native nft carry this prefix in encodings.json. */
function nativeConstructs(writes: readonly string[] | null | undefined): string[] {
  return (writes ?? []).filter((construct) => construct.startsWith("nft-"));
}

/** What stands in the tables of ebtables meets who reads these, if anybody does. */
function byFamily(meeting: Meeting, speaksFor: readonly string[] | undefined): Meeting[] {
  const { ip, link } = splitByFamily(meeting.constructs, speaksFor);
  return [
    ...(ip.length === 0 ? [] : [{ ...meeting, constructs: ip }]),
    ...(link.length === 0 ? [] : [{ ...meeting, constructs: link, linkLayer: true }]),
  ];
}

function imageReads(cell: Cell): Meeting[] {
  const tools = [...nftInUse(cell), ...linkLayerInUse(cell)];
  const writers = cell.programs.filter((program) => nativeConstructs(program.writes).length > 0);
  return tools.flatMap(({ name, version }) =>
    writers.map((program) => ({
      writer: program.id,
      nft: program.nft,
      constructs: linkLayerOf(name, nativeConstructs(program.writes)) ?? nativeConstructs(program.writes),
      reader: `the image's ${name} ${version ?? "of unknown version"}`,
      own: name === "ebtables" || name === "arptables",
      unknown: { writer: unknownToolOf(program.id, "nft"), reader: unknownImageTool(name) },
      iptables: version,
      operations: operationsOf(cell.image),
      program,
    })),
  );
}

function imageWrites(cell: Cell): Meeting[] {
  const constructs = nativeConstructs(cell.image.profile?.writes?.value);
  if (constructs.length === 0) return [];
  const readers = cell.programs.filter((program) => backendOnHost(program, cell.hostBackend) === "nft");
  return readers.map((program) => {
    const iptables = iptablesVersionOnHost(program, cell.host) ?? null;
    return {
      writer: "the image",
      nft: findTool(cell.toolchain, "nft")?.version ?? null,
      constructs,
      reader: `${program.id} (iptables ${iptables ?? "of unknown version"})`,
      unknown: {
        writer: unknownImageTool("nft"),
        reader: program.backend === "host" ? unknownHostIptables() : unknownToolOf(program.id, "iptables"),
      },
      iptables,
      operations: program.operations,
      program,
    };
  });
}

/** All releases that an unknown version could be have to agree; where only some would be an error, the fact is missing. */
function judge(meeting: Meeting): Outcome[] {
  const writers = meeting.nft === null ? testedNftReleases() : [meeting.nft];
  const readers = meeting.iptables === null ? testedReleases() : [meeting.iptables];
  const variants = writers.flatMap((nft) =>
    readers.map((iptables) =>
      findingOf(meeting, nativeExposureOf(nft, iptables, meeting.constructs, meeting.operations)),
    ),
  );
  const [first] = variants;
  if (variants.every((variant) => variant?.severity === first?.severity)) return first === undefined ? [] : [first];
  if (!variants.some((variant) => variant?.severity === "error")) return [];
  return [
    ...(meeting.nft === null ? [missing(rule, meeting.unknown.writer)] : []),
    ...(meeting.iptables === null ? [missing(rule, meeting.unknown.reader)] : []),
  ];
}

function findingOf(meeting: Meeting, exposure: Exposure): RawFinding | undefined {
  const told = tell(meeting, exposure);
  if (told === undefined) return undefined;
  const effects = told.effects;
  return {
    kind: "finding",
    rule,
    severity: meeting.linkLayer === true ? "warning" : told.severity,
    cause: `native-nft:${meeting.writer}`,
    ...(meeting.program === undefined ? {} : { program: meeting.program.id }),
    message: `${meeting.reader} ${told.does} in which ${meeting.writer} put native nft rules: ${describeConstructs(effects)}${meeting.linkLayer === true ? " (whether it reads them is not known)" : ""}`,
    evidence: [...effectEvidence(effects), ...(meeting.program?.evidence ?? [])],
    remedy: "Put native nft rules into a table of their own name; a newer iptables doesn't help.",
  };
}

function tell(
  { operations }: Meeting,
  { loud, rewritten, leftOut, misread }: Exposure,
): { severity: Severity; does: string; effects: Exposure["loud"] } | undefined {
  if (loud.length > 0) return { severity: "error", does: "fails on tables of iptables", effects: loud };
  if (rewritten.length > 0) {
    const severity = operations === null ? "warning" : "error";
    return { severity, does: "silently restores other rules from tables of iptables", effects: rewritten };
  }
  if (leftOut.length > 0)
    return { severity: "warning", does: "finds tables left out of iptables-save", effects: leftOut };
  if (misread.length === 0) return undefined;
  return { severity: "warning", does: "silently lists other rules from tables of iptables", effects: misread };
}
