import * as z from "zod/mini";

/** `libraries.json`: which releases a shared object can be, and Go modules that use netfilter. */

const librarySchema = z.object({
  /** As its files are named: `libnftnl`. */
  name: z.string(),
  /** What stands before the number in the names of its version definitions; absent: it has none. */
  verdefPrefix: z.optional(z.string()),
  source: z.string(),
  /** Oldest first. `so` stands in the file's name, `verdef` is the highest definition; without `max` the newest known one. */
  rows: z.array(
    z.object({
      so: z.string(),
      verdef: z.optional(z.number()),
      min: z.optional(z.string()),
      max: z.optional(z.string()),
      note: z.optional(z.string()),
    }),
  ),
  /** Symbols that divide the releases of one row. */
  exports: z.optional(
    z.array(
      z.object({
        so: z.string(),
        symbol: z.string(),
        absentMax: z.string(),
        presentMin: z.string(),
        note: z.string(),
      }),
    ),
  ),
});

export const librariesSchema = z.object({
  comment: z.string(),
  libraries: z.array(librarySchema),
  goModules: z.array(z.object({ module: z.string(), use: z.string(), source: z.string() })),
});
export type LibraryReleases = z.infer<typeof librarySchema>;
