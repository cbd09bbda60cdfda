import { setSecret } from "@actions/core";
import { UserError } from "../model/error.ts";
import type { FailLevel } from "../report/status.ts";
import { failLevels } from "../report/status.ts";
import { bool, lines, list, oneOf, readInput, unknownInputs } from "./input-values.ts";

/** The Action's inputs, read once. What was not given is undefined, so that the config file can speak. */

/** When the pull-request comment is written. */
export const commentModes = ["on-failure", "always", "never"] as const;
export type CommentMode = (typeof commentModes)[number];

export interface ActionInputs {
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
  failOn?: FailLevel;
  failOnUnknown?: boolean;
  failOnExisting?: boolean;
  comment?: CommentMode;
  reportName?: string;
  reportFile?: string;
  sarifFile?: string;
  insecureRegistries?: string[];
  lazy?: boolean;
  /** Folder of earlier inspections. */
  cache?: string;
  token?: string;
  registryUsername?: string;
  registryPassword?: string;
}

/** Every input of action.yml; a test compares the two. */
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

type Environment = Readonly<Record<string, string | undefined>>;

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
  const inputs: ActionInputs = { images, baseImages, baseReports };
  assign(inputs, "hosts", list(read("hosts")));
  assign(inputs, "config", read("config"));
  assign(inputs, "platforms", list(read("platforms")));
  assign(inputs, "dockerfile", read("dockerfile"));
  assign(inputs, "failOn", oneOf("fail-on", read("fail-on"), failLevels));
  assign(inputs, "failOnUnknown", bool("fail-on-unknown", read("fail-on-unknown")));
  assign(inputs, "failOnExisting", bool("fail-on-existing", read("fail-on-existing")));
  assign(inputs, "comment", oneOf("comment", read("comment"), commentModes));
  assign(inputs, "reportName", read("report-name"));
  assign(inputs, "reportFile", read("report-file"));
  assign(inputs, "sarifFile", read("sarif-file"));
  assign(inputs, "cache", read("cache"));
  assign(inputs, "token", read("github-token"));
  assign(inputs, "registryUsername", read("registry-username"));
  assign(inputs, "registryPassword", read("registry-password"));
  assign(inputs, "insecureRegistries", list(read("insecure-registries")));
  assign(inputs, "lazy", bool("lazy", read("lazy")));
  return { inputs, warnings: unknownInputs(env, inputNames) };
}

/** Tells the runner to mask what must never be seen in a log. */
export function maskSecrets(inputs: Pick<ActionInputs, "registryPassword" | "token">): void {
  if (inputs.registryPassword !== undefined) setSecret(inputs.registryPassword);
  if (inputs.token !== undefined) setSecret(inputs.token);
}

function assign<K extends keyof ActionInputs>(inputs: ActionInputs, key: K, value: ActionInputs[K] | undefined): void {
  if (value !== undefined) inputs[key] = value;
}
