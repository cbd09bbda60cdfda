import { debug, info, isDebug, setFailed, warning } from "@actions/core";
import { UserError } from "../model/error.ts";
import { breakCommands, plainText } from "../report/escape.ts";

/** The step's log. Everything passes the toolkit, which escapes workflow commands in messages. */

/** A warning annotation on the run. */
export function warn(sentence: string): void {
  warning(sentence);
}

/** A plain line of the log. */
export function say(sentence: string): void {
  info(breakCommands(sentence));
}

/** The step fails with one line, whatever was thrown; the stack is for debug logs only. Exit code 2 tells it from a verdict. */
export function failStep(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  // Names of files and images may be in it.
  setFailed(plainText(error instanceof UserError ? message : `unexpected: ${message}`, 2000));
  if (isDebug() && error instanceof Error && error.stack !== undefined) debug(breakCommands(error.stack));
  process.exitCode = 2;
}
