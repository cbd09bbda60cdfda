import { setSecret } from "@actions/core";
import { UserError } from "../model/error.ts";
import type { FailLevel } from "../report/status.ts";
import { failLevels } from "../report/status.ts";

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
  platforms?: string[];
  dockerfile?: string;
  failOn?: FailLevel;
  failOnUnknown?: boolean;
  comment?: CommentMode;
  reportName?: string;
  reportFile?: string;
  sarifFile?: string;
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
  "platforms",
  "dockerfile",
  "fail-on",
  "fail-on-unknown",
  "comment",
  "report-name",
  "report-file",
  "sarif-file",
  "github-token",
  "registry-username",
  "registry-password",
] as const;
type InputName = (typeof inputNames)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `INPUT_*` as the runner sets them (upper case, dashes kept).
 * @returns the inputs, and a sentence for each `INPUT_*` that is none of ours
 * @throws UserError for a missing image, a value outside its list, or counts of images that differ
 */
export function readInputs(env: Environment): { inputs: ActionInputs; warnings: string[] } {
  const read = (name: InputName) => env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
  const images = lines(read("image"));
  if (images.length === 0)
    throw new UserError('input image: missing; name at least one image, e.g. "docker-archive:image.tar"');
  const baseImages = lines(read("base-image"));
  if (baseImages.length > 0 && baseImages.length !== images.length)
    throw new UserError(
      `input base-image: ${baseImages.length} given for ${images.length} in image; give one for each, in the same order`,
    );
  const inputs: ActionInputs = { images, baseImages };
  assign(inputs, "hosts", list(read("hosts")));
  assign(inputs, "config", read("config"));
  assign(inputs, "platforms", list(read("platforms")));
  assign(inputs, "dockerfile", read("dockerfile"));
  assign(inputs, "failOn", oneOf("fail-on", read("fail-on"), failLevels));
  assign(inputs, "failOnUnknown", bool("fail-on-unknown", read("fail-on-unknown")));
  assign(inputs, "comment", oneOf("comment", read("comment"), commentModes));
  assign(inputs, "reportName", read("report-name"));
  assign(inputs, "reportFile", read("report-file"));
  assign(inputs, "sarifFile", read("sarif-file"));
  assign(inputs, "token", read("github-token"));
  assign(inputs, "registryUsername", read("registry-username"));
  assign(inputs, "registryPassword", read("registry-password"));
  return { inputs, warnings: unknownInputs(env) };
}

/** Tells the runner to mask what must never be seen in a log. */
export function maskSecrets(inputs: ActionInputs): void {
  if (inputs.registryPassword !== undefined) setSecret(inputs.registryPassword);
  if (inputs.token !== undefined) setSecret(inputs.token);
}

function assign<K extends keyof ActionInputs>(inputs: ActionInputs, key: K, value: ActionInputs[K] | undefined): void {
  if (value !== undefined) inputs[key] = value;
}

/** One entry a line; lines that start with `#` are comments, a leading `- ` is forgiven. */
function lines(value: string | undefined): string[] {
  return (value ?? "")
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^- +/, ""))
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** One entry a line or between commas. */
function list(value: string | undefined): string[] | undefined {
  const entries = lines(value).flatMap((line) =>
    line
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
  );
  return entries.length > 0 ? entries : undefined;
}

function oneOf<T extends string>(name: InputName, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((entry) => entry === value.toLowerCase());
  if (found === undefined) throw new UserError(`input ${name}: "${value}" is not one of ${allowed.join(", ")}`);
  return found;
}

function bool(name: InputName, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^true$/i.test(value)) return true;
  if (/^false$/i.test(value)) return false;
  throw new UserError(`input ${name}: "${value}" is neither true nor false`);
}

function unknownInputs(env: Environment): string[] {
  return Object.keys(env)
    .filter((key) => key.startsWith("INPUT_") && (env[key] ?? "") !== "")
    .map((key) => key.slice("INPUT_".length).toLowerCase())
    .filter((name) => !inputNames.some((known) => known === name))
    .sort()
    .map((name) => {
      const near = inputNames.find((known) => plain(known) === plain(name));
      const advice = near === undefined ? `known are ${inputNames.join(", ")}` : `meant is probably ${near}`;
      return `input ${name}: unknown and ignored; ${advice}`;
    });
}

/** `fail_on`, `failon` and `images` are near `fail-on` and `image`. */
function plain(name: string): string {
  return name.replace(/[-_ ]/g, "").replace(/s$/, "");
}
