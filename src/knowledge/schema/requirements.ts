import * as z from "zod/mini";

/** `requirements.json`: the oldest release of a tool that a program, a library or an option asks for. */
export const requirementSchema = z.object({
  id: z.string(),
  /** One of: the image's program (profile id), a Go module in it, a construct it is stated to write. */
  when: z.union([
    z.strictObject({ program: z.string() }),
    z.strictObject({ module: z.string() }),
    z.strictObject({ construct: z.string() }),
  ]),
  tool: z.enum(["iptables", "ipset", "nft"]),
  min: z.string(),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  sources: z.array(z.string()).check(z.minLength(1)),
});
export const requirementsFileSchema = z.array(requirementSchema);
export type Requirement = z.infer<typeof requirementSchema>;
