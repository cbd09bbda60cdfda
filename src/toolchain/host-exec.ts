import wrappers from "../knowledge/wrappers.json" with { type: "json" };

const HOST_EXEC = wrappers.hostExec.map((entry) => new RegExp(entry.pattern));
const MAX_QUOTED_LINE = 200;

/** The line, cut to what fits a report, when it changes the root or runs another process's files. */
export function leavesContainer(line: string): string | undefined {
  return HOST_EXEC.some((pattern) => pattern.test(line)) ? line.trim().slice(0, MAX_QUOTED_LINE) : undefined;
}
