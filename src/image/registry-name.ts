import { UserError } from "../model/error.ts";
import { parseDigest } from "./digest.ts";
import { quote } from "./errors.ts";

/** Where an image is, from a name as users write it. */
export interface RegistryName {
  /** As people call it: `docker.io`, `ghcr.io`, `localhost:5000`. */
  host: string;
  /** The host that serves the API. */
  apiHost: string;
  /** `library/nginx`. */
  repository: string;
  /** Tag or digest. */
  reference: string;
  /** Set when the reference is one. */
  digest?: string | undefined;
}

// The grammar of https://github.com/distribution/reference, 2025
const HOST = /^(localhost|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const MAX_NAME = 255;

/** Names under which Docker Hub is known; one of them serves its API. */
const DOCKER_HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/**
 * Parses `[HOST/]REPOSITORY[:TAG][@DIGEST]`. Without a host it is Docker Hub's, without tag and digest `latest`; with both the
 * digest counts.
 * @throws UserError saying what is wrong with the name
 */
export function parseRegistryName(text: string): RegistryName {
  const { rest, digest } = splitDigest(text);
  const colon = rest.lastIndexOf(":");
  const hasTag = colon > rest.lastIndexOf("/");
  const tag = hasTag ? rest.slice(colon + 1) : "latest";
  const path = hasTag ? rest.slice(0, colon) : rest;
  const { host, repository } = splitHost(path);
  if (!isHost(host)) throw new UserError(`${quote(host)} is not the host of a registry`);
  if (repository.length > MAX_NAME || !REPOSITORY.test(repository))
    throw new UserError(
      `${quote(repository)} is not the name of a repository: lower-case letters, digits, and . _ - between them`,
    );
  if (!TAG.test(tag)) throw new UserError(`${quote(tag)} is not a tag`);
  const isHub = DOCKER_HUB.has(host);
  return {
    host: isHub ? "docker.io" : host,
    apiHost: isHub ? "registry-1.docker.io" : host,
    repository: isHub && !repository.includes("/") ? `library/${repository}` : repository,
    reference: digest ?? tag,
    digest,
  };
}

/** The grammar leaves open what is no address: `host:99999`, `127.999.1.1`. */
function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`https://${text}/`);
}

function splitDigest(text: string): { rest: string; digest?: string | undefined } {
  const at = text.indexOf("@");
  if (at < 0) return { rest: text };
  const digest = text.slice(at + 1);
  if (parseDigest(digest) === undefined)
    throw new UserError(`${quote(digest)} is not a digest (sha256: and 64 hexadecimal digits)`);
  return { rest: text.slice(0, at), digest };
}

function splitHost(path: string): { host: string; repository: string } {
  const slash = path.indexOf("/");
  const first = slash < 0 ? "" : path.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (!isHost) return { host: "docker.io", repository: path };
  return { host: first.toLowerCase(), repository: path.slice(slash + 1) };
}

/** True for hosts (with or without a port) that no other machine can listen on: only these are spoken to without TLS. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || /^127(\.[0-9]{1,3}){3}$/.test(name) || name === "[::1]";
}

/**
 * Reads a registry that may be spoken to without TLS, `HOST[:PORT]` as image names have it.
 * @throws UserError for anything else
 */
export function parseInsecureRegistry(text: string): string {
  const host = text.trim().toLowerCase();
  if (!isHost(host))
    throw new UserError(
      `--insecure-registry (input insecure-registries): ${quote(text)} is not the host of a registry: write HOST or HOST:PORT as in the image's name`,
    );
  return DOCKER_HUB.has(host) ? "registry-1.docker.io" : host;
}
