import * as z from "zod/mini";

/** `wrapper-choices.json`: how each generation of iptables-wrapper, and each fork of it, chooses the backend. */

const backend = z.enum(["nft", "legacy"]);

const kernelChoiceSchema = z.union([
  /** Whether lsmod lists the module; one that is built in, it does not list. */
  z.object({ module: z.string(), listed: backend, other: backend }),
  /** Patterns on `uname -r`, the first that fits; `majors` bounds its first number. None: the next step decides. */
  z.object({
    releases: z.array(
      z.object({ pattern: z.string(), majors: z.tuple([z.number(), z.nullable(z.number())]), backend }),
    ),
  }),
]);

export const wrapperChoiceSchema = z.object({
  /** As the toolchain names the generation. */
  version: z.string(),
  kernel: z.optional(kernelChoiceSchema),
  /** Chains of which one decides for the backend that holds it, nft first. */
  chains: z.optional(z.object({ nft: z.array(z.string()), legacy: z.array(z.string()) })),
  /** Chains that it counts in both backends: more of them in nft decide for it. */
  moreChains: z.optional(z.array(z.string())),
  /** So many rules in legacy decide for it, whatever nft holds. */
  enough: z.optional(z.number()),
  /** When counted rules lead it to legacy: more of them than in nft, as many, or it doesn't count. */
  legacyWith: z.enum(["more", "as-many", "never"]),
  /** What it takes when it finds nothing. It runs that backend's binaries without looking whether they are there. Absent: that
   * depends on more than is known here, see the note. */
  fallback: z.optional(backend),
  /** What it takes, after all else, where iptables-nft fails because the kernel has no nf_tables. Absent: it doesn't try. */
  withoutNft: z.optional(backend),
  /** Environment variable that overrides all of it. */
  variable: z.optional(z.object({ name: z.string(), values: z.record(z.string(), backend) })),
  /** A later generation that can take its place as it is. */
  successor: z.optional(z.string()),
  /** What to do where it takes another backend than the node uses, if neither its variable nor a successor helps. */
  misdetects: z.optional(z.string()),
  /** What to do where it never leads to one of the backends: of start scripts, which no installer puts in their place. */
  ineffective: z.optional(z.string()),
  source: z.string(),
  note: z.string(),
});
export const wrapperChoicesFileSchema = z.object({ comment: z.string(), generations: z.array(wrapperChoiceSchema) });
export type WrapperChoice = z.infer<typeof wrapperChoiceSchema>;
