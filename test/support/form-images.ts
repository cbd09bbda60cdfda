import type { Toolchain } from "../../src/model/toolchain.ts";
import { addImage, buildLayer, type ConfigOptions, finishLayout, named, packFiles } from "./image-writer.ts";
import type { TarEntry } from "./tar-writer.ts";
import type { Entry, Listing } from "./tree.ts";

/** Images as archives of an OCI layout, written from listings, and what is told of them in a form that a person compares. */

/**
 * @param layers lowest first; a name `.wh.NAME` takes away what is below
 * @returns the archive and the layers' digests
 */
export function writeImage(layers: Listing[], options: ConfigOptions = {}): { archive: Buffer; digests: string[] } {
  const files = new Map<string, Buffer>();
  const built = layers.map((listing) => buildLayer(Object.entries(listing).map(toTarEntry)));
  const archive = packFiles(finishLayout(files, [named(addImage(files, built, options), "image")]));
  return { archive, digests: built.map(({ digest }) => digest) };
}

/** One entry of a listing. */
export function toTarEntry([path, entry]: [string, Entry]): TarEntry {
  const name = path.slice(1);
  if (typeof entry === "string" && entry.startsWith("-> ")) return { name, flag: "2", linkname: entry.slice(3) };
  if (typeof entry === "string" || Buffer.isBuffer(entry)) return { name, content: entry, mode: 0o755 };
  if ("directory" in entry) return { name: `${name}/`, flag: "5", mode: 0o755 };
  const pax = Object.entries(entry.xattrs ?? {}).map(([key, value]) => [`SCHILY.xattr.${key}`, value] as const);
  const { content, mode = 0o755 } = entry;
  return { name, content, mode, ...(pax.length > 0 ? { pax: Object.fromEntries(pax) } : {}) };
}

/** All that a toolchain says, a line each, with the evidence of the tools; layers by their number, the lowest is 1. */
export function describeToolchain(toolchain: Toolchain, layers: readonly string[]): string {
  const { os, tools, libraries, defaults, selector, program, missing } = toolchain;
  const place = (text: string) => layers.reduce((all, digest, i) => all.replaceAll(digest, `${i + 1}`), text);
  const lines = [`os ${os.id ?? "-"} ${os.versionId ?? "-"}, ${toolchain.architecture}`];
  for (const tool of tools) {
    const flags = [
      ...(tool.architecture !== toolchain.architecture ? [`for ${tool.architecture}`] : []),
      ...(tool.byteVersion !== undefined && tool.byteVersion !== tool.version ? [`bytes ${tool.byteVersion}`] : []),
      ...(tool.fileCapabilities ? ["file capabilities"] : []),
      ...(tool.json === undefined ? [] : [tool.json ? "JSON" : "no JSON"]),
    ];
    const head = [tool.name, tool.version ?? "?", tool.backend, ...flags].filter(Boolean).join(" ");
    lines.push(`tool ${head}: ${tool.via.join(" -> ")}`);
    for (const { fact, source } of tool.evidence) lines.push(`  ${fact}  [${place(source)}]`);
  }
  for (const { name, soVersion, versions, package: owner } of libraries)
    lines.push(
      `library ${name} ${soVersion} (${versions.join("..")})${owner ? ` of ${owner.name} ${owner.version}` : ""}`,
    );
  const lacking = new Map<string, string[]>();
  for (const { path, library } of toolchain.missingLibraries ?? [])
    lacking.set(path, [...(lacking.get(path) ?? []), library]);
  for (const [path, names] of lacking) lines.push(`${path} lacks ${names.join(", ")}`);
  for (const [name, { backend, via, dangling, hostExec }] of Object.entries(defaults))
    if (via.length > 0)
      lines.push(
        `${name} is ${hostExec ? "the host's" : backend}: ${via.join(" -> ")}${dangling ? " (dangling)" : ""}`,
      );
  if (selector) {
    const { kind, version, effective, path } = selector;
    lines.push(`selector ${kind}${version ? ` ${version}` : ""}${effective ? "" : ", not effective"}: ${path}`);
  }
  if (program)
    lines.push(`program ${program.name} ${program.version ?? "?"}: ${program.path} ${program.libraries.join(" ")}`);
  if (toolchain.modprobe) lines.push("modprobe");
  for (const [name, value] of Object.entries(toolchain.environment)) lines.push(`environment ${name}=${value}`);
  for (const { fact, reason } of missing) lines.push(`missing ${fact}: ${reason}`);
  return `${lines.join("\n")}\n`;
}
