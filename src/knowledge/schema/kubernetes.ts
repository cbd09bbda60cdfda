import * as z from "zod/mini";

const releaseFact = z.object({
  value: z.string().check(z.regex(/^1\.\d+$/)),
  source: z.string(),
  confidence: z.enum(["seen", "documented", "inferred"]),
});

/** `kubernetes.json`: the releases that get patches on the day in `as-of.json`; reviewed by hand, never computed from the clock. */
export const kubernetesSchema = z.object({
  oldestMaintained: releaseFact,
  newestMaintained: releaseFact,
});
