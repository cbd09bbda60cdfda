import { Agent as HttpAgent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod/mini";
import type { Environment } from "../model/environment.ts";
import { UserError } from "../model/error.ts";
import { errorCode, quote } from "./errors.ts";
import { describeConnection, type HttpResponse, loadHttps, readBody, sendRequest } from "./http.ts";
import { exceeded, type ReadLimits } from "./limits.ts";
import { READ, readingAgent, TLS_READ } from "./reading-agent.ts";
import { type FoundLogin, findLogin, type RegistryCredentials } from "./registry-credentials.ts";
import { authorize, denied, type LoginContext } from "./registry-login.ts";
import { isLoopback, parseInsecureRegistry, type RegistryName } from "./registry-name.ts";
import { createSecrets, type Secrets } from "./registry-secrets.ts";

/** What is asked of a registry. */
export interface RegistryRequest {
  /** Behind `/v2/REPOSITORY/`. */
  path: string;
  /** For messages: `manifest latest`, `blob sha256:...`. */
  what: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** What a client is made with, beside the name. */
export interface ClientOptions {
  limits: ReadLimits;
  env: Environment;
  credentials?: RegistryCredentials | undefined;
  /** `HOST[:PORT]` as image names have it. */
  insecureRegistries?: readonly string[] | undefined;
  /** Of the whole inspection. */
  signal?: AbortSignal | undefined;
}

export interface RegistryClient {
  name: RegistryName;
  /** Gives an answer of status 200 or 206; logs in, follows redirects and tries again as needed. */
  get(request: RegistryRequest): Promise<HttpResponse>;
  /** The same, read whole. */
  read(request: RegistryRequest, limit: number): Promise<{ data: Buffer; answer: HttpResponse }>;
  /** The error that a failed connection amounts to, or undefined when trying again may help and `failures` are few. */
  judge(error: unknown, failures: number, signal: AbortSignal | undefined): unknown;
  /** Waits before the next try. */
  pause(failures: number, signal: AbortSignal | undefined): Promise<void>;
  close(): void;
}

/** Failures in a row, without a byte between them, after which there are no more tries. */
const MAX_FAILURES = 4;
const MAX_REDIRECTS = 5;
/** Seconds that are waited when a registry says so; a longer wait is for the user to decide on. */
const MAX_WAIT = 30;
/** Bytes read of an error's body. */
const ERROR_BYTES = 64 * 1024;
/** Milliseconds before the second try; each further one doubles it. */
const FIRST_PAUSE = 300;

const errorsSchema = z.object({ errors: z.array(z.object({ code: z.string(), message: z.optional(z.string()) })) });

/**
 * Speaks the distribution protocol with the registry of one image. A registry is spoken to over TLS; one on this machine, and
 * one that the user says may be, also without, when it has none. A certificate that is not trusted is refused everywhere.
 * Proxies are those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
 */
export async function createRegistryClient(
  name: RegistryName,
  { limits, env, credentials, insecureRegistries = [], signal: whole }: ClientOptions,
): Promise<RegistryClient> {
  const timeout = AbortSignal.timeout(limits.networkSeconds * 1000);
  const deadline = whole === undefined ? timeout : AbortSignal.any([timeout, whole]);
  const idle = limits.idleSeconds * 1000;
  const proxyEnv = { ...env } as NodeJS.ProcessEnv;
  const HttpsAgent = loadHttps().Agent;
  const agents = {
    direct: {
      "http:": readingAgent(new HttpAgent({ keepAlive: true }), READ),
      "https:": readingAgent(new HttpsAgent({ keepAlive: true }), TLS_READ),
    },
    proxied: {
      "http:": readingAgent(new HttpAgent({ keepAlive: true, proxyEnv }), READ),
      "https:": readingAgent(new HttpsAgent({ keepAlive: true, proxyEnv }), TLS_READ),
    },
  };
  const insecure = insecureRegistries.map(parseInsecureRegistry);
  /** Nobody else can listen there, or the user takes that risk. What a remote registry says leads nowhere on this machine. */
  function mayBePlain(host: string): boolean {
    return insecure.includes(host) || (isLoopback(host) && isLoopback(name.apiHost));
  }
  function agentFor(url: URL): HttpAgent {
    const protocol = url.protocol === "http:" ? "http:" : "https:";
    return (isLoopback(url.host) ? agents.direct : agents.proxied)[protocol];
  }
  let found: Promise<FoundLogin> | undefined;
  const secrets = createSecrets();
  function findOnce(): Promise<FoundLogin> {
    found ??= findLogin(name.host, credentials, env, { signal: deadline }).then((login) => {
      secrets.addLogin(login);
      return login;
    });
    return found;
  }
  /** For the registry's own origin only. */
  let authorization: string | undefined;

  function join(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  }

  function judge(error: unknown, failures: number, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (whole?.aborted) return whole.reason;
    if (deadline.aborted) return exceeded("network-time", limits, `reading from registry ${name.host}`);
    const failure = describeConnection(error);
    if (failure === undefined) return error;
    if (failure.passing && failures < MAX_FAILURES) return undefined;
    return new UserError(`registry ${name.host}: ${failure.problem}${hintAtTls(error)}`, { cause: error });
  }

  function hintAtTls(error: unknown): string {
    if (errorCode(error) !== "EPROTO" && !errorCode(error)?.startsWith("ERR_SSL_")) return "";
    return mayBePlain(name.apiHost)
      ? ""
      : `; it probably does not speak TLS, and without it only registries of this machine are read: if you trust the network, pass --insecure-registry ${name.host} (input insecure-registries)`;
  }

  async function pause(failures: number, signal: AbortSignal | undefined, seconds = 0): Promise<void> {
    const time = Math.max(seconds * 1000, FIRST_PAUSE * 2 ** (failures - 1));
    try {
      await wait(time, undefined, { signal: join(signal) });
    } catch (error) {
      throw judge(error, failures, signal);
    }
  }

  async function findBase(): Promise<URL> {
    const secure = new URL(`https://${name.apiHost}/v2/`);
    if (!mayBePlain(name.apiHost)) return secure;
    try {
      const answer = await sendRequest({ url: secure, agent: agentFor(secure), signal: deadline, idle, limits });
      answer.body.destroy();
      return secure;
    } catch (error) {
      if (isWithoutTls(error, secure)) return new URL(`http://${name.apiHost}/v2/`);
      throw judge(error, MAX_FAILURES, undefined);
    }
  }
  const base = await findBase();
  const isPlain = base.protocol === "http:";

  /** One request with its redirects. Nothing but the request's own headers leaves for another origin. */
  async function follow(
    start: URL,
    request: RegistryRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse & { url: URL }> {
    let url = start;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const login: Record<string, string> =
        url.origin === base.origin && authorization !== undefined ? { authorization } : {};
      const headers = { ...request.headers, ...login };
      const answer = await sendRequest({ url, headers, agent: agentFor(url), signal, idle, limits });
      if (![301, 302, 303, 307, 308].includes(answer.status)) return { ...answer, url };
      answer.body.destroy();
      url = resolveRedirect(url, answer.header("location"));
    }
    throw new UserError(`registry ${name.host} redirects more than ${MAX_REDIRECTS} times for ${request.what}`);
  }

  function resolveRedirect(from: URL, location: string | undefined): URL {
    const url = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    // The query is a key to the blob: it is never shown.
    const isAllowed = url?.protocol === "https:" || (url?.protocol === "http:" && isPlain && mayBePlain(url.host));
    if (url === undefined || !isAllowed)
      throw new UserError(
        `registry ${name.host} redirects to ${url === undefined ? "no valid address" : quote(secrets.hide(`${url.protocol}//${url.host}`))}, which is not HTTPS`,
      );
    url.username = "";
    url.password = "";
    return url;
  }

  const context: Omit<LoginContext, "signal"> = {
    name,
    mayBePlain: (host) => isPlain && mayBePlain(host),
    findLogin: findOnce,
    hide: secrets.hide,
    agentFor,
    idle,
    limits,
  };

  async function get(request: RegistryRequest): Promise<HttpResponse> {
    const signal = join(request.signal);
    const url = new URL(`${name.repository}/${request.path}`, base);
    let mayLogIn = true;
    for (let failures = 1; ; failures++) {
      try {
        const answer = await follow(url, request, signal);
        if (answer.status === 200 || answer.status === 206) return answer;
        const isOwn = answer.url.origin === base.origin;
        if (answer.status === 401 && isOwn && mayLogIn) {
          answer.body.destroy();
          // Once a request: also a token that was good may have expired.
          mayLogIn = false;
          authorization = await authorize(answer.header("www-authenticate") ?? "", { ...context, signal });
          secrets.addAuthorization(authorization);
          failures--;
          continue;
        }
        const seconds = waitFor(answer);
        if (seconds === undefined || seconds > MAX_WAIT || failures >= MAX_FAILURES)
          throw await describeAnswer(answer, request.what, isOwn ? undefined : answer.url.host);
        answer.body.destroy();
        await pause(failures, request.signal, seconds);
      } catch (error) {
        const judged = judge(error, failures, request.signal);
        if (judged !== undefined) throw judged;
        await pause(failures, request.signal);
      }
    }
  }

  async function describeAnswer(answer: HttpResponse, what: string, elsewhere: string | undefined): Promise<UserError> {
    const { status } = answer;
    const detail = await readDetail(answer, secrets);
    if (elsewhere !== undefined)
      return new UserError(
        `registry ${name.host} sends to ${secrets.hide(elsewhere)} for ${what}, which answers ${status}: try again`,
      );
    if (status === 401) return denied(name, await findOnce());
    if (status === 403)
      return new UserError(
        `registry ${name.host} forbids reading ${name.repository}${detail}: the login needs the right to read it`,
      );
    if (status === 404) return new UserError(`registry ${name.host} has no ${what} of ${name.repository}${detail}`);
    if (status === 429) {
      const seconds = retryAfter(answer);
      const when = seconds === undefined ? "later" : `in ${seconds} seconds`;
      const hint = (await findOnce()).login === undefined ? ", or log in: many registries give more to who does" : "";
      return new UserError(`registry ${name.host} limits the number of requests${detail}: try again ${when}${hint}`);
    }
    const hint = status >= 500 ? ": try again later" : "";
    return new UserError(`registry ${name.host} answers ${status} for ${what}${detail}${hint}`);
  }

  async function read(request: RegistryRequest, limit: number): Promise<{ data: Buffer; answer: HttpResponse }> {
    for (let failures = 1; ; failures++) {
      const answer = await get(request);
      try {
        const data = await readBody(answer, limit);
        if (data === undefined)
          throw exceeded("document-size", { ...limits, jsonBytes: limit }, `registry ${name.host}: ${request.what}`);
        return { data, answer };
      } catch (error) {
        const judged = judge(error, failures, request.signal);
        if (judged !== undefined) throw judged;
        await pause(failures, request.signal);
      }
    }
  }

  return {
    name,
    get,
    read,
    judge,
    pause: (failures, signal) => pause(failures, signal),
    close() {
      for (const pair of [agents.direct, agents.proxied]) for (const agent of Object.values(pair)) agent.destroy();
    },
  };
}

/** A server that does not speak TLS answers its greeting with something else, or hangs up; at TLS' own port nobody listens. */
function isWithoutTls(error: unknown, { port }: URL): boolean {
  const code = errorCode(error);
  if (code === "ECONNREFUSED") return port === "";
  return code === "EPROTO" || code === "ECONNRESET" || code?.startsWith("ERR_SSL_") === true;
}

/** Seconds after which the same request may succeed; undefined when it will not. */
function waitFor(answer: HttpResponse): number | undefined {
  const { status } = answer;
  const after = retryAfter(answer) ?? 0;
  if (status === 429) return after;
  return status === 500 || (status >= 502 && status <= 504) || status === 408 ? Math.min(after, MAX_WAIT) : undefined;
}

/** Seconds that `Retry-After` asks for, as a number or as a date (RFC 9110, section 10.2.3); undefined without a usable one. */
function retryAfter(answer: HttpResponse): number | undefined {
  const text = answer.header("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const time = /^[A-Z][a-z]+, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}

/** What the registry says, for the end of a message. */
async function readDetail(answer: HttpResponse, { hide }: Secrets): Promise<string> {
  try {
    const body = await readBody(answer, ERROR_BYTES);
    const [first] = errorsSchema.parse(JSON.parse(body?.toString("utf8") ?? "")).errors;
    return first === undefined ? "" : ` (${quote(hide(first.message || first.code))})`;
  } catch {
    return "";
  }
}
