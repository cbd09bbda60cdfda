import { linesOf, linesWith } from "../lines.ts";
import { collectPackages } from "./collect.ts";
import { isWorthOwning, MARK_OF_WORTH, MAX_FILES_OF_PACKAGE, type PackageFile, type ParsedPackages } from "./types.ts";

/**
 * Reads dpkg's `status`, or one file of `status.d` as distroless images and hand-written stanzas have it: RFC-822-like
 * stanzas, a blank line between them, continuation lines indented (deb-control(5)).
 * @param text the whole file
 * @param form `status`: a stanza counts when its files are there (`install ok installed`, also held packages and such as
 *   were unpacked and not yet configured); `status.d`: a stanza without a `Status` field counts too
 * @returns packages without file lists; `problems` says where the text is no such database. Never throws.
 */
export function parseDpkgStatus(text: string, form: "status" | "status.d"): ParsedPackages {
  const { parsed, add, report } = collectPackages();
  let stanza = new Map<string, string>();
  const finish = (line: number) => {
    if (stanza.size === 0) return;
    const name = stanza.get("package");
    const version = stanza.get("version");
    const status = stanza.get("status");
    const state = status === undefined ? undefined : STATUS.exec(status)?.[1];
    const installed = status === undefined ? form === "status.d" : state !== undefined && FILES_THERE.has(state);
    if (!name) report(`the stanza that ends at line ${line} names no package`);
    else if (status === undefined && form === "status") report(`package ${name} has no status`);
    else if (status !== undefined && state === undefined) report(`package ${name} has a status that is none`);
    else if (installed && !version) report(`package ${name} has no version`);
    else if (installed && version) add({ name, version });
    stanza = new Map();
  };
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line.trim() === "") finish(number);
    else if (line[0] === " " || line[0] === "\t") {
      if (stanza.size === 0) report(`line ${number} continues nothing`);
    } else {
      const field = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line);
      if (!field) report(`line ${number} is no field`);
      else {
        if (field[1]?.toLowerCase() === "package" && stanza.has("package"))
          report(`line ${number} names a second package in a stanza`);
        takeField(stanza, field[1] ?? "", field[2] ?? "");
      }
    }
  }
  finish(number);
  // Every program that writes this file ends it with a newline; people who write a stanza by hand may not.
  if (form === "status" && text !== "" && !text.endsWith("\n")) report("it ends in the middle of a line");
  return parsed;
}

/** What is wanted, whether it must be installed anew, and the state: dpkg-query(1). */
const STATUS =
  /^(?:unknown|install|hold|deinstall|purge) (?:ok|reinstreq) (not-installed|config-files|half-installed|unpacked|half-configured|triggers-awaited|triggers-pending|installed)$/;
/** States in which all files of the version are on the disk. */
const FILES_THERE = new Set(["unpacked", "half-configured", "triggers-awaited", "triggers-pending", "installed"]);

const KEPT_FIELDS = new Set(["package", "version", "status"]);

function takeField(stanza: Map<string, string>, name: string, value: string): void {
  const key = name.toLowerCase();
  // Any field opens the stanza, so that one without a name is noticed; only the values that are used are kept.
  stanza.set(key, KEPT_FIELDS.has(key) ? value.trimEnd() : "");
}

/** Paths of a dpkg `info/NAME.list` that matter: one absolute path a line. */
export function parseDpkgFileList(text: string): PackageFile[] {
  const files: PackageFile[] = [];
  for (const line of linesWith(text, MARK_OF_WORTH)) {
    if (files.length >= MAX_FILES_OF_PACKAGE) break;
    if (line.startsWith("/") && isWorthOwning(line)) files.push({ path: line });
  }
  return files;
}

/** Paths of a dpkg `NAME.md5sums` that matter: digest, two spaces, path relative to the root. */
export function parseDpkgSums(text: string): PackageFile[] {
  const files: PackageFile[] = [];
  for (const line of linesWith(text, MARK_OF_WORTH)) {
    if (files.length >= MAX_FILES_OF_PACKAGE) break;
    const [, md5, name] = /^([0-9a-f]{32})\s+\.?\/?(.+)$/.exec(line) ?? [];
    if (name !== undefined && isWorthOwning(`/${name}`)) files.push({ path: `/${name}`, digest: `md5:${md5}` });
  }
  return files;
}
