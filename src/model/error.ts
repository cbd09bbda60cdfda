/** Keys and indexes from the root of a config: `["hosts", 1, "extends"]`. */
export type ConfigPath = readonly (string | number)[];

/**
 * The user's mistake or an input that cannot be read: shown as one line, exit code 2. Anything else that is thrown is a
 * defect of ours.
 */
export class UserError extends Error {
  override name = "UserError";
  /** Where in the config the mistake is, if it is there: whoever has read the file adds its name and the line. */
  readonly path: ConfigPath | undefined;

  constructor(message: string, options: ErrorOptions & { path?: ConfigPath | undefined } = {}) {
    super(message, options);
    this.path = options.path;
  }
}

/**
 * Does a part of the work on one place of the config: a mistake found there that doesn't know its place gets this one.
 * @param path undefined when the part didn't come from a config
 */
export function atPath<T>(path: ConfigPath | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (path === undefined || !(error instanceof UserError) || error.path !== undefined) throw error;
    throw new UserError(error.message, { cause: error, path });
  }
}

/**
 * A limit was exceeded (see limits.ts). Where another UserError may make the reading go on (a platform that was not saved, a
 * second description of the same image), this one never does.
 */
export class LimitError extends UserError {
  override name = "LimitError";
  /** Name of the limit. */
  readonly limit: string;
  constructor(message: string, limit: string, options?: ErrorOptions) {
    super(message, options);
    this.limit = limit;
  }
}

/** What went wrong, in words, whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
