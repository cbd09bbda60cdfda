/** Values of choices that the command line, the Actions' inputs and the config file offer alike. */

/** From which severity on a check fails. */
export const failLevels = ["error", "warning", "never"] as const;
export type FailLevel = (typeof failLevels)[number];

/** When the pull-request comment is written. */
export const commentModes = ["on-failure", "always", "never"] as const;
export type CommentMode = (typeof commentModes)[number];
