import { debug, info, isDebug, setFailed, warning } from "@actions/core";
import { messageOf, UserError } from "../model/error.ts";
import { plainText } from "../report/escape.ts";

/** The step's log. Names of files, images and the parts of a build may be in any sentence: each is one clean line. */

/** Characters of one sentence. */
const LIMIT = 2000;

/** A warning annotation on the run. */
export function warn(sentence: string): void {
  warning(plainText(sentence, LIMIT));
}

/** A plain line of the log. */
export function say(sentence: string): void {
  info(plainText(sentence, LIMIT));
}

/** The step fails with one line, whatever was thrown; the stack is for debug logs only. Exit code 2 tells it from a verdict. */
export function failStep(error: unknown): void {
  const message = messageOf(error);
  setFailed(plainText(error instanceof UserError ? message : `unexpected: ${message}`, LIMIT));
  if (isDebug() && error instanceof Error)
    for (const line of (error.stack ?? "").split("\n").slice(0, 100)) debug(plainText(line, LIMIT));
  process.exitCode = 2;
}
