import { type FailedRequest, isRateLimit, waitBeforeRetry } from "./back-off.ts";

/** GitHub's API, with retries that end. */

/** Everything we ask of GitHub for one report takes at most this long, waiting included. Milliseconds. */
const DEADLINE = 25_000;
/** The plugin only waits; which failures it waits for is decided by {@link waitBeforeRetry}. */
const ALL_STATUSES = Array.from({ length: 200 }, (_, index) => 400 + index);

export interface ClientOptions {
  token: string;
  /** `GITHUB_API_URL`; another one on GitHub Enterprise Server. */
  apiUrl: string;
  /** Unit of the waiting between tries. Milliseconds, default 1000. */
  retryUnit?: number;
  /** Milliseconds for all requests together, default 25,000. */
  deadline?: number;
  /** Debug lines of the HTTP client. */
  debug?: (line: string) => void;
}

export type Client = Awaited<ReturnType<typeof createClient>>;

/**
 * A client for one repository's API that honours the proxy variables and sends the token to `apiUrl` only.
 * Every call fails once the client is 25 s old. Call {@link release} when done.
 */
export async function createClient(options: ClientOptions) {
  // @actions/github reads and parses the event file when it is loaded; loaded here, a broken one costs the comment only.
  const [{ GitHub, getOctokitOptions }, { retry }] = await Promise.all([
    import("@actions/github/lib/utils"),
    import("@octokit/plugin-retry"),
  ]);
  const debug = options.debug ?? (() => {});
  const deadline = new AbortController();
  const end = Date.now() + (options.deadline ?? DEADLINE);
  const timer = setTimeout(() => deadline.abort(), end - Date.now());
  timer.unref();
  // Before the other plugin, so that its waiting comes around ours.
  const Octokit = GitHub.plugin((octokit) => {
    octokit.hook.error("request", (error, request) => {
      throw planRetry(error, request.request?.retryCount ?? 0, (end - Date.now()) / 1000);
    });
    return {};
  }, retry);
  const octokit = new Octokit({
    ...getOctokitOptions(options.token),
    baseUrl: options.apiUrl.replace(/\/+$/, ""),
    userAgent: "netfilter-compat",
    retry: { doNotRetry: ALL_STATUSES, retryAfterBaseValue: options.retryUnit ?? 1000 },
    log: { debug, info: debug, warn: debug, error: debug },
  });
  const { origin } = new URL(options.apiUrl);
  octokit.hook.before("request", (request) => {
    deadline.signal.throwIfAborted();
    // The address of a list's next page comes from an answer.
    if (new URL(request.url, origin).origin !== origin) throw new Error("an answer leads to another host");
    request.request = { ...request.request, signal: deadline.signal };
  });
  return Object.assign(octokit, { release: () => clearTimeout(timer) });
}

/** Tells the plugin whether and when to ask again: it reads `request.request` of the error. */
function planRetry(error: unknown, retries: number, left: number): unknown {
  const failed = describe(error);
  if (failed === undefined) return error;
  const wait = waitBeforeRetry({ ...failed, tries: retries + 1 }, Date.now() / 1000, left);
  const { request } = error as { request?: { request?: object } };
  if (request !== undefined)
    request.request = { ...request.request, retries: wait === undefined ? 0 : retries + 1, retryAfter: wait ?? 0 };
  return error;
}

/** What a failed request says for itself; undefined for any other error. */
function describe(error: unknown): Omit<FailedRequest, "tries"> | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return undefined;
  const { response } = error as { response?: { headers?: FailedRequest["headers"] } };
  return { status: error.status, headers: response?.headers ?? {}, message: error.message };
}

/** GitHub refused because it is asked too often, by this job or by others with the same token. */
export function isRateLimited(error: unknown): boolean {
  const failed = describe(error);
  return failed !== undefined && isRateLimit(failed);
}

/** Status of a failed request; undefined for what never got an answer. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error) || !("response" in error)) return undefined;
  return typeof error.status === "number" && error.response !== undefined ? error.status : undefined;
}
