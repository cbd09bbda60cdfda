import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import type { Environment } from "../model/environment.ts";
import { errorCode, quote } from "./errors.ts";

/** Where a daemon listens. */
export interface DaemonAddress {
  /** For messages: `/var/run/docker.sock`, `10.0.0.1:2376`. */
  place: string;
  /** `http://localhost` for a socket. Its path comes before that of each request, as the docker command has it. */
  base: URL;
  socketPath?: string | undefined;
  tls?: DaemonTls | undefined;
}

export interface DaemonTls {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  /** False where the context says that its server's certificate is not looked at. */
  rejectUnauthorized?: boolean;
}

const DOCKER_SOCKET = "/var/run/docker.sock";
const PODMAN_SOCKET = "/run/podman/podman.sock";

const configSchema = z.object({ currentContext: z.optional(z.nullable(z.string())) });
const metaSchema = z.object({
  Endpoints: z.record(
    z.string(),
    z.object({ Host: z.optional(z.string()), SkipTLSVerify: z.optional(z.nullable(z.boolean())) }),
  ),
});

/**
 * Finds the daemon as the docker command does (https://docs.docker.com/engine/manage-resources/contexts/): DOCKER_HOST, else
 * the context of DOCKER_CONTEXT or of docker's config, else the usual socket; behind it podman's sockets, the user's first.
 * @returns addresses to try until one answers, at least one; or why there can be none
 */
export async function findDaemons(env: Environment): Promise<DaemonAddress[] | { problem: string }> {
  const folder = env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
  if (env.DOCKER_HOST) {
    const isSecure = Boolean(env.DOCKER_TLS_VERIFY) || env.DOCKER_HOST.startsWith("https://");
    const tls = isSecure ? await readCertificates(env.DOCKER_CERT_PATH || folder) : undefined;
    return parseAddress(env.DOCKER_HOST, "DOCKER_HOST is", tls);
  }
  const context = env.DOCKER_CONTEXT || (await readCurrentContext(folder));
  if (context !== undefined && context !== "" && context !== "default") return readContext(folder, context);
  const own = env.XDG_RUNTIME_DIR?.startsWith("/") ? [join(env.XDG_RUNTIME_DIR, "podman/podman.sock")] : [];
  return [DOCKER_SOCKET, ...own, PODMAN_SOCKET].map(toSocket);
}

function toSocket(socketPath: string): DaemonAddress {
  return { place: socketPath, base: new URL("http://localhost"), socketPath };
}

/** @param origin begins the sentence when the address cannot be used */
function parseAddress(host: string, origin: string, tls: DaemonTls | undefined): DaemonAddress[] | { problem: string } {
  const socketPath = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (socketPath !== undefined) return [toSocket(socketPath)];
  if (host.startsWith("ssh://"))
    return {
      problem: `${origin} ${quote(host)}, and daemons are not reached over SSH from here: run docker save -o FILE NAME and pass docker-archive:FILE`,
    };
  const address = `${tls === undefined ? "http" : "https"}://${host.replace(/^(tcp|https?):\/\//, "")}`;
  if (!/^(tcp|https?):\/\/[^/]/.test(host) || !URL.canParse(address))
    return {
      problem: `${origin} ${quote(host)}; unix:///PATH and tcp://HOST:PORT are understood: pass an archive instead`,
    };
  const base = new URL(address);
  // The docker command's default, with TLS too (docker/cli, opts/hosts.go); a URL leaves out the port of its scheme.
  if (host.startsWith("tcp://") && !/:\d+(\/|$)/.test(host)) base.port = "2375";
  return [{ place: base.host, base, tls }];
}

/** Trouble with the file is told where a login is looked for; here it means that nobody chose a context. */
async function readCurrentContext(folder: string): Promise<string | undefined> {
  try {
    return (
      configSchema.parse(JSON.parse(await readFile(join(folder, "config.json"), "utf8"))).currentContext ?? undefined
    );
  } catch {
    return undefined;
  }
}

/** A context is kept under the SHA-256 of its name (docker/cli, cli/context/store). */
async function readContext(folder: string, name: string): Promise<DaemonAddress[] | { problem: string }> {
  const id = createHash("sha256").update(name).digest("hex");
  const file = join(folder, "contexts/meta", id, "meta.json");
  const shown = `docker's context ${quote(name)}`;
  try {
    const endpoint = metaSchema.parse(JSON.parse(await readFile(file, "utf8"))).Endpoints.docker;
    if (endpoint?.Host === undefined) return { problem: `${shown} names no daemon (${file})` };
    const files = await readCertificates(join(folder, "contexts/tls", id, "docker"));
    const isSecure = Object.keys(files).length > 0 || endpoint.SkipTLSVerify === true || /^https:/.test(endpoint.Host);
    const tls = { ...files, ...(endpoint.SkipTLSVerify === true ? { rejectUnauthorized: false } : {}) };
    return parseAddress(endpoint.Host, `${shown} leads to`, isSecure ? tls : undefined);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return { problem: `${shown} does not exist: docker context ls lists those that do` };
    return { problem: `${shown} cannot be read (${file}${code === undefined ? " is damaged" : `: ${code}`})` };
  }
}

/** Files that are absent are left out: then the daemon or we refuse the connection, and say so. */
async function readCertificates(folder: string): Promise<DaemonTls> {
  const files: DaemonTls = {};
  for (const name of ["ca", "cert", "key"] as const) {
    try {
      files[name] = await readFile(join(folder, `${name}.pem`));
    } catch (error) {
      const code = errorCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    }
  }
  return files;
}
