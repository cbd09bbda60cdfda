import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";

/** An image as the user names it; the transports are skopeo's. */
export type ImageReference =
  | { transport: "docker-archive" | "oci-archive"; path: string; name?: string | undefined }
  | { transport: "oci"; path: string; name?: string | undefined; digest?: string | undefined }
  /** A bare path; its content tells the form. */
  | { transport: "path"; path: string; name?: string | undefined; digest?: string | undefined }
  | { transport: "docker-daemon"; name: string }
  /** `docker://`: a registry. */
  | { transport: "registry"; name: string }
  /** A bare name: the daemon, and the registry too when the name says clearly that it is in one. */
  | { transport: "name"; name: string; registry: boolean };

/** Transports of skopeo that are not read here. */
const OTHER_TRANSPORTS = ["containers-storage", "dir", "ostree", "sif", "tarball", "containerd", "atomic"];

/**
 * Parses an image reference.
 * @param text as the user wrote it
 * @param exists whether a path exists; asked only to tell a bare path from a name and a `#` in a path from a choice
 * @throws UserError saying what is accepted
 */
export function parseReference(text: string, exists: (path: string) => boolean): ImageReference {
  const reference = text.trim();
  if (reference === "") throw new UserError("an image reference is empty");
  refuseLogin(reference, exists);
  const registry = /^docker:\/\/(.+)$/.exec(reference)?.[1];
  if (registry !== undefined) return { transport: "registry", name: registry };
  const [, transport, rest = ""] = /^([a-z-]+):(.*)$/s.exec(reference) ?? [];
  if (transport === "docker-archive" || transport === "oci-archive")
    return { transport, ...splitName(requireRest(rest, reference), exists) };
  if (transport === "oci") return { transport, ...splitDigest(requireRest(rest, reference), exists) };
  if (transport === "docker-daemon") return { transport, name: requireRest(rest, reference) };
  if (transport !== undefined && OTHER_TRANSPORTS.includes(transport) && /^[./[]/.test(rest)) throw unknown(reference);
  // A tag has no slash.
  if (/^docker:(.*\/|$)/.test(reference) || /^[a-z-]+:\/\//.test(reference)) throw unknown(reference);
  if (looksLikePath(reference, exists)) return { transport: "path", ...splitDigest(reference, exists) };
  return { transport: "name", name: reference, registry: isRegistryName(reference) };
}

/** A password in a name would be shown with the name, in logs and comments. */
function refuseLogin(reference: string, exists: (path: string) => boolean): void {
  const [, transport = "", rest] = /^((?:[a-z-]+:)?(?:\/\/)?)[^/@\s]+:\S*@([^/@\s]+\/.*)$/s.exec(reference) ?? [];
  if (rest === undefined || exists(reference)) return;
  throw new UserError(
    `${quote(`${transport}...@${rest}`)}: a login does not belong into the name of an image: use docker login, or the inputs registry-username and registry-password`,
  );
}

function looksLikePath(text: string, exists: (path: string) => boolean): boolean {
  const path = text.replace(/#[^#]*$/, "");
  return /^[./]/.test(text) || /\.(tar|tar\.gz|tgz)$/.test(path) || exists(text) || exists(path);
}

/** `ghcr.io/owner/name`, `localhost:5000/name` or `name@sha256:...`. */
function isRegistryName(name: string): boolean {
  const host = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
  return /[.:]/.test(host) || host === "localhost" || /@sha(256|512):[0-9a-f]+$/.test(name);
}

function splitName(text: string, exists: (path: string) => boolean): { path: string; name?: string } {
  const hash = text.lastIndexOf("#");
  if (hash < 0 || exists(text)) return { path: text };
  const name = text.slice(hash + 1);
  if (hash === 0 || name === "") throw new UserError(`${quote(text)}: expected PATH#NAME:TAG`);
  return { path: text.slice(0, hash), name };
}

function splitDigest(
  text: string,
  exists: (path: string) => boolean,
): { path: string; name?: string; digest?: string } {
  const at = text.lastIndexOf("@");
  if (at <= 0 || !text.slice(at + 1).startsWith("sha") || exists(text)) return splitName(text, exists);
  const digest = text.slice(at + 1);
  if (!/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest))
    throw new UserError(`${quote(text)}: ${quote(digest)} is not a digest (sha256: and 64 hexadecimal digits)`);
  return { path: text.slice(0, at), digest };
}

function requireRest(rest: string, reference: string): string {
  if (rest === "") throw new UserError(`${quote(reference)}: nothing follows the transport`);
  return rest;
}

function unknown(reference: string): UserError {
  return new UserError(
    `${quote(reference)}: unknown transport; known are docker-archive:PATH, oci-archive:PATH, oci:DIR, docker-daemon:NAME and docker://NAME`,
  );
}
