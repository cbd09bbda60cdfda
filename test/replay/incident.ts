import * as z from "zod/mini";
import { moduleStateSchema } from "../../src/model/host.ts";
import { operationSchema, programBackendSchema } from "../../src/model/program.ts";

/**
 * `incidents.json`: public incidents as the checker would have met them. What a thread states is listed in `stated`, what
 * was added from public knowledge in `assumed`; everything else stays unknown.
 */

/** Null: it is there, its version isn't known. */
const versionSchema = z.nullable(z.string());

const does = z.object({
  writes: z.optional(z.array(z.string())),
  operations: z.optional(z.array(operationSchema)),
  changesRules: z.optional(z.boolean()),
  runs: z.optional(z.array(z.string())),
  ipset: z.optional(z.object({ creates: z.array(z.string()), listsAll: z.optional(z.boolean()) })),
  selects: z.optional(z.enum(["path", "self"])),
});

export const imageFactsSchema = z.object({
  /** iptables of each backend that the image holds. */
  nft: z.optional(versionSchema),
  legacy: z.optional(versionSchema),
  /** What `iptables` leads to. */
  default: z.enum(["nft", "legacy", "wrapper", "none", "unknown", "dangling"]),
  wrapper: z.optional(z.object({ version: versionSchema, effective: z.boolean() })),
  ipset: z.optional(versionSchema),
  nftTool: z.optional(versionSchema),
  conntrack: z.optional(versionSchema),
  /** Commands that the thread states to be missing. */
  absent: z.optional(z.array(z.string())),
  libraries: z.optional(z.array(z.string())),
  absentLibraries: z.optional(z.array(z.string())),
  /** Stated by the image, and read from its binaries. */
  architecture: z.optional(z.string()),
  binaryArchitecture: z.optional(z.string()),
  program: z.optional(z.string()),
  /** Id in src/knowledge/programs; its facts are used as they are. */
  profile: z.optional(z.string()),
  /** Facts on the program where the knowledge base has no profile for that version. */
  does: z.optional(does),
  /** How it runs. `modules: none`: it cannot load kernel modules. */
  context: z.optional(
    z.object({ network: z.optional(z.enum(["host", "pod"])), modules: z.optional(z.enum(["none"])) }),
  ),
});

export const incidentSchema = z.object({
  id: z.string(),
  url: z.string().check(z.regex(/^https:\/\/github\.com\//)),
  category: z.string(),
  /** Rule that has to speak; null where no rule covers it. */
  expectRule: z.nullable(z.string()),
  /** Rules that say the same of the same cause, and why. */
  acceptRules: z.optional(z.array(z.string())),
  acceptReason: z.optional(z.string()),
  /** A false alarm of its time: none of the rules may speak. */
  negative: z.optional(z.boolean()),
  image: imageFactsSchema,
  fixedImage: z.optional(imageFactsSchema),
  host: z.object({
    /** Catalogue row, `id` or `id@kernel`, for what the thread doesn't state. */
    row: z.optional(z.string()),
    distribution: z.optional(z.string()),
    release: z.optional(z.string()),
    kernel: z.optional(z.string()),
    architecture: z.optional(z.string()),
    backend: z.optional(z.enum(["nft", "legacy"])),
    iptables: z.optional(z.string()),
    ipset: z.optional(z.string()),
    nft: z.optional(z.string()),
    modules: z.optional(z.record(z.string(), moduleStateSchema)),
  }),
  programs: z.array(
    z.object({
      name: z.string(),
      version: z.nullable(z.string()),
      backend: programBackendSchema,
      iptables: z.optional(versionSchema),
      ipset: z.optional(versionSchema),
      nft: z.optional(versionSchema),
      kubelet: z.optional(z.boolean()),
      writes: z.optional(z.array(z.string())),
      operations: z.optional(z.array(operationSchema)),
      changesRules: z.optional(z.boolean()),
      creates: z.optional(z.array(z.string())),
      listsAllSets: z.optional(z.boolean()),
    }),
  ),
  stated: z.array(z.string()),
  assumed: z.array(z.string()),
  expect: z.object({
    image: z.enum(["flag", "clean", "undecidable"]),
    fixed: z.optional(z.enum(["clean", "undecidable"])),
  }),
  /** The fact that is missing. */
  undecidable: z.optional(z.string()),
  fixedUndecidable: z.optional(z.string()),
});

export type Incident = z.infer<typeof incidentSchema>;
export type ImageFacts = z.infer<typeof imageFactsSchema>;
