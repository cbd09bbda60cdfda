import type { Client } from "./client.ts";
import type { Repository } from "./pull-request.ts";

/**
 * Whether a line, by its number after the change, is shown in a pull request's diff: only then a change to it can be
 * suggested to who opened it.
 * @returns false also when GitHub doesn't tell: the comment does without
 */
export async function isInDiff(
  client: Client,
  repository: Repository,
  pullRequest: number,
  place: { file: string; line: number },
): Promise<boolean> {
  try {
    const { data } = await client.rest.pulls.listFiles({ ...repository, pull_number: pullRequest, per_page: 100 });
    const patch = data.find((file) => file.filename === place.file)?.patch;
    return patch !== undefined && patchShows(patch, place.line);
  } catch {
    return false;
  }
}

/**
 * @param patch hunks of a unified diff, as the API gives them
 * @param line number in the new file, from 1
 */
export function patchShows(patch: string, line: number): boolean {
  for (const [, start, length] of patch.matchAll(/^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/gm)) {
    const first = Number(start);
    if (line >= first && line < first + Number(length ?? 1)) return true;
  }
  return false;
}
