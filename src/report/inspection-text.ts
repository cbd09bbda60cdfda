import type { Evidence } from "../model/evidence.ts";
import type { Extension, Inspection, PackageRecord, Tool, Toolchain } from "../model/toolchain.ts";
import { upstreamVersion } from "../model/version.ts";
import { breakCommands, plainText } from "./escape.ts";
import type { TextOptions } from "./pen.ts";
import { makePen } from "./pen.ts";
import { shortImage } from "./view.ts";

/** What `inspect` prints: a tree of image, platform, tools with how each is reached. */
export function renderInspectionText(inspection: Inspection, options: TextOptions = {}): string {
  const pen = makePen(options);
  const blocks = inspection.images.map((image) => {
    const head = `${pen.paint(1, plainText(shortImage(image.reference), 200))}  ${plainText(image.digest).slice(0, 19)}`;
    const platforms = image.platforms.map(({ platform, toolchain, notes }) => ({
      text: platformTitle(platform, toolchain),
      children: [...toolchainItems(toolchain), ...noteItems(notes)],
    }));
    return [head, ...tree(platforms)].join("\n");
  });
  return `${breakCommands(blocks.join("\n\n"))}\n`;
}

interface Item {
  text: string;
  children?: Item[];
}

function tree(items: Item[], indent = ""): string[] {
  return items.flatMap((item, i) => {
    const last = i === items.length - 1;
    const lines = [`${indent}${last ? "└─" : "├─"} ${item.text}`];
    return [...lines, ...tree(item.children ?? [], `${indent}${last ? "   " : "│  "}`)];
  });
}

function platformTitle(platform: string, { os }: Toolchain): string {
  const name = os.id === null ? "no os-release" : plainText(`${os.id} ${os.versionId ?? ""}`, 80);
  return `${plainText(platform, 60)}  ${name}`;
}

function noteItems(notes: readonly string[] = []): Item[] {
  return notes.length === 0 ? [] : [{ text: "notes", children: notes.map((note) => ({ text: plainText(note) })) }];
}

function toolchainItems(toolchain: Toolchain): Item[] {
  return [
    ...programItems(toolchain),
    toolItem(toolchain),
    ...commandItems(toolchain),
    ...selectorItems(toolchain),
    ...libraryItems(toolchain),
    ...extensionItems(toolchain),
    ...legacyProgramItems(toolchain),
    ...environmentItems(toolchain),
    ...missingItems(toolchain),
  ];
}

function programItems({ program }: Toolchain): Item[] {
  if (!program) return [];
  const { name, version, path, module, libraries, evidence } = program;
  const text = `program ${plainText(name, 80)} ${plainText(version ?? "version not known", 40)}  ${plainText(path, 200)}`;
  const linked =
    libraries.length > 0 ? [`links ${libraries.map((library) => plainText(library, 120)).join(", ")}`] : [];
  const origin = module === undefined ? [] : [`Go module ${plainText(module, 200)}`];
  return [
    { text, children: [...origin, ...linked, ...evidence.map(describeEvidence)].map((line) => ({ text: line })) },
  ];
}

function toolItem({ tools, architecture }: Toolchain): Item {
  if (tools.length === 0) return { text: "no netfilter tools" };
  const rows = alignRows(tools.map(toolRow));
  const facts = tools.map((tool) => [...toolNotes(tool, architecture), ...tool.evidence.map(describeEvidence)]);
  const children = tools.map((tool, i) => {
    const first = tools.findIndex((other, j) => other.target === tool.target && isSameList(facts[j], facts[i]));
    const lines = first < i ? [`the same file as ${plainText(tools[first]?.name ?? "", 40)} above`] : (facts[i] ?? []);
    return { text: rows[i] ?? "", children: lines.map((text) => ({ text })) };
  });
  return { text: "tools", children };
}

function isSameList(one: string[] = [], other: string[] = []): boolean {
  return one.length === other.length && one.every((line, i) => line === other[i]);
}

function commandItems({ defaults, modprobe }: Toolchain): Item[] {
  const commands = Object.entries(defaults).sort(([a], [b]) => (sortName(a) < sortName(b) ? -1 : 1));
  const isThere = ([, { backend, via }]: (typeof commands)[number]) => backend !== "none" || via.length > 0;
  const rows = commands
    .filter(isThere)
    .map(([name, command]) => [
      plainText(name, 40),
      commandBackend(name, command),
      command.via.map((p) => plainText(p, 200)).join(" → "),
    ]);
  if (modprobe) rows.push(["modprobe", "can load kernel modules", ""]);
  const absent = commands.filter((command) => !isThere(command)).map(([name]) => plainText(name, 40));
  const lines = [...alignRows(rows), ...(absent.length > 0 ? [`not in PATH: ${absent.join(", ")}`] : [])];
  return lines.length > 0 ? [{ text: "commands", children: lines.map((text) => ({ text })) }] : [];
}

/** iptables and what goes with it before its twin for IPv6. */
function sortName(name: string): string {
  return name.replace(/^ip6tables/, "iptables6");
}

function selectorItems({ selector }: Toolchain): Item[] {
  if (!selector) return [];
  const { kind, version, effective, loops, path, evidence } = selector;
  const by = `${kind}${version === null ? "" : ` ${plainText(version, 40)}`}`;
  const effect = loops === undefined ? (effective ? "in effect" : "NOT in effect") : "calls itself for ever";
  const text = `backend chosen by ${by}, ${effect}  ${plainText(path, 200)}`;
  return [{ text, children: evidence.map((item) => ({ text: describeEvidence(item) })) }];
}

function libraryItems({ libraries, missingLibraries = [] }: Toolchain): Item[] {
  const rows = libraries.map((library) => [
    plainText(library.name, 40),
    `so ${plainText(library.soVersion, 20)}`,
    libraryRange(library.versions),
    library.package ? describeRecord(library.package) : "no package record",
    plainText(library.path, 200),
  ]);
  const gone = [...new Set(missingLibraries.map(({ path }) => path))].map((path) => {
    const names = missingLibraries.filter((one) => one.path === path).map(({ library }) => plainText(library, 120));
    return { text: `${plainText(path, 200)} needs ${names.join(", ")}: NOT in the image` };
  });
  const present = rows.length > 0 ? [{ text: "libraries", children: alignRows(rows).map((text) => ({ text })) }] : [];
  return gone.length > 0 ? [...present, { text: "missing libraries", children: gone }] : present;
}

function extensionItems({ extensions = [] }: Toolchain): Item[] {
  return extensions.map(({ library, directory, files, list, unread = [] }) => {
    const where =
      directory === undefined
        ? `inside ${plainText(library, 200)}`
        : `in ${plainText(directory, 200)}, ${plural(files ?? 0, "file", "files")}`;
    const told = list === undefined ? [] : countKinds(list);
    const lacking = unread.length > 0 ? [`${plural(unread.length, "file", "files")} could not be read`] : [];
    return { text: [`extensions of iptables ${where}`, ...told, ...lacking].join(", ") };
  });
}

function legacyProgramItems({ legacyPrograms = [] }: Toolchain): Item[] {
  const children = legacyPrograms.map(({ path, libraries, started }) => ({
    text: `${plainText(path, 200)}  ${libraries.map((library) => plainText(library, 40)).join(", ")}${started ? ", started by the image" : ""}`,
  }));
  return children.length === 0 ? [] : [{ text: "programs that speak to the legacy tables themselves", children }];
}

/** How many names there are of each kind; all of them with their revisions are in the JSON form. */
function countKinds(list: Extension[]): string[] {
  const names = (kind: Extension["kind"]) =>
    new Set(list.filter((entry) => entry.kind === kind).map(({ name }) => name));
  const count = (number: number, one: string, many: string) => (number > 0 ? [plural(number, one, many)] : []);
  return [
    ...count(names("match").size, "match", "matches"),
    ...count(names("target").size, "target", "targets"),
    ...count(names(undefined).size, "match or target", "matches and targets"),
  ];
}

function plural(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function environmentItems({ environment }: Toolchain): Item[] {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  if (variables.length === 0) return [];
  const children = variables.map(([name, value]) => ({ text: `${plainText(name, 80)}=${plainText(value, 120)}` }));
  return [{ text: "environment", children }];
}

function missingItems({ missing }: Toolchain): Item[] {
  if (missing.length === 0) return [];
  const children = missing.map((m) => ({ text: `${plainText(m.fact, 200)}: ${plainText(m.reason, 300)}` }));
  return [{ text: "not known", children }];
}

function toolRow(tool: Tool): string[] {
  return [
    plainText(tool.name, 40),
    plainText(tool.version ?? "?", 40),
    tool.backend ?? "",
    tool.package ? describeRecord(tool.package) : "no package record",
    (tool.via.length > 0 ? tool.via : [tool.path]).map((path) => plainText(path, 200)).join(" → "),
  ];
}

/** What is out of the ordinary. */
function toolNotes(tool: Tool, architecture: string): string[] {
  const { byteVersion, package: record, replacedPackage, json, fileCapabilities } = tool;
  const notes: string[] = [];
  if (replacedPackage) notes.push(`NOT the file of ${describeRecord(replacedPackage)}: its content is another`);
  if (record && byteVersion !== undefined && upstreamVersion(record.version) !== byteVersion)
    notes.push(`its bytes say ${plainText(byteVersion, 40)}, its package record another version`);
  // That it has it is in the evidence.
  if (json === false) notes.push("WITHOUT JSON support");
  if (tool.architecture !== undefined && tool.architecture !== architecture)
    notes.push(`built for ${plainText(tool.architecture, 40)}`);
  if (fileCapabilities) notes.push("carries file capabilities");
  return notes;
}

function describeRecord({ database, name, version }: PackageRecord): string {
  return `${database} ${plainText(`${name} ${version}`, 120)}`;
}

/** The layer by the start of its digest. */
function describeEvidence({ fact, source }: Evidence): string {
  const place = source.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, "$1");
  return `${plainText(fact, 300)}  (${plainText(place, 300)})`;
}

function commandBackend(name: string, command: Toolchain["defaults"][string]): string {
  if (command.hostExec) return "host's tools";
  if (command.dangling) return "dangling link";
  // nft and ipset have one backend each.
  if (!name.includes("tables") && command.backend !== "none") return "";
  return { nft: "nft", legacy: "legacy", auto: "chosen at run time", none: "leads nowhere", unknown: "not known" }[
    command.backend
  ];
}

function libraryRange([min, max]: [string | null, string | null]): string {
  if (min === null && max === null) return "release not known";
  if (min === max) return plainText(min ?? "", 40);
  if (min === null) return `up to ${plainText(max ?? "", 40)}`;
  return max === null ? `${plainText(min, 40)} or later` : `${plainText(min, 40)} to ${plainText(max, 40)}`;
}

function alignRows(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
