import type { Client } from "./client.ts";
import type { Repository } from "./pull-request.ts";

/** Pages of 100 files that are looked through. Larger changes are rarely about one line. */
const PAGES = 5;

/**
 * Whether a changed line of a file belongs to a pull request's diff: only then a change to it can be suggested to who opened
 * it. The line there must be the same instruction on the same image, because what was checked is GitHub's test merge,
 * whose lines may have other numbers.
 * @param change the line's number after the pull request, and what it should say
 * @returns false also when GitHub doesn't tell: the comment does without
 */
export async function isInDiff(
  client: Client,
  repository: Repository,
  pullRequest: number,
  change: { file: string; line: number; text: string },
): Promise<boolean> {
  try {
    let pages = 0;
    const files = { ...repository, pull_number: pullRequest, per_page: 100 };
    for await (const { data } of client.paginate.iterator(client.rest.pulls.listFiles, files)) {
      const found = data.find((file) => file.filename === change.file);
      if (found) return isSameLine(lineInPatch(found.patch ?? "", change.line), change.text);
      if (++pages === PAGES) break;
    }
    return false;
  } catch {
    return false;
  }
}

/**
 * @param patch hunks of a unified diff, as the API gives them
 * @param line number in the new file, from 1
 * @returns the line's text; undefined where the patch doesn't show it
 */
export function lineInPatch(patch: string, line: number): string | undefined {
  let next = 0;
  for (const text of patch.split("\n")) {
    const start = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text)?.[1];
    if (start !== undefined) next = Number(start);
    else if (text.startsWith("+") || text.startsWith(" ")) {
      if (next === line) return text.slice(1);
      next++;
    }
  }
  return undefined;
}

/** The same but for a tag. */
function isSameLine(shown: string | undefined, wanted: string): boolean {
  const withoutTag = (text: string) => text.replace(/:[\w.-]+(?=\s|$)/, "").trimEnd();
  return shown !== undefined && withoutTag(shown) === withoutTag(wanted);
}
