import * as z from "zod/mini";
import { operationSchema } from "../../model/program.ts";

/**
 * `encodings.json`: how a rule's form in the kernel changed between releases, and what each older reader then does with it.
 * Measured, not read from a changelog; `scenarios` name the cases of the replay that prove an entry.
 */

/** Both ends included, an absent end is open. */
export const rangeSchema = z.object({ min: z.optional(z.string()), max: z.optional(z.string()) });

/**
 * What the reader's operation does.
 * refused = it fails and says so (`table is incompatible`); nothing in the kernel changes. misread = exit 0 and another rule is shown, or none.
 * not-found = check or delete says that the rule isn't there. rewritten = save piped into restore exits 0 and leaves
 * another rule in the kernel. announced = exit 0, with a line that says what is not shown; nothing is lost by it.
 * crash = killed by a signal.
 */
export const encodingOutcomeSchema = z.enum(["refused", "misread", "not-found", "rewritten", "announced", "crash"]);

/** Forms of listing that differ: `iptables -S`, `-S CHAIN` of the chain that holds the rule, `-L`, `iptables-save`. */
export const listFormSchema = z.enum(["-S", "-S CHAIN", "-L", "-save"]);

export const effectSchema = z.object({
  operations: z.array(operationSchema),
  /** Versions of the reading iptables. */
  reader: rangeSchema,
  outcome: encodingOutcomeSchema,
  /** Only these forms of the operation; they then replace what the entry says of the operation as a whole. */
  forms: z.optional(z.array(listFormSchema)),
  /** The whole table is missing from what is printed. */
  leavesOut: z.optional(z.literal(true)),
  /** What is seen, in a few words. */
  text: z.string(),
});

export const encodingSchema = z.object({
  id: z.string(),
  constructs: z.array(z.string()).check(z.minLength(1)),
  /** The writer: an iptables-nft release, or nft putting a script into one of iptables' own tables. */
  tool: z.enum(["iptables", "nft"]),
  writer: rangeSchema,
  effects: z.array(effectSchema).check(z.minLength(1)),
  /** Upstream commits that made or ended the change. */
  commits: z.array(z.object({ hash: z.string(), title: z.string(), release: z.string() })),
  /** Cases of the replay (test/replay/fixtures/lab.json) that show it. Empty: seen by hand only, see `sources`. */
  scenarios: z.array(z.string()),
  /** Versions between two measured ones that behave differently: not known, left out of the ranges. */
  gaps: z.optional(z.array(z.object({ side: z.enum(["writer", "reader"]), versions: rangeSchema, note: z.string() }))),
  sources: z.array(z.string()).check(z.minLength(1)),
});

/** A distribution's build that behaves as a later upstream release in one respect. */
export const backportSchema = z.object({
  /** Entry of `encodings` that it carries, as writer and as reader. */
  encoding: z.string(),
  database: z.enum(["apk", "dpkg", "rpm"]),
  /** Upstream version in the package version. */
  version: z.string(),
  /** `el8` in `1.8.4-17.el8_3.1`. */
  marker: z.string(),
  /** Distribution revision from which on, 16 in `1.8.4-16.el8`. */
  minRevision: z.int(),
  note: z.string(),
  source: z.string(),
});

export const encodingsFileSchema = z.object({
  measured: z.object({
    iptables: z.array(z.string()),
    nft: z.array(z.string()),
    kernel: z.string(),
    date: z.string(),
    method: z.string(),
  }),
  /** In words for messages, and the measured cases that contain it. A case is the sum of its constructs. */
  constructs: z.record(
    z.string(),
    z.object({
      title: z.string(),
      /** Only in the tables of ebtables or of arptables; absent: in those of iptables and ip6tables. */
      family: z.optional(z.enum(["bridge", "arp"])),
      scenarios: z.array(z.string()),
    }),
  ),
  /** Rules that iptables-nft wrote. */
  encodings: z.array(encodingSchema),
  /** Not part of the measurements: read in the packages' sources. */
  backports: z.array(backportSchema),
  /** Native nft scripts in the tables that iptables-nft uses (ip/ip6 filter, nat, mangle, raw, security). */
  nativeNft: z.array(encodingSchema),
});

export type Encoding = z.infer<typeof encodingSchema>;
export type EncodingEffect = z.infer<typeof effectSchema>;
export type EncodingOutcome = z.infer<typeof encodingOutcomeSchema>;
export type ListForm = z.infer<typeof listFormSchema>;
export type EncodingsFile = z.infer<typeof encodingsFileSchema>;
