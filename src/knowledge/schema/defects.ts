import * as z from "zod/mini";
import { rangeSchema } from "./encodings.ts";

/**
 * `defects.json`: releases that are broken by themselves, whoever wrote the rules. (What a release makes of *another*
 * release's rules is in `encodings.json`.)
 */

/** What has to be the case, beside the version, for the defect to bite. All conditions of an entry must hold. */
export const defectConditionSchema = z.enum([
  /** Some program keeps changing any nftables ruleset in the same network namespace. */
  "ruleset-changes-beside",
  /** The program checks or deletes rules by specification (`-C`, `-D`). */
  "checks-or-deletes",
  /** The program writes this construct. */
  "writes:comment",
  "writes:notrack",
  "writes:dnat",
  "writes:src-odd-mask",
  "writes:dccp-types",
  "writes:string-bm",
  /** ip6tables with `MASQUERADE --random-fully` and the like. */
  "ip6tables-random-fully",
  /** A second base chain on the hook of a built-in chain, in one of iptables' own tables. */
  "second-base-chain",
  /** A table that this reader calls incompatible. */
  "incompatible-table",
  /** The binary carries `security.capability`. */
  "file-capabilities",
  /** The first thing the program runs is `iptables-restore` with rules on stdin. */
  "first-call-reads-stdin",
  /** Rules of a native nftables program (kube-proxy in nftables mode) in the same namespace. */
  "native-nft-beside",
]);

export const defectSchema = z.object({
  id: z.string(),
  /** The rule under which it is reported. */
  rule: z.enum(["buggy-version", "file-capabilities"]),
  tool: z.enum(["iptables", "ipset", "nft", "iptables-wrapper"]),
  backend: z.optional(z.enum(["nft", "legacy"])),
  /** Upstream versions, both ends included. Absent for iptables-wrapper. */
  versions: z.optional(rangeSchema),
  /** For iptables-wrapper: generations as the toolchain names them. */
  generations: z.optional(z.array(z.string())),
  /** Distribution builds of the same upstream version that carry the repair: a package of that database whose version
   * contains `marker` and whose distribution revision (the number after the last dash's start) is at least `minRevision`. */
  except: z.optional(
    z.array(
      z.object({
        database: z.enum(["apk", "dpkg", "rpm"]),
        /** `el8` in `1.8.4-17.el8_4.1`. */
        marker: z.string(),
        /** 10 in `1.8.4-10.el8`. */
        minRevision: z.int(),
        note: z.string(),
        source: z.string(),
      }),
    ),
  ),
  /** The cause that it shares with another rule's finding, of which one is kept; absent: one of its own. */
  cause: z.optional(z.string()),
  /** Empty: it bites whoever uses that version. */
  conditions: z.array(defectConditionSchema),
  /** When every condition is known to hold. */
  severity: z.enum(["error", "warning", "notice"]),
  /** When it isn't known whether a condition holds; `none`: say nothing then. Known not to hold is never reported. */
  otherwise: z.enum(["warning", "notice", "none"]),
  /** reproduced = seen in our measurements. reported = others saw it, we did not. */
  status: z.enum(["reproduced", "reported"]),
  title: z.string(),
  /** One sentence for the finding: what happens. */
  message: z.string(),
  /** First upstream release without it. */
  fixedIn: z.nullable(z.string()),
  sources: z.array(z.string()).check(z.minLength(1)),
  /** Public threads of people who were hit. */
  incidents: z.array(z.string()),
});

export const defectsFileSchema = z.array(defectSchema);
export type Defect = z.infer<typeof defectSchema>;
export type DefectCondition = z.infer<typeof defectConditionSchema>;
