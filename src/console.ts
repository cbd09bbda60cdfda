import { type Invocation, parseArguments, type ReadingArguments } from "./arguments.ts";
import { writeWhole } from "./files/write-whole.ts";
import type { ReadingOptions } from "./inspect.ts";
import { messageOf, UserError } from "./model/error.ts";
import { createQuietReporter, createReporter, type ReadingReporter } from "./progress.ts";
import { plainText } from "./report/escape.ts";
import { tool } from "./version.ts";

/** The terminal or pipe around the programs of the command line: what goes where, and how an error looks. */

/** Characters of an error's line. */
const errorLength = 2000;

/** How images are read, with progress on stderr unless it is to be quiet. */
export function readingOf({ quiet, ...reading }: ReadingArguments): ReadingOptions {
  return quiet ? reading : { ...reading, reporter: stderrReporter() };
}

/** A line that renews itself on a terminal, plain lines in CI, no progress in a pipe: stderr is for what went wrong there. */
function stderrReporter(): ReadingReporter {
  const { stderr, env } = process;
  const line = (text: string) => stderr.write(`${plainText(text, errorLength)}\n`);
  const now = () => performance.now();
  if (stderr.isTTY === true)
    return createReporter({
      line,
      now,
      show: (text) => stderr.write(`\r\u001b[K${plainText(text, (stderr.columns || 80) - 1)}`),
    });
  return env.CI === "true" ? createReporter({ line, now }) : createQuietReporter({ line });
}

/** How the report is shown on this terminal; plain in a pipe. */
export function terminal() {
  const { stdout, env } = process;
  return {
    color: stdout.isTTY === true && env.NO_COLOR === undefined,
    ...(stdout.isTTY === true ? { width: stdout.columns } : {}),
  };
}

/** The report goes to stdout, or whole into a file. Throws UserError where it cannot be written. */
export function emit(text: string, file: string | undefined): void {
  if (file === undefined) process.stdout.write(text);
  else writeWhole(file, text);
}

/** One line: names of files and hosts may be in it, and what they hold must not steer the terminal. */
function complain(text: string): void {
  process.stderr.write(`${tool.name}: ${plainText(text, errorLength)}\n`);
}

/** Who reads may have seen enough (`| head -1`): that is no error, and the verdict stays what it is. */
function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    complain(`can't write the output (${error.code ?? "unknown cause"})`);
    process.exit(2);
  });
  process.stderr.on("error", () => {});
}

/**
 * Runs a program on the process's arguments: its exit code, or one line and 2 for what it throws.
 * @param run gets what the arguments ask for and gives the exit code
 */
export async function runProgram(run: (invocation: Invocation) => Promise<number>): Promise<void> {
  watchOutput();
  try {
    // The exit code is set, not forced: stdout may be a pipe that still drains.
    process.exitCode = await run(parseArguments(process.argv.slice(2)));
  } catch (error) {
    process.exitCode = 2;
    const message = messageOf(error);
    complain(error instanceof UserError ? message : `unexpected: ${message}`);
    if (!(error instanceof UserError) && process.env.NETFILTER_COMPAT_DEBUG !== undefined)
      for (const line of (error instanceof Error ? (error.stack ?? "") : "").split("\n")) complain(line);
  }
}
