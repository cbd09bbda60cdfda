import * as z from "zod/mini";
import { rangeSchema } from "./encodings.ts";

/** `nft-userdata.json`: which nft crashes on the sets of which other one. */
export const nftUserdataFileSchema = z.object({
  comment: z.string(),
  /** Releases that write the data. */
  writer: rangeSchema,
  /** Releases that crash on it, but for `good` ones and `repairedBuilds`. */
  crashing: rangeSchema,
  /** Neither measured nor reported as readers. */
  unknown: rangeSchema,
  good: z.array(z.string()),
  /** Builds of a program's image that carry the repair under an older number. */
  repairedBuilds: z.array(z.object({ program: z.string(), version: z.string(), note: z.string(), source: z.string() })),
  /** Programs known to make sets or maps of one declared type. */
  setMakers: z.array(z.object({ program: z.string(), source: z.string() })),
  /** Go modules that make a program list sets of others: the module's versions before the one named. */
  listers: z.array(z.object({ module: z.string(), before: z.string(), note: z.string(), source: z.string() })),
  measured: z.string(),
  repair: z.string(),
  incidents: z.array(z.string()),
});
export type NftUserdataFile = z.infer<typeof nftUserdataFileSchema>;
