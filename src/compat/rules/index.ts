import type { Rule } from "../types.ts";
import {
  legacyOnNftHost,
  mixedBackends,
  nftOnLegacyHost,
  wrapperIneffective,
  wrapperMissing,
} from "./backend-mismatch.ts";
import { buggyVersion, fileCapabilities } from "./buggy-version.ts";
import { ipsetModuleMissing, ipsetRevision } from "./ipset.ts";
import { legacyModulesMissing } from "./legacy-modules-missing.ts";
import { missingBinary } from "./missing-binary.ts";
import { imageNewerWriter, nftNewerWriter, silentMatchLoss } from "./newer-writer.ts";
import { nftCompatMissing } from "./nft-compat-missing.ts";
import { nftKernelMissing } from "./nft-kernel-missing.ts";
import { versionMismatch } from "./version-mismatch.ts";

/** Every rule, in the order of docs/rules/README.md. */
export const rules: readonly Rule[] = [
  legacyModulesMissing,
  legacyOnNftHost,
  nftOnLegacyHost,
  nftKernelMissing,
  nftCompatMissing,
  mixedBackends,
  nftNewerWriter,
  silentMatchLoss,
  imageNewerWriter,
  ipsetRevision,
  ipsetModuleMissing,
  buggyVersion,
  missingBinary,
  wrapperMissing,
  wrapperIneffective,
  fileCapabilities,
  versionMismatch,
];
