import type { Rule } from "../types.ts";
import { archMismatch, legacy32Bit } from "./architecture.ts";
import {
  legacyOnNftHost,
  mixedBackends,
  nftOnLegacyHost,
  wrapperIneffective,
  wrapperMissing,
} from "./backend-mismatch.ts";
import { buggyVersion, fileCapabilities } from "./buggy-version.ts";
import { hostExec } from "./host-exec.ts";
import { ipsetModuleMissing, ipsetRevision } from "./ipset.ts";
import { ipsetProtocol } from "./ipset-protocol.ts";
import { legacyModulesMissing } from "./legacy-modules-missing.ts";
import { missingBinary } from "./missing-binary.ts";
import { missingLibrary } from "./missing-library.ts";
import { nativeNftInIptablesTable } from "./native-nft.ts";
import { imageNewerWriter, nftNewerWriter, silentMatchLoss } from "./newer-writer.ts";
import { nftCompatMissing } from "./nft-compat-missing.ts";
import { nftKernelMissing } from "./nft-kernel-missing.ts";
import { nftSetUserdata } from "./nft-set-userdata.ts";
import { toolTooOld } from "./tool-too-old.ts";
import { versionMismatch } from "./version-mismatch.ts";
import { wrapperMisdetects } from "./wrapper-misdetects.ts";
import { xtModuleMissing } from "./xt-module-missing.ts";

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
  nativeNftInIptablesTable,
  nftSetUserdata,
  ipsetProtocol,
  ipsetRevision,
  ipsetModuleMissing,
  xtModuleMissing,
  buggyVersion,
  toolTooOld,
  wrapperMissing,
  wrapperIneffective,
  wrapperMisdetects,
  missingBinary,
  missingLibrary,
  archMismatch,
  legacy32Bit,
  fileCapabilities,
  versionMismatch,
  hostExec,
];
