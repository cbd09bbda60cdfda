import userdataJson from "../../knowledge/nft-userdata.json" with { type: "json" };
import type { NftUserdataFile } from "../../knowledge/schema/nft-userdata.ts";
import { given } from "../../model/given.ts";
import type { NodeProgram } from "../../model/program.ts";
import { compareVersions, inRange } from "../../model/version.ts";
import { findTool } from "../backend.ts";
import { type Cell, type Outcome, operationsOf, type RawFinding, type Rule } from "../types.ts";
import { missing, unknownImageTool, unknownToolOf } from "../unknown-facts.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const bundled = userdataJson as NftUserdataFile;

const rule = "nft-set-userdata";

/**
 * nft 1.1.2 and later write user data with sets on which older nft crashes. Measured: a named set or map of one declared
 * type makes `list ruleset` of 0.9.8 and 1.0.6 end with a segmentation fault. Both directions; only nft against nft, since
 * iptables and netlink libraries don't read that data.
 */
export const nftSetUserdata: Rule = {
  id: rule,
  evaluate(cell) {
    const nft = findTool(cell.toolchain, "nft");
    const use = nft === undefined ? "no" : usesNft(cell);
    if (nft === undefined || use === "no" || cell.image.network !== "host") return [];
    return [
      ...imageReads(cell, nft.version, use),
      ...(use === "in-a-mode" ? [] : unknownWriters(cell, nft.version)),
      ...imageWrites(cell, nft.version, use),
    ];
  },
};

type Use = "yes" | "unknown" | "in-a-mode";

/** Whether the image's program runs its nft: known to, known not to, not known, or in a mode that is off by default. */
function usesNft(cell: Cell): Use | "no" {
  const { profile } = cell.image;
  if (profile?.runs?.value.includes("nft") === true) return "yes";
  if (profile?.versions.some((row) => row.backend.value === "native-nft") === true) return "yes";
  if (profile?.runs !== undefined || profile?.selects !== undefined) return linksNftDriver(cell) ? "in-a-mode" : "no";
  // An image with nft and without iptables has it for a reason.
  return findTool(cell.toolchain, "iptables") === undefined ? "yes" : "unknown";
}

/** knftables runs nft, in modes that the files don't tell (Felix and flannel with nftables switched on). */
function linksNftDriver(cell: Cell): boolean {
  return (cell.toolchain.program?.libraries ?? []).some((library) => library.startsWith("sigs.k8s.io/knftables@"));
}

/** Programs on the node that drive nft in tables of their own. */
function nftPrograms(cell: Cell): (NodeProgram & { nft: string })[] {
  return cell.programs.flatMap((program) => {
    const { nft, backend } = program;
    return nft !== null && (backend === "native-nft" || backend === "unknown") ? [{ ...program, nft }] : [];
  });
}

function writesUserdata(version: string): boolean {
  return inRange(version, bundled.writer);
}

type Reader = "crashes" | "good" | "unknown";

function readerOf(version: string, program: string | undefined): Reader {
  if (bundled.good.includes(version)) return "good";
  if (bundled.repairedBuilds.some((build) => build.program === program && build.version === version)) return "good";
  if (inRange(version, bundled.unknown)) return "unknown";
  return inRange(version, bundled.crashing) ? "crashes" : "good";
}

function makesSets(program: string | undefined): boolean {
  return bundled.setMakers.some((maker) => maker.program === program);
}

function imageReads(cell: Cell, version: string | null, use: Use): Outcome[] {
  const own = cell.image.profile?.id ?? cell.toolchain.program?.name;
  const lists = listsOthers(cell);
  return nftPrograms(cell)
    .filter((program) => writesUserdata(program.nft))
    .flatMap((program): Outcome[] => {
      const sure = use !== "in-a-mode" && lists && makesSets(program.name);
      if (version === null) return sure ? [missing(rule, unknownImageTool("nft"))] : [];
      const reader = readerOf(version, own);
      if (reader === "unknown" && sure)
        return [missing(rule, { fact: `how nft ${version} reads sets of nft 1.1.2 and later` })];
      if (reader !== "crashes") return [];
      const conditions = [
        ...(makesSets(program.name) ? [] : [`${program.id} makes named sets or maps of one declared type`]),
        ...(use === "in-a-mode" ? ["the image's nftables mode is on"] : []),
        ...(lists ? [] : ["the image lists or changes more than its own tables"]),
      ];
      return [
        crash({
          severity: sure ? "error" : "warning",
          cause: "image-reads",
          reader: `the image's nft ${version}`,
          writer: `${program.id} (nft ${program.nft})`,
          conditions,
          evidence: program.evidence,
          program,
          remedy:
            "Raise the image's nft to 1.1.4 or later; 1.0.6.1 and builds that carry upstream commit be737a1 are good too.",
        }),
      ];
    });
}

/** Programs that make such sets with an nft that nobody knows: if the image's could crash on them, their version decides. */
function unknownWriters(cell: Cell, version: string | null): Outcome[] {
  const own = cell.image.profile?.id ?? cell.toolchain.program?.name;
  if (!listsOthers(cell) || (version !== null && readerOf(version, own) === "good")) return [];
  return cell.programs
    .filter((program) => program.nft === null && program.backend === "native-nft" && makesSets(program.name))
    .map((program) => missing(rule, unknownToolOf(program.id, "nft")));
}

/** The image's program is known to look at tables of others: by what it is stated to do, or by a library in it. */
function listsOthers(cell: Cell): boolean {
  const operations = operationsOf(cell.image);
  if (operations?.includes("list") === true) return true;
  return (cell.toolchain.program?.libraries ?? []).some((library) => {
    const [module, version = ""] = library.split("@v");
    const lister = bundled.listers.find((entry) => entry.module === module);
    return lister !== undefined && /^\d/.test(version) && compareVersions(version, lister.before) < 0;
  });
}

function imageWrites(cell: Cell, version: string | null, use: Use): Outcome[] {
  if (version === null || !writesUserdata(version)) return [];
  const makes = makesSets(cell.image.profile?.id);
  const writer = `the image's nft ${version}`;
  const remedy =
    "Raise the older readers to nft 1.1.4 or later (or 1.0.6.1); until then keep the image's nft at 1.1.1.";
  const needsSets = makes ? [] : ["the image makes named sets or maps of one declared type"];
  const programs = nftPrograms(cell)
    .filter((program) => readerOf(program.nft, program.name) === "crashes")
    .map((program): RawFinding => {
      const lists = program.operations?.includes("list") === true;
      const conditions = [...needsSets, ...(lists ? [] : [`${program.id} lists more than its own tables`])];
      return crash({
        severity: makes && lists ? "error" : use === "yes" ? "warning" : "notice",
        cause: "image-writes",
        reader: `${program.id} (nft ${program.nft})`,
        writer,
        conditions,
        evidence: program.evidence,
        program,
        remedy,
      });
    });
  // A mode that few switch on is no reason to speak of every host.
  if (use === "in-a-mode") return programs;
  const severity = use === "yes" ? "warning" : "notice";
  return [...programs, ...hostReads(cell, { severity, writer, conditions: needsSets, remedy })];
}

/** Nobody is stated to list rules with the host's own nft, but people and scripts on the node do. */
function hostReads(
  { host }: Cell,
  written: Pick<Crash, "severity" | "writer" | "conditions" | "remedy">,
): RawFinding[] {
  const fact = host.nft.version;
  if (fact === undefined || host.nft.installed?.value === false || readerOf(fact.value, undefined) !== "crashes")
    return [];
  return [
    crash({
      ...written,
      cause: "image-writes",
      reader: `the host's own nft ${fact.value}`,
      evidence: [{ fact: `nft of ${host.id} is ${fact.value}`, source: fact.source }],
    }),
  ];
}

interface Crash {
  severity: RawFinding["severity"];
  cause: string;
  reader: string;
  writer: string;
  conditions: readonly string[];
  evidence: RawFinding["evidence"];
  program?: NodeProgram;
  remedy: string;
}

function crash({ severity, cause, reader, writer, conditions, evidence, program, remedy }: Crash): RawFinding {
  const condition = conditions.length === 0 ? "" : `, if ${conditions.join(" and ")}`;
  return {
    kind: "finding",
    rule,
    severity,
    cause: `nft-userdata:${cause}`,
    tool: "nft",
    ...given({ program: program?.id }),
    message: `${reader} crashes when it lists sets that ${writer} wrote${condition}`,
    evidence: [
      { fact: "nft 1.1.2 and later write user data with sets", source: bundled.measured },
      { fact: "the repair", source: bundled.repair },
      ...evidence,
    ],
    remedy,
  };
}
