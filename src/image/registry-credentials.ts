import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import type { Environment } from "../model/environment.ts";
import { errorCode, quote } from "./errors.ts";

/** A login that the user states, rather than `docker login`. */
export interface RegistryCredentials {
  username: string;
  password: string;
  /** The only registry it is for, e.g. `ghcr.io`; absent: every registry that is asked and wants a login. */
  registry?: string | undefined;
}

/** What a registry is shown: `identityToken` only its token server, for a token; `registryToken` only itself, as it is. */
export type Login = { username: string; password: string } | { identityToken: string } | { registryToken: string };

export interface FoundLogin {
  login?: Login | undefined;
  /** Where it is from, for messages: `~/.docker/config.json`. */
  origin: string;
  /** The user gave it for this run. */
  stated?: boolean;
  /** Why there may be a login that could not be had: for the message should access be refused. */
  problem?: string | undefined;
}

const entrySchema = z.object({
  auth: z.optional(z.nullable(z.string())),
  identitytoken: z.optional(z.nullable(z.string())),
  registrytoken: z.optional(z.nullable(z.string())),
});
const configSchema = z.object({
  auths: z.optional(z.nullable(z.record(z.string(), z.nullable(entrySchema)))),
  credHelpers: z.optional(z.nullable(z.record(z.string(), z.string()))),
  credsStore: z.optional(z.nullable(z.string())),
});
type DockerConfig = z.infer<typeof configSchema>;
const helperSchema = z.object({ Username: z.string(), Secret: z.string() });

/** Under this name `docker login` keeps what is for Docker Hub. */
const HUB_KEY = "https://index.docker.io/v1/";
/** Seconds; a helper may have to ask a cloud's API. */
const HELPER_SECONDS = 30;
const HELPER_BYTES = 64 * 1024;

/** How long a credential helper may take. */
export interface HelperBounds {
  /** Aborted when the time of everything around it is over; what it is aborted with is then thrown. */
  signal?: AbortSignal | undefined;
  /** Of its own, in seconds. */
  seconds?: number | undefined;
}

/**
 * Finds the login for a registry: the stated one, else what `docker login` left (`$DOCKER_CONFIG` or `~/.docker`), in the
 * order of the docker command: the host's own helper, the store, the file. Nothing is asked before a registry wants it.
 * Trouble on the way is no error yet: public images need no login.
 * @param host as people call it, `docker.io` for Docker Hub
 */
export async function findLogin(
  host: string,
  stated: RegistryCredentials | undefined,
  env: Environment,
  bounds: HelperBounds = {},
): Promise<FoundLogin> {
  if (stated !== undefined && (stated.registry === undefined || sameHost(stated.registry, host)))
    return {
      login: { username: stated.username, password: stated.password },
      origin: "the user name given",
      stated: true,
    };
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker"), "config.json");
  const config = await readConfig(path);
  if (config === undefined) return { origin: path };
  if ("problem" in config) return { origin: path, problem: `${path} ${config.problem}` };
  const helper = find(config.credHelpers, host) || config.credsStore;
  if (helper) return askHelper(helper, host === "docker.io" ? HUB_KEY : host, env, bounds);
  const entry = find(config.auths, host);
  return entry ? { ...decodeEntry(entry, path), origin: path } : { origin: path };
}

async function readConfig(path: string): Promise<DockerConfig | { problem: string } | undefined> {
  try {
    const parsed = configSchema.safeParse(JSON.parse(await readFile(path, "utf8")));
    return parsed.success ? parsed.data : { problem: "does not have the form of docker's config" };
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { problem: code === undefined ? "is not valid JSON" : `cannot be read (${code})` };
  }
}

function sameHost(key: string, host: string): boolean {
  const bare = key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return (bare === "index.docker.io" || bare === "registry-1.docker.io" ? "docker.io" : bare) === host;
}

/** Keys may be URLs: old logins wrote `https://HOST/v1/`. The exact key wins. */
function find<T>(table: Record<string, T> | null | undefined, host: string): T | undefined {
  const entries = Object.entries(table ?? {});
  const exact = host === "docker.io" ? HUB_KEY : host;
  return (entries.find(([key]) => key === exact) ?? entries.find(([key]) => sameHost(key, host)))?.[1];
}

function decodeEntry(entry: z.infer<typeof entrySchema>, path: string): Pick<FoundLogin, "login" | "problem"> {
  // In this order: AuthConfig of https://github.com/moby/moby, distribution/registry.go
  if (entry.registrytoken)
    return isToken(entry.registrytoken)
      ? { login: { registryToken: entry.registrytoken } }
      : { problem: `${path} holds a token that cannot be sent` };
  if (entry.identitytoken) return { login: { identityToken: entry.identitytoken } };
  if (!entry.auth) return {};
  const text = Buffer.from(entry.auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon <= 0) return { problem: `${path} holds a login that is not base64 of NAME:PASSWORD` };
  // Old versions of docker padded with NUL.
  return { login: { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") } };
}

/** True for what can stand in a header. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** What a credential program prints is never shown: it may be a secret. */
async function askHelper(helper: string, key: string, env: Environment, bounds: HelperBounds): Promise<FoundLogin> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper)) return { origin: program, problem: `${quote(program)} is no program's name` };
  const { end, output } = await runHelper(program, key, env, bounds);
  // EACCES too: a folder of PATH that may not be entered may or may not hold it.
  if (end === "ENOENT" || end === "EACCES") return { origin: program, problem: `${program} is not installed` };
  if (end !== "")
    return end.startsWith("failed") && /not found/i.test(output)
      ? { origin: program }
      : { origin: program, problem: `${program} ${end}` };
  try {
    const { Username, Secret } = helperSchema.parse(JSON.parse(output));
    if (Secret === "") return { origin: program };
    const login = Username === "<token>" ? { identityToken: Secret } : { username: Username, password: Secret };
    return { origin: program, login };
  } catch {
    return { origin: program, problem: `${program} answered something else than credentials` };
  }
}

/**
 * The protocol of https://github.com/docker/docker-credential-helpers: the key on stdin, JSON on stdout.
 * @returns `end`: empty when all went well, else a system error's code or what happened, for the end of a sentence
 */
function runHelper(
  program: string,
  key: string,
  env: Environment,
  { signal, seconds = HELPER_SECONDS }: HelperBounds,
): Promise<{ end: string; output: string }> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, ["get"], { env: { ...env }, stdio: ["pipe", "pipe", "ignore"] });
    let output = "";
    let stopped: string | undefined;
    // Not a signal that it may ignore. Also lets go of the pipe: a program that it started may hold the other end for ever.
    function stop(why: string): void {
      stopped ??= why;
      child.kill("SIGKILL");
      child.stdout.destroy();
    }
    const timer = setTimeout(() => stop(`gave no answer within its ${seconds} seconds`), seconds * 1000);
    const onAbort = () => stop("");
    signal?.addEventListener("abort", onAbort);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length > HELPER_BYTES) stop(`answered more than ${HELPER_BYTES / 1024} KiB`);
    });
    function settle(end: string): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      if (signal?.aborted) reject(signal.reason);
      else resolve({ end: stopped ?? end, output });
    }
    child.on("error", (error) => settle(errorCode(error) ?? "failed"));
    child.on("close", (code, ended) => settle(code === 0 ? "" : `failed (${code ?? `ended by ${ended}`})`));
    // A program that does not read its input is none of our business.
    child.stdin.on("error", () => {});
    child.stdin.end(key);
  });
}
