import * as z from "zod/mini";

/** `starters.json`: programs that start others, and shells. */
export const startersSchema = z.object({
  comment: z.string(),
  starters: z.array(
    z.object({
      name: z.string(),
      /** Words of its own in front of the command. */
      words: z.number().check(z.nonnegative(), z.multipleOf(1)),
      source: z.url(),
    }),
  ),
  shells: z.array(z.string()),
});
