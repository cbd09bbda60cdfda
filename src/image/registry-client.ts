import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import { errorCode, quote } from "./errors.ts";
import { describeConnection, type HttpResponse, readBody, sendRequest } from "./http.ts";
import type { ReadLimits } from "./limits.ts";
import { type Environment, type FoundLogin, findLogin, type RegistryCredentials } from "./registry-credentials.ts";
import { authorize, denied, type LoginContext } from "./registry-login.ts";
import { isLoopback, type RegistryName } from "./registry-name.ts";

/** What is asked of a registry. */
export interface RegistryRequest {
  /** Behind `/v2/REPOSITORY/`. */
  path: string;
  /** For messages: `manifest latest`, `blob sha256:...`. */
  what: string;
  headers?: Record<string, string>;
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
 * Speaks the distribution protocol with the registry of one image. A registry is spoken to over TLS; one on this machine also
 * without, when it has none. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY).
 */
export async function createRegistryClient(
  name: RegistryName,
  { limits, env, credentials }: { limits: ReadLimits; env: Environment; credentials?: RegistryCredentials | undefined },
): Promise<RegistryClient> {
  const deadline = AbortSignal.timeout(limits.networkSeconds * 1000);
  const idle = limits.idleSeconds * 1000;
  const proxyEnv = { ...env } as NodeJS.ProcessEnv;
  const agents = {
    direct: { "http:": new HttpAgent({ keepAlive: true }), "https:": new HttpsAgent({ keepAlive: true }) },
    proxied: new HttpsAgent({ keepAlive: true, proxyEnv }),
  };
  function agentFor(url: URL): HttpAgent {
    if (url.protocol === "http:") return agents.direct["http:"];
    return isLoopback(url.host) ? agents.direct["https:"] : agents.proxied;
  }
  let found: Promise<FoundLogin> | undefined;
  function findOnce(): Promise<FoundLogin> {
    found ??= findLogin(name.host, credentials, env);
    return found;
  }
  /** For the registry's own origin only. */
  let authorization: string | undefined;

  function join(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  }

  function judge(error: unknown, failures: number, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (deadline.aborted)
      return new UserError(`reading from registry ${name.host} takes more than ${limits.networkSeconds} seconds`);
    const failure = describeConnection(error);
    if (failure === undefined) return error;
    if (failure.passing && failures < MAX_FAILURES) return undefined;
    return new UserError(`registry ${name.host}: ${failure.problem}`, { cause: error });
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
    if (!isLoopback(name.apiHost)) return secure;
    try {
      const answer = await sendRequest({ url: secure, agent: agentFor(secure), signal: deadline, idle });
      answer.body.destroy();
      return secure;
    } catch (error) {
      if (isWithoutTls(error)) return new URL(`http://${name.apiHost}/v2/`);
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
      const answer = await sendRequest({ url, headers, agent: agentFor(url), signal, idle });
      if (![301, 302, 303, 307, 308].includes(answer.status)) return { ...answer, url };
      answer.body.destroy();
      url = resolveRedirect(url, answer.header("location"));
    }
    throw new UserError(`registry ${name.host} redirects more than ${MAX_REDIRECTS} times for ${request.what}`);
  }

  function resolveRedirect(from: URL, location: string | undefined): URL {
    const url = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    // The query is a key to the blob: it is never shown.
    const isAllowed = url?.protocol === "https:" || (url?.protocol === "http:" && isPlain && isLoopback(url.host));
    if (url === undefined || !isAllowed)
      throw new UserError(
        `registry ${name.host} redirects to ${url === undefined ? "no valid address" : quote(url.origin)}, which is not HTTPS`,
      );
    url.username = "";
    url.password = "";
    return url;
  }

  const context: Omit<LoginContext, "signal"> = { name, isPlain, findLogin: findOnce, agentFor, idle };

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
    const detail = await readDetail(answer);
    if (elsewhere !== undefined)
      return new UserError(
        `registry ${name.host} sends to ${elsewhere} for ${what}, which answers ${status}: try again`,
      );
    if (status === 401) return denied(name, await findOnce());
    if (status === 403)
      return new UserError(
        `registry ${name.host} forbids reading ${name.repository}${detail}: the login needs the right to read it`,
      );
    if (status === 404) return new UserError(`registry ${name.host} has no ${what} of ${name.repository}${detail}`);
    if (status === 429) {
      const after = answer.header("retry-after");
      const when = after !== undefined && /^\d{1,6}$/.test(after) ? `in ${after} seconds` : "later";
      const hint = (await findOnce()).login === undefined ? ", or log in: that raises the limit" : "";
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
          throw new UserError(
            `registry ${name.host}: ${request.what} has more than ${limit} bytes, which is the limit`,
          );
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
      for (const agent of [agents.direct["http:"], agents.direct["https:"], agents.proxied]) agent.destroy();
    },
  };
}

/** A server that does not speak TLS answers its greeting with something else, or hangs up. */
function isWithoutTls(error: unknown): boolean {
  const code = errorCode(error);
  return code === "EPROTO" || code === "ECONNRESET" || code?.startsWith("ERR_SSL_") === true;
}

/** Seconds after which the same request may succeed; undefined when it will not. */
function waitFor(answer: HttpResponse): number | undefined {
  const { status } = answer;
  const after = Number(answer.header("retry-after") ?? "0");
  if (status === 429) return Number.isFinite(after) && after >= 0 ? after : 0;
  return status === 500 || (status >= 502 && status <= 504) || status === 408
    ? Math.min(after || 0, MAX_WAIT)
    : undefined;
}

/** What the registry says, for the end of a message. */
async function readDetail(answer: HttpResponse): Promise<string> {
  try {
    const body = await readBody(answer, ERROR_BYTES);
    const [first] = errorsSchema.parse(JSON.parse(body?.toString("utf8") ?? "")).errors;
    return first === undefined ? "" : ` (${quote(first.message || first.code)})`;
  } catch {
    return "";
  }
}
