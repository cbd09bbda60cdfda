import * as z from "zod/mini";

/** `requirements.json`: what a program, a library or an option asks of a tool or of the kernel. */
export const requirementSchema = z.object({
  id: z.string(),
  /** One of: the image's program (profile id), in every mode or only where it speaks nftables itself; a Go module in it; a
   * construct it is stated to write. */
  when: z.union([
    z.strictObject({ program: z.string(), native: z.optional(z.literal(true)) }),
    z.strictObject({ module: z.string() }),
    z.strictObject({ construct: z.string() }),
  ]),
  tool: z.enum(["iptables", "ipset", "nft", "kernel"]),
  /** Its oldest release that will do; of the kernel the series. Absent: any. */
  min: z.optional(z.string()),
  /** What has to be compiled in: `nft --json`. */
  feature: z.optional(z.literal("json")),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  sources: z.array(z.string()).check(z.minLength(1)),
});
export const requirementsFileSchema = z.array(requirementSchema);
export type Requirement = z.infer<typeof requirementSchema>;
