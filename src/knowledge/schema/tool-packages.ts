import * as z from "zod/mini";

/** `tool-packages.json`: the packages that bring a tool. */
export const toolPackagesSchema = z.object({
  comment: z.string(),
  tools: z.array(
    z.object({ tool: z.string(), packages: z.array(z.string()).check(z.minLength(1)), source: z.string() }),
  ),
});
