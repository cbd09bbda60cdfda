import type { IncomingMessage, ServerResponse } from "node:http";
import { checkAnswer, checkRequest } from "./github-contract.ts";
import { addressOf, listen } from "./listen.ts";

/**
 * A GitHub on 127.0.0.1 that remembers: comments of issues, pull requests, and who a token is. Requests and answers are held
 * against GitHub's OpenAPI description; what does not fit is answered with 400 and kept in `violations`.
 */

export interface StoredComment {
  id: number;
  issue: number;
  body: string;
  login: string;
}

export interface StandInOptions {
  /** Path before the API's own, `/api/v3` on GitHub Enterprise Server. */
  prefix?: string;
  /** Who a token is. Default: `good` writes as github-actions[bot], `reader` may only read. */
  tokens?: Record<string, { login: string; write: boolean }>;
}

export interface StandIn {
  /** For GITHUB_API_URL. */
  url: string;
  comments: StoredComment[];
  pulls: { number: number; state: "open" | "closed"; head: { label: string; sha: string } }[];
  /** Changed files of every pull request. */
  files: { filename: string; patch?: string }[];
  /** `METHOD path?query` of all requests so far. */
  requests: string[];
  /** When each of them came. Milliseconds of {@link performance.now}. */
  times: number[];
  /** Requests and answers that GitHub's description doesn't allow. */
  violations: string[];
  /** The next `times` requests that match get this status. */
  fail(pattern: RegExp, status: number, times?: number, headers?: Record<string, string>): void;
  /** The next request that matches is carried out, but answered with this status. */
  loseAnswer(pattern: RegExp, status: number): void;
  addComment(issue: number, login: string, body: string): StoredComment;
}

interface Planned {
  pattern: RegExp;
  status: number;
  left: number;
  headers: Record<string, string>;
  carriedOut?: boolean;
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const BODY_LIMIT = 65_536;
const defaultTokens = {
  good: { login: "github-actions[bot]", write: true },
  reader: { login: "github-actions[bot]", write: false },
};
const messages: Record<number, string> = {
  401: "Bad credentials",
  403: "Resource not accessible by integration",
  404: "Not Found",
  422: "Validation Failed",
  429: "You have exceeded a secondary rate limit",
  500: "Server Error",
};

/** Starts on a free port, until the test file's end. */
export async function startGitHub(options: StandInOptions = {}): Promise<StandIn> {
  const prefix = options.prefix ?? "";
  const tokens: Record<string, { login: string; write: boolean }> = options.tokens ?? defaultTokens;
  const planned: Planned[] = [];
  let nextId = 1000;
  const server = await listen((request, response) => {
    void respond(request, response).catch((error: unknown) => {
      standIn.violations.push(String(error));
      response.destroy();
    });
  });
  const origin = `http://${addressOf(server)}`;
  const standIn: StandIn = {
    url: origin + prefix,
    comments: [],
    pulls: [],
    files: [],
    requests: [],
    times: [],
    violations: [],
    fail: (pattern, status, times = 1, headers = {}) => {
      planned.push({ pattern, status, left: times, headers });
    },
    loseAnswer: (pattern, status) => {
      planned.push({ pattern, status, left: 1, headers: {}, carriedOut: true });
    },
    addComment: (issue, login, body) => {
      const comment = { id: nextId++, issue, body, login };
      standIn.comments.push(comment);
      return comment;
    },
  };
  return standIn;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", origin);
    const line = `${request.method} ${url.pathname}${url.search}`;
    standIn.requests.push(line);
    standIn.times.push(performance.now());
    const plan = planned.find((entry) => entry.left > 0 && entry.pattern.test(line));
    if (plan) plan.left--;
    const done = plan === undefined || plan.carriedOut ? route(request, url, text) : refusal(plan.status);
    const answer: Answer = plan === undefined ? done : { ...refusal(plan.status), headers: plan.headers };
    response.writeHead(answer.status, { "content-type": "application/json; charset=utf-8", ...answer.headers });
    response.end(answer.body === undefined ? "" : JSON.stringify(answer.body));
  }

  function route(request: IncomingMessage, url: URL, text: string): Answer {
    const token = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const account = tokens[token];
    if (!account) return refusal(401);
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    if (url.pathname === `${prefix.replace(/\/v3$/, "")}/graphql`) return viewer(body, account.login);
    if (!url.pathname.startsWith(`${prefix}/`)) return refusal(404);
    const method = request.method ?? "";
    const checked = checkRequest({ method, path: url.pathname.slice(prefix.length), query: url.searchParams, body });
    if (!checked) {
      standIn.violations.push(`no operation for ${method} ${url.pathname}`);
      return refusal(404);
    }
    if (checked.problems.length > 0) {
      standIn.violations.push(...checked.problems.map((problem) => `${method} ${checked.template}: ${problem}`));
      return { status: 400, body: { message: checked.problems.join("; ") } };
    }
    if (method !== "GET" && !account.write) return refusal(403);
    const answer = operate(method, checked.template, checked.parameters, url, body, account.login);
    standIn.violations.push(...checkAnswer(method, checked.template, answer.status, answer.body));
    return answer;
  }

  /** The one query that we send. */
  function viewer(body: unknown, login: string): Answer {
    const { query } = body as { query: string };
    if (query.replace(/\s+/g, " ") !== "query { viewer { login } }")
      standIn.violations.push(`unexpected query ${query}`);
    return { status: 200, body: { data: { viewer: { login } } } };
  }

  function operate(
    method: string,
    template: string,
    parameters: Record<string, string>,
    url: URL,
    body: unknown,
    login: string,
  ): Answer {
    if (template.endsWith("/pulls")) return listPulls(url);
    if (template.endsWith("/files")) return page(standIn.files.map(showFile), url);
    if (template.endsWith("/issues/{issue_number}/comments")) {
      const issue = Number(parameters.issue_number);
      if (method === "GET") return listComments(issue, url);
      const text = (body as { body: string }).body;
      return tooLong(text) ?? { status: 201, body: show(standIn.addComment(issue, login, text)) };
    }
    const comment = standIn.comments.find((entry) => entry.id === Number(parameters.comment_id));
    if (!comment) return refusal(404);
    if (method === "DELETE") {
      standIn.comments.splice(standIn.comments.indexOf(comment), 1);
      return { status: 204 };
    }
    const text = (body as { body: string }).body;
    const refused = tooLong(text);
    if (refused) return refused;
    comment.body = text;
    return { status: 200, body: show(comment) };
  }

  function tooLong(text: string): Answer | undefined {
    if (text.length <= BODY_LIMIT) return undefined;
    return {
      status: 422,
      body: { message: `Validation Failed: Body is too long (maximum is ${BODY_LIMIT} characters)` },
    };
  }

  function listComments(issue: number, url: URL): Answer {
    const all = standIn.comments.filter((comment) => comment.issue === issue).sort((a, b) => a.id - b.id);
    return page(all.map(show), url);
  }

  function page(all: unknown[], url: URL): Answer {
    const size = Math.min(100, Number(url.searchParams.get("per_page") ?? 30));
    const number = Number(url.searchParams.get("page") ?? 1);
    const more = all.length > number * size;
    const next = new URL(url);
    next.searchParams.set("page", String(number + 1));
    return {
      status: 200,
      body: all.slice((number - 1) * size, number * size),
      ...(more ? { headers: { link: `<${next.href}>; rel="next"` } } : {}),
    };
  }

  function listPulls(url: URL): Answer {
    const state = url.searchParams.get("state") ?? "open";
    const head = url.searchParams.get("head");
    const found = standIn.pulls.filter(
      (pull) => (state === "all" || pull.state === state) && (head === null || pull.head.label === head),
    );
    return { status: 200, body: found };
  }

  function show(comment: StoredComment) {
    const address = `${origin}/owner/name`;
    return {
      id: comment.id,
      node_id: `IC_${comment.id}`,
      url: `${address}/comments/${comment.id}`,
      html_url: `${address}/pull/${comment.issue}#issuecomment-${comment.id}`,
      issue_url: `${address}/issues/${comment.issue}`,
      body: comment.body,
      user: user(comment.login),
      created_at: "2026-11-22T10:00:00Z",
      updated_at: "2026-11-22T10:00:00Z",
      author_association: "NONE",
    };
  }

  function showFile(file: { filename: string; patch?: string }) {
    const url = `${origin}/files/${file.filename}`;
    const counts = { additions: 1, deletions: 1, changes: 2, status: "modified" };
    return { sha: "a".repeat(40), ...counts, blob_url: url, raw_url: url, contents_url: url, ...file };
  }

  function user(login: string) {
    const address = `${origin}/users/${encodeURIComponent(login)}`;
    const links = ["url", "html_url", "followers_url", "subscriptions_url", "organizations_url", "repos_url"];
    const more = ["received_events_url", "avatar_url", "following_url", "gists_url", "starred_url", "events_url"];
    return {
      login,
      id: login.length,
      node_id: `U_${login.length}`,
      gravatar_id: "",
      type: login.endsWith("[bot]") ? "Bot" : "User",
      site_admin: false,
      ...Object.fromEntries([...links, ...more].map((key) => [key, address])),
    };
  }
}

function refusal(status: number): Answer {
  return { status, body: { message: messages[status] ?? "error", documentation_url: "https://docs.github.com/rest" } };
}
