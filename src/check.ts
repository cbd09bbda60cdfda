import { assembleReport, type EvaluatedImage, type EvaluatedPlatform } from "./compat/assemble.ts";
import { evaluatePlatform, type RawCell } from "./compat/engine.ts";
import type { JudgedFinding } from "./compat/policy.ts";
import { findRemedy } from "./compat/remedy.ts";
import { isOfLinux, unjudgedHosts } from "./compat/runs-on.ts";
import { inspectImages, type ReadingOptions, startDeadline } from "./inspect.ts";
import { distributions } from "./knowledge/distributions/index.ts";
import { UserError } from "./model/error.ts";
import { given } from "./model/given.ts";
import type { Finding, Report } from "./model/report.ts";
import type { Inspection, Toolchain } from "./model/toolchain.ts";
import { contextOf, type Settings, unusedImageEntries } from "./settings.ts";
import { tool } from "./version.ts";

export interface CheckRequest {
  /** References, or an inspection that was made before. */
  images: readonly string[] | Inspection;
  /** One for each image, by order, or what was found in them before; empty = no comparison. */
  base: readonly string[] | Inspection;
  settings: Settings;
  /** For images that are references. */
  reading: ReadingOptions;
  /** Line of the Dockerfile that brings a package in, and the change to one line that would cure it. */
  locate?: (finding: JudgedFinding, toolchain: Toolchain) => Pick<Finding, "location" | "suggestion">;
}

/**
 * The whole path: images -> toolchains -> findings on every host -> report.
 * @throws UserError for what cannot be read
 */
export async function check(request: CheckRequest): Promise<Report> {
  const { settings } = request;
  const { limits } = settings;
  const reading: ReadingOptions = { ...request.reading, limits, deadline: startDeadline(limits) };
  const inspection = await inspectionOf(request.images, reading);
  const hasBase = "images" in request.base || request.base.length > 0;
  const base = hasBase ? await inspectionOf(request.base, reading) : undefined;
  if (base !== undefined && base.images.length !== inspection.images.length) {
    const counts = `${base.images.length} base images for ${inspection.images.length} images`;
    throw new UserError(`${counts}: give one base image for each image, in the same order`);
  }
  const images = inspection.images.map((image, index): EvaluatedImage => {
    const before = base?.images[index];
    return {
      reference: image.reference,
      digest: image.digest,
      platforms: image.platforms.map(({ platform, toolchain }) => {
        const old = before?.platforms.find((candidate) => candidate.platform === platform);
        const evaluated = evaluate(image.reference, platform, toolchain, request);
        return before === undefined || old === undefined
          ? evaluated
          : {
              ...evaluated,
              base: {
                reference: before.reference,
                digest: before.digest,
                ...evaluateBase(image.reference, old, request),
              },
            };
      }),
    };
  });
  const references = [...inspection.images, ...(base?.images ?? [])].map((image) => image.reference);
  const read = new Set([...readingNotes(inspection), ...(base === undefined ? [] : readingNotes(base))]);
  const notes = [...settings.notes, ...unusedImageEntries(settings, references), ...read];
  return assembleReport(images, settings.policy, tool, notes);
}

async function inspectionOf(images: readonly string[] | Inspection, reading: ReadingOptions): Promise<Inspection> {
  return "images" in images ? images : inspectImages(images, reading);
}

/** What was odd in the images, a sentence each: a platform that could not be inspected is among it. */
function readingNotes({ images }: Inspection): string[] {
  return images.flatMap(({ reference, platforms }) => {
    const notes = new Set(platforms.flatMap((platform) => platform.notes ?? []));
    return [...notes].map((note) => {
      const where = platforms.filter((platform) => platform.notes?.includes(note)).map(({ platform }) => platform);
      return `${reference}${where.length === platforms.length ? "" : ` (${where.join(", ")})`}: ${note}.`;
    });
  });
}

/** The base on today's hosts with today's rules, whenever it was inspected, and run as the image is: only then the
 * difference is the image's. */
function evaluateBase(
  reference: string,
  { platform, toolchain }: Inspection["images"][number]["platforms"][number],
  { settings }: Pick<CheckRequest, "settings">,
) {
  const { cells } = evaluate(reference, platform, toolchain, { settings });
  return { toolchain, cells };
}

function evaluate(
  reference: string,
  platform: string,
  toolchain: Toolchain,
  { settings, locate }: Pick<CheckRequest, "settings" | "locate">,
): EvaluatedPlatform {
  const image = contextOf(settings.config, reference, toolchain);
  const input = { toolchain, image, hosts: isOfLinux(platform) ? settings.hosts : [] };
  const cells = evaluatePlatform(input);
  return {
    platform,
    toolchain,
    cells: withRemedy(cells, findRemedy(input, cells, distributions)),
    unjudged: unjudgedHosts(
      platform,
      toolchain.architecture,
      settings.hosts.map(({ host }) => host),
    ),
    ...given({ locate: locate && ((finding: JudgedFinding) => locate(finding, toolchain)) }),
  };
}

/** A release that cures a finding says more than the rule's general advice. */
function withRemedy(cells: RawCell[], remedy: ReturnType<typeof findRemedy>): RawCell[] {
  if (remedy === undefined) return cells;
  return cells.map((cell) => ({
    ...cell,
    all: cell.all.map((finding) =>
      finding.severity !== "notice" && remedy.clears(cell.host.id, finding.rule, finding.cause)
        ? { ...finding, remedy: remedy.text, ...given({ upgrade: remedy.upgrade }) }
        : finding,
    ),
  }));
}
