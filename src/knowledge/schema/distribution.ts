import * as z from "zod/mini";

/** `distributions/*.json`: the netfilter packages of each release of a distribution. For the remedy: which base brings what. */

const packageVersionSchema = z.object({
  /** Upstream version: `1.8.11`. */
  version: z.string(),
  /** As the distribution writes it: `1.8.11-r1`. */
  package: z.string(),
});

export const distributionReleaseSchema = z.object({
  release: z.string(),
  /** By source project: iptables, ipset, nftables, libnftnl. What was not read is not here. */
  packages: z.record(z.enum(["iptables", "ipset", "nftables", "libnftnl"]), z.optional(packageVersionSchema)),
  /** The package with the legacy backend; `iptables` when it brings both; absent when the release has none. */
  legacyPackage: z.optional(z.string()),
  /** The package with the nft backend, where it isn't `iptables`. */
  nftPackage: z.optional(z.string()),
  /** Backend of the plain `iptables` command. */
  defaultBackend: z.optional(z.enum(["nft", "legacy"])),
  sources: z.array(z.string()).check(z.minLength(1)),
  confidence: z.enum(["seen", "documented", "inferred"]),
});

export const distributionSchema = z.object({
  /** `ID` of os-release where it has one, else our name. */
  id: z.string(),
  title: z.string(),
  /** Further values of `ID` in os-release that mean these packages. */
  osIds: z.optional(z.array(z.string())),
  /** The command that installs packages in a Dockerfile, e.g. `apk add --no-cache`. */
  install: z.string(),
  /** What is different in some of its images: `microdnf in a minimal image`. */
  installNote: z.optional(z.string()),
  /** The file of its images that says from which release packages are taken. Stated where images are known that change it, so
   * that their packages are of an older release than they. */
  repositoriesFile: z.optional(z.string()),
  /** Its repositories have the newest minor release of each major one: packages of an older minor one are not to be had. */
  minorReleasesReplaced: z.optional(z.boolean()),
  /** Oldest first. */
  releases: z.array(distributionReleaseSchema),
});
export type Distribution = z.infer<typeof distributionSchema>;
