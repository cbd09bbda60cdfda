import * as z from "zod/mini";

/** `architectures.json`: which 64-bit architecture runs the programs of a 32-bit one. */
export const architecturesFileSchema = z.object({
  comment: z.string(),
  /** 32-bit architecture -> the 64-bit one that may run it. */
  wider: z.record(z.string(), z.string()),
  /** What is known of 32-bit iptables-legacy on 64-bit kernels. */
  legacy32: z.string(),
});
export type ArchitecturesFile = z.infer<typeof architecturesFileSchema>;
