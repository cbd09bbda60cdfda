import type { Client } from "./client.ts";
import type { RunEvent } from "./event.ts";

/** `owner/name` in its parts. */
export interface Repository {
  owner: string;
  repo: string;
}

/** @returns undefined when it is not set or not of that form */
export function parseRepository(text: string | undefined): Repository | undefined {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(text ?? "") ?? [];
  return owner !== undefined && repo !== undefined ? { owner, repo } : undefined;
}

/**
 * The open pull request of an event: the number that it tells, or for a fork's workflow run the one whose branch and head
 * commit are those of the run. A number from an artifact or any other place that a fork could write is never used.
 * @returns undefined when there is none
 */
export async function findPullRequest(
  client: Client,
  repository: Repository,
  event: RunEvent,
): Promise<number | undefined> {
  if (event.pullRequest !== undefined || event.head === undefined) return event.pullRequest;
  const { data } = await client.rest.pulls.list({
    ...repository,
    state: "open",
    head: `${event.head.owner}:${event.head.branch}`,
    per_page: 100,
  });
  return data.find((pull) => pull.head.sha === event.headSha)?.number;
}
