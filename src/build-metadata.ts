import { closeSync, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { readJson } from "./files/read-bounded.ts";
import { UserError } from "./model/error.ts";

/**
 * Files that `docker buildx build --metadata-file` and `docker buildx bake --metadata-file` write: the names and the digest of
 * what was built. With them a workflow checks exactly what it pushed, whatever its tag points to by now.
 * Source: https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file
 */

/** Bytes: with provenance in it, some hundred kilobytes. */
const maximumSize = 16 * 1024 * 1024;

/**
 * Puts `NAME@DIGEST` in the place of each reference that is a metadata file. Behind `FILE#` stands a target of bake.
 * @param references as the user wrote them
 * @param folder relative paths start here
 * @throws UserError for a metadata file that names no image
 */
export function expandBuildMetadata(references: readonly string[], folder: string): string[] {
  return references.flatMap((reference) => {
    const [, path = "", target] = /^([^#]+)(?:#([^#]*))?$/.exec(reference) ?? [];
    return isDocument(resolve(folder, path)) ? readImages(resolve(folder, path), path, target) : [reference];
  });
}

/** No archive begins with a brace. What can't be read is none either: whoever opens the image says why. */
function isDocument(path: string): boolean {
  try {
    return statSync(path).isFile() && firstByteOf(path) === "{";
  } catch {
    return false;
  }
}

function firstByteOf(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const first = Buffer.alloc(1);
    return first.toString("latin1", 0, readSync(descriptor, first, 0, 1, 0));
  } finally {
    closeSync(descriptor);
  }
}

function readImages(path: string, shown: string, target: string | undefined): string[] {
  const value = readJson({ path, shown, limit: maximumSize, what: "a metadata file of docker buildx" }).value as Fields;
  if (isBuilt(value)) {
    if (target === undefined) return [nameImage(value, shown)];
    throw new UserError(`${shown}#${target}: the file is of one build and has no targets; leave out what follows #`);
  }
  const targets = Object.entries(value).flatMap(([name, fields]) => (isBuilt(fields) ? [{ name, fields }] : []));
  if (targets.length === 0)
    throw new UserError(
      `${shown}: neither an image archive nor a metadata file of docker buildx (containerimage.digest is not in it)`,
    );
  const chosen = target === undefined ? targets : targets.filter(({ name }) => name === target);
  if (chosen.length === 0)
    throw new UserError(`${shown}: has no target ${target}; it has ${targets.map(({ name }) => name).join(", ")}`);
  return chosen.map(({ name, fields }) => nameImage(fields, `${shown}#${name}`));
}

type Fields = Readonly<Record<string, unknown>>;

function isBuilt(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && "containerimage.digest" in value;
}

/** `ghcr.io/owner/name:tag,ghcr.io/owner/name:other` with a digest -> `ghcr.io/owner/name@sha256:...` */
function nameImage(fields: Fields, shown: string): string {
  const { "containerimage.digest": digest, "image.name": names } = fields;
  if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new UserError(`${shown}: containerimage.digest is no digest (sha256: and 64 hexadecimal digits)`);
  const name = typeof names === "string" ? (names.split(",")[0] ?? "").trim() : "";
  if (name === "")
    throw new UserError(
      `${shown}: the build has no name (image.name), so it is nowhere but in its output: pass that file`,
    );
  if (!/^\w[\w./:-]{0,511}$/.test(name)) throw new UserError(`${shown}: image.name is not the name of an image`);
  return `${name.replace(/:[^/:]*$/, "")}@${digest}`;
}
