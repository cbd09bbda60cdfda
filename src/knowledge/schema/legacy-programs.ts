import * as z from "zod/mini";

/** `legacy-programs.json`: programs that are built with libip4tc, and what they do with it. */
export const knownLegacyProgramSchema = z.object({
  /** Base name of its file. */
  name: z.string(),
  /** `always`: it writes rules with it whenever it runs. `option`: only when it is told to. */
  use: z.enum(["always", "option"]),
  /** Into which tables. */
  tables: z.array(z.enum(["filter", "nat", "mangle", "raw", "security"])).check(z.minLength(1)),
  source: z.string(),
  /** What to do where there are no such tables, or others use nft. */
  remedy: z.string(),
});
export const legacyProgramsFileSchema = z.array(knownLegacyProgramSchema);
export type KnownLegacyProgram = z.infer<typeof knownLegacyProgramSchema>;
