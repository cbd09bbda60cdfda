import * as z from "zod/mini";
import { rangeSchema } from "./encodings.ts";

/**
 * `ipset.json`: the highest revision of each set type that kernels and ipset releases know. A set is created with
 * min(kernel, creating tool); a tool whose own maximum is lower than a set's revision cannot list, add to or save it, and one
 * such set makes `ipset list` and `ipset save` of all sets in that network namespace fail.
 */

/** By set type: `hash:ip`. A type that is missing is not known for that interval, not absent from it. */
const revisionsSchema = z.record(z.string(), z.int().check(z.nonnegative()));

const confidenceSchema = z.enum(["measured", "seen", "documented", "inferred"]);

export const ipsetKernelSchema = z.object({
  /** Kernel series, both ends included (`5.11` to `6.1`): stable point releases gain no revisions. */
  series: rangeSchema,
  max: revisionsSchema,
  confidence: confidenceSchema,
  note: z.string(),
  sources: z.array(z.string()).check(z.minLength(1)),
});

export const ipsetToolSchema = z.object({
  /** ipset releases, both ends included. */
  versions: rangeSchema,
  /** Netlink protocol versions that it speaks. */
  protocol: z.object({ min: z.int(), max: z.int() }),
  max: revisionsSchema,
  confidence: confidenceSchema,
  note: z.string(),
  sources: z.array(z.string()).check(z.minLength(1)),
});

export const ipsetFileSchema = z.object({
  /** Netlink protocol of the kernels in `kernels`, as far as measured. */
  kernelProtocol: z.object({ series: rangeSchema, min: z.int(), max: z.int(), sources: z.array(z.string()) }),
  kernels: z.array(ipsetKernelSchema),
  tools: z.array(ipsetToolSchema),
  /** What stops and what still works when a set's revision is too high for a tool (measured). */
  unreadableSet: z.object({ fails: z.array(z.string()), works: z.array(z.string()), message: z.string() }),
});

export type IpsetFile = z.infer<typeof ipsetFileSchema>;
