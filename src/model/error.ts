/**
 * The user's mistake or an input that cannot be read: shown as one line, exit code 2. Anything else that is thrown is a
 * defect of ours.
 */
export class UserError extends Error {
  override name = "UserError";
}
