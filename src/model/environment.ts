/** Variables of a process or a step. */
export type Environment = Readonly<Record<string, string | undefined>>;
