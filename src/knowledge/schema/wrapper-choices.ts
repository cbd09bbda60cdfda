import * as z from "zod/mini";

/** `wrapper-choices.json`: how each generation of iptables-wrapper, and each fork of it, chooses the backend. */

const backend = z.enum(["nft", "legacy"]);

export const wrapperChoiceSchema = z.object({
  /** As the toolchain names the generation. */
  version: z.string(),
  /** What it looks at first: the kubelet's marker chains, the number of rules, patterns on the kernel release. */
  follows: z.enum(["markers", "rules", "kernel"]),
  /** When counted rules lead it to legacy: more of them than in nft, as many, or it doesn't count. */
  legacyWith: z.enum(["more", "as-many", "never"]),
  /** What it takes when it finds nothing. It runs that backend's binaries without looking whether they are there. */
  fallback: backend,
  /** Environment variable that overrides all of it. */
  variable: z.optional(z.object({ name: z.string(), values: z.record(z.string(), backend) })),
  source: z.string(),
  note: z.string(),
});
export const wrapperChoicesFileSchema = z.object({ comment: z.string(), generations: z.array(wrapperChoiceSchema) });
export type WrapperChoice = z.infer<typeof wrapperChoiceSchema>;
