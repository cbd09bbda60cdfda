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
      /** The folder among its words is one of services: each a script, or a folder with the script `run`. */
      serves: z.optional(z.literal(true)),
      /** Folders of services that it has by itself. */
      services: z.optional(z.array(z.string().check(z.startsWith("/")))),
      servicesSource: z.optional(z.url()),
      /** It runs the command as root for another user. */
      asRoot: z.optional(z.literal(true)),
      source: z.url(),
    }),
  ),
  /** Programs that start what their own files say. */
  supervisors: z.array(z.object({ name: z.string(), source: z.url() })),
  /** What runs programs that are no files of its own; a release may follow: `python3.12`. */
  interpreters: z.array(z.string()),
  shells: z.array(z.string()),
});
