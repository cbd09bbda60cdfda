import type { ProgramProfile } from "../model/program.ts";
import type { Toolchain } from "../model/toolchain.ts";
import type { ImageContext } from "./types.ts";

interface Image {
  toolchain: Toolchain;
  image: ImageContext;
}

/**
 * The image as it is when a variable makes its program speak nftables itself: without what it then leaves alone, and with what
 * it then does.
 * @returns the image as it was where no variable says so
 */
export function inNativeMode<T extends Image>(input: T): T {
  const { toolchain, image } = input;
  const { profile } = image;
  const native = profile?.selects?.native;
  const value = native === undefined ? undefined : image.environment[native.name];
  if (profile === undefined || native === undefined || value === undefined) return input;
  if (!native.values.some((known) => known.toLowerCase() === value.toLowerCase())) return input;
  const source = `${native.name}=${value}: ${native.source}`;
  return {
    ...input,
    toolchain: onlyNft(toolchain),
    image: { ...image, profile: nativeProfile(profile, { ...native, source }, drivesNft(toolchain)) },
  };
}

function onlyNft(toolchain: Toolchain): Toolchain {
  const { selector: _, defaults, tools, missingLibraries, ...rest } = toolchain;
  const kept = tools.filter(({ name }) => name === "nft");
  return {
    ...rest,
    tools: kept,
    defaults: defaults.nft === undefined ? {} : { nft: defaults.nft },
    ...(missingLibraries && {
      missingLibraries: missingLibraries.filter(({ path }) => kept.some(({ target }) => target === path)),
    }),
  };
}

/** knftables runs nft; google/nftables needs none. */
function drivesNft({ program }: Toolchain): boolean {
  return program?.libraries.some((library) => library.startsWith("sigs.k8s.io/knftables@")) === true;
}

type Native = NonNullable<NonNullable<ProgramProfile["selects"]>["native"]>;

function nativeProfile(
  profile: ProgramProfile,
  { writes, source, confidence }: Native,
  runsNft: boolean,
): ProgramProfile {
  const { id, title, changesRules, network } = profile;
  const sourced = { source, confidence };
  return {
    id,
    title,
    ...(changesRules && { changesRules }),
    ...(network && { network }),
    writes: { value: writes, ...sourced },
    operations: { value: [], ...sourced },
    ...(runsNft && { runs: { value: ["nft"], ...sourced } }),
    versions: [{ versions: ">=0.0.0", backend: { value: "native-nft", ...sourced } }],
  };
}
