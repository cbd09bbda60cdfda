import { UserError } from "../model/error.ts";
import { failLevels } from "../report/status.ts";
import { bool, lines, oneOf, readInput, unknownInputs } from "./input-values.ts";
import { type ActionInputs, commentModes } from "./inputs.ts";

/** Inputs of the second Action, `report/action.yml`. */

export interface GatherInputs
  extends Pick<
    ActionInputs,
    "failOn" | "failOnUnknown" | "failOnExisting" | "comment" | "reportName" | "reportFile" | "sarifFile" | "token"
  > {
  /** Files and folders of saved reports, at least one. */
  reports: string[];
  /** How many reports there must be. */
  expected?: number;
}

/** Every input of report/action.yml; a test compares the two. */
export const gatherInputNames = [
  "reports",
  "expected",
  "fail-on",
  "fail-on-unknown",
  "fail-on-existing",
  "comment",
  "report-name",
  "report-file",
  "sarif-file",
  "github-token",
] as const;

/**
 * @param env the step's environment
 * @returns the inputs, and a sentence for each `INPUT_*` that is none of ours
 * @throws UserError for missing reports or a value outside its list
 */
export function readGatherInputs(env: Readonly<Record<string, string | undefined>>): {
  inputs: GatherInputs;
  warnings: string[];
} {
  const read = (name: (typeof gatherInputNames)[number]) => readInput(env, name);
  const reports = lines(read("reports"));
  if (reports.length === 0)
    throw new UserError("input reports: missing; name the folder that the saved reports were downloaded to");
  const values = {
    reports,
    expected: positive("expected", read("expected")),
    failOn: oneOf("fail-on", read("fail-on"), failLevels),
    failOnUnknown: bool("fail-on-unknown", read("fail-on-unknown")),
    failOnExisting: bool("fail-on-existing", read("fail-on-existing")),
    comment: oneOf("comment", read("comment"), commentModes),
    reportName: read("report-name"),
    reportFile: read("report-file"),
    sarifFile: read("sarif-file"),
    token: read("github-token"),
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return {
    inputs: Object.fromEntries(given) as unknown as GatherInputs,
    warnings: unknownInputs(env, gatherInputNames),
  };
}

function positive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new UserError(`input ${name}: "${value}" is not a number from 1 to 9999`);
  return Number(value);
}
