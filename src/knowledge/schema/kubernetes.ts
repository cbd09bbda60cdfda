import * as z from "zod/mini";

const releaseFact = z.object({
  value: z.string().check(z.regex(/^1\.\d+$/)),
  source: z.string(),
  confidence: z.enum(["seen", "documented", "inferred"]),
});

/** `kubernetes.json`: the releases that get patches at the date given; reviewed by hand, never computed from the clock. */
export const kubernetesSchema = z.object({
  asOf: z.string(),
  oldestMaintained: releaseFact,
  newestMaintained: releaseFact,
});
