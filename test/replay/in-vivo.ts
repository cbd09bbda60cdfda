import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { inRange, upstreamVersion, type VersionRange } from "../../src/model/version.ts";
import { debianRoot, packageVersions } from "../support/roots.ts";
import { recordSkip } from "../support/skip.ts";
import planted from "./fixtures/planted-rules.json" with { type: "json" };
import { type Case, encodings, expectedLetter, type Letter } from "./lab.ts";

/**
 * The laboratory once more, on this machine's kernel: each Debian release writes a case into a fresh network namespace, each
 * lists, saves, checks and deletes it, and passes it through save | restore.
 */

/** One Debian release's tools. */
export interface Release {
  suite: string;
  /** Upstream versions. */
  iptables: string;
  nft: string;
  /** Root of its file system. */
  folder: string;
}

/** What one reader did with what one writer wrote, in the laboratory's letters. */
export interface Seen {
  writer: Release;
  reader: Release;
  command: string;
  letter: Letter;
  /** What it printed, for messages. */
  text: string;
}

export interface Observation {
  seen: Seen[];
  /** Writers that could not write the case here, and what they said. */
  refused: { writer: Release; reason: string }[];
}

const suites = ["bullseye", "bookworm", "trixie", "sid"];

/** The releases whose roots this machine can have, oldest first; those that it can't are noted as skipped. */
export async function debianReleases(): Promise<Release[]> {
  const roots = await Promise.all(suites.map((suite) => debianRoot(suite)));
  return roots.flatMap((result, index): Release[] => {
    const suite = suites[index]!;
    if (!result.ok) {
      recordSkip({ what: `rules in vivo, Debian ${suite}`, reason: result.reason });
      return [];
    }
    const { folder } = result.root;
    const versionOf = (name: string) => upstreamVersion(packageVersions(folder).get(name) ?? "") ?? "unknown";
    return [{ suite, iptables: versionOf("iptables"), nft: versionOf("nftables"), folder }];
  });
}

interface Planted {
  chain: string;
  rule: string[];
  chains?: string[];
  before?: string[][];
  policy?: string;
}
const plantedCases = planted.cases as Record<string, Planted>;

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
const isLink = ({ program }: Case) => /^(eb|arp)tables$/.test(program);

/**
 * Shell functions for a release's programs: `x0 iptables -S`, `n0 list ruleset`, `i0 create ...`. Its own loader, libraries
 * and extensions are named, which needs no shell in its root and no process more than the program.
 */
function programsOf({ folder }: Release, index: number): string[] {
  const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map((name) => join(folder, name));
  const loader = libraries.flatMap((name) => globSync(join(name, "ld-*.so*"))).find((path) => existsSync(path));
  const run = `XTABLES_LIBDIR=${libraries[0]}/xtables ${loader} --library-path ${libraries.join(":")} ${folder}/usr/sbin`;
  const files = { x: "xtables-nft-multi", n: "nft", i: "ipset" };
  return Object.entries(files).map(([name, file]) => `${name}${index}() { ${run}/${file} "$@"; }`);
}

/** The iptables chain that a script's rules stand in. */
function chainOf({ rule, table }: Case): string {
  return /chain ([A-Z]+)/.exec(rule)?.[1] ?? (table === "filter" ? "INPUT" : "PREROUTING");
}

/** A command, and lines before and after its output that tell what it was and how it ended. */
function labelled(label: string, command: string): string {
  return `echo "@@ ${label}"; ${command} 2>"$E"; ended $?`;
}

/** What makes the namespace hold the case and nothing else, written by one release. Fails with the reason in $E. */
function writing(item: Case, writer: number, newest: number): string[] {
  const failing = `2>"$E" || { refused ${writer}; return; }`;
  if (item.kind === "nft") return [`n${writer} -f - <<EOF ${failing}`, "flush ruleset", item.rule, "EOF"];
  const { chain, rule, chains = [], policy } = plantedCases[item.id]!;
  const tool = `x${writer} ${item.program} -t ${item.table}`;
  return [
    `n${newest} flush ruleset`,
    ...chains.map((name) => `${tool} -N ${name}`),
    ...(policy === undefined ? [] : [`${tool} -P ${chain} ${policy}`]),
    `${tool} -A ${chain} ${rule.map(quote).join(" ")} ${failing}`,
  ];
}

/** Every command of one reader on what one writer wrote; what changes the rules is followed by writing them again. */
function reading(item: Case, writer: number, reader: number, newest: number): string[] {
  const { chain, rule } = plantedCases[item.id] ?? { chain: chainOf(item), rule: [] };
  const tool = (index: number) => `x${index} ${item.program} -t ${item.table}`;
  const list = (index: number) => `${tool(index)} ${isLink(item) ? "-L" : "-S"}`;
  const suffixed = (suffix: string) => `x${reader} ${item.program}-${suffix}`;
  const label = (command: string) => `${writer} ${reader} ${command}`;
  const words = rule.map(quote).join(" ");
  const own = tool(reader);
  const again = writing(item, writer, newest);
  const jump = `{ ${own} -N PROBE && ${own} -A PROBE -j ACCEPT && ${own} -I ${chain} -j PROBE; }`;
  const ofKind =
    item.kind === "nft"
      ? [labelled(label("NA"), jump), ...again]
      : [
          labelled(label("C"), `${own} -C ${chain} ${words}`),
          labelled(label("D"), `${own} -D ${chain} ${words}`),
          ...again,
        ];
  return [
    labelled(label("LIST"), list(reader)),
    // arptables-save has no option for the table: there is but one.
    `s=$(${suffixed("save")} ${item.program === "arptables" ? "" : `-t ${item.table}`} 2>"$E"); c=$?`,
    `echo "@@ ${label("SAVE")}"; printf '%s\n' "$s"; ended $c`,
    ...(isLink(item) ? [] : ofKind),
    labelled(label("RT"), `printf '%s\n' "$s" | ${suffixed("restore")}`),
    labelled(label("AFTER"), list(newest)),
    ...(item.kind === "nft" ? [labelled(label("RULESET"), `n${newest} list ruleset`)] : []),
    ...again,
  ];
}

/** The whole script of a case; $1 is a file for what goes to stderr. */
function scriptOf(item: Case, releases: readonly Release[]): string {
  const newest = releases.length - 1;
  const before = plantedCases[item.id]?.before ?? [];
  const lines = [
    ...releases.flatMap(programsOf),
    "E=$1",
    'ended() { said=; [ -s "$E" ] && read -r said <"$E"; echo; echo "@= $1 $said"; }',
    'refused() { said=; read -r said <"$E"; echo "@! $1 $said"; }',
    ...before.map(([program, ...words]) => `${program === "ipset" ? `i${newest}` : program} ${words.join(" ")}`),
  ];
  for (const [writer] of releases.entries()) {
    lines.push(`writer${writer}() {`, ...writing(item, writer, newest));
    if (item.kind === "nft") lines.push(labelled(`${writer} RULESET`, `n${newest} list ruleset`));
    for (const [reader] of releases.entries()) lines.push(...reading(item, writer, reader, newest));
    lines.push("}", `writer${writer} 2>>/dev/null`);
  }
  return lines.join("\n");
}

interface Run {
  code: number;
  /** First line of stderr. */
  said: string;
  output: string;
}
type Runs = ReadonlyMap<string, Run>;

/**
 * One case with all pairs of releases.
 * @param scratch a file that may be written
 */
export function observe(item: Case, releases: readonly Release[], scratch: string): Observation {
  const args = ["--net", "sh", "-c", scriptOf(item, releases), "sh", scratch];
  const { stdout, stderr, status } = spawnSync("unshare", args, { encoding: "utf8", timeout: 120_000 });
  if (status === null || !/^@[@!]/m.test(stdout)) {
    return { seen: [], refused: releases.map((writer) => ({ writer, reason: stderr.trim() || "no namespace" })) };
  }
  const runs = new Map<string, Run>();
  for (const part of stdout.split("@@ ").slice(1)) {
    const [, label = "", output = "", code, said = ""] = /^(.*)\n([\s\S]*)\n@= (\d+) (.*)/.exec(part) ?? [];
    runs.set(label, { code: Number(code), said, output });
  }
  const reasons = new Map([...stdout.matchAll(/^@! (\d+) (.*)/gm)].map(([, writer, said]) => [Number(writer), said!]));
  const wrote = [...releases.keys()].filter((writer) => !reasons.has(writer));
  return {
    seen: wrote.flatMap((w) => [...releases.keys()].flatMap((r) => judge(item, releases, runs, w, r))),
    refused: [...reasons].map(([writer, reason]) => ({ writer: releases[writer]!, reason })),
  };
}

/** A listing's rules, each with its words in one order: releases print matches in different orders. */
function rulesIn({ output }: Run): string {
  const rules = output.split("\n").filter((line) => /^-A |(?:^|\s)-j /.test(line));
  return rules.map((line) => line.split(/\s+/).sort().join(" ")).join("\n");
}

/** What a listing says of tables or chains that it cannot show. */
function remarksIn({ output }: Run): string {
  return output
    .split("\n")
    .filter((line) => /^# (?:Table|Warning)/.test(line))
    .join("\n");
}

const byCode = ({ code }: Run): Letter => (code > 128 ? "C" : code === 0 ? "." : "E");

/** The pair's outcomes, as the laboratory judged: by the exit code, and by what is listed. */
function judge(item: Case, releases: readonly Release[], runs: Runs, w: number, r: number): Seen[] {
  const newest = releases.length - 1;
  const at = (writer: number, reader: number, command: string): Run => {
    const run = runs.get(`${writer} ${reader} ${command}`);
    if (run === undefined && plantable(runs, writer))
      throw new Error(`${item.id}: no ${command}, ${reader} on ${writer}`);
    return run ?? { code: -1, said: "", output: "" };
  };
  const never = isNeverShown(item, releases[w]!);
  const right = (command: string): Run[] => {
    if (never) return [];
    return item.kind === "nft"
      ? [at(w, newest, command)]
      : [at(r, r, command), at(w, w, command), at(w, newest, command)];
  };
  const content = (command: string): Letter => {
    const run = at(w, r, command);
    if (run.code !== 0) return byCode(run);
    if (run.said !== "" || remarksIn(run) !== "") return "W";
    return right(command).some((one) => rulesIn(one) === rulesIn(run)) ? "." : "S";
  };
  const roundTrip = (): Letter => {
    // A save that ends with an error has printed what it could read: restore goes on with that.
    if (byCode(at(w, r, "SAVE")) === "C") return "C";
    if (at(w, r, "RT").code !== 0) return byCode(at(w, r, "RT"));
    const [written, left] = [at(w, newest, "LIST"), at(w, r, "AFTER")];
    if (rulesIn(left) !== rulesIn(written)) return "S";
    const [before, after] = [runs.get(`${w} RULESET`), runs.get(`${w} ${r} RULESET`)];
    if (before === undefined || after === undefined) return ".";
    // Rules in a chain that iptables cannot show went with it; a chain without any is no loss.
    const lost = remarksIn(left) !== remarksIn(written) && /\b(?:accept|drop)$/m.test(before.output);
    return lost || (never && !isKept(before, after)) ? "S" : ".";
  };
  const seen = (command: string, letter: Letter, shown: Run): Seen => {
    return {
      writer: releases[w]!,
      reader: releases[r]!,
      command,
      letter,
      text: `${shown.output} ${shown.said}`.trim(),
    };
  };
  const byExit = ["C", "D", "NA"].filter((command) => runs.has(`${w} ${r} ${command}`));
  return [
    seen(isLink(item) ? "L" : "S_T", content("LIST"), at(w, r, "LIST")),
    seen("SAVE", content("SAVE"), at(w, r, "SAVE")),
    seen("RT", roundTrip(), at(w, r, "AFTER")),
    ...byExit.map((command) => seen(command, byCode(at(w, r, command)), at(w, r, command))),
  ];
}

/** Whether this writer wrote the case at all: then each of its commands must have left a trace. */
function plantable(runs: Runs, writer: number): boolean {
  return runs.has(`${writer} 0 LIST`);
}

/** Whether all of what nft wrote is still there, as nft lists it. */
function isKept(before: Run, after: Run): boolean {
  const lines = ({ output }: Run) =>
    output.split("\n").map((line) => line.replace(/ ?counter packets \d+ bytes \d+/, "").trim());
  const there = new Set(lines(after));
  return lines(before).every((line) => there.has(line));
}

/**
 * Scripts that no release lists rightly, the newest neither, by the versions of nft that write them so: sets, a mark that is
 * set, a log group, a protocol in the bridge's table (an error), and a range of addresses as two comparisons, of which one
 * is dropped.
 */
const neverShown: Readonly<Record<string, VersionRange>> = {
  "nft-tcp-dport-set": {},
  "nft-saddr-set": {},
  "nft-saddr-interval": {},
  "nft-oif-set": {},
  "nft-named-set": {},
  "nft-meta-mark-set": {},
  "nft-log-group": {},
  "nft-bridge-filter": {},
  "nft-saddr-range": { max: "1.0.6" },
};

function isNeverShown(item: Case, writer: Release): boolean {
  const writers = neverShown[item.id];
  return writers !== undefined && inRange(writer.nft, writers);
}

/** What was seen and is predicted otherwise, one line each. */
export function disagreementsOf(item: Case, seen: readonly Seen[]): string[] {
  const section = item.kind === "nft" ? encodings.nativeNft : encodings.encodings;
  return seen.flatMap(({ writer, reader, command, letter, text }) => {
    const version = item.kind === "nft" ? writer.nft : writer.iptables;
    const predicted = expectedLetter(section, item, command, version, reader.iptables);
    if (predicted === letter) return [];
    return [`${item.id} ${command} ${version} -> ${reader.iptables}: predicted ${predicted}, seen ${letter}: ${text}`];
  });
}
