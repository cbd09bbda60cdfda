import { setSecret } from "@actions/core";
import { type CommentMode, commentModes, type FailLevel, failLevels } from "../model/choices.ts";
import type { Environment } from "../model/environment.ts";
import { UserError } from "../model/error.ts";
import { given } from "../model/given.ts";
import { bool, lines, list, oneOf, readInput, unknownInputs } from "./input-values.ts";

/** The Action's inputs, read once. What was not given is undefined, so that the config file can speak. */

/** What becomes of a report; both Actions have these. */
export interface PublishInputs {
  failOn?: FailLevel;
  failOnUnknown?: boolean;
  failOnExisting?: boolean;
  comment?: CommentMode;
  reportName?: string;
  reportFile?: string;
  sarifFile?: string;
  token?: string;
}

export interface ActionInputs extends PublishInputs {
  /** References, at least one. */
  images: string[];
  hosts?: string[];
  config?: string;
  /** As many as images, by order; empty when not given. */
  baseImages: string[];
  /** Saved reports of the base, in the order of the images. */
  baseReports: string[];
  platforms?: string[];
  dockerfile?: string;
  insecureRegistries?: string[];
  lazy?: boolean;
  /** Folder of earlier inspections. */
  cache?: string;
  registryUsername?: string;
  registryPassword?: string;
}

/** Names of {@link PublishInputs}. */
export const publishInputNames = [
  "fail-on",
  "fail-on-unknown",
  "fail-on-existing",
  "comment",
  "report-name",
  "report-file",
  "sarif-file",
  "github-token",
] as const;
type PublishInputName = (typeof publishInputNames)[number];

/** Every input of action.yml, in its order; a test compares the two. */
export const inputNames = [
  "image",
  "hosts",
  "config",
  "base-image",
  "base-report",
  "platforms",
  "dockerfile",
  "fail-on",
  "fail-on-unknown",
  "fail-on-existing",
  "comment",
  "report-name",
  "report-file",
  "sarif-file",
  "cache",
  "github-token",
  "registry-username",
  "registry-password",
  "insecure-registries",
  "lazy",
] as const;
type InputName = (typeof inputNames)[number];

/**
 * Reads `INPUT_*` as the runner sets them (upper case, dashes kept).
 * @returns the inputs, and a sentence for each `INPUT_*` that is none of ours
 * @throws UserError for a missing image, a value outside its list, or counts of images that differ
 */
export function readInputs(env: Environment): { inputs: ActionInputs; warnings: string[] } {
  const read = (name: InputName) => readInput(env, name);
  const images = lines(read("image"));
  if (images.length === 0)
    throw new UserError('input image: missing; name at least one image, e.g. "docker-archive:image.tar"');
  const baseImages = lines(read("base-image"));
  if (baseImages.length > 0 && baseImages.length !== images.length)
    throw new UserError(
      `input base-image: ${baseImages.length} given for ${images.length} in image; give one for each, in the same order`,
    );
  const baseReports = lines(read("base-report"));
  if (baseImages.length > 0 && baseReports.length > 0)
    throw new UserError("inputs base-image and base-report: both given; one of them is the base");
  const inputs = {
    images,
    baseImages,
    baseReports,
    ...given({
      hosts: list(read("hosts")),
      config: read("config"),
      platforms: list(read("platforms")),
      dockerfile: read("dockerfile"),
      cache: read("cache"),
      registryUsername: read("registry-username"),
      registryPassword: read("registry-password"),
      insecureRegistries: list(read("insecure-registries")),
      lazy: bool("lazy", read("lazy")),
    }),
    ...readPublishInputs(read),
  };
  return { inputs, warnings: unknownInputs(env, inputNames) };
}

/** Tells the runner to mask what must never be seen in a log. */
export function maskSecrets(inputs: Pick<ActionInputs, "registryPassword" | "token">): void {
  if (inputs.registryPassword !== undefined) setSecret(inputs.registryPassword);
  if (inputs.token !== undefined) setSecret(inputs.token);
}

/** Those that both Actions have. @throws UserError for a value outside its list */
export function readPublishInputs(read: (name: PublishInputName) => string | undefined): PublishInputs {
  return given({
    failOn: oneOf("fail-on", read("fail-on"), failLevels),
    failOnUnknown: bool("fail-on-unknown", read("fail-on-unknown")),
    failOnExisting: bool("fail-on-existing", read("fail-on-existing")),
    comment: oneOf("comment", read("comment"), commentModes),
    reportName: read("report-name"),
    reportFile: read("report-file"),
    sarifFile: read("sarif-file"),
    token: read("github-token"),
  });
}
