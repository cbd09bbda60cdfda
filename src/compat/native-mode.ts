import type { ProgramProfile } from "../model/program.ts";
import type { Toolchain } from "../model/toolchain.ts";
import { compareVersions } from "../model/version.ts";
import type { ImageContext } from "./types.ts";
import { type UnknownFact, unknownOption } from "./unknown-facts.ts";

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
  const value = native === undefined ? undefined : statedValue(image, native);
  if (profile === undefined || native === undefined || value === undefined) return input;
  if (!native.values.some((known) => known.toLowerCase() === value.toLowerCase())) return input;
  const source = `${native.name}=${value}: ${native.source}`;
  return {
    ...input,
    toolchain: onlyNft(toolchain),
    image: { ...image, profile: nativeProfile(profile, { ...native, source }, drivesNft(toolchain)) },
  };
}

function statedValue({ environment, options }: ImageContext, { name, option }: Native): string | undefined {
  return option === undefined ? environment[name] : options?.[name];
}

/** The same image with the mode's switch set to a value. */
export function withSwitch<T extends Image>(input: T, { name, option }: Native, value: string): T {
  const { image } = input;
  const set = (values: Readonly<Record<string, string>> = {}) => ({ ...values, [name]: value });
  const switched = option === undefined ? { environment: set(image.environment) } : { options: set(image.options) };
  return { ...input, image: { ...image, ...switched } };
}

/**
 * An option that isn't stated and that nothing of the image shows: the image as it is by default and as it is with it, and the
 * fact that tells.
 * @returns undefined where it is stated, where the mode goes by a variable, and of a release that hasn't the option
 */
export function openMode<T extends Image>(input: T): { byDefault: T; native: T; fact: UnknownFact } | undefined {
  const { toolchain, image } = input;
  const native = image.profile?.selects?.native;
  const [value] = native?.values ?? [];
  if (native?.option === undefined || value === undefined || statedValue(image, native) !== undefined) return undefined;
  if (!hasOption(toolchain, native.option)) return undefined;
  const [usual = ""] = native.option.others;
  const fact = unknownOption(`${native.name} of ${image.profile?.title}`, native.name, usual);
  return { byDefault: input, native: inNativeMode(withSwitch(input, native, value)), fact };
}

function hasOption({ program }: Toolchain, { since, module }: NonNullable<Native["option"]>): boolean {
  const version = /^v?(\d+(?:\.\d+){1,3})/.exec(program?.version ?? "")?.[1];
  const isNew = version !== undefined && compareVersions(version, since) >= 0;
  return isNew || program?.libraries.some((library) => library.startsWith(`${module}@`)) === true;
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
