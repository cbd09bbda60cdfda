import type { WrapperChoice } from "../knowledge/schema/wrapper-choices.ts";
import type { Kernel } from "../model/host.ts";
import type { Backend } from "../model/toolchain.ts";

/** What the step that looks at `uname -r` takes, if it takes one. */
export function decideByRelease(releases: ReleaseChoice[], release: string): Backend | undefined {
  const major = Number(/^\d+/.exec(release)?.[0]);
  return releases.find(
    ({ pattern, majors: [low, high] }) =>
      new RegExp(pattern).test(release) && major >= low && (high === null || major <= high),
  )?.backend;
}

type KernelChoice = NonNullable<WrapperChoice["kernel"]>;
type ReleaseChoice = Extract<KernelChoice, { releases: unknown }>["releases"][number];

/** Counts, if it counts; what it takes when there is nothing to count. */
export function decideByRules(choice: WrapperChoice, { nft, legacy }: Record<Backend, number>): Backend | undefined {
  if (choice.legacyWith === "never") return choice.fallback;
  if (choice.enough !== undefined && legacy >= choice.enough) return "legacy";
  if (legacy > nft || (choice.legacyWith === "as-many" && legacy === nft)) return "legacy";
  return nft > 0 ? "nft" : choice.fallback;
}

/** What a host's facts say about the step that looks at the kernel. `undecided`: the next step decides; `missing`: the fact
 * that would decide. */
export type KernelDecision = { backend: Backend; because: string } | { undecided: true } | { missing: string };

/**
 * @param nftInUse something on the node uses nf_tables, which loads the module where it is one
 */
export function decideOnHost(kernelChoice: KernelChoice, kernel: Kernel, nftInUse: boolean): KernelDecision {
  if ("module" in kernelChoice) return decideByModule(kernelChoice, kernel, nftInUse);
  const { value: release, confidence } = kernel.release;
  const backend = decideByRelease(kernelChoice.releases, release);
  if (backend !== undefined) return { backend, because: `the kernel release is ${release}` };
  // Numbers alone don't name the distribution's build that the patterns are about, unless a node said no more (Bottlerocket).
  const isWhole = confidence === "stated" && /^\d+\.\d+\.\d/.test(release);
  return /^\d+(?:\.\d+)*$/.test(release) && !isWhole
    ? { missing: `full release of kernel ${release}` }
    : { undecided: true };
}

function decideByModule(
  { module, listed, other }: Extract<KernelChoice, { module: string }>,
  kernel: Kernel,
  nftInUse: boolean,
): KernelDecision {
  const state = kernel.modules[module]?.value;
  if (state === "builtin") return { backend: other, because: `${module} is built in, which lsmod does not list` };
  if (state === "absent") return { backend: other, because: `the kernel has no ${module}` };
  if (state === "loaded" || (state !== undefined && nftInUse))
    return { backend: listed, because: `${module} is loaded` };
  // Where nothing is known to use it, `loadable` would leave that open still.
  return {
    missing: nftInUse ? `state of kernel module ${module}` : `whether ${module} is loaded when the image starts`,
  };
}
