import type { CommentMode } from "../model/choices.ts";
import type { Client } from "./client.ts";
import { statusOf } from "./client.ts";
import type { Repository } from "./pull-request.ts";

/** The one comment of a report on a pull request: found by a hidden marker, written by ourselves, updated in place. */

export interface CommentRequest {
  repository: Repository;
  pullRequest: number;
  /** Whole text, with the marker, given the text that it takes the place of. */
  body(previous: string | undefined): string;
  marker: string;
  /** Create it when there is none yet; one that exists is updated in any case. */
  create: boolean;
}

export type CommentResult =
  | { done: "created" | "updated" | "unchanged"; url: string; deleted: number; problems: string[] }
  | { done: "none"; problems: string[] };

/** What the token of a workflow comments as, when GitHub doesn't tell. */
const WORKFLOW_BOT = "github-actions[bot]";

/** The hidden line that tells our comments apart by report. A name can't end the HTML comment: dashes are encoded too. */
export function commentMarker(reportName: string): string {
  const name = encodeURIComponent(reportName.toWellFormed()).replace(
    /[-!'()*~]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return `<!-- netfilter-compat report=${name} -->`;
}

/**
 * Whether a comment that does not exist yet should. One that exists is updated whatever this says, except under `never`.
 * `on-failure` asks for errors, not for a failing step: with `fail-on: never` the comment is the only thing people see.
 */
export function shouldCreate(mode: CommentMode, errors: number, failed: boolean): boolean {
  return mode === "always" || (mode === "on-failure" && (errors > 0 || failed));
}

/**
 * Brings the comment to `body`. Duplicates left by runs that raced are deleted, the oldest is kept. At most one write when
 * all is in order, none when the text is the same.
 * @throws the request's error; a failed deletion is only told
 */
export async function upsertComment(client: Client, request: CommentRequest): Promise<CommentResult> {
  const own = await ownComments(client, request);
  const [oldest, ...duplicates] = own;
  const target = { ...request.repository, issue_number: request.pullRequest };
  if (oldest === undefined) {
    if (!request.create) return { done: "none", problems: [] };
    const { data } = await client.rest.issues.createComment({ ...target, body: request.body(undefined) });
    return { done: "created", url: data.html_url, deleted: 0, problems: [] };
  }
  const { deleted, problems } = await deleteAll(client, request.repository, duplicates);
  const body = request.body(oldest.body);
  if (sameText(oldest.body, body)) return { done: "unchanged", url: oldest.url, deleted, problems };
  const { data } = await client.rest.issues.updateComment({
    ...request.repository,
    comment_id: oldest.id,
    body,
  });
  return { done: "updated", url: data.html_url, deleted, problems };
}

interface OwnComment {
  id: number;
  url: string;
  body: string;
}

/** Comments with the marker that the token's own account wrote, oldest first. Anyone can paste the marker. */
async function ownComments(client: Client, request: CommentRequest): Promise<OwnComment[]> {
  const marked: (OwnComment & { login: string | undefined })[] = [];
  const pages = client.paginate.iterator(client.rest.issues.listComments, {
    ...request.repository,
    issue_number: request.pullRequest,
    per_page: 100,
  });
  // At the end, where we put it: a text in the report could hold another report's marker.
  for await (const page of pages)
    for (const comment of page.data)
      if (comment.body?.trimEnd().endsWith(request.marker))
        marked.push({ id: comment.id, url: comment.html_url, body: comment.body, login: comment.user?.login });
  if (marked.length === 0) return [];
  const login = await ownLogin(client);
  return marked.filter((comment) => comment.login === login).sort((a, b) => a.id - b.id);
}

/** REST tells a workflow's token nothing about itself; GraphQL does, for personal tokens and Apps too. */
async function ownLogin(client: Client): Promise<string> {
  try {
    const { viewer } = await client.graphql<{ viewer: { login: string } }>("query { viewer { login } }");
    return viewer.login;
  } catch {
    return WORKFLOW_BOT;
  }
}

async function deleteAll(client: Client, repository: Repository, comments: OwnComment[]) {
  const problems: string[] = [];
  let deleted = 0;
  for (const comment of comments)
    try {
      await client.rest.issues.deleteComment({ ...repository, comment_id: comment.id });
      deleted++;
    } catch (error) {
      // A run beside ours may have deleted it already.
      if (statusOf(error) !== 404)
        problems.push(`an older duplicate of the comment could not be deleted: ${comment.url}`);
    }
  return { deleted, problems };
}

/** GitHub may give back other line ends and trims. Addresses name the commit and the run: that alone is no news. */
function sameText(a: string, b: string): boolean {
  const normal = (text: string) =>
    text
      .replaceAll("\r\n", "\n")
      .replace(/\/blob\/[0-9a-f]{40}\//g, "/blob/")
      .replace(/\/actions\/runs\/\d+/g, "/actions/runs")
      .trim();
  return normal(a) === normal(b);
}
