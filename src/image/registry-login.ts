import type { Agent } from "node:http";
import * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";
import { type HttpResponse, readBody, sendRequest } from "./http.ts";
import type { ReadLimits } from "./limits.ts";
import { type Challenge, parseChallenges } from "./registry-challenge.ts";
import { type FoundLogin, isToken, type Login } from "./registry-credentials.ts";
import type { RegistryName } from "./registry-name.ts";

export interface LoginContext {
  name: RegistryName;
  /** Whether a host may be spoken to without TLS: only where the registry itself is. */
  mayBePlain(host: string): boolean;
  /** Asked at most once. */
  findLogin(): Promise<FoundLogin>;
  /** Takes secrets out of what a server says. */
  hide(text: string): string;
  agentFor(url: URL): Agent;
  signal: AbortSignal;
  /** Milliseconds. */
  idle: number;
  /** As for any request. */
  limits: ReadLimits;
}

const tokenSchema = z.object({
  token: z.optional(z.nullable(z.string())),
  access_token: z.optional(z.nullable(z.string())),
});

/** Bytes of a token server's answer. */
const TOKEN_BYTES = 256 * 1024;

/**
 * Answers a registry's `401`: the Authorization header for its next request. A token is asked for reading this one repository
 * only. The login goes to the registry or to the token server that it names (over TLS), and is never sent on a redirect.
 * @param header the registry's `WWW-Authenticate`
 * @throws UserError when there is no way in: what to do is in it
 */
export async function authorize(header: string, context: LoginContext): Promise<string> {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer !== undefined) return `Bearer ${await fetchToken(bearer, context)}`;
  const found = await context.findLogin();
  if (!challenges.some(({ scheme }) => scheme === "basic"))
    throw new UserError(`registry ${context.name.host} wants a login of a kind that is not known here`);
  if (found.login === undefined) throw denied(context.name, found);
  if (!("password" in found.login))
    throw new UserError(
      `registry ${context.name.host} wants a user name and a password, ${found.origin} holds a token: run docker login again`,
    );
  return basic(found.login);
}

/** The error for a registry that lets nobody in, or not this login. */
export function denied({ host, repository }: RegistryName, { login, origin, problem, stated }: FoundLogin): UserError {
  if (login !== undefined) {
    const without = stated === true ? "leave both out" : `run docker logout ${host}`;
    return new UserError(
      `registry ${host} refuses the login from ${origin} for ${repository}: check that it is right, not expired, and may read the image; a public image needs none, then ${without}`,
    );
  }
  const trouble = problem === undefined ? "" : ` (${problem})`;
  return new UserError(
    `registry ${host} gives ${repository} to nobody without a login${trouble}: run docker login ${host} first or state user name and password; a name that does not exist gets the same answer`,
  );
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function fetchToken({ parameters }: Challenge, context: LoginContext): Promise<string> {
  const found = await context.findLogin();
  if (found.login !== undefined && "registryToken" in found.login) return found.login.registryToken;
  const realm = checkRealm(parameters.get("realm") ?? "", context);
  const answer = await askToken(realm, parameters, found.login, context);
  const isRefused =
    answer.status === 401 || answer.status === 403 || (answer.status === 400 && found.login !== undefined);
  if (answer.status !== 200) {
    answer.body.destroy();
    if (isRefused) throw denied(context.name, found);
    throw new UserError(
      `registry ${context.name.host} sends to ${context.hide(realm.host)} for a token, which answers ${answer.status}`,
    );
  }
  const token = parseToken(await readBody(answer, TOKEN_BYTES));
  if (token === undefined)
    throw new UserError(`${context.hide(realm.host)}, which registry ${context.name.host} names, gave no token`);
  return token;
}

/**
 * The registry says where the login is sent to, so that must not be a place where others listen. It may be another domain:
 * gitlab.com for registry.gitlab.com, ghcr.io for lscr.io. To allow only the registry's own would guard nothing, for a
 * registry that wants the password itself asks for it by `Basic`; whoever is not the registry gets no say.
 */
function checkRealm(text: string, { name, mayBePlain, hide }: LoginContext): URL {
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  if (realm === undefined)
    throw new UserError(`registry ${name.host} names no valid token server: ${quote(hide(text))}`);
  const isSafe = realm.protocol === "https:" || (realm.protocol === "http:" && mayBePlain(realm.host));
  if (!isSafe || realm.username !== "" || realm.password !== "")
    throw new UserError(
      `registry ${name.host} names a token server that is not used, because it is not HTTPS: ${quote(hide(realm.origin))}`,
    );
  return realm;
}

function askToken(
  realm: URL,
  parameters: ReadonlyMap<string, string>,
  login: Exclude<Login, { registryToken: string }> | undefined,
  { name, agentFor, signal, idle, limits }: LoginContext,
): Promise<HttpResponse> {
  const url = new URL(realm);
  const query = new URLSearchParams();
  const service = parameters.get("service");
  if (service !== undefined) query.set("service", service);
  query.set("scope", chooseScope(parameters.get("scope"), name));
  const request = { agent: agentFor(url), signal, idle, limits };
  if (login !== undefined && "identityToken" in login) {
    query.set("grant_type", "refresh_token");
    query.set("refresh_token", login.identityToken);
    query.set("client_id", "netfilter-compat");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return sendRequest({ ...request, url, method: "POST", body: query.toString(), headers });
  }
  if (login !== undefined) query.set("account", login.username);
  for (const [key, value] of query) url.searchParams.set(key, value);
  return sendRequest({ ...request, url, headers: login === undefined ? {} : { authorization: basic(login) } });
}

/** Some registries have scopes of their own (ECR's public one: `aws`); where it is the usual kind, reading is enough. */
function chooseScope(wanted: string | undefined, { repository }: RegistryName): string {
  return wanted === undefined || wanted === "" || wanted.startsWith("repository:")
    ? `repository:${repository}:pull`
    : wanted;
}

function parseToken(data: Buffer | undefined): string | undefined {
  try {
    const { token, access_token } = tokenSchema.parse(JSON.parse(data?.toString("utf8") ?? ""));
    const found = token || access_token;
    return found && isToken(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
