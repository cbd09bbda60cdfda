/**
 * The user's mistake or an input that cannot be read: shown as one line, exit code 2. Anything else that is thrown is a
 * defect of ours.
 */
export class UserError extends Error {
  override name = "UserError";
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
