import { resolve } from "node:path";
import { readJson } from "./files/read-bounded.ts";
import { readReport } from "./files/read-reports.ts";
import { matchesPlatform, parsePlatform } from "./image/platform.ts";
import { UserError } from "./model/error.ts";
import { firstMismatch } from "./model/first-mismatch.ts";
import { type Inspection, inspectionSchema } from "./model/toolchain.ts";
import { tool } from "./version.ts";

/** Bytes of an inspection: some hundred images. */
const maximumInspectionSize = 64 * 1024 * 1024;

/**
 * What was in the images of saved reports, taken as one inspection.
 * @param files relative to `folder` or absolute
 * @throws UserError for a file that can't be read or is no report
 */
export function readReportedImages(files: readonly string[], folder: string): Inspection {
  const reports = files.map((file) => readReport(resolve(folder, file), file).report);
  return { schemaVersion: 1, tool, images: reports.flatMap((report) => report.images) };
}

/**
 * Files that `inspect --format json` wrote, taken as one inspection.
 * @param asked platforms to keep; empty = all
 * @throws UserError for a file that is none of them, one without an image, and a platform that an image doesn't have
 */
export function readInspections(files: readonly string[], asked: readonly string[]): Inspection {
  const platforms = asked.map(parsePlatform);
  const images = files.flatMap((file) => readInspection(file).map((image) => choosePlatforms(image, platforms, file)));
  return { schemaVersion: 1, tool, images };
}

type InspectedImage = Inspection["images"][number];

function readInspection(file: string): InspectedImage[] {
  const { value } = readJson({ path: file, shown: file, limit: maximumInspectionSize, what: "an inspection" });
  const wrong = firstMismatch(value, inspectionSchema);
  if (wrong !== undefined) {
    const where = wrong.path.length === 0 ? "the document" : wrong.path.join(".");
    throw new UserError(`${file}: not what inspect --format json prints: ${where}: ${wrong.problem}`);
  }
  const { images } = inspectionSchema.parse(value);
  const empty = images.find((image) => image.platforms.length === 0);
  if (images.length === 0) throw new UserError(`${file}: holds no image: there is nothing to check`);
  if (empty !== undefined)
    throw new UserError(`${file}: ${empty.reference} has no platform: there is nothing to check`);
  return images;
}

function choosePlatforms(image: InspectedImage, asked: readonly string[], file: string): InspectedImage {
  const missing = asked.find((one) => !image.platforms.some(({ platform }) => matchesPlatform(platform, one)));
  if (missing !== undefined) {
    const known = image.platforms.map(({ platform }) => platform).join(", ");
    throw new UserError(`${file}: ${image.reference} has no ${missing}; it has ${known}`);
  }
  if (asked.length === 0) return image;
  return {
    ...image,
    platforms: image.platforms.filter(({ platform }) => asked.some((one) => matchesPlatform(platform, one))),
  };
}
