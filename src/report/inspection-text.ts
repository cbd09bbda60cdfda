import type { Inspection, Tool, Toolchain } from "../model/toolchain.ts";
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
  const items: Item[] = [];
  if (toolchain.program) {
    const { name, version, path } = toolchain.program;
    items.push({
      text: `program ${plainText(name, 80)} ${plainText(version ?? "version not known", 40)}  ${plainText(path, 200)}`,
    });
  }
  items.push(
    toolchain.tools.length === 0
      ? { text: "no netfilter tools" }
      : { text: "tools", children: alignRows(toolchain.tools.map(toolRow)).map((text) => ({ text })) },
  );
  const commands = Object.entries(toolchain.defaults).sort(([a], [b]) => (a < b ? -1 : 1));
  if (commands.length > 0) {
    const rows = commands.map(([name, command]) => [
      plainText(name, 40),
      commandBackend(name, command),
      command.via.map((p) => plainText(p, 200)).join(" → "),
    ]);
    items.push({ text: "commands", children: alignRows(rows).map((text) => ({ text })) });
  }
  if (toolchain.selector) {
    const { kind, version, effective, path } = toolchain.selector;
    items.push({
      text: `backend chosen by ${kind}${version === null ? "" : ` ${plainText(version, 40)}`}, ${effective ? "in effect" : "NOT in effect"}  ${plainText(path, 200)}`,
    });
  }
  if (toolchain.libraries.length > 0)
    items.push({
      text: "libraries",
      children: alignRows(
        toolchain.libraries.map((l) => [
          plainText(l.name, 40),
          `so ${plainText(l.soVersion, 20)}`,
          libraryRange(l.versions),
          plainText(l.path, 200),
        ]),
      ).map((text) => ({ text })),
    });
  const variables = Object.entries(toolchain.environment).sort(([a], [b]) => (a < b ? -1 : 1));
  if (variables.length > 0)
    items.push({
      text: "environment",
      children: variables.map(([name, value]) => ({ text: `${plainText(name, 80)}=${plainText(value, 120)}` })),
    });
  if (toolchain.missing.length > 0)
    items.push({
      text: "not known",
      children: toolchain.missing.map((m) => ({ text: `${plainText(m.fact, 200)}: ${plainText(m.reason, 300)}` })),
    });
  return items;
}

function toolRow(tool: Tool): string[] {
  return [
    plainText(tool.name, 40),
    plainText(tool.version ?? "?", 40),
    tool.backend ?? "",
    tool.package
      ? `${tool.package.database} ${plainText(`${tool.package.name} ${tool.package.version}`, 120)}`
      : "no package record",
    (tool.via.length > 0 ? tool.via : [tool.path]).map((path) => plainText(path, 200)).join(" → "),
  ];
}

function commandBackend(name: string, command: Toolchain["defaults"][string]): string {
  if (command.hostExec) return "host's tools";
  if (command.dangling) return "dangling link";
  // nft and ipset have one backend each.
  if (!name.includes("tables") && command.backend !== "none") return "";
  return { nft: "nft", legacy: "legacy", auto: "chosen at run time", none: "no such command", unknown: "not known" }[
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
