import { linesOf } from "../lines.ts";
import { collectPackages } from "./collect.ts";
import { isWorthOwning, MAX_FILES_OF_PACKAGE, type PackageFile, type ParsedPackages } from "./types.ts";

/**
 * Reads an apk database (`lib/apk/db/installed`): one-letter fields, a blank line after each package. `P:` name, `V:`
 * version, `F:` directory, `R:` file in that directory, `Z:` that file's checksum: `Q1` and a SHA-1, `Q2` and a SHA-256 in
 * base64 (https://wiki.alpinelinux.org/wiki/Apk_spec#Install_DB).
 * @param text the whole file, decoded as latin1 or UTF-8
 * @returns packages with the files that matter; `problems` says where the text is no such database. Never throws.
 */
export function parseApkDatabase(text: string): ParsedPackages {
  const { parsed, add, report } = collectPackages();
  let record = emptyRecord();
  const finish = (line: number) => {
    if (!record.begun) return;
    if (record.name && record.version) add({ name: record.name, version: record.version, files: record.files });
    else report(`the record that ends at line ${line} has no ${record.name ? "version" : "name"}`);
    record = emptyRecord();
  };
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line === "") finish(number);
    else if (line[1] !== ":" || !/[A-Za-z]/.test(line[0] ?? "")) report(`line ${number} is no field`);
    else {
      if (line[0] === "P" && record.name !== "") report(`line ${number} names a second package in a record`);
      takeField(record, line[0] ?? "", line.slice(2));
    }
  }
  finish(number);
  if (text !== "" && !text.endsWith("\n")) report("it ends in the middle of a line");
  return parsed;
}

interface ApkRecord {
  begun: boolean;
  name: string;
  version: string;
  directory: string;
  files: PackageFile[];
  /** The file that the last `R:` named, when it is kept. */
  file: PackageFile | undefined;
}

function emptyRecord(): ApkRecord {
  return { begun: false, name: "", version: "", directory: "", files: [], file: undefined };
}

function takeField(record: ApkRecord, field: string, value: string): void {
  record.begun = true;
  if (field === "P") record.name = value;
  else if (field === "V") record.version = value;
  else if (field === "F") record.directory = value;
  else if (field === "R") {
    const path = record.directory === "" ? `/${value}` : `/${record.directory}/${value}`;
    record.file = record.files.length < MAX_FILES_OF_PACKAGE && isWorthOwning(path) ? { path } : undefined;
    if (record.file) record.files.push(record.file);
  } else if (field === "Z" && record.file) {
    const digest = readChecksum(value);
    if (digest !== undefined) record.file.digest = digest;
  }
}

function readChecksum(value: string): string | undefined {
  const algorithm = value.startsWith("Q1") ? "sha1" : value.startsWith("Q2") ? "sha256" : undefined;
  const hex = Buffer.from(value.slice(2, 80), "base64").toString("hex");
  return algorithm !== undefined && hex.length === (algorithm === "sha1" ? 40 : 64) ? `${algorithm}:${hex}` : undefined;
}
