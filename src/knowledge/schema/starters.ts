import * as z from "zod/mini";

/** `starters.json`: programs that start others, and shells. */
export const startersSchema = z.object({
  comment: z.string(),
  starters: z.array(
    z.object({
      name: z.string(),
      /** Words of its own in front of the command. */
      words: z.number().check(z.nonnegative(), z.multipleOf(1)),
      /** Options whose value is the next word. */
      values: z.optional(z.array(z.string().check(z.startsWith("-")))),
      source: z.url(),
    }),
  ),
  /** Programs that start what their own files say. */
  supervisors: z.array(z.object({ name: z.string(), source: z.url() })),
  shells: z.array(z.string()),
});
