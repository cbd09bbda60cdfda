import type { Environment } from "../model/environment.ts";
import { UserError } from "../model/error.ts";
import { didYouMean } from "../model/suggest.ts";

/** Reading `INPUT_*` as the runner sets them (upper case, dashes kept); shared by both Actions. */

/** One input, trimmed; undefined when it is empty or not given. */
export function readInput(env: Environment, name: string): string | undefined {
  return env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
}

/** One entry a line; lines that start with `#` are comments, a leading `- ` is forgiven. */
export function lines(value: string | undefined): string[] {
  return (value ?? "")
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^- +/, ""))
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** One entry a line or between commas. */
export function list(value: string | undefined): string[] | undefined {
  const entries = lines(value).flatMap((line) =>
    line
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
  );
  return entries.length > 0 ? entries : undefined;
}

export function oneOf<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((entry) => entry === value.toLowerCase());
  if (found === undefined) throw new UserError(`input ${name}: "${value}" is not one of ${allowed.join(", ")}`);
  return found;
}

export function bool(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^true$/i.test(value)) return true;
  if (/^false$/i.test(value)) return false;
  throw new UserError(`input ${name}: "${value}" is neither true nor false`);
}

/** A sentence for each `INPUT_*` that is none of the known ones. */
export function unknownInputs(env: Environment, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((key) => key.startsWith("INPUT_") && (env[key] ?? "") !== "")
    .map((key) => key.slice("INPUT_".length).toLowerCase())
    .filter((name) => !known.includes(name))
    .sort()
    .map((name) => {
      const near = known.find((candidate) => plain(candidate) === plain(name));
      const advice =
        near === undefined ? didYouMean(name, known, `known are ${known.join(", ")}`) : `meant is probably ${near}`;
      return `input ${name}: unknown and ignored; ${advice}`;
    });
}

/** `fail_on`, `failon` and `images` are near `fail-on` and `image`. */
function plain(name: string): string {
  return name.replace(/[-_ ]/g, "").replace(/s$/, "");
}
