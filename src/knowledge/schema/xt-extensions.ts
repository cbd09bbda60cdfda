import * as z from "zod/mini";

/** `xt-extensions.json`: matches and targets, their kernel modules, and the programs that use them. */

export const xtExtensionSchema = z.object({
  module: z.string(),
  /** Constructs (of `encodings.json`, or as a config states them) that need it. */
  constructs: z.optional(z.array(z.string())),
  /** iptables-nft from this release on writes it without the module. */
  translatedSince: z.optional(z.string()),
});

export const xtProgramSchema = z.object({
  /** Profile id, or the program's name. */
  program: z.string(),
  /** Used in every mode that writes iptables rules. */
  always: z.array(z.string()),
  features: z.array(z.object({ extensions: z.array(z.string()), when: z.string() })),
  source: z.string(),
});

export const xtExtensionsFileSchema = z.object({
  comment: z.string(),
  extensions: z.record(z.string(), xtExtensionSchema),
  common: z.object({ extensions: z.array(z.string()), note: z.string() }),
  programs: z.array(xtProgramSchema),
  sources: z.object({ absent: z.string(), translated: z.string() }),
});
export type XtExtensionsFile = z.infer<typeof xtExtensionsFileSchema>;
