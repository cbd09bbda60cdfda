/** GitHub's API, with retries that end. */

/** Everything we ask of GitHub for one report takes at most this long, waiting included. Milliseconds. */
const DEADLINE = 25_000;
/** Two retries after 1 s and 4 s for each request. */
const RETRIES = 2;
/** Statuses that a second try doesn't change. 429 and 5xx are tried again. */
const FINAL = [400, 401, 403, 404, 410, 422, 451];

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
  const timer = setTimeout(() => deadline.abort(), options.deadline ?? DEADLINE);
  timer.unref();
  const Octokit = GitHub.plugin(retry);
  const octokit = new Octokit({
    ...getOctokitOptions(options.token),
    baseUrl: options.apiUrl.replace(/\/+$/, ""),
    userAgent: "netfilter-compat",
    retry: { doNotRetry: FINAL, retries: RETRIES, retryAfterBaseValue: options.retryUnit ?? 1000 },
    log: { debug, info: debug, warn: debug, error: debug },
  });
  octokit.hook.before("request", (request) => {
    deadline.signal.throwIfAborted();
    request.request = { ...request.request, signal: deadline.signal };
  });
  return Object.assign(octokit, { release: () => clearTimeout(timer) });
}

/** Status of a failed request; undefined for what never got an answer. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error) || !("response" in error)) return undefined;
  return typeof error.status === "number" && error.response !== undefined ? error.status : undefined;
}
